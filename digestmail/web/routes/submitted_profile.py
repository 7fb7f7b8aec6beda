"""The page that offers a subscriber the profile that the public form was filled in with again."""

from fastapi import APIRouter
from fastapi.responses import Response

from digestmail.errors import InputError
from digestmail.steps.subscribers import submitted_profile
from digestmail.web.shared.account_session import AccountSession, Session
from digestmail.web.shared.request_context import READ_METHODS

router = APIRouter()


@router.api_route("/preferences/{token}/submitted", methods=READ_METHODS)
def show_submitted(session: Session) -> Response:
    """Show the profile that waits, and the buttons that add and discard it."""
    return _page(session)


@router.post("/preferences/{token}/submitted")
def add_submitted(session: Session) -> Response:
    """Add the profile that waits; pressing twice adds it once."""
    context = session.context
    try:
        is_added = context.app.subscriptions.add_submitted(session.subscriber, context.now)
    except InputError as error:
        return _page(session, status=422, problem=error.message)
    return session.redirect(saved="added") if is_added else session.redirect("/submitted")


@router.post("/preferences/{token}/submitted/discard")
def discard_submitted(session: Session) -> Response:
    """Discard the profile that waits."""
    session.context.app.store.pending_profiles.take(session.subscriber_id)
    return session.redirect("/submitted")


def _page(session: AccountSession, *, status: int = 200, problem: str = "") -> Response:
    submitted = submitted_profile.waiting(session.context.app.store, session.subscriber)
    profile = submitted.profile if submitted else None
    return session.render("submitted", status, profile=profile, problem=problem)
