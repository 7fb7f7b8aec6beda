"""A subscriber's data: exported or erased, by a link that was mailed a moment ago.

The links in daily mails are good for weeks and travel with every mail that is forwarded. What
cannot be undone, or tells everything, asks for a fresh one.
"""

from fastapi import APIRouter
from fastapi.responses import Response

from digestmail.domain import SubscriberStatus
from digestmail.steps.subscribers.access import mail_own_link
from digestmail.steps.subscribers.data_export import personal_json
from digestmail.web.routes.confirmations import Outcome, redirect_to_outcome
from digestmail.web.routes.reading_list import attachment
from digestmail.web.shared.account_session import AccountSession, Session
from digestmail.web.shared.request_context import READ_METHODS

router = APIRouter()
_MAILED = (SubscriberStatus.ACTIVE, SubscriberStatus.PAUSED)


@router.api_route("/preferences/{token}/data", methods=READ_METHODS)
def show_data(session: Session) -> Response:
    """Show what is stored, and the ways to have it or to have it erased."""
    return session.render("data", fresh=session.is_fresh, can_mail=_can_mail(session))


@router.api_route("/preferences/{token}/data.json", methods=READ_METHODS)
def export_data(session: Session) -> Response:
    """Return everything that is stored about the subscriber."""
    if not session.is_fresh:
        return _fresh_link(session)
    document = personal_json(session.context.app.store, session.subscriber, session.context.now)
    return attachment(document.encode(), "digest-data.json", "application/json")


@router.api_route("/preferences/{token}/erase", methods=READ_METHODS)
def ask_to_erase(session: Session) -> Response:
    """Show the button that erases."""
    return session.render("erase") if session.is_fresh else _fresh_link(session)


@router.post("/preferences/{token}/erase")
def erase(session: Session) -> Response:
    """Erase everything about the subscriber; the link is worth nothing from then on."""
    if not session.is_fresh:
        return _fresh_link(session)
    session.context.app.subscriptions.erase(session.subscriber, session.context.now)
    session.context.app.threshold_previews.forget(session.subscriber)
    return redirect_to_outcome(session.context, Outcome.ERASED)


@router.post("/preferences/{token}/fresh")
def mail_fresh_link(session: Session) -> Response:
    """Mail a fresh link to the subscriber's own address."""
    mail_own_link(session.context.app.store, session.subscriber, session.context.now)
    answer = redirect_to_outcome(session.context, Outcome.LINK, session.subscriber.email)
    answer.background = session.context.sending
    return answer


def _fresh_link(session: AccountSession) -> Response:
    """Offer a fresh link, where the one that was used is too old for this."""
    return session.render("data", 403, fresh=False, can_mail=_can_mail(session))


def _can_mail(session: AccountSession) -> bool:
    return session.subscriber.status in _MAILED
