"""A text whose marks come later: encoded once, then cut and joined for each reader's marks."""

from array import array
from collections.abc import Callable
from itertools import accumulate

from digestmail.render.compiled.encoding import escaped, quoted

Spans = tuple[tuple[int, int], ...]
Encode = Callable[[Spans], bytes]  # a text in quoted-printable, every line ended

_COLUMNS = 75
_END = b"=\r\n"  # a soft line break


def pieced(text: str, finish: Callable[[str], str], before: str, after: str) -> Encode:
    """A text with ``before`` and ``after`` around spans that are in order and apart.

    ``finish`` makes what is printed of each piece between marks.
    """

    def encode(spans: Spans) -> bytes:
        pieces: list[str] = []
        end = 0
        for start, stop in spans:
            pieces += (finish(text[end:start]), before, finish(text[start:stop]), after)
            end = stop
        return b"".join(map(quoted, (*pieces, finish(text[end:]))))

    return encode


def cut(text: str, before: str, after: str) -> Encode:
    """The same where a piece is printed as it is, in HTML on one line, but six times as fast."""
    whole, starts = _encoded(text)
    opened, closed = quoted(before), _END + quoted(after)

    def encode(spans: Spans) -> bytes:
        if not spans:  # as in most titles
            return whole
        pieces: list[bytes] = []
        end = 0
        for start, stop in spans:
            first, last = starts[start], starts[stop]
            if first > end:
                pieces += (whole[end:first], _END)
            pieces += (opened, whole[first:last], closed)
            end = last
        return b"".join((*pieces, whole[end:]))

    return encode


def _encoded(text: str) -> tuple[bytes, "array[int]"]:
    """A text as HTML in quoted-printable, and where each character of it begins there."""
    signs: list[bytes] = []
    column = 0
    for sign in map(_sign, text):
        if column + len(sign) > _COLUMNS:
            signs[-1] += _END
            column = 0
        signs.append(sign)
        column += len(sign)
    whole = b"".join((*signs, _END)) if signs else b""
    # As small as can be: those of a day's papers are more than a processor's cache has room for.
    kind = "H" if len(whole) < 1 << 16 else "L"
    return whole, array(kind, accumulate(map(len, signs), initial=0))


def _sign(character: str) -> bytes:
    if character.isalnum() and character.isascii():
        return character.encode()
    if character == " ":
        return b" "  # never the last of a line that ends hard
    if character == ".":
        return b"=2E"  # as any may come to begin a line; see ``printable``
    return quoted(escaped(character)).removesuffix(_END)
