"""What people type about themselves, checked: the same for the form, the CLI and an import.

Every function takes raw text and returns a value of the domain, or raises InputError with a
sentence for the person who typed it.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TypeVar

from digestmail.calendar import checked_timezone
from digestmail.domain import EVERY_DAY, MOST_WAIT, Profile, Schedule
from digestmail.errors import FormError, InputError
from digestmail.messages import N_, Worded
from digestmail.sources.arxiv.taxonomy import codes_named, is_known
from digestmail.sources.normalise.identifiers import key_from_reference
from digestmail.text import KeywordError, Mistake, one_line, parsed_keyword, words

MOST_KEYWORDS = 60
MOST_AUTHORS = 60
MOST_CATEGORIES = 40
MOST_SEEDS = 500
LONGEST_KEYWORD = 80
LONGEST_NAME = 60
LONGEST_INTERESTS = 5_000
MOST_PAPERS = 50
TOO_MANY = N_("%(number)s are too many; at most %(most)s")

_LONG_KEYWORD = N_(
    "“%(word)s…” is too long for a keyword (%(length)s characters, at most %(most)s);"
    " separate keywords by commas, or describe it in interests"
)
_DAY_NAMES = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_YES = ("yes", "true", "on")
_NO = ("no", "false", "off")
_CATEGORY = re.compile(r"[A-Za-z][A-Za-z-]*(\.(\*|[A-Za-z][A-Za-z-]*))?")
_LIST = re.compile(r'(?:"[^"\n]*"|“[^“”\n]*”|[^,;\n"“])+')
# Words alone of which a keyword would find everything, or leave everything out.
_EVERYWHERE = frozenset(
    """
    a about after all also an and any are as at be been between both but by can could do does each
    for from had has have here how if in into is it its many may more most much no nor not of on
    one only or other our out over same shall should so some such than that the their them then
    there these they this those through to under up use used using very via was we were what when
    where which while who whose will with within without would you your
    """.split()  # noqa: SIM905 - a list of them is as long as they are many
)
_MISTAKES = {
    Mistake.NO_WORD: N_("“%(word)s” has no letter or digit to look for"),
    Mistake.PARENTHESES: N_("“%(word)s” has a parenthesis without its other half"),
    Mistake.NOTHING_JOINED: N_(
        "“%(word)s”: AND, OR and NOT need a word after them, and AND and OR one before them"
    ),
    Mistake.ONLY_NOT: N_(
        "“%(word)s” says only what you do not want; put that into the excluded keywords,"
        " or add what you want"
    ),
    Mistake.SHORT_BEGINNING: N_("“%(word)s”: write at least three letters before *"),
}
_Value = TypeVar("_Value")


class Form:
    """Collects the problems of a form, so that a person learns of all of them at once."""

    def __init__(self) -> None:
        self.problems: dict[str, str] = {}

    def take(self, check: Callable[[str], _Value], text: str, default: _Value) -> _Value:
        """``check(text)``, or ``default`` with the problem noted."""
        try:
            return check(text)
        except InputError as error:
            self.problems.setdefault(error.field, error.message)
            return default

    def finish(self) -> None:
        """FormError if there was any problem."""
        if self.problems:
            raise FormError(self.problems)


def profile_of(values: Mapping[str, str], form: Form, default: Profile) -> Profile:
    """The profile that a form's text fields describe; fields left out stay as in ``default``."""

    def field(name: str, check: Callable[[str], _Value], otherwise: _Value) -> _Value:
        return form.take(check, values[name], otherwise) if name in values else otherwise

    return Profile(
        id=default.id,
        subscriber_id=default.subscriber_id,
        name=field("name", profile_name, default.name),
        keywords=field("keywords", lambda text: keywords(text), default.keywords),
        required_keywords=field(
            "required_keywords",
            lambda text: keywords(text, field="required_keywords"),
            default.required_keywords,
        ),
        excluded_keywords=field(
            "excluded_keywords",
            lambda text: keywords(text, field="excluded_keywords"),
            default.excluded_keywords,
        ),
        interests=field("interests", interests, default.interests),
        categories=field("categories", categories, default.categories),
        excluded_categories=field(
            "excluded_categories",
            lambda text: categories(text, field="excluded_categories"),
            default.excluded_categories,
        ),
        authors=field("authors", authors, default.authors),
        seed_papers=field("seed_papers", seed_papers, default.seed_papers),
        max_papers=field("max_papers", max_papers, default.max_papers),
        threshold=field("threshold", threshold, default.threshold),
    )


