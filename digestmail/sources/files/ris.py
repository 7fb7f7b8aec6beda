"""Records of RIS, the exchange format of reference managers and publishers' sites.

A record is lines of two-character tags, "TI  - A title", from TY to ER. As in BibTeX, keywords are
left aside.
"""

import re
from collections.abc import Iterable, Iterator

from digestmail.sources.files.tagged import Dialect, Tagged, tagged_records
from digestmail.sources.files.zotero import noted_pmid
from digestmail.sources.normalise.dates import iso_day
from digestmail.sources.normalise.identifiers import arxiv_id, doi, pubmed_key
from digestmail.sources.normalise.paper import LocatedRecord, Record

_LINE = re.compile(r"([A-Z][A-Z0-9])(?:\s{1,2}-|\s*-\s)\s*(.*)")
# Lines that programs put before a record: its number, or their name.
_DECORATION = re.compile(r"[<\[(]?[0-9]{1,6}[>\])]?[.:)]?|[A-Z][\w -]{0,30}:\s.*|[-=*_ ]+|%.*|EF")


def read_ris(lines: Iterable[str], *, is_complete: bool = False) -> Iterator[LocatedRecord]:
    """Yield each record of ``lines``: its line, and the record or its problem.

    A record also ends where the next begins. One that ends with the file may be cut short, unless
    no record has an end, or ``is_complete``: nobody is still writing the file.
    """
    ends: set[str] = set()
    for record in tagged_records(lines, _DIALECT):
        if not isinstance(record, Tagged):
            if not _DECORATION.fullmatch(record[1]):
                yield f"line {record[0]}", "it is not RIS: no tag such as “TI  - ”"
            continue
        is_cut = record.end == "file" and ends != {"next"} and not is_complete
        ends.add(record.end)
        problem = "it has no ER line: the file may be truncated"
        yield f"line {record.line}", problem if is_cut else _record(record)


def _split(line: str) -> tuple[str, str]:
    match = _LINE.fullmatch(line.strip("\ufeff \t\r\n"))
    return (match[1], match[2].strip()) if match else ("", "")


_DIALECT = Dialect(_split, first=frozenset(["TY"]), last="ER")


def _record(record: Tagged) -> Record | str:
    if "TY" not in record.fields:
        return "it does not begin with a TY line"
    links = record.all("UR", "L2", "LK", "L1")
    numbers = record.all("DO", "AN", "M3", "C1", "C2", "ID")
    return {
        "title": record.first("TI", "T1", "CT", "BT", "ST"),
        "abstract": record.first("AB", "N2"),
        "authors": _authors(record),
        "arxiv_id": next(filter(arxiv_id, [*numbers, *links]), ""),
        "doi": next(filter(doi, [*numbers, *links]), ""),
        "pmid": _pmid(record, links),
        "url": next(iter(links), ""),
        "published": next(filter(None, map(iso_day, record.all("DA", "PY", "Y1"))), ""),
    }


def _authors(record: Tagged) -> list[str]:
    """Return the authors; the editors of a book without authors are none."""
    names = (name for line in record.all("AU", "A1") for name in line.split(";"))
    return [name for name in names if name.strip()]


def _pmid(record: Tagged, links: Iterable[str]) -> str:
    """Return the PubMed id, where PubMed's name, its address or a note says that it is one."""
    noted = filter(None, map(noted_pmid, record.all("N1", "AN", "C2", "M2")))
    if number := next(noted, ""):
        return number
    is_pubmed = any(
        re.search("pubmed|medline", text, re.IGNORECASE) for text in record.all("DB", "DP")
    )
    bare = (text for text in record.all("AN", "C2", "ID") if is_pubmed and text.isdecimal())
    return next(bare, "") or next(filter(pubmed_key, links), "")
