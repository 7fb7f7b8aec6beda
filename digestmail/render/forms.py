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
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache, partial, wraps
from itertools import islice
from typing import Any

from markupsafe import Markup

# Nobody can know it, so no text of a paper is taken for a hole.
SECRET = secrets.token_hex(8)
_TOKEN = re.compile(rf"{SECRET}-(\d+)-")

Spans = tuple[tuple[int, int], ...]
Finish = tuple[Callable[[Any], Any], ...]  # the filters a value goes through, in order


class CannotSplitError(Exception):
    """A template does more with a value than print it; it has to be rendered for every mail."""


class Hole:
    """Stands in a template for a value that comes later: always true, and may only be printed."""

    __slots__ = ("_finish", "_holes", "_name")

    def __init__(self, holes: "Holes", name: str, finish: Finish) -> None:
        self._holes = holes
        self._name = name
        self._finish = finish

    def __str__(self) -> str:
        return self._holes.token(self._name, self._finish)

    __html__ = __str__

    def then(self, finish: Callable[[Any], Any]) -> "Hole":
        """The hole for what ``finish`` will make of the value."""
        return Hole(self._holes, self._name, (*self._finish, finish))


class Holes:
    """The holes of one rendering."""

    def __init__(self) -> None:
        self._printed: list[tuple[str, Finish]] = []

    def hole(self, name: str) -> Any:
        """A hole for the value ``name``; Any, as it stands where a string is expected."""
        return Hole(self, name, ())

    def segments(self, name: str) -> Any:
        """Holes in the place of Segments, for a text whose marks come later."""
        return tuple((self.hole(f"{name} {part}"), part == "marked") for part in _AROUND)

    def token(self, name: str, finish: Finish) -> str:
        """What a hole prints."""
        self._printed.append((name, finish))
        return f"{SECRET}-{len(self._printed) - 1}-"

    def cut(self, rendered: str, *, html: bool = False, texts: Mapping[str, str] = {}) -> "Form":
        """The Form of a rendering; ``texts`` are those whose marks come later, by name.

        Raises CannotSplitError when marks are not put in one after another.
        """
        first, *rest = _TOKEN.split(rendered)
        printed = deque(zip((self._printed[int(n)] for n in rest[::2]), rest[1::2], strict=True))
        slots = []
        in_tag = _in_tag(first, False)
        while printed:
            (name, finish), after = printed.popleft()
            name, _, part = name.partition(" ")
            if part:
                if [p for p, _ in islice(printed, 2)] != [(f"{name} {p}", finish) for p in _REST]:
                    raise CannotSplitError(f"the marks of {name} are not put in as they come")
                before, (_, between), (_, after) = after, printed.popleft(), printed.popleft()
                known = (texts[name], finish, before, between)
                encode: Callable[[Any], bytes] = partial(marked, *known)
            else:
                encode = _encoder(finish, html=html, in_tag=in_tag)
            slots.append((name, encode, quoted(after)))
            in_tag = _in_tag(after, in_tag)
        return Form(quoted(first), slots)


_AROUND = ("before", "marked", "after")
_REST = _AROUND[1:]


def late(filter_: Callable[..., str]) -> Callable[..., Any]:
    """A template filter that also takes a Hole, and is then applied to each value."""

    @wraps(filter_)
    def apply(value: Any, *args: Any, **kwargs: Any) -> Any:
        if isinstance(value, Hole):
            plain = not args and not kwargs  # then it can be told whether two holes are alike
            return value.then(filter_ if plain else lambda known: filter_(known, *args, **kwargs))
        if isinstance(value, str) and SECRET in value:
            raise CannotSplitError(f"{filter_.__name__} is given a text that is not complete yet")
        return filter_(value, *args, **kwargs)

    return apply


@dataclass(frozen=True, slots=True)
class Form:
    """Quoted-printable bytes with slots: (name, how its value is encoded, what follows)."""

    first: bytes
    slots: list[tuple[str, Callable[[Any], bytes], bytes]]

    def fill(self, values: Mapping[str, Any]) -> list[bytes]:
        """The pieces of one mail, to be joined."""
        parts = [self.first]
        for name, encode, after in self.slots:
            parts += (encode(values[name]), after)
        return parts


# --- encoding --------------------------------------------------------------------------------


def quoted(text: str) -> bytes:
    """``text`` in quoted-printable, CRLF line ends; the last line, when not ended, ends softly."""
    # The x keeps room in the last line for the soft break.
    lines = binascii.b2a_qp(text.encode() + b"x", istext=True)[:-1]
    if lines and lines[-1] != _NEWLINE:
        lines += b"=\n"
    return lines.replace(b"\n", b"\r\n")


_NEWLINE = ord("\n")


@lru_cache(maxsize=20_000)
def marked(text: str, finish: Finish, before: str, after: str, spans: Spans) -> bytes:
    """``text`` as HTML with ``before`` and ``after`` around each of the ``spans``."""
    pieces, end = [], 0
    for start, stop in spans:
        pieces += [_html(text[end:start], finish), before, _html(text[start:stop], finish), after]
        end = stop
    return quoted("".join((*pieces, _html(text[end:], finish))))


def _html(value: Any, finish: Finish) -> str:
    for step in finish:
        value = step(value)
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
        for step in finish:
            value = step(value)
        ready = html and not in_tag and hasattr(value, "__html__")
        return quoted(str(value)) if ready else encode(str(value))

    return finished if finish else encode


def takes_pieces(encode: Callable[[Any], bytes]) -> bool:
    """Whether a text may be encoded piece by piece: not when the template filters the whole."""
    return encode in (_quoted_text, _quoted_html, _quoted_attribute)


_quoted_text = lru_cache(maxsize=4096)(quoted)


@lru_cache(maxsize=4096)
def _quoted_html(text: str) -> bytes:
    return quoted(escaped(text))


@lru_cache(maxsize=4096)
def _quoted_attribute(text: str) -> bytes:
    return quoted(_in_attribute(text))
