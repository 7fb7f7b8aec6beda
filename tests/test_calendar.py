"""Due times: every zone, every hour, across every change of the clock."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digestmail.calendar import (
    MOST_MISSED,
    Slot,
    checked_timezone,
    due_slots,
    local_date,
    next_slot,
    slot_on,
    utc_now,
)
from digestmail.domain import Schedule
from digestmail.errors import InputError
from digestmail.i18n import Correctable

DAY = timedelta(days=1)
SECOND = timedelta(seconds=1)
ZONES = sorted(available_timezones() - {"localtime", "Factory", "posixrules"})

schedules = st.builds(
    Schedule,
    hour=st.integers(0, 23),
    timezone=st.sampled_from(ZONES),
    weekdays=st.frozensets(st.integers(1, 7), min_size=1),
)
instants = st.integers(0, 120 * 365 * 86_400).map(lambda s: at("1970-01-02") + s * SECOND)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def changes(zone: str) -> list[date]:
    """The local dates of 2026 on which a zone's offset changes."""
    tz, noon = ZoneInfo(zone), time(12)
    days = [date(2026, 1, 1) + n * DAY for n in range(365)]
    offset = {day: datetime.combine(day, noon, tz).utcoffset() for day in [*days, days[-1] + DAY]}
    return [b for a, b in pairwise(days) if offset[a] != offset[b]]


def slots(schedule: Schedule, after: datetime, count: int) -> list[Slot]:
    found: list[Slot] = []
    for _ in range(count):
        found.append(next_slot(schedule, found[-1].at if found else after))
    return found


def test_each_date_around_each_change_has_exactly_one_slot() -> None:
    """All zones by all hours around the changes of 2026, where a cron trigger skips days."""
    zones = {zone: found for zone in ZONES if (found := changes(zone))}
    assert len(zones) > 100
    for zone, days in zones.items():
        for hour in range(24):
            schedule = Schedule(hour=hour, timezone=zone)
            for day in days:
                first = slot_on(schedule, day - 3 * DAY)
                dates = [slot.date for slot in slots(schedule, first.at - SECOND, 6)]
                assert dates == [first.date + n * DAY for n in range(6)]


def test_a_slot_is_at_its_hour_or_just_after_the_gap() -> None:
    for zone in ZONES:
        tz = ZoneInfo(zone)
        for day in changes(zone):
            for hour in range(24):
                local = slot_on(Schedule(hour=hour, timezone=zone), day).at.astimezone(tz)
                late = local.replace(tzinfo=None) - datetime.combine(day, time(hour))
                assert timedelta(0) <= late <= timedelta(hours=2)  # two in Antarctica/Troll
                assert local.fold == 0


@pytest.mark.parametrize(
    ("zone", "hour", "day", "expected"),
    [
        ("Europe/Berlin", 2, "2026-03-29", "2026-03-29T01:00"),  # gap: 03:00 summer time
        ("Europe/Berlin", 2, "2026-10-25", "2026-10-25T00:00"),  # fold: the first 02:00
        ("America/New_York", 2, "2026-03-08", "2026-03-08T07:00"),
        ("Africa/Cairo", 0, "2026-04-24", "2026-04-23T22:00"),  # midnight does not exist
        ("America/Havana", 0, "2026-11-01", "2026-11-01T04:00"),  # midnight comes twice
        ("Australia/Lord_Howe", 2, "2026-10-04", "2026-10-03T15:30"),  # half an hour's gap
        ("Asia/Kathmandu", 7, "2026-06-01", "2026-06-01T01:15"),
        ("Asia/Kolkata", 0, "2026-06-01", "2026-05-31T18:30"),
        ("America/Nuuk", 23, "2026-03-28", "2026-03-29T01:00"),  # the gap ends the day
        ("Pacific/Kiritimati", 7, "2026-06-01", "2026-05-31T17:00"),
    ],
)
def test_slots_that_are_easily_wrong(zone: str, hour: int, day: str, expected: str) -> None:
    slot = slot_on(Schedule(hour=hour, timezone=zone), date.fromisoformat(day))
    assert slot == Slot(at(expected), date.fromisoformat(day))


@pytest.mark.parametrize(
    ("zone", "left_out"),
    [("Pacific/Apia", "2011-12-30"), ("Pacific/Kwajalein", "1993-08-21")],
)
def test_a_date_that_a_zone_leaves_out_has_no_slot(zone: str, left_out: str) -> None:
    day = date.fromisoformat(left_out)
    for hour in range(24):
        schedule = Schedule(hour=hour, timezone=zone)
        start = slot_on(schedule, day - 2 * DAY).at - SECOND
        found = slots(schedule, start, 4)
        assert [slot.date for slot in found] == [day + n * DAY for n in (-2, -1, 1, 2)]
        assert due_slots(schedule, start, found[-1].at) == found


