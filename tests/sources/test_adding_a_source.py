"""CONTRIBUTING.md's recipe for a new source, followed to the letter in a copy of the project."""

import json
import sqlite3
from pathlib import Path

import pytest
from recipes import follow, run, steps
from sources_server import Answer, Site, serving

TITLE = "Add a source"
PAPERS = json.dumps(
    {
        "papers": [
            {"id": "7", "title": "On the sleep of teapots"},
            {"id": "8", "title": "On the dreams of teapots", "doi": "10.5555/dreams"},
            {"id": "9"},
        ]
    }
)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of the project that follows the recipe."""
    return follow(TITLE, tmp_path)


def test_the_test_of_the_recipe_passes(copy: Path) -> None:
    (name,) = [name for name, _, _ in steps(TITLE) if name.startswith("tests/")]
    printed = run(copy, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(copy / name))
    assert "1 passed" in printed


def test_the_source_of_the_recipe_is_configured_and_ingested(copy: Path) -> None:
    (commands,) = [text for _, language, text in steps(TITLE) if language == "sh"]
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
