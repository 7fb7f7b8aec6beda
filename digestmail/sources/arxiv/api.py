"""arXiv's query API, for papers that are known by id.

https://info.arxiv.org/help/api/user-manual.html. It knows submissions, not announcements; for
those there are the feed and OAI-PMH.
"""

from collections.abc import Iterable, Sequence
from urllib.parse import urlencode
from xml.etree.ElementTree import Element

from digestmail.domain import Paper
from digestmail.errors import InputError, SourceError
from digestmail.sources.arxiv.taxonomy import arxiv_categories
from digestmail.sources.arxiv.xml import document, dois, texts, with_dois
from digestmail.sources.http.client import WebClient, status_line
from digestmail.sources.normalise.identifiers import arxiv_id
from digestmail.sources.normalise.paper import RecordError, paper_from_record
from digestmail.text import one_line

BASE_URL = "https://export.arxiv.org/api/query"
_SLICE = 100  # ids in one request, which still make an address of usual length


def papers_by_id(
    web: WebClient, ids: Sequence[str], base_url: str = BASE_URL, *, source: str = "arxiv"
) -> dict[str, Paper]:
    """The newest version of each of these papers, under the id as it was given.

    Takes ids, addresses and arXiv's DOIs, as ``keys.arxiv_id`` does; InputError for anything
    else, before arXiv is asked. An id that arXiv does not know, or whose entry cannot be read, is
    left out of the result. Raises SourceError where arXiv fails, refuses, or sends less than it
    announces.
    """
    names = {given: _name(given) for given in ids}
    unique = list(dict.fromkeys(names.values()))
    found: dict[str, Paper] = {}
    for start in range(0, len(unique), _SLICE):
        some = unique[start : start + _SLICE]
        found |= {paper.key: paper for paper in _asked(web, some, base_url, source)}
    by_given = {given: found.get(f"arxiv:{name}") for given, name in names.items()}
    return {given: paper for given, paper in by_given.items() if paper}


def _name(given: str) -> str:
    found = arxiv_id(given)
    if not found:
        raise InputError("ids", f"“{given[:80]}” is no arXiv id or address, such as 2508.13426")
    return found[0]


# --- one request -----------------------------------------------------------------------------


def _asked(web: WebClient, names: Sequence[str], base_url: str, source: str) -> list[Paper]:
    query = urlencode({"id_list": ",".join(names), "max_results": len(names)}, safe=",/")
    entries = _complete(web, f"{base_url}?{query}", base_url)
    papers = [paper for entry in entries if (paper := _read(entry, source))]
    if entries and not papers:
        raise SourceError(
            f"{base_url}: 0 of {len(entries)} entries could be read: their format may have changed"
        )
    return papers


def _complete(web: WebClient, url: str, base_url: str) -> list[Element]:
    """The entries, asked for twice if need be: the API sends pages cut short now and then."""
    for _ in range(2):
        feed = _feed(web, url, base_url)
        entries, total = feed.findall("{*}entry"), texts(feed).get("totalResults", "").strip()
        if not total.isdecimal() or len(entries) >= int(total):
            return entries
    raise SourceError(
        f"{base_url}: sent {len(entries)} of {total} papers, twice; will try again at the next poll"
    )


def _feed(web: WebClient, url: str, base_url: str) -> Element:
    # A query that the API refuses is answered with 400, or 200, and an entry that tells why.
    response = web.get(url, expected=(200, 400))
    if response.content.lstrip()[:13].lower() == b"rate exceeded":
        raise SourceError(f"{base_url}: rate exceeded; leave it alone for ten minutes or more")
    feed = document(response.content, "feed", url=base_url)
    for entry in feed.findall("{*}entry"):
        told = texts(entry)
        if "/api/errors" in told.get("id", "") or told.get("title", "").strip() == "Error":
            reason = one_line(told.get("summary", ""))[:200]
            raise SourceError(f"{base_url}: arXiv refuses the query: {reason}")
    if response.status != 200:
        raise SourceError(f"{base_url}: answered {status_line(response.status)}")
    return feed


# --- an entry --------------------------------------------------------------------------------


def _read(entry: Element, source: str) -> Paper | None:
    fields = texts(entry)
    name = one_line(fields.get("id", ""))
    if not arxiv_id(name):
        return None
    record = {
        "id": name,
        "title": fields.get("title"),
        "abstract": fields.get("summary"),
        "authors": [texts(author).get("name", "") for author in entry.findall("{*}author")],
        "categories": _categories(entry),
        "published": fields.get("published"),
        "updated": fields.get("updated"),
    }
    try:
        paper = paper_from_record(record, source=source)
    except RecordError:
        return None
    return with_dois(paper, dois(fields.get("doi", "")))


def _categories(entry: Element) -> tuple[str, ...]:
    """arXiv's own categories, the primary one first."""
    terms = _terms(entry.findall("{*}primary_category")) + _terms(entry.findall("{*}category"))
    return arxiv_categories(terms)


def _terms(elements: Iterable[Element]) -> list[str]:
    return [element.get("term", "") for element in elements]
