"""Browsers keep style sheets and scripts until they change, and no longer."""

from pathlib import Path
from shutil import copytree

from digestmail.resources import TEMPLATES
from digestmail.web.shared.static_files import static_version


def test_the_version_changes_with_any_file_and_comes_back(tmp_path: Path) -> None:
    folder = copytree(TEMPLATES / "web/static", tmp_path / "static")
    version = static_version(folder)
    assert version == static_version(TEMPLATES / "web/static")
    for name in ("style.css", "page.js"):
        text = (folder / name).read_text(encoding="utf-8")
        (folder / name).write_text(text + " ", encoding="utf-8")
        assert static_version(folder) != version
        (folder / name).write_text(text, encoding="utf-8")
        assert static_version(folder) == version
    (folder / "new.css").touch()
    assert static_version(folder) != version
