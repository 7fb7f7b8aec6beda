"""People's names in BibTeX: joined by "and", with commas, braces and biblatex's additions."""

import re

from bibtexparser.middlewares.names import (
    parse_single_name_into_parts,
    split_multiple_persons_names,
)

from digestmail.sources.normalise.authors import split_authors
from digestmail.text import one_line, readable

_LENGTH_LIMIT = 100_000  # characters of a field; no paper has more authors
_AND = re.compile(r"\s+and\s+", re.IGNORECASE)
_NAMESAKE = re.compile(r"\s+[0-9]{4}$")  # DBLP's number: "Ana Lima 0001"
_EXTENDED = re.compile(r"\b(family|given|prefix|suffix|given-i|useprefix)\s*=\s*", re.IGNORECASE)
_SUFFIX = re.compile(r"(?:jr|sr|ii|iii|iv|ph\.?\s?d|m\.?d)\.?", re.IGNORECASE)
_NOBODY = re.compile(r"(?:and\s+)?(?:others|et\.?\s+al\.?)", re.IGNORECASE)
_AND_OTHERS = re.compile(r",?\s+(?:et\.?\s+al\.?|and others)\s*$", re.IGNORECASE)


def names_in(text: str) -> list[str]:
    """Return the names of an author field in reading order, made readable."""
    text = " ".join(text[:_LENGTH_LIMIT].split())
    names: list[str] = []
    for person in split_multiple_persons_names(text) if text else []:
        person = _AND_OTHERS.sub("", person).strip()
        if person and not _NOBODY.fullmatch(person):
            names += _people(person)
    return [name for name in map(_plain, names) if name]


def _people(text: str) -> list[str]:
    """Return the person that ``text`` names, or the several that it joins wrongly."""
    if _EXTENDED.search(text):
        return [_extended_name(text)]
    inside = _inside_braces(text)
    if inside and _are_several(inside):
        return [name for person in _AND.split(inside) for name in _people(person.strip())]
    if ";" in text and not inside:
        return list(split_authors(text))
    commas = _outside_braces(text).split(",")
    if len(commas) > 3 or (len(commas) == 3 and not _SUFFIX.fullmatch(commas[1].strip())):
        return list(split_authors(readable(_without_braces(text))))
    name = parse_single_name_into_parts(text, strict=False).merge_first_name_first
    return [_NAMESAKE.sub("", name)]


def _inside_braces(text: str) -> str:
    """Return the text in the one pair of braces around ``text``; empty without one."""
    depth = 0
    for at, character in enumerate(text):
        depth += (character == "{") - (character == "}")
        if depth == 0:
            return text[1:at].strip() if at == len(text) - 1 and text[0] == "{" else ""
    return ""


def _are_several(text: str) -> bool:
    """Return whether "A and B" names persons, not a firm: each has a comma or initials."""
    names = _AND.split(text)
    if ";" in text:
        return True
    return len(names) > 1 and all("," in name or re.search(r"\b[A-Z]\.", name) for name in names)


def _extended_name(text: str) -> str:
    """Return the name in biblatex's "family=Berg, given=Ana, prefix=van den"."""
    pieces = _EXTENDED.split(text)
    values = zip(pieces[1::2], pieces[2::2], strict=True)
    names = {key.lower(): value.strip(' ,{}"') for key, value in values}
    first = names.get("given") or names.get("given-i", "")
    order = (first, names.get("prefix", ""), names.get("family", ""), names.get("suffix", ""))
    return " ".join(filter(None, order))


def _outside_braces(text: str) -> str:
    depth, outside = 0, []
    for character in text:
        depth += (character == "{") - (character == "}")
        outside.append(character if depth == 0 else "x")
    return "".join(outside)


def _without_braces(text: str) -> str:
    return text if "\\" in text else text.replace("{", "").replace("}", "")


def _plain(name: str) -> str:
    name = readable(name)
    return one_line(name.replace("{", "").replace("}", "").replace("~", " ")).strip(" ,;")
