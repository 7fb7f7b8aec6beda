"""Whom a failure blames: the mailbox (HARD), the moment (SOFT), or us who sent (POLICY). Pure.

The words and the code of the server that refused come first, the Status field of the one that
reports it after them, since many put 5.1.1 there whatever was said. A mailbox is given up only
where words and code agree, or the words can mean nothing else: in doubt, never HARD.
"""

import re
from dataclasses import dataclass
from enum import IntEnum

from digestmail.bounces import phrases
from digestmail.bounces.report import Kind
from digestmail.text import one_line

_MOST_WORDS = 2_000  # letters; a reply of ten lines has 800, what follows is advice
_CODE = re.compile(r"(?<![\d.])([245]\.[0-7]\.\d{1,3})(?!\.?\d)")
_REPLY = re.compile(r"(?<![\w.:/-])([45][0-5]\d)(?=[- ](?!bytes\b)|$)")
_TYPE = re.compile(r"^\s*(?:smtp|x-[\w-]{1,40})\s*;")
_LINK = re.compile(r"\bhttps?[:/]\S+|\bwww\.\S+")
_ADDRESS = re.compile(r"[<(\[\"']*[\w.+=%/~-]{1,80}@[\w.-]+[>)\]\"']*")
_HOST = re.compile(
    r"(?<![\w.])(?!(?:resolver|storedrv|queue|smtpsend)\.)(?:[\w-]{1,63}\.){2,8}[a-z]{2,24}\b"
)
_NUMBERS = re.compile(
    r"(?<![\w.])[245]\d\d(?=[- ]|$)[- ]?|\(?#?(?<![\d.])[245]\.[0-7]\.\d{1,3}(?!\.?\d)\)?"
)
_LISTED = re.compile(
    r"spamhaus|spamcop|barracuda|sorbs|uceprotect|abuseat|dnsbl|blocklist|blacklist"
)

# An address, account or server of ours or of a machine is not the recipient.
_NOT_THE_RECIPIENT = re.compile(
    r"\b(?:ip|sender'?s?|sending|source|client|return|from|reply-to|originat\w+|your) ?-?"
    r"(?:e-?mail )?(?:address|адрес|adresse|地址|アドレス|domain|account|host|user)\b"
    r"|\brecipient(?:'?s)? (?:e-?mail |mail )?(?:server|system|host|organi[sz]ation|provider)\b"
)


class Phase(IntEnum):
    """The point of the dialogue at which the receiving server refused."""

    UNKNOWN = 0
    SENDER = 1  # connection, greeting or MAIL FROM: the server had not heard of a recipient
    RECIPIENT = 2  # RCPT TO
    CONTENT = 3  # DATA and the final dot


# How Postfix, Exim, qmail, sendmail, DragonFly and Yahoo tell it.
_AT = (
    r"(?:(?:in reply to|after|for|response to|while sending|did not like our)"
    r" (?:the |our |pipelined |final )*|>>> |\[)"
)
_PHASES = (
    (
        Phase.SENDER,
        rf"{_AT}(?:helo|ehlo|starttls|auth|mail[ _]from|initial|connect(?:ion)?|greeting|banner)\b"
        r"|refused to talk to me|but (?:greeting failed|my name was rejected|sender was rejected)"
        r"|while performing (?:the )?(?:helo|ehlo)|mail from generated",
    ),
    (Phase.RECIPIENT, rf"{_AT}rcpt(?:[ _]to)?\b|does not like recipient|rcpt to generated"),
    (
        Phase.CONTENT,
        rf"{_AT}(?:end of data|(?:sending )?data|text|bdat|body|\.)|after i sent the message",
    ),
)


@dataclass(frozen=True, slots=True)
class Evidence:
    """The evidence of a failure; ``words`` are the receiving server's, normalised.

    ``code``: the status code in its words. ``status``: the one of the Status field. ``reply``: the
    SMTP reply code, 0 without one.
    """

    words: str
    code: str
    status: str
    reply: int
    phase: Phase

    @property
    def transient(self) -> bool:
        """Tell whether the server may accept the mail another time."""
        if self.code or self.reply:
            return self.code.startswith("4") or self.reply // 100 == 4
        return self.status.startswith("4")

    @property
    def number(self) -> str:
        """Return the status code that counts."""
        return best_code(self.code, self.status)

    @property
    def is_telling(self) -> bool:
        """Tell whether the server gave a code that is not given for just anything.

        Where it gave a reply code alone, the Status field is a guess of the one that reports it.
        """
        number = self.code if self.reply else self.number
        return number[2:] not in _LOOSE_CODES and number[2:4] != "0."


@dataclass(frozen=True, slots=True)
class Verdict:
    """The class of a failure and the status code that it rests on."""

    kind: Kind
    code: str


