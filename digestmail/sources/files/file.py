"""A file of papers as a source.

The formats are JSON lines, a JSON array, a table with a header row, BibTeX, RIS, an export of
PubMed, EndNote or Web of Science, and a listing saved as text. JSON is UTF-8; ``decode_text``
decodes the others.
"""

import codecs
import json
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from digestmail.domain import BadRecord, Paper, Source
from digestmail.errors import InputError, SourceError
from digestmail.sources import options
from digestmail.sources.files.bibtex import read_bibtex
from digestmail.sources.files.columns import records_in
from digestmail.sources.files.endnote import read_enw
from digestmail.sources.files.nbib import read_nbib
from digestmail.sources.files.plain_listing import read_plain_listing
from digestmail.sources.files.ris import read_ris
from digestmail.sources.files.tagged import unified
from digestmail.sources.files.wos import read_wos
from digestmail.sources.kind import Kind, Setup
from digestmail.sources.normalise.paper import (
    LocatedRecord,
    Record,
    RecordError,
    names_with_title,
    paper_from_record,
    shared_names,
    without_shared_names,
)
from digestmail.sources.options import Options
from digestmail.tables import decode_text, read_table
from digestmail.text import one_line

_CHUNK = 1 << 20
_STREAMED = (".jsonl", ".ndjson")  # read twice, since they may be larger than the memory


class FileSource:
    """The records of a file, all at each fetch: whoever stores them knows which are new."""

    def __init__(self, path: Path, name: str) -> None:
        self._path = path
        self._name = name

    def fetch(self, since: datetime | None) -> Iterator[Paper | BadRecord]:  # noqa: ARG002
        """Yield the file's papers in order; see Source.

        Raises SourceError before the first paper where the file as a whole cannot be read.
        """
        read = READERS.get(self._path.suffix.lower())
        if read is None:
            raise SourceError(f"{self._path}: unsupported kind of file; use {listed_kinds()}")
        try:
            if self._path.exists() and not self._path.is_file():
                raise SourceError(f"{self._path}: not a regular file")
            is_streamed = self._path.suffix.lower() in _STREAMED
            records = read(self._path) if is_streamed else list(read(self._path))
            titles = (pair for _, record in records for pair in names_with_title(record))
            shared = shared_names(titles)
            for where, record in read(self._path) if is_streamed else records:
                yield self._paper(where, record, shared)
        except OSError as error:
            raise SourceError(f"{self._path}: {error.strerror or error}") from error

    def _paper(
        self, where: str, record: Record | str, shared: Collection[str]
    ) -> Paper | BadRecord:
        if isinstance(record, str):
            return BadRecord(where, record)
        try:
            return paper_from_record(without_shared_names(record, shared), source=self._name)
        except RecordError as error:
            return BadRecord(where, str(error))


def _require_utf8(path: Path) -> None:
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


def _json_lines(path: Path) -> Iterator[LocatedRecord]:
    _require_utf8(path)
    with path.open(encoding="utf-8-sig") as file:
        for number, line in enumerate(file, 1):
            if line.strip():
                yield f"line {number}", _json_record(line)


def _json_record(line: str) -> Record | str:
    try:
        return _mapping(json.loads(line))
    except json.JSONDecodeError as error:
        return f"it is not JSON: {error.msg} at column {error.colno}"
    except (ValueError, RecursionError):  # a number of thousands of digits, deep nesting
        return "it is not JSON that can be read"


def _mapping(value: object) -> Record | str:
    return value if isinstance(value, dict) else "it is not a JSON object"


def _json_array(path: Path) -> Iterator[LocatedRecord]:
    _require_utf8(path)
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


def _table(path: Path) -> Iterator[LocatedRecord]:
    with _decoding(path):
        table = read_table(path.read_bytes())
    records = records_in(table, own_ids=True)
    if records is None:
        first = next(table.rows(), None)
        head = table.delimiter.join(first.cells)[:60] if first else ""
        raise SourceError(f"{path}: no column “title”; its first row is “{one_line(head)}”")
    return records


def _text(path: Path) -> str:
    with _decoding(path):
        return unified(decode_text(path.read_bytes()).text)


def _lines(path: Path) -> list[str]:
    return _text(path).split("\n")


@contextmanager
def _decoding(path: Path) -> Iterator[None]:
    try:
        yield
    except InputError as error:
        raise SourceError(f"{path}: {error.message.partition(';')[0]}; save it as UTF-8") from None


READERS: Mapping[str, Callable[[Path], Iterator[LocatedRecord]]] = {
    ".jsonl": _json_lines,
    ".ndjson": _json_lines,
    ".json": _json_array,
    ".csv": _table,
    ".tsv": _table,
    ".tab": _table,
    ".bib": lambda path: read_bibtex(_text(path)),
    ".ris": lambda path: read_ris(_lines(path)),
    ".nbib": lambda path: read_nbib(_lines(path)),
    ".enw": lambda path: read_enw(_lines(path)),
    ".ciw": lambda path: read_wos(_lines(path)),
    ".txt": lambda path: read_plain_listing(_lines(path)),
}


def listed_kinds() -> str:
    """Return the endings of the files that can be read, for a person."""
    return ", ".join(READERS)


# --- the kind --------------------------------------------------------------------------------


def _check(values: Options) -> None:
    path = options.required(values, "path")
    if not path.isprintable() or Path(path).suffix.lower() not in READERS:
        raise InputError("path", f"{path!r} must be a file of kind {listed_kinds()}")


def _build(setup: Setup) -> Source:
    path = setup.context.folder / options.required(setup.options, "path")
    return FileSource(path, setup.name)


KIND = Kind(
    name="file",
    summary="a file of records, read at each fetch",
    options={"path": f"the file, one of {listed_kinds()}"},
    check=_check,
    build=_build,
    path="file",
)
