"""Recipes of CONTRIBUTING.md, followed to the letter in a copy of the project."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from textwrap import dedent

ROOT = Path(__file__).resolve().parents[1]
_FENCE = re.compile(r"^ *```(\w+)\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)
_PATH = re.compile(r"`([\w/]+\.(?:py|txt|html))`")


def steps(title: str) -> list[tuple[str, str, str]]:
    """Each step's file (the last that is named; empty for commands), language and text."""
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    section = text.partition(f"## {title}\n")[2].partition("\n## ")[0]
    steps, end, path = [], 0, ""
    for fence in _FENCE.finditer(section):
        paths = _PATH.findall(section[end : fence.start()])
        path = paths[-1] if paths else (path if fence[1] == "diff" else "")
        steps.append((path, fence[1], dedent(fence[2])))
        end = fence.end()
    return steps


def insert(path: Path, diff: str) -> None:
    """Insert each line of a diff that begins with a plus behind the line before it."""
    text = path.read_text(encoding="utf-8")
    before = ""
    for line in diff.splitlines():
        line_of_file = f"{line[1:]}\n"
        if line.startswith("+"):
            assert text.count(before) == 1, f"{before!r} is not once in {path}"
            text = text.replace(before, before + line_of_file)
        before = line_of_file
    path.write_text(text, encoding="utf-8")


def follow(title: str, folder: Path) -> Path:
    """A copy of the project in which the files of a recipe are written and changed."""
    project = folder / "project"
    for name in ("digestmail", "templates"):
        shutil.copytree(ROOT / name, project / name)
    for name in ("migrations", "pyproject.toml"):
        (project / name).symlink_to(ROOT / name)
    (project / "tests").mkdir()
    for module in (ROOT / "tests").glob("*.py"):
        if not module.name.startswith("test_"):
            (project / "tests" / module.name).symlink_to(module)
    for name, language, text in steps(title):
        path = project / name
        if language == "diff":
            insert(path, text)
        elif name:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
    return project


def run(project: Path, *command: str) -> str:
    """What a Python command printed that ran beside the copy."""
    completed = subprocess.run(
        [sys.executable, *command],
        cwd=project.parent,
        env={**os.environ, "PYTHONPATH": str(project)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert completed.returncode == 0, completed.stdout + completed.stderr
    return completed.stdout
