"""Subscribers as files: CSV with a row for each profile, or JSON; out and in again."""

import csv
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import chain, count
from typing import Any

from digestmail.domain import (
    PROFILE_LISTS,
    PROFILE_VALUES,
    Profile,
    Schedule,
    Subscriber,
    SubscriberStatus,
)
from digestmail.errors import InputError
from digestmail.mail.address import checked_address
from digestmail.steps.checks import Form, profile_of, schedule_of, yes_no
from digestmail.steps.export import FORMULA, harmless
from digestmail.steps.subscribe import Desk

_OWN = ("email", "status", "hour", "timezone", "weekdays", "wait_hours", "send_empty")
COLUMNS = (*_OWN, *PROFILE_VALUES[:1], *PROFILE_LISTS, *PROFILE_VALUES[1:])


def plain(subscriber: Subscriber) -> dict[str, Any]:
    """A subscriber as JSON has it; ``parse_roster`` takes it back."""
    schedule = subscriber.schedule
    return {
        "email": subscriber.email,
        "status": str(subscriber.status),
        "hour": schedule.hour,
        "timezone": schedule.timezone,
        "weekdays": ",".join(map(str, sorted(schedule.weekdays))),
        "wait_hours": schedule.wait_hours,
        "send_empty": yes_no(schedule.send_empty),
        "profiles": [_plain_profile(profile) for profile in subscriber.profiles],
    }


def _plain_profile(profile: Profile) -> dict[str, Any]:
    values: dict[str, Any] = {name: getattr(profile, name) for name in PROFILE_VALUES}
    return values | {name: list(getattr(profile, name)) for name in PROFILE_LISTS}


def exported_json(subscribers: Sequence[Subscriber]) -> str:
    """All subscribers as one JSON array."""
    return json.dumps([plain(s) for s in subscribers], indent=2, ensure_ascii=False) + "\n"


def exported_csv(subscribers: Sequence[Subscriber]) -> str:
    """All subscribers as CSV, one row for each profile; cells are harmless in a spreadsheet."""
    target = io.StringIO()
    writer = csv.DictWriter(target, COLUMNS)
    writer.writeheader()
    for subscriber in subscribers:
        own = plain(subscriber)
        for profile in own.pop("profiles") or [{}]:
            joined = {k: "; ".join(v) if isinstance(v, list) else v for k, v in profile.items()}
            writer.writerow({k: harmless(str(v)) for k, v in {**own, **joined}.items()})
    return target.getvalue()


def _as_typed(cell: str) -> str:
    return cell[1:] if cell.startswith("'") and cell[1:].startswith(FORMULA) else cell


@dataclass(frozen=True, slots=True)
class Entry:
    """One subscriber of a file, checked."""

    where: str
    email: str
    status: SubscriberStatus | None
    schedule: Schedule
    profiles: tuple[Profile, ...]

    def enter(self, desk: Desk, now: datetime, *, active: bool) -> None:
        """Add the subscriber: ``active`` at once or asked, but never against a past refusal.

        InputError when the address is known or suppressed.
        """
        refused = self.status in (SubscriberStatus.BOUNCED, SubscriberStatus.COMPLAINED)
        if refused or self.status is SubscriberStatus.UNSUBSCRIBED:
            raise InputError("email", f"{self.email} is {self.status} in the file: left out")
        agreed = active and self.status is not SubscriberStatus.PENDING
        added = desk.add(self.email, self.profiles, self.schedule, now, active=agreed)
        if self.status is SubscriberStatus.PAUSED and agreed:
            desk.pause(added)


def parse_roster(text: str, *, as_csv: bool, default: Profile) -> tuple[list[Entry], list[str]]:
    """The subscribers of a file, and one line for each entry that is wrong.

    Rows of one address that follow each other are that subscriber's profiles. InputError when
    the file as a whole is not what it should be.
    """
    entries: dict[str, Entry] = {}
    problems: list[str] = []
    for where, values in _csv_rows(text) if as_csv else _json_rows(text):
        try:
            if isinstance(values, str):
                raise InputError("entry", values)
            entry = _entry(where, values, default)
        except InputError as error:
            problems.append(f"{where}: {error}")
            continue
        first = entries.get(entry.email)
        before = first.profiles if first else ()
        (profile,) = entry.profiles
        names = [known.name for known in before]
        if profile.name in names and values.get("name", "").strip():
            problems.append(f"{where}: name: a second profile “{profile.name}” of {entry.email}")
            continue
        profiles = (*before, replace(profile, name=_free_name(profile.name, names)))
        entries[entry.email] = replace(entry, profiles=profiles)
    return list(entries.values()), problems


def _entry(where: str, values: Mapping[str, str], default: Profile) -> Entry:
    form = Form()
    given = {name: value for name, value in values.items() if value.strip()}
    email = form.take(checked_address, values.get("email", ""), "")
    status = form.take(_status, values.get("status", ""), None)
    schedule = schedule_of(given, form, Schedule())
    profile = profile_of(given, form, default)
    form.finish()
    if profile.is_empty:
        raise InputError("keywords", "there is nothing to choose papers by")
    return Entry(where, email, status, schedule, (profile,))


def _status(text: str) -> SubscriberStatus | None:
    try:
        return SubscriberStatus(text.strip().lower()) if text.strip() else None
    except ValueError:
        known = ", ".join(SubscriberStatus)
        raise InputError("status", f"“{text[:20]}” is none of {known}") from None


def _free_name(name: str, taken: Sequence[str]) -> str:
    """``name``, or with a number after it where it is taken."""
    numbered = (f"{name} {number}" for number in count(2))
    return next(free for free in chain([name], numbered) if free not in taken)


_Row = tuple[str, dict[str, str] | str]  # where it stands; its values, or what is wrong with it


def _csv_rows(text: str) -> Iterator[_Row]:
    reader = csv.reader(io.StringIO(text), strict=True)
    names: list[str] = []
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield f"line {reader.line_num}", f"is not CSV: {error}"
            continue
        if not names:
            names = [name.strip().lower() for name in cells]
            _check_columns(names)
        elif cells:
            yield f"line {reader.line_num}", _row(names, cells)


def _row(names: Sequence[str], cells: Sequence[str]) -> dict[str, str] | str:
    if len(cells) != len(names):
        return f"has {len(cells)} cells instead of {len(names)}"
    return dict(zip(names, map(_as_typed, cells), strict=True))


def _check_columns(names: Sequence[str]) -> None:
    if "email" not in names:
        raise InputError("file", "has no column “email” in its first line")
    unknown = [name for name in names if name not in COLUMNS]
    if unknown:
        raise InputError(
            "file", f"has an unknown column “{unknown[0][:30]}”; known are {', '.join(COLUMNS)}"
        )


def _json_rows(text: str) -> Iterator[_Row]:
    try:
        array = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InputError("file", f"is not JSON: {error}") from None
    if not isinstance(array, list):
        raise InputError("file", "should hold an array of subscribers")
    for number, one in enumerate(array, 1):
        where = f"entry {number}"
        if not isinstance(one, dict):
            yield where, "is no object"
            continue
        own = {k: _text(v) for k, v in one.items() if k in _OWN}
        profiles = one.get("profiles") or [{}]
        if not isinstance(profiles, list) or not all(isinstance(p, dict) for p in profiles):
            yield where, "should have its profiles in an array of objects"
            continue
        for profile in profiles:
            yield where, own | {k: _text(v) for k, v in profile.items() if k in COLUMNS}


def _text(value: object) -> str:
    if isinstance(value, list):
        return "\n".join(map(str, value))
    return "" if value is None else str(value)
