"""One's own page: when the digest comes, what is in it, pausing and leaving."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import partial
from typing import Annotated

from fastapi import APIRouter, Path, Request
from fastapi.responses import Response

from digestmail.domain import Paper, Profile, Subscriber
from digestmail.errors import InputError, NotFoundError
from digestmail.i18n import N_, Translatable
from digestmail.mail.address import checked_address
from digestmail.steps.insight.threshold_preview import ThresholdPreview
from digestmail.steps.subscribers import leaving
from digestmail.steps.subscribers.pauses import checked_end, proposals
from digestmail.steps.subscribers.seed_papers import keep_uploads, lines_of, own_uploads
from digestmail.steps.subscribers.uploaded_library import Filled
from digestmail.web.routes.confirmations import Done, lead_to_done
from digestmail.web.routes.library import digest_lines
from digestmail.web.shared.account_session import Own, Visit
from digestmail.web.shared.forms import (
    FormView,
    Posted,
    PostedWithFile,
    Sent,
    Texts,
    again,
    changed_meanwhile,
    checked_profile,
    checked_schedule,
    problems_of,
    profile_texts,
    schedule_texts,
    seen,
    thresholds,
    tried_change,
)
from digestmail.web.shared.site import PREVIEWS, SHOW, Ours, Site, Turn, is_robot
from digestmail.web.shared.submitted_profile import CARRIED, Wish, wish_of, with_suggestion
from digestmail.web.views.pages import next_digest
from digestmail.web.views.previews import FRAGMENT, START, PreviewView, fragment, view_of

router = APIRouter()
ProfileId = Annotated[int, Path(ge=1)]

_RECENT = 5
_SAVED = {
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
        email = checked_address(shown.values["email"], local=False)
    except InputError as error:
        return _link_form(site, replace(shown, problems=problems_of(error)), status=422)
    if not site.is_fresh(values):
        return _link_form(site, shown, status=422, stale=True)
    site.count(request)
    answer = _answer(site, values)
    answer.background = site.later(partial(site.app.subscriptions.mail_link, email, site.now))
    return answer


def _link_form(site: Site, shown: FormView, *, status: int = 200, stale: bool = False) -> Response:
    return site.pages.show("mail_link", status, form=shown, stale=stale, form_token=site.form_token)


def _answer(site: Site, values: Texts) -> Response:
    return lead_to_done(site, Done.LINK, values.get("email", "").strip())


# --- one's own page --------------------------------------------------------------------------


@router.api_route("/preferences/{token}", methods=SHOW)
def show(own: Own, saved: str = "") -> Response:
    """Everything about one subscriber."""
    notice = _SAVED.get(saved)
    return _page(own, notice=own.site.pages.words.gettext(notice) if notice else "")


@router.api_route("/preferences/{token}/welcome", methods=SHOW)
def welcome(own: Own) -> Response:
    """Where who has just confirmed is led."""
    due = own.subscriber.next_due_at
    return own.site.pages.show(
        "confirmed",
        first=next_digest(own.subscriber, own.site.now, own.site.pages.words),
        soon=due is not None and due <= own.site.now,
        preferences=own.here,
    )


@router.post("/preferences/{token}/schedule")
def save_schedule(own: Own, values: Posted) -> Response:
    """Change when the digest comes."""
    before = own.subscriber.schedule
    try:
        if changed := changed_meanwhile(values, schedule_texts(before), "hour"):
            raise changed
        schedule = checked_schedule(values, before)
        own.site.app.subscriptions.reschedule(own.subscriber, schedule, own.site.now)
    except InputError as error:
        return _page(own, wrong=again(_schedule_form(own.subscriber), values, error))
    return own.back(saved="schedule")


@router.post("/preferences/{token}/profiles", dependencies=[Turn])
def add_profile(own: Own, sent: PostedWithFile) -> Response:
    """Add a profile."""
    return _save(own, _new(own), sent, "added")


@router.post("/preferences/{token}/profiles/{profile_id}", dependencies=[Turn])
def save_profile(own: Own, profile_id: ProfileId, sent: PostedWithFile) -> Response:
    """Change a profile."""
    return _save(own, _own(own.subscriber, profile_id), sent, "profile")


@router.post("/preferences/{token}/preview", dependencies=[Turn])
def try_new_profile(own: Own, request: Request, sent: PostedWithFile) -> Response:
    """What a new profile would have brought last week."""
    return _try(own, request, _new(own), sent)


@router.post("/preferences/{token}/profiles/{profile_id}/preview", dependencies=[Turn])
def try_profile(
    own: Own, request: Request, profile_id: ProfileId, sent: PostedWithFile
) -> Response:
    """What a changed profile would have brought last week; nothing is saved."""
    return _try(own, request, _own(own.subscriber, profile_id), sent)


@router.post("/preferences/{token}/profiles/{profile_id}/delete")
def delete_profile(own: Own, profile_id: ProfileId) -> Response:
    """Delete a profile, unless it is the last one."""
    profile = _own(own.subscriber, profile_id)
    if len(own.subscriber.profiles) < 2:
        only = InputError(
            "name", Translatable(N_("this is your only profile; pause or unsubscribe instead"))
        )
        return _page(own, wrong=again(_profile_form(own, profile), {}, only))
    own.site.app.store.subscribers.remove_profile(own.who, profile_id)
    keep_uploads(own.site.app.store, own.who, (), own.site.now)  # what was for it alone goes too
    return own.back(saved="deleted")


@router.post("/preferences/{token}/profiles/{profile_id}/feed")
def renew_feed(own: Own, profile_id: ProfileId) -> Response:
    """Give a profile's feed a new address, because the old one is known to others."""
    _own(own.subscriber, profile_id)
    own.site.app.store.subscribers.renew_feed(own.who, profile_id)
    return own.back(saved="feed")


