import json
import os
from pathlib import Path

import pytest
from sources_server import TRENDING

from digestmail.domain import BadRecord, Paper
from digestmail.errors import SourceError
from digestmail.sources.files.file import FileSource


def fetched(folder: Path, name: str, content: bytes | str) -> list[Paper | BadRecord]:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return list(FileSource(path, "lab").fetch(None))


def keys(results: list[Paper | BadRecord]) -> list[str]:
    return [result.key if isinstance(result, Paper) else result.where for result in results]


@pytest.mark.parametrize("name", ["a.jsonl", "a.NDJSON"])
def test_json_lines(tmp_path: Path, name: str) -> None:
    content = '\ufeff{"id": "1", "title": "T"}\r\n\r\n{"id": "2", "title": "U\u2028V"}'
    results = fetched(tmp_path, name, content)
    assert keys(results) == ["lab:1", "lab:2"]
    assert results[1] == Paper(key="lab:2", title="U V", source="lab")


def test_broken_lines_are_told_and_passed(tmp_path: Path) -> None:
    lines = ["{", "[]", '{"id": 1}', "[" * 100_000, "9" * 5000, '{"id": "x", "title": "T"}']
    results = fetched(tmp_path, "a.jsonl", "\n".join(lines))
    assert keys(results) == ["line 1", "line 2", "line 3", "line 4", "line 5", "lab:x"]
    problems = [result.problem for result in results if isinstance(result, BadRecord)]
    assert problems[0].startswith("it is not JSON: Expecting property name")
    assert problems[1:4] == [
        "it is not a JSON object",
        "it has no title",
        "it is not JSON that can be read",
    ]


def test_json_array(tmp_path: Path) -> None:
    results = fetched(tmp_path, "a.json", '[{"id": "1", "title": "T"}, 7]')
    assert keys(results) == ["lab:1", "record 2"]


def test_csv(tmp_path: Path) -> None:
    content = (
        "\ufeffID, Title ,abstract,authors\r\n"
        '1,T,"two\nlines, and ""quotes""","Kettle, Ada"\r\n'
        "\r\n"
        "2,U\r\n"
    )
    results = fetched(tmp_path, "a.csv", content)
    assert results == [
        Paper(
            key="lab:1",
            title="T",
            abstract='two lines, and "quotes"',
            authors=("Ada Kettle",),
            source="lab",
        ),
        Paper(key="lab:2", title="U", source="lab"),
    ]


def test_broken_rows_are_told_and_passed(tmp_path: Path) -> None:
    rows = ["id,title", "1,A,B", '2,"a"b', "3,", f"4,{'x' * 200_000}", "5,T", '6,"open', "7,U"]
    results = fetched(tmp_path, "a.csv", "\n".join(rows))
    assert keys(results) == ["line 2", "lab:2", "line 4", "line 5", "lab:5", "line 7", "lab:7"]
    assert results[0] == BadRecord("line 2", "it has 3 cells instead of 2")
    assert results[-2] == BadRecord("line 7", "it has an unclosed quotation mark")


@pytest.mark.parametrize(
    ("name", "content", "problem"),
    [
        ("a.csv", "id;name\n1;T\n", "no column “title”; its first row is “id;name”"),
        ("a.csv", "", "no column “title”"),
        ("a.csv", '"a"b\n', "no column “title”"),
        ("a.json", "{}", "not a JSON array"),
        ("a.json", "[1,", r"not JSON: Expecting value at line 1 column 4"),
        ("a.json", "[" * 100_000, "not JSON that can be read"),
        ("a.jsonl", b"\x89PNG\x00\x01", "not a text file"),
        ("a.jsonl", '{"title": "T"}'.encode("utf-16"), "not a UTF-8 file|not a text file"),
        ("a.jsonl", '{"id": 1, "title": "T"}\n{"title": "é"}'.encode("latin-1"), "not a UTF-8"),
        ("a.jsonl", b"\xc3", "not a UTF-8 file"),
        ("a.xlsx", "", "use .jsonl, .ndjson, .json, .csv"),
    ],
)
def test_files_that_cannot_be_read(
    tmp_path: Path, name: str, content: bytes | str, problem: str
) -> None:
    with pytest.raises(SourceError, match=problem) as caught:
        fetched(tmp_path, name, content)
    assert str(caught.value).startswith(str(tmp_path / name))
    assert "\n" not in str(caught.value)


def test_what_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"a\.jsonl: No such file or directory"):
        next(FileSource(tmp_path / "a.jsonl", "lab").fetch(None))


def test_what_is_no_file(tmp_path: Path) -> None:
    (tmp_path / "a.csv").mkdir()
    os.mkfifo(tmp_path / "b.csv")
    for name in ("a.csv", "b.csv"):
        with pytest.raises(SourceError, match="not a regular file"):
            next(FileSource(tmp_path / name, "lab").fetch(None))


@pytest.mark.skipif(os.geteuid() == 0, reason="the superuser may read every file")
def test_an_unreadable_file(tmp_path: Path) -> None:
    (tmp_path / "a.csv").touch(mode=0)
    with pytest.raises(SourceError, match="Permission denied"):
        next(FileSource(tmp_path / "a.csv", "lab").fetch(None))


@pytest.mark.skipif(not TRENDING.exists(), reason="the shared data are not beside this checkout")
def test_a_real_listing() -> None:
    results = list(FileSource(TRENDING, "trending").fetch(None))
    with TRENDING.open(encoding="utf-8") as file:
        ids = [json.loads(line)["id"] for line in file]
    assert keys(results) == ids
    assert len(results) == 847
    assert all(isinstance(r, Paper) and r.title and r.abstract for r in results)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.jsonl", '{"id": "draft", "title": "On cats"}\n{"id": "draft", "title": "On dogs"}\n'),
        ("a.jsonl", '{"id": 1, "title": "On cats"}\n{"id": 1, "title": "On dogs"}\n'),
        ("a.json", '[{"doi": "10.1/N/A", "title": "On cats"}, {"doi": "-", "title": "On dogs"}]'),
        ("a.csv", "id,title\nsee below,On cats\nsee below,On dogs\n"),
        ("a.csv", "doi,title\n10.1000/vol7,Cats at night\n10.1000/vol7,A song of birds\n"),
        (
            "a.bib",
            "@article{a, title={On cats}, doi={none}}\n@article{b, title={Dogs}, doi={none}}",
        ),
    ],
)
def test_one_identifier_for_all_records_is_none(tmp_path: Path, name: str, text: str) -> None:
    path = tmp_path / name
    path.write_text(text)
    keys = {paper.key for paper in FileSource(path, "lab").fetch(None) if isinstance(paper, Paper)}
    assert len(keys) == 2
    path.write_text(text.replace("On cats", "On mice").replace("at night", "by day"))
    again = [paper for paper in FileSource(path, "lab").fetch(None) if isinstance(paper, Paper)]
    assert again[0].key not in keys
    assert again[1].key in keys
