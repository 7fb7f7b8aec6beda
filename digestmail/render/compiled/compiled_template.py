"""Forms: rendered text that is encoded once and filled in for every mail.

A template is rendered with Holes in place of what differs from mail to mail. Cut at the holes and
put into quoted-printable (RFC 2045 6.7), the rest is joined with the values of each mail. Every
piece begins at column 0 and ends with a line break, soft or hard, so pieces need no regard for
each other.
"""

import re
import secrets
from collections import deque
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import wraps
from itertools import count, islice
from operator import itemgetter
from typing import Any, NamedTuple
from weakref import WeakValueDictionary

from digestmail.render.compiled.encoding import (
    as_html,
    escaped,
    in_attribute,
    in_tag,
    quoted,
    typeset,
)
from digestmail.render.compiled.marking import cut, pieced

# Nobody can know it, so no text of a paper is taken for a hole.
SECRET = secrets.token_hex(8)
_TOKEN = re.compile(rf"{SECRET}-(\d+)-(\d+)-")  # of which Holes, and which of its holes


class CannotSplitError(Exception):
    """A template does more with a value than print it; it has to be rendered for every mail."""


class Step(NamedTuple):
    """A filter that a value goes through, with its arguments."""

    filter: Callable[..., Any]
    args: tuple[Any, ...] = ()
    options: tuple[tuple[str, Any], ...] = ()


Finish = tuple[Step, ...]  # in order


class Hole:
    """Stands in a template for a value that comes later: always true, and may only be printed."""

    __slots__ = ("_finish", "_holes", "_source")

    def __init__(self, holes: "Holes", source: "str | Mixture", finish: Finish) -> None:
        self._holes = holes
        self._source = source
        self._finish = finish

    def __str__(self) -> str:
        return self._holes.token(self._source, self._finish)

    __html__ = __str__

    def then(self, step: Step) -> "Hole":
        """The hole for what ``step`` will make of the value."""
        return Hole(self._holes, self._source, (*self._finish, step))


@dataclass(frozen=True, slots=True)
class Mixture:
    """A text with holes in it, that a filter takes as a whole."""

    first: str
    rest: tuple[tuple["str | Mixture", Finish, str], ...]  # (value, its filters, what follows)

    def text(self, values: Mapping[str, Any]) -> str:
        """The text of one mail."""
        pieces = [self.first]
        for source, finish, after in self.rest:
            value = values[source] if isinstance(source, str) else source.text(values)
            pieces += (str(_finished(finish)(value)), after)
        return "".join(pieces)


class Holes:
    """The holes of one rendering."""

    def __init__(self) -> None:
        self._number = next(_numbers)
        self._printed: list[tuple[str | Mixture, Finish]] = []
        _open[self._number] = self

    def hole(self, name: str) -> Any:
        """A hole for the value ``name``; Any, as it stands where a string is expected."""
        return Hole(self, name, ())

    def segments(self, name: str) -> Any:
        """Holes in the place of Segments, for a text whose marks come later."""
        return tuple((self.hole(f"{name} {part}"), part == "marked") for part in _AROUND)

    def token(self, source: str | Mixture, finish: Finish) -> str:
        """What a hole prints."""
        self._printed.append((source, finish))
        return f"{SECRET}-{self._number}-{len(self._printed) - 1}-"

    def mixture(self, printed: str) -> Mixture:
        """What was printed with holes in it, as plain text."""
        first, *rest = _TOKEN.split(printed)
        found = [self._printed[int(number)] for number in rest[1::3]]
        if any(isinstance(source, str) and " " in source for source, _ in found):
            raise CannotSplitError("a filter is given a text whose marks are not known yet")
        return Mixture(first, tuple((*one, t) for one, t in zip(found, rest[2::3], strict=True)))

    def cut(
        self,
        rendered: str,
        slots: "Slots",
        *,
        html: bool = False,
        texts: Mapping[str, str] = {},
        parted: Collection[str] = (),
        inserted: Collection[str] = (),
    ) -> "Form":
        """The Form of a rendering; ``texts`` are those whose marks come later, by name.

        Of ``parted`` values the beginnings ("name<") and the ends ("name>") come apart, as long
        as no filter wants the whole. Those ``inserted`` are always ready, by their own names.
        Raises CannotSplitError when marks are not put in one after another.
        """
        first, *rest = _TOKEN.split(rendered)
        numbers = rest[1::3]
        printed = deque(zip((self._printed[int(n)] for n in numbers), rest[2::3], strict=True))
        form = _Cutting(slots, html=html)
        form.add(first)
        inside = in_tag(first, False)
        while printed:
            (source, finish), after = printed.popleft()
            name, _, part = source.partition(" ") if isinstance(source, str) else ("", "", "")
            if part:
                if [p for p, _ in islice(printed, 2)] != [(f"{name} {p}", finish) for p in _REST]:
                    raise CannotSplitError(f"the marks of {name} are not put in as they come")
                before, (_, between), (_, after) = after, printed.popleft(), printed.popleft()
                form.mark(name, _marking(texts[name], finish, before, between, html))
            elif name in inserted:
                form.insert(name)
            else:
                in_parts = name in parted and not finish
                for one in (f"{name}<", f"{name}>") if in_parts else (source,):
                    form.leave(one, finish, in_tag=inside)
            form.add(after)
            inside = in_tag(after, inside)
        return form.done()


