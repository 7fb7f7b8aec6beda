"""Texts as mails have them: HTML as the inliner writes it, quoted-printable (RFC 2045 6.7)."""

import re
from typing import Any

from markupsafe import Markup

from digestmail.quoted_printable import quoted_printable


def quoted(text: str) -> bytes:
    """Return ``text`` in quoted-printable with CRLF; a last line without an end gets a soft one."""
    if _PLAIN.fullmatch(text):
        return text.encode() + b"=\r\n"
    if "\r" in text:  # alone it may stand nowhere in a mail (RFC 5321 2.3.8)
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    # The x keeps room in the last line for the soft break.
    lines = quoted_printable(text.encode() + b"x")[:-1]
    if lines and lines[-1] != _NEWLINE:
        lines += b"=\n"
    return lines.replace(b"\n", b"\r\n")


# Less than a line of ASCII with nothing to encode, as most values are: four times as fast.
_PLAIN = re.compile(r"(?!\.)[ -<>-~]{1,75}+")
_NEWLINE = ord("\n")


def as_html(value: Any) -> str:
    """Return a value as HTML, escaped unless it is HTML already."""
    return str(value) if hasattr(value, "__html__") else escaped(str(value))


def escaped(text: str) -> str:
    """Return ``text`` as the inliner writes it between tags."""
    text = text.replace("&", "&amp;").replace("\xa0", "&nbsp;")
    return text.replace("<", "&lt;").replace(">", "&gt;")


_SCRIPT = re.compile(r"([_^])\{([^{}]{1,60})\}")  # as ``text.readable`` leaves it


def typeset(text: str) -> Markup:
    """Return ``text`` as HTML, with tags for scripts that Unicode has no sign for."""
    return Markup(_SCRIPT.sub(_script, escaped(text)))  # noqa: S704 - escaped, as it has to be


def _script(match: re.Match[str]) -> str:
    tag = "sub" if match[1] == "_" else "sup"
    return f"<{tag}>{match[2]}</{tag}>"


def in_attribute(text: str) -> str:
    """Return ``text`` as the inliner writes it in an attribute."""
    return text.replace("&", "&amp;").replace("\xa0", "&nbsp;").replace('"', "&quot;")


def in_tag(piece: str, before: bool) -> bool:
    """Return whether an HTML tag is still open at the end of a piece."""
    opened, closed = piece.rfind("<"), piece.rfind(">")
    return opened > closed if opened != closed else before
