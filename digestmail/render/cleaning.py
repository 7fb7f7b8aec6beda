"""Texts of papers made fit to be shown.

Everything a paper says is hostile until it has passed through here: control characters and bidi
overrides are gone, lengths are bounded, and only http(s) addresses are left as links.
"""

import unicodedata
from collections.abc import Iterable
from urllib.parse import urlsplit

from digestmail.text import Phrase, excerpt, one_line, readable, spans
from digestmail.text.typography import with_printed_quotes

Segments = tuple[tuple[str, bool], ...]  # of a text, each with whether it is marked
Spans = tuple[tuple[int, int], ...]  # (start, end) of what is marked in a text
_LONGEST_URL = 1000  # characters; longer ones are no page of a paper


def clean(text: str, limit: int) -> str:
    """Return ``text`` on one line, without controls, its LaTeX readable, cut to ``limit``."""
    return excerpt(plain(text), limit) if limit else ""


def plain(text: str) -> str:
    """Return ``text`` on one line, without controls, its LaTeX readable, its quotes curly."""
    return with_printed_quotes(one_line(readable(one_line(text))))


def segments(text: str, phrases: Iterable[Phrase]) -> Segments:
    """Return ``text`` in pieces, each with whether it matches one of ``phrases``.

    Joined, the pieces are ``text`` again; none is empty.
    """
    pieces, end = [], 0
    for start, stop in spans(text, phrases, families=True):
        pieces += [(text[end:start], False), (text[start:stop], True)]
        end = stop
    pieces.append((text[end:], False))
    return tuple(piece for piece in pieces if piece[0])


def web_url(url: str) -> str:
    """Return ``url`` when a reader may be sent there, else nothing."""
    try:
        split = urlsplit(url)
    except ValueError:
        return ""
    usable = split.scheme in ("http", "https") and split.hostname and len(url) <= _LONGEST_URL
    return url if usable and url == one_line(url) and " " not in url else ""


def is_rtl(text: str) -> bool:
    """Return whether ``text`` is read from right to left, as its first letter tells (UAX 9 P2)."""
    for character in text:
        kind = unicodedata.bidirectional(character)
        if kind in ("L", "R", "AL"):
            return kind != "L"
    return False
