"""What a relay's reply means for the message, the address, the relay and the next attempt. Pure."""

import re
from datetime import timedelta
from enum import StrEnum

from digestmail.domain import Outcome, Phase, SendResult
from digestmail.mail.transport import reply_phrases
from digestmail.text import one_line

_MAX_TEXT = 500
_BEFORE_RECIPIENT = frozenset({Phase.CONNECT, Phase.HELLO, Phase.AUTH, Phase.MAIL})


class Fault(StrEnum):
    """The party that a refusal is about."""

    MAILBOX = "mailbox"  # there is no such one; said so that no doubt is left
    NOT_NOW = "not now"  # the mailbox is full, or wants to see us twice (greylisting)
    MESSAGE = "message"  # its size or content
    RELAY = "relay"  # our quota, rate, login or reputation, or the relay's own trouble
    UNCLEAR = "unclear"


# RFC 3463 status codes without their class, exact or by subject. Words outweigh them.
_BY_STATUS = {
    "1.1": Fault.MAILBOX,  # no such mailbox
    "1.2": Fault.MAILBOX,  # no such domain
    "1.3": Fault.MAILBOX,  # not an address
    "1.6": Fault.MAILBOX,  # moved away
    "1.10": Fault.MAILBOX,  # the domain takes no mail (RFC 7505)
    "1.7": Fault.RELAY,  # our sender address
    "1.8": Fault.RELAY,  # our sender domain
    "2.2": Fault.NOT_NOW,  # full
    "2.3": Fault.MESSAGE,  # longer than the mailbox takes
    "3.4": Fault.MESSAGE,  # longer than the system takes
    "3": Fault.RELAY,  # the system
    "4": Fault.NOT_NOW,  # network and routing
    "6": Fault.MESSAGE,  # content
    "7": Fault.RELAY,  # security and policy
}
_OUR_COMMANDS = frozenset({500, 502, 503, 504})
_NO_STORAGE = 552  # RFC 5321 4.2.3: of the mailbox, at RCPT
_OUR_LOGIN = frozenset({530, 534, 535, 538})

_DELAYS = tuple(timedelta(minutes=minutes) for minutes in (5, 15, 30, 60))
_LONGEST_DELAY = timedelta(hours=2)
_HINT = re.compile(
    r"\b(?:again|retry|wait|after|back)\b\D{1,20}(\d{1,6})\s*(s|secs?|seconds?|m|mins?|minutes?)\b",
    re.I,
)


def classify(phase: Phase, code: int, text: str) -> SendResult:
    """Return what the reply ``code`` ``text`` at ``phase`` means.

    A ``code`` that is no SMTP reply code (0, -1) stands for no or an unreadable reply; when that
    happens after the final dot the server may have the message, so the outcome is UNKNOWN.
    """
    enhanced, text = _enhanced(code, text), _brief(text)
    outcome = _outcome(phase, code, enhanced, text)
    return SendResult(outcome=outcome, phase=phase, code=max(code, 0), enhanced=enhanced, text=text)


def fault(result: SendResult) -> Fault:
    """Return whom a refusal is about, by its words first and its codes second."""
    return _fault(result.phase, result.code, result.enhanced, result.text)


def speaks_of_limit(result: SendResult) -> bool:
    """Return whether a reply names a quota, a rate or a limit, be it ours or a mailbox's."""
    return bool(reply_phrases.LIMIT.search(result.text))


def retry_after(attempts: int, text: str) -> timedelta:
    """Return how long to wait after the ``attempts``-th failure: 5, 15, 30, then 60 minutes.

    When the server's ``text`` says how long ("try again in 300 seconds"), that, up to two hours.
    """
    hint = _HINT.search(text)
    if hint is None:
        return _DELAYS[min(max(attempts, 1), len(_DELAYS)) - 1]
    seconds = int(hint[1]) * (60 if hint[2].lower().startswith("m") else 1)
    return min(max(timedelta(seconds=seconds), timedelta(minutes=1)), _LONGEST_DELAY)


def _outcome(phase: Phase, code: int, enhanced: str, text: str) -> Outcome:
    if phase in _BEFORE_RECIPIENT:
        too_big = phase is Phase.MAIL and code // 100 == 5
        too_big = too_big and _fault(phase, code, enhanced, text) is Fault.MESSAGE
        return Outcome.REJECTED if too_big else Outcome.SERVER
    if phase is Phase.END_OF_DATA and code // 100 == 2:
        return Outcome.SENT
    if code // 100 == 4:
        return Outcome.DEFERRED
    if code // 100 != 5:
        return Outcome.UNKNOWN if phase is Phase.END_OF_DATA else Outcome.DEFERRED
    match _fault(phase, code, enhanced, text):
        case Fault.RELAY | Fault.NOT_NOW:
            return Outcome.DEFERRED
        case Fault.MESSAGE:
            return Outcome.REJECTED
        case Fault.MAILBOX | Fault.UNCLEAR:
            # After the recipient was accepted it is the message that is refused.
            at_recipient = phase is Phase.RCPT and code not in _OUR_COMMANDS
            return Outcome.BOUNCED if at_recipient else Outcome.REJECTED


def _fault(phase: Phase, code: int, enhanced: str, text: str) -> Fault:
    status = _by_status(enhanced)
    if reply_phrases.OUR_SENDING.search(text):
        return Fault.RELAY
    no_mailbox = bool(reply_phrases.NO_SUCH_MAILBOX.search(text))
    if enhanced.endswith(".2.2") or (reply_phrases.NOT_NOW.search(text) and not no_mailbox):
        return Fault.NOT_NOW
    if not no_mailbox and reply_phrases.MESSAGE.search(text):
        return Fault.RELAY if reply_phrases.REPUTATION.search(text) else Fault.MESSAGE
    if reply_phrases.LIMIT.search(text):
        return Fault.RELAY
    if no_mailbox:
        return Fault.RELAY if reply_phrases.OUR_NETWORK.search(text) else Fault.MAILBOX
    if (
        code in _OUR_LOGIN
        or reply_phrases.REPUTATION.search(text)
        or reply_phrases.SYSTEM.search(text)
    ):
        return Fault.RELAY
    if reply_phrases.POLICY.search(text):
        about_recipient = status is Fault.MAILBOX or reply_phrases.RECIPIENT_REFUSED.search(text)
        return Fault.UNCLEAR if about_recipient else Fault.RELAY
    if phase is Phase.RCPT and _is_polite(code, enhanced, text):
        return Fault.NOT_NOW
    return status or Fault.UNCLEAR


def _is_polite(code: int, enhanced: str, text: str) -> bool:
    """Return whether a recipient is put off without a reason, as greylists do."""
    with_reason = _by_status(enhanced) is Fault.MAILBOX or enhanced[1:3] == ".3"
    return not with_reason and (code == _NO_STORAGE or bool(reply_phrases.POLITE.search(text)))


def _by_status(enhanced: str) -> Fault | None:
    _, _, status = enhanced.partition(".")
    return _BY_STATUS.get(status) or _BY_STATUS.get(status.partition(".")[0])


def _enhanced(code: int, text: str) -> str:
    # Of the reply's own class and with a known subject: versions and IP addresses are not meant.
    match = re.search(rf"(?<![\d.]){code // 100}\.[0-7]\.\d{{1,3}}(?!\.?\d)", text)
    return match.group() if match and code // 100 in (2, 4, 5) else ""


def _brief(text: str) -> str:
    line = one_line(text)
    return line if len(line) <= _MAX_TEXT else line[: _MAX_TEXT - 1] + "…"
