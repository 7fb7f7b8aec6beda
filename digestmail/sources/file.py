"""Papers from a file of records.

JSON lines, a JSON array, CSV with a header row, BibTeX, RIS, or a listing saved as text.
"""

import codecs
import csv
import json
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from pathlib import Path

from digestmail.domain import BadRecord, Paper
from digestmail.errors import SourceError
from digestmail.sources.bibtex import read_bibtex
from digestmail.sources.listing import read_listing
from digestmail.sources.records import RecordError, paper_from_record
from digestmail.sources.ris import read_ris

_CHUNK = 1 << 20

Located = tuple[str, Mapping[str, object] | str]  # where it stood; the record, or what is wrong


class FileSource:
    """Yields every record of a file at each fetch: whoever stores them knows which are new."""

    def __init__(self, path: Path, name: str) -> None:
        self._path = path
        self._name = name

    def fetch(self, since: datetime | None) -> Iterator[Paper | BadRecord]:  # noqa: ARG002
        """Yield the file's papers in order; see Source.

        Raises SourceError before the first paper where the file as a whole cannot be read.
        """
        read = READERS.get(self._path.suffix.lower())
        if read is None:
            raise SourceError(f"{self._path}: cannot read this kind of file; use {listed_kinds()}")
        try:
            _require_text(self._path)
            for where, record in read(self._path):
                yield self._paper(where, record)
        except OSError as error:
            raise SourceError(f"{self._path}: {error.strerror or error}") from error

    def _paper(self, where: str, record: Mapping[str, object] | str) -> Paper | BadRecord:
        if isinstance(record, str):
            return BadRecord(where, record)
        try:
            return paper_from_record(record, source=self._name)
        except RecordError as error:
            return BadRecord(where, str(error))


def _require_text(path: Path) -> None:
    if path.exists() and not path.is_file():
        raise SourceError(f"{path}: not a regular file")
    decoder = codecs.getincrementaldecoder("utf-8")()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            if b"\0" in chunk:
                raise SourceError(f"{path}: not a text file (a UTF-16 one must be saved as UTF-8)")
            _decode(decoder, chunk, path)
        _decode(decoder, b"", path, final=True)


def _decode(
    decoder: codecs.IncrementalDecoder, chunk: bytes, path: Path, *, final: bool = False
) -> None:
    try:
        decoder.decode(chunk, final)
    except UnicodeDecodeError as error:
        raise SourceError(f"{path}: not a UTF-8 file; save it as UTF-8") from error


# --- the formats -----------------------------------------------------------------------------


def _json_lines(path: Path) -> Iterator[Located]:
    with path.open(encoding="utf-8-sig") as file:
        for number, line in enumerate(file, 1):
            if line.strip():
                yield f"line {number}", _json_record(line)


def _json_record(line: str) -> Mapping[str, object] | str:
    try:
        return _mapping(json.loads(line))
    except json.JSONDecodeError as error:
        return f"it is not JSON: {error.msg} at column {error.colno}"
    except (ValueError, RecursionError):  # a number of thousands of digits, deep nesting
        return "it is not JSON that can be read"


def _mapping(value: object) -> Mapping[str, object] | str:
    return value if isinstance(value, dict) else "it is not a JSON object"


def _json_array(path: Path) -> Iterator[Located]:
    try:
        records = json.loads(path.read_text(encoding="utf-8-sig"))
    except json.JSONDecodeError as error:
        where = f"line {error.lineno} column {error.colno}"
        raise SourceError(f"{path}: not JSON: {error.msg} at {where}") from error
    except (ValueError, RecursionError) as error:
        raise SourceError(f"{path}: not JSON that can be read") from error
    if not isinstance(records, list):
        raise SourceError(f"{path}: not a JSON array; one object to a line is a .jsonl file")
    for number, record in enumerate(records, 1):
        yield f"record {number}", _mapping(record)


def _csv(path: Path) -> Iterator[Located]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = _rows(file)
        _, first = next(rows, ("", []))
        header = [name.strip().lower() for name in first]
        if isinstance(first, str) or "title" not in header:
            found = ",".join(first)[:60]
            raise SourceError(f"{path}: no column “title”; its first row is “{found}”")
        for where, row in rows:
            yield where, row if isinstance(row, str) else _csv_record(header, row)


def _rows(file: Iterator[str]) -> Iterator[tuple[str, list[str] | str]]:
    """Each row with its lines; a row that the csv module refuses as the reason it gives."""
    reader = csv.reader(file, strict=True)
    while True:
        first = reader.line_num + 1
        row: list[str] | str
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            row = f"it is not CSV: {error}"
        last = reader.line_num
        if row:
            yield (f"line {last}" if first == last else f"lines {first}-{last}"), row


def _csv_record(header: list[str], row: list[str]) -> Mapping[str, object] | str:
    if len(row) > len(header):
        return f"it has {len(row)} fields where the header names {len(header)}"
    return dict(zip(header, row, strict=False))


def _bibtex(path: Path) -> Iterator[Located]:
    return read_bibtex(path.read_text(encoding="utf-8-sig"))


def _ris(path: Path) -> Iterator[Located]:
    with path.open(encoding="utf-8-sig") as file:
        yield from read_ris(file)


def _listing(path: Path) -> Iterator[Located]:
    with path.open(encoding="utf-8-sig") as file:
        return read_listing(list(file))


READERS: Mapping[str, Callable[[Path], Iterator[Located]]] = {
    ".jsonl": _json_lines,
    ".ndjson": _json_lines,
    ".json": _json_array,
    ".csv": _csv,
    ".bib": _bibtex,
    ".ris": _ris,
    ".txt": _listing,
}


def listed_kinds() -> str:
    """The endings of the files that can be read, for a person."""
    return ", ".join(READERS)
