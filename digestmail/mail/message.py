"""Messages: the headers a mailbox provider wants to see, serialised to the exact bytes."""

import hashlib
import re
import string
import textwrap
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime, formataddr
from functools import lru_cache

from digestmail.domain import Message
from digestmail.errors import ConfigError, InputError
from digestmail.mail.address import checked_address
from digestmail.mail.dkim import DkimKey, sign
from digestmail.quoted_printable import quoted_printable
from digestmail.text import one_line

_COLUMNS = 76  # RFC 2045 6.7
_MAX_LINE = 998  # RFC 5322 2.1.1
_CRLF = "\r\n"
_LOCAL_PART = re.compile(r"[a-z][a-z0-9.+_-]{0,63}")
_SENDER_ID = re.compile(r"[A-Za-z0-9._-]{5,15}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """The sender of the mails. Raises ConfigError when a value could not stand in a header."""

    from_address: str
    from_name: str
    reply_to: str = ""
    bounce_address: str = ""  # base of the envelope senders; empty: from_address takes bounces
    list_id: str  # RFC 2919: "daily.digest.example.org"
    list_name: str
    sender_id: str  # the last field of Feedback-ID: 5 to 15 characters, the same for all mail
    help_url: str

    def __post_init__(self) -> None:
        for name in ("from_address", "reply_to", "bounce_address"):
            _check_address(name, getattr(self, name))
        _check_bounce_address(self)
        if not _SENDER_ID.fullmatch(self.sender_id):
            raise ConfigError(f"sender_id: 5 to 15 letters or digits, not {self.sender_id!r}")

    @property
    def domain(self) -> str:
        """Return the domain of ``from_address``, with which DMARC wants SPF or DKIM aligned."""
        return self.from_address.rpartition("@")[2].lower()


@dataclass(frozen=True, slots=True)
class ListLinks:
    """The links by which a reader leaves with one click (RFC 8058): a URL that takes a POST.

    ``unsubscribe_mailto`` is a whole mailto: URL beside it.
    """

    unsubscribe_url: str
    unsubscribe_mailto: str = ""


def envelope_sender(identity: Identity, token: str) -> str:
    """Return the VERP address for bounces of one recipient: ``b+<token>@bounce.example.org``.

    ``token`` is lower-case letters, digits and dashes. Raises ValueError when the local part
    would not start with a letter, or not fit into the 64 characters of RFC 5321.
    """
    if not (identity.bounce_address and token):
        return identity.bounce_address or identity.from_address
    base, _, domain = identity.bounce_address.rpartition("@")
    local = f"{base}+{token}"
    if not _LOCAL_PART.fullmatch(local):
        raise ValueError(f"not a local part: {local!r}")
    return f"{local}@{domain}"


def message_id(identity: Identity, seed: str) -> str:
    """Return the Message-ID that always belongs to ``seed``, with its angle brackets."""
    return f"<{hashlib.sha256(seed.encode()).hexdigest()[:40]}@{identity.domain}>"


def build(
    identity: Identity,
    *,
    recipient: str,
    subject: str,
    text: str | bytes,
    html: str | bytes,
    message_id: str,
    date: datetime,
    envelope_token: str = "",
    delivery_token: str = "",
    campaign: str = "",
    list_links: ListLinks | None,
    dkim: DkimKey | None,
) -> Message:
    """Return one mail to one recipient as bytes: 7-bit, CRLF, text/plain before text/html.

    ``text`` and ``html`` may be bytes: then they are in quoted-printable, with CRLF line ends, and
    no line begins with a dot.
    ``envelope_token`` tells whom a bounce is about; ``delivery_token``, in a field of the mail, of
    which mail it is when it returns a copy.
    ``recipient`` is a checked address, ``date`` aware. ``campaign`` is the first three fields of
    Feedback-ID ("d20261121:daily:digest"). ``list_links`` are for mail that is subscribed to;
    None makes a transactional mail, which offers nothing to unsubscribe from. Apart from the
    signature's time stamp the same arguments make the same bytes. Raises ConfigError when a
    header could not be written as it is.
    """
    fields = [
        _phrase("From", identity.from_name, identity.from_address),
        _exact("To", recipient),
        _exact("Reply-To", identity.reply_to),
        _unstructured("Subject", subject),
        _exact("Date", format_datetime(date)),
        _exact("Message-ID", message_id),
        *(_list_fields(identity, list_links, campaign) if list_links else ()),
        _exact("Auto-Submitted", "auto-generated"),
        _exact("X-Auto-Response-Suppress", "All"),
        _exact("X-Delivery", delivery_token),
    ]
    head = "".join(fields).encode("ascii")
    raw = b"".join((head, *_body(_quoted(text), _quoted(html), message_id)))
    sender = envelope_sender(identity, envelope_token)
    return Message(sender, recipient, message_id, sign(raw, dkim) if dkim else raw)


def _list_fields(identity: Identity, links: ListLinks, campaign: str) -> list[str]:
    urls = [links.unsubscribe_url, links.unsubscribe_mailto]
    return [
        _phrase("List-ID", identity.list_name, identity.list_id),
        _exact("List-Unsubscribe", ", ".join(f"<{url}>" for url in urls if url)),
        _exact("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"),
        _exact("List-Help", f"<{identity.help_url}>"),
        _exact("List-Post", "NO"),
        _exact("Feedback-ID", campaign and f"{campaign}:{identity.sender_id}"),
    ]


def _exact(name: str, value: str) -> str:
    # EmailMessage would encode a long URL as an RFC 2047 word, which mail programs do not decode
    # in List-Unsubscribe; so fields that programs read are written by us, as they are.
    if not value:
        return ""
    field = f"{name}: {one_line(value)}"
    if not field.isascii() or len(field) > _MAX_LINE:
        raise ConfigError(f"{name}: must be ASCII and fit on one line: {one_line(value)[:80]!r}")
    return field + _CRLF


def _unstructured(name: str, value: str) -> str:
    """Return a field that people read (RFC 5322 2.2.1)."""
    return f"{name}: {_encoded(name, one_line(value))}{_CRLF}"


@lru_cache(maxsize=64)
def _phrase(name: str, words: str, address: str) -> str:
    words = one_line(words)
    if _is_plain(words):
        return _exact(name, formataddr((words, address)) if words else f"<{address}>")
    # On a line of its own, as lines with encoded words end at column 76 (RFC 2047 2).
    return f"{name}: {_encoded(name, words)}{_CRLF} <{address}>{_CRLF}"


@lru_cache(maxsize=1024)  # many readers get the same subject
def _encoded(name: str, value: str) -> str:
    """Return ``value`` folded behind ``name: ``; as encoded words unless it is plain."""
    if _is_plain(value):
        if len(name) + len(value) < _COLUMNS - 2:
            return value
        first = " " * len(f"{name}: ")
        lines = textwrap.wrap(
            value,
            _COLUMNS - 1,
            initial_indent=first,
            break_on_hyphens=False,  # a fold reads as a space
            break_long_words=False,
        )
        return (_CRLF + " ").join(lines).lstrip()
    room = _COLUMNS - len(f"{name}: =?utf-8?q??=")
    words = [""]
    for character in value:
        code = _word_code(character)
        if len(words[-1]) + len(code) > room:
            words.append("")
        words[-1] += code
    return (_CRLF + " ").join(f"=?utf-8?q?{word}?=" for word in words)


@lru_cache(maxsize=4096)
def _word_code(character: str) -> str:
    """Return a character in an encoded word (RFC 2047 4.2), of which no character may be cut."""
    if character in _UNCODED:
        return character
    return "_" if character == " " else "".join(f"={b:02X}" for b in character.encode())


_UNCODED = frozenset(string.ascii_letters + string.digits + "!*+-/")  # 5 (3): even in a phrase


def _is_plain(value: str) -> bool:
    # "=?" would be read as an encoded word, and only an encoded word can be folded anywhere.
    longest = max(map(len, value.split()), default=0)
    return value.isascii() and "=?" not in value and longest < _COLUMNS // 2


# EmailMessage takes 20 times as long to write the same.
_BODY_PART = (
    b'Content-Type: text/%s; charset="utf-8"\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n'
)
_HEAD = b'MIME-Version: 1.0\r\nContent-Type: multipart/alternative;\r\n boundary="%s"\r\n'


def _body(text: bytes, html: bytes, boundary_seed: str) -> tuple[bytes, ...]:
    """Return the last headers and the parts, as RFC 2046 5.1 puts them, in pieces."""
    # "=_" cannot occur in quoted-printable text.
    boundary = b"=_" + hashlib.sha256(boundary_seed.encode()).hexdigest()[:32].encode()
    between = b"\r\n--" + boundary  # the line end before a boundary belongs to it
    begun = between + b"\r\n" + _BODY_PART
    body_parts = (begun % b"plain", text, begun % b"html", html)
    return (_HEAD % boundary, *body_parts, between, b"--\r\n")


def _quoted(text: str | bytes) -> bytes:
    if isinstance(text, bytes):
        return text
    lines = b"".join(line + b"\r\n" for line in text.encode().splitlines())
    return quoted_printable(lines)


def _check_address(name: str, address: str) -> None:
    if not address and name != "from_address":
        return
    try:
        checked = checked_address(address)
    except InputError as error:
        raise ConfigError(f"{name}: {error.message} ({one_line(address)!r})") from None
    if checked != address.lower():
        raise ConfigError(f"{name}: write {one_line(address)!r} as {checked}")


def _check_bounce_address(identity: Identity) -> None:
    """Try it with a token as long as any: what fails here would fail with every mail."""
    try:
        envelope_sender(identity, "k000-" + "z" * 40)
    except ValueError:
        raise ConfigError(
            f"mail.bounce_address: {identity.bounce_address!r} must begin with a lower-case "
            "letter and be short, such as b@bounce.example.org"
        ) from None
