"""The words of a language: messages translated, and numbers, days and lists as they are written.

Catalogues are gettext's, in ``locale/<language>/LC_MESSAGES/digestmail.mo`` beside the templates;
English is what the messages themselves are.
"""

import struct
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property
from gettext import GNUTranslations, NullTranslations
from pathlib import Path
from zoneinfo import ZoneInfo

from digestmail.errors import ConfigError
from digestmail.messages import N_, Worded

SOURCE_LANGUAGE = "en"
DOMAIN = "digestmail"
LOCALE = "locale"  # the folder of the catalogues, among the templates


@dataclass(frozen=True)
class Words:
    """How one language says it; ``language`` is an RFC 5646 tag such as ``pt-BR``."""

    language: str = SOURCE_LANGUAGE
    translations: NullTranslations = field(default_factory=NullTranslations)

    def gettext(self, message: str, **values: object) -> str:
        """A message translated, with its named places filled."""
        return self.translations.gettext(message) % values

    def ngettext(self, one: str, many: str, number: int) -> str:
        """Of two messages the one for a number, which fills their place ``num``."""
        chosen = self.translations.ngettext(one, many, number)
        return chosen % {"num": self.grouped(number)}

    def said(self, text: str) -> str:
        """A Worded translated, if there is a translation; other texts as they are."""
        if not isinstance(text, Worded):
            return text
        translated = self.translations.gettext(text.message)
        return text if translated == text.message else translated % text.values

    def sentence(self, text: str) -> str:
        """What ``said`` makes of a text, as a person reads it: with a capital and a full stop."""
        text = self.said(text)
        end = "" if text.endswith((".", "!", "?", ")")) else "."
        return text[:1].upper() + text[1:] + end

    def listed(self, words: Sequence[str]) -> str:
        """``a``, ``a and b``, ``a, b and c``."""
        if len(words) < 2:
            return "".join(words)
        return self.gettext("%(some)s and %(last)s", some=", ".join(words[:-1]), last=words[-1])

    def grouped(self, number: int) -> str:
        """``1,200``."""
        if -1000 < number < 1000:
            return str(number)
        comma = self.translations.pgettext("between thousands", ",")
        return f"{number:,}".replace(",", comma)

    # --- days ---

    def short_day(self, day: date) -> str:
        """``20 Nov 2026``."""
        month = self._names.short_months[day.month - 1]
        return self._day(N_("%(day)s %(month)s %(year)s"), day, month=month)

    def listed_day(self, day: date) -> str:
        """``Fri 20 Nov 2026``."""
        weekday = self._names.short_weekdays[day.weekday()]
        month = self._names.short_months[day.month - 1]
        return self._day(
            N_("%(weekday)s %(day)s %(month)s %(year)s"), day, weekday=weekday, month=month
        )

    def long_day(self, day: date) -> str:
        """``Friday, 20 November 2026``."""
        weekday, month = self.weekdays[day.weekday()], self._names.months[day.month - 1]
        return self._day(
            N_("%(weekday)s, %(day)s %(month)s %(year)s"), day, weekday=weekday, month=month
        )

    def month(self, day: date) -> str:
        """``November 2026``: the month that a day is of."""
        return self._day(N_("%(month)s %(year)s"), day, month=self._names.months[day.month - 1])

    def moment(self, at: datetime, timezone: str) -> str:
        """``Saturday, 21 November 2026, at 07:00 (Europe/Rome)``."""
        wall = at.astimezone(ZoneInfo(timezone))
        values = {"day": self.long_day(wall), "time": f"{wall:%H:%M}", "timezone": timezone}
        return self.gettext("%(day)s, at %(time)s (%(timezone)s)", **values)

    @property
    def weekdays(self) -> Sequence[str]:
        """``Monday`` to ``Sunday``."""
        return self._names.weekdays

    @property
    def short_weekdays(self) -> Sequence[str]:
        """``Mon`` to ``Sun``."""
        return self._names.short_weekdays

    @property
    def own_name(self) -> str:
        """What the language calls itself."""
        return self.translations.pgettext("the name of this language in itself", "English")

    def _day(self, message: str, day: date, **names: str) -> str:
        return self.gettext(message, day=str(day.day), year=str(day.year), **names)

    @cached_property
    def _names(self) -> "_Names":
        return _names(self.translations)


@dataclass(frozen=True, slots=True)
class _Names:
    """Of days and months."""

    weekdays: Sequence[str]
    short_weekdays: Sequence[str]
    months: Sequence[str]
    short_months: Sequence[str]


ENGLISH = Words()


# --- catalogues ------------------------------------------------------------------------------


def languages(templates: Path) -> dict[str, Words]:
    """The languages that a folder of templates has, by tag: English first, then by name.

    ConfigError for a catalogue that cannot be read.
    """
    locale = templates / LOCALE
    folders = sorted(folder.name for folder in locale.iterdir()) if locale.is_dir() else []
    found = {SOURCE_LANGUAGE: ENGLISH}
    for name in folders:
        catalogue = locale / name / "LC_MESSAGES" / f"{DOMAIN}.mo"
        if catalogue.is_file():
            tag = name.replace("_", "-")
            found[tag] = Words(tag, _read(catalogue))
    return found


def _read(catalogue: Path) -> NullTranslations:
    try:
        with catalogue.open("rb") as file:
            return GNUTranslations(file)
    except (OSError, ValueError, struct.error) as error:
        raise ConfigError(
            f"catalogue {catalogue}: {error}; make it anew with pybabel compile"
        ) from error


# --- names ------------------------------------------------------------------------------------


def _names(translations: NullTranslations) -> _Names:
    _, pgettext = translations.gettext, translations.pgettext
    return _Names(
        weekdays=(
            _("Monday"),
            _("Tuesday"),
            _("Wednesday"),
            _("Thursday"),
            _("Friday"),
            _("Saturday"),
            _("Sunday"),
        ),
        short_weekdays=(
            pgettext("abbreviated", "Mon"),
            pgettext("abbreviated", "Tue"),
            pgettext("abbreviated", "Wed"),
            pgettext("abbreviated", "Thu"),
            pgettext("abbreviated", "Fri"),
            pgettext("abbreviated", "Sat"),
            pgettext("abbreviated", "Sun"),
        ),
        months=(
            _("January"),
            _("February"),
            _("March"),
            _("April"),
            _("May"),
            _("June"),
            _("July"),
            _("August"),
            _("September"),
            _("October"),
            _("November"),
            _("December"),
        ),
        short_months=(
            pgettext("abbreviated", "Jan"),
            pgettext("abbreviated", "Feb"),
            pgettext("abbreviated", "Mar"),
            pgettext("abbreviated", "Apr"),
            pgettext("abbreviated", "May"),
            pgettext("abbreviated", "Jun"),
            pgettext("abbreviated", "Jul"),
            pgettext("abbreviated", "Aug"),
            pgettext("abbreviated", "Sep"),
            pgettext("abbreviated", "Oct"),
            pgettext("abbreviated", "Nov"),
            pgettext("abbreviated", "Dec"),
        ),
    )