# RFC 3463 and its registry: codes that name the mailbox, that name the sender or the mail, and
# those that are given for anything, so that the words decide. All others are about the moment.
_MAILBOX_CODES = frozenset(
    {"5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10", "5.1.351", "5.2.1", "5.7.13", "5.7.17"}
)
_SENDER_CODES = frozenset({"1.7", "1.8", "1.9", "3.4", "5.1", "5.2", "5.3", "5.4", "5.5", "5.6"})
_SENDER_SUBJECTS = ("6", "7")
_LOOSE_CODES = frozenset(
    {"", "0.0", "1.0", "2.0", "3.0", "4.0", "4.1", "5.0", "5.1", "5.4", "7.0", "7.1"}
)
_ADDRESS_CODES = _MAILBOX_CODES | {"5.1.0", "5.4.1"}


def classify(status: str, words: str, notice: str = "") -> Verdict:
    """Return the verdict on a failure with this Status field and these words of the server.

    ``notice``: the text around them, which may tell when they were said.
    """
    evidence = weigh(status, words, notice)
    kind = _by_words(evidence) or _by_code(evidence)
    if kind is Kind.HARD and evidence.phase is Phase.SENDER:
        kind = Kind.POLICY
    return Verdict(kind, evidence.number)


def weigh(status: str, words: str, notice: str = "") -> Evidence:
    """Return the evidence in a Status field and the receiving server's words."""
    text = one_line(words[: 2 * _MOST_WORDS])[:_MOST_WORDS].lower()
    reply = _REPLY.search(text)
    return Evidence(
        words=normalised(text),
        code=best_code(text),
        status=best_code(status),
        reply=int(reply[1]) if reply else 0,
        phase=_phase(text) or _phase(" ".join(notice[:_MOST_WORDS].lower().split())),
    )


def normalised(text: str) -> str:
    """Return lower-case ``text`` without addresses, links, host names and codes."""
    text = _TYPE.sub("", text)
    text = _LINK.sub(lambda link: " blocklist " if _LISTED.search(link[0]) else " ", text)
    text = _ADDRESS.sub(" ", text)
    text = _HOST.sub(lambda host: " blocklist " if _LISTED.search(host[0]) else " ", text)
    words = " ".join(_NUMBERS.sub(" ", text).split())
    return words if any(letter.isalpha() for letter in words) else ""


def says_why(words: str) -> bool:
    """Tell whether the words give a reason by themselves."""
    return _by_words(weigh("", words)) is not None


def best_code(*texts: str) -> str:
    """Return the most telling status code in the texts, the earlier ones first."""
    codes: list[str] = [code for text in texts for code in _CODE.findall(text) if code[0] != "2"]
    telling = [code for code in codes if not _is_vague(code)]
    return (telling or codes or [""])[0]


def _by_words(evidence: Evidence) -> Kind | None:
    """Return the class of the first family of phrases that the words have; None without one."""
    words = evidence.words
    if phrases.RECEIVER_RATE.search(words):
        return Kind.SOFT
    if any(family.search(words) for family in phrases.POLICY):
        return Kind.POLICY
    if phrases.GREYLIST.search(words) or phrases.MAILBOX_FULL.search(words):
        return Kind.SOFT
    if phrases.TEMPORARY.search(words):
        return Kind.POLICY if evidence.number[2:].startswith("7") else Kind.SOFT
    of_recipient = _NOT_THE_RECIPIENT.sub("server", words)
    refused = phrases.REFUSED.search(words)
    if phrases.NO_SUCH_MAILBOX.search(of_recipient):
        return _gone(evidence, refused=bool(refused))
    blames_recipient = phrases.RECIPIENT_REFUSED.search(of_recipient)
    if blames_recipient and evidence.number in _ADDRESS_CODES:
        return Kind.SOFT if evidence.transient else Kind.HARD
    if refused or (
        not blames_recipient and not evidence.transient and phrases.REJECTED.search(words)
    ):
        blamed = _by_code(evidence)
        return blamed if blamed is Kind.SOFT and evidence.is_telling else Kind.POLICY
    return Kind.SOFT if blames_recipient or phrases.NOT_NOW.search(words) else None


def _gone(evidence: Evidence, *, refused: bool) -> Kind:
    """Return the class of a failure whose words say that there is no such mailbox."""
    if evidence.transient:
        return Kind.SOFT
    number = evidence.number
    if number in _MAILBOX_CODES:
        return Kind.HARD
    if evidence.is_telling:
        return _by_code(evidence)  # code and words disagree
    return Kind.POLICY if refused and number.startswith("5.7") else Kind.HARD


def _by_code(evidence: Evidence) -> Kind:
    """Return the class that the code alone tells."""
    number = evidence.number
    if number in _MAILBOX_CODES:
        # A reporting server puts 5.1.1 beside any refusal; it has to be the refusing one's word.
        sure = not evidence.transient and (evidence.code == number or not evidence.words)
        return Kind.HARD if sure and (number != "5.2.1" or not evidence.words) else Kind.SOFT
    if number[2:] in _SENDER_CODES or number[2:3] in _SENDER_SUBJECTS:
        return Kind.POLICY
    if evidence.phase is Phase.SENDER and not evidence.transient:
        return Kind.POLICY
    return Kind.SOFT


def _phase(text: str) -> Phase:
    return next((phase for phase, words in _PHASES if re.search(words, text)), Phase.UNKNOWN)


def _is_vague(code: str) -> bool:
    subject, detail = code.split(".")[1:]
    return subject in "05" or (detail == "0" and subject in "1234")
