"""Records of Web of Science's own export: tagged text, also named .ciw or .isi."""

import re
from collections.abc import Iterable, Iterator

from digestmail.sources.files.tagged import Dialect, Tagged, tagged_records
from digestmail.sources.normalise.dates import iso_day
from digestmail.sources.normalise.paper import LocatedRecord, Record

_LINE = re.compile(r"([A-Z][A-Z0-9])(?: (.*))?")
_HEAD = frozenset(["FN", "VR", "EF"])


def read_wos(lines: Iterable[str]) -> Iterator[LocatedRecord]:
    """Yield each record of ``lines``: where it begins, and the record."""
    for record in tagged_records(lines, _DIALECT):
        if isinstance(record, Tagged) and not _HEAD.issuperset(record.fields):
            yield f"line {record.line}", _record(record)


def _split(line: str) -> tuple[str, str]:
    match = _LINE.fullmatch(line.strip("\ufeff\r\n"))
    return (match[1], (match[2] or "").strip()) if match else ("", "")


_DIALECT = Dialect(_split, frozenset(["PT"]), last="ER", lists=frozenset(["AU", "AF", "BA", "CA"]))


def _record(record: Tagged) -> Record:
    month, year = record.first("PD"), record.first("PY")
    return {
        "title": record.first("TI"),
        "abstract": record.first("AB"),
        "authors": record.all("AF") or record.all("AU"),
        "doi": record.first("DI"),
        "arxiv_id": record.first("AR") if "arxiv" in record.first("AR").lower() else "",
        "pmid": record.first("PM"),
        "published": iso_day(f"{year} {month}") if month else "",
    }
