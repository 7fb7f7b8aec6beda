from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from digestmail.errors import ConfigError
from digestmail.sources.arxiv.announcement_calendar import (
    HOLIDAYS,
    Announcement,
    announcement_for,
    expected_batch,
    next_announcement,
    quiet_day_reason,
    read_holidays,
)

NEW_YORK = ZoneInfo("America/New_York")
WEEKEND = "weekend: arXiv announces nothing on Friday and Saturday evenings"
HOLIDAY = "holiday: arXiv announces nothing on the evening of Monday 07 September (Labor Day)"


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


def test_a_week() -> None:
    days = [date(2026, 3, 1) + timedelta(days=n) for n in range(7)]  # from Sunday
    assert [bool(announcement_for(day)) for day in days] == [True] * 5 + [False] * 2


def test_an_announcement() -> None:
    found = announcement_for(date(2026, 3, 4))
    assert found == Announcement(date(2026, 3, 4))
    assert found.at == at("2026-03-05T01:00Z")
    assert found.announced_on == date(2026, 3, 5)
    assert found.doubt == ""


@pytest.mark.parametrize(
    ("evening", "utc"),
    [
        ("2026-03-05", "2026-03-06T01:00Z"),
        ("2026-03-08", "2026-03-09T00:00Z"),  # clocks went forward that morning
        ("2026-10-29", "2026-10-30T00:00Z"),
        ("2026-11-01", "2026-11-02T01:00Z"),  # clocks went back that morning
    ],
)
def test_eight_in_the_evening_is_new_yorks(evening: str, utc: str) -> None:
    found = announcement_for(date.fromisoformat(evening))
    assert found is not None
    assert found.at == at(utc)
    assert found.at.tzinfo is UTC
    assert found.at.astimezone(NEW_YORK).hour == 20


@pytest.mark.parametrize("day", sorted(read_holidays(HOLIDAYS)))
def test_holidays_have_no_announcement(day: date) -> None:
    assert announcement_for(day) is None
    assert quiet_day_reason(day + timedelta(days=1))


@pytest.mark.parametrize(
    ("now", "evening"),
    [
        ("2026-03-05T04:59:59Z", "2026-03-03"),
        ("2026-03-05T05:00:00Z", "2026-03-04"),  # midnight in New York: the feed should be there
        ("2026-03-05T00:00:00-05:00", "2026-03-04"),
        ("2026-03-08T12:00:00Z", "2026-03-05"),  # Sunday morning: Thursday's
        ("2026-03-09T04:00:00Z", "2026-03-08"),  # summer time since yesterday
        ("2026-11-27T12:00:00Z", "2026-11-25"),  # Thanksgiving's evening was skipped
        ("2026-12-30T09:00:00+09:00", "2026-12-28"),
    ],
)
def test_the_batch_that_should_be_out(now: str, evening: str) -> None:
    assert expected_batch(at(now)).evening == date.fromisoformat(evening)


@pytest.mark.parametrize(
    ("now", "evening"),
    [
        ("2026-03-05T00:59:59Z", "2026-03-04"),
        ("2026-03-05T01:00:00Z", "2026-03-05"),
        ("2026-03-06T01:00:00Z", "2026-03-08"),  # Thursday's is out: Sunday's
        ("2026-11-26T12:00:00Z", "2026-11-29"),
    ],
)
def test_the_next_one(now: str, evening: str) -> None:
    assert next_announcement(at(now)).evening == date.fromisoformat(evening)


def test_each_hour_of_two_years_lies_between_two_announcements() -> None:
    now = at("2026-01-02T00:30Z")
    while now.year < 2028:
        before, after = expected_batch(now), next_announcement(now)
        assert before.feed_at <= now < after.feed_at
        assert next_announcement(before.at).evening <= after.evening
        now += timedelta(hours=7)


@pytest.mark.parametrize(
    ("day", "reason"),
    [
        ("2026-03-06", None),  # Friday morning: Thursday evening's
        ("2026-03-07", WEEKEND),
        ("2026-03-08", WEEKEND),
        ("2026-03-09", None),
        ("2026-09-08", HOLIDAY),
        ("2026-09-07", None),
    ],
)
def test_quiet_days(day: str, reason: str | None) -> None:
    assert quiet_day_reason(date.fromisoformat(day)) == reason


def test_a_year_that_is_not_listed_is_in_doubt() -> None:
    found = announcement_for(date(2027, 11, 25))
    assert found is not None
    assert found.doubt == "arXiv's holidays of 2027 are not in the calendar yet"
    assert quiet_day_reason(date(2027, 1, 2)) is not None  # Friday's evening, in any year


def test_the_mailing_after_a_friday_off_is_in_doubt() -> None:
    found = announcement_for(date(2026, 7, 5))
    assert found is not None
    assert (
        found.doubt
        == "arXiv was closed on Friday 03 July (Independence Day) and may delay this announcement"
    )


def test_the_table_can_be_edited(tmp_path: Path) -> None:
    path = tmp_path / "holidays.csv"
    path.write_text('date,name\n2027-01-01, New Year \n\n2027-01-18,"King, M. L."\n')
    assert read_holidays(path) == {
        date(2027, 1, 1): "New Year",
        date(2027, 1, 18): "King, M. L.",
    }


@pytest.mark.parametrize("line", ["2027-02-30,Never", "2027-01-01", "1 January,New Year"])
def test_a_bad_line_is_named(tmp_path: Path, line: str) -> None:
    path = tmp_path / "holidays.csv"
    path.write_text(f"date,name\n2027-01-01,New Year\n{line}\n")
    with pytest.raises(ConfigError, match=r"holidays\.csv, line 3: must be a date and a name"):
        read_holidays(path)
