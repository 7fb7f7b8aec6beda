import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from digestmail.domain import BadRecord, Paper
from digestmail.errors import SourceError
from digestmail.sources.files.folder import FolderSource

RECORD = '{{"id": "{}", "title": "T"}}\n'


def put(folder: Path, name: str, content: str | bytes = "") -> Path:
    path = folder / name
    content = content or RECORD.format(path.stem)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def fetched(folder: Path, since: datetime | None = None) -> list[str | BadRecord]:
    results = FolderSource(folder, "lab").fetch(since)
    return [result.key if isinstance(result, Paper) else result for result in results]


def test_all_kinds_of_files_are_read(tmp_path: Path) -> None:
    put(tmp_path, "b.jsonl")
    put(tmp_path, "a.CSV", "id,title\n1,T\n")
    put(tmp_path, "c.bib", "@misc{x, title={T}, doi={10.1000/c}}")
    put(tmp_path, "d.ris", "TY  - JOUR\nTI  - T\nDO  - 10.1000/d\nER  - \n")
    put(tmp_path, "e.txt", "\\\\\narXiv:2603.00001\nTitle: T\n\\\\\nA.\n\\\\ ( x )\n")
    expected = ["lab:1", "lab:b", "doi:10.1000/c", "doi:10.1000/d", "arxiv:2603.00001"]
    assert fetched(tmp_path) == expected


@pytest.mark.parametrize(
    "name", [".a.jsonl", "~$a.csv", "#a.csv#", "a.csv~", "a.jsonl.part", "a.tmp", "a.pdf", "README"]
)
def test_other_files_are_let_be(tmp_path: Path, name: str) -> None:
    put(tmp_path, name, "x")
    (tmp_path / "folder.csv").mkdir()
    assert fetched(tmp_path) == []


def test_one_broken_file_stops_no_other(tmp_path: Path) -> None:
    put(tmp_path, "a.json", "{")
    put(tmp_path, "b.jsonl", RECORD.format("b") + "x\n" + RECORD.format("c"))
    put(tmp_path, "c.csv", b"\xff\xfe\0")
    (tmp_path / "d.ris").symlink_to(tmp_path / "gone")
    os.mkfifo(tmp_path / "e.bib")
    put(tmp_path, "f.jsonl")
    results = fetched(tmp_path)
    told = [result for result in results if isinstance(result, BadRecord)]
    assert [result for result in results if isinstance(result, str)] == ["lab:b", "lab:c", "lab:f"]
    assert [bad.where for bad in told] == ["a.json", "b.jsonl, line 2", "c.csv", "d.ris", "e.bib"]
    assert told[0].problem.startswith("not JSON: Expecting property name")
    assert told[3].problem == "No such file or directory"
    assert told[4].problem == "not a regular file"


def test_only_what_is_new_or_changed_is_read(tmp_path: Path) -> None:
    put(tmp_path, "a.jsonl")
    now = datetime.now(UTC)
    assert fetched(tmp_path, now + timedelta(days=2)) == []
    assert fetched(tmp_path, now - timedelta(days=2)) == ["lab:a"]


def test_what_came_during_the_last_fetch_is_not_missed(tmp_path: Path) -> None:
    put(tmp_path, "a.jsonl")
    assert fetched(tmp_path, datetime.now(UTC) + timedelta(hours=1)) == ["lab:a"]


def test_an_old_file_that_was_moved_in_is_new(tmp_path: Path) -> None:
    path = put(tmp_path, "a.jsonl")
    os.utime(path, (0, 0))
    assert fetched(tmp_path, datetime.now(UTC)) == ["lab:a"]


def test_what_is_no_folder(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="gone: No such file or directory"):
        fetched(tmp_path / "gone")
    with pytest.raises(SourceError, match=r"a\.jsonl: Not a directory"):
        fetched(put(tmp_path, "a.jsonl"))