_WAYS = 64  # in which a value is encoded for all forms
_AROUND = ("before", "marked", "after")
_REST = _AROUND[1:]
_numbers = count()
_open: WeakValueDictionary[int, Holes] = WeakValueDictionary()


def late(filter_: Callable[..., str]) -> Callable[..., Any]:
    """A template filter that also takes a Hole, and is then applied to each value.

    The same for a text that has holes in it.
    """

    @wraps(filter_)
    def apply(value: Any, *args: Any, **options: Any) -> Any:
        step = Step(filter_, args, tuple(options.items()))
        if isinstance(value, Hole):
            return value.then(step)
        if isinstance(value, str) and SECRET in value:
            return _mixed(value).then(step)
        return filter_(value, *args, **options)

    return apply


def _mixed(text: str) -> Hole:
    found = _TOKEN.search(text)
    holes = _open.get(int(found[1])) if found else None
    if holes is None or hasattr(text, "__html__"):
        raise CannotSplitError("a filter is given a text that is not complete yet")
    return Hole(holes, holes.mixture(text), ())


def _finished(finish: Finish) -> Callable[[Any], Any]:
    """All steps of ``finish`` as one function."""
    steps = [(step.filter, step.args, dict(step.options)) for step in finish]

    def apply(value: Any) -> Any:
        for filter_, args, options in steps:
            value = filter_(value, *args, **options)
        return value

    return apply


class _Way(NamedTuple):
    """How a value is put into quoted-printable, after its filters."""

    finish: Finish
    html: bool
    in_tag: bool  # of HTML: in an attribute

    def encoder(self) -> "_Encode":
        """The function that does it."""
        finished = _finished(self.finish)
        if not self.html:
            return lambda value: quoted(str(finished(value)))
        if self.in_tag:
            return lambda value: quoted(in_attribute(str(finished(value))))
        return lambda value: quoted(as_html(finished(value)))


Ready = dict[str, bytes]  # encoded values by the key of their slot
_Source = str | Mixture
_Encode = Callable[[Any], bytes]


