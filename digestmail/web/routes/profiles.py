"""A subscriber's profiles: adding, changing, previewing and deleting them, and their feeds."""

from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Path, Request
from fastapi.responses import Response

from digestmail.domain import Profile, Subscriber
from digestmail.errors import InputError, NotFoundError
from digestmail.i18n import N_, Translatable
from digestmail.steps.subscribers.seed_papers import keep_uploads, own_uploads
from digestmail.web.shared.account_session import AccountSession, Session
from digestmail.web.shared.forms import Posted, PostedForm, check_unchanged, problems_of
from digestmail.web.shared.profile_form import (
    SubmittedProfile,
    parse_profile,
    profile_texts,
    with_suggestion,
)
from digestmail.web.shared.rate_limits import PREVIEWS
from digestmail.web.shared.request_context import Turn
from digestmail.web.views.preferences_page import (
    PreviewedForm,
    new_profile,
    preferences_page,
    profile_form,
)
from digestmail.web.views.previews import FRAGMENT, preview_view, render_fragment

router = APIRouter()
ProfileId = Annotated[int, Path(ge=1)]


@router.post("/preferences/{token}/profiles", dependencies=[Turn])
def add_profile(session: Session, posted: Posted) -> Response:
    """Add a profile."""
    return _save(session, new_profile(session), posted, "added")


@router.post("/preferences/{token}/profiles/{profile_id}", dependencies=[Turn])
def save_profile(session: Session, profile_id: ProfileId, posted: Posted) -> Response:
    """Change a profile."""
    return _save(session, _profile(session.subscriber, profile_id), posted, "profile")


@router.post("/preferences/{token}/preview", dependencies=[Turn])
def preview_new_profile(session: Session, request: Request, posted: Posted) -> Response:
    """Show last week's papers of a new profile; nothing is saved."""
    return _preview(session, request, new_profile(session), posted)


@router.post("/preferences/{token}/profiles/{profile_id}/preview", dependencies=[Turn])
def preview_profile(
    session: Session, request: Request, profile_id: ProfileId, posted: Posted
) -> Response:
    """Show last week's papers of a changed profile; nothing is saved."""
    return _preview(session, request, _profile(session.subscriber, profile_id), posted)


@router.post("/preferences/{token}/profiles/{profile_id}/delete")
def delete_profile(session: Session, profile_id: ProfileId) -> Response:
    """Delete a profile, unless it is the last one."""
    profile = _profile(session.subscriber, profile_id)
    if len(session.subscriber.profiles) < 2:
        problem = Translatable(N_("this is your only profile; pause or unsubscribe instead"))
        wrong = profile_form(session, profile).retry({}, {"name": problem})
        return preferences_page(session, wrong=wrong)
    store = session.context.app.store
    store.subscribers.remove_profile(session.subscriber_id, profile_id)
    keep_uploads(store, session.subscriber_id, (), session.context.now)  # its uploads go too
    return session.redirect(saved="deleted")


@router.post("/preferences/{token}/profiles/{profile_id}/feed")
def renew_feed(session: Session, profile_id: ProfileId) -> Response:
    """Give a profile's feed a new address, because the old one is known to others."""
    _profile(session.subscriber, profile_id)
    session.context.app.store.subscribers.renew_feed(session.subscriber_id, profile_id)
    return session.redirect(saved="feed")


def _profile(subscriber: Subscriber, profile_id: int) -> Profile:
    """Return one of the subscriber's profiles; NotFoundError for another's."""
    for profile in subscriber.profiles:
        if profile.id == profile_id:
            return profile
    raise NotFoundError("that profile no longer exists")


def _parse(session: AccountSession, before: Profile, posted: PostedForm) -> SubmittedProfile:
    uploads = own_uploads(session.context.app.store, session.subscriber).values()
    return parse_profile(session.context, posted, before, own_papers=uploads)


def _save(session: AccountSession, before: Profile, posted: PostedForm, change: str) -> Response:
    """Save a profile, with the papers of its examples that only the reader's file describes."""
    app = session.context.app
    submitted = _parse(session, before, posted)
    try:
        if before.id:
            check_unchanged(posted.texts, profile_texts(before), "keywords")
        app.subscriptions.save_profile(session.subscriber, submitted.validated())
    except InputError as error:
        wrong = profile_form(session, before).retry(submitted.texts, problems_of(error))
        return preferences_page(session, wrong=wrong)
    uploads, now = submitted.seeds.uploads, session.context.now
    keep_uploads(app.store, session.subscriber_id, uploads, now)
    return session.redirect(saved=change)


def _preview(
    session: AccountSession, request: Request, before: Profile, posted: PostedForm
) -> Response:
    """Return the preview of a profile's form, within the page or, for page.js, alone."""
    context = session.context
    context.count(request, PREVIEWS)
    submitted = _parse(session, before, with_suggestion(posted))
    service = context.app.threshold_previews
    interest = service.interest(session.subscriber, before) if before.id else None
    weekly = session.subscriber.schedule.is_weekly
    view = preview_view(context, submitted, interest, weekly=weekly)
    form = profile_form(session, before)
    if FRAGMENT in request.headers:
        path = f"/profiles/{before.id}/preview" if before.id else "/preview"
        action = f"{session.path}{path}#{form.prefix}preview"
        return render_fragment(
            context, view, submitted, form_id=f"{form.prefix}form", action=action
        )
    texts, problems = {**form.values, **submitted.texts}, submitted.preview_problems
    previewed = PreviewedForm(
        replace(form, values=texts, problems=problems), view, submitted.filled
    )
    return preferences_page(session, previewed=previewed)
