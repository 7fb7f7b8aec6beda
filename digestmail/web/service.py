"""Pages for everyone and for machines: help, health, robots."""

from fastapi import APIRouter
from fastapi.responses import JSONResponse, PlainTextResponse, Response

from digestmail.errors import StoreError
from digestmail.store.leases import DIGESTS
from digestmail.web.site import SHOW, Ours
from digestmail.worker import is_gone

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
    """Whether the database answers, and whether a scheduler was seen lately; 503 if it does not."""
    try:
        lease = site.app.store.leases.holder(DIGESTS)
    except StoreError:
        failing = {"status": "failing", "database": "failing", "scheduler": "not seen"}
        return JSONResponse(failing, 503)
    runs = lease is not None and lease.until >= site.now and not is_gone(lease.owner)
    scheduler = "running" if runs else "not seen"
    return JSONResponse({"status": "ok", "database": "ok", "scheduler": scheduler})


@router.api_route("/robots.txt", methods=SHOW)
def robots() -> Response:
    """Keeps crawlers off the pages of tokens, and off the endless ones of the search."""
    return PlainTextResponse(_ROBOTS)


@router.api_route("/favicon.ico", methods=SHOW)
def favicon() -> Response:
    """There is none."""
    return Response(status_code=204)
