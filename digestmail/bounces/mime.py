"""Reads messages that may be damaged, hostile or in any character set. Pure.

The work is bounded: a message is read up to so many bytes and lines, a field up to so many letters.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes, message_from_string
from email.errors import MessageError
from email.header import decode_header
from email.message import Message
from email.policy import Compat32
from email.utils import getaddresses
from html import unescape

_CJK = re.compile(rb"(?:[\xa1-\xf7][\xa1-\xfe]){3}")  # GBK; letters of Latin-1 seldom stand so
_WIDER = {"gb2312": "gb18030", "gbk": "gb18030", "ks_c_5601-1987": "cp949", "shift_jis": "cp932"}
_HIDDEN = re.compile(r"<(style|script|head)\b.{0,20000}?</\1\s*>", re.I | re.S)
_BREAK = re.compile(r"<(?:br|/p|/div|/tr|/li|/h\d)\b[^<>]{0,400}>", re.I)
_TAG = re.compile(r"<[^<>@]{1,400}>")


@dataclass(frozen=True, slots=True)
class Limits:
    """The bounds within which a message is read: all we look for stands at its beginning.

    A notification with a copy of a whole mail of 90 kB is smaller. The email package takes a time
    that grows with the square of the lines, parts and parameters, 0.2 s at these numbers.
    """

    bytes: int = 128 * 1024
    lines: int = 3_000
    field: int = 2_000  # letters of a header field
    text: int = 20_000  # letters of a part
    body_parts: int = 200


LIMITS = Limits()


class _LenientPolicy(Compat32):
    """A policy that takes fields in any bytes, and none longer than the limit."""

    def header_source_parse(self, sourcelines: list[str]) -> tuple[str, str]:
        """Return a field's name and value, cut where it is too long."""
        name, value = super().header_source_parse(sourcelines)
        return name, value[: LIMITS.field]

    def header_fetch_parse(self, name: str, value: str) -> str:  # noqa: ARG002
        """Return a field's value; eight-bit letters that it holds are read as text."""
        return value if value.isascii() else decoded(value.encode("utf-8", "surrogateescape"))


_POLICY = _LenientPolicy()


def read_message(raw: bytes) -> Message:
    """Return the message, as much of it as is read."""
    return message_from_bytes(cut(raw), policy=_POLICY)


def cut(raw: bytes) -> bytes:
    """Return the beginning of a message."""
    lines = raw[: LIMITS.bytes].replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")
    return b"\n".join(lines[: LIMITS.lines])


def read_fields(text: str) -> Message:
    """Return the header fields that ``text`` begins with."""
    return message_from_string(text[: LIMITS.text], policy=_POLICY)


def body_parts(message: Message) -> list[Message]:
    """Return all parts of a message, without those of the mail that it returns."""
    waiting, seen = [message], list[Message]()
    while waiting and len(seen) < LIMITS.body_parts:
        body_part = waiting.pop(0)
        seen.append(body_part)
        if body_part.get_content_maintype() == "multipart":
            waiting = children(body_part) + waiting
    return seen


def children(body_part: Message) -> list[Message]:
    """Return the parts within a part."""
    payload = body_part.get_payload() if body_part.is_multipart() else []
    return [child for child in payload if isinstance(child, Message)]


def groups(body_part: Message) -> Iterator[Message]:
    """Yield the groups of fields of a delivery status or feedback report, however it was parsed.

    RFC 2046 forbids such a part to be encoded; some servers do so, and the email package leaves it.
    """
    encoding = str(body_part.get("Content-Transfer-Encoding") or "").strip().lower()
    if body_part.is_multipart() and encoding in ("base64", "quoted-printable"):
        body_part = _decoded_part(body_part, encoding)
    for group in children(body_part):
        yield group
        if not group.keys():
            yield read_fields(text_of(group))
    if not body_part.is_multipart():
        for text in re.split(r"\n\n", text_of(body_part).replace("\r\n", "\n")):
            yield read_fields(text.lstrip())


def _decoded_part(body_part: Message, encoding: str) -> Message:
    """Return an encoded part that was parsed as if it were not."""
    lines = (
        line
        for group in children(body_part)
        for line in (*(f"{k}: {v}" for k, v in group.items()), str(group.get_payload()), "")
    )
    decoded_part = Message(policy=_POLICY)
    decoded_part["Content-Transfer-Encoding"] = encoding
    decoded_part.set_payload("\n".join(lines))
    return decoded_part


def text_of(body_part: Message) -> str:
    """Return the text of a part, read in the character set that it names or seems to be in."""
    if body_part.is_multipart():
        return ""
    payload = body_part.get_payload(decode=True)
    if not isinstance(payload, bytes):
        return ""
    charset = str(body_part.get_param("charset") or "")
    text = decoded(payload[: 4 * LIMITS.text], charset)[: LIMITS.text]
    return _without_markup(text) if body_part.get_content_subtype() == "html" else text


def decoded(raw: bytes, charset: str = "") -> str:
    """Return bytes as text: in ``charset``, else in the first of the usual ones that fits."""
    name = charset.strip("\"' ").lower()
    guesses = (
        _WIDER.get(name, name),
        "iso2022_jp_2" if b"\x1b$" in raw else "utf-8",
        "gb18030" if _CJK.search(raw) else "cp1252",
    )
    for guess in filter(None, guesses):
        try:
            # Some codecs, such as unicode_escape, make halves of letters that cannot be stored.
            return raw.decode(guess).encode("utf-8", "replace").decode()
        except (LookupError, ValueError):  # no such character set, or no text in it
            continue
    return raw.decode("utf-8", "replace")


def fields(message: Message, *names: str) -> Iterator[str]:
    """Yield the values of all fields of these names."""
    for name in names:
        for value in message.get_all(name, []):
            yield str(value)


def field(message: Message, name: str) -> str:
    """Return the value of a field with its encoded words (RFC 2047) read; empty without one."""
    value = str(message.get(name) or "")
    try:
        words = [
            word if isinstance(word, str) else decoded(word, charset or "ascii")
            for word, charset in decode_header(value)
        ]
    except (MessageError, LookupError, ValueError):
        return value
    return "".join(words)


def typed_field(message: Message, name: str) -> str:
    """Return the value of a field of a notification without the type before its semicolon."""
    value = field(message, name)
    kind, semicolon, untyped = value.partition(";")
    typed = semicolon and re.fullmatch(r"\s*[\w-]{1,40}(?:\s*\([^)]{0,80}\))?\s*", kind)
    return (untyped if typed else value).strip()


def address_in(text: str) -> str:
    """Return the first mail address of a header field, lower case; empty without one."""
    addresses = [address for _, address in getaddresses([text[:500]]) if "@" in address]
    return addresses[0].strip("<>").lower() if addresses else ""


def _without_markup(text: str) -> str:
    return unescape(_TAG.sub(" ", _BREAK.sub("\n", _HIDDEN.sub(" ", text))))
