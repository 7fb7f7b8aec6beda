"""A paper as its reader sees it: cleaned, shortened, with what matched marked.

Everything a paper says is hostile until it has passed through here: control characters and bidi
overrides are gone, lengths are bounded, and only http(s) addresses are left as links.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import urlsplit

from digestmail.domain import DigestItem, Paper, Reason, ReasonKind, Strength
from digestmail.i18n import N_
from digestmail.render.locale import Words
from digestmail.render.reasons import brief_reason
from digestmail.text import (
    Phrase,
    PhraseMatcher,
    excerpt,
    expression,
    one_line,
    places,
    readable,
    spans,
)
from digestmail.text import words as words_of
from digestmail.text.contribution import summary
from digestmail.text.person_names import same_person

Segments = tuple[tuple[str, bool], ...]  # of a text, each with whether it is marked
Spans = tuple[tuple[int, int], ...]  # (start, end) of what is marked in a text


@dataclass(frozen=True, slots=True)
class ViewLimits:
    """The limits within which a paper is shown, so that no record can spoil a mail.

    Lengths are characters. Titles, names and categories of real papers are shorter; whatever is
    longer is cut with an ellipsis, a URL is left out.
    """

    title: int = 300
    name: int = 80
    category: int = 40
    categories: int = 5
    why: int = 300
    url: int = 1000
    authors: int = 3  # beside the followed ones
    named_authors: int = 8  # followed ones included
    upvotes: int = 5  # fewer say little
    phrases: int = 64  # whose places in a text are remembered


_LIMITS = ViewLimits()
_UNTITLED = N_("Untitled")
_SEPARATOR = N_("; ")  # of reasons


@dataclass(frozen=True, slots=True)
class Place:
    """The place of a paper in the mail: its number there, and the section it belongs to."""

    number: int
    section: str = ""  # the heading above the paper, if a section begins with it
    level: int = 2  # of the paper's own heading: 3 below those of sections


@dataclass(frozen=True, slots=True)
class PaperView:
    """A paper as the mail shows it. Texts are plain: escaping is the template's."""

    place: int  # its number in the mail
    number: str  # the same, two columns wide
    section: str  # the heading above it; empty unless a section begins here
    level: int  # of the paper's own heading
    different: bool  # an exploration: at the edge of the profile
    upvotes: int  # 0 when they say little
    title: str
    marked_title: Segments
    url: str  # http(s) or empty
    authors: tuple[tuple[str, bool], ...]  # (name, followed)
    other_authors: int
    categories: tuple[str, ...]
    day: str
    abstract: str  # empty when there is none or no room
    marked_abstract: Segments
    has_no_abstract: bool
    words: int  # to be read: of title and abstract
    why: str
    more_url: str
    less_url: str
    save_url: str
    options_url: str


def paper_view(
    item: DigestItem,
    place: Place,
    words: Words,
    *,
    room: int,
    more_url: str,
    less_url: str,
    save_url: str,
    options_url: str,
) -> PaperView:
    """Return the view of ``item`` with at most ``room`` characters of its abstract."""
    paper, reasons = item.paper, reason_view(item, words)
    phrases = [phrase for text in reasons.marked for phrase in expression(text).phrases]
    title = clean(paper.title, _LIMITS.title) or words.gettext(_UNTITLED)
    abstract = summary(plain(paper.abstract), room) if room else ""
    authors, unnamed = _authors(paper.authors, reasons.followed)
    return PaperView(
        place=place.number,
        number=aligned(place.number),
        section=place.section,
        level=place.level,
        different=reasons.different,
        upvotes=paper.upvotes if paper.upvotes >= _LIMITS.upvotes else 0,
        title=title,
        marked_title=segments(title, phrases),
        url=web_url(paper.url),
        authors=authors,
        other_authors=unnamed,
        categories=tuple(
            clean(c, _LIMITS.category) for c in paper.categories[: _LIMITS.categories]
        ),
        day=_day(paper, words),
        abstract=abstract,
        marked_abstract=segments(abstract, phrases),
        has_no_abstract=not paper.abstract.strip(),
        words=len(title.split()) + len(abstract.split()),
        why=reasons.why,
        more_url=more_url,
        less_url=less_url,
        save_url=save_url,
        options_url=options_url,
    )


# --- what differs from reader to reader --------------------------------------------------------


def aligned(place: int) -> str:
    """Return a place as the plain text aligns it."""
    return f"{place:2}"


class ReasonView(NamedTuple):
    """The reasons of a paper as its reader sees them."""

    why: str  # in one line; empty when there is none but its upvotes, which stand above
    marked: tuple[str, ...]  # what is marked in the title and the abstract
    followed: tuple[str, ...]  # the authors the paper was picked for
    different: bool  # whether it is there to learn from what its reader says of it


