"""Tables as programs really write them: encodings, delimiters, marks that are never closed."""

import csv
import io
import random
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digestmail.errors import InputError
from digestmail.tables import Row, decode_text, fit, read_table

PLAIN = "email,keywords\nada@example.org,Größe\n"


def cells(data: bytes) -> list[tuple[str, ...]]:
    """The cells of all rows, of which none may be a problem."""
    rows = list(read_table(data).rows())
    assert [row.problem for row in rows if row.problem] == []
    return [row.cells for row in rows]


@pytest.mark.parametrize(
    "encoding",
    ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252", "latin-1"],
)
@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_every_encoding_and_line_end_is_understood(encoding: str, line_end: str) -> None:
    data = PLAIN.replace("\n", line_end).encode(encoding)
    assert cells(data) == [("email", "keywords"), ("ada@example.org", "Größe")]
    assert read_table(data).is_guessed == (encoding in ("cp1252", "latin-1"))


def test_an_encoding_that_changes_within_the_file_is_followed() -> None:
    data = "name\nGrün\n".encode() + "Käfer\n".encode("cp1252")
    assert cells(data) == [("name",), ("Grün",), ("Käfer",)]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_seen(delimiter: str) -> None:
    table = io.StringIO()
    rows = [
        ("email", "keywords", "hour"),
        ("a@example.org", "ice, snow; floe", "7"),
        ("b@example.org", "one | two\tthree", "8"),
    ]
    csv.writer(table, delimiter=delimiter).writerows(rows)
    assert cells(table.getvalue().encode()) == rows


def test_commas_within_unquoted_cells_are_not_the_delimiter() -> None:
    text = "email;keywords\na@example.org;ice, snow\nb@example.org;ice, snow\n"
    assert cells(text.encode())[1] == ("a@example.org", "ice, snow")


@pytest.mark.parametrize(
    ("first", "delimiter"), [("sep=;", ";"), ('"sep=,"', ","), ("SEP=\t", "\t"), ("sep=^", "^")]
)
def test_a_line_that_names_the_delimiter_is_obeyed(first: str, delimiter: str) -> None:
    rows = list(read_table(f"{first}\r\na{delimiter}b\r\n".encode("utf-8-sig")).rows())
    assert rows == [Row(2, ("a", "b"))]


@pytest.mark.parametrize("text", ["", "\n\n", " , \n,,\n", "sep=,\n"])
def test_a_table_without_anything_has_no_rows(text: str) -> None:
    assert list(read_table(text.encode()).rows()) == []


def test_rows_tell_the_line_they_begin_on() -> None:
    text = '\n\na,b\n"two\nlines",x\n\nc,d\n'
    rows = list(read_table(text.encode()).rows())
    assert [(row.line, row.cells) for row in rows] == [
        (3, ("a", "b")),
        (4, ("two\nlines", "x")),
        (7, ("c", "d")),
    ]


def test_a_mark_that_is_not_closed_costs_its_own_line_only() -> None:
    good = "".join(f'p{n}@example.org,"ice, snow"\n' for n in range(5_000))
    text = f'email,keywords\nbad@example.org,"ice\n{good}'
    rows = list(read_table(text.encode()).rows())
    assert [row.line for row in rows if row.problem] == [2]
    assert len(rows) == 5_002


def test_a_mark_at_the_very_end_costs_the_last_line_only() -> None:
    rows = list(read_table(b'a,b\nc,d\ne,"f\n').rows())
    assert [(row.line, bool(row.problem)) for row in rows] == [(1, False), (2, False), (3, True)]


def test_marks_around_a_part_of_a_cell_are_forgiven() -> None:
    text = 'address\n"Winter, Ada" <ada@example.org>\nb@example.org\n'
    assert cells(text.encode())[1:] == [("Winter, Ada <ada@example.org>",), ("b@example.org",)]


def test_tables_with_tabs_need_no_quoting() -> None:
    text = 'title\tyear\n"Deep" learning\t2020\n"An open mark\t2021\n'
    assert cells(text.encode())[1:] == [("Deep learning", "2020"), ('"An open mark', "2021")]


