"""Lists of papers as feeds: Atom (RFC 4287) and JSON Feed 1.1, from the same values.

Build a ``Feed`` of ``entry_of`` each paper and answer ``feed_answer(feed, "atom")`` or ``"json"``.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal
from xml.etree.ElementTree import Element, SubElement, tostring

from fastapi.responses import Response

from digestmail.domain import Paper
from digestmail.render.cleaning import clean
from digestmail.web.views.paper_view import paper_path, title_of

Ending = Literal["atom", "json"]
TYPES = {"atom": "application/atom+xml", "json": "application/feed+json"}

_ATOM = "http://www.w3.org/2005/Atom"
_JSON_FEED = "https://jsonfeed.org/version/1.1"
_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_TEXT = 6_000
_NOTE = 500
_NAME = 80
_AUTHORS = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One paper of a feed. Texts are plain text, never markup; times are aware."""

    id: str  # an absolute address that never changes
    url: str  # where a reader is led, absolute
    title: str
    text: str
    published: datetime
    updated: datetime
    authors: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """A feed. ``address`` is its own absolute address, and stays the same for ever.

    ``page`` is the absolute address of the page with the same list, and may be empty. ``entries``
    are newest first.
    """

    title: str
    address: str
    page: str = ""
    entries: Sequence[Entry] = ()

    @property
    def updated(self) -> datetime:
        """Return when the newest of the entries changed; 1970 for a feed without any."""
        return max((entry.updated for entry in self.entries), default=_EPOCH)


def entry_of(paper: Paper, home: str, *, note: str = "") -> Entry:
    """Return the entry of a stored paper; ``home`` is the public address of the service.

    ``note`` is a line above the abstract, such as the reason why the paper is there. An entry is
    published when we first saw the paper: dates inside a record may be years old.
    """
    seen = paper.first_seen_at or _EPOCH
    abstract = clean(paper.abstract, _TEXT)
    return Entry(
        id=home + paper_path(paper.key),
        url=home + paper_path(paper.key),
        title=title_of(paper),
        text="\n\n".join(filter(None, (clean(note, _NOTE), abstract))),
        published=seen,
        updated=max(seen, paper.updated_at or seen),
        authors=tuple(clean(name, _NAME) for name in paper.authors[:_AUTHORS]),
        categories=paper.categories,
    )


def feed_answer(feed: Feed, ending: Ending) -> Response:
    """Return the feed in the format that an address ending in ``.atom`` or ``.json`` promises.

    It carries no caching headers: a private feed is ``no-store`` as all answers are by default.
    """
    body = atom(feed) if ending == "atom" else json_feed(feed)
    return Response(body, media_type=f"{TYPES[ending]}; charset=utf-8")


# --- Atom ------------------------------------------------------------------------------------


def atom(feed: Feed) -> bytes:
    """Return the feed as an Atom document in UTF-8."""
    root = Element("feed", {"xmlns": _ATOM})
    _add(root, "id", feed.address)
    _add(root, "title", feed.title)
    _add(root, "updated", _instant(feed.updated))
    _link(root, "self", feed.address, TYPES["atom"])
    if feed.page:
        _link(root, "alternate", feed.page, "text/html")
    for entry in feed.entries:
        _add_entry(SubElement(root, "entry"), entry)
    return bytes(tostring(root, encoding="utf-8", xml_declaration=True))


def _add_entry(element: Element, entry: Entry) -> None:
    _add(element, "id", entry.id)
    _add(element, "title", entry.title)
    _add(element, "published", _instant(entry.published))
    _add(element, "updated", _instant(entry.updated))
    _link(element, "alternate", entry.url, "text/html")
    for name in entry.authors or ("unknown",):  # Atom asks for an author somewhere
        _add(SubElement(element, "author"), "name", name)
    for category in entry.categories:
        SubElement(element, "category", {"term": _valid(category)})
    _add(element, "summary", entry.text)


def _add(parent: Element, name: str, text: str) -> None:
    SubElement(parent, name).text = _valid(text)


def _link(parent: Element, rel: str, href: str, kind: str) -> None:
    SubElement(parent, "link", {"rel": rel, "href": _valid(href), "type": kind})


def _valid(text: str) -> str:
    """Return ``text`` without what XML 1.0 cannot hold, not even escaped."""
    return _NO_XML.sub("", text)


def _instant(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


# --- JSON Feed -------------------------------------------------------------------------------


def json_feed(feed: Feed) -> bytes:
    """Return the feed as a JSON Feed in UTF-8."""
    document: dict[str, Any] = {
        "version": _JSON_FEED,
        "title": feed.title,
        "feed_url": feed.address,
        "items": [_item(entry) for entry in feed.entries],
    }
    if feed.page:
        document["home_page_url"] = feed.page
    return json.dumps(document, ensure_ascii=False).encode(errors="replace")


def _item(entry: Entry) -> dict[str, Any]:
    return {
        "id": entry.id,
        "url": entry.url,
        "title": entry.title,
        "content_text": entry.text or entry.title,  # an item must have a content
        "date_published": _instant(entry.published),
        "date_modified": _instant(entry.updated),
        "authors": [{"name": name} for name in entry.authors],
        "tags": list(entry.categories),
    }
