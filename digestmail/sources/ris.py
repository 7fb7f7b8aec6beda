"""Records out of RIS, the exchange format of reference managers and publishers' sites.

A record is lines of two-character tags, "TI  - A title", from TY to ER. As in BibTeX, keywords are
left aside.
"""

import re
from collections.abc import Iterator, Mapping, Sequence

from digestmail.sources.keys import arxiv_id, doi

_LINE = re.compile(r"([A-Z][A-Z0-9])(?:\s{1,2}-|\s*-\s)\s*(.*)")
_DATE = re.compile(r"([0-9]{4})[/-]([0-9]{1,2})(?:[/-]([0-9]{1,2}))?")

_Fields = dict[str, list[str]]


def read_ris(lines: Iterator[str]) -> Iterator[tuple[str, Mapping[str, object] | str]]:
    """Each record of ``lines``: where it begins, and the record or what is wrong with it.

    A record also ends where the next begins; one that ends with the file may be cut short.
    """
    fields: _Fields = {}
    begun, last = 0, ""
    for number, line in enumerate(lines, 1):
        tag, value = _split(line)
        if fields and tag in ("TY", "ER"):
            yield f"line {begun}", _record(fields)
            fields, last = {}, ""
        if tag == "ER" or not (tag or fields or line.strip()):
            continue
        begun = begun if fields else number
        if tag:
            fields.setdefault(tag, []).append(value)
            last = tag
        elif fields and line.strip():
            fields[last][-1] += " " + line.strip()  # a value goes on in the next line
        elif line.strip():
            yield f"line {number}", "it is not RIS: no tag such as “TI  - ”"
    if fields:
        yield f"line {begun}", "it has no ER line: the file may be cut short"


def _split(line: str) -> tuple[str, str]:
    found = _LINE.fullmatch(line.strip("\ufeff \t\r\n"))
    return (found[1], found[2].strip()) if found else ("", "")


def _record(fields: _Fields) -> Mapping[str, object] | str:
    if "TY" not in fields:
        return "it does not begin with a TY line"
    links = [link for tag in ("UR", "L2", "LK", "L1") for link in fields.get(tag, [])]
    numbers = [text for tag in ("DO", "AN", "M3", "C1", "ID") for text in fields.get(tag, [])]
    return {
        "title": _first(fields, "TI", "T1", "CT"),
        "abstract": _first(fields, "AB", "N2"),
        "authors": [name for tag in ("AU", "A1") for name in fields.get(tag, [])],
        "arxiv_id": next(filter(arxiv_id, [*numbers, *links]), ""),
        "doi": next(filter(doi, [*numbers, *links]), ""),
        "url": next(iter(links), ""),
        "published": _published([_first(fields, tag) for tag in ("DA", "PY", "Y1")]),
    }


def _first(fields: _Fields, *tags: str) -> str:
    return next((value for tag in tags for value in fields.get(tag, []) if value), "")


def _published(dates: Sequence[str]) -> str:
    """The first date with a month, "2026/03/04/": a year says too little."""
    found = next(filter(None, map(_DATE.match, dates)), None)
    return f"{found[1]}-{found[2]}-{found[3] or 1}" if found else ""
