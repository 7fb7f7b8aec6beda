"""Compiled templates: rendered text that is encoded once and filled in for every mail.

A template is rendered with placeholders. Cut at these and put into quoted-printable (RFC 2045
6.7), its text is joined with the values of each mail. Every piece begins at column 0 and ends
with a line break, soft or hard, so pieces need no regard for each other.
"""

from collections import deque
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import count, islice
from operator import itemgetter
from typing import Any, NamedTuple

from digestmail.render.compiled.marking import filtered_marks, sliced_marks
from digestmail.render.compiled.placeholders import (
    Filters,
    NotCompilableError,
    Placeholders,
    Source,
    apply_all,
    is_marked_text,
)
from digestmail.render.encoding import as_html, escaped, in_attribute, in_tag, quoted, typeset

_MAX_ENCODINGS = 64  # of one value that are shared; more would be words of single papers

Encode = Callable[[Any], bytes]
Encoded = dict[str, bytes]  # values in quoted-printable, by key


class _Encoding(NamedTuple):
    """A way to put a value into quoted-printable, after its filters."""

    filters: Filters
    html: bool
    in_tag: bool  # of HTML: in an attribute

    def encoder(self) -> Encode:
        """Return the function that does it."""
        filtered = apply_all(self.filters)
        if not self.html:
            return lambda value: quoted(str(filtered(value)))
        if self.in_tag:
            return lambda value: quoted(in_attribute(str(filtered(value))))
        return lambda value: quoted(as_html(filtered(value)))


class SharedEncodings:
    """The encodings that compiled templates share: a value is encoded once for all of them.

    Each encoding has a key. Those of values named in ``always`` are among what every template is
    filled with, so it need not look for them. For those in ``filtered`` this holds of what
    filters make of them, too.
    """

    def __init__(self, always: Collection[str] = (), filtered: Collection[str] = ()) -> None:
        self._always = frozenset(always)
        self._filtered = frozenset(filtered)
        self._encoders: dict[str, dict[tuple[_Encoding, str], tuple[str, Encode]]] = {}
        self._numbers = count()

    def __len__(self) -> int:
        return sum(map(len, self._encoders.values()))

    def key(self, source: Source, encoding: _Encoding) -> str:
        """Return the key of an encoding of a value; empty when it is not shared."""
        if not isinstance(source, str) or (encoding.filters and source not in self._filtered):
            return ""  # filters may hold words of one paper, and there is no end of those
        encoders = self._encoders.setdefault(source, {})
        try:
            # With its repr, as HTML equals the text that it was made of.
            identity = (encoding, repr(encoding))
            if identity not in encoders and len(encoders) >= _MAX_ENCODINGS:
                return ""
        except TypeError:  # a filter's arguments cannot be told apart
            return ""
        new = f"common {next(self._numbers)}", encoding.encoder()
        return encoders.setdefault(identity, new)[0]  # in one step: other threads add to it

    def is_always_encoded(self, source: Source) -> bool:
        """Return whether a value is among what every template is filled with."""
        return source in self._always

    def encode(self, values: Mapping[str, Any]) -> Encoded:
        """Return values in all encodings that the templates compiled so far use, by key."""
        return {
            key: encode(value)
            for name, value in values.items()
            for key, encode in tuple(self._encoders.get(name, {}).values())  # threads add to it
        }


@dataclass(frozen=True, slots=True)
class CompiledTemplate:
    """A template as quoted-printable bytes for ``%``, and the values that go in.

    ``slots`` has (key, value, encoder) of the values that may have to be encoded yet. ``pick``
    takes all values by key in the order of the template: formatting by position takes a quarter
    of the time of formatting by name.
    """

    template: bytes
    slots: tuple[tuple[str, Source, Encode], ...]
    pick: Callable[[Encoded], tuple[bytes, ...]]

    def fill(self, values: Mapping[str, Any], encoded: Encoded) -> bytes:
        """Return the text with the values of one mail; what is encoded here joins ``encoded``."""
        for key, source, encode in self.slots:
            if key not in encoded:
                value = values[source] if isinstance(source, str) else source.text(values)
                encoded[key] = encode(value)
        return self.template % self.pick(encoded)


