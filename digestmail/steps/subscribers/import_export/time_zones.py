"""Time zones as other programs spell them, as IANA names."""

import re
from datetime import datetime
from functools import lru_cache
from zoneinfo import ZoneInfo, available_timezones

from tzlocal.windows_tz import win_tz

from digestmail.calendar import checked_timezone
from digestmail.errors import InputError

# Names of North America that no city tells, abbreviations that mean one zone only, and offsets of
# half hours, each of which one country keeps all year.
_NAMES = {
    "eastern time": "America/New_York",
    "central time": "America/Chicago",
    "mountain time": "America/Denver",
    "pacific time": "America/Los_Angeles",
    "atlantic time": "America/Halifax",
    "alaska time": "America/Anchorage",
    "hawaii time": "Pacific/Honolulu",
    "us canada eastern": "America/New_York",
    "alaska": "America/Anchorage",
    "hawaii": "Pacific/Honolulu",
    "arizona": "America/Phoenix",
    "edt": "America/New_York",
    "cdt": "America/Chicago",
    "mdt": "America/Denver",
    "pdt": "America/Los_Angeles",
    "pst": "America/Los_Angeles",
    "cest": "Europe/Paris",
    "mez": "Europe/Berlin",
    "mesz": "Europe/Berlin",
    "eest": "Europe/Helsinki",
    "bst": "Europe/London",
    "msk": "Europe/Moscow",
    "jst": "Asia/Tokyo",
    "kst": "Asia/Seoul",
    "aest": "Australia/Sydney",
    "aedt": "Australia/Sydney",
    "nzst": "Pacific/Auckland",
    "nzdt": "Pacific/Auckland",
    "z": "UTC",
    "coordinated universal time": "UTC",
    "+03:30": "Asia/Tehran",
    "+04:30": "Asia/Kabul",
    "+05:30": "Asia/Kolkata",
    "+05:45": "Asia/Kathmandu",
    "+06:30": "Asia/Yangon",
    "+09:30": "Australia/Darwin",
}
_OFFSET = re.compile(r"(?:utc|gmt)?\s*([+\-−–])\s*(\d{1,2})(?::?([0-5]\d))?", re.IGNORECASE)
_LEADING_OFFSET = re.compile(
    r"^\((?:utc|gmt)\s*(?:[+\-−–]\s*\d{1,2}:?\d{0,2})?\)\s*", re.IGNORECASE
)
_PARENTHESES = re.compile(r"\s*\([^()]*\)")


@lru_cache(maxsize=1)
def _cities() -> dict[str, str]:
    """Return the zones by their last part, ``new york``, where all that have it keep one time."""
    by_city: dict[str, set[str]] = {}
    for name in available_timezones():
        area, _, city = name.rpartition("/")
        if area and area.partition("/")[0] in _AREAS:
            by_city.setdefault(_plain(city), set()).add(name)
    return {city: min(names) for city, names in by_city.items() if len(_offsets(names)) == 1}


def _offsets(names: set[str]) -> set[tuple[object, ...]]:
    """Return how far from UTC each zone is in winter and in summer, or one value for one zone."""
    if len(names) == 1:
        return {()}
    days = (datetime(2026, 1, 1), datetime(2026, 7, 1))  # noqa: DTZ001 - wall-clock times
    return {tuple(day.replace(tzinfo=ZoneInfo(name)).utcoffset() for day in days) for name in names}


_AREAS = frozenset(
    "Africa America Antarctica Asia Atlantic Australia Europe Indian Pacific".split()  # noqa: SIM905
)


@lru_cache(maxsize=1)
def _windows() -> dict[str, str]:
    return {name.lower(): zone for name, zone in win_tz.items()}


def _plain(name: str) -> str:
    return " ".join(re.split(r"[\s_]+", name.strip().lower()))


@lru_cache(maxsize=4096)
def time_zone_name(text: str) -> str:
    """Return the IANA name of a zone; InputError("timezone") for what is none.

    Besides IANA names in any case, with blanks for underscores: names of Windows and Rails
    (``W. Europe Standard Time``, ``(GMT+01:00) Berlin``), cities, usual abbreviations, offsets.
    """
    name = text.replace("\\/", "/").strip().strip("\"'")
    slashed = re.sub(r"\s*/\s*", "/", name).replace(" ", "_")
    try:
        return checked_timezone(slashed)
    except InputError:
        return _by_other_names(name) or checked_timezone(name)


def _by_other_names(name: str) -> str:
    bare = _LEADING_OFFSET.sub("", name)
    for spelling in (bare, _PARENTHESES.sub("", bare), *re.split(r"[,;/]", bare)):
        plain = _plain(spelling)
        if zone := _windows().get(plain) or _NAMES.get(plain) or _cities().get(plain):
            return zone
    return _by_offset(name if bare == name else name[1 : name.index(")")])


def _by_offset(text: str) -> str:
    """Return the zone of a fixed offset from UTC, from 12 hours behind to 14 ahead."""
    match = _OFFSET.fullmatch(text.strip())
    if not match:
        return ""
    sign = "+" if match[1] == "+" else "-"
    hours, minutes = int(match[2]), match[3] or "00"
    if minutes != "00":
        return _NAMES.get(f"{sign}{hours:02}:{minutes}", "")
    if hours > (14 if sign == "+" else 12):
        return ""
    # The names under Etc have POSIX's sign: what is ahead of UTC has a minus.
    return f"Etc/GMT{'-' if sign == '+' else '+'}{hours}" if hours else "UTC"