def schedule_of(values: Mapping[str, str], form: Form, default: Schedule) -> Schedule:
    """The schedule that a form's text fields describe; fields left out stay as in ``default``."""

    def field(name: str, check: Callable[[str], _Value], otherwise: _Value) -> _Value:
        return form.take(check, values[name], otherwise) if name in values else otherwise

    return Schedule(
        hour=field("hour", hour, default.hour),
        timezone=field("timezone", timezone, default.timezone),
        weekdays=field("weekdays", weekdays, default.weekdays),
        wait_hours=field("wait_hours", wait_hours, default.wait_hours),
        send_empty=field("send_empty", send_empty, default.send_empty),
    )


def listed(text: str) -> tuple[str, ...]:
    """The entries of a list typed with commas, semicolons or line breaks; quotes protect them."""
    entries = (one_line(entry) for entry in _LIST.findall(text))
    return tuple(dict.fromkeys(entry for entry in entries if entry))


def keywords(text: str, *, field: str = "keywords") -> tuple[str, ...]:
    """Keywords and phrases, each with a letter or digit in it."""
    found = listed(text)
    _refuse_many(field, found, MOST_KEYWORDS)
    for keyword in found:
        if len(keyword) > LONGEST_KEYWORD:
            raise InputError(
                field,
                Worded(_LONG_KEYWORD, word=keyword[:30], length=len(keyword), most=LONGEST_KEYWORD),
            )
        try:
            parsed_keyword(keyword)
        except KeywordError as error:
            raise InputError(field, Worded(_MISTAKES[error.mistake], word=keyword)) from None
        plain = keyword.strip('"“”').lower()
        if not keyword.isupper() and _EVERYWHERE.issuperset(plain.split()):
            everywhere = N_("“%(word)s” stands in nearly every paper; name what they are about")
            raise InputError(field, Worded(everywhere, word=keyword))
    return found


def interests(text: str) -> str:
    """Free text."""
    text = one_line(text)
    if len(text) > LONGEST_INTERESTS:
        long = N_("is too long (%(length)s characters, at most %(most)s)")
        sizes = {"length": f"{len(text):,}", "most": f"{LONGEST_INTERESTS:,}"}
        raise InputError("interests", Worded(long, **sizes))
    return text


def categories(text: str, *, field: str = "categories") -> tuple[str, ...]:
    """Categories such as cs.CL, or groups such as math or math.*."""
    entries = listed(text)
    found = tuple(part for entry in entries for part in entry.split())
    _refuse_many(field, found, MOST_CATEGORIES)
    for category in (*_subjects(entries), *found):
        if len(category) > 40 or not _CATEGORY.fullmatch(category):
            raise no_category(field, category)
    return found


def _subjects(entries: Iterable[str]) -> Iterator[str]:
    """The entries that are names of subjects, such as computer vision, and no list of codes."""
    for entry in entries:
        parts = entry.split()
        if len(parts) > 1 and not all("." in part or is_known(part) for part in parts):
            yield entry


def no_category(field: str, category: str) -> InputError:
    """That something typed is no category, with those that it may have meant."""
    codes = codes_named(category)
    if codes:
        meant = N_("“%(category)s” is no category; did you mean %(codes)s?")
        return InputError(field, Worded(meant, category=category[:40], codes=", ".join(codes)))
    wrong = N_("“%(category)s” is no category; write them as cs.CL, math or q-bio.*")
    return InputError(field, Worded(wrong, category=category[:40]))


def authors(text: str) -> tuple[str, ...]:
    """Names of authors, each with a given name or initial; one a line or with semicolons."""
    entries = (one_line(entry) for entry in re.split(r"[;\n]", text))
    found = tuple(dict.fromkeys(entry for entry in entries if entry))
    if len(found) == 1 and found[0].count(",") > 1:
        run_on = N_("write one name on each line, or separate them by semicolons")
        raise InputError("authors", Worded(run_on))
    _refuse_many("authors", found, MOST_AUTHORS)
    for name in found:
        is_address = "@" in name or "://" in name
        if len(name) > LONGEST_KEYWORD or len(words(name)) < 2 or is_address:
            short = N_("“%(name)s” should be a full name, such as Jane Doe or J. Doe")
            raise InputError("authors", Worded(short, name=name[:40]))
    return found


