"""The page of a paper."""

from urllib.parse import urlencode

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from digestmail.domain import Paper
from digestmail.steps.reading.citations import bibtex
from digestmail.store.papers import UPLOADS
from digestmail.text import one_line
from digestmail.web.shared.public_cache import Throttled, cached
from digestmail.web.shared.request_context import READ_METHODS, Context, RequestContext
from digestmail.web.views.paper_view import (
    external_url,
    paper_details,
    paper_path,
    paper_summary,
    title_of,
)

router = APIRouter(dependencies=[Throttled])

_SIMILAR = 6  # papers
_MAX_KEY = 300  # characters


@router.api_route("/papers/{key:path}", methods=READ_METHODS)
def paper(context: Context, request: Request, key: str) -> Response:
    """Show a paper; its other names lead to its key."""
    return cached(request, context, lambda: _paper(context, one_line(key)[:_MAX_KEY]))


def _paper(context: RequestContext, key: str) -> Response:
    service = context.app.search_service
    paper = context.app.store.papers.by_keys([key]).get(key) or service.named(key)
    if paper is None or paper.source == UPLOADS:
        return context.pages.render("no_paper", 404, key=key, elsewhere=external_url(key))
    if paper.key != key:
        return RedirectResponse(context.pages.base + paper_path(paper.key), 308)
    paper, *similar = context.with_lines([paper, *service.similar(paper, _SIMILAR)])
    return context.pages.render(
        "paper",
        title=title_of(paper),
        paper=paper_details(paper),
        address=context.app.links.home + paper_path(paper.key),
        bibtex=bibtex([paper]),
        similar=[paper_summary(neighbour) for neighbour in similar],
        like=urlencode({"seed_papers": _reference(paper)}),
    )


def _reference(paper: Paper) -> str:
    return paper.key.removeprefix("arxiv:").removeprefix("doi:")