class Slots:
    """The keys of values that forms take as they come: one for each way to encode them.

    Those named in ``given`` are always among what is ``ready``, so forms need not look for them.
    Of those in ``filtered`` this holds for what filters make of them, too.
    """

    def __init__(self, given: Collection[str] = (), filtered: Collection[str] = ()) -> None:
        self._given = frozenset(given)
        self._filtered = frozenset(filtered)
        self._encoders: dict[str, dict[tuple[_Way, str], tuple[str, _Encode]]] = {}
        self._numbers = count()

    def __len__(self) -> int:
        return sum(map(len, self._encoders.values()))

    def key(self, source: _Source, way: _Way) -> str:
        """The key of a value encoded in a way; empty when it is not one for all forms."""
        if not isinstance(source, str) or (way.finish and source not in self._filtered):
            return ""  # filters may hold words of one paper, and there is no end of those
        known = self._encoders.setdefault(source, {})
        try:
            # As words beside, as HTML equals the text it is made of.
            if (which := (way, repr(way))) not in known and len(known) >= _WAYS:
                return ""
        except TypeError:  # a filter's arguments cannot be told apart
            return ""
        new = f"common {next(self._numbers)}", way.encoder()
        return known.setdefault(which, new)[0]  # in one step, as other threads add to it

    def gives(self, name: _Source) -> bool:
        """Whether a value is always ready."""
        return name in self._given

    def ready(self, values: Mapping[str, Any]) -> Ready:
        """Values encoded in all ways in which the forms so far want them, by key."""
        return {
            key: encode(value)
            for name, value in values.items()
            for key, encode in tuple(self._encoders.get(name, {}).values())  # others add to it
        }


@dataclass(frozen=True, slots=True)
class Form:
    """Quoted-printable bytes for ``%``, and what goes in.

    ``slots`` has (key, value, how it is encoded) of what may not be ready, ``chosen`` picks all
    values by key in the order of the template: formatting by position takes a quarter of that by
    name.
    """

    template: bytes
    slots: tuple[tuple[str, _Source, _Encode], ...]
    chosen: Callable[[Ready], tuple[bytes, ...]]

    def fill(self, values: Mapping[str, Any], ready: Ready) -> bytes:
        """The form with the values of one mail; what was encoded is left in ``ready``, by key."""
        for key, source, encode in self.slots:
            if key not in ready:
                value = values[source] if isinstance(source, str) else source.text(values)
                ready[key] = encode(value)
        return self.template % self.chosen(ready)


class _Cutting:
    """A Form as it grows."""

    def __init__(self, slots: Slots, *, html: bool) -> None:
        self._template = bytearray()
        self._common = slots
        self._html = html
        self._slots: dict[str, tuple[_Source, _Encode]] = {}
        self._order: list[str] = []

    def add(self, text: str) -> None:
        self._template += quoted(text).replace(b"%", b"%%")

    def leave(self, source: _Source, finish: Finish, *, in_tag: bool) -> None:
        way = _Way(finish, self._html, in_tag and self._html)
        key = self._common.key(source, way)
        if key and self._common.gives(source):
            self.insert(key)
        else:
            self._put(key or self._key(), source, way.encoder())

    def mark(self, name: str, encode: _Encode) -> None:
        self._put(self._key(), name, encode)

    def insert(self, key: str) -> None:
        self._template += b"%b"
        self._order.append(key)

    def done(self) -> Form:
        slots = tuple((key, *what) for key, what in self._slots.items())
        return Form(bytes(self._template), slots, _choosing(self._order))

    def _key(self) -> str:
        return f"{'html' if self._html else 'text'} {len(self._slots)}"

    def _put(self, key: str, source: _Source, encode: _Encode) -> None:
        self.insert(key)
        self._slots[key] = (source, encode)


def _marking(text: str, finish: Finish, before: str, after: str, html: bool) -> _Encode:
    finished = _finished(finish)

    def printed(piece: str) -> str:
        return as_html(finished(piece)) if html else str(finished(piece))

    simple = all(step.filter is typeset for step in finish) and len(text.splitlines()) == 1
    if html and simple and printed(text) == escaped(text):
        return cut(text, before, after)
    return pieced(text, printed, before, after)


def _choosing(keys: Sequence[str]) -> Callable[[Ready], tuple[bytes, ...]]:
    """What picks the values of keys, as a tuple even of one or none."""
    if len(keys) > 1:
        return itemgetter(*keys)
    return lambda ready: tuple([ready[key] for key in keys])