def seed_papers(text: str) -> tuple[str, ...]:
    """Papers by arXiv id or link, DOI, or key, as canonical keys."""
    found = tuple(dict.fromkeys(map(key_from_reference, references(text))))
    _refuse_many("seed_papers", found, MOST_SEEDS)
    return found


def references(text: str) -> Iterator[str]:
    """The papers that a list names: one a line, or several identifiers in one.

    A line with any word that is no identifier is one reference: the title of a paper.
    """
    for line in map(one_line, text.splitlines()):
        parts = [part for part in re.split(r"[\s,;]+", line) if part]
        yield from parts if all(map(_is_reference, parts)) else [line]


def _is_reference(text: str) -> bool:
    try:
        return bool(key_from_reference(text))
    except InputError:
        return False


def profile_name(text: str) -> str:
    """A profile's name."""
    name = one_line(text)
    if not name or len(name) > LONGEST_NAME:
        named = N_("give the profile a name of at most %(most)s characters")
        raise InputError("name", Worded(named, most=LONGEST_NAME))
    return name


def max_papers(text: str) -> int:
    """How many papers at most."""
    return _number("max_papers", text, 1, MOST_PAPERS)


def threshold(text: str) -> float:
    """The least score."""
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value <= 1:
        wrong = N_("“%(text)s” should be a number from 0 to 1")
        raise InputError("threshold", Worded(wrong, text=one_line(text)[:20]))
    return value


def hour(text: str) -> int:
    """An hour of the day."""
    return _number("hour", text, 0, 23)


def timezone(text: str) -> str:
    """An IANA time zone."""
    return checked_timezone(one_line(text))


def weekdays(text: str) -> frozenset[int]:
    """Weekdays as "mon,tue", "1,2", "1-5", "fri-mon" or "daily"; at least one."""
    text = one_line(text).lower()
    if text in ("daily", "every day", "all"):
        return EVERY_DAY
    days: set[int] = set()
    for entry in re.split(r"[\s,;]+", text):
        first, dash, last = entry.partition("-")
        if entry:
            start, end = _weekday(first), _weekday(last if dash else first)
            days |= {day % 7 + 1 for day in range(start - 1, end if end >= start else end + 7)}
    if not days:
        raise InputError("weekdays", Worded(N_("choose at least one day of the week")))
    return frozenset(days)


def wait_hours(text: str) -> int:
    """How many hours a digest may wait for late papers."""
    return _number("wait_hours", text, 0, MOST_WAIT)


def send_empty(text: str) -> bool:
    """Whether a day without papers gets a short mail: "yes" or "no", or as JSON and boxes say."""
    word = one_line(text).lower()
    if word not in (*_YES, *_NO):
        raise InputError("send_empty", Worded(N_("“%(text)s” should be yes or no"), text=word[:20]))
    return word in _YES


def yes_no(value: bool) -> str:
    """The text that ``send_empty`` takes back."""
    return "yes" if value else "no"


def _weekday(text: str) -> int:
    for day, name in enumerate(_DAY_NAMES, 1):
        if text == str(day) or (len(text) >= 3 and name.startswith(text)):
            return day
    wrong = N_("“%(text)s” is no day of the week; write mon, tue, … or 1 to 7")
    raise InputError("weekdays", Worded(wrong, text=text[:20]))


def _number(field: str, text: str, least: int, most: int) -> int:
    text = one_line(text)
    if not re.fullmatch(r"[0-9]{1,6}", text) or not least <= int(text) <= most:
        wrong = N_("“%(text)s” should be a whole number from %(least)s to %(most)s")
        raise InputError(field, Worded(wrong, text=text[:20], least=least, most=most))
    return int(text)


def _refuse_many(field: str, found: tuple[str, ...], most: int) -> None:
    if len(found) > most:
        raise InputError(field, Worded(TOO_MANY, number=len(found), most=most))
