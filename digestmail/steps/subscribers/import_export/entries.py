"""People as they will be entered: records checked, the rows of one address joined."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import chain, count

from digestmail.domain import (
    PROFILE_FIELDS,
    Profile,
    Schedule,
    SubscriberStatus,
)
from digestmail.errors import InputError
from digestmail.mail.address import checked_address
from digestmail.steps.subscribers.import_export.addresses import addresses_in
from digestmail.steps.subscribers.import_export.records import Record
from digestmail.steps.subscribers.import_export.statuses import REFUSALS, strictest
from digestmail.steps.subscribers.import_export.time_zones import time_zone_name
from digestmail.steps.subscribers.subscription import MOST_PROFILES
from digestmail.steps.subscribers.validation import Form, profile_of, schedule_of

_FIELD_NAMES = {field.column: name for name, field in PROFILE_FIELDS.items()}
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[a-z0-9]{2,8})*", re.IGNORECASE)
_DEFAULT_LANGUAGE = "en"
_PROGRESS_EVERY = 500  # records


@dataclass(frozen=True, slots=True)
class Entry:
    """One person of a file, checked. ``status`` is None where the file tells none."""

    where: str
    email: str
    status: SubscriberStatus | None = None
    schedule: Schedule = field(default_factory=Schedule)
    profiles: tuple[Profile, ...] = ()
    language: str = _DEFAULT_LANGUAGE
    paused_until: date | None = None

    @property
    def is_refusal(self) -> bool:
        """Return whether they left, bounced or complained."""
        return self.status in REFUSALS


@dataclass(slots=True)
class Entries:
    """The people of a file, in order, and what is to be told about its rows.

    ``profile``, ``schedule`` and ``status`` are for those whose row tells none; ``defaulted``
    counts those who have the status. ``trending`` papers come to those whose row names nothing to
    choose papers by, nor does ``profile`` but for categories; 0: nothing comes to them.
    """

    profile: Profile
    schedule: Schedule
    status: SubscriberStatus | None = None
    trending: int = 0
    defaulted: int = 0
    people: dict[str, Entry] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    _held: set[str] = field(default_factory=set)  # addresses with a status that nobody knows

    def read(self, records: Iterable[Record], progress: Callable[[int], None]) -> "Entries":
        """Check records and join them to those before; what is wrong becomes a problem."""
        for number, record in enumerate(records, 1):
            try:
                self._read_record(record)
            except InputError as error:
                self.problems.append(f"{record.where}: {error}")
            if number % _PROGRESS_EVERY == 0:
                progress(number)
        for email in self._held & self.people.keys():
            if not self.people[email].is_refusal:
                del self.people[email]
        return self

    def _read_record(self, record: Record) -> None:
        if record.problem:
            self.problems.append(f"{record.where}: {record.problem}")
            return
        email, *further = _addresses(record.values.get("email", ""))
        status = strictest(record.statuses)
        if status is None and not record.status_problem and self.status:
            status = self.status
            self.defaulted += 1
        if status in REFUSALS:
            for refused in (email, *further):
                self._join(replace(self._refusal(record, refused), status=status))
            return
        if record.status_problem:
            self._held.add(email)
            self.problems.append(f"{record.where}: {record.status_problem}")
            return
        if further:
            line = f"{record.where}: several addresses; only the first is used: {email}"
            self.warnings.append(line)
        self._join(self._entry(record, email, status))

    def _refusal(self, record: Record, email: str) -> Entry:
        """Return who refuses; of a person who gets no mail, nothing else need be right."""
        try:
            return self._entry(record, email, None)
        except InputError:
            return Entry(record.where, email, schedule=self.schedule)

    def _entry(self, record: Record, email: str, status: SubscriberStatus | None) -> Entry:
        values, form = _by_field(record.values), Form()
        schedule = schedule_of(values, form, self.schedule)
        profile = self._profile(values, form)
        until = form.take(_date, values.get("paused_until", ""), None)
        form.finish()
        language = values.get("language", "").strip().replace("_", "-")
        return Entry(
            record.where,
            email,
            status,
            schedule,
            () if profile.is_empty else (profile,),
            language if _LANGUAGE.fullmatch(language) else _DEFAULT_LANGUAGE,
            until if status is SubscriberStatus.PAUSED else None,
        )

    def _profile(self, values: Mapping[str, str], form: Form) -> Profile:
        profile = profile_of(values, form, self.profile)
        is_named = (
            profile.names_interest or profile.trending or values.get("categories", "").strip()
        )
        if is_named or not self.trending:
            return profile
        return replace(profile, trending=self.trending)

    def _join(self, entry: Entry) -> None:
        """Add a person, or what another row tells of them: profiles, and the strictest status."""
        first = self.people.get(entry.email)
        if first is None:
            self.people[entry.email] = entry
            return
        status = strictest(filter(None, (first.status, entry.status)))
        joined = replace(first, status=status)
        self.people[entry.email] = joined  # a refusal counts whatever is wrong with the profile
        for profile in entry.profiles:
            profiles = _with_profile(joined.profiles, profile, entry.email)
            self.people[entry.email] = replace(joined, profiles=profiles)


def _addresses(cell: str) -> list[str]:
    """Return the checked addresses of a cell, the first of which must be good; or InputError."""
    if not cell.strip():
        raise InputError("email", "it has no email address")
    first, *further = addresses_in(cell) or [cell]
    checked = [checked_address(first)]
    for address in further:
        with suppress(InputError):
            checked.append(checked_address(address))
    return list(dict.fromkeys(checked))


def _by_field(values: Mapping[str, str]) -> dict[str, str]:
    """Return values by the names that the checks know."""
    named = {_FIELD_NAMES.get(name, name): value for name, value in values.items()}
    if zone := named.get("timezone", ""):
        with suppress(InputError):  # the check names it together with what else is wrong
            named["timezone"] = time_zone_name(zone)
    return named


def _date(text: str) -> date | None:
    try:
        return date.fromisoformat(text.strip()) if text.strip() else None
    except ValueError:
        raise InputError(
            "paused_until", f"“{text[:20]}” is not a date such as 2026-12-31"
        ) from None


def _with_profile(profiles: Sequence[Profile], profile: Profile, email: str) -> tuple[Profile, ...]:
    """Return the profiles with one more, unless there is its like; InputError for a second one
    of its name.

    A profile whose name is nobody's choice gets a number.
    """
    if any(replace(known, name=profile.name) == profile for known in profiles):
        return tuple(profiles)
    if len(profiles) >= MOST_PROFILES:
        raise InputError(
            "profile", f"{email} already has {MOST_PROFILES} profiles, the limit; left out"
        )
    names = [known.name for known in profiles]
    if profile.name in names and profile.name != Profile().name:
        raise InputError("profile", f"a second profile “{profile.name}” of {email}")
    return (*profiles, replace(profile, name=_free_name(profile.name, names)))


def _free_name(name: str, names: Sequence[str]) -> str:
    """Return ``name``, with a number after it where ``names`` has it already."""
    numbered = (f"{name} {number}" for number in count(2))
    return next(free for free in chain([name], numbered) if free not in names)
