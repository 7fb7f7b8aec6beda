"""Read tables as spreadsheets and other programs save them: bytes in, rows of cells out.

    table = read_table(data)        # InputError("file", ...) where the data is no text
    for row in table.rows():        # as often as wanted; blank rows are left out
        row.line, row.cells         # the line it begins on (from 1), its cells as they stand
        row.problem                 # not empty where the row cannot be read; it has no cells then
    table.encoding, table.delimiter, table.is_guessed   # how the data was understood

``fit`` brings a row to the width of its header. ``decode_text`` is for files that are no tables.
Understood are UTF-8, UTF-16 and UTF-32 with or without a byte order mark, and Windows-1252 (what
is in the old encoding of another script is refused: guessed wrong, it would be silently garbled);
commas, semicolons, tabs and bars, or what a first line ``sep=;`` names; line ends of every system.
A quotation mark that is never closed costs its own line, not the rest of the file.
"""

import codecs
import csv
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from io import StringIO
from itertools import islice

from digestmail.errors import InputError

_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_SIGNATURES = (
    (b"PK\x03\x04", "a workbook (.xlsx, .ods) or a ZIP archive"),
    (b"\xd0\xcf\x11\xe0", "an old workbook (.xls)"),
    (b"%PDF", "a PDF"),
    (b"\x1f\x8b", "compressed (gzip)"),
    (b"BZh", "compressed (bzip2)"),
    (b"\xfd7zXZ", "compressed (xz)"),
    (b"7z\xbc\xaf", "a 7-Zip archive"),
    (b"SQLite format 3", "an SQLite database"),
    (b"\x89PNG", "an image"),
    (b"\xff\xd8\xff", "an image"),
    (b"GIF8", "an image"),
)
_SAMPLE = 4_096  # bytes that tell whether a file is text
_BINARY_SHARE = 0.05  # of control characters; text that was damaged has fewer
_DELIMITERS = ",;\t|"
_SNIFFED_ROWS = 40
_SEPARATOR = re.compile(r'"?sep=(\\t|[^\w\s"]|\t)"?', re.IGNORECASE)
_LONG_WORD = re.compile(r"[^\W\d_\x80-\x9f]{4,}|[^\x00-\x7f]{4,}")
_FOREIGN_SHARE = 0.75  # of the letters of words that are not ASCII; in French it is a third
_CONTROLS = bytes(set(range(32)) - set(b"\t\n\r\f\x1a\x1b"))


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a table; ``problem`` says why it has no cells."""

    line: int
    cells: tuple[str, ...] = ()
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """A table and how it was understood."""

    encoding: str
    delimiter: str
    is_guessed: bool  # whether the encoding is only the likeliest one
    _text: str = field(repr=False)
    _first_line: int = 1

    def rows(self) -> Iterator[Row]:
        """Return the rows that are not blank, in order."""
        lines = StringIO(self._text, newline=None).readlines()
        return _rows(lines, self.delimiter, self._first_line)


@dataclass(frozen=True, slots=True)
class DecodedText:
    """Text and the encoding that it was in; ``is_guessed`` where nothing proves the encoding."""

    text: str
    encoding: str
    is_guessed: bool = False


def read_table(data: bytes) -> Table:
    """Return the table that ``data`` holds; InputError("file") where it is no text."""
    decoded = decode_text(data)
    text, delimiter, first_line = decoded.text, "", 1
    head, _, body = text.partition("\n")
    if named := _SEPARATOR.fullmatch(head.strip("\r\ufeff ")):
        delimiter = "\t" if named[1] == "\\t" else named[1]
        text, first_line = body, 2
    return Table(
        decoded.encoding,
        delimiter or _sniffed(text),
        decoded.is_guessed,
        text,
        first_line,
    )


def fit(row: Row, width: int) -> Row:
    """Return ``row`` with ``width`` cells: empty ones too many are dropped.

    Other rows of another width become a problem, since nobody knows which cell is missing.
    """
    cells = row.cells
    if row.problem or len(cells) == width:
        return row
    if len(cells) > width and not any(cell.strip() for cell in cells[width:]):
        return Row(row.line, cells[:width])
    plural = "cell" if len(cells) == 1 else "cells"
    return Row(row.line, problem=f"has {len(cells)} {plural} instead of {width}")


# --- text ------------------------------------------------------------------------------------


def decode_text(data: bytes) -> DecodedText:
    """Return the text in ``data``, without byte order mark; InputError("file") where it is none.

    What is neither UTF-8 nor UTF-16 is decoded line by line, as UTF-8 or as Windows-1252:
    files are put together of several.
    """
    for signature, kind in _SIGNATURES:
        if data.startswith(signature):
            raise InputError("file", f"is {kind}, not text; save it as CSV in UTF-8")
    for mark, encoding in _BYTE_ORDER_MARKS:
        if data.startswith(mark):
            return DecodedText(data[len(mark) :].decode(encoding, errors="replace"), encoding)
    if wide := _wide_encoding(data):
        return DecodedText(data.decode(wide, errors="replace"), wide)
    _refuse_binary(data)
    try:
        return DecodedText(data.decode("utf-8"), "utf-8")
    except UnicodeDecodeError:
        lines = data.splitlines(keepends=True)  # of bytes: at \n, \r and \r\n only
        text = "".join(map(_decoded_line, lines))
        if _is_another_script(text):
            raise InputError("file", "uses an old encoding; save it as UTF-8") from None
        return DecodedText(text, "windows-1252", is_guessed=True)


def _is_another_script(text: str) -> bool:
    """Return whether text taken for Windows-1252 has words almost without plain letters.

    No language that is written in Windows-1252 does; Russian or Japanese bytes look so.
    """
    words = [word for word in _LONG_WORD.findall(text) if not word.isascii()]
    letters = "".join(words)
    return sum(not c.isascii() for c in letters) > _FOREIGN_SHARE * len(letters) > 0


def _decoded_line(line: bytes) -> str:
    try:
        return line.decode("utf-8")
    except UnicodeDecodeError:
        return line.decode("cp1252", errors="replace")


def _wide_encoding(data: bytes) -> str:
    """Return UTF-16's name where every second byte is mostly zero, else nothing."""
    sample = data[:_SAMPLE]
    zeros = [sample[start::2].count(0) for start in (0, 1)]
    half = len(sample) // 2
    if half and max(zeros) > 0.6 * half and min(zeros) < 0.1 * half:
        return "utf-16-be" if zeros[0] > zeros[1] else "utf-16-le"
    return ""


