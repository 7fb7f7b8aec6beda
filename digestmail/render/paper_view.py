"""A paper as its reader sees it: cleaned, shortened, with what matched marked."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from digestmail.domain import DigestItem, Paper, Reason, ReasonKind, Strength
from digestmail.i18n import N_
from digestmail.render.cleaning import Segments, Spans, clean, is_rtl, plain, segments, web_url
from digestmail.render.external_links import ExternalLink, external_links
from digestmail.render.locale import Words
from digestmail.render.paper_line import PaperLine, paper_line
from digestmail.render.reasons import brief_reason, short_reason
from digestmail.text import PhraseMatcher, excerpt, expression, places
from digestmail.text import words as words_of
from digestmail.text.contribution import summary
from digestmail.text.person_names import same_person


@dataclass(frozen=True, slots=True)
class ViewLimits:
    """The limits within which a paper is shown, so that no record can spoil a mail.

    Lengths are characters. Titles, names and categories of real papers are shorter; whatever is
    longer is cut with an ellipsis.
    """

    title: int = 300
    name: int = 80
    category: int = 40
    categories: int = 5
    why: int = 300
    hint: int = 90
    brief_line: int = 140  # of a paper in two lines: two more on a screen, three on a telephone
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
    section_note: str = ""  # a sentence below that heading
    group: str = ""  # the label above its line in the list of titles, if a group begins with it
    level: int = 2  # of the paper's own heading: 3 below those of sections
    is_full: bool = True  # shown at length, not in two lines
    is_alone: bool = False  # its line in the list is all there is
    names_strength: bool = False  # its line in the list names the strength, as no label does


@dataclass(frozen=True, slots=True)
class PaperView:
    """A paper as the mail shows it. Texts are plain: escaping is the template's."""

    place: int  # its number in the mail
    number: str  # the same, two columns wide
    section: str  # the heading above it; empty unless a section begins here
    section_note: str
    group: str  # the label above its line in the list; empty unless a group begins here
    is_full: bool  # shown at length, not in two lines
    is_alone: bool  # the line in the list is all there is
    level: int  # of the paper's own heading
    different: bool  # an exploration: at the edge of the profile
    upvotes: int  # 0 when they say little
    title: str
    marked_title: Segments
    translated_title: str  # machine-written, in the reader's language; empty where it is not
    title_is_rtl: bool
    url: str  # http(s) or empty
    links: tuple[ExternalLink, ...]  # PDF, code, project page, DOI
    authors: tuple[tuple[str, bool], ...]  # (name, followed)
    other_authors: int
    categories: tuple[str, ...]
    day: str
    line: str  # what the paper does; empty when nothing says so, or there is no room
    marked_line: Segments
    line_mark: str  # where the line comes from; empty for sentences of the abstract
    line_is_rtl: bool
    has_no_abstract: bool
    why: str
    hint: str  # why, in a few words, for the list of titles
    more_url: str
    less_url: str
    save_url: str
    options_url: str

    @property
    def words(self) -> int:
        """Return how many words there are to read, of title and line."""
        return len(self.title.split()) + len(self.line.split())


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
    """Return the view of ``item`` with at most ``room`` characters of what it does."""
    paper, reasons = item.paper, reason_view(item, words)
    phrases = [phrase for text in reasons.marked for phrase in expression(text).phrases]
    title = clean(paper.title, _LIMITS.title) or words.gettext(_UNTITLED)
    line = _line(paper, place, room)
    authors, unnamed = _authors(paper.authors, reasons.followed)
    return PaperView(
        place=place.number,
        number=aligned(place.number),
        section=place.section,
        section_note=place.section_note,
        group=place.group,
        is_full=place.is_full,
        is_alone=place.is_alone,
        level=place.level,
        different=reasons.different,
        upvotes=paper.upvotes if paper.upvotes >= _LIMITS.upvotes else 0,
        title=title,
        marked_title=segments(title, phrases),
        translated_title=line.title,
        title_is_rtl=is_rtl(title),
        url=web_url(paper.url),
        links=external_links(paper),
        authors=authors,
        other_authors=unnamed,
        categories=_categories(paper),
        day=_day(paper, words),
        line=line.text,
        marked_line=segments(line.text, phrases),
        line_mark=words.translated(line.mark),
        line_is_rtl=is_rtl(line.text),
        has_no_abstract=not paper.abstract.strip(),
        why=reasons.why,
        hint=hint_of(reasons, place),
        more_url=more_url,
        less_url=less_url,
        save_url=save_url,
        options_url=options_url,
    )


def _line(paper: Paper, place: Place, room: int) -> PaperLine:
    """Return what a paper does, in at most ``room`` characters, less where it has two lines.

    At length, an abstract goes on after the sentence of its contribution.
    """
    limit = room if place.is_full else min(room, _LIMITS.brief_line)
    if not limit:
        return PaperLine("")
    line = paper_line(paper, limit=limit)
    if line.mark or not place.is_full:
        return line
    return PaperLine(summary(plain(paper.abstract), limit))


# --- what differs from reader to reader --------------------------------------------------------


def aligned(place: int) -> str:
    """Return a place as the plain text aligns it."""
    return f"{place:2}"


class ReasonView(NamedTuple):
    """The reasons of a paper as its reader sees them."""

    why: str  # in one line; empty when there is none but its upvotes, which stand above
    hint: str  # the first of them in a few words
    named_hint: str  # the same with the strength before it
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
    hints: list[str] = []
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
        if details:
            reason = Reason(kind, tuple([_detail(detail) for detail in details]))
            hints.append(excerpt(short_reason(reason, words), _LIMITS.hint))
            if kind is not ReasonKind.TRENDING:
                named.append(brief_reason(reason, words))
    hint = hints[0] if hints else ""
    strength_words = words.gettext(strength) if strength else ""
    if strength and named:
        named.insert(0, strength_words)
    why = excerpt(words.gettext(_SEPARATOR).join(named), _LIMITS.why)
    named_hint = " · ".join(filter(None, [strength_words, hint]))
    return ReasonView(why, hint, named_hint, marked, followed, different)


@lru_cache(maxsize=16_384)
def _detail(text: str) -> str:
    return clean(text, _LIMITS.why)


def hint_of(reasons: ReasonView, place: Place) -> str:
    """Return what the list of titles says of a paper: with its strength, if no label names it."""
    return reasons.named_hint if place.names_strength else reasons.hint


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


def _categories(paper: Paper) -> tuple[str, ...]:
    named = paper.categories[: _LIMITS.categories]
    return tuple(clean(category, _LIMITS.category) for category in named)


def _day(paper: Paper, words: Words) -> str:
    day = paper.published_at.date() if paper.published_at else paper.announced_on
    return words.short_day(day) if day else ""
