"""What a report is, and whom its status code and words blame. Pure."""

import re
from dataclasses import dataclass
from enum import StrEnum

from digestmail.bounces.words import NO_SUCH_MAILBOX, NOT_NOW, POLICY, SENDER_REFUSED
from digestmail.text import one_line

_MOST_TEXT = 500
_TOKEN = re.compile(r"\bk[0-9a-f]{3}(?:-[0-9a-z]{1,13}){1,3}-[a-z2-7]{26}\b")
_CODE = re.compile(r"(?<![\d.])([245]\.[0-7]\.\d{1,3})(?!\.?\d)")


class Kind(StrEnum):
    """What a message that came back says."""

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
    """One message or event. Nothing in it is proven but what ``authentic`` says.

    ``id`` is the same whenever the same message is read. ``tokens`` look like ours and have not
    been checked. ``authentic``: whether the mail provider vouches for it, by its signature.
    """

    id: str
    kind: Kind
    tokens: tuple[str, ...] = ()
    address: str = ""  # whom it is about, by its own account
    enhanced: str = ""  # RFC 3463 status code, "5.1.1"
    text: str = ""  # one line
    authentic: bool = False


def tokens_in(text: str) -> list[str]:
    """Everything that has the form of a token, in order."""
    return _TOKEN.findall(text.lower()[:20_000])


def brief(text: str) -> str:
    """``text`` as one line of reasonable length."""
    line = one_line(text)
    return line if len(line) <= _MOST_TEXT else line[: _MOST_TEXT - 1] + "…"


def best_code(*texts: str) -> str:
    """The most telling status code in the texts, of which earlier ones count first."""
    found: list[str] = [code for text in texts for code in _CODE.findall(text) if code[0] != "2"]
    telling = [code for code in found if not _is_vague(code)]
    return (telling or found or [""])[0]


# RFC 3463 and its registry, exact or by subject. Size is the mail's fault when the system
# refuses it, and the mailbox's own limit otherwise.
_BY_STATUS = {
    "5.1.1": Kind.HARD,  # no such mailbox
    "5.1.2": Kind.HARD,  # no such domain
    "5.1.3": Kind.HARD,  # not an address
    "5.1.6": Kind.HARD,  # moved away
    "5.1.10": Kind.HARD,  # the domain takes no mail (RFC 7505)
    "5.1.7": Kind.POLICY,  # our sender address
    "5.1.8": Kind.POLICY,  # our sender domain
    "5.1.9": Kind.POLICY,
    "5.2.1": Kind.HARD,  # disabled
    "5.2.2": Kind.SOFT,  # full
    "5.2.3": Kind.SOFT,  # longer than this mailbox takes
    "5.2.4": Kind.SOFT,
    "5.3.4": Kind.POLICY,  # longer than the system takes
    "5.3": Kind.SOFT,
    "5.4": Kind.SOFT,
    "5.6": Kind.POLICY,
    "5.7.17": Kind.HARD,  # the mailbox has another owner now (RFC 7293)
    "5.7": Kind.POLICY,
}


def judge(enhanced: str, text: str) -> Kind:
    """HARD, SOFT or POLICY: what a failure with this status code and these words means.

    The code is believed where it is telling, else the words; where neither says anything the
    failure is SOFT, since one vague reply must not cost a reader their digest.
    """
    if enhanced.startswith("4."):
        return Kind.SOFT
    known = _BY_STATUS.get(enhanced) or _BY_STATUS.get(enhanced.rpartition(".")[0])
    if known and not _is_vague(enhanced):
        return known
    return said(text) or Kind.SOFT


def said(text: str) -> Kind | None:
    """HARD, SOFT or POLICY, if these words tell which."""
    text = " ".join(text.split())
    readings = (
        (SENDER_REFUSED, Kind.POLICY),
        (NOT_NOW, Kind.SOFT),
        (NO_SUCH_MAILBOX, Kind.HARD),
        (POLICY, Kind.POLICY),
    )
    return next((kind for words, kind in readings if words.search(text)), None)


def _is_vague(code: str) -> bool:
    subject, detail = code.split(".")[1:] if code else ("0", "0")
    return subject in "05" or (detail == "0" and subject in "1234")
