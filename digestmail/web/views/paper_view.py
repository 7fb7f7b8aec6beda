"""A paper as the public pages show it: in a list (``web/_papers.html``) and on its own page."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from urllib.parse import quote

from digestmail.domain import Paper
from digestmail.i18n import N_
from digestmail.render.paper_view import Segments, clean, segments, web_url
from digestmail.sources.normalise.identifiers import arxiv_id, doi
from digestmail.text import Phrase

_TITLE = 400
_NAME = 80
_CATEGORY = 40
_ABSTRACT = 6_000
_LEAD = 360  # of an abstract in a list: some three lines on a wide screen
_AUTHORS = 6  # named in a list
_CATEGORIES = 6
_ALL_AUTHORS = 200  # some collaborations have thousands
_SUMMARY = 200
_LONGEST_DOI = 300


@dataclass(frozen=True, slots=True)
class PaperSummary:
    """A paper in a list. Texts are plain, escaping is the template's; what matched is marked."""

    title: Segments
    path: str  # of its page, below the address of the service
    url: str  # of its source: http(s) or empty
    authors: tuple[str, ...]
    other_authors: int
    categories: tuple[str, ...]
    day: date | None  # of publication, or the best known instead
    upvotes: int
    lead: Segments  # the abstract's beginning; empty where there is none
    remainder: Segments  # of the abstract, or nothing


def paper_summary(paper: Paper, phrases: Sequence[Phrase] = ()) -> PaperSummary:
    """Return the view of a paper, with the places marked where ``phrases`` stand."""
    lead, remainder = _split_abstract(clean(paper.abstract, _ABSTRACT), phrases)
    return PaperSummary(
        title=segments(title_of(paper), phrases),
        path=paper_path(paper.key),
        url=web_url(paper.url),
        authors=tuple(clean(name, _NAME) for name in paper.authors[:_AUTHORS]),
        other_authors=max(len(paper.authors) - _AUTHORS, 0),
        categories=tuple(clean(c, _CATEGORY) for c in paper.categories[:_CATEGORIES]),
        day=paper.published_at or paper.announced_on or paper.first_seen_at,
        upvotes=paper.upvotes,
        lead=lead,
        remainder=remainder,
    )


def title_of(paper: Paper) -> str:
    """Return a paper's title, safe to show."""
    return clean(paper.title, _TITLE) or "Untitled"


def paper_path(key: str) -> str:
    """Return the path of a paper's page, below the address of the service."""
    return "/papers/" + quote(key, safe="/:@!$'()*,;~")


def external_url(name: str) -> str:
    """Return where a paper is that is named by an identifier and not here; empty without one."""
    if identifier := arxiv_id(name):
        return f"https://arxiv.org/abs/{identifier[0]}"
    return f"https://doi.org/{doi(name)}" if doi(name) else ""


def _split_abstract(text: str, phrases: Sequence[Phrase]) -> tuple[Segments, Segments]:
    """Return the beginning of an abstract and what follows, marked as a whole before it is cut."""
    if len(text) <= _LEAD + _LEAD // 4:  # not worth a click
        return segments(text, phrases), ()
    cut = text.rfind(" ", 0, _LEAD)
    return _cut(segments(text, phrases), cut if cut > 0 else _LEAD)


def _cut(pieces: Segments, at: int) -> tuple[Segments, Segments]:
    first: list[tuple[str, bool]] = []
    second: list[tuple[str, bool]] = []
    for text, marked in pieces:
        first.append((text[:at], marked))
        second.append((text[at:], marked))
        at = max(at - len(text), 0)
    return _without_empty(first), _without_empty(second)


def _without_empty(pieces: list[tuple[str, bool]]) -> Segments:
    return tuple(piece for piece in pieces if piece[0])


# --- a page of its own -----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class PaperDetails:
    """All that is known of a paper. ``facts`` are (a message, its value)."""

    authors: tuple[str, ...]
    categories: tuple[str, ...]
    abstract: str
    summary: str  # for search engines
    url: str  # http(s) or empty
    pdf: str
    doi: str
    arxiv: str
    published: str  # 2026/11/20, or empty
    facts: tuple[tuple[str, date | str], ...]
    upvotes: int


def paper_details(paper: Paper) -> PaperDetails:
    """Return the view of a paper on its own page."""
    identifier = arxiv_id(paper.key)
    day = paper.published_at or paper.announced_on
    return PaperDetails(
        authors=tuple(clean(name, _NAME) for name in paper.authors[:_ALL_AUTHORS]),
        categories=tuple(clean(c, _CATEGORY) for c in paper.categories),
        abstract=clean(paper.abstract, _ABSTRACT),
        summary=clean(paper.abstract, _SUMMARY) or title_of(paper),
        url=web_url(paper.url),
        pdf=f"https://arxiv.org/pdf/{identifier[0]}" if identifier else "",
        doi=clean(paper.doi, _LONGEST_DOI),
        arxiv=identifier[0] if identifier else "",
        published=f"{day:%Y/%m/%d}" if day else "",
        facts=tuple(_facts(paper)),
        upvotes=paper.upvotes,
    )


def _facts(paper: Paper) -> Iterator[tuple[str, date | str]]:
    days = (
        (N_("Published"), paper.published_at),
        (N_("Updated"), paper.updated_at),
        (N_("Announced"), paper.announced_on),
        (N_("First seen here"), paper.first_seen_at),
    )
    yield from ((name, day) for name, day in days if day)
    if paper.version > 1:
        yield N_("Version"), str(paper.version)
    if len(paper.authors) > _ALL_AUTHORS:
        yield N_("Authors not named"), f"{len(paper.authors) - _ALL_AUTHORS:,}"
