"""When a digest is due: wall-clock schedules turned into UTC instants, right across DST.

A slot is one local date on which a subscriber wants a digest, with the instant of their hour.
Where the clock jumps over that hour the slot moves forward by the jump; where the hour comes
twice the first one counts (PEP 495, fold=0). So each wanted date has exactly one slot; a date
that a zone leaves out by moving across the date line has none.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, available_timezones

from rapidfuzz.distance import OSA

from digestmail.domain import Schedule
from digestmail.errors import InputError
from digestmail.i18n import N_, Correctable, Translatable

_DAY = timedelta(days=1)
MOST_MISSED = 31  # days of a long downtime whose slots are still told one by one


@dataclass(frozen=True, slots=True, order=True)
class Slot:
    """A digest's time (UTC) and the local date it is for."""

    at: datetime
    date: date


def utc_now() -> datetime:
    """Return the real clock."""
    return datetime.now(UTC)


_NEAREST = 3  # time zones that are proposed for a text that is none
_LEAST_CITY = 4  # letters: shorter names are a letter away from many others
_NOWHERE = {"Factory", "localtime", "posixrules"}  # files beside the zones; no place has them


@lru_cache
def _names() -> dict[str, str]:
    return {name.lower(): name for name in available_timezones() - _NOWHERE}


def checked_timezone(name: str) -> str:
    """Return the IANA name as it is spelled, or InputError."""
    known = _names().get(name.strip().lower())
    if known:
        return known
    nearest = _nearest_timezones(name)
    if nearest:
        meant = N_("“%(name)s” is not a time zone. Did you mean %(nearest)s?")
        values = {"name": name[:60], "nearest": ", ".join(nearest)}
        raise InputError("timezone", Correctable.of(meant, name, nearest, **values))
    wrong = N_("“%(name)s” is not a time zone. Try a name such as Europe/Rome")
    raise InputError("timezone", Translatable(wrong, name=name[:60]))


def _nearest_timezones(name: str) -> list[str]:
    """Return a few time zones that a text may mean: of the same city, or with one slip."""
    typed = "_".join(name[:60].lower().split())
    city = typed.rpartition("/")[2]
    cities = {zone: zone.lower().rpartition("/")[2] for zone in _names().values() if "/" in zone}
    of_city = [zone for zone, known in cities.items() if known == city]
    with_slip = [
        zone
        for zone, known in cities.items()
        if len(city) >= _LEAST_CITY and OSA.distance(city, known) == 1
    ]
    return sorted(of_city or with_slip)[:_NEAREST]


def local_date(schedule: Schedule, at: datetime) -> date:
    """Return the subscriber's date at an instant."""
    return at.astimezone(ZoneInfo(schedule.timezone)).date()


def slot_on(schedule: Schedule, day: date) -> Slot:
    """Return the slot of a local date, whatever its weekday."""
    wall = datetime(day.year, day.month, day.day, schedule.hour, tzinfo=ZoneInfo(schedule.timezone))
    return Slot(wall.astimezone(UTC), day)


def moved_slot(schedule: Schedule, due: datetime) -> Slot | None:
    """Return the slot due at an instant whose date now has an earlier hour, else None."""
    day = local_date(schedule, due)
    is_earlier = _is_slot(schedule, day) and slot_on(schedule, day).at < due
    return Slot(due, day) if is_earlier else None


def next_slot(schedule: Schedule, after: datetime) -> Slot:
    """Return the first slot strictly after an instant. ``schedule.weekdays`` must not be empty."""
    return next(slot for slot in _slots(schedule, after) if slot.at > after)


def due_slots(schedule: Schedule, since: datetime, now: datetime) -> list[Slot]:
    """Return the slots from ``since`` to ``now``, both included, of the last MOST_MISSED days.

    After a downtime the last one is to be served and the others were missed.
    """
    start = max(since, now - MOST_MISSED * _DAY)
    due: list[Slot] = []
    for slot in _slots(schedule, start):
        if slot.at > now:
            return due
        if slot.at >= start:
            due.append(slot)
    return due


def _slots(schedule: Schedule, instant: datetime) -> Iterator[Slot]:
    """Yield all slots in order, from a day or more before ``instant`` on."""
    day = local_date(schedule, instant) - _DAY
    while True:
        if _is_slot(schedule, day):
            yield slot_on(schedule, day)
        day += _DAY


def _is_slot(schedule: Schedule, day: date) -> bool:
    return day.isoweekday() in schedule.weekdays and _exists(schedule, day)


def _exists(schedule: Schedule, day: date) -> bool:
    # Pacific/Apia had no 30 December 2011; its slot would fall together with the next day's.
    return slot_on(schedule, day).at < slot_on(schedule, day + _DAY).at
