"""arXiv's query API: papers by their ids.

https://info.arxiv.org/help/api/user-manual.html. It knows submissions, not announcements; for
those there are the feed and OAI-PMH.
"""

from collections.abc import Sequence
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
_SLICE_SIZE = 100  # ids in one request, which still make an address of usual length


def papers_by_id(
    web: WebClient, ids: Sequence[str], base_url: str = BASE_URL, *, source: str = "arxiv"
) -> dict[str, Paper]:
    """Return the newest version of each of these papers, by the id as it was passed.

    Accepts ids, addresses and arXiv's DOIs, as ``arxiv_id`` does; InputError for anything else,
    before a request. An id that arXiv does not know, or whose entry cannot be read, is
    left out of the result. Raises SourceError where arXiv fails, refuses, or sends less than it
    announces.
    """
    numbers = {reference: _number(reference) for reference in ids}
    unique = list(dict.fromkeys(numbers.values()))
    papers: dict[str, Paper] = {}
    for start in range(0, len(unique), _SLICE_SIZE):
        batch = unique[start : start + _SLICE_SIZE]
        papers |= {paper.key: paper for paper in _request(web, batch, base_url, source)}
    return {
        reference: papers[f"arxiv:{number}"]
        for reference, number in numbers.items()
        if f"arxiv:{number}" in papers
    }


def _number(reference: str) -> str:
    identifier = arxiv_id(reference)
    if not identifier:
        problem = f"“{reference[:80]}” is not an arXiv id or address, such as 2508.13426"
        raise InputError("ids", problem)
    return identifier[0]


# --- one request -----------------------------------------------------------------------------


def _request(web: WebClient, numbers: Sequence[str], base_url: str, source: str) -> list[Paper]:
    query = urlencode({"id_list": ",".join(numbers), "max_results": len(numbers)}, safe=",/")
    entries = _complete(web, f"{base_url}?{query}", base_url)
    papers = [paper for entry in entries if (paper := read_entry(entry, source))]
    if entries and not papers:
        raise SourceError(
            f"{base_url}: 0 of {len(entries)} entries could be read: their format may have changed"
        )
    return papers


def _complete(web: WebClient, url: str, base_url: str) -> list[Element]:
    """Return the entries, after a second request if need be: some pages are cut short."""
    for _ in range(2):
        feed = _feed(web, url, base_url)
        entries, total = feed.findall("{*}entry"), texts(feed).get("totalResults", "").strip()
        if not total.isdecimal() or len(entries) >= int(total):
            return entries
    raise SourceError(
        f"{base_url}: sent {len(entries)} of {total} papers, twice; will try again at the next poll"
    )


def _feed(web: WebClient, url: str, base_url: str) -> Element:
    # A query that the API refuses is answered with 400, or 200, and an entry with the reason.
    response = web.get(url, expected=(200, 400))
    if response.content.lstrip()[:13].lower() == b"rate exceeded":
        raise SourceError(f"{base_url}: rate exceeded; wait ten minutes or more")
    feed = document(response.content, "feed", url=base_url)
    for entry in feed.findall("{*}entry"):
        fields = texts(entry)
        if "/api/errors" in fields.get("id", "") or fields.get("title", "").strip() == "Error":
            reason = one_line(fields.get("summary", ""))[:200]
            raise SourceError(f"{base_url}: arXiv refuses the query: {reason}")
    if response.status != 200:
        raise SourceError(f"{base_url}: answered {status_line(response.status)}")
    return feed


# --- an entry --------------------------------------------------------------------------------


def read_entry(entry: Element, source: str) -> Paper | None:
    """Return the paper of an entry of an Atom feed; None where it cannot be read."""
    fields = texts(entry)
    name = one_line(fields.get("id", ""))
    if not arxiv_id(name):
        return None
    record = {
        "id": name,
        "title": fields.get("title"),
        "abstract": fields.get("summary"),
        "authors": [texts(author).get("name", "") for author in entry.findall("{*}author")],
        "categories": arxiv_categories(_terms(entry)),
        "published": fields.get("published"),
        "updated": fields.get("updated"),
    }
    try:
        paper = paper_from_record(record, source=source)
    except RecordError:
        return None
    return with_dois(paper, dois(fields.get("doi", "")))


def _terms(entry: Element) -> list[str]:
    """Return the terms of all categories, the primary one first."""
    elements = [*entry.findall("{*}primary_category"), *entry.findall("{*}category")]
    return [element.get("term", "") for element in elements]
