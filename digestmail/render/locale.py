"""The words of a language: messages translated, and numbers, days and lists as they are written.

Catalogues are gettext's, in ``locale/<language>/LC_MESSAGES/digestmail.mo`` beside the templates;
English is what the messages themselves are. Numbers, days, lists and the names of languages come
from Unicode's CLDR, by Babel.
"""

import struct
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cached_property, lru_cache
from gettext import GNUTranslations, NullTranslations
from pathlib import Path
from zoneinfo import ZoneInfo

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_interval, format_skeleton
from babel.lists import format_list
from babel.numbers import format_decimal

from digestmail.errors import ConfigError
from digestmail.i18n import Translatable

SOURCE_LANGUAGE = "en"
DOMAIN = "digestmail"
LOCALE = "locale"  # the folder of the catalogues, among the templates
_BRITISH = Locale("en", "GB")  # whose English the messages are


@dataclass(frozen=True, eq=False)  # compared and hashed as the one object it is
class Words:
    """The words of one language; ``language`` is an RFC 5646 tag such as ``pt-BR``."""

    language: str = SOURCE_LANGUAGE
    translations: NullTranslations = field(default_factory=NullTranslations)

    def gettext(self, message: str, **values: object) -> str:
        """Return a message translated, with its named places filled."""
        return self.translations.gettext(message) % values

    def ngettext(self, singular: str, plural: str, number: int) -> str:
        """Return the form of a message for a number, which fills its place ``num``."""
        message = self.translations.ngettext(singular, plural, number)
        return message % {"num": self.grouped(number)}

    def translated(self, text: str) -> str:
        """Return a Translatable translated, if there is a translation; other texts as they are."""
        if not isinstance(text, Translatable):
            return text
        translated = self.translations.gettext(text.message)
        return text if translated == text.message else translated % text.values

    def sentence(self, text: str) -> str:
        """Return a text translated, with a capital and a full stop."""
        text = self.translated(text)
        end = "" if text.endswith((".", "!", "?", ")")) else "."
        return text[:1].upper() + text[1:] + end

    def listed(self, words: Sequence[str]) -> str:
        """Return ``a``, ``a and b`` or ``a, b and c``."""
        return format_list(words, locale=self.locale)

    def grouped(self, number: int) -> str:
        """Return a number as ``1,200``."""
        return format_decimal(number, locale=self.locale)

    # --- days ---

    def short_day(self, day: date) -> str:
        """Return a day as ``20 Nov 2026``."""
        return _short_day(self, day)

    def listed_day(self, day: date) -> str:
        """Return a day as ``Fri 20 Nov 2026``."""
        return f"{self.short_weekdays[day.weekday()]} {self.short_day(day)}"

    def long_day(self, day: date) -> str:
        """Return a day as ``Friday, 20 November 2026``."""
        return format_date(day, "full", self.locale)

    def month(self, day: date) -> str:
        """Return the month of a day as ``November 2026``."""
        return format_skeleton("yMMMM", day, locale=self.locale)

    def week(self, last: date) -> str:
        """Return the week that ends with a day as ``14–20 November``."""
        first = last - timedelta(days=6)
        if self.language == SOURCE_LANGUAGE and first.month == last.month:
            return f"{first.day}–{last.day} {last:%B}"  # CLDR has blanks around the dash
        return format_interval(first, last, "MMMMd", locale=self.locale)

    def moment(self, at: datetime, timezone: str) -> str:
        """Return an instant as ``Saturday, 21 November 2026, at 07:00 (Europe/Rome)``."""
        wall = at.astimezone(ZoneInfo(timezone))
        values = {"day": self.long_day(wall), "time": f"{wall:%H:%M}", "timezone": timezone}
        return self.gettext("%(day)s, at %(time)s (%(timezone)s)", **values)

    @property
    def weekdays(self) -> Sequence[str]:
        """Return ``Monday`` to ``Sunday``."""
        names = self.locale.days["stand-alone"]["wide"]
        return [names[number] for number in range(7)]

    @property
    def short_weekdays(self) -> Sequence[str]:
        """Return ``Mon`` to ``Sun``."""
        names = self.locale.days["stand-alone"]["abbreviated"]
        return [names[number] for number in range(7)]

    @property
    def own_name(self) -> str:
        """Return the language's name for itself."""
        locale = _known_locale(self.language)
        name = (locale and locale.get_display_name()) or self.language
        return name[:1].upper() + name[1:]

    @cached_property
    def locale(self) -> Locale:
        """The language in CLDR; English for a language that it does not know."""
        locale = None if self.language == SOURCE_LANGUAGE else _known_locale(self.language)
        return locale or _BRITISH


ENGLISH = Words()


@lru_cache(4096)  # a mail and a list have one for each paper
def _short_day(words: Words, day: date) -> str:
    return format_skeleton("yMMMd", day, locale=words.locale)


def _known_locale(language: str) -> Locale | None:
    try:
        return Locale.parse(language, sep="-")
    except (UnknownLocaleError, ValueError):
        return None


def languages(templates: Path) -> dict[str, Words]:
    """Return the languages that a folder of templates has, by tag: English first, then by name.

    ConfigError for a catalogue that cannot be read.
    """
    locale = templates / LOCALE
    folders = sorted(folder.name for folder in locale.iterdir()) if locale.is_dir() else []
    words = {SOURCE_LANGUAGE: ENGLISH}
    for name in folders:
        catalogue = locale / name / "LC_MESSAGES" / f"{DOMAIN}.mo"
        if catalogue.is_file():
            tag = name.replace("_", "-")
            words[tag] = Words(tag, _read(catalogue))
    return words


def _read(catalogue: Path) -> NullTranslations:
    try:
        with catalogue.open("rb") as file:
            return GNUTranslations(file)
    except (OSError, ValueError, struct.error) as error:
        raise ConfigError(
            f"catalogue {catalogue}: {error}; make it anew with pybabel compile"
        ) from error
