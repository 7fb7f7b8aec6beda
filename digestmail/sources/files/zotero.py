"""Records of Zotero's RDF, and identifiers in the notes of reference managers.

The keys in it are those of somebody's library and name no work to others. As in BibTeX, keywords
and tags are left aside.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from xml.etree.ElementTree import Element

from digestmail.sources.arxiv.xml import children, texts
from digestmail.sources.normalise.identifiers import arxiv_id, doi
from digestmail.sources.normalise.paper import LocatedRecord, Record

_ARXIV = re.compile(
    r"\b(?:arxiv[:.]\s?|abs/)((?:[a-z-]{2,12}/)?[0-9][0-9.]{6,10}(?:v[0-9]{1,3})?)", re.IGNORECASE
)
_PMID = re.compile(r"\bPMID:?\s*([0-9]{4,9})\b|\bPubMed\b[^0-9]{1,80}([0-9]{4,9})\b", re.IGNORECASE)
_RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
NO_PAPERS = ("attachment", "note", "annotation")


def noted_pmid(text: str) -> str:
    """Return the PubMed id that a note names ("PMID: 40000001"); empty where it names none."""
    match = _PMID.search(text[:2_000])
    return (match[1] or match[2]) if match else ""


def arxiv_in(fields: Iterable[str]) -> str:
    """Return the first arXiv identifier in some fields; empty without one."""
    for text in fields:
        match = _ARXIV.search(text[:2_000])
        if arxiv_id(text):
            return text
        if match and arxiv_id(match[1]):
            return match[1]
    return ""


# --- RDF -------------------------------------------------------------------------------------


def read_rdf(root: Element) -> Iterator[LocatedRecord]:
    """Yield each paper of a Zotero RDF document: its place and its record."""
    journals = {element.get(f"{_RDF}about", ""): element for element in root}
    journals.pop("", None)
    items = [element for element in root if _is_item(element)]
    shared = Counter(_journal_of(item) for item in items)
    for number, item in enumerate(items, 1):
        name = _journal_of(item)
        # The identifiers of a journal are of its only paper, unless several name it.
        journal = journals.get(name) if shared[name] == 1 else None
        yield f"item {number}", _record(item, journal)


def _is_item(element: Element) -> bool:
    """Return whether it is a paper: journals have no type; attachments and notes have theirs."""
    kind = texts(element).get("itemType", "").strip()
    return bool(kind) and kind not in NO_PAPERS


def _journal_of(item: Element) -> str:
    part_of = children(item).get("isPartOf")
    return part_of.get(f"{_RDF}resource", "") if part_of is not None else ""


def _record(item: Element, journal: Element | None) -> Record:
    fields, address = texts(item), item.get(f"{_RDF}about", "")
    names = [*_identifiers(item), address, *(_identifiers(journal) if journal is not None else ())]
    named_doi = next(filter(None, (doi(name.removeprefix("DOI ")) for name in names)), "")
    links = (name for name in names if name.startswith(("http://", "https://")))
    return {
        "title": fields.get("title", ""),
        "abstract": fields.get("abstract", ""),
        "authors": [_full_name(person) for person in _persons(item)],
        "arxiv_id": arxiv_in([*names, fields.get("description", "")]),
        "doi": named_doi,
        "pmid": noted_pmid(fields.get("description", "")),
        "url": next(links, ""),
        "published": fields.get("date", "").strip(),
    }


def _identifiers(element: Element) -> list[str]:
    """Return those of an element and of a journal inside it."""
    elements = (child for child in element.iter() if child.tag.endswith("}identifier"))
    return [" ".join("".join(child.itertext()).split()) for child in elements]


def _persons(item: Element) -> Iterator[Element]:
    authors = children(item).get("authors")
    for element in authors.iter() if authors is not None else ():
        if element.tag.endswith("}Person"):
            yield element


def _full_name(person: Element) -> str:
    names = texts(person)
    first = names.get("givenName") or names.get("givenname", "")
    return f"{first} {names.get('surname', '')}".strip()