@pytest.mark.parametrize(
    ("data", "word"),
    [
        (b"PK\x03\x04rest", "workbook"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1", "workbook"),
        (b"%PDF-1.7", "PDF"),
        (b"\x1f\x8b\x08", "gzip"),
        (bytes(range(256)) * 4, "not text"),
        (b"\0" * 1_000, "not text"),
    ],
)
def test_what_is_no_text_is_named(data: bytes, word: str) -> None:
    with pytest.raises(InputError, match=word):
        read_table(data)


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        ("cp1251", "Отписан, активен"),
        ("koi8-r", "Отписан, активен"),
        ("shift_jis", "退会しました"),
        ("gb18030", "已退订用户名单"),
        ("euc-kr", "구독취소된회원"),
        ("cp1253", "διαγραφή συνδρομής"),
    ],
)
def test_old_encodings_of_other_scripts_are_refused(encoding: str, text: str) -> None:
    with pytest.raises(InputError, match="save it as UTF-8"):
        read_table(f"email,status\na@example.org,{text}\n".encode(encoding))


@pytest.mark.parametrize(
    "text",
    ["été à la forêt, où ça?", "Übergrößenträger, Öl", "Þórður Æðarfugl, ísöld", "“naïve” – ®"],
)
def test_accents_are_no_other_script(text: str) -> None:
    assert cells(f"title\n{text}\n".replace(",", "").encode("cp1252"))


def test_a_stray_zero_byte_is_no_reason_to_refuse_the_file() -> None:
    assert len(cells(PLAIN.encode() + b"b@exam\0ple.org,ice\n" + PLAIN.encode() * 10)) == 23


def test_superfluous_empty_cells_are_dropped_and_others_told() -> None:
    assert fit(Row(3, ("a", "b", "", " ")), 2).cells == ("a", "b")
    assert fit(Row(3, ("a", "b", "c")), 2).problem == "has 3 cells instead of 2"
    assert fit(Row(3, ("a",)), 2).problem == "has 1 cell instead of 2"
    assert fit(Row(3, problem="is broken"), 2).problem == "is broken"


@given(st.binary(max_size=300))
@settings(max_examples=300)
def test_nothing_but_an_input_error_ever_escapes(data: bytes) -> None:
    try:
        rows = list(read_table(data).rows())
        assert decode_text(data).text is not None
    except InputError:
        return
    assert all(row.cells or row.problem for row in rows)


@given(st.lists(st.lists(st.text(max_size=8), min_size=2, max_size=2), min_size=1, max_size=8))
def test_what_was_written_is_read(rows: list[list[str]]) -> None:
    table = io.StringIO()
    header = ["email", "keywords"]
    csv.writer(table, quoting=csv.QUOTE_ALL).writerows([header, *rows])
    text = table.getvalue().encode("utf-8", errors="replace")
    expected = [
        tuple(cell.encode("utf-8", errors="replace").decode() for cell in row)
        for row in rows
        if any(map(str.strip, row))
    ]
    if b"\r" not in text.replace(b"\r\n", b"") and not any(
        c < 32 for c in text.translate(None, b"\r\n")
    ):
        assert cells(text)[1:] == [tuple(c.replace("\r\n", "\n") for c in r) for r in expected]


@pytest.mark.parametrize(
    "line", ['"\n', ',"x\n', '"a"b\n', ',"""\n', '"""a\n', "a,b\n", '""\n"', "\r"]
)
def test_hostile_marks_take_time_in_proportion(line: str) -> None:
    data = (line * (100_000 // len(line))).encode()
    started = time.process_time()
    list(read_table(data).rows())
    assert time.process_time() - started < 2
    rng = random.Random(1)
    mixed = "".join(rng.choices('",;\n\ta', k=100_000)).encode()
    started = time.process_time()
    list(read_table(mixed).rows())
    assert time.process_time() - started < 2
