"""Records of tagged lines, the common form of RIS, MEDLINE, EndNote and Web of Science.

A line is a tag and a value; a value goes on in the lines after it that have no tag.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Literal

Fields = dict[str, list[str]]


@dataclass(slots=True)
class Tagged:
    """The fields of one record, the line it begins on, and how it ends."""

    line: int
    fields: Fields = field(default_factory=dict)
    end: Literal["mark", "next", "file"] = "file"
    last: str = ""  # the tag that was read last

    def first(self, *tags: str) -> str:
        """Return the first value of the first tag that has one."""
        values = (value for tag in tags for value in self.fields.get(tag, ()))
        return next(filter(None, values), "")

    def all(self, *tags: str) -> list[str]:
        """Return all values of the tags, those of the first tag first."""
        return [value for tag in tags for value in self.fields.get(tag, ()) if value]


@dataclass(frozen=True, slots=True)
class Dialect:
    """The syntax of a format.

    ``split`` returns the tag and value of a line, or two empty strings. A record begins with one of
    the tags ``first`` and ends with the tag ``last``, or where the next one begins. Lines after a
    tag of ``lists`` are values of their own.
    """

    split: Callable[[str], tuple[str, str]]
    first: frozenset[str]
    last: str = ""
    lists: frozenset[str] = frozenset()


def tagged_records(lines: Iterable[str], dialect: Dialect) -> Iterator[Tagged | tuple[int, str]]:
    """Yield each record of ``lines``, and the lines between them as (line number, text)."""
    record: Tagged | None = None
    for number, line in enumerate(lines, 1):
        tag, value = dialect.split(line)
        if record and (tag == dialect.last or tag in dialect.first) and tag:
            record.end = "mark" if tag == dialect.last else "next"
            yield record
            record = None
        if tag and tag != dialect.last:
            record = record or Tagged(number)
            record.fields.setdefault(tag, []).append(value)
            record.last = tag
        elif not tag and line.strip():
            if record:
                _continue(record, line.strip(), dialect)
            else:
                yield number, line.strip()
    if record:
        yield record


def _continue(record: Tagged, text: str, dialect: Dialect) -> None:
    values = record.fields[record.last]
    if record.last in dialect.lists:
        values.append(text)
    else:
        values.append(f"{values.pop()} {text}".lstrip())


def unified(text: str) -> str:
    """Return ``text`` with line ends of one kind, and no others: a value may hold U+2028."""
    return text.replace("\r\n", "\n").replace("\r", "\n")
