"""Pages for everyone and for machines: help, health, robots."""

from fastapi import APIRouter
from fastapi.responses import JSONResponse, PlainTextResponse, Response

from digestmail.errors import StoreError
from digestmail.web.shared.request_context import READ_METHODS, Context

router = APIRouter()
_ROBOTS = """\
User-agent: *
Disallow: /confirm/
Disallow: /digest/
Disallow: /feed/
Disallow: /feedback/
Disallow: /never/
Disallow: /options/
Disallow: /papers?
Disallow: /papers.
Disallow: /preferences/
Disallow: /return/
Disallow: /save/
Disallow: /unsubscribe/
Disallow: /why/
"""


@router.api_route("/help", methods=READ_METHODS)
def help_page(context: Context) -> Response:
    """Show what this is, and how to change it or leave."""
    return context.pages.render("help")


@router.api_route("/healthz", methods=READ_METHODS)
def show_health(context: Context) -> Response:
    """Answer 200 when the service does its work, else 503. Names no relay, source or person."""
    try:
        health = context.app.health()
    except StoreError:
        return JSONResponse({"status": "failing", "database": "failing"}, 503)
    answer = {
        "status": "ok" if health.is_well else "failing",
        "database": "ok",
        "scheduler": "running" if health.scheduler_runs else "not seen",
        "digests": "overdue" if health.is_overdue else "ok",
        "relay": "failing" if health.relay_trouble else "ok",
        "sources": "failing" if health.sources_fail else "ok",
    }
    return JSONResponse(answer, 200 if health.is_well else 503)


@router.api_route("/robots.txt", methods=READ_METHODS)
def robots() -> Response:
    """Keep crawlers off the pages of tokens, and off the endless ones of the search."""
    return PlainTextResponse(_ROBOTS)


@router.api_route("/favicon.ico", methods=READ_METHODS)
def favicon() -> Response:
    """Answer that there is none."""
    return Response(status_code=204)