def compile_template(
    rendered: str,
    placeholders: Placeholders,
    shared: SharedEncodings,
    *,
    html: bool = False,
    marked_texts: Mapping[str, str] = {},
    split_values: Collection[str] = (),
    inserted: Collection[str] = (),
) -> CompiledTemplate:
    """Return a rendering as a CompiledTemplate.

    ``marked_texts`` are those whose marks come later, by name. Of ``split_values`` the beginnings
    ("name<") and the ends ("name>") come apart, as long as no filter takes the two as one. Those
    ``inserted`` come encoded, by their own names. Raises NotCompilableError when marks are not
    put in one after another.
    """
    start, pieces = placeholders.split(rendered)
    builder = _Builder(shared, html=html)
    builder.add_text(start)
    inside = in_tag(start, False)
    printed = deque(pieces)
    while printed:
        (source, filters), after = printed.popleft()
        name, _, position = source.partition(" ") if isinstance(source, str) else ("", "", "")
        if position:
            if not is_marked_text([p for p, _ in islice(printed, 2)], name, filters):
                raise NotCompilableError(f"the marks of {name} are not put in as they come")
            before, (_, between), (_, after) = after, printed.popleft(), printed.popleft()
            builder.add_own(name, _mark(marked_texts[name], filters, before, between, html))
        elif name in inserted:
            builder.add_encoded(name)
        else:
            is_split = name in split_values and not filters
            for value in (f"{name}<", f"{name}>") if is_split else (source,):
                builder.add_value(value, filters, in_tag=inside)
        builder.add_text(after)
        inside = in_tag(after, inside)
    return builder.finish()


class _Builder:
    """A CompiledTemplate as it grows."""

    def __init__(self, shared: SharedEncodings, *, html: bool) -> None:
        self._template = bytearray()
        self._shared = shared
        self._html = html
        self._slots: dict[str, tuple[Source, Encode]] = {}
        self._order: list[str] = []

    def add_text(self, text: str) -> None:
        self._template += quoted(text).replace(b"%", b"%%")

    def add_encoded(self, key: str) -> None:
        """Leave room for a value that comes encoded."""
        self._template += b"%b"
        self._order.append(key)

    def add_own(self, source: Source, encode: Encode, key: str = "") -> None:
        """Leave room for a value that this template may have to encode itself."""
        key = key or f"{'html' if self._html else 'text'} {len(self._slots)}"
        self.add_encoded(key)
        self._slots[key] = (source, encode)

    def add_value(self, source: Source, filters: Filters, *, in_tag: bool) -> None:
        """Leave room for a value, encoded here or once for all."""
        encoding = _Encoding(filters, self._html, in_tag and self._html)
        key = self._shared.key(source, encoding)
        if key and self._shared.is_always_encoded(source):
            self.add_encoded(key)
        else:
            self.add_own(source, encoding.encoder(), key)

    def finish(self) -> CompiledTemplate:
        slots = tuple((key, *slot) for key, slot in self._slots.items())
        return CompiledTemplate(bytes(self._template), slots, _picker(self._order))


def _mark(text: str, filters: Filters, before: str, after: str, html: bool) -> Encode:
    """Return the encoder of a text that gets ``before`` and ``after`` around each mark."""
    filtered = apply_all(filters)

    def printed(piece: str) -> str:
        return as_html(filtered(piece)) if html else str(filtered(piece))

    simple = all(call.function is typeset for call in filters) and len(text.splitlines()) == 1
    if html and simple and printed(text) == escaped(text):
        return sliced_marks(text, before, after)
    return filtered_marks(text, printed, before, after)


def _picker(keys: Sequence[str]) -> Callable[[Encoded], tuple[bytes, ...]]:
    """Return a function that picks values by key, as a tuple even of a single value or none."""
    if len(keys) > 1:
        return itemgetter(*keys)
    return lambda encoded: tuple([encoded[key] for key in keys])
