"""Author names out of the strings that sources put them in."""

import re

from digestmail.sources.clean import clean

_SUFFIX = re.compile(r"(?:jr|sr|ii|iii|iv|ph\.?\s?d|m\.?d)\.?", re.IGNORECASE)
_AND = re.compile(r",?\s+and\s+")
_NAME_LIMIT = 200


def author_name(raw: str) -> str:
    """One name in reading order: ``Doe, Jane`` becomes ``Jane Doe``."""
    name = clean(raw).strip(" ,;")[:_NAME_LIMIT]
    last, comma, first = name.partition(",")
    if not comma or "," in first or _SUFFIX.fullmatch(first.strip()):
        return name
    return f"{first.strip()} {last.strip()}"


def split_authors(raw: str) -> tuple[str, ...]:
    """The names in ``A; B``, ``Last, First and Last, First``, ``A, B and C`` or ``A, B``."""
    text = clean(raw)
    if ";" in text:
        return _names(text.split(";"))
    parts = _AND.split(text)
    inverted = all(part.count(",") == 1 for part in parts)
    if inverted and (len(parts) > 1 or " " not in text.partition(",")[0]):
        return _names(parts)
    return split_at_commas(", ".join(parts))


def split_at_commas(text: str) -> tuple[str, ...]:
    """The names between commas; a suffix (``Jr.``) stays with its name."""
    names: list[str] = []
    for part in text.split(","):
        if names and _SUFFIX.fullmatch(part.strip()):
            names[-1] += f" {part.strip()}"
        else:
            names.append(part)
    return _names(names)


def _names(parts: list[str]) -> tuple[str, ...]:
    return tuple(name for name in map(author_name, parts) if name)
