"""Headings of structured abstracts, made words of their text: "Methods: We ..."."""

import re

from digestmail.sources.normalise.clean import clean

_HEADING = re.compile(
    r"<(?P<tag>(?:jats:)?title|h[1-6])\b[^>]{0,200}>(?P<text>.{0,200}?)</(?P=tag)>",
    re.IGNORECASE | re.DOTALL,
)
_OF_ABSTRACTS = frozenset({"abstract", "summary", "résumé", "zusammenfassung", "resumen"})


def with_plain_headings(markup: str) -> str:
    """Return HTML or JATS whose headings are text with a colon, without "Abstract" itself."""
    return _HEADING.sub(_plain, markup)


def _plain(match: re.Match[str]) -> str:
    text = clean(match["text"]).rstrip(" :.")
    return " " if not text or text.lower() in _OF_ABSTRACTS else f" {text}: "
