"""Which refusals mean that the relay refuses everybody, and not a few bad recipients. Pure."""

import re
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import timedelta

from digestmail.domain import Outcome, Phase, SendResult
from digestmail.mail.transport.protocol import NO_ANSWER
from digestmail.mail.transport.replies import Fault, fault, speaks_of_limit


@dataclass(frozen=True, slots=True)
class BreakerParameters:
    """The thresholds at which a relay is left alone, and for how long.

    Chosen, not measured: small enough that a relay in trouble is asked by few, and large enough
    that a few bad recipients in a row stop nobody else's mail.
    """

    open_for: timedelta = timedelta(minutes=5)  # a bad password each minute locks an account
    troubles: int = 3  # connections that fail in succession, a burst being one
    refusals: int = 3  # in a row that blame us
    equal_refusals: int = 5  # in a row in the same words, whatever these say
    equal_refusals_of_one_domain: int = 15  # which may be the one that refuses
    refresh_every: float = 5.0  # seconds between two looks at the state that processes share


BREAKER = BreakerParameters()


@dataclass(slots=True)
class Refusals:
    """The refusals of one relay since it last took a mail."""

    parameters: BreakerParameters
    _has_accepted: bool = False
    _blaming_us: set[str] = field(default_factory=set)  # recipients
    _by_wording: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))

    def add(self, result: SendResult, recipient: str) -> bool:
        """Count a refusal; return whether it is the relay that refuses everybody."""
        if fault(result) is Fault.RELAY:
            self._blaming_us.add(recipient)
        elif not _may_mean_everybody(result):
            return False
        recipients = self._by_wording[without_ids(reply_line(result))]
        recipients.add(recipient)
        # Whose recipients were accepted before does not refuse them for their domain's sake.
        domains = {address.rpartition("@")[2] for address in recipients}
        one_domain = len(domains) == 1 and result.phase is Phase.RCPT
        thresholds = self.parameters
        equal = thresholds.equal_refusals_of_one_domain if one_domain else thresholds.equal_refusals
        return len(self._blaming_us) >= thresholds.refusals or len(recipients) >= equal

    def clear(self) -> None:
        """Forget all of them: the relay has taken a mail."""
        self._has_accepted = True
        self._blaming_us.clear()
        self._by_wording.clear()

    @property
    def took_no_mail(self) -> bool:
        """Return whether no mail was taken and the relay had something against us each time."""
        return len(self._blaming_us) > 1 and not self._has_accepted


def _may_mean_everybody(result: SendResult) -> bool:
    """Return whether a refusal is the relay's own if several recipients get it in a row.

    Greylists put off everybody, and rightly; but not all mailboxes are full.
    """
    if fault(result) is Fault.NOT_NOW:
        return result.phase is not Phase.RCPT or speaks_of_limit(result)
    return fault(result) is Fault.UNCLEAR


def reply_line(result: SendResult) -> str:
    """Return a reply in one line, with the phase first."""
    return " ".join(f"{result.phase}: {result.code or ''} {result.text}".split())


def without_ids(reply: str) -> str:
    """Return what is the same in a reply to everybody: without addresses, numbers and ids."""
    return " ".join(word for word in reply.lower().split() if not re.search(r"[@\d]", word))


def is_refusal(result: SendResult) -> bool:
    """Return whether the relay, still in step with us, did not take a mail to a recipient."""
    late = result.phase in (Phase.RCPT, Phase.DATA, Phase.END_OF_DATA)
    put_off = result.outcome in (Outcome.DEFERRED, Outcome.BOUNCED, Outcome.REJECTED)
    return late and put_off and (result.code > 0 or is_unanswered(result))


def is_unanswered(result: SendResult) -> bool:
    """Return whether the relay never said if it takes mail to a recipient."""
    return result.phase is Phase.RCPT and _is_late(result)


def is_silent(result: SendResult) -> bool:
    """Return whether the relay never answered when a sender was named."""
    return result.phase is Phase.MAIL and _is_late(result)


def _is_late(result: SendResult) -> bool:
    return not result.code and result.text.startswith(NO_ANSWER)
