"""Values of BibTeX fields: strings in braces or quotation marks, numbers and names, joined by #."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from bibtexparser.model import String

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_BETWEEN = re.compile(r"[\s#]*")
_BARE = re.compile(r"[^\s#{\"]+")
_NEXT_FIELD = re.compile(r"[\s,]*([A-Za-z][\w-]{0,40})\s*=\s*")
_BRACE = re.compile(r"\\.|[{}\"]", re.DOTALL)
_EXPANSION_LIMIT = 2_000  # characters of one value out of named strings, which may name others


@dataclass(frozen=True, slots=True)
class Values:
    """The strings that a file defines with @string, and those of the months."""

    strings: Mapping[str, str]

    @classmethod
    def of(cls, definitions: Iterable[String]) -> "Values":
        """Return the strings of ``definitions``; the first of each name counts."""
        strings = {month: month for month in _MONTHS}
        values = cls(strings)
        for definition in definitions:
            name = definition.key.lower()
            strings.setdefault(name, values.fields_in(name, str(definition.value))[name])
        return values

    def fields_in(self, name: str, source: str) -> dict[str, str]:
        """Return the value in ``source`` under ``name``.

        Where the comma after a value was forgotten, ``source`` holds further fields.
        """
        fields = {name: ""}
        at, room = 0, _EXPANSION_LIMIT
        while at < len(source):
            following = _NEXT_FIELD.match(source, at) if fields[name] else None
            if following:
                name = following[1].lower()
                fields[name], at = "", following.end()
            between = _BETWEEN.match(source, at)
            start = between.end() if between else at
            if fields[name] and "#" not in source[at:start]:
                fields[name] += source[at:start]
            text, at = _delimited(source, start) or self._named(source, start, room)
            if source[start : start + 1] not in ("{", '"'):
                room = max(room - len(text), 0)
            fields[name] += text
        return fields

    def _named(self, source: str, start: int, room: int) -> tuple[str, int]:
        """Return the value of a name or number at ``start``, and where it ends."""
        bare = _BARE.match(source, start)
        if not bare:
            return "", len(source)
        return self.strings.get(bare[0].lower(), bare[0])[:room], bare.end()


def _delimited(source: str, start: int) -> tuple[str, int] | None:
    """Return the string in braces or quotation marks at ``start``, and where it ends."""
    opening = source[start : start + 1]
    if opening not in ("{", '"') or not opening:
        return None
    depth = 0
    for mark in _BRACE.finditer(source, start + 1):
        if mark[0] == ("}" if opening == "{" else '"') and depth == 0:
            return source[start + 1 : mark.start()], mark.end()
        depth += {"{": 1, "}": -1}.get(mark[0], 0)
    return source[start + 1 :], len(source)
