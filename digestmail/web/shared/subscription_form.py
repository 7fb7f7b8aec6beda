"""The public subscribe form, both ways: its texts, and the one value that a post is parsed to."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

from digestmail.domain import PROFILE_FIELDS, SCHEDULE_FIELDS, Profile, Schedule
from digestmail.mail.address import checked_address
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


@dataclass(frozen=True, slots=True)
class SubmittedSubscription:
    """A subscription as the public form describes it; valid where ``problems`` is empty."""

    email: str
    profile: SubmittedProfile
    schedule: Schedule
    problems: Mapping[str, str]


def subscription_texts(texts: Texts) -> dict[str, str]:
    """Return the public form's texts with those that a visitor has typed."""
    blank = profile_texts(Profile()) | schedule_texts(Schedule()) | {"email": "", CARRIED: ""}
    return {name: texts.get(name, default) for name, default in blank.items()}


def prefilled_texts(texts: Texts) -> dict[str, str]:
    """Return the public form's texts as a link or a form of another site fills it in.

    Of the hidden uploads nothing is taken.
    """
    return subscription_texts(texts) | {CARRIED: ""}


def parse_subscription(context: RequestContext, posted: PostedForm) -> SubmittedSubscription:
    """Parse the posted form: the address, the profile and the schedule."""
    address, timing = Form(), Form()
    check = partial(checked_address, local=False)
    email = address.take(check, posted.texts.get("email", ""), "")
    profile = parse_signup_profile(context, posted)
    schedule = parse_schedule(posted.texts, timing, Schedule(), _SCHEDULE_AT_SIGNUP)
    problems = address.problems | profile.all_problems | timing.problems
    return SubmittedSubscription(email, profile, schedule, problems)


def parse_signup_profile(context: RequestContext, posted: PostedForm) -> SubmittedProfile:
    """Parse the fields of a profile that the public form asks for."""
    return parse_profile(context, posted, context.app.new_profile, fields=_PROFILE_AT_SIGNUP)
