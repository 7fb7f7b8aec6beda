"""arXiv's announcement calendar: the evenings on which new papers come out, and why not on others.

https://info.arxiv.org/help/availability.html: at 20:00 in New York from Sunday to Thursday, but
not on the evenings of the holidays that arXiv lists each year. arXiv also defers mailings at
short notice, so this is an expectation; the feed is the truth.
"""

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from pathlib import Path
from zoneinfo import ZoneInfo

from digestmail.errors import ConfigError

HOLIDAYS = Path(__file__).with_name("holidays.csv")
_NEW_YORK = ZoneInfo("America/New_York")
_AT = time(20)
_DAY = timedelta(days=1)
_FRIDAY, _SATURDAY, _SUNDAY = 5, 6, 7  # ISO
_WEEKEND = "weekend: arXiv announces nothing on Friday and Saturday evenings"


@dataclass(frozen=True, slots=True)
class Announcement:
    """A mailing. ``doubt`` is the reason why it may not come after all; empty when it should."""

    evening: date  # in New York
    doubt: str = ""

    @property
    def at(self) -> datetime:
        """The time at which it comes, in UTC."""
        return datetime.combine(self.evening, _AT, _NEW_YORK).astimezone(UTC)

    @property
    def announced_on(self) -> date:
        """The date of its papers in arXiv's feed: that of the morning after."""
        return self.evening + _DAY

    @property
    def feed_at(self) -> datetime:
        """The time at which the day's feed should be there, in UTC: midnight in New York."""
        return datetime.combine(self.announced_on, time(), _NEW_YORK).astimezone(UTC)


def announcement_for(day: date) -> Announcement | None:
    """Return the mailing on the evening of a day in New York; None on a weekend or holiday."""
    if _reason_for_none(day):
        return None
    return Announcement(day, _doubt(day))


def expected_batch(now: datetime) -> Announcement:
    """Return the latest announcement that feeds should have by ``now``, which must be aware."""
    return next(mailing for mailing in _announcements(now, -_DAY) if mailing.feed_at <= now)


def next_announcement(now: datetime) -> Announcement:
    """Return the first announcement after ``now``, which must be aware."""
    return next(mailing for mailing in _announcements(now, _DAY) if mailing.at > now)


def local_day(now: datetime) -> date:
    """Return arXiv's date at an instant: that in New York."""
    return now.astimezone(_NEW_YORK).date()


def quiet_day_reason(day: date) -> str | None:
    """Return why no papers bear this date, of the morning after an evening; None if some should."""
    return _reason_for_none(day - _DAY)


def quiet_holiday(day: date) -> tuple[date, str] | None:
    """Return the holiday, with its evening, for which no papers bear this date; None otherwise."""
    evening = day - _DAY
    name = _holidays().get(evening)
    is_weekend = evening.isoweekday() in (_FRIDAY, _SATURDAY)
    return (evening, name) if name and not is_weekend else None


def _announcements(now: datetime, step: timedelta) -> Iterator[Announcement]:
    day = now.astimezone(_NEW_YORK).date()
    while True:
        if mailing := announcement_for(day):
            yield mailing
        day += step


def _reason_for_none(evening: date) -> str | None:
    if evening.isoweekday() in (_FRIDAY, _SATURDAY):
        return _WEEKEND
    if name := _holidays().get(evening):
        return f"holiday: arXiv announces nothing on the evening of {evening:%A %d %B} ({name})"
    return None


def _doubt(evening: date) -> str:
    if not any(holiday.year == evening.year for holiday in _holidays()):
        return f"arXiv's holidays of {evening.year} are not in the calendar yet"
    # The list does not say which mailing a holiday on a Friday or Saturday defers.
    if evening.isoweekday() == _SUNDAY:
        for before in (evening - _DAY, evening - 2 * _DAY):
            if name := _holidays().get(before):
                day = f"{before:%A %d %B} ({name})"
                return f"arXiv was closed on {day} and may delay this announcement"
    return ""


# --- the table -------------------------------------------------------------------------------


@lru_cache(maxsize=1)
def _holidays() -> Mapping[date, str]:
    return read_holidays(HOLIDAYS)


def read_holidays(path: Path) -> dict[date, str]:
    """Return the names of holidays by date, from a CSV file of ``date,name``; or ConfigError.

    A year is known when the file has a line of it: enter a year's holidays all at once.
    """
    with path.open(encoding="utf-8", newline="") as lines:
        rows = csv.reader(lines)
        next(rows, None)
        return dict(_holiday(row, f"{path}, line {rows.line_num}") for row in rows if row)


def _holiday(row: list[str], where: str) -> tuple[date, str]:
    try:
        day, name = row
        return date.fromisoformat(day.strip()), name.strip()
    except ValueError as error:
        raise ConfigError(f"{where}: must be a date and a name: 2026-11-26,Thanksgiving") from error
