"""What a report is: one message that came back, or one event of a mail provider."""

import re
from dataclasses import dataclass
from enum import StrEnum

from digestmail.text import one_line

_MOST_TEXT = 500
_TOKEN = re.compile(r"\bk[0-9a-f]{3}(?:-[0-9a-z]{1,13}){1,3}-[a-z2-7]{26}\b")


class Kind(StrEnum):
    """The meaning of a message that came back."""

    HARD = "hard"  # there is no such mailbox
    SOFT = "soft"  # it could not be delivered now, or why is not said
    POLICY = "policy"  # our content, sender or reputation was refused; never the subscriber's fault
    COMPLAINT = "complaint"  # the reader called it spam
    DELAYED = "delayed"  # still being tried
    AUTO_REPLY = "auto-reply"
    UNSUBSCRIBE = "unsubscribe"
    UNKNOWN = "unknown"  # nothing of these, perhaps a person's letter


FAILURES = frozenset({Kind.HARD, Kind.SOFT, Kind.POLICY})


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A message or event that came back. Only what ``authentic`` says is proven.

    ``id`` is the same whenever the same message is read. ``tokens`` look like ours and have not
    been checked. ``authentic``: whether the mail provider vouches for it, by its signature.
    ``single_use``: whether it vouches for the ``id`` alone, which must then count for one post.
    """

    id: str
    kind: Kind
    tokens: tuple[str, ...] = ()
    address: str = ""  # whom it is about, by its own account
    enhanced: str = ""  # RFC 3463 status code, "5.1.1"
    text: str = ""  # one line
    authentic: bool = False
    single_use: bool = False


def tokens_in(text: str) -> list[str]:
    """Return everything that has the form of a token, in order."""
    return _TOKEN.findall(text.lower()[:20_000])


def brief(text: str) -> str:
    """Return ``text`` as one line of reasonable length."""
    line = one_line(text)
    return line if len(line) <= _MOST_TEXT else line[: _MOST_TEXT - 1] + "…"
