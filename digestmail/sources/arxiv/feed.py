"""arXiv's daily Atom feed: its bytes read to papers, without a network.

The reader does not depend on namespaces or the order of elements, and looks for each field in all
places where it has been: the feed has changed before.
"""

import re
from dataclasses import dataclass, replace
from datetime import date
from xml.etree.ElementTree import Element, ParseError
from zoneinfo import ZoneInfo

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from digestmail.domain import BadRecord, Paper
from digestmail.errors import SourceError
from digestmail.sources.arxiv.xml import ANNOUNCEMENT, dois, with_dois
from digestmail.sources.normalise.authors import split_at_commas
from digestmail.sources.normalise.clean import clean
from digestmail.sources.normalise.dates import utc
from digestmail.sources.normalise.identifiers import arxiv_id
from digestmail.sources.normalise.paper import RecordError, paper_from_record, unique_papers
from digestmail.text import one_line

ENTRY_LIMIT = 2_000  # arXiv cuts a feed off here
_EASTERN = ZoneInfo("America/New_York")
_PARENTHESES = re.compile(r"\([^()]*\)")
_NESTING_LIMIT = 5


@dataclass(frozen=True, slots=True)
class AnnouncementFilter:
    """The types of announcements that a source yields, beside the new papers."""

    cross: bool = True
    replacements: bool = False

    def accepts(self, announce_type: str) -> bool:
        """Return whether it lets a type (new, cross, replace, replace-cross) through."""
        if announce_type.startswith("replace") and not self.replacements:
            return False
        return self.cross or not announce_type.endswith("cross")


@dataclass(frozen=True, slots=True)
class FeedSummary:
    """The day of a feed, and the keys of its readable entries, whatever the filter lets through.

    The day is the latest of all entries; None where the feed is empty.
    """

    day: date | None = None
    new: frozenset[str] = frozenset()  # of the entries announced as "new"
    keys: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Feed:
    """The papers of a feed that its filter lets through, each once, and the feed's summary."""

    results: list[Paper | BadRecord]
    summary: FeedSummary


def read_feed(content: bytes, *, url: str, source: str, announcements: AnnouncementFilter) -> Feed:
    """Return the feed in ``content``; SourceError where it is not a usable one.

    A feed without entries is a quiet day. One in which no accepted entry can be read is refused:
    its format will have changed.
    """
    entries = _root(content, url).findall("{*}entry")
    records = [(_announce_type(entry), _read(entry, source)) for entry in entries]
    results = [result for kind, result in records if announcements.accepts(kind)]
    errors = [result for result in results if isinstance(result, BadRecord)]
    if errors and len(errors) == len(results):
        raise SourceError(
            f"{url}: 0 of {len(errors)} entries could be read"
            f" ({errors[0].where}: {errors[0].problem}): the feed's format may have changed"
        )
    results = list(unique_papers(results))
    if len(entries) >= ENTRY_LIMIT:
        problem = f"it stops at {len(entries):,} entries; split the source's categories"
        results.append(BadRecord("the feed", problem))
    return Feed(results, _summary(records))


def _summary(records: list[tuple[str, Paper | BadRecord]]) -> FeedSummary:
    papers = [(kind, result) for kind, result in records if isinstance(result, Paper)]
    return FeedSummary(
        max((paper.announced_on for _, paper in papers if paper.announced_on), default=None),
        frozenset(paper.key for kind, paper in papers if kind == "new"),
        frozenset(paper.key for _, paper in papers),
    )


# --- the document ----------------------------------------------------------------------------


def _root(content: bytes, url: str) -> Element:
    content = content.lstrip()
    try:
        root = fromstring(content, forbid_dtd=True)
    except DefusedXmlException as error:
        if content[:14].lower() == b"<!doctype html":
            raise _no_feed(content, url) from error
        raise SourceError(f"{url}: it declares a DOCTYPE or entities: refused") from error
    except (ParseError, ValueError, LookupError) as error:
        if b"<feed" in content[:1000]:
            raise SourceError(f"{url}: its XML is broken or truncated ({error})") from error
        raise _no_feed(content, url) from error
    if root.tag.rpartition("}")[2] != "feed":
        raise _no_feed(content, url)
    title = _text(root, "title")
    if title.startswith("Feed error"):
        raise SourceError(f"{url}: arXiv refuses the query: {_text(root, 'subtitle') or title}")
    return root


def _no_feed(content: bytes, url: str) -> SourceError:
    if re.match(rb"\s*(?:<\?xml[^>]{0,200}>\s*)?<(?:rss|rdf:RDF)\b", content):
        return SourceError(
            f"{url} is not an Atom feed but RSS: leave out the option url, since kind arxiv reads"
            " https://rss.arxiv.org/atom, or read this feed with kind feed"
        )
    start = one_line(content[:200].decode("utf-8", "replace"))[:40]
    return SourceError(f"{url} is not an Atom feed: it begins with '{start}'")


# --- an entry --------------------------------------------------------------------------------


def _announce_type(entry: Element) -> str:
    prefix = ANNOUNCEMENT.match(_raw(entry, "summary"))
    return (_text(entry, "announce_type") or (prefix[1] if prefix else "new")).lower()


def _read(entry: Element, source: str) -> Paper | BadRecord:
    name = _identifier(entry)
    where = f"entry {name[:100] or one_line(_raw(entry, 'title'))[:60] or 'without id'}"
    if not arxiv_id(name):
        return BadRecord(where, "it has no arXiv id")
    abstract = _raw(entry, "summary") or _raw(entry, "content")
    record = {
        "id": name,
        "title": _raw(entry, "title"),
        "abstract": ANNOUNCEMENT.sub("", abstract, count=1),
        "authors": _creators(entry),
        "categories": [c.get("term", "") for c in entry.findall("{*}category")],
    }
    try:
        paper = paper_from_record(record, source=source)
    except RecordError as error:
        return BadRecord(where, str(error))
    paper = with_dois(paper, dois(_text(entry, "DOI") or _text(entry, "doi")))
    return replace(paper, announced_on=_announced_on(entry))


def _identifier(entry: Element) -> str:
    """Return the entry's id, with the version; else the address it links to."""
    links = [link.get("href", "") for link in entry.findall("{*}link")]
    names = [_text(entry, "id"), *map(one_line, links)]
    return next(filter(arxiv_id, names), names[0])


def _creators(entry: Element) -> tuple[str, ...]:
    """Return the authors; arXiv puts all in one string, affiliations in parentheses."""
    lines = [_content(element) for element in entry.findall("{*}creator")]
    lines = lines or [_raw(author, "name") for author in entry.findall("{*}author")]
    return tuple(name for line in lines for name in feed_authors(line))


def feed_authors(text: str) -> tuple[str, ...]:
    """Return the names in ``Ada L. (Univ. A, B), Bo M. (C (D))``, without affiliations."""
    text = clean(text)
    for _ in range(_NESTING_LIMIT):
        text = _PARENTHESES.sub("", text)
    return split_at_commas(re.sub("[()]", "", text))


def _announced_on(entry: Element) -> date | None:
    """Return the announcement's day in New York; the feed has no date of submission."""
    published = utc(_text(entry, "published"))
    return published.astimezone(_EASTERN).date() if published else None


def _text(element: Element, name: str) -> str:
    return one_line(_raw(element, name))


def _raw(element: Element, name: str) -> str:
    child = element.find(f"{{*}}{name}")
    return "" if child is None else _content(child)


def _content(element: Element) -> str:
    return "".join(element.itertext())
