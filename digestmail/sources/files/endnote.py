"""Records of EndNote's own exports: tagged text (.enw) and XML."""

import re
from collections.abc import Iterable, Iterator
from xml.etree.ElementTree import Element

from digestmail.sources.files.tagged import Dialect, Tagged, tagged_records
from digestmail.sources.normalise.dates import iso_day
from digestmail.sources.normalise.identifiers import arxiv_id, doi, pubmed_key
from digestmail.sources.normalise.paper import LocatedRecord, Record

_LINE = re.compile(r"%([0-9A-Za-z@!#$&()*+^<>\[\]~?=])(?:\s(.*))?")
_FIRST = "0"


def read_enw(lines: Iterable[str]) -> Iterator[LocatedRecord]:
    """Yield each record of ``lines``: where it begins, and the record."""
    for record in tagged_records(_with_types(lines), _DIALECT):
        if isinstance(record, Tagged) and record.fields.keys() - {_FIRST}:
            yield f"line {record.line}", _tagged_record(record)


def _with_types(lines: Iterable[str]) -> Iterator[str]:
    """Yield the lines; for a blank line before a record that names no type, one that does."""
    before, has_types = "", False
    for line in lines:
        has_types = has_types or line.lstrip("\ufeff").startswith("%0")
        if before == "blank" and not has_types and line.startswith("%"):
            yield "%0"
        elif before == "blank":
            yield ""
        before = "line" if line.strip() else "blank"
        if before == "line":
            yield line


def _split(line: str) -> tuple[str, str]:
    match = _LINE.fullmatch(line.strip("\ufeff\r\n"))
    return (match[1], (match[2] or "").strip()) if match else ("", "")


_DIALECT = Dialect(_split, first=frozenset([_FIRST]))


def _tagged_record(record: Tagged) -> Record:
    links, numbers = record.all("U", ">"), record.all("R", "M")
    return {
        "title": record.first("T", "B"),
        "abstract": record.first("X"),
        "authors": record.all("A"),
        "arxiv_id": next(filter(arxiv_id, [*numbers, *links]), ""),
        "doi": next(filter(doi, [*numbers, *links]), ""),
        "pmid": next(filter(pubmed_key, links), ""),
        "url": next(iter(links), ""),
        "published": next(filter(None, map(iso_day, record.all("8", "7", "D"))), ""),
    }


# --- XML -------------------------------------------------------------------------------------


def is_endnote(root: Element) -> bool:
    """Return whether a document is EndNote's."""
    return root.tag == "records" or (root.tag == "xml" and root.find("records") is not None)


def read_endnote(root: Element) -> Iterator[LocatedRecord]:
    """Yield each record of EndNote's XML: its place, and the record."""
    for number, record in enumerate(root.iter("record"), 1):
        yield f"record {number}", _xml_record(record)


def _xml_record(record: Element) -> Record:
    links = [_text(url) for url in record.iterfind("urls//url")]
    numbers = [_text(record.find(tag)) for tag in ("electronic-resource-num", "accession-num")]
    database = _text(record.find("remote-database-name")).lower()
    is_pubmed = "medline" in database or "pubmed" in database
    dates = [_text(date) for date in record.iterfind("dates/pub-dates/date")]
    year = _text(record.find("dates/year"))
    authors = record.iterfind("contributors/authors/author")
    return {
        "title": _text(record.find("titles/title")),
        "abstract": _text(record.find("abstract")),
        "authors": list(filter(None, map(_text, authors))),
        "arxiv_id": next(filter(arxiv_id, [*numbers, *links]), ""),
        "doi": next(filter(doi, [*numbers, *links]), ""),
        "pmid": numbers[1] if is_pubmed else next(filter(pubmed_key, links), ""),
        "url": next(filter(None, links), ""),
        "published": next(filter(None, (iso_day(f"{year} {date}") for date in dates)), ""),
    }


def _text(element: Element | None) -> str:
    """Return the text of an element and of the styles in it."""
    return " ".join("".join(element.itertext()).split()) if element is not None else ""
