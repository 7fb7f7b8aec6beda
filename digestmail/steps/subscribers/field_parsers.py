"""The parsers of the fields: raw text in, a value of the domain out.

They are the same for the forms, the command line and an import. Each raises InputError with a
sentence for the person who typed the text, under the name of the field.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sized
from enum import StrEnum

from digestmail.calendar import checked_timezone
from digestmail.domain import EVERY_DAY, FIELDS, Field, FieldKind
from digestmail.errors import InputError
from digestmail.i18n import N_, Correctable, Translatable
from digestmail.sources.arxiv.taxonomy import is_known, nearest_categories
from digestmail.sources.normalise.identifiers import key_from_reference
from digestmail.text import KeywordError, Mistake, one_line, parsed_keyword, words

MAX_KEYWORD_LENGTH = 80  # characters, of a keyword or a name
_MAX_CATEGORY_LENGTH = 40
_LONG_KEYWORD = N_(
    "“%(word)s…” is too long for a keyword (%(length)s characters, the limit is %(most)s). "
    "Separate keywords with commas, or describe the topic under interests"
)
_DAY_NAMES = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_YES = ("yes", "true", "on")
_NO = ("no", "false", "off")
_CATEGORY = re.compile(r"[A-Za-z][A-Za-z-]*(\.(\*|[A-Za-z][A-Za-z-]*))?")
_LIST = re.compile(r'(?:"[^"\n]*"|“[^“”\n]*”|[^,;\n"“])+')
# Words alone of which a keyword would find everything, or leave everything out.
_STOP_WORDS = frozenset(
    """
    a about after all also an and any are as at be been between both but by can could do does each
    for from had has have here how if in into is it its many may more most much no nor not of on
    one only or other our out over same shall should so some such than that the their them then
    there these they this those through to under up use used using very via was we were what when
    where which while who whose will with within without would you your
    """.split()  # noqa: SIM905 - a list of them is as long as they are many
)
_MISTAKES = {
    Mistake.NO_WORD: N_("“%(word)s” has no letters or digits"),
    Mistake.PARENTHESES: N_("“%(word)s” has an unmatched parenthesis"),
    Mistake.NOTHING_JOINED: N_(
        "“%(word)s”: AND and OR need a word on both sides, NOT needs one after it"
    ),
    Mistake.ONLY_NOT: N_(
        "“%(word)s” only excludes papers. Add what you are looking for, or use the field for "
        "keywords to leave out"
    ),
    Mistake.SHORT_BEGINNING: N_("“%(word)s”: write at least three letters before the *"),
}


def parse_field(field: Field, text: str) -> object:
    """Return the value of a field that a text describes, of the type of its attribute."""
    return _PARSERS[field.kind](text, field)


def split_list(text: str) -> tuple[str, ...]:
    """Return the entries of a list typed with commas, semicolons or line breaks.

    Quotes protect these marks; an entry that comes twice counts once.
    """
    entries = (one_line(entry) for entry in _LIST.findall(text))
    return tuple(dict.fromkeys(entry for entry in entries if entry))


def parse_keywords(text: str, field: Field = FIELDS["keywords"]) -> tuple[str, ...]:
    """Return keywords and phrases, each with a letter or digit in it."""
    keywords = split_list(text)
    check_length(field, keywords)
    for keyword in keywords:
        if len(keyword) > MAX_KEYWORD_LENGTH:
            word, length = keyword[:30], len(keyword)
            long = Translatable(_LONG_KEYWORD, word=word, length=length, most=MAX_KEYWORD_LENGTH)
            raise InputError(field.name, long)
        try:
            parsed_keyword(keyword)
        except KeywordError as error:
            raise InputError(
                field.name, Translatable(_MISTAKES[error.mistake], word=keyword)
            ) from None
        plain = keyword.strip('"“”').lower()
        if not keyword.isupper() and _STOP_WORDS.issuperset(plain.split()):
            everywhere = N_("“%(word)s” appears in nearly every paper. Try something more specific")
            raise InputError(field.name, Translatable(everywhere, word=keyword))
    return keywords


def _parse_text(text: str, field: Field) -> str:
    line = one_line(text)
    if len(line) > field.maximum:
        long = N_("too long: %(length)s characters, the limit is %(most)s")
        sizes = {"length": f"{len(line):,}", "most": f"{field.maximum:,}"}
        raise InputError(field.name, Translatable(long, **sizes))
    return line


def parse_categories(text: str, field: Field = FIELDS["categories"]) -> tuple[str, ...]:
    """Return categories such as cs.CL, or groups such as math or math.*."""
    entries = split_list(text)
    categories = tuple(code for entry in entries for code in entry.split())
    check_length(field, categories)
    for category in (*_subjects(entries), *categories):
        if len(category) > _MAX_CATEGORY_LENGTH or not _CATEGORY.fullmatch(category):
            raise unknown_category(field.name, category)
    return categories


def _subjects(entries: Iterable[str]) -> Iterator[str]:
    """Yield the entries that name a subject, such as computer vision, instead of codes."""
    for entry in entries:
        codes = entry.split()
        if len(codes) > 1 and not all("." in code or is_known(code) for code in codes):
            yield entry


def unknown_category(field: str, category: str, others: Iterable[str] = ()) -> InputError:
    """Return the error for a text that is not a category, with those that it may mean.

    ``others`` are the categories of the papers here, the most frequent first.
    """
    typed = category[:_MAX_CATEGORY_LENGTH]
    codes = nearest_categories(category, others)
    if codes:
        meant = N_("“%(category)s” is not a category. Did you mean %(codes)s?")
        values = {"category": typed, "codes": ", ".join(codes)}
        return InputError(field, Correctable.of(meant, category, codes, **values))
    wrong = N_("“%(category)s” is not a category. Write categories as cs.CL, math or q-bio.*")
    return InputError(field, Translatable(wrong, category=typed))


def _parse_authors(text: str, field: Field) -> tuple[str, ...]:
    """Return full names, by lines or semicolons."""
    entries = (one_line(entry) for entry in re.split(r"[;\n]", text))
    names = tuple(dict.fromkeys(entry for entry in entries if entry))
    if len(names) == 1 and names[0].count(",") > 1:
        run_on = N_("write one name per line, or separate names with semicolons")
        raise InputError(field.name, Translatable(run_on))
    check_length(field, names)
    for name in names:
        is_address = "@" in name or "://" in name
        if len(name) > MAX_KEYWORD_LENGTH or len(words(name)) < 2 or is_address:
            short = N_("“%(name)s” is not a full name. Write it like Jane Doe or J. Doe")
            raise InputError(field.name, Translatable(short, name=name[:40]))
    return names


def parse_papers(text: str, field: Field = FIELDS["seed_papers"]) -> tuple[str, ...]:
    """Return the canonical keys of papers named by arXiv id or link, DOI, or key."""
    keys = tuple(dict.fromkeys(map(key_from_reference, split_references(text))))
    check_length(field, keys)
    return keys


def split_references(text: str) -> Iterator[str]:
    """Yield the papers that a list names: one on each line, or several identifiers in one.

    A line with any word that is no identifier is one reference: the title of a paper.
    """
    for line in map(one_line, text.splitlines()):
        identifiers = [text for text in re.split(r"[\s,;]+", line) if text]
        yield from identifiers if all(map(_is_reference, identifiers)) else [line]


def _is_reference(text: str) -> bool:
    try:
        return bool(key_from_reference(text))
    except InputError:
        return False


def parse_name(text: str, field: Field = FIELDS["name"]) -> str:
    """Return a name that is not empty."""
    name = one_line(text)
    if not name or len(name) > field.maximum:
        named = N_("give the profile a name of up to %(most)s characters")
        raise InputError(field.name, Translatable(named, most=field.maximum))
    return name


def _parse_whole_number(text: str, field: Field) -> int:
    text, low, high = one_line(text), field.minimum, field.maximum
    if not re.fullmatch(r"[0-9]{1,6}", text) or not low <= int(text) <= high:
        wrong = N_("“%(text)s” is not a whole number from %(least)s to %(most)s")
        raise InputError(field.name, Translatable(wrong, text=text[:20], least=low, most=high))
    return int(text)


def _parse_fraction(text: str, field: Field) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value <= 1:
        wrong = N_("“%(text)s” is not a number from 0 to 1")
        raise InputError(field.name, Translatable(wrong, text=one_line(text)[:20]))
    return value


def _parse_timezone(text: str, _: Field) -> str:
    return checked_timezone(one_line(text))


def parse_weekdays(text: str, field: Field = FIELDS["weekdays"]) -> frozenset[int]:
    """Return ISO weekdays of "mon,tue", "1,2", "1-5", "fri-mon" or "daily"; at least one."""
    text = one_line(text).lower()
    if text in ("daily", "every day", "all"):
        return EVERY_DAY
    days: set[int] = set()
    for entry in re.split(r"[\s,;]+", text):
        first, dash, last = entry.partition("-")
        if entry:
            start = _parse_weekday(first, field)
            end = _parse_weekday(last if dash else first, field)
            days |= {day % 7 + 1 for day in range(start - 1, end if end >= start else end + 7)}
    if not days:
        raise InputError(field.name, Translatable(N_("choose at least one day of the week")))
    return frozenset(days)


def _parse_weekday(text: str, field: Field) -> int:
    for day, name in enumerate(_DAY_NAMES, 1):
        if text == str(day) or (len(text) >= 3 and name.startswith(text)):
            return day
    wrong = N_("“%(text)s” is not a day of the week. Write mon, tue, … or 1 to 7")
    raise InputError(field.name, Translatable(wrong, text=text[:20]))


def _parse_yes_no(text: str, field: Field) -> bool:
    """Return the truth of "yes" or "no", or as JSON and ticked boxes write it."""
    word = one_line(text).lower()
    if word not in (*_YES, *_NO):
        raise InputError(
            field.name, Translatable(N_("“%(text)s” is not yes or no"), text=word[:20])
        )
    return word in _YES


def _parse_choice(text: str, field: Field) -> StrEnum:
    """Return the choice that has this value."""
    word = one_line(text).lower()
    for value in field.choices:
        if word == value.value:
            return value
    wrong = N_("“%(text)s” is not one of the choices: %(choices)s")
    choices = ", ".join(choice.value for choice in field.choices)
    raise InputError(field.name, Translatable(wrong, text=word[:20], choices=choices))


def check_length(field: Field, entries: Sized) -> None:
    """Raise InputError for a list with more entries than its field holds."""
    if len(entries) > field.maximum:
        too_many = N_("%(number)s entries are too many; the limit is %(most)s")
        raise InputError(
            field.name, Translatable(too_many, number=len(entries), most=field.maximum)
        )


_PARSERS: Mapping[FieldKind, Callable[[str, Field], object]] = {
    FieldKind.NAME: parse_name,
    FieldKind.KEYWORDS: parse_keywords,
    FieldKind.TEXT: _parse_text,
    FieldKind.CATEGORIES: parse_categories,
    FieldKind.AUTHORS: _parse_authors,
    FieldKind.PAPERS: parse_papers,
    FieldKind.WHOLE_NUMBER: _parse_whole_number,
    FieldKind.FRACTION: _parse_fraction,
    FieldKind.TIME_ZONE: _parse_timezone,
    FieldKind.WEEKDAYS: parse_weekdays,
    FieldKind.YES_NO: _parse_yes_no,
    FieldKind.CHOICE: _parse_choice,
}