def _refuse_binary(data: bytes) -> None:
    sample = data[:_SAMPLE]
    controls = len(sample) - len(sample.translate(None, _CONTROLS))
    if controls > _BINARY_SHARE * len(sample):
        raise InputError("file", "is not text; save it as CSV in UTF-8")


# --- rows ------------------------------------------------------------------------------------


def _sniffed(text: str) -> str:
    """Return the delimiter that cuts the first rows most evenly; a comma where none does."""
    lines = StringIO(text, newline=None)
    sample = list(islice((line for line in lines if line.strip()), _SNIFFED_ROWS))
    best = max(_DELIMITERS, key=lambda delimiter: _evenness(sample, delimiter))
    return best if any(_evenness(sample, best)) else ","


def _evenness(sample: Sequence[str], delimiter: str) -> tuple[bool, int, int]:
    """Return whether the first row is cut, how many rows are alike, and how wide they are."""
    widths = [len(row.cells) for row in _rows(sample, delimiter, 1)]
    several = Counter(width for width in widths if width > 1)
    if not several:
        return False, 0, 0
    width, count = max(several.items(), key=lambda item: (item[1], item[0]))
    return widths[0] > 1, count, width


def _rows(lines: Sequence[str], delimiter: str, first_line: int) -> Iterator[Row]:
    """Return the rows of ``lines``.

    After a row that cannot be read it goes on with the next line. That takes no more than twice
    the time: a second mark ends the first one's cell, so few lines are read again.
    """
    start = 0
    while start < len(lines):
        following = map(
            lines.__getitem__, range(start, len(lines))
        )  # a copy each time would be slow
        reader = csv.reader(following, delimiter=delimiter, strict=True)
        begun = start
        try:
            for cells in reader:
                if any(map(str.strip, cells)):
                    yield Row(first_line + begun, tuple(cells))
                begun = start + reader.line_num
            return
        except csv.Error:
            yield _mended(lines[begun], delimiter, first_line + begun)
            start = begun + 1


def _mended(line: str, delimiter: str, number: int) -> Row:
    """Return the row of a line whose quotation marks break the rules, if it can be read alone."""
    if len(line) > csv.field_size_limit():
        return Row(number, problem=f"is longer than {csv.field_size_limit():,} characters")
    if line.count('"') % 2 == 0:
        return _row_of(csv.reader([line], delimiter=delimiter), number)
    if delimiter == "\t":  # most programs that write tabs quote nothing
        return _row_of(csv.reader([line], delimiter=delimiter, quoting=csv.QUOTE_NONE), number)
    return Row(number, problem="has an unclosed quotation mark")


def _row_of(reader: Iterable[list[str]], number: int) -> Row:
    return Row(number, tuple(next(iter(reader), [])))
