"""One's own page: when the digest comes, what is in it, pausing and leaving."""

from dataclasses import replace
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Path, Request
from fastapi.responses import RedirectResponse, Response

from digestmail.domain import Profile, Subscriber
from digestmail.errors import InputError, NotFoundError
from digestmail.mail.address import checked_address
from digestmail.web.forms import (
    FormView,
    Posted,
    Texts,
    again,
    checked_profile,
    checked_schedule,
    problems_of,
    profile_texts,
    schedule_texts,
)
from digestmail.web.pages import DigestLine, digest_line, next_digest
from digestmail.web.site import SHOW, Ours, Site, is_robot

router = APIRouter()
ProfileId = Annotated[int, Path(ge=1)]

_RECENT = 10
_SAVED = {
    "schedule": "Saved: it counts from the next digest on.",
    "profile": "Saved: the profile counts from the next digest on.",
    "added": "Added: the new profile counts from the next digest on.",
    "deleted": "The profile is deleted.",
    "paused": "Paused: no mail until you resume.",
    "resumed": "Welcome back: the digest comes again.",
    "left": "You have left: no mail will come any more.",
}


# --- a new link ------------------------------------------------------------------------------


@router.api_route("/preferences", methods=SHOW)
def ask_for_link(site: Ours) -> Response:
    """The form that has a new link mailed."""
    return _link_form(site, FormView({"email": ""}))


@router.post("/preferences")
def mail_link(site: Ours, request: Request, values: Posted) -> Response:
    """Mail a new link; the answer is the same whether or not the address is known."""
    if is_robot(values):
        return _answer(site, values)
    shown = FormView({"email": values.get("email", "")})
    try:
        email = checked_address(shown.values["email"])
    except InputError as error:
        return _link_form(site, replace(shown, problems=problems_of(error)), status=422)
    if not site.is_fresh(values):
        return _link_form(site, shown, status=422, stale=True)
    site.count(request)
    site.app.desk.mail_link(email, site.now)
    answer = _answer(site, values)
    answer.background = site.letters
    return answer


def _link_form(site: Site, shown: FormView, *, status: int = 200, stale: bool = False) -> Response:
    return site.pages.show("mail_link", status, form=shown, stale=stale, form_token=site.form_token)


def _answer(site: Site, values: Texts) -> Response:
    return site.pages.show("answer", about="link", email=values.get("email", "").strip())


# --- one's own page --------------------------------------------------------------------------


@router.api_route("/preferences/{token}", methods=SHOW)
def show(site: Ours, token: str, saved: str = "") -> Response:
    """Everything about one subscriber."""
    subscriber = site.app.desk.owner(token, site.now)
    return _page(site, token, subscriber, notice=_SAVED.get(saved, ""))


@router.post("/preferences/{token}/schedule")
def save_schedule(site: Ours, token: str, values: Posted) -> Response:
    """Change when the digest comes."""
    subscriber = site.app.desk.owner(token, site.now)
    try:
        schedule = checked_schedule(values, subscriber.schedule)
        site.app.desk.reschedule(subscriber, schedule, site.now)
    except InputError as error:
        wrong = again(_schedule_form(subscriber), values, error)
        return _page(site, token, subscriber, wrong=wrong)
    return _done(site, token, "schedule")


@router.post("/preferences/{token}/profiles")
def add_profile(site: Ours, token: str, values: Posted) -> Response:
    """Add a profile."""
    subscriber = site.app.desk.owner(token, site.now)
    blank = replace(site.app.new_profile, name="")
    return _save(site, token, subscriber, blank, values, "added")


@router.post("/preferences/{token}/profiles/{profile_id}")
def save_profile(site: Ours, token: str, profile_id: ProfileId, values: Posted) -> Response:
    """Change a profile."""
    subscriber = site.app.desk.owner(token, site.now)
    return _save(site, token, subscriber, _own(subscriber, profile_id), values, "profile")


@router.post("/preferences/{token}/profiles/{profile_id}/delete")
def delete_profile(site: Ours, token: str, profile_id: ProfileId) -> Response:
    """Delete a profile, unless it is the last one."""
    subscriber = site.app.desk.owner(token, site.now)
    profile = _own(subscriber, profile_id)
    if len(subscriber.profiles) < 2:
        only = InputError("name", "this is your only profile; pause or unsubscribe instead")
        return _page(site, token, subscriber, wrong=again(_profile_form(profile), {}, only))
    site.app.store.subscribers.remove_profile(subscriber.id or 0, profile_id)
    return _done(site, token, "deleted")


@router.post("/preferences/{token}/pause")
def pause(site: Ours, token: str) -> Response:
    """Send nothing until resumed."""
    site.app.desk.pause(site.app.desk.owner(token, site.now))
    return _done(site, token, "paused")


@router.post("/preferences/{token}/resume")
def resume(site: Ours, token: str) -> Response:
    """Go on after a pause, or come back after leaving."""
    site.app.desk.come_back(site.app.desk.owner(token, site.now), site.now)
    return _done(site, token, "resumed")


@router.post("/preferences/{token}/leave")
def leave(site: Ours, token: str) -> Response:
    """Unsubscribe."""
    site.app.desk.leave(site.app.desk.owner(token, site.now))
    return _done(site, token, "left")


def _own(subscriber: Subscriber, profile_id: int) -> Profile:
    """One of the subscriber's own profiles; NotFoundError for another's."""
    for profile in subscriber.profiles:
        if profile.id == profile_id:
            return profile
    raise NotFoundError("that profile is not here any more")


def _save(
    site: Site, token: str, subscriber: Subscriber, before: Profile, values: Texts, saved: str
) -> Response:
    try:
        site.app.desk.save_profile(subscriber, checked_profile(values, before))
    except InputError as error:
        wrong = again(_profile_form(before), values, error)
        return _page(site, token, subscriber, wrong=wrong)
    return _done(site, token, saved)


def _done(site: Site, token: str, saved: str) -> Response:
    path = f"{site.pages.base}/preferences/{quote(token, safe='')}?saved={saved}"
    return RedirectResponse(path, 303)


def _page(
    site: Site,
    token: str,
    subscriber: Subscriber,
    *,
    notice: str = "",
    wrong: FormView | None = None,
) -> Response:
    """The page, with the form that was ``wrong`` in its place if one was."""
    blank = _profile_form(replace(site.app.new_profile, name=""))
    shown = [_schedule_form(subscriber), *map(_profile_form, subscriber.profiles), blank]
    forms = [wrong if wrong and wrong.prefix == form.prefix else form for form in shown]
    return site.pages.show(
        "preferences",
        422 if wrong else 200,
        token=token,
        subscriber=subscriber,
        next=next_digest(subscriber, site.now),
        notice=notice,
        wrong=wrong,
        schedule=forms[0],
        profiles=list(zip(subscriber.profiles, forms[1:-1], strict=True)),
        blank=forms[-1],
        digests=_recent(site, subscriber),
    )


def _schedule_form(subscriber: Subscriber) -> FormView:
    return FormView(schedule_texts(subscriber.schedule), prefix="schedule-")


def _profile_form(profile: Profile) -> FormView:
    return FormView(profile_texts(profile), prefix=f"profile-{profile.id or 'new'}-")


def _recent(site: Site, subscriber: Subscriber) -> list[DigestLine]:
    digests = site.app.store.digests.of_subscriber(subscriber.id or 0, limit=_RECENT)
    deliveries = site.app.store.ledger.of_digests([digest.id or 0 for digest in digests])
    return [
        digest_line(digest, deliveries.get(digest.id or 0), site.app.links, site.pages)
        for digest in digests
    ]
