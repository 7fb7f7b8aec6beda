"""The built wheel, installed in an empty environment, is the whole product."""

import json
import re
import subprocess
import sys
import tarfile
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


def run(*words: str | Path, cwd: Path) -> str:
    done = subprocess.run(words, cwd=cwd, capture_output=True, text=True, timeout=500, check=False)
    if "pip" in words and "NewConnectionError" in done.stderr:
        pytest.skip("no package index can be reached")
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("wheel")
    command = (
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "-q",
        "--no-deps",
        "-w",
        str(target),
        str(ROOT),
    )
    run(*command, cwd=target)
    (built,) = target.glob("*.whl")
    return built


def test_it_holds_templates_migrations_and_sample(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    assert "digestmail/templates/email/digest/body.html" in names
    assert "digestmail/templates/web/static/style.css" in names
    assert "digestmail/migrations/env.py" in names
    assert "digestmail/demo/sample_papers.jsonl" in names
    ours = [name for name in names if "test" in name.lower().replace("backtest", "")]
    assert not [*ours, *(name for name in names if "__pycache__" in name)]


def test_its_readme_has_nothing_that_lies_elsewhere(wheel: Path) -> None:
    archive = zipfile.ZipFile(wheel)
    (metadata,) = [name for name in archive.namelist() if name.endswith("/METADATA")]
    text = archive.read(metadata).decode()
    assert "# digestmail" in text
    assert "MIT, see LICENSE" in text
    assert [link for link in re.findall(r"\]\(([^)]*)\)", text) if "://" not in link] == []


def test_the_source_archive_holds_what_its_tests_read(tmp_path: Path) -> None:
    if not (ROOT / ".git").exists():
        pytest.skip("this is no checkout, so nothing tells which files belong to it")
    command = (sys.executable, "-m", "build", "--sdist", "-o", str(tmp_path), str(ROOT))
    run(*command, cwd=tmp_path)
    (built,) = tmp_path.glob("*.tar.gz")
    with tarfile.open(built) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    tracked = run("git", "-C", ROOT, "ls-files", cwd=tmp_path).splitlines()
    assert set(tracked) - {".gitignore"} - names == set()


@pytest.mark.slow
def test_the_demo_runs_from_it_in_an_empty_environment(wheel: Path, tmp_path: Path) -> None:
    venv.create(tmp_path / "env")
    bin_folder = tmp_path / "env" / "bin"
    pip = (sys.executable, "-m", "pip", "--python", bin_folder / "python")
    run(*pip, "install", "-q", "--no-compile", wheel, cwd=tmp_path)  # compiling takes half the time
    command = (bin_folder / "digestmail", "demo", "--once", "--json")
    results = json.loads(run(*command, cwd=tmp_path))
    sent = [digest for digest in results["digests"] if digest["status"] == "sent"]
    assert len(sent) == 5
    assert len(list((Path(results["mailbox"]) / "new").iterdir())) == 5
