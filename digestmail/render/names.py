"""What goes into the templates, and what comes out of them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from digestmail.domain import Digest, DigestItem, Subscriber, Verdict
from digestmail.render.papers import clean, short_day
from digestmail.text import excerpt, one_line

_SUBJECT = 80
_NOTE = 600
_PROFILE = 80

Names = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class DigestLinks:
    """Where the links of one digest lead; ``feedback`` takes a paper's position."""

    home: str
    preferences: str
    pause: str
    unsubscribe: str
    help: str
    feedback: Callable[[int, Verdict], str]


@dataclass(frozen=True, slots=True)
class Rendered:
    """A mail's subject (one line, at most 80 characters), plain text and HTML."""

    subject: str
    text: str
    html: str


@dataclass(frozen=True, slots=True)
class Quoted:
    """A mail as Rendered has it, its two parts in quoted-printable with CRLF line ends."""

    subject: str
    text: bytes
    html: bytes


def digest_names(digest: Digest, subscriber: Subscriber, links: DigestLinks, shown: int) -> Names:
    """The names known in all templates of a digest that shows so many papers."""
    confirmed = subscriber.confirmed_at
    profiles = dict.fromkeys(map(profile_name, digest.items))
    return {
        "day": short_day(digest.date),
        "long_day": f"{digest.date:%A}, {digest.date.day} {digest.date:%B %Y}",
        "total": len(digest.items),
        "judged": digest.judged,
        "left_out": len(digest.items) - shown,
        "profiles": [name for name in profiles if name],
        "note": clean(digest.note, _NOTE),
        "address": one_line(subscriber.email),
        "confirmed": short_day(confirmed) if confirmed else "",
        "links": links,
    }


def profile_name(item: DigestItem) -> str:
    """The name of the profile a paper was picked for, as it is shown."""
    return clean(item.profile_name, _PROFILE)


def label(item: DigestItem, names: Names) -> str:
    """The profile that is named at a paper: none when there is only one."""
    return profile_name(item) if len(names["profiles"]) > 1 else ""


def subject_line(printed: str) -> str:
    """A subject as a template printed it, on one line and short."""
    return excerpt(one_line(printed), _SUBJECT)