def reason_view(item: DigestItem, words: Words) -> ReasonView:
    """Return the strength and the reasons of a paper as its reader sees them."""
    return _reason_view(item.strength, tuple([reason[:2] for reason in item.reasons]), words)


@lru_cache(maxsize=16_384)
def _reason_view(
    strength: Strength | None,
    reasons: tuple[tuple[ReasonKind, tuple[str, ...]], ...],
    words: Words,
) -> ReasonView:
    named: list[str] = []
    marked: tuple[str, ...] = ()
    followed: tuple[str, ...] = ()
    different = False
    for kind, details in reasons:
        if kind is ReasonKind.KEYWORD or kind is ReasonKind.TERMS:
            marked += details
        elif kind is ReasonKind.AUTHOR:
            followed += details
        elif kind is ReasonKind.EXPLORATION:
            different = True
        if details and kind is not ReasonKind.TRENDING:
            reason = Reason(kind, tuple([_detail(detail) for detail in details]))
            named.append(brief_reason(reason, words))
    if strength and named:
        named.insert(0, words.gettext(strength))
    why = excerpt(words.gettext(_SEPARATOR).join(named), _LIMITS.why)
    return ReasonView(why, marked, followed, different)


@lru_cache(maxsize=16_384)
def _detail(text: str) -> str:
    return clean(text, _LIMITS.why)


class Marker:
    """A search for keywords in a title and an abstract, as ``spans`` does it, with a memory."""

    __slots__ = ("_spans", "_texts")

    def __init__(self, title: str, abstract: str) -> None:
        self._texts = (words_of(title), words_of(abstract))
        self._spans: dict[str, tuple[Spans, Spans]] = {}

    def spans(self, marked: Iterable[str]) -> tuple[Spans, Spans]:
        """Return where keywords stand in each, in order, overlapping spans joined."""
        title: Spans = ()
        abstract: Spans = ()
        for keyword in marked:
            in_title, in_abstract = self._spans.get(keyword) or self._search(keyword)
            title += in_title
            abstract += in_abstract
        return _joined(title), _joined(abstract)

    def _search(self, keyword: str) -> tuple[Spans, Spans]:
        if len(self._spans) >= _LIMITS.phrases:
            self._spans.clear()
        matcher = PhraseMatcher(expression(keyword).phrases)
        title, abstract = (tuple(places(text, matcher, families=True)) for text in self._texts)
        self._spans[keyword] = title, abstract
        return title, abstract


def _joined(unordered: Spans) -> Spans:
    """Return spans in order, overlapping ones joined."""
    if len(unordered) < 2:
        return unordered
    joined: list[tuple[int, int]] = []
    last = 0
    for start, end in sorted(unordered):
        if start < last:
            start, last = joined[-1][0], max(end, last)
            joined[-1] = start, last
        else:
            joined.append((start, end))
            last = end
    return tuple(joined)


# --- cleaning ----------------------------------------------------------------------------------


def clean(text: str, limit: int) -> str:
    """Return ``text`` on one line, without controls, its LaTeX readable, cut to ``limit``."""
    return excerpt(plain(text), limit) if limit else ""


def plain(text: str) -> str:
    """Return ``text`` on one line, without controls, its LaTeX readable."""
    return one_line(readable(one_line(text)))


def segments(text: str, phrases: Iterable[Phrase]) -> Segments:
    """Return ``text`` in pieces, each with whether it matches one of ``phrases``.

    Joined, the pieces are ``text`` again; none is empty.
    """
    pieces, end = [], 0
    for start, stop in spans(text, phrases, families=True):
        pieces += [(text[end:start], False), (text[start:stop], True)]
        end = stop
    pieces.append((text[end:], False))
    return tuple(piece for piece in pieces if piece[0])


def web_url(url: str) -> str:
    """Return ``url`` when a reader may be sent there, else nothing."""
    try:
        split = urlsplit(url)
    except ValueError:
        return ""
    usable = split.scheme in ("http", "https") and split.hostname and len(url) <= _LIMITS.url
    return url if usable and url == one_line(url) and " " not in url else ""


# --- authors and day ---------------------------------------------------------------------------


def _authors(
    names: Sequence[str], followed: Sequence[str]
) -> tuple[tuple[tuple[str, bool], ...], int]:
    """Return the first names and the followed ones, and how many are left out."""
    marked = [(clean(name, _LIMITS.name), _is_followed(name, followed)) for name in names]
    enough = _LIMITS.authors + (len(names) == _LIMITS.authors + 1)  # never "and 1 more"
    named = tuple(a for at, a in enumerate(marked) if at < enough or a[1])[: _LIMITS.named_authors]
    return named, len(marked) - len(named)


def _is_followed(name: str, followed: Sequence[str]) -> bool:
    return any(name == person or same_person(name, person) for person in followed)


def _day(paper: Paper, words: Words) -> str:
    day = paper.published_at.date() if paper.published_at else paper.announced_on
    return words.short_day(day) if day else ""
