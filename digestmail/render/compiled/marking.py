"""A text whose marks come later: encoded once, then sliced and joined for each reader's marks."""

from array import array
from collections.abc import Callable
from itertools import accumulate

from digestmail.render.cleaning import Spans
from digestmail.render.encoding import escaped, quoted

MarkEncoder = Callable[[Spans], bytes]  # to a text in quoted-printable, every line ended

_COLUMNS = 75
_SOFT_BREAK = b"=\r\n"


def filtered_marks(
    text: str, printed: Callable[[str], str], before: str, after: str
) -> MarkEncoder:
    """Return an encoder that puts ``before`` and ``after`` around spans in order and apart.

    ``printed`` makes the output of each piece between marks.
    """

    def encode(spans: Spans) -> bytes:
        pieces: list[str] = []
        end = 0
        for start, stop in spans:
            pieces += (printed(text[end:start]), before, printed(text[start:stop]), after)
            end = stop
        return b"".join(map(quoted, (*pieces, printed(text[end:]))))

    return encode


def sliced_marks(text: str, before: str, after: str) -> MarkEncoder:
    """Return the same encoder for a text printed as it is, in HTML on one line; six times as fast.

    The text is encoded once, and its bytes are sliced at the marks.
    """
    encoded, starts = _encoded(text)
    opened, closed = quoted(before), _SOFT_BREAK + quoted(after)

    def encode(spans: Spans) -> bytes:
        if not spans:  # as in most titles
            return encoded
        pieces: list[bytes] = []
        end = 0
        for start, stop in spans:
            first, last = starts[start], starts[stop]
            if first > end:
                pieces += (encoded[end:first], _SOFT_BREAK)
            pieces += (opened, encoded[first:last], closed)
            end = last
        return b"".join((*pieces, encoded[end:]))

    return encode


def _encoded(text: str) -> tuple[bytes, "array[int]"]:
    """Return a text as HTML in quoted-printable, and where each character of it begins there."""
    signs: list[bytes] = []
    column = 0
    for sign in map(_sign, text):
        if column + len(sign) > _COLUMNS:
            signs[-1] += _SOFT_BREAK
            column = 0
        signs.append(sign)
        column += len(sign)
    encoded = b"".join((*signs, _SOFT_BREAK)) if signs else b""
    # As small as can be: those of a day's papers are more than a processor's cache has room for.
    kind = "H" if len(encoded) < 1 << 16 else "L"
    return encoded, array(kind, accumulate(map(len, signs), initial=0))


def _sign(character: str) -> bytes:
    if character.isalnum() and character.isascii():
        return character.encode()
    if character == " ":
        return b" "  # never the last of a line that ends hard
    if character == ".":
        return b"=2E"  # as any may come to begin a line; see ``quoted_printable``
    return quoted(escaped(character)).removesuffix(_SOFT_BREAK)
