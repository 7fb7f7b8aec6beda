"""A subscriber's preferences page: schedule, language, pausing and leaving."""

from dataclasses import replace

from fastapi import APIRouter
from fastapi.responses import Response

from digestmail.errors import FormError, InputError
from digestmail.i18n import N_
from digestmail.steps.daily.plan import due_first
from digestmail.steps.subscribers import leaving
from digestmail.steps.subscribers.pauses import checked_end
from digestmail.steps.subscribers.validation import Form
from digestmail.web.shared.account_session import Session
from digestmail.web.shared.forms import PostedTexts, check_unchanged, problems_of
from digestmail.web.shared.request_context import READ_METHODS
from digestmail.web.shared.schedule_form import parse_schedule, schedule_texts
from digestmail.web.views.digest_lines import next_digest
from digestmail.web.views.preferences_page import pause_form, preferences_page, schedule_form

router = APIRouter()

_NOTICES = {
    "schedule": N_("Saved. It applies from your next digest."),
    "profile": N_("Saved. The profile applies from your next digest."),
    "added": N_("Added. The new profile applies from your next digest."),
    "deleted": N_("The profile was deleted."),
    "paused": N_("Paused. We won’t email you until you resume."),
    "paused-until": N_("Paused. Your digest will start again on its own."),
    "resumed": N_("Welcome back. Your digest is on again."),
    "left": N_("You’re unsubscribed. We won’t email you again."),
    "feed": N_("The feed has a new address. The old one no longer works."),
    "language": N_("Saved. Your pages and emails now use this language."),
}


@router.api_route("/preferences/{token}", methods=READ_METHODS)
def show_preferences(session: Session, saved: str = "") -> Response:
    """Show everything about one subscriber; ``saved`` names the change just made."""
    notice = _NOTICES.get(saved)
    gettext = session.context.pages.words.gettext
    return preferences_page(session, notice=gettext(notice) if notice else "")


@router.api_route("/preferences/{token}/welcome", methods=READ_METHODS)
def welcome(session: Session) -> Response:
    """Show the page to which who has just confirmed is led."""
    context, subscriber = session.context, session.subscriber
    is_on_its_way = subscriber.awaits_first_digest
    if is_on_its_way:
        subscriber = replace(subscriber, next_due_at=due_first(subscriber, context.now).next_due_at)
    return context.pages.render(
        "confirmed",
        is_on_its_way=is_on_its_way,
        next=next_digest(subscriber, context.now, context.pages.words),
        preferences=session.path,
    )


@router.post("/preferences/{token}/schedule")
def save_schedule(session: Session, texts: PostedTexts) -> Response:
    """Change when the digest comes."""
    before, form = session.subscriber.schedule, Form()
    try:
        check_unchanged(texts, schedule_texts(before), "hour")
        schedule = parse_schedule(texts, form, before)
        if form.problems:
            raise FormError(form.problems)
        session.context.app.subscriptions.reschedule(
            session.subscriber, schedule, session.context.now
        )
    except InputError as error:
        wrong = schedule_form(session.subscriber).retry(texts, problems_of(error))
        return preferences_page(session, wrong=wrong)
    return session.redirect(saved="schedule")


@router.post("/preferences/{token}/language")
def choose_language(session: Session, texts: PostedTexts) -> Response:
    """Change the language of the pages, to one of those there are."""
    language = texts.get("language", "")
    if language not in session.context.languages.names:
        raise InputError("language", f"language {language[:20]!r} is not available")
    session.context.app.store.subscribers.set_language(session.subscriber_id, language)
    return session.redirect(saved="language")


@router.post("/preferences/{token}/pause")
def pause(session: Session, texts: PostedTexts) -> Response:
    """Send nothing until resumed, or until a date."""
    choice, typed = texts.get("until", ""), texts.get("date", "")
    try:
        until = checked_end(choice, typed, session.subscriber, session.context.now)
    except InputError as error:
        wrong = pause_form("date").retry(texts, problems_of(error))
        return preferences_page(session, wrong=wrong)
    session.context.app.subscriptions.pause(session.subscriber, until)
    return session.redirect(saved="paused-until" if until else "paused")


@router.post("/preferences/{token}/resume")
def resume(session: Session) -> Response:
    """Go on after a pause, or come back after leaving."""
    session.context.app.subscriptions.come_back(session.subscriber, session.context.now)
    return session.redirect(saved="resumed")


@router.post("/preferences/{token}/leave")
def leave(session: Session) -> Response:
    """Unsubscribe."""
    leaving.leave(session.context.app.store, session.subscriber, session.context.now)
    answer = session.redirect(saved="left")
    answer.background = session.context.sending
    return answer
