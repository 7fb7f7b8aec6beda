"""Dates as sources write them."""

import re
from datetime import UTC, datetime

# bioRxiv writes "2026-6-3", which datetime does not read.
_DATE = re.compile(r"([0-9]{4})[-/]([0-9]{1,2})[-/]([0-9]{1,2})(?=[T ]|$)")


def utc(value: object) -> datetime | None:
    """An ISO 8601 date or time in UTC, where it names no zone taken as UTC; None if unreadable."""
    if not isinstance(value, str):
        return None
    padded = _DATE.sub(lambda m: f"{m[1]}-{m[2]:0>2}-{m[3]:0>2}", value.strip(), count=1)
    try:
        read = datetime.fromisoformat(padded)
        read = read.replace(tzinfo=UTC) if read.tzinfo is None else read.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return read if 1000 <= read.year < 9999 else None  # another zone must be able to hold it
