"""A paper as the public pages show it: in a list (``web/_papers.html``) and on its own page."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from urllib.parse import quote

from digestmail.domain import Paper
from digestmail.i18n import N_
from digestmail.render.cleaning import Segments, clean, segments, web_url
from digestmail.render.external_links import ExternalLink, external_links
from digestmail.render.paper_line import PaperLine, paper_line
from digestmail.sources.normalise.identifiers import arxiv_id, doi
from digestmail.text import Phrase
from digestmail.text.contribution import contribution

_TITLE = 400
_NAME = 80
_CATEGORY = 40
_ABSTRACT = 6_000
_AUTHORS = 6  # named in a list
_CATEGORIES = 6
_ALL_AUTHORS = 200  # some collaborations have thousands
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
    line: Segments  # what the paper does; empty where nothing is known
    mark: str  # who says so, if not the authors; to be translated
    translated_title: str  # empty where it is not
    abstract: Segments  # empty where the line says it all
    links: tuple[ExternalLink, ...]


def paper_summary(paper: Paper, phrases: Sequence[Phrase] = ()) -> PaperSummary:
    """Return the view of a paper, with the places marked where ``phrases`` stand."""
    line = paper_line(paper)
    abstract = clean(paper.abstract, _ABSTRACT)
    return PaperSummary(
        title=segments(title_of(paper), phrases),
        path=paper_path(paper.key),
        url=web_url(paper.url),
        authors=tuple(clean(name, _NAME) for name in paper.authors[:_AUTHORS]),
        other_authors=max(len(paper.authors) - _AUTHORS, 0),
        categories=tuple(clean(c, _CATEGORY) for c in paper.categories[:_CATEGORIES]),
        day=paper.published_at or paper.announced_on or paper.first_seen_at,
        upvotes=paper.upvotes,
        line=segments(line.text, phrases),
        mark=line.mark,
        translated_title=line.title,
        abstract=segments(abstract, phrases) if abstract != line.text else (),
        links=external_links(paper),
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


# --- a page of its own -----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class PaperDetails:
    """All that is known of a paper. ``facts`` are (a message, its value)."""

    authors: tuple[str, ...]
    categories: tuple[str, ...]
    abstract: Segments  # with the sentence marked that says what the paper does
    summary: str  # for search engines
    url: str  # http(s) or empty
    pdf: str
    line: PaperLine
    links: tuple[ExternalLink, ...]
    doi: str
    arxiv: str
    published: str  # 2026/11/20, or empty
    facts: tuple[tuple[str, date | str], ...]
    upvotes: int


def paper_details(paper: Paper) -> PaperDetails:
    """Return the view of a paper on its own page."""
    identifier = arxiv_id(paper.key)
    line = paper_line(paper)
    day = paper.published_at or paper.announced_on
    return PaperDetails(
        authors=tuple(clean(name, _NAME) for name in paper.authors[:_ALL_AUTHORS]),
        categories=tuple(clean(c, _CATEGORY) for c in paper.categories),
        abstract=_with_contribution(clean(paper.abstract, _ABSTRACT)),
        summary=line.text or title_of(paper),
        url=web_url(paper.url),
        pdf=web_url(paper.pdf_url),
        line=line,
        links=external_links(paper),
        doi=clean(paper.doi, _LONGEST_DOI),
        arxiv=identifier[0] if identifier else "",
        published=f"{day:%Y/%m/%d}" if day else "",
        facts=tuple(_facts(paper)),
        upvotes=paper.upvotes,
    )


def _with_contribution(abstract: str) -> Segments:
    sentence = contribution(abstract)
    start, end = (sentence.start, sentence.end) if sentence else (0, 0)
    pieces = ((abstract[:start], False), (abstract[start:end], True), (abstract[end:], False))
    return tuple(piece for piece in pieces if piece[0])


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
        yield N_("Authors not listed"), f"{len(paper.authors) - _ALL_AUTHORS:,}"
