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
from functools import lru_cache, partial, wraps
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
        form = _Cutting()
        form.add(first)
        in_tag = _in_tag(first, False)
        while printed:
            (source, finish), after = printed.popleft()
            name, _, part = source.partition(" ") if isinstance(source, str) else ("", "", "")
            if part:
                if [p for p, _ in islice(printed, 2)] != [(f"{name} {p}", finish) for p in _REST]:
                    raise CannotSplitError(f"the marks of {name} are not put in as they come")
                before, (_, between), (_, after) = after, printed.popleft(), printed.popleft()
                mark = partial(marked, texts[name], finish, before, between)
                form.leave(name, lru_cache(_MARKED)(mark))
            else:
                encode = _encoder(finish, html=html, in_tag=in_tag)
                in_parts = name in parted and not finish
                for one in (f"{name}<", f"{name}>") if in_parts else (source,):
                    form.leave(one, encode)
            form.add(after)
            in_tag = _in_tag(after, in_tag)
        return form.done()


_MARKED = 32  # ways in which readers' words mark one text
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
        value = _stepped(step, value)
    return value


# Readers share reasons, which take long to wrap. Typed, as Markup equals the same plain text.
@lru_cache(maxsize=16_384, typed=True)
def _stepped(step: Step, value: Any) -> Any:
    return step(value)


_Encode = Callable[[Any], bytes]


@dataclass(frozen=True, slots=True)
class Form:
    """Quoted-printable bytes for ``%``, with the values that go in: (which, how it is encoded).

    One formatting puts them in, as joining pieces takes twice as long.
    """

    template: bytes
    slots: tuple[tuple[str | Mixture, _Encode], ...]
    plain: bool  # whether no slot is a mixture

    def fill(self, values: Mapping[str, Any]) -> bytes:
        """The form with the values of one mail."""
        if self.plain:
            return self.template % tuple([encode(values[name]) for name, encode in self.slots])  # type: ignore[index]
        return self.template % tuple(
            encode(values[source] if isinstance(source, str) else source.text(values))
            for source, encode in self.slots
        )


class _Cutting:
    """A Form as it grows."""

    def __init__(self) -> None:
        self._template = bytearray()
        self._slots: list[tuple[str | Mixture, _Encode]] = []

    def add(self, text: str) -> None:
        self._template += quoted(text).replace(b"%", b"%%")

    def leave(self, source: str | Mixture, encode: _Encode) -> None:
        self._template += b"%b"
        self._slots.append((source, encode))

    def done(self) -> Form:
        plain = all(isinstance(source, str) for source, _ in self._slots)
        return Form(bytes(self._template), tuple(self._slots), plain)


# --- encoding --------------------------------------------------------------------------------


def quoted(text: str) -> bytes:
    """``text`` in quoted-printable, CRLF line ends; the last line, when not ended, ends softly."""
    # The x keeps room in the last line for the soft break.
    lines = binascii.b2a_qp(text.encode() + b"x", istext=True)[:-1]
    if lines and lines[-1] != _NEWLINE:
        lines += b"=\n"
    return lines.replace(b"\n", b"\r\n")


_NEWLINE = ord("\n")


def marked(text: str, finish: Finish, before: str, after: str, spans: Spans) -> bytes:
    """``text`` as HTML with ``before`` and ``after`` around each of the ``spans``."""
    pieces, end = [], 0
    for start, stop in spans:
        pieces += [_html(text[end:start], finish), before, _html(text[start:stop], finish), after]
        end = stop
    return quoted("".join((*pieces, _html(text[end:], finish))))


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


def _encoder(finish: Finish, *, html: bool, in_tag: bool) -> Callable[[Any], bytes]:
    encode = (_quoted_attribute if in_tag else _quoted_html) if html else _quoted_text

    def finished(value: Any) -> bytes:
        value = _finished(finish, value)
        ready = html and not in_tag and hasattr(value, "__html__")
        return quoted(str(value)) if ready else encode(str(value))

    return finished if finish else encode


_quoted_text = lru_cache(maxsize=16_384)(quoted)


@lru_cache(maxsize=16_384)
def _quoted_html(text: str) -> bytes:
    return quoted(escaped(text))


@lru_cache(maxsize=4096)
def _quoted_attribute(text: str) -> bytes:
    return quoted(_in_attribute(text))
