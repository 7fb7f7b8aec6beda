"""The words of a language: messages translated, and numbers, days and lists as they are written.

Catalogues are gettext's, in ``locale/<language>/LC_MESSAGES/digestmail.po`` beside the templates;
English is what the messages themselves are. Numbers, days, lists and the names of languages come
from Unicode's CLDR, by Babel.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cached_property, lru_cache
from gettext import GNUTranslations, NullTranslations
from io import BytesIO
from pathlib import Path
from zoneinfo import ZoneInfo

from babel import Locale, UnknownLocaleError
from babel.core import get_global, parse_locale
from babel.dates import format_date, format_interval, format_skeleton
from babel.lists import format_list
from babel.messages.catalog import Message
from babel.messages.mofile import write_mo
from babel.messages.pofile import PoFileError, read_po
from babel.numbers import format_decimal

from digestmail.errors import ConfigError
from digestmail.i18n import Translatable

SOURCE_LANGUAGE = "en"
DOMAIN = "digestmail"
LOCALE = "locale"  # the folder of the catalogues, among the templates
_PLACE = re.compile(r"%\((\w+)\)s")
_IDEOGRAPHIC = ("zh", "ja")  # languages whose sentences end full-width, without a blank
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
        end = "" if text.endswith((".", "!", "?", ")", "。", "！", "？", "）")) else self.full_stop
        return text[:1].upper() + text[1:] + end

    @property
    def full_stop(self) -> str:
        """Return the sign that ends a sentence."""
        return "。" if self.locale.language in _IDEOGRAPHIC else "."

    def sentences(self, texts: Sequence[str]) -> str:
        """Return sentences one after another."""
        return ("" if self.locale.language in _IDEOGRAPHIC else " ").join(texts)

    def listed(self, words: Sequence[str]) -> str:
        """Return ``a``, ``a and b`` or ``a, b and c``."""
        if self.locale.language in _IDEOGRAPHIC:  # CLDR's last “和” clings to Latin names
            return "、".join(words)
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
        interval = format_interval(first, last, "MMMMd", locale=self.locale)
        if self.language == SOURCE_LANGUAGE:  # by the Chicago Manual of Style, not by CLDR
            interval = interval.replace("\u2009", " " if first.month != last.month else "")
        return interval

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
    def direction(self) -> str:
        """Return the direction of writing as HTML has it: ``ltr`` or ``rtl``."""
        return "rtl" if self.locale.character_order == "right-to-left" else "ltr"

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


# --- catalogues --------------------------------------------------------------------------------


def catalogues(templates: Path) -> dict[str, Words]:
    """Return the languages that a folder of templates has, by tag: English first, then by name.

    ConfigError for a catalogue that cannot be read, or whose places are not the original's.
    """
    words = {SOURCE_LANGUAGE: ENGLISH}
    for file in sorted((templates / LOCALE).glob(f"*/LC_MESSAGES/{DOMAIN}.po")):
        folder = file.parent.parent.name
        tag = folder.replace("_", "-")
        words[tag] = Words(tag, _translations(file, folder))
    return words


def lookup(tag: str, tags: Iterable[str]) -> str | None:
    """Return the tag of a language that serves another one: ``de`` serves ``de-AT``.

    RFC 4647, section 3.4; then again with the script that CLDR holds likely, so that ``zh-CN`` is
    served by ``zh-Hans``, and ``zh-TW`` is not.
    """
    by_lower_tag = {known.lower(): known for known in tags}
    for full in (tag, _with_script(tag)):
        subtags = full.lower().split("-")
        for length in range(len(subtags), 0, -1):
            if known := by_lower_tag.get("-".join(subtags[:length])):
                return known
    return None


def _with_script(tag: str) -> str:
    """Return ``zh-CN`` as ``zh-Hans-CN``, and any other tag as it is."""
    try:
        language, territory, script, *_ = parse_locale(tag, sep="-")
    except ValueError:
        return tag
    likely = get_global("likely_subtags")
    full = likely.get(f"{language}_{territory}") or likely.get(language)
    if script or not full:
        return tag
    return "-".join(filter(None, (language, parse_locale(full)[2], territory)))


def _translations(file: Path, folder: str) -> NullTranslations:
    """Return the translations of a catalogue; what is missing or fuzzy stays English."""
    compiled = BytesIO()
    try:
        with file.open("rb") as source:
            catalogue = read_po(source, locale=folder, abort_invalid=True)
        for message in catalogue:
            if message.python_format and not _is_fillable(message):
                raise ConfigError(
                    f"catalogue {file}, line {message.lineno}: the translation has a place that"
                    " the original does not have; correct it"
                )
        write_mo(compiled, catalogue)
    except (OSError, ValueError, UnknownLocaleError, PoFileError) as error:
        raise ConfigError(f"catalogue {file}: {error}; correct it or remove it") from error
    compiled.seek(0)
    return GNUTranslations(compiled)


def _is_fillable(message: Message) -> bool:
    """Return whether a translation has no places but those of the original, in either form."""
    originals, translations = (
        (text,) if isinstance(text, str) else text or () for text in (message.id, message.string)
    )
    values = dict.fromkeys(_PLACE.findall(" ".join(originals)), "")
    try:
        for translation in translations:
            translation % values
    except (KeyError, TypeError, ValueError):
        return False
    return True
