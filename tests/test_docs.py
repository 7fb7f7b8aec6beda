"""Every file that the documentation names exists, and every link leads somewhere."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), ROOT / "bench" / "README.md"])
PARTS = ROOT / "digestmail"
_NAMED = re.compile(r"`((?:[a-z_]+/)*[a-z_]+\.py|(?:[a-z_]+/)+)`")
_EXAMPLE = "teapots"  # in the names of the files that a recipe lets one write
_LINK = re.compile(r"\]\((?!https?:|#)([^)#]+)")


def missing(page: Path) -> list[str]:
    """Return the files and links of a page that lead nowhere."""
    text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    files = [
        name
        for name in _NAMED.findall(text)
        if _EXAMPLE not in name and not (ROOT / name).exists() and not any(PARTS.rglob(name))
    ]
    links = [name for name in _LINK.findall(text) if not (page.parent / name).exists()]
    return files + links


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_what_a_page_names_exists(page: Path) -> None:
    assert missing(page) == []


def test_a_missing_file_is_noticed(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("See `steps/daily/nowhere.py`, `steps/nowhere/` and [this](nowhere.md).")
    assert missing(page) == ["steps/daily/nowhere.py", "steps/nowhere/", "nowhere.md"]
