"""Where the links of the mails lead that begin and end a subscription.

Each opens a page with a button, and the button acts: a page that confirms or unsubscribes never
presses it by itself.
"""

from urllib.parse import quote

from fastapi import APIRouter
from fastapi.responses import Response

from digestmail.addresses import masked, readable_address
from digestmail.domain import Subscriber, SubscriberStatus
from digestmail.steps.reading import auto_submit
from digestmail.steps.subscribers import leaving
from digestmail.steps.subscribers.leaving import STAYS
from digestmail.web.shared.forms import PostedTexts
from digestmail.web.shared.request_context import READ_METHODS, Context, RequestContext
from digestmail.web.views.digest_lines import next_digest

router = APIRouter()

_ONE_CLICK = "List-Unsubscribe"  # the field that RFC 8058 has mail programs post


@router.api_route("/confirm/{token}", methods=READ_METHODS)
def ask_to_confirm(context: Context, token: str) -> Response:
    """Show the button that confirms; once it was pressed, that all is done, and no way in."""
    subscriber = context.app.subscriptions.pending(token, context.now)
    context = context.in_tag(subscriber.language)
    if subscriber.status in STAYS:
        return context.pages.render(
            "confirmed",
            email=readable_address(subscriber.email),
            is_on_its_way=subscriber.awaits_first_digest,
            preferences="",
        )
    return context.pages.render(
        "confirm",
        token=token,
        email=readable_address(subscriber.email),
        schedule=subscriber.schedule,
        profiles=subscriber.profiles,
    )


@router.post("/confirm/{token}")
def confirm(context: Context, token: str) -> Response:
    """Confirm; only the press that does leads to the preferences."""
    confirmed = context.app.subscriptions.confirm(token, context.now)
    if not confirmed.is_new:
        return context.redirect(f"/confirm/{quote(token)}")
    link = context.app.links.preferences(confirmed.subscriber.stored_id, context.now)
    # Who has nothing to choose papers by yet is led to where it is chosen.
    page = "/welcome" if confirmed.subscriber.profiles else ""
    return context.redirect(f"{context.pages.local(link)}{page}")


@router.api_route("/unsubscribe/{token}", methods=READ_METHODS)
def ask_to_leave(context: Context, token: str) -> Response:
    """Show the button that unsubscribes."""
    subscriber = context.app.subscriptions.leaver(token)
    context = context.in_tag(subscriber.language if subscriber else "")
    address = masked(subscriber.email) if subscriber else ""
    if subscriber is None or subscriber.status is SubscriberStatus.UNSUBSCRIBED:
        return context.pages.render("unsubscribed", address=address, way_back="")
    return context.pages.render("unsubscribe", token=token, address=address)


@router.post("/unsubscribe/{token}")
def leave(context: Context, token: str, posted: PostedTexts) -> Response:
    """Unsubscribe: the page's button, and RFC 8058's one-click from a mail program.

    The token is all that is asked for. Erased subscribers get the same answer. A mail program is
    answered at once, since it need not follow where a browser is led.
    """
    subscriber = context.app.subscriptions.leaver(token)
    context = context.in_tag(subscriber.language if subscriber else "")
    way_back = _leave(context, subscriber) if subscriber else ""
    if _ONE_CLICK in posted:
        address = masked(subscriber.email) if subscriber else ""
        answer: Response = context.pages.render("unsubscribed", address=address, way_back=way_back)
    else:
        answer = context.redirect(way_back or f"/unsubscribe/{quote(token)}")
    answer.background = context.sending
    return answer


def _leave(context: RequestContext, subscriber: Subscriber) -> str:
    """Unsubscribe a reader; return the path of the way back, had only by really leaving.

    The link that leads here never ages and travels with every forwarded mail: so the way back
    undoes this leaving and nothing else, and is open for an hour.
    """
    has_left = leaving.leave(context.app.store, subscriber, context.now)
    auto_submit.withdraw_recent(context.app.store, subscriber.stored_id, context.now)
    if not has_left:
        return ""
    until = context.now + leaving.UNDO_LIFETIME
    return context.pages.local(leaving.way_back(context.app.links, subscriber, until))


@router.api_route("/return/{token}", methods=READ_METHODS)
def ask_to_return(context: Context, token: str) -> Response:
    """Show the button that undoes leaving, or what became of it."""
    back = leaving.read_way_back(context.app.store, context.app.links, token, context.now)
    subscriber, address = back.subscriber, masked(back.subscriber.email)
    context = context.in_tag(subscriber.language)
    if subscriber.status in STAYS:
        due = next_digest(subscriber, context.now, context.pages.words)
        return context.pages.render("returned", address=address, next=due)
    way_back = f"{context.pages.base}/return/{quote(token)}" if back.is_open else ""
    return context.pages.render("unsubscribed", address=address, way_back=way_back)


@router.post("/return/{token}")
def come_back(context: Context, token: str) -> Response:
    """Undo leaving."""
    context.app.subscriptions.take_way_back(token, context.now)
    return context.redirect(f"/return/{quote(token)}")
