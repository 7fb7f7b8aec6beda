"""The pages to which browsers are led once a public form was taken; they know nothing else."""

import re
from enum import StrEnum
from urllib.parse import urlencode

from fastapi import APIRouter
from fastapi.responses import Response

from digestmail.addresses import masked
from digestmail.web.shared.request_context import READ_METHODS, Context, RequestContext

router = APIRouter()
_MASKED = re.compile(r".?…@[\w.-]{1,253}")


class Outcome(StrEnum):
    """The outcome of a form."""

    CONFIRM = "confirm"  # a mail with a link to confirm may come
    LINK = "link"  # a mail with a link to the preferences may come
    REFUSED = "refused"
    ERASED = "erased"


@router.api_route("/done/{outcome}", methods=READ_METHODS)
def show_outcome(context: Context, outcome: Outcome, to: str = "") -> Response:
    """Show an outcome. ``to`` is the address it was for, masked."""
    if outcome in (Outcome.CONFIRM, Outcome.LINK):
        email = to if _MASKED.fullmatch(to) else ""
        return context.pages.render("answer", about=outcome.value, email=email, filled=None)
    return context.pages.render(outcome.value)


def redirect_to_outcome(context: RequestContext, outcome: Outcome, email: str = "") -> Response:
    """Redirect a browser to the page of an outcome."""
    query = f"?{urlencode({'to': masked(email)})}" if email else ""
    return context.redirect(f"/done/{outcome}{query}")
