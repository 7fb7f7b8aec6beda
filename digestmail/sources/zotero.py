"""Records out of what Zotero exports beside BibTeX and RIS: its RDF, its CSV, and CSL JSON.

The keys and ids in them are those of somebody's library and name no work to others. As in BibTeX,
keywords and tags are left aside.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from xml.etree.ElementTree import Element

from digestmail.sources.arxiv_xml import children, texts
from digestmail.sources.keys import arxiv_id, doi

Located = tuple[str, Mapping[str, object] | str]

_ARXIV = re.compile(
    r"\b(?:arxiv[:.]\s?|abs/)((?:[a-z-]{2,12}/)?[0-9][0-9.]{6,10}(?:v[0-9]{1,3})?)", re.IGNORECASE
)
_RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
_NO_PAPERS = ("attachment", "note", "annotation")


def arxiv_in(fields: Iterable[str]) -> str:
    """The first arXiv identifier that one of some fields is, or names among other things."""
    for text in fields:
        found = _ARXIV.search(text[:2_000])
        if arxiv_id(text):
            return text
        if found and arxiv_id(found[1]):
            return found[1]
    return ""


# --- CSV -------------------------------------------------------------------------------------


def record_of_row(row: Mapping[str, str]) -> Mapping[str, object]:
    """The record of a row of Zotero's CSV, or of one with our own names; all in lower case."""
    fields = [row.get(name, "") for name in ("arxiv_id", "archive location", "extra", "url")]
    return {
        "title": row.get("title", ""),
        "abstract": row.get("abstract note") or row.get("abstract", ""),
        "authors": row.get("author") or row.get("authors", ""),
        "arxiv_id": arxiv_in(fields),
        "doi": row.get("doi", ""),
        "url": row.get("url", ""),
        "published": row.get("date") or row.get("published", ""),
    }


# --- CSL JSON --------------------------------------------------------------------------------


def record_of_item(item: Mapping[str, Any]) -> Mapping[str, object] | str:
    """The record of an item of CSL JSON 1.0, or of one with our own names."""
    if item.get("type") in _NO_PAPERS:
        return "it is a note or an attachment"
    told = {name.lower(): value for name, value in item.items() if isinstance(value, str)}
    places = ("arxiv_id", "number", "archive_location", "url", "note")
    return {
        "title": told.get("title", ""),
        "abstract": told.get("abstract") or told.get("summary", ""),
        "authors": item.get("authors") or _people(item.get("author")),
        "arxiv_id": arxiv_in(told.get(name, "") for name in places),
        "doi": told.get("doi", ""),
        "url": told.get("url", ""),
        "published": told.get("published") or _issued(item.get("issued")),
    }


def _people(value: object) -> object:
    """The authors: CSL's objects, or whatever else a record has there."""
    if not isinstance(value, list):
        return value
    return [_person(person) if isinstance(person, dict) else person for person in value]


def _person(person: Mapping[str, object]) -> str:
    parts = (person.get(name) for name in ("given", "non-dropping-particle", "family", "literal"))
    return " ".join(part for part in parts if isinstance(part, str) and part)


def _issued(value: object) -> str:
    """CSL's date-parts in ISO 8601; empty where no month is known: a year says too little."""
    parts = value.get("date-parts") if isinstance(value, dict) else None
    first = parts[0] if isinstance(parts, list) and parts else None
    if not isinstance(first, list) or len(first) < 2:
        return ""
    return "-".join(str(part) for part in [*first, 1][:3])


# --- RDF -------------------------------------------------------------------------------------


def read_rdf(root: Element) -> Iterator[Located]:
    """Each paper of a Zotero RDF document: where it stands, and its record."""
    journals = {element.get(f"{_RDF}about", ""): element for element in root}
    journals.pop("", None)
    items = [element for element in root if _is_item(element)]
    shared = Counter(_journal_of(item) for item in items)
    for number, item in enumerate(items, 1):
        name = _journal_of(item)
        alone = journals.get(name) if shared[name] == 1 else None
        yield f"item {number}", _record(item, alone)


def _is_item(element: Element) -> bool:
    """Journals have no type; attachments and notes are no papers."""
    kind = texts(element).get("itemType", "").strip()
    return bool(kind) and kind not in _NO_PAPERS


def _journal_of(item: Element) -> str:
    part_of = children(item).get("isPartOf")
    return part_of.get(f"{_RDF}resource", "") if part_of is not None else ""


def _record(item: Element, journal: Element | None) -> Mapping[str, object]:
    told, address = texts(item), item.get(f"{_RDF}about", "")
    names = [*_identifiers(item), address, *(_identifiers(journal) if journal is not None else ())]
    named_doi = next(filter(None, (doi(name.removeprefix("DOI ")) for name in names)), "")
    links = (name for name in names if name.startswith(("http://", "https://")))
    return {
        "title": told.get("title", ""),
        "abstract": told.get("abstract", ""),
        "authors": [_foaf(person) for person in _persons(item)],
        "arxiv_id": arxiv_in([*names, told.get("description", "")]),
        "doi": named_doi,
        "url": next(links, ""),
        "published": told.get("date", "").strip(),
    }


def _identifiers(element: Element) -> list[str]:
    """Those of an element itself and of a journal that stands inside it."""
    found = (each for each in element.iter() if each.tag.endswith("}identifier"))
    return [" ".join("".join(each.itertext()).split()) for each in found]


def _persons(item: Element) -> Iterator[Element]:
    authors = children(item).get("authors")
    for element in authors.iter() if authors is not None else ():
        if element.tag.endswith("}Person"):
            yield element


def _foaf(person: Element) -> str:
    told = texts(person)
    given = told.get("givenName") or told.get("givenname", "")
    return f"{given} {told.get('surname', '')}".strip()
