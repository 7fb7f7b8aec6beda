"""Records of JSON: CSL, Zotero's own, and answers of paper services.

The keys and ids in them are those of somebody's library and name no work to others.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from digestmail.sources.files.zotero import NO_PAPERS, arxiv_in, noted_pmid
from digestmail.sources.normalise.dates import iso_day
from digestmail.sources.normalise.paper import LocatedRecord, Record

_LISTS = ("items", "results", "data", "papers", "references", "records", "publications")
_IDS = ("externalids", "identifiers", "ids")


def items_in(content: object) -> Iterable[object]:
    """Return the items of a document: a list, or an object that holds one, or is one itself."""
    if isinstance(content, list):
        return content
    if not isinstance(content, dict):
        return ()
    inner = content.get("message", content)
    lists = (inner.get(name) for name in _LISTS) if isinstance(inner, dict) else ()
    return next((items for items in lists if isinstance(items, list)), [inner])


def read_items(content: object) -> Iterator[LocatedRecord]:
    """Yield each item of a document: its place, and its record or its problem."""
    for number, item in enumerate(items_in(content), 1):
        record = record_of_item(item) if isinstance(item, dict) else "it is not a JSON object"
        yield f"entry {number}", record


def record_of_item(item: Mapping[str, Any]) -> Record | str:
    """Return the record of an item, or its problem."""
    inner = item.get("data")
    item = inner if isinstance(inner, dict) else item
    if item.get("type") in NO_PAPERS or item.get("itemType") in NO_PAPERS:
        return "it is a note or an attachment"
    texts = {name.lower(): _text(value) for name, value in item.items()}
    for name in _IDS:
        texts = _identifiers(_lowered(item).get(name)) | texts
    notes = (texts.get("note", ""), texts.get("extra", ""))
    places = (
        "arxiv_id",
        "arxiv",
        "number",
        "archive_location",
        "archiveid",
        "url",
        "note",
        "extra",
    )
    return {
        "title": texts.get("title") or texts.get("display_name", ""),
        "abstract": next(filter(None, map(texts.get, ("abstract", "abstractnote", "summary"))), ""),
        "authors": _people(item.get("authors") or item.get("author") or item.get("creators")),
        "arxiv_id": arxiv_in(texts.get(name, "") for name in places),
        "doi": texts.get("doi", ""),
        "pmid": texts.get("pmid")
        or texts.get("pubmed")
        or next(filter(None, map(noted_pmid, notes)), ""),
        "url": texts.get("url", ""),
        "published": texts.get("published")
        or _issued(item.get("issued"))
        or iso_day(texts.get("date", "")),
    }


def _lowered(item: Mapping[str, Any]) -> dict[str, Any]:
    return {name.lower(): value for name, value in item.items()}


def _text(value: object) -> str:
    """Return a text, or the first of several (Crossref has lists of titles)."""
    first = value[0] if isinstance(value, list) and value else value
    if isinstance(first, int) and not isinstance(first, bool):
        return str(first)
    return first if isinstance(first, str) else ""


def _identifiers(value: object) -> dict[str, str]:
    return {n: _text(v) for n, v in _lowered(value).items()} if isinstance(value, dict) else {}


# --- people and dates ------------------------------------------------------------------------


def _people(value: object) -> object:
    """Return the authors, objects of CSL, Zotero or a service made names."""
    if not isinstance(value, list):
        return value
    return [
        _person(person) if isinstance(person, dict) else person
        for person in value
        if _writes(person)
    ]


def _writes(person: object) -> bool:
    """Return whether a person is an author: Zotero lists editors among the creators."""
    kind = person.get("creatorType", "author") if isinstance(person, dict) else "author"
    return kind in ("author", "inventor", "presenter", "podcaster", "director")


def _person(person: Record) -> str:
    first = _first(person, "given", "firstName", "first_name", "forename")
    family = _first(person, "family", "lastName", "last_name", "surname")
    full = _first(person, "literal", "name", "display_name", "full_name")
    particle = _first(person, "non-dropping-particle", "dropping-particle")
    return " ".join(filter(None, (first, particle, family))) or full


def _first(person: Record, *names: str) -> str:
    values = (person.get(name) for name in names)
    return next((value for value in values if isinstance(value, str) and value), "")


def _issued(value: object) -> str:
    """Return CSL's date-parts in ISO 8601; empty where no month is known."""
    dates = value.get("date-parts") if isinstance(value, dict) else None
    first = dates[0] if isinstance(dates, list) and dates else None
    if not isinstance(first, list) or len(first) < 2:
        return ""
    return "-".join(str(number) for number in [*first, 1][:3])
