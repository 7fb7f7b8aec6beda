"""The search: its page, and its feeds of new papers."""

from urllib.parse import urlencode

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from digestmail.search.query import parsed
from digestmail.services.search import SearchRequest, SearchResults
from digestmail.text import one_line
from digestmail.web.shared.public_cache import Throttled, cached
from digestmail.web.shared.request_context import READ_METHODS, Context, RequestContext
from digestmail.web.views.feeds import Ending, Feed, entry_of, feed_answer
from digestmail.web.views.paper_list import (
    MAX_QUERY,
    PAGE_SIZE,
    PERIODS,
    PaperListView,
    feed_query,
    paper_list_view,
)
from digestmail.web.views.paper_view import external_url, paper_path, paper_summary

router = APIRouter(dependencies=[Throttled])

_FEED_SIZE = 50  # papers
_MAX_CATEGORIES = 80  # to choose from


@router.api_route("/papers", methods=READ_METHODS)
def search(context: Context, request: Request) -> Response:
    """Show the results of a search; the name of a paper leads straight to its page."""
    return cached(request, context, lambda: _search(context, request))


def _search(context: RequestContext, request: Request) -> Response:
    view = paper_list_view(request, f"{context.pages.base}/papers", ("relevance", "newest"))
    named = context.app.search_service.named(view.q) if view.q else None
    if named:
        return RedirectResponse(context.pages.base + paper_path(named.key), 302)
    asks = bool(view.q or view.category or view.since)
    results = SearchResults()
    if asks:
        results = context.app.search_service.search(_request(context, view), view.first, PAGE_SIZE)
    return context.pages.render(
        "papers",
        view=view,
        asks=asks,
        cut=len(one_line(request.query_params.get("q", ""))) > MAX_QUERY,
        results=results,
        papers=[
            paper_summary(paper, results.marks) for paper in context.with_lines(results.papers)
        ],
        pager=view.pager(results.total),
        categories=_choices(context, view.category),
        elsewhere=external_url(view.q),
        subscribe=subscribe_query(view, person=results.person),
        feed=feed_query(view),
    )


def _request(
    context: RequestContext, view: PaperListView, *, for_feed: bool = False
) -> SearchRequest:
    back = PERIODS.get(view.since)
    return SearchRequest(
        text=view.q,
        category=view.category,
        since=context.now - back if back and not for_feed else None,
        newest=for_feed or view.order == "newest",
        strict=for_feed,
    )


def _choices(context: RequestContext, selected: str) -> list[str]:
    """Return the categories to choose from, by name; the selected one among them."""
    frequent = list(context.app.search_service.categories)[:_MAX_CATEGORIES]
    return sorted({*frequent, selected} - {""})


def subscribe_query(view: PaperListView, *, person: bool) -> str:
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


@router.api_route("/papers.atom", methods=READ_METHODS)
def atom_feed(context: Context, request: Request) -> Response:
    """Return the newest papers of a search, as Atom."""
    return cached(request, context, lambda: _feed(context, request, "atom"))


@router.api_route("/papers.json", methods=READ_METHODS)
def json_feed(context: Context, request: Request) -> Response:
    """Return the newest papers of a search, as a JSON Feed."""
    return cached(request, context, lambda: _feed(context, request, "json"))


def _feed(context: RequestContext, request: Request, ending: Ending) -> Response:
    view = paper_list_view(request, "/papers", ("newest",))
    results = context.app.search_service.search(
        _request(context, view, for_feed=True), 0, _FEED_SIZE
    )
    home, query = context.app.links.home, feed_query(view)
    about = ", ".join(filter(None, (view.q, view.category))) or "new papers"
    feed = Feed(
        title=f"{context.app.settings.service_name}: {about}",
        address=f"{home}/papers.{ending}" + (f"?{query}" if query else ""),
        page=f"{home}/papers?{query}" if query else f"{home}/",
        entries=[entry_of(paper, home) for paper in results.papers],
    )
    return feed_answer(feed, ending)
