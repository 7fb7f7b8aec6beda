"""The first page: the trending papers of today, this week or this month."""

from dataclasses import replace

from fastapi import APIRouter, Request
from fastapi.responses import Response

from digestmail.domain import TrendingBasis
from digestmail.services.trending import Listing, Order, Span
from digestmail.web.shared.forms import FormView
from digestmail.web.shared.public_cache import Throttled, cached
from digestmail.web.shared.request_context import READ_METHODS, Context, RequestContext
from digestmail.web.shared.subscription_form import subscription_texts
from digestmail.web.views.paper_list import (
    PAGE_SIZE,
    PaperListView,
    feed_query,
    paper_list_view,
)
from digestmail.web.views.paper_view import paper_summary

router = APIRouter(dependencies=[Throttled])


@router.api_route("/", methods=READ_METHODS)
def trending(context: Context, request: Request) -> Response:
    """Show the papers of today, the week or the month; of the week where today has none."""
    if context.form_guard.proof_of_work:  # its sum is good for one visitor, once
        page = _trending(context, request)
        page.headers["Cache-Control"] = "private, no-store"
        return page
    return cached(request, context, lambda: _trending(context, request))


def _trending(context: RequestContext, request: Request) -> Response:
    view = paper_list_view(request, f"{context.pages.base}/", tuple(Order))
    board, now = context.app.trending, context.now
    nothing_today = not view.span and not board.papers(Span.TODAY, now)
    span = Span(view.span) if view.span else Span.WEEK if nothing_today else Span.TODAY
    listing = _listing(context, view, span)
    if listing.total and not listing.papers:  # a page beyond the end
        view = replace(view, page=view.pager(listing.total).last)
        listing = _listing(context, view, span)
    return context.pages.render(
        "trending",
        view=view,
        span=span.value,
        nothing_today=nothing_today,
        papers=[paper_summary(paper) for paper in context.with_lines(listing.papers)],
        listing=listing,
        bases=_bases(context, view, span, listing),
        pager=view.pager(listing.total),
        feed=feed_query(PaperListView("", category=view.category)),
        form=FormView(subscription_texts({"categories": view.category})),
        form_token=context.form_token,
    )


def _listing(context: RequestContext, view: PaperListView, span: Span) -> Listing:
    return context.app.trending.list(
        span,
        context.now,
        order=Order(view.order or Order.TRENDING),
        category=view.category,
        first=view.first,
        size=PAGE_SIZE,
    )


def _bases(
    context: RequestContext, view: PaperListView, span: Span, listing: Listing
) -> tuple[TrendingBasis, ...]:
    """Return what the order of trending papers rests on, also where another order is shown."""
    if view.order != Order.NEWEST:
        return listing.bases
    trending = context.app.trending.list(span, context.now, category=view.category, size=0)
    return trending.bases
