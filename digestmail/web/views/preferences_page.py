"""The page of a subscriber's preferences: their profiles, schedule, pause and last digests."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from fastapi.responses import Response

from digestmail.domain import Digest, Paper, Profile, Subscriber
from digestmail.steps.insight.threshold_preview import ThresholdPreview
from digestmail.steps.subscribers.pauses import proposals
from digestmail.steps.subscribers.seed_papers import lines_of, own_uploads
from digestmail.steps.subscribers.uploaded_library import Filled
from digestmail.web.shared.account_session import AccountSession
from digestmail.web.shared.forms import FormView, fingerprint
from digestmail.web.shared.profile_form import CARRIED, profile_texts
from digestmail.web.shared.request_context import RequestContext
from digestmail.web.shared.schedule_form import schedule_texts
from digestmail.web.views.choices import thresholds
from digestmail.web.views.digest_lines import digest_lines, next_digest
from digestmail.web.views.previews import START, PreviewView

_RECENT_DIGESTS = 5


@dataclass(frozen=True, slots=True)
class PreviewedForm:
    """A profile's form that was not saved, and the preview of its profile."""

    form: FormView
    view: PreviewView
    filled: Filled | None


def preferences_page(
    session: AccountSession,
    *,
    notice: str = "",
    wrong: FormView | None = None,
    previewed: PreviewedForm | None = None,
) -> Response:
    """Return the page, with the form that was ``wrong`` or ``previewed`` in its place."""
    subscriber, context = session.subscriber, session.context
    words = context.pages.words
    changed = previewed.form if previewed else wrong
    forms = [schedule_form(subscriber), pause_form(), profile_form(session, new_profile(session))]
    forms += [profile_form(session, profile) for profile in subscriber.profiles]
    schedule, pausing, blank, *profiles = [
        changed if changed and changed.prefix == form.prefix else form for form in forms
    ]
    feeds = [_feed(context, profile) for profile in subscriber.profiles]
    digests = context.app.store.digests.of_subscriber(session.subscriber_id, limit=_RECENT_DIGESTS)
    pauses = proposals(subscriber, context.now)
    return session.render(
        "preferences",
        422 if wrong else 200,
        next=next_digest(subscriber, context.now, words),
        notice=notice,
        wrong=wrong,
        tried=previewed,
        start=START,
        schedule=schedule,
        pausing=pausing,
        pauses={name: words.long_day(day) for name, day in pauses.items()},
        resumes=words.long_day(subscriber.resume_on) if subscriber.resume_on else "",
        languages=context.languages.names,
        profiles=list(zip(subscriber.profiles, profiles, feeds, strict=True)),
        blank=blank,
        meant=_threshold_previews(session),
        digests=digest_lines(context, digests),
        personal=_personal_part(digests),
    )


def _personal_part(digests: Iterable[Digest]) -> tuple[int, int]:
    """Return how many papers of the last digest with any are personal, and how many it has."""
    items = next((digest.items for digest in digests if digest.items), ())
    return sum(not item.is_trending for item in items), len(items)


def schedule_form(subscriber: Subscriber) -> FormView:
    """Return the form of a subscriber's schedule."""
    texts = schedule_texts(subscriber.schedule)
    return FormView(texts | fingerprint(texts), prefix="schedule-")


def pause_form(choice: str = "open") -> FormView:
    """Return the form of a pause."""
    return FormView({"until": choice, "date": ""}, prefix="pause-")


def profile_form(session: AccountSession, profile: Profile) -> FormView:
    """Return the form of a profile."""
    known = own_uploads(session.context.app.store, session.subscriber)
    seeds = lines_of(known.get(key) or Paper(key=key, title="") for key in profile.seed_papers)
    texts = profile_texts(profile)
    texts |= {"seed_papers": "\n".join(seeds), CARRIED: "", **fingerprint(texts)}
    return FormView(texts, prefix=f"profile-{profile.id or 'new'}-")


def new_profile(session: AccountSession) -> Profile:
    """Return a blank profile, with no name yet."""
    return replace(session.context.app.new_profile, name="")


def _threshold_previews(session: AccountSession) -> dict[int, dict[str, ThresholdPreview]]:
    """Return, for each profile, last week's preview of each choice of its threshold."""
    values = {text: float(text) for p in session.subscriber.profiles for text in _thresholds(p)}
    service = session.context.app.threshold_previews
    previews = service.of(session.subscriber, set(values.values()) or {0.0})
    return {
        profile_id: {text: by_value[value] for text, value in values.items()}
        for profile_id, by_value in previews.items()
    }


def _thresholds(profile: Profile) -> Iterable[str]:
    return thresholds(profile_texts(profile)["threshold"])


def _feed(context: RequestContext, profile: Profile) -> str:
    """Return the address of a profile's private feed, without its ending."""
    serial = context.app.store.subscribers.feed_serial(profile.stored_id)
    return context.app.links.feed(profile.stored_id, serial or 0)
