"""What a relay's reply means for the message, the address and the next attempt. Pure."""

import re
from datetime import timedelta

from digestmail.domain import Outcome, Phase, SendResult
from digestmail.text import one_line

_MAX_TEXT = 500
_BEFORE_RECIPIENT = frozenset({Phase.CONNECT, Phase.HELLO, Phase.AUTH, Phase.MAIL})
_TOO_BIG = "5.3.4"

# RFC 3463 status codes of a refused recipient, exact or by subject. What is not here is the
# address's fault, unless the words say otherwise.
_BY_STATUS = {
    "5.1.1": Outcome.BOUNCED,  # no such mailbox
    "5.1.2": Outcome.BOUNCED,  # no such domain
    "5.1.3": Outcome.BOUNCED,  # not an address
    "5.1.6": Outcome.BOUNCED,  # moved away
    "5.1.10": Outcome.BOUNCED,  # the domain takes no mail (RFC 7505)
    "5.1.7": Outcome.REJECTED,  # our sender address
    "5.1.8": Outcome.REJECTED,  # our sender domain
    "5.2.2": Outcome.DEFERRED,  # mailbox full
    "5.2.3": Outcome.REJECTED,  # message too long
    _TOO_BIG: Outcome.REJECTED,
    "5.3": Outcome.DEFERRED,  # the receiving system
    "5.4": Outcome.DEFERRED,  # network and routing
    "5.6": Outcome.REJECTED,  # content
    "5.7": Outcome.REJECTED,  # policy
}
_NOT_THE_ADDRESS = frozenset({500, 502, 503, 504, 530, 534, 535, 538})  # our commands, our login
_THROTTLED = re.compile(
    r"\b(?:frequency|rates?|quota|limit(?:ed|s)?|exceed\w*|too many|per (?:hour|day|minute)"
    r"|try (?:again|later)|throttl\w+|temporar\w+)\b",
    re.I,
)
_POLICY = re.compile(
    r"\b(?:spam|black ?list|block ?list|blocked|dnsbl|rbl|spf|dkim|dmarc|policy|reputation"
    r"|authenticat\w+|access denied|sender"
    r"|relay(?:ing)? (?:access )?(?:denied|not permitted|not allowed)"
    r"|(?:unable|not) to relay|not relay)\b",
    re.I,
)
# Words that blame the mailbox and nothing else.
_NO_SUCH_MAILBOX = re.compile(
    r"\b(?:no such|unknown|invalid|nonexistent|unrecogni[sz]ed|not a (?:known|valid))"
    r" (?:local |virtual )?(?:user|mailbox|recipient|address|account|alias)"
    r"|\b(?:user|mailbox|recipient|address|account|alias)\b.{0,80}\b(?:unknown|not found"
    r"|not exist|doesn.t exist|disabled|inactive|suspended|closed|deleted|no longer)\b",
    re.I,
)
_NAMES_THE_MAILBOX = frozenset({"5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10"})

_DELAYS = tuple(timedelta(minutes=minutes) for minutes in (5, 15, 30, 60))
_LONGEST_DELAY = timedelta(hours=2)
_HINT = re.compile(
    r"\b(?:again|retry|wait|after|back)\b\D{1,20}(\d{1,6})\s*(s|secs?|seconds?|m|mins?|minutes?)\b",
    re.I,
)


def classify(phase: Phase, code: int, text: str) -> SendResult:
    """What the reply ``code`` ``text`` at ``phase`` means.

    A ``code`` that is no SMTP reply code (0, -1) stands for no or an unreadable reply; when that
    happens after the final dot the server may have the message, so the outcome is UNKNOWN.
    """
    enhanced = _enhanced(code, text)
    outcome = _outcome(phase, code, enhanced, text)
    return SendResult(
        outcome=outcome, phase=phase, code=max(code, 0), enhanced=enhanced, text=_brief(text)
    )


def names_the_mailbox(result: SendResult) -> bool:
    """Whether a refusal of a recipient leaves no doubt that the address itself is at fault.

    Without it a 5xx may as well be the relay's word on us, in words of its own.
    """
    return result.enhanced in _NAMES_THE_MAILBOX or bool(_NO_SUCH_MAILBOX.search(result.text))


def retry_after(attempts: int, text: str) -> timedelta:
    """How long to wait after the ``attempts``-th failure: 5, 15, 30, then 60 minutes.

    When the server's ``text`` says how long ("try again in 300 seconds"), that, up to two hours.
    """
    hint = _HINT.search(text)
    if hint is None:
        return _DELAYS[min(max(attempts, 1), len(_DELAYS)) - 1]
    seconds = int(hint[1]) * (60 if hint[2].lower().startswith("m") else 1)
    return min(max(timedelta(seconds=seconds), timedelta(minutes=1)), _LONGEST_DELAY)


def _outcome(phase: Phase, code: int, enhanced: str, text: str) -> Outcome:
    if phase is Phase.MAIL and (code == 552 or enhanced == _TOO_BIG):
        return Outcome.REJECTED  # the size we declared
    if phase in _BEFORE_RECIPIENT:
        return Outcome.SERVER
    if phase is Phase.END_OF_DATA and code // 100 == 2:
        return Outcome.SENT
    if code // 100 == 4:
        return Outcome.DEFERRED
    if code // 100 != 5:
        return Outcome.UNKNOWN if phase is Phase.END_OF_DATA else Outcome.DEFERRED
    return _refused_recipient(code, enhanced, text) if phase is Phase.RCPT else Outcome.REJECTED


def _refused_recipient(code: int, enhanced: str, text: str) -> Outcome:
    subject = enhanced.rpartition(".")[0]
    known = _BY_STATUS.get(enhanced) or _BY_STATUS.get(subject)
    if known is not None:
        return known
    if code == 552 or _THROTTLED.search(text):
        return Outcome.DEFERRED
    if code in _NOT_THE_ADDRESS or _POLICY.search(text):
        return Outcome.REJECTED
    return Outcome.BOUNCED


def _enhanced(code: int, text: str) -> str:
    # Of the reply's own class and with a known subject: versions and IP addresses are not meant.
    match = re.search(rf"(?<![\d.]){code // 100}\.[0-7]\.\d{{1,3}}(?!\.?\d)", text)
    return match.group() if match and code // 100 in (2, 4, 5) else ""


def _brief(text: str) -> str:
    line = one_line(text)
    return line if len(line) <= _MAX_TEXT else line[: _MAX_TEXT - 1] + "…"
