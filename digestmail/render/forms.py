"""Forms: rendered text that is encoded once and filled in for every mail.

A template is rendered with Holes in place of what differs from mail to mail. Cut at the holes and
put into quoted-printable (RFC 2045 6.7), the rest is joined with the values of each mail. Every
piece begins at column 0 and ends with a line break, soft or hard, so pieces need no regard for
each other.
"""

import binascii
import re
import secrets
from collections import deque
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import lru_cache, wraps
from itertools import count, islice
from typing import Any, NamedTuple
from weakref import WeakValueDictionary

from markupsafe import Markup

# Nobody can know it, so no text of a paper is taken for a hole.
SECRET = secrets.token_hex(8)
_TOKEN = re.compile(rf"{SECRET}-(\d+)-(\d+)-")  # of which Holes, and which of its holes

Spans = tuple[tuple[int, int], ...]


class CannotSplitError(Exception):
    """A template does more with a value than print it; it has to be rendered for every mail."""


class Step(NamedTuple):
    """A filter that a value goes through, with its arguments."""

    filter: Callable[..., Any]
    args: tuple[Any, ...] = ()
    options: tuple[tuple[str, Any], ...] = ()

    def __call__(self, value: Any) -> Any:
        return self.filter(value, *self.args, **dict(self.options))


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
            pieces += (str(_finished(finish, value)), after)
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
    ) -> "Form":
        """The Form of a rendering; ``texts`` are those whose marks come later, by name.

        Of ``parted`` values the beginnings ("name<") and the ends ("name>") come apart, as long
        as no filter wants the whole. Raises CannotSplitError when marks are not put in one after
        another.
        """
        first, *rest = _TOKEN.split(rendered)
        numbers = rest[1::3]
        printed = deque(zip((self._printed[int(n)] for n in numbers), rest[2::3], strict=True))
        form = _Cutting(slots, html=html)
        form.add(first)
        in_tag = _in_tag(first, False)
        while printed:
            (source, finish), after = printed.popleft()
            name, _, part = source.partition(" ") if isinstance(source, str) else ("", "", "")
            if part:
                if [p for p, _ in islice(printed, 2)] != [(f"{name} {p}", finish) for p in _REST]:
                    raise CannotSplitError(f"the marks of {name} are not put in as they come")
                before, (_, between), (_, after) = after, printed.popleft(), printed.popleft()
                form.mark(name, _Marking(texts[name], finish, before, between))
            else:
                in_parts = name in parted and not finish
                for one in (f"{name}<", f"{name}>") if in_parts else (source,):
                    form.leave(one, finish, in_tag=in_tag)
            form.add(after)
            in_tag = _in_tag(after, in_tag)
        return form.done()


_PIECES = 64  # that readers' words cut one text into
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


def _finished(finish: Finish, value: Any) -> Any:
    for step in finish:
        value = step(value)
    return value


@dataclass(frozen=True, slots=True)
class _Way:
    """How a value is put into quoted-printable, after its filters; bytes are there already."""

    finish: Finish
    html: bool
    in_tag: bool  # of HTML: in an attribute

    def __call__(self, value: Any) -> bytes:
        if isinstance(value, bytes):
            return value
        value = _finished(self.finish, value)
        if not self.html:
            return quoted(str(value))
        if self.in_tag:
            return quoted(_in_attribute(str(value)))
        return quoted(str(value) if hasattr(value, "__html__") else escaped(str(value)))


_Source = str | Mixture
_Encode = Callable[[Any], bytes]


class Slots:
    """The keys of values that forms take as they come: one for each way to encode them."""

    def __init__(self) -> None:
        self._ways: dict[str, dict[_Way, bytes]] = {}
        self._numbers = count()

    def __len__(self) -> int:
        return sum(map(len, self._ways.values()))

    def key(self, name: str, way: _Way) -> bytes:
        """The key of a value encoded in a way."""
        return self._ways.setdefault(name, {}).setdefault(way, b"common %d" % next(self._numbers))

    def ready(self, values: Mapping[str, Any]) -> dict[bytes, bytes]:
        """Values encoded in all ways in which the forms so far want them, by key."""
        return {
            key: way(value)
            for name, value in values.items()
            for way, key in tuple(self._ways.get(name, {}).items())  # other threads add to it
        }