@router.post("/preferences/{token}/language")
def choose_language(own: Own, values: Posted) -> Response:
    """Change the language of the pages, to one of those there are."""
    chosen = values.get("language", "")
    if chosen not in own.site.languages.names:
        raise InputError("language", f"there is no language {chosen[:20]!r} here")
    own.site.app.store.subscribers.set_language(own.who, chosen)
    return own.back(saved="language")


@router.post("/preferences/{token}/pause")
def pause(own: Own, values: Posted) -> Response:
    """Send nothing until resumed, or until a date."""
    choice, typed = values.get("until", ""), values.get("date", "")
    try:
        until = checked_end(choice, typed, own.subscriber, own.site.now)
    except InputError as error:
        return _page(own, wrong=again(_pause_form("date"), values, error))
    own.site.app.subscriptions.pause(own.subscriber, until)
    return own.back(saved="paused-until" if until else "paused")


@router.post("/preferences/{token}/resume")
def resume(own: Own) -> Response:
    """Go on after a pause, or come back after leaving."""
    own.site.app.subscriptions.come_back(own.subscriber, own.site.now)
    return own.back(saved="resumed")


@router.post("/preferences/{token}/leave")
def leave(own: Own) -> Response:
    """Unsubscribe."""
    leaving.leave(own.site.app.store, own.subscriber, own.site.now)
    answer = own.back(saved="left")
    answer.background = own.site.letters
    return answer


def _own(subscriber: Subscriber, profile_id: int) -> Profile:
    """One of the subscriber's own profiles; NotFoundError for another's."""
    for profile in subscriber.profiles:
        if profile.id == profile_id:
            return profile
    raise NotFoundError("that profile is not here any more")


def _new(own: Visit) -> Profile:
    return replace(own.site.app.new_profile, name="")


def _save(own: Visit, before: Profile, sent: Sent, saved: str) -> Response:
    """Save a profile, with what only the reader's file tells of its example papers."""
    store = own.site.app.store
    wish = wish_of(own.site, sent, own_uploads(store, own.subscriber).values())
    try:
        changed = changed_meanwhile(sent.texts, profile_texts(before), "keywords")
        if changed and before.id:
            raise changed
        profile = checked_profile(_values(sent, wish), before, wish.problems)
        own.site.app.subscriptions.save_profile(own.subscriber, profile)
    except InputError as error:
        return _page(own, wrong=again(_profile_form(own, before), wish.texts, error))
    keep_uploads(store, own.who, wish.seeds.uploads, own.site.now)
    return own.back(saved=saved)


def _values(sent: Sent, wish: Wish) -> dict[str, str]:
    values = dict(wish.values)
    if "seed_papers" not in sent.texts and not sent.upload:
        del values["seed_papers"]  # a form without the field leaves them as they are
    return values


@dataclass(frozen=True, slots=True)
class Tried:
    """A profile's form that was not saved, and what it would have brought."""

    form: FormView
    view: PreviewView
    filled: Filled | None


