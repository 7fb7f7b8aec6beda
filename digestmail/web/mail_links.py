"""Where the links of the mails lead: each opens a page with a button, and the button acts."""

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Path
from fastapi.responses import Response

from digestmail.domain import SubscriberStatus, Verdict
from digestmail.steps import feedback
from digestmail.steps.links import PREFERENCES_LIFETIME
from digestmail.web.pages import next_digest, title_of
from digestmail.web.site import SHOW, Ours

router = APIRouter()
Position = Annotated[int, Path(ge=1, le=1000)]

_UNDO_LIFETIME = timedelta(hours=1)
_STAYS = (SubscriberStatus.ACTIVE, SubscriberStatus.PAUSED)


@router.api_route("/confirm/{token}", methods=SHOW)
def ask_to_confirm(site: Ours, token: str) -> Response:
    """The button that confirms."""
    subscriber = site.app.desk.pending(token, site.now)
    return site.pages.show("confirm", token=token, email=subscriber.email)


@router.post("/confirm/{token}")
def confirm(site: Ours, token: str) -> Response:
    """Confirm."""
    subscriber = site.app.desk.confirm(token, site.now)
    link = site.app.links.preferences(subscriber.id or 0, site.now)
    return site.pages.show(
        "confirmed",
        first=next_digest(subscriber, site.now),
        preferences=site.pages.local(link),
    )


@router.api_route("/unsubscribe/{token}", methods=SHOW)
def ask_to_leave(site: Ours, token: str) -> Response:
    """The button that unsubscribes."""
    subscriber = site.app.desk.leaver(token)
    if subscriber is None or subscriber.status is SubscriberStatus.UNSUBSCRIBED:
        return site.pages.show("unsubscribed", undo="")
    return site.pages.show("unsubscribe", token=token)


@router.post("/unsubscribe/{token}")
def leave(site: Ours, token: str) -> Response:
    """Unsubscribe: the page's button, and RFC 8058's one-click from a mail program.

    The body is not looked at, and the token is all that is asked for. Erased subscribers get
    the same answer.
    """
    subscriber = site.app.desk.leaver(token)
    undo = ""
    if subscriber is not None:
        site.app.desk.leave(subscriber)
        if subscriber.status in _STAYS:
            # This link never ages and travels with every forwarded mail, so what it hands out
            # lives for an hour only, and is had only by really leaving.
            issued = site.now - PREFERENCES_LIFETIME + _UNDO_LIFETIME
            undo = site.pages.local(site.app.links.preferences(subscriber.id or 0, issued))
    return site.pages.show("unsubscribed", undo=undo)


@router.api_route("/feedback/{token}/{position}/{verdict}", methods=SHOW)
def ask_for_feedback(site: Ours, token: str, position: Position, verdict: Verdict) -> Response:
    """The button that says more or less."""
    paper = feedback.rated(site.app.store, site.app.links, token, position)
    return site.pages.show(
        "feedback",
        title=title_of(paper.item),
        profile=paper.item.profile_name,
        verdict=verdict,
        action=_feedback_path(site, token, position, verdict),
    )


@router.post("/feedback/{token}/{position}/{verdict}")
def give_feedback(site: Ours, token: str, position: Position, verdict: Verdict) -> Response:
    """Say more or less."""
    paper = feedback.rated(site.app.store, site.app.links, token, position)
    feedback.give(site.app.store, paper, verdict, site.now)
    opposite = Verdict.LESS if verdict is Verdict.MORE else Verdict.MORE
    return site.pages.show(
        "thanks",
        title=title_of(paper.item),
        verdict=verdict,
        opposite=_feedback_path(site, token, position, opposite),
    )


def _feedback_path(site: Ours, token: str, position: int, verdict: Verdict) -> str:
    return f"{site.pages.base}/feedback/{token}/{position}/{verdict}"
