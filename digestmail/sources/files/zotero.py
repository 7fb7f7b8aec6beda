"""Records out of Zotero's RDF.

The keys in it are those of somebody's library and name no work to others. As in BibTeX, keywords
and tags are left aside.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from xml.etree.ElementTree import Element

from digestmail.sources.arxiv.xml import children, texts
from digestmail.sources.normalise.identifiers import arxiv_id, doi

Located = tuple[str, Mapping[str, object] | str]

_ARXIV = re.compile(
    r"\b(?:arxiv[:.]\s?|abs/)((?:[a-z-]{2,12}/)?[0-9][0-9.]{6,10}(?:v[0-9]{1,3})?)", re.IGNORECASE
)
_PMID = re.compile(r"\bPMID:?\s*([0-9]{4,9})\b|\bPubMed\b[^0-9]{1,80}([0-9]{4,9})\b", re.IGNORECASE)
_RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
NO_PAPERS = ("attachment", "note", "annotation")


def noted_pmid(text: str) -> str:
    """Return the PubMed id that a note names ("PMID: 40000001"); empty where it names none."""
    found = _PMID.search(text[:2_000])
    return (found[1] or found[2]) if found else ""


def arxiv_in(fields: Iterable[str]) -> str:
    """The first arXiv identifier that one of some fields is, or names among other things."""
    for text in fields:
        found = _ARXIV.search(text[:2_000])
        if arxiv_id(text):
            return text
        if found and arxiv_id(found[1]):
            return found[1]
    return ""


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
    return bool(kind) and kind not in NO_PAPERS


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
        "pmid": noted_pmid(told.get("description", "")),
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
