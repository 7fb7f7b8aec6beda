"""What a report is, and whom its status code and words blame. Pure."""

import re
from dataclasses import dataclass
from enum import StrEnum

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

_NO_SUCH_MAILBOX = re.compile(
    r"\b(?:no such|unknown|invalid|nonexistent|non-existent|unrecogni[sz]ed|not a (?:known|valid))"
    r" (?:local |virtual |domain )?(?:users?|mailbox|recipients?|address|account|alias|person)\b"
    r"|\b(?:users?|mailbox|recipients?|address|account|alias)\b.{0,90}?\b(?:unknown|not found"
    r"|not exist|doesn.t exist|disabled|inactive|suspended|closed|deleted|no longer"
    r"|not recogni[sz]ed|not listed|doesn.t have an?|frozen)\b"
    r"|\bno (?:mailbox here|valid recipients)\b"
    r"|\baddress rejected\b(?!.{0,40}\b(?:greylist|spam|access denied))"
    r"|\bno such (?:person|address)\b|\bdoes not like recipient\b",
    re.I | re.S,
)
_NOT_NOW = re.compile(
    r"\b(?:mail ?box|mail ?dir|inbox|account)\b.{0,60}\b(?:full|quota|exceeded|space|storage|limit)"
    r"|\b(?:over ?quota|quota exceeded|over.{0,20}quota|full mailbox|is full)\b"
    r"|\b(?:not enough|insufficient|does not have enough)\b.{0,30}\b(?:space|storage)\b"
    r"|\b(?:timed? ?out|temp_failure|temporar(?:y|ily)|connection (?:was )?(?:dropped|refused"
    r"|reset|lost)|could not (?:initiate|connect)|host not found|unrout(?:e)?able|loops? back"
    r"|try again later|too many hops|mail loop|greylist\w*)\b",
    re.I | re.S,
)
_POLICY = re.compile(
    r"\b(?:spam|black ?list\w*|block ?list\w*|blocked|dnsbl|rbl|spf|dkim|dmarc|policy|reputation"
    r"|unauthenticated|authentication|banned|not (?:allowed|accepted)|ube|bulk e?mail|virus"
    r"|content rejected|access denied|size limit"
    r"|(?:message|mail) (?:too (?:large|big)|size)|rejected by the (?:domain )?filter"
    r"|sender (?:address )?(?:rejected|denied)|relay(?:ing)? (?:access )?(?:denied|not permitted)"
    r"|(?:unable|not) to relay)\b",
    re.I,
)


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
    text = " ".join(text.split())
    readings = ((_NOT_NOW, Kind.SOFT), (_NO_SUCH_MAILBOX, Kind.HARD), (_POLICY, Kind.POLICY))
    return next((kind for words, kind in readings if words.search(text)), Kind.SOFT)


def _is_vague(code: str) -> bool:
    subject, detail = code.split(".")[1:] if code else ("0", "0")
    return subject in "05" or (detail == "0" and subject in "1234")
