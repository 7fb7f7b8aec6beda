"""Dates in the spellings of sources, made UTC or ISO 8601."""

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

# bioRxiv writes "2026-6-3", which datetime does not read.
_DATE = re.compile(r"([0-9]{4})[-/]([0-9]{1,2})[-/]([0-9]{1,2})(?=[T ]|$)")

# "THURSDAY, 08 JANUARY 2026 09:17:25.000+0000", "5 Jan. 2026", "January 5, 2026"
_NAMED = re.compile(
    r"(?:(?P<day>[0-9]{1,2})\.?\s+(?P<month>[a-z]{3})[a-z]{0,6}\.?,?"
    r"|(?P<month_first>[a-z]{3})[a-z]{0,6}\.?\s+(?P<day_second>[0-9]{1,2}),?)\s+(?P<year>[0-9]{4})\b"
    r"(?:\s+(?P<time>[0-9]{2}:[0-9]{2}(?::[0-9]{2})?)(?:\.[0-9]{1,9})?\s?(?P<zone>[+-][0-9]{4}\b)?)?",
    re.IGNORECASE | re.ASCII,
)


def utc(value: object) -> datetime | None:
    """Return an ISO 8601 date or time in UTC, its zone by default; None if it is unreadable."""
    if not isinstance(value, str):
        return None
    padded = _DATE.sub(lambda m: f"{m[1]}-{m[2]:0>2}-{m[3]:0>2}", value.strip(), count=1)
    try:
        time = datetime.fromisoformat(padded)
        time = time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return time if 1000 <= time.year < 9999 else None  # another zone must be able to hold it


_NUMBERS = re.compile(
    r"([0-9]{4})[/.-]([0-9]{1,2})(?:[/.-]([0-9]{1,2}))?(?![0-9])|([0-9]{4})([0-9]{2})([0-9]{2})\b"
)
_WORDS = re.compile(r"\b(?:([0-9]{1,2})\s+)?([A-Za-z]{3})[a-z]*\.?(?:\s+([0-9]{1,2}))?(?![0-9])")
_YEAR = re.compile(r"\b(1[5-9][0-9]{2}|20[0-9]{2}|21[0-9]{2})\b")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


def month_number(text: str) -> int:
    """Return the month of an English name or a number; 0 where it is neither."""
    text = text.strip().lower()
    if text[:3] in _MONTHS:
        return _MONTHS.index(text[:3]) + 1
    return int(text) if re.fullmatch(r"0?[1-9]|1[0-2]", text, re.ASCII) else 0


def iso_day(text: str) -> str:
    """Return the date in ISO 8601 that ``text`` begins with; the first of a month without a day.

    Understood are numbers, "2026/03/04/" and "20260304", and English months, "2026 Mar 4". Empty
    where no month is known: a year says too little.
    """
    text = text.strip()[:40]
    if digits := _NUMBERS.match(text):
        year, month = digits[1] or digits[4], digits[2] or digits[5]
        day = digits[3] or digits[6] or "1"
        return f"{year}-{int(month):02}-{int(day):02}" if 1 <= int(month) <= 12 else ""
    year_match, words = _YEAR.search(text), _WORDS.search(text)
    number = month_number(words[2]) if words else 0
    if not (year_match and words and number):
        return ""
    return f"{year_match[1]}-{number:02}-{int(words[1] or words[3] or 1):02}"


def first_utc(texts: Iterable[str]) -> str:
    """Return the first readable date, as feeds write them, in ISO 8601; empty without one."""
    dates = (utc(text) or _rfc_822(text) or _named(text) for text in texts)
    date = next(filter(None, dates), None)
    return date.isoformat() if date else ""


def _rfc_822(text: str) -> datetime | None:
    try:
        return utc(parsedate_to_datetime(text[:100]).isoformat())
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def _named(text: str) -> datetime | None:
    match = _NAMED.search(text[:100])
    month = month_number(match["month"] or match["month_first"]) if match else 0
    if not match or not month:
        return None
    day = f"{match['year']}-{month}-{match['day'] or match['day_second']}"
    return utc(f"{day}T{match['time'] or '00:00'}{match['zone'] or ''}")
