"""CONTRIBUTING.md's recipe for a new source, followed to the letter in a copy of the project."""

import json
import os
import re
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path
from textwrap import dedent

import pytest
from sources_server import Answer, Site, serving

ROOT = Path(__file__).resolve().parents[2]
_FENCE = re.compile(r"^ *```(\w+)\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)
_PATH = re.compile(r"`([\w/]+\.py)`")
PAPERS = json.dumps(
    {
        "papers": [
            {"id": "7", "title": "On the sleep of teapots"},
            {"id": "8", "title": "On the dreams of teapots", "doi": "10.5555/dreams"},
            {"id": "9"},
        ]
    }
)


def steps() -> list[tuple[str, str, str]]:
    """Each step's file (empty for commands), language and text."""
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    section = text.partition("## Add a source\n")[2].partition("\n## ")[0]
    steps, end = [], 0
    for fence in _FENCE.finditer(section):
        paths = _PATH.findall(section[end : fence.start()])
        steps.append((paths[0] if paths else "", fence[1], dedent(fence[2])))
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


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of the project in which the files of the recipe are written and changed."""
    folder = tmp_path / "project"
    shutil.copytree(ROOT / "digestmail", folder / "digestmail")
    for name in ("templates", "migrations", "pyproject.toml"):
        (folder / name).symlink_to(ROOT / name)
    (folder / "tests").mkdir()
    for module in (ROOT / "tests").glob("*.py"):
        if not module.name.startswith("test_"):
            (folder / "tests" / module.name).symlink_to(module)
    for name, language, text in steps():
        path = folder / name
        if language == "diff":
            insert(path, text)
        elif name:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
    return folder


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


def test_the_test_of_the_recipe_passes(copy: Path) -> None:
    (name,) = [name for name, _, _ in steps() if name.startswith("tests/")]
    printed = run(copy, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(copy / name))
    assert "1 passed" in printed


def test_the_source_of_the_recipe_is_configured_and_ingested(copy: Path) -> None:
    (commands,) = [text for _, language, text in steps() if language == "sh"]
    with serving() as site:
        site.at("/papers", Answer(PAPERS))
        run(copy, "-m", "digestmail", "init")
        printed = [
            run(copy, "-m", "digestmail", *words(line, site)) for line in commands.splitlines()
        ]
    assert "teapots:7" in printed[1]
    assert "bad record at paper 9: it has no title" in printed[1]
    with sqlite3.connect(copy.parent / "digestmail.db") as database:
        keys = database.execute("SELECT key FROM paper ORDER BY key").fetchall()
        names = database.execute("SELECT name FROM paper_name").fetchall()
    assert keys == [("doi:10.5555/dreams",), ("teapots:7",)]
    assert ("teapots:8",) in names


def words(line: str, site: Site) -> list[str]:
    """The arguments of a command, with the server of this test in place of the example's."""
    return line.replace("http://localhost:9000", site.url).split()[1:]
