"""The public subscribe forms, both ways: their texts, and the one value that a post is parsed to.

The form of the trending digest asks for an address, and perhaps for categories and a schedule;
the personal form for a profile too.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from digestmail.domain import (
    PROFILE_FIELDS,
    SCHEDULE_FIELDS,
    Profile,
    Schedule,
)
from digestmail.errors import InputError
from digestmail.i18n import N_, Correctable
from digestmail.mail.address import checked_address
from digestmail.mail.address_typos import likely_address
from digestmail.steps.subscribers.validation import Form
from digestmail.web.shared.forms import PostedForm, Texts
from digestmail.web.shared.profile_form import (
    CARRIED,
    SubmittedProfile,
    parse_profile,
    profile_texts,
)
from digestmail.web.shared.request_context import RequestContext
from digestmail.web.shared.schedule_form import parse_schedule, schedule_texts

_PROFILE_AT_SIGNUP = tuple(name for name, field in PROFILE_FIELDS.items() if field.at_signup)
_SCHEDULE_AT_SIGNUP = tuple(name for name, field in SCHEDULE_FIELDS.items() if field.at_signup)
_PROFILE_OF_TRENDING = ("categories",)
ADDRESS_CHECKED = "address_checked"  # an address that looked mistyped, and was shown as such
_LIKELY_SLIP = N_("did you mean %(meant)s? If “%(address)s” is right, press “Subscribe” again")


@dataclass(frozen=True, slots=True)
class SubmittedSubscription:
    """A subscription as a public form describes it; valid where ``problems`` is empty.

    ``texts`` are those of the form as it is shown again.
    """

    email: str
    profile: SubmittedProfile
    schedule: Schedule
    texts: Texts
    problems: Mapping[str, str]

    def request(self, context: RequestContext, now: datetime) -> None:
        """Ask for a confirmation by email; see ``SubscriptionService.subscribe``."""
        context.app.subscriptions.subscribe(
            self.email,
            self.profile.profile,
            self.schedule,
            now,
            self.profile.seeds.uploads,
            language=context.pages.words.language,
        )


def subscription_texts(texts: Texts) -> dict[str, str]:
    """Return the public form's texts with those that a visitor has typed."""
    blank = profile_texts(Profile()) | schedule_texts(Schedule())
    blank |= dict.fromkeys(("email", CARRIED, ADDRESS_CHECKED), "")
    return {name: texts.get(name, default) for name, default in blank.items()}


def prefilled_texts(texts: Texts) -> dict[str, str]:
    """Return the public form's texts as a link or a form of another site fills it in.

    Of the hidden uploads nothing is taken.
    """
    return subscription_texts(texts) | {CARRIED: ""}


def asks_for_trending(texts: Texts) -> bool:
    """Return whether a link asks for the trending digest alone: it names no other interest."""
    others = (name for name in _PROFILE_AT_SIGNUP if name not in ("trending", "categories"))
    return "trending" in texts and not any(texts.get(name) for name in others)


def parse_subscription(context: RequestContext, posted: PostedForm) -> SubmittedSubscription:
    """Parse the personal form; one that names no interest asks for the trending digest."""
    return _with_address_and_schedule(parse_signup_profile(context, posted), posted)


def parse_signup_profile(context: RequestContext, posted: PostedForm) -> SubmittedProfile:
    """Parse the profile of the personal form; without an interest it is of trending papers."""
    submitted = parse_profile(context, posted, context.app.new_profile, fields=_PROFILE_AT_SIGNUP)
    if not (submitted.profile.is_empty or submitted.profile.is_trending_only):
        return submitted
    trending = context.app.new_trending_profile.trending
    return replace(submitted, profile=replace(submitted.profile, trending=trending))


def parse_trending_subscription(
    context: RequestContext, posted: PostedForm
) -> SubmittedSubscription:
    """Parse the form of the trending digest."""
    texts = {name: posted.texts.get(name, "") for name in _PROFILE_OF_TRENDING}
    default = context.app.new_trending_profile
    profile = parse_profile(context, PostedForm(texts), default, fields=_PROFILE_OF_TRENDING)
    return _with_address_and_schedule(profile, posted)


def _with_address_and_schedule(
    profile: SubmittedProfile, posted: PostedForm
) -> SubmittedSubscription:
    address, timing = Form(), Form()
    texts = {**posted.texts, **profile.texts}
    email = address.take(lambda text: checked_email(text, texts), texts.get("email", ""), "")
    schedule = parse_schedule(texts, timing, Schedule(), _SCHEDULE_AT_SIGNUP)
    if isinstance(address.problems.get("email"), Correctable):
        texts[ADDRESS_CHECKED] = texts["email"]
    problems = address.problems | dict(profile.problems) | timing.problems
    return SubmittedSubscription(email, profile, schedule, texts, problems)


def checked_email(text: str, texts: Texts) -> str:
    """Return the address in a form's field; InputError for one that mail cannot be sent to.

    An address that looks mistyped is an error once: sent again as it is, it is taken.
    """
    email = checked_address(text, local=False)
    meant = likely_address(email)
    if meant and texts.get(ADDRESS_CHECKED, "").strip() != text.strip():
        problem = Correctable.of(_LIKELY_SLIP, text.strip(), (meant,), address=email, meant=meant)
        raise InputError("email", problem)
    return email