def test_the_next_slot_is_strictly_after() -> None:
    schedule = Schedule(hour=7)
    assert next_slot(schedule, at("2026-11-20T07:00")) == Slot(
        at("2026-11-21T07:00"), date(2026, 11, 21)
    )
    assert next_slot(schedule, at("2026-11-20T06:59")).date == date(2026, 11, 20)


@given(schedules, instants)
def test_slots_increase_and_are_found_again(schedule: Schedule, after: datetime) -> None:
    found = slots(schedule, after, 5)
    assert found[0].at > after
    assert all(a.at < b.at and a.date < b.date for a, b in pairwise(found))
    assert all(next_slot(schedule, slot.at - SECOND) == slot for slot in found)
    assert {slot.date.isoweekday() for slot in found} <= schedule.weekdays


@given(schedules, instants, st.timedeltas(timedelta(0), timedelta(days=20)))
def test_due_slots_are_the_next_ones_up_to_now(
    schedule: Schedule, since: datetime, passed: timedelta
) -> None:
    now = since + passed
    expected: list[Slot] = []
    slot = next_slot(schedule, since - timedelta(microseconds=1))
    while slot.at <= now:
        expected.append(slot)
        slot = next_slot(schedule, slot.at)
    assert due_slots(schedule, since, now) == expected


def test_weekdays_are_those_of_the_subscriber_not_of_utc() -> None:
    schedule = Schedule(hour=7, timezone="Pacific/Auckland", weekdays=frozenset({1}))
    slot = next_slot(schedule, at("2026-11-20T00:00"))
    assert slot == Slot(at("2026-11-22T18:00"), date(2026, 11, 23))  # Sunday in UTC


def test_a_long_downtime_is_told_for_its_last_days_only() -> None:
    found = due_slots(Schedule(hour=7), at("2020-01-01T00:00"), at("2026-11-20T12:00"))
    assert len(found) == MOST_MISSED
    assert found[-1].date == date(2026, 11, 20)


def test_a_clock_set_back_makes_nothing_due() -> None:
    assert due_slots(Schedule(hour=7), at("2026-11-20T07:00"), at("2026-11-20T06:00")) == []


def test_both_ends_are_due() -> None:
    found = due_slots(Schedule(hour=7), at("2026-11-19T07:00"), at("2026-11-20T07:00"))
    assert [slot.date.day for slot in found] == [19, 20]


def test_the_local_date_is_the_subscribers() -> None:
    assert local_date(Schedule(timezone="Asia/Tokyo"), at("2026-11-20T20:00")).day == 21


@pytest.mark.parametrize("name", ["Europe/Rome", "europe/rome", "  EUROPE/ROME\n"])
def test_a_zone_is_given_back_as_it_is_spelled(name: str) -> None:
    assert checked_timezone(name) == "Europe/Rome"


@pytest.mark.parametrize(
    "name",
    [
        "",
        "Mars/Base",
        "../../etc/passwd",
        "/etc/localtime",
        "Rome\0",
        "Factory",
        "localtime",
        "LocalTime",
        "posixrules",
    ],
)
def test_what_is_no_zone_is_refused(name: str) -> None:
    with pytest.raises(InputError, match="Europe/Rome") as caught:
        checked_timezone(name)
    assert caught.value.field == "timezone"


def test_the_clock_is_aware_and_in_utc() -> None:
    assert utc_now().tzinfo is UTC


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("Rome", "Europe/Rome"),
        ("new york", "America/New_York"),
        ("Europe/Roma", "Europe/Rome"),
        ("Asia/Calcuta", "Asia/Calcutta"),
    ],
)
def test_a_city_proposes_its_time_zone(typed: str, meant: str) -> None:
    with pytest.raises(InputError, match=f"is not a time zone. Did you mean {meant}") as caught:
        checked_timezone(typed)
    assert isinstance(caught.value.message, Correctable)
    assert (caught.value.message.typed, caught.value.message.proposals) == (typed, (meant,))


@pytest.mark.parametrize("typed", ["", "?", "Mars/Olympus", "x" * 100_000])
def test_what_is_like_no_time_zone_has_no_proposal(typed: str) -> None:
    with pytest.raises(InputError, match="Try a name such as Europe/Rome"):
        checked_timezone(typed)
