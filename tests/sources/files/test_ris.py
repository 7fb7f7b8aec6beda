from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digestmail.domain import BadRecord, Paper
from digestmail.sources.files.file import FileSource
from digestmail.sources.files.ris import read_ris
from digestmail.sources.normalise.paper import paper_from_record


def fetched(folder: Path, text: str) -> list[Paper | BadRecord]:
    path = folder / "papers.ris"
    path.write_text(text, encoding="utf-8", newline="")
    return list(FileSource(path, "lab").fetch(None))


def record(*lines: str) -> Paper:
    ((_, fields),) = read_ris(iter(["TY  - JOUR", *lines, "ER  - "]))
    assert not isinstance(fields, str)
    return paper_from_record({**fields, "title": "T"}, source="lab")


def test_a_record(tmp_path: Path) -> None:
    (result,) = fetched(
        tmp_path,
        "\ufeffTY  - JOUR\r\nTI  - On teapots\r\nAU  - Kettle, Ada\r\nAU  - Spout, Bo\r\n"
        "AB  - We watch\r\nteapots.\r\nDO  - 10.1000/X\r\nUR  - https://tea.example/1\r\n"
        "KW  - tea\r\nPY  - 2026/3/4/\r\nER  - \r\n\r\n",
    )
    assert isinstance(result, Paper)
    assert (result.key, result.title) == ("doi:10.1000/x", "On teapots")
    assert result.abstract == "We watch teapots."
    assert result.authors == ("Ada Kettle", "Bo Spout")
    assert (result.url, result.categories) == ("https://tea.example/1", ())
    assert str(result.published_at) == "2026-03-04 00:00:00+00:00"


def test_older_tags(tmp_path: Path) -> None:
    lines = "TY  - JOUR\nT1  - T\nA1  - Kettle, Ada\nN2  - Of tea.\nY1  - 2026/03//\nER  -\n"
    (result,) = fetched(tmp_path, lines)
    assert isinstance(result, Paper)
    assert (result.title, result.abstract, result.authors) == ("T", "Of tea.", ("Ada Kettle",))
    assert str(result.published_at) == "2026-03-01 00:00:00+00:00"


@pytest.mark.parametrize(
    ("line", "key"),
    [
        ("UR  - https://arxiv.org/abs/2603.00001v2", "arxiv:2603.00001"),
        ("AN  - arXiv:2603.00001", "arxiv:2603.00001"),
        ("DO  - https://doi.org/10.1000/X", "doi:10.1000/x"),
        ("M3  - doi: 10.1000/X", "doi:10.1000/x"),
        ("UR  - https://doi.org/10.1000/X", "doi:10.1000/x"),
    ],
)
def test_identifiers(line: str, key: str) -> None:
    assert record(line).key == key


@pytest.mark.parametrize("line", ["PY  - 2026", "PY  - 2026///", "DA  - spring", "PY  - "])
def test_a_year_is_no_date(line: str) -> None:
    assert record(line).published_at is None


def test_broken_records_are_told_and_passed(tmp_path: Path) -> None:
    results = fetched(
        tmp_path,
        "junk\nTY  - JOUR\nTI  - A\nTY  - JOUR\nTI  - B\nER  - \nTI  - C\nER  - \n"
        "TY  - JOUR\nAU  - X, Y\nER  - \nER  - \nTY  - JOUR\nTI  - cut sh",
    )
    assert [result.title for result in results if isinstance(result, Paper)] == ["A", "B"]
    assert [result for result in results if isinstance(result, BadRecord)] == [
        BadRecord("line 1", "it is not RIS: no tag such as “TI  - ”"),
        BadRecord("line 7", "it does not begin with a TY line"),
        BadRecord("line 9", "it has no title"),
        BadRecord("line 13", "it has no ER line: the file may be truncated"),
    ]


@given(
    st.lists(st.text(max_size=20) | st.sampled_from(["TY  - JOUR", "TI  - T", "ER  - ", "AB - "]))
)
def test_no_lines_make_it_fail(lines: list[str]) -> None:
    for where, fields in read_ris(iter(lines)):
        assert where.startswith("line ")
        assert isinstance(fields, str | dict)
