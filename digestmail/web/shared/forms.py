"""Between the texts of a form and the values of the domain, both ways."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache, partial
from hashlib import sha256
from typing import Annotated
from zoneinfo import available_timezones

from fastapi import Depends, Request

from digestmail.domain import (
    EVERY_DAY,
    FIELDS,
    MAX_WAIT_HOURS,
    PROFILE_FIELDS,
    SCHEDULE_FIELDS,
    THRESHOLDS,
    Profile,
    Schedule,
)
from digestmail.errors import FormError, InputError
from digestmail.i18n import N_, Translatable
from digestmail.mail.address import checked_address
from digestmail.render.locale import ENGLISH, Words
from digestmail.sources.files.reference_library import FIELD, LARGEST
from digestmail.steps.subscribers.validation import Form, profile_of, schedule_of

Texts = Mapping[str, str]

SEEN = "seen"  # the field with the fingerprint of the values that a form was filled with
_MOST_FIELDS = 60
_AT_SIGNUP = tuple(name for name, field in PROFILE_FIELDS.items() if field.at_signup)
_FRIDAY = "5"  # proposed to who chooses a weekly mail
_SCHEDULE_AT_SIGNUP = tuple(name for name, field in SCHEDULE_FIELDS.items() if field.at_signup)
_UNTICKED = {"weekdays": "", "send_empty": "no"}  # browsers leave out boxes that are not ticked
_NOTHING_NAMED = Translatable(N_("name at least one keyword, interest, category or author"))


@dataclass(frozen=True, slots=True)
class Upload:
    """The file of a form, whole."""

    filename: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Sent:
    """A posted form: its texts by field, and the file if there was one."""

    texts: dict[str, str]
    upload: Upload | None = None


async def _sent(request: Request) -> Sent:
    """A posted form, of either encoding; a repeated field is joined by commas."""
    texts: dict[str, list[str]] = {}
    upload = None
    async with request.form(max_files=1, max_fields=_MOST_FIELDS) as form:
        for name, value in form.multi_items():
            if isinstance(value, str):
                texts.setdefault(name, []).append(value)
            elif name == FIELD and value.filename:  # an empty one where none was chosen
                upload = Upload(value.filename, await value.read())
    return Sent({name: ",".join(values) for name, values in texts.items()}, upload)


async def _posted(sent: Annotated[Sent, Depends(_sent)]) -> dict[str, str]:
    return sent.texts


PostedWithFile = Annotated[Sent, Depends(_sent)]
Posted = Annotated[dict[str, str], Depends(_posted)]


@dataclass(frozen=True, slots=True)
class FormView:
    """A form as it is shown. ``prefix`` keeps its ids apart from those of others on the page."""

    values: Texts
    problems: Texts = field(default_factory=dict)
    prefix: str = ""

    @property
    def largest_file(self) -> int:
        """How many bytes of a file are read."""
        return LARGEST

    def uses(self, *names: str) -> bool:
        """Whether one of these fields has a text or a problem."""
        return any(self.values.get(name) or name in self.problems for name in names)


@dataclass(frozen=True, slots=True)
class Application:
    """What the public form asks for."""

    email: str
    profile: Profile
    schedule: Schedule


def checked_application(
    values: Texts, blank: Profile, problems: Texts | None = None
) -> Application:
    """The checked public form, or FormError. ``blank`` has the limits of a new profile.

    ``problems`` are those that were found already.
    """
    form = Form()
    form.problems.update(problems or {})
    email = form.take(partial(checked_address, local=False), values.get("email", ""), "")
    profile = profile_of(_only(values, _AT_SIGNUP), form, blank)
    _refuse_empty(profile, form)
    schedule = schedule_of(_with_boxes(_with_days(values), _SCHEDULE_AT_SIGNUP), form, Schedule())
    form.finish()
    return Application(email, profile, schedule)


def tried_profile(values: Texts, blank: Profile) -> tuple[Profile, dict[str, str]]:
    """The profile of a public form that may not be finished, and what is wrong with it."""
    form = Form()
    return profile_of(_only(values, _AT_SIGNUP), form, blank), form.problems


def tried_change(values: Texts, before: Profile) -> tuple[Profile, dict[str, str]]:
    """A profile as its unfinished form would change it, and what is wrong; a name can wait."""
    form = Form()
    profile = profile_of(values, form, before)
    form.problems.pop("name", None)
    return profile, form.problems


def checked_profile(values: Texts, before: Profile, problems: Texts | None = None) -> Profile:
    """A profile as changed by its form, or FormError; ``problems`` were found already."""
    form = Form()
    form.problems.update(problems or {})
    profile = profile_of(values, form, before)
    _refuse_empty(profile, form)
    form.finish()
    return profile


def checked_schedule(values: Texts, before: Schedule) -> Schedule:
    """A schedule as changed by its form, or FormError."""
    form = Form()
    schedule = schedule_of(_with_boxes(_with_days(values), SCHEDULE_FIELDS), form, before)
    form.finish()
    return schedule


def _refuse_empty(profile: Profile, form: Form) -> None:
    if profile.is_empty and form.problems.keys() <= {"email", "name"}:
        form.problems["keywords"] = _NOTHING_NAMED


def _only(values: Texts, names: Iterable[str]) -> dict[str, str]:
    return {name: values[name] for name in names if name in values}


def _with_boxes(values: Texts, names: Iterable[str]) -> dict[str, str]:
    """The fields of these names, with what boxes mean that were left out."""
    return _only(_UNTICKED, names) | _only(values, names)


def _with_days(values: Texts) -> Texts:
    """The fields with the one day of a weekly mail as its weekdays."""
    weekly = values.get("rhythm") == "weekly"
    return {**values, "weekdays": values.get("weekday", "")} if weekly else values


def problems_of(error: InputError) -> dict[str, str]:
    """What to tell beside each field."""
    return error.problems if isinstance(error, FormError) else {error.field: error.message}


# --- from values to texts --------------------------------------------------------------------


def application_texts(given: Texts) -> dict[str, str]:
    """The public form with what is ``given`` filled in, by a visitor or by a link's query."""
    blank = profile_texts(Profile()) | schedule_texts(Schedule()) | {"email": "", "carried": ""}
    return {name: given.get(name, text) for name, text in blank.items()}


