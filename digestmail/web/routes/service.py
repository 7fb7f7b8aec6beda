"""Pages for everyone and for machines: help, health, robots."""

from fastapi import APIRouter
from fastapi.responses import JSONResponse, PlainTextResponse, Response

from digestmail.errors import StoreError
from digestmail.web.shared.site import SHOW, Ours

router = APIRouter()
_ROBOTS = """\
User-agent: *
Disallow: /confirm/
Disallow: /digest/
Disallow: /feed/
Disallow: /feedback/
Disallow: /never/
Disallow: /papers?
Disallow: /papers.
Disallow: /preferences/
Disallow: /return/
Disallow: /save/
Disallow: /unsubscribe/
Disallow: /why/
"""


@router.api_route("/help", methods=SHOW)
def help_page(site: Ours) -> Response:
    """What this is, and how to change it or leave."""
    return site.pages.show("help")


@router.api_route("/healthz", methods=SHOW)
def health(site: Ours) -> Response:
    """Answer 200 when the service does its work, else 503. Names no relay, source or person."""
    try:
        found = site.app.health()
    except StoreError:
        return JSONResponse({"status": "failing", "database": "failing"}, 503)
    answer = {
        "status": "ok" if found.is_well else "failing",
        "database": "ok",
        "scheduler": "running" if found.scheduler_runs else "not seen",
        "digests": "overdue" if found.is_overdue else "ok",
        "relay": "failing" if found.relay_trouble else "ok",
        "sources": "failing" if found.sources_fail else "ok",
    }
    return JSONResponse(answer, 200 if found.is_well else 503)


@router.api_route("/robots.txt", methods=SHOW)
def robots() -> Response:
    """Keeps crawlers off the pages of tokens, and off the endless ones of the search."""
    return PlainTextResponse(_ROBOTS)


@router.api_route("/favicon.ico", methods=SHOW)
def favicon() -> Response:
    """There is none."""
    return Response(status_code=204)
