"""Placeholders: they stand in a rendered template for the values that differ from mail to mail.

A placeholder prints as a token that holds a secret of this process. What a template does to it
with filters is noted, and done later to the value of each mail.
"""

import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import wraps
from itertools import count
from typing import Any, NamedTuple
from weakref import WeakValueDictionary

# Nobody can know it, so no text of a paper is taken for a placeholder.
SECRET = secrets.token_hex(8)
_TOKEN = re.compile(rf"{SECRET}-(\d+)-(\d+)-")  # the rendering, and which of its placeholders
_MARK_POSITIONS = ("before", "marked", "after")


class NotCompilableError(Exception):
    """A template does more with a value than print it; it has to be rendered for every mail."""


class FilterCall(NamedTuple):
    """A filter that a value goes through, with its arguments."""

    function: Callable[..., Any]
    args: tuple[Any, ...] = ()
    options: tuple[tuple[str, Any], ...] = ()


Filters = tuple[FilterCall, ...]  # in the order of their application


class Placeholder:
    """A stand-in for a value that comes later: always true, and may only be printed."""

    __slots__ = ("_filters", "_placeholders", "_source")

    def __init__(self, placeholders: "Placeholders", source: "Source", filters: Filters) -> None:
        self._placeholders = placeholders
        self._source = source
        self._filters = filters

    def __str__(self) -> str:
        return self._placeholders.token(self._source, self._filters)

    __html__ = __str__

    def filtered(self, call: FilterCall) -> "Placeholder":
        """Return the placeholder of what a filter will make of the value."""
        return Placeholder(self._placeholders, self._source, (*self._filters, call))


@dataclass(frozen=True, slots=True)
class MixedText:
    """A text with placeholders in it, which a filter takes as one value.

    ``values`` has for each placeholder its source, its filters and the text behind it.
    """

    start: str
    values: tuple[tuple["Source", Filters, str], ...]

    def text(self, values: Mapping[str, Any]) -> str:
        """Return the text of one mail."""
        pieces = [self.start]
        for source, filters, after in self.values:
            value = values[source] if isinstance(source, str) else source.text(values)
            pieces += (str(apply_all(filters)(value)), after)
        return "".join(pieces)


Source = str | MixedText  # of a value: its name, or a text of several
Printed = tuple[Source, Filters]


class Placeholders:
    """The placeholders of one rendering."""

    def __init__(self) -> None:
        self._number = next(_numbers)
        self._printed: list[Printed] = []
        _live[self._number] = self

    def new(self, name: str) -> Any:
        """Return a placeholder for a value; Any, as it stands where a string is expected."""
        return Placeholder(self, name, ())

    def segments(self, name: str) -> Any:
        """Return placeholders in the form of Segments, for a text whose marks come later."""
        return tuple(
            (self.new(f"{name} {position}"), position == "marked") for position in _MARK_POSITIONS
        )

    def token(self, source: Source, filters: Filters) -> str:
        """Return what a placeholder prints."""
        self._printed.append((source, filters))
        return f"{SECRET}-{self._number}-{len(self._printed) - 1}-"

    def mixed_text(self, printed: str) -> MixedText:
        """Return printed plain text, placeholders and all, as one value."""
        start, pieces = self.split(printed)
        if any(isinstance(source, str) and " " in source for (source, _), _ in pieces):
            raise NotCompilableError("a filter is given a text whose marks are not known yet")
        return MixedText(start, tuple((*printed_value, after) for printed_value, after in pieces))

    def split(self, rendered: str) -> tuple[str, list[tuple[Printed, str]]]:
        """Return the text before the first placeholder, and each of them with the text behind."""
        start, *pieces = _TOKEN.split(rendered)
        numbers, texts = pieces[1::3], pieces[2::3]
        return start, [
            (self._printed[int(n)], text) for n, text in zip(numbers, texts, strict=True)
        ]


def is_marked_text(printed: list[Printed], name: str, filters: Filters) -> bool:
    """Return whether placeholders are those of the text ``name`` after its first, in order."""
    return printed == [(f"{name} {position}", filters) for position in _MARK_POSITIONS[1:]]


_numbers = count()
_live: WeakValueDictionary[int, Placeholders] = WeakValueDictionary()


def deferrable(filter_: Callable[..., str]) -> Callable[..., Any]:
    """Return a template filter that also takes a Placeholder, and is then applied to each value.

    The same for a text that has placeholders in it.
    """

    @wraps(filter_)
    def apply(value: Any, *args: Any, **options: Any) -> Any:
        call = FilterCall(filter_, args, tuple(options.items()))
        if isinstance(value, Placeholder):
            return value.filtered(call)
        if isinstance(value, str) and SECRET in value:
            return _mixed(value).filtered(call)
        return filter_(value, *args, **options)

    return apply


def _mixed(text: str) -> Placeholder:
    """Return the placeholder of a text with placeholders in it."""
    token = _TOKEN.search(text)
    placeholders = _live.get(int(token[1])) if token else None
    if placeholders is None or hasattr(text, "__html__"):
        raise NotCompilableError("a filter is given a text that is not complete yet")
    return Placeholder(placeholders, placeholders.mixed_text(text), ())


def apply_all(filters: Filters) -> Callable[[Any], Any]:
    """Return all of some filters as one function."""
    calls = [(call.function, call.args, dict(call.options)) for call in filters]

    def apply(value: Any) -> Any:
        for function, args, options in calls:
            value = function(value, *args, **options)
        return value

    return apply