def _try(own: Visit, request: Request, before: Profile, sent: Sent) -> Response:
    """The preview of a profile's form, within the page or, for page.js, alone."""
    own.site.count(request, PREVIEWS)
    app, shown = own.site.app, _profile_form(own, before)
    known = own_uploads(app.store, own.subscriber).values()
    wish = wish_of(own.site, with_suggestion(sent), known)
    profile, problems = tried_change(_values(sent, wish), before)
    problems = problems | wish.problems
    interest = app.threshold_previews.interest(own.subscriber, before) if before.id else None
    weekly = own.subscriber.schedule.is_weekly
    view = view_of(app.previews, profile, wish.seeds, own.site.pages.words, interest, weekly=weekly)
    if FRAGMENT in request.headers:
        action = f"{_preview_path(own, before)}#{shown.prefix}preview"
        return fragment(own.site, view, wish, problems, form=f"{shown.prefix}form", action=action)
    form = replace(shown, values={**shown.values, **wish.texts}, problems=problems)
    return _page(own, tried=Tried(form, view, wish.filled))


def _preview_path(own: Visit, profile: Profile) -> str:
    return f"{own.here}/profiles/{profile.id}/preview" if profile.id else f"{own.here}/preview"


def _page(
    own: Visit,
    *,
    notice: str = "",
    wrong: FormView | None = None,
    tried: Tried | None = None,
) -> Response:
    """The page, with the form that was ``wrong`` or ``tried`` in its place if one was."""
    subscriber, site, words = own.subscriber, own.site, own.site.pages.words
    changed = tried.form if tried else wrong
    shown = [_schedule_form(subscriber), _pause_form(), _profile_form(own, _new(own))]
    shown += [_profile_form(own, profile) for profile in subscriber.profiles]
    schedule, pausing, blank, *profiles = [
        changed if changed and changed.prefix == form.prefix else form for form in shown
    ]
    feeds = [_feed(site, profile) for profile in subscriber.profiles]
    digests = site.app.store.digests.of_subscriber(own.who, limit=_RECENT)
    return own.show(
        "preferences",
        422 if wrong else 200,
        next=next_digest(subscriber, site.now, words),
        notice=notice,
        wrong=wrong,
        tried=tried,
        start=START,
        schedule=schedule,
        pausing=pausing,
        pauses={name: words.long_day(day) for name, day in proposals(subscriber, site.now).items()},
        resumes=words.long_day(subscriber.resume_on) if subscriber.resume_on else "",
        languages=site.languages.names,
        profiles=list(zip(subscriber.profiles, profiles, feeds, strict=True)),
        blank=blank,
        meant=_meant(own),
        digests=digest_lines(site, digests),
    )


def _schedule_form(subscriber: Subscriber) -> FormView:
    texts = schedule_texts(subscriber.schedule)
    return FormView(texts | seen(texts), prefix="schedule-")


def _pause_form(choice: str = "open") -> FormView:
    return FormView({"until": choice, "date": ""}, prefix="pause-")


def _profile_form(own: Visit, profile: Profile) -> FormView:
    known = own_uploads(own.site.app.store, own.subscriber)
    seeds = lines_of(known.get(key) or Paper(key=key, title="") for key in profile.seed_papers)
    texts = profile_texts(profile)
    texts |= {"seed_papers": "\n".join(seeds), CARRIED: "", **seen(texts)}
    return FormView(texts, prefix=f"profile-{profile.id or 'new'}-")


def _meant(own: Visit) -> dict[int, dict[str, ThresholdPreview]]:
    """For each profile what the choices of its threshold would have meant last week."""
    chosen = {text: float(text) for p in own.subscriber.profiles for text in _choices(p)}
    told = own.site.app.threshold_previews.of(own.subscriber, set(chosen.values()) or {0.0})
    return {
        profile_id: {text: meant[value] for text, value in chosen.items()}
        for profile_id, meant in told.items()
    }


def _choices(profile: Profile) -> Iterable[str]:
    return thresholds(profile_texts(profile)["threshold"])


def _feed(site: Site, profile: Profile) -> str:
    """The address of a profile's private feed, without its ending."""
    profile_id = profile.stored_id
    serial = site.app.store.subscribers.feed_serial(profile_id)
    return site.app.links.feed(profile_id, serial or 0)
