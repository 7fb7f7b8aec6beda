"""Repair of feeds that are not well-formed XML, where the meaning is certain."""

import html
import re
from collections.abc import Iterator
from html.entities import html5

_ENTRY_TAG = re.compile(r"<(/?)(?:\w{1,20}:)?(?:item|entry)(?=[\s/>])", re.I)
_CDATA, _CDATA_END = "<![CDATA[", "]]>"
_AMPERSAND = re.compile(
    r"&(?!(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|amp|lt|gt|quot|apos);)(?:(\w{2,31});)?"
)
_NO_TAG = re.compile(r"<(?![A-Za-z_!?]|/[A-Za-z_])")
_VOID_TAG = re.compile(r"<(br|hr|img|wbr)\b([^<>]{0,1000}?)\s*/?>", re.I)
_INVALID = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_TEXT_FIELD = re.compile(
    r"<((?:\w{1,20}:)?(?:title|description|summary|content|encoded))(\s[^<>]{0,500})?>"
    r"((?:(?!</?\1\b|<!\[CDATA\[).)*+)</\1\s*>",
    re.I | re.S,
)


def split_entries(text: str) -> Iterator[str]:
    """Yield each entry from its first tag to its last; one without an end is left out."""
    start = -1
    for tag in _ENTRY_TAG.finditer(text):
        if not tag[1]:
            start = tag.start()
        elif start >= 0:
            yield text[start : text.find(">", tag.end()) + 1]
            start = -1


def repaired(text: str) -> str:
    """Return the text with bare ``&`` and ``<``, HTML's entities and unclosed tags repaired."""
    pieces, end = [], 0
    while (start := text.find(_CDATA, end)) >= 0 and (stop := text.find(_CDATA_END, start)) >= 0:
        pieces += [_repaired_markup(text[end:start]), text[start : stop + 3]]
        end = stop + 3
    pieces.append(_repaired_markup(text[end:]))
    return _INVALID.sub("", "".join(pieces))


def _repaired_markup(text: str) -> str:
    text = _NO_TAG.sub("&lt;", _AMPERSAND.sub(_entity, text))
    return _VOID_TAG.sub(r"<\1\2/>", text)


def _entity(match: re.Match[str]) -> str:
    character = html5.get(f"{match[1]};", "") if match[1] else ""
    return html.escape(character, quote=False) if character else f"&amp;{match[0][1:]}"


def quoted(piece: str) -> str:
    """Return an entry whose texts hold unclosed tags, with these texts in CDATA sections."""
    return _TEXT_FIELD.sub(
        lambda m: f"<{m[1]}{m[2] or ''}>{_CDATA}{m[3]}{_CDATA_END}</{m[1]}>", piece
    )
