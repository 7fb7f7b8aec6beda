"""Records of PubMed's own export (MEDLINE), also named .nbib.

https://www.nlm.nih.gov/bsd/mms/medlineelements.html describes the tags.
"""

import re
from collections.abc import Iterable, Iterator

from digestmail.sources.files.tagged import Dialect, Tagged, tagged_records
from digestmail.sources.normalise.dates import iso_day
from digestmail.sources.normalise.identifiers import arxiv_id, doi
from digestmail.sources.normalise.paper import LocatedRecord, Record

_LINE = re.compile(r"([A-Z]{2,4}) {0,3}- ?(.*)")
_NUMBERED = re.compile(r"(.*\S)\s*\[(doi|pii|arxiv)\]", re.IGNORECASE)


def read_nbib(lines: Iterable[str]) -> Iterator[LocatedRecord]:
    """Yield each record of ``lines``: where it begins, and the record."""
    for record in tagged_records(lines, _DIALECT):
        if isinstance(record, Tagged):
            yield f"line {record.line}", _record(record)


def _split(line: str) -> tuple[str, str]:
    match = _LINE.fullmatch(line.strip("\ufeff\t\r\n")) if line[:1].strip() else None
    return (match[1], match[2].strip()) if match else ("", "")


_DIALECT = Dialect(_split, first=frozenset(["PMID"]))


def _record(record: Tagged) -> Record:
    numbers = [
        match[1] for text in record.all("LID", "AID") if (match := _NUMBERED.fullmatch(text))
    ]
    dates = map(iso_day, record.all("DEP", "DP", "EDAT"))
    return {
        "title": record.first("TI", "BTI", "TT"),
        "abstract": record.first("AB", "OAB"),
        "authors": record.all("FAU") or [*map(_short_name, record.all("AU")), *record.all("CN")],
        "arxiv_id": next(filter(arxiv_id, numbers), ""),
        "doi": next(filter(doi, numbers), ""),
        "pmid": record.first("PMID"),
        "published": next(filter(None, dates), ""),
    }


def _short_name(name: str) -> str:
    """Return "Lima, AB" for "Lima AB", where the initials are last."""
    surname, _, initials = name.rpartition(" ")
    return f"{surname}, {initials}" if surname and initials.isupper() else name
