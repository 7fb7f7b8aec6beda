"""The choices that the fields of the forms offer."""

from collections.abc import Iterable
from functools import lru_cache, partial
from zoneinfo import available_timezones

from digestmail.domain import FIELDS, MAX_WAIT_HOURS, THRESHOLDS
from digestmail.i18n import N_
from digestmail.render.locale import ENGLISH, Words

_THRESHOLD_LABELS = (
    N_("Few: only the closest"),
    N_("Fewer"),
    N_("Balanced"),
    N_("More"),
    N_("Many: anything related"),
)
HOURS = {str(hour): f"{hour:02}:00" for hour in range(24)}


def choices(words: Words) -> dict[str, object]:
    """Return the choices of the forms' fields, in one language."""
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
    waits = {"0": words.gettext(N_("Don’t wait"))}
    for hours in range(1, MAX_WAIT_HOURS + 1):
        wait = words.ngettext("Wait up to %(num)s hour", "Wait up to %(num)s hours", hours)
        waits[str(hours)] = wait
    return waits


def thresholds(current: str, words: Words = ENGLISH) -> dict[str, str]:
    """Return the thresholds to choose from, the current one among them."""
    known = {f"{t:g}": words.gettext(n) for t, n in zip(THRESHOLDS, _THRESHOLD_LABELS, strict=True)}
    now = words.gettext(N_("As now (%(threshold)s)"), threshold=current)
    return known if current in known else {current: now, **known}


@lru_cache
def timezones() -> list[str]:
    """Return the time zones to propose: UTC and those named after a place."""
    places = (name for name in available_timezones() if "/" in name)
    return ["UTC", *sorted(name for name in places if not name.startswith(("Etc/", "US/")))]