def profile_texts(profile: Profile) -> dict[str, str]:
    """A profile as its form has it; read back it is the same profile."""
    return {name: field.text(getattr(profile, name)) for name, field in PROFILE_FIELDS.items()}


def seen(texts: Texts) -> dict[str, str]:
    """The hidden field that changes with the stored values a form was filled with."""
    return {SEEN: sha256(repr(sorted(texts.items())).encode()).hexdigest()[:16]}


def changed_meanwhile(sent: Texts, stored: Texts, field: str) -> FormError | None:
    """What to tell of a form that was filled with other values than are stored, if it was."""
    if SEEN not in sent or sent[SEEN] == seen(stored)[SEEN]:
        return None
    text = N_(
        "this was changed meanwhile, in another window or by another link;"
        " press the button again to keep what stands here"
    )
    return FormError({field: Translatable(text)})


def schedule_texts(schedule: Schedule) -> dict[str, str]:
    """A schedule as its form has it: the boxes of a weekly one are those of every day."""
    days = EVERY_DAY if schedule.is_weekly else schedule.weekdays
    texts = {name: field.text(getattr(schedule, name)) for name, field in SCHEDULE_FIELDS.items()}
    return texts | {
        "rhythm": "weekly" if schedule.is_weekly else "daily",
        "weekday": str(min(schedule.weekdays)) if schedule.is_weekly else _FRIDAY,
        "weekdays": SCHEDULE_FIELDS["weekdays"].text(days),
    }


def again(shown: FormView, typed: Texts, error: InputError) -> FormView:
    """A form with what was typed kept, and what is wrong with it."""
    kept = {**shown.values, **_with_boxes(typed, shown.values)}
    if SEEN in shown.values:  # pressed again it is a form of what is stored now
        kept[SEEN] = shown.values[SEEN]
    return replace(shown, values=kept, problems=problems_of(error))


# --- what there is to choose from ------------------------------------------------------------

_HOW_MUCH = (
    N_("Few: only the closest"),
    N_("Fewer"),
    N_("Balanced"),
    N_("More"),
    N_("Many: anything related"),
)
HOURS = {str(hour): f"{hour:02}:00" for hour in range(24)}


def choices(words: Words) -> dict[str, object]:
    """What the fields of the forms offer, in one language."""
    return {
        "fields": FIELDS,
        "hours": HOURS,
        "weekdays": _numbered(words.short_weekdays),
        "days": _numbered(words.weekdays),
        "waits": _waits(words),
        "timezones": timezones,
        "thresholds": partial(thresholds, words=words),
    }


def _numbered(names: Iterable[str]) -> dict[str, str]:
    return {str(number): name for number, name in enumerate(names, 1)}


def _waits(words: Words) -> dict[str, str]:
    waits = {"0": words.gettext(N_("Do not wait"))}
    for hours in range(1, MAX_WAIT_HOURS + 1):
        wait = words.ngettext("Wait up to %(num)s hour", "Wait up to %(num)s hours", hours)
        waits[str(hours)] = wait
    return waits


def thresholds(current: str, words: Words = ENGLISH) -> dict[str, str]:
    """The least scores to choose from, the current one among them."""
    known = {f"{t:g}": words.gettext(n) for t, n in zip(THRESHOLDS, _HOW_MUCH, strict=True)}
    now = words.gettext(N_("As now (%(threshold)s)"), threshold=current)
    return known if current in known else {current: now, **known}


@lru_cache
def timezones() -> list[str]:
    """The time zones to propose: UTC and those named after a place."""
    places = (name for name in available_timezones() if "/" in name)
    return ["UTC", *sorted(name for name in places if not name.startswith(("Etc/", "US/")))]
