"""Where browsers are led once a public form was taken: pages that say so and know nothing else."""

import re
from enum import StrEnum
from urllib.parse import urlencode

from fastapi import APIRouter
from fastapi.responses import Response

from digestmail.addresses import masked
from digestmail.web.shared.site import SHOW, Ours, Site

router = APIRouter()
_MASKED = re.compile(r".?…@[\w.-]{1,253}")


class Done(StrEnum):
    """What was done."""

    CONFIRM = "confirm"  # a mail with a link to confirm may come
    LINK = "link"  # a mail with a link to the preferences may come
    REFUSED = "refused"
    ERASED = "erased"


@router.api_route("/done/{what}", methods=SHOW)
def show_done(site: Ours, what: Done, to: str = "") -> Response:
    """Say what was done. ``to`` is the address it was for, masked."""
    if what in (Done.CONFIRM, Done.LINK):
        email = to if _MASKED.fullmatch(to) else ""
        return site.pages.show("answer", about=what.value, email=email, filled=None)
    return site.pages.show(what.value)


def lead_to_done(site: Site, what: Done, email: str = "") -> Response:
    """Lead a browser to such a page."""
    query = f"?{urlencode({'to': masked(email)})}" if email else ""
    return site.lead_to(f"/done/{what}{query}")