@dataclass(frozen=True, slots=True)
class Form:
    """Quoted-printable bytes for ``%``, and what goes in: (key, value, how it is encoded).

    One formatting puts it in by key, as joining pieces takes twice as long.
    """

    template: bytes
    slots: tuple[tuple[bytes, _Source, _Encode], ...]

    def fill(self, values: Mapping[str, Any], ready: dict[bytes, bytes]) -> bytes:
        """The form with the values of one mail; what was encoded is left in ``ready``, by key."""
        for key, source, encode in self.slots:
            if key not in ready:
                value = values[source] if isinstance(source, str) else source.text(values)
                ready[key] = encode(value)
        return self.template % ready


class _Cutting:
    """A Form as it grows."""

    def __init__(self, slots: Slots, *, html: bool) -> None:
        self._template = bytearray()
        self._common = slots
        self._html = html
        self._slots: dict[bytes, tuple[_Source, _Encode]] = {}

    def add(self, text: str) -> None:
        self._template += quoted(text).replace(b"%", b"%%")

    def leave(self, source: _Source, finish: Finish, *, in_tag: bool) -> None:
        way = _Way(finish, self._html, in_tag)
        # Filters may hold words of one paper, and there is no end of those.
        common = isinstance(source, str) and not finish
        self._put(self._common.key(str(source), way) if common else self._key(), source, way)

    def mark(self, name: str, marking: "_Marking") -> None:
        self._put(self._key(), name, marking)

    def done(self) -> Form:
        slots = tuple((key, *what) for key, what in self._slots.items())
        return Form(bytes(self._template), slots)

    def _key(self) -> bytes:
        return b"%b %d" % (b"html" if self._html else b"text", len(self._slots))

    def _put(self, key: bytes, source: _Source, encode: _Encode) -> None:
        self._template += b"%%(%b)b" % key
        self._slots[key] = (source, encode)


# --- encoding --------------------------------------------------------------------------------


def quoted(text: str) -> bytes:
    """``text`` in quoted-printable, CRLF line ends; the last line, when not ended, ends softly."""
    # The x keeps room in the last line for the soft break.
    lines = binascii.b2a_qp(text.encode() + b"x", istext=True)[:-1]
    if lines and lines[-1] != _NEWLINE:
        lines += b"=\n"
    return lines.replace(b"\n", b"\r\n")


_NEWLINE = ord("\n")


class _Marking:
    """A text as HTML with ``before`` and ``after`` around the spans that are marked in it."""

    def __init__(self, text: str, finish: Finish, before: str, after: str) -> None:
        self._text = text
        self._how = (finish, before, after)
        # Readers' marks differ more than the pieces they make.
        self._plain = lru_cache(_PIECES)(self._new_plain)
        self._marked = lru_cache(_PIECES)(self._new_marked)

    def __call__(self, spans: Spans) -> bytes:
        pieces, end = [], 0
        for start, stop in spans:
            pieces += [self._plain(end, start), self._marked(start, stop)]
            end = stop
        return b"".join((*pieces, self._plain(end, None)))

    def _new_plain(self, start: int, stop: int | None) -> bytes:
        return quoted(_html(self._text[start:stop], self._how[0]))

    def _new_marked(self, start: int, stop: int) -> bytes:
        finish, before, after = self._how
        return quoted(f"{before}{_html(self._text[start:stop], finish)}{after}")


def _html(value: Any, finish: Finish) -> str:
    value = _finished(finish, value)
    return str(value) if hasattr(value, "__html__") else escaped(str(value))


def escaped(text: str) -> str:
    """``text`` as the inliner writes it between tags."""
    text = text.replace("&", "&amp;").replace("\xa0", "&nbsp;")
    return text.replace("<", "&lt;").replace(">", "&gt;")


_SCRIPT = re.compile(r"([_^])\{([^{}]{1,60})\}")  # as ``text.readable`` leaves it


def typeset(text: str) -> Markup:
    """``text`` as HTML, subscripts and superscripts that Unicode has no sign for set as such."""
    return Markup(_SCRIPT.sub(_script, escaped(text)))  # noqa: S704 - escaped, as it has to be


def _script(found: re.Match[str]) -> str:
    tag = "sub" if found[1] == "_" else "sup"
    return f"<{tag}>{found[2]}</{tag}>"


def _in_attribute(text: str) -> str:
    return text.replace("&", "&amp;").replace("\xa0", "&nbsp;").replace('"', "&quot;")


def _in_tag(piece: str, before: bool) -> bool:
    """Whether an HTML tag is still open at the end of a piece."""
    opened, closed = piece.rfind("<"), piece.rfind(">")
    return opened > closed if opened != closed else before
