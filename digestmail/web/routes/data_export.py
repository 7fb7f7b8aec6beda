"""One's own data: handed out whole, or erased, by a link that was mailed a moment ago.

The links in daily mails are good for weeks and travel with every mail that is forwarded. What
cannot be undone, or tells everything, asks for a fresh one.
"""

from fastapi import APIRouter
from fastapi.responses import Response

from digestmail.domain import SubscriberStatus
from digestmail.steps.subscribers.access import mail_own_link
from digestmail.steps.subscribers.data_export import personal_json
from digestmail.web.routes.confirmations import Done, lead_to_done
from digestmail.web.routes.library import attachment
from digestmail.web.shared.account_session import Own, Visit
from digestmail.web.shared.site import SHOW

router = APIRouter()
_MAILED = (SubscriberStatus.ACTIVE, SubscriberStatus.PAUSED)


@router.api_route("/preferences/{token}/data", methods=SHOW)
def show_data(own: Own) -> Response:
    """What is kept, and the ways to have it or to have it erased."""
    return own.show("data", fresh=own.is_fresh, can_mail=_can_mail(own))


@router.api_route("/preferences/{token}/data.json", methods=SHOW)
def export_data(own: Own) -> Response:
    """Everything that is kept about the subscriber."""
    if not own.is_fresh:
        return _fresh_link(own)
    document = personal_json(own.site.app.store, own.subscriber, own.site.now)
    return attachment(document.encode(), "digest-data.json", "application/json")


@router.api_route("/preferences/{token}/erase", methods=SHOW)
def ask_to_erase(own: Own) -> Response:
    """The button that erases."""
    return own.show("erase") if own.is_fresh else _fresh_link(own)


@router.post("/preferences/{token}/erase")
def erase(own: Own) -> Response:
    """Erase everything about the subscriber; the link is worth nothing from then on."""
    if not own.is_fresh:
        return _fresh_link(own)
    own.site.app.subscriptions.erase(own.subscriber, own.site.now)
    own.site.app.threshold_previews.forget(own.subscriber)
    return lead_to_done(own.site, Done.ERASED)


@router.post("/preferences/{token}/fresh")
def mail_fresh_link(own: Own) -> Response:
    """Mail a fresh link to the subscriber's own address."""
    mail_own_link(own.site.app.store, own.subscriber, own.site.now)
    answer = lead_to_done(own.site, Done.LINK, own.subscriber.email)
    answer.background = own.site.letters
    return answer


def _fresh_link(own: Visit) -> Response:
    """Offer a fresh link, where the one that was used is too old for this."""
    return own.show("data", 403, fresh=False, can_mail=_can_mail(own))


def _can_mail(own: Visit) -> bool:
    return own.subscriber.status in _MAILED
