"""The public pages: what is trending, the search, a page for each paper, and feeds of a search."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from digestmail.domain import Paper
from digestmail.search.query import parsed
from digestmail.services.search import MOST_RESULTS, SearchRequest, SearchResults
from digestmail.services.trending import Listing, Span
from digestmail.sources.normalise.identifiers import arxiv_id, doi
from digestmail.steps.reading.citations import bibtex
from digestmail.store.papers import UPLOADS
from digestmail.text import one_line
from digestmail.web.shared.public_cache import Counted, kept
from digestmail.web.shared.site import SHOW, Ours, Site
from digestmail.web.views.feeds import Ending, Feed, entry_of, feed_answer
from digestmail.web.views.paper_view import full, paper_path, shown, title_of

router = APIRouter(dependencies=[Counted])

A_PAGE = 20  # papers
_IN_FEED = 50
_SIMILAR = 6
_MOST_PAGES = MOST_RESULTS // A_PAGE
_LONGEST = 300  # characters of a search
_LONGEST_KEY = 300
_CATEGORY = 40
_CATEGORIES = 80  # to choose from
_SINCE = {"week": timedelta(days=7), "month": timedelta(days=30)}


@dataclass(frozen=True, slots=True)
class Pager:
    """Links to the pages before and after; empty where there is none."""

    number: int
    last: int
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class View:
    """What a list's address asks for; what is no choice of ours counts as not said."""

    path: str  # of the page
    q: str = ""
    span: str = ""
    category: str = ""
    since: str = ""
    order: str = ""
    page: int = 1

    def link(self, **changes: object) -> str:
        """The address of the same list with something changed, from its first page on."""
        changed = replace(self, **({"page": 1} | changes))  # type: ignore[arg-type]
        names = ("q", "span", "category", "since", "order")
        said = {name: getattr(changed, name) for name in names}
        query = urlencode({name: value for name, value in said.items() if value})
        query += f"{'&' if query else ''}page={changed.page}" if changed.page > 1 else ""
        return f"{changed.path}?{query}" if query else changed.path

    def pager(self, total: int) -> Pager:
        """Links from this page to its neighbours, in a list of so many papers."""
        last = min(-(-total // A_PAGE), _MOST_PAGES)
        before = self.link(page=self.page - 1) if self.page > 1 else ""
        after = self.link(page=self.page + 1) if self.page < last else ""
        return Pager(self.page, last, before, after)

    @property
    def first(self) -> int:
        """The number of papers before this page."""
        return (self.page - 1) * A_PAGE


def view_of(request: Request, path: str, orders: tuple[str, ...]) -> View:
    """The view that a request asks for; of the orders the first is the usual one."""
    given = request.query_params

    def chosen(name: str, choices: Mapping[str, object] | tuple[str, ...]) -> str:
        return given.get(name, "") if given.get(name) in choices else ""

    return View(
        path=path,
        q=one_line(given.get("q", ""))[:_LONGEST],
        span=chosen("span", tuple(Span)),
        category=one_line(given.get("category", ""))[:_CATEGORY],
        since=chosen("since", _SINCE),
        order=chosen("order", orders[1:]),
        page=_number(given.get("page", "")),
    )


def _number(text: str) -> int:
    """A page number; the first page for what is none, the last possible for what is beyond."""
    digits = text if text.isascii() and text.isdecimal() else "1"
    return min(max(int(digits[:6]), 1), _MOST_PAGES)


# --- trending --------------------------------------------------------------------------------


@router.api_route("/", methods=SHOW)
def trending(site: Ours, request: Request) -> Response:
    """The papers of today or of this week; of the week unless asked where today has none."""
    return kept(request, site, lambda: _trending(site, request))


def _trending(site: Site, request: Request) -> Response:
    view = view_of(request, f"{site.pages.base}/", ("upvoted", "newest"))
    board, now = site.app.trending, site.now
    nothing_today = not view.span and not board.papers(Span.TODAY, now)
    span = Span(view.span) if view.span else Span.WEEK if nothing_today else Span.TODAY
    listing = _listed(site, view, span)
    if listing.total and not listing.papers:  # a page beyond the end
        view = replace(view, page=view.pager(listing.total).last)
        listing = _listed(site, view, span)
    return site.pages.show(
        "trending",
        view=view,
        span=span.value,
        nothing_today=nothing_today,
        papers=[shown(paper) for paper in listing.papers],
        listing=listing,
        pager=view.pager(listing.total),
        feed=_feed_query(View("", category=view.category)),
    )


def _listed(site: Site, view: View, span: Span) -> Listing:
    return site.app.trending.list(
        span,
        site.now,
        upvoted=view.order != "newest",
        category=view.category,
        first=view.first,
        size=A_PAGE,
    )


# --- search ----------------------------------------------------------------------------------


@router.api_route("/papers", methods=SHOW)
def search(site: Ours, request: Request) -> Response:
    """What is found; the name of a paper leads straight to its page."""
    return kept(request, site, lambda: _search(site, request))


def _search(site: Site, request: Request) -> Response:
    view = view_of(request, f"{site.pages.base}/papers", ("relevance", "newest"))
    named = site.app.search_service.named(view.q) if view.q else None
    if named:
        return RedirectResponse(site.pages.base + paper_path(named.key), 302)
    asks = bool(view.q or view.category or view.since)
    results = SearchResults()
    if asks:
        results = site.app.search_service.search(_request(site, view), view.first, A_PAGE)
    return site.pages.show(
        "papers",
        view=view,
        asks=asks,
        cut=len(one_line(request.query_params.get("q", ""))) > _LONGEST,
        results=results,
        papers=[shown(paper, results.marks) for paper in results.papers],
        pager=view.pager(results.total),
        categories=_choices(site, view.category),
        elsewhere=_elsewhere(view.q),
        subscribe=subscribe_query(view, person=results.person),
        feed=_feed_query(view),
    )


def _request(site: Site, view: View, *, for_feed: bool = False) -> SearchRequest:
    back = _SINCE.get(view.since)
    return SearchRequest(
        text=view.q,
        category=view.category,
        since=site.now - back if back and not for_feed else None,
        newest=for_feed or view.order == "newest",
        strict=for_feed,
    )


def _choices(site: Site, chosen: str) -> list[str]:
    """The categories to choose from, by name; the chosen one among them."""
    most = list(site.app.search_service.categories)[:_CATEGORIES]
    return sorted({*most, chosen} - {""})


def _elsewhere(q: str) -> str:
    """Where a paper is that was asked for by its name and is not here; empty for a search."""
    if found := arxiv_id(q):
        return f"https://arxiv.org/abs/{found[0]}"
    return f"https://doi.org/{doi(q)}" if doi(q) else ""


def subscribe_query(view: View, *, person: bool) -> str:
    """Return the query that fills in the subscribe form with a search.

    A name becomes an author to follow, a sentence interests; anything else is a keyword, as the
    form reads the same expressions.
    """
    if person:
        fields = {"authors": view.q.replace('"', "").strip("“” ")}
    else:
        query = parsed(view.q)
        fields = {
            "keywords": ", ".join(query.keywords),
            "interests": query.interests,
            "excluded_keywords": ", ".join(query.excluded_keywords),
        }
    fields["categories"] = view.category
    return urlencode({name: value for name, value in fields.items() if value})


def _feed_query(view: View) -> str:
    return urlencode({n: v for n, v in (("q", view.q), ("category", view.category)) if v})


@router.api_route("/papers.atom", methods=SHOW)
def atom_feed(site: Ours, request: Request) -> Response:
    """The newest papers of a search, as Atom."""
    return kept(request, site, lambda: _feed(site, request, "atom"))


@router.api_route("/papers.json", methods=SHOW)
def json_feed(site: Ours, request: Request) -> Response:
    """The newest papers of a search, as a JSON Feed."""
    return kept(request, site, lambda: _feed(site, request, "json"))


def _feed(site: Site, request: Request, ending: Ending) -> Response:
    view = view_of(request, "/papers", ("newest",))
    results = site.app.search_service.search(_request(site, view, for_feed=True), 0, _IN_FEED)
    home, query = site.app.links.home, _feed_query(view)
    about = ", ".join(filter(None, (view.q, view.category))) or "new papers"
    feed = Feed(
        title=f"{site.app.settings.service_name}: {about}",
        address=f"{home}/papers.{ending}" + (f"?{query}" if query else ""),
        page=f"{home}/papers?{query}" if query else f"{home}/",
        entries=[entry_of(paper, home) for paper in results.papers],
    )
    return feed_answer(feed, ending)


# --- a paper ---------------------------------------------------------------------------------


@router.api_route("/papers/{key:path}", methods=SHOW)
def paper(site: Ours, request: Request, key: str) -> Response:
    """All that is known of a paper; its other names lead to its key."""
    return kept(request, site, lambda: _paper(site, one_line(key)[:_LONGEST_KEY]))


def _paper(site: Site, key: str) -> Response:
    service = site.app.search_service
    paper = site.app.store.papers.by_keys([key]).get(key) or service.named(key)
    if paper is None or paper.source == UPLOADS:
        return site.pages.show("no_paper", 404, key=key, elsewhere=_elsewhere(key))
    if paper.key != key:
        return RedirectResponse(site.pages.base + paper_path(paper.key), 308)
    return site.pages.show(
        "paper",
        title=title_of(paper),
        paper=full(paper),
        address=site.app.links.home + paper_path(paper.key),
        bibtex=bibtex([paper]),
        similar=[shown(neighbour) for neighbour in service.similar(paper, _SIMILAR)],
        like=urlencode({"seed_papers": _reference(paper)}),
    )


def _reference(paper: Paper) -> str:
    return paper.key.removeprefix("arxiv:").removeprefix("doi:")
