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
    "schedule": N_("Saved: it counts from the next digest on."),
    "profile": N_("Saved: the profile counts from the next digest on."),
    "added": N_("Added: the new profile counts from the next digest on."),
    "deleted": N_("The profile is deleted."),
    "paused": N_("Paused: no mail until you resume."),
    "paused-until": N_("Paused: the digest comes again by itself."),
    "resumed": N_("Welcome back: the digest comes again."),
    "left": N_("You have left: no mail will come any more."),
    "feed": N_("The feed has a new address; the old one does not work any more."),
    "language": N_("Saved: your pages speak this language now."),
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
