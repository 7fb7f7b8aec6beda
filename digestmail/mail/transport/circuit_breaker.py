"""How much mail one relay gets, judged by its answers. Pure.

Trouble halves the connections and success brings them back one by one, as TCP does it (additive
increase, multiplicative decrease). Trouble that does not end opens the circuit breaker, and so do
refusals that are about us. Then one mail tries the relay from time to time, until it takes one.
"""

from datetime import datetime, timedelta

from digestmail.domain import Outcome, Phase, SendResult
from digestmail.mail.transport.refusals import (
    BreakerParameters,
    Refusals,
    is_unanswered,
    reply_line,
    without_ids,
)
from digestmail.mail.transport.replies import Fault, fault

_UNAVAILABLE = 421
_BEFORE_RECIPIENT = (Phase.CONNECT, Phase.HELLO, Phase.AUTH, Phase.MAIL)


class CircuitBreaker:
    """The state of one relay: how many mails it bears at a time, and whether it is left alone.

    ``limit`` is the number of mails that may be under way, 1 to ``connections``. ``trouble`` is
    the reply that opened the breaker, empty while it is closed. Each send notes ``bursts`` before
    it begins, so that connections that fail together count as one failure.
    """

    def __init__(self, connections: int, parameters: BreakerParameters) -> None:
        self.limit = connections
        self.trouble = ""
        self.bursts = 0
        self._connections = connections
        self._parameters = parameters
        self._refusals = Refusals(parameters)
        self._successes = 0  # since the limit was last changed
        self._failures = 0  # bursts in succession
        self._last_refusal = ""  # that blamed us
        self._rests_until: datetime | None = None

    def rests(self, now: datetime) -> bool:
        """Return whether the relay is left alone at present."""
        return is_ahead(self._rests_until, now, self._parameters.open_for)

    @property
    def unnoticed_trouble(self) -> str:
        """Return the last refusal if the relay refused all of too few mails to open the breaker."""
        return self._last_refusal if self._refusals.took_no_mail and not self.trouble else ""

    def adopt(self, trouble: str, since: datetime) -> None:
        """Open the breaker for a trouble that another process has met."""
        if not self.trouble:
            self.limit = 1  # whoever tries it again goes alone
        self.trouble, self._rests_until = trouble, since + self._parameters.open_for

    def open(self, trouble: str, now: datetime) -> None:
        """Open the breaker, or keep it open for another rest."""
        self.trouble, self._rests_until = trouble, now + self._parameters.open_for
        self.limit = 1
        self.bursts += 1  # no send begun before this shows that the trouble is over

    def close(self) -> None:
        """Close the breaker; the limit stays and grows with each success."""
        self.trouble, self._rests_until = "", None

    def on_success(self, result: SendResult, bursts: int) -> bool:
        """Count an answer that shows no trouble; return whether it closes the breaker."""
        self._failures, self._successes = 0, self._successes + 1
        if self._successes >= self.limit < self._connections:
            self._successes, self.limit = 0, self.limit + 1
        if result.outcome is Outcome.SENT:
            self._refusals.clear()
        recovered = bool(self.trouble) and bursts == self.bursts and self._is_over(result)
        if recovered:
            self.close()
        return recovered

    def on_failure(self, result: SendResult, bursts: int) -> bool:
        """Count a trouble of relay or network; return whether the breaker has to open."""
        if bursts == self.bursts:
            self._failures += 1
        self._halve(bursts)
        lasting = self._failures >= self._parameters.troubles
        return bool(self.trouble) or lasting or _is_final(result)

    def on_refusal(self, result: SendResult, recipient: str, bursts: int) -> bool:
        """Count a refused mail; return whether the breaker has to open."""
        blames_us = fault(result) is Fault.RELAY
        if blames_us:
            self._last_refusal = reply_line(result)
            self._halve(bursts)
        everybody = self._refusals.add(result, recipient)
        same = blames_us or without_ids(reply_line(result)) == without_ids(self.trouble)
        return everybody or (bool(self.trouble) and same)

    def _halve(self, bursts: int) -> None:
        """Halve the limit, once for all mails that were under way together."""
        if bursts == self.bursts:
            self.bursts, self._successes = bursts + 1, 0
            self.limit = max(1, self.limit // 2)

    def _is_over(self, result: SendResult) -> bool:
        """Return whether an answer shows the end of the trouble; a bad recipient's may not."""
        if result.outcome is Outcome.SENT:
            return True
        before_recipient = self.trouble.partition(":")[0] in _BEFORE_RECIPIENT
        return before_recipient and result.phase not in _BEFORE_RECIPIENT


def is_trouble(result: SendResult) -> bool:
    """Return whether an attempt failed because of the relay or the network."""
    broken = result.code == 0 and result.outcome in (Outcome.DEFERRED, Outcome.UNKNOWN)
    broken = broken and not is_unanswered(result)
    return result.outcome is Outcome.SERVER or result.code == _UNAVAILABLE or broken


def is_ahead(until: datetime | None, now: datetime, longest: timedelta) -> bool:
    """Return whether an instant is still to come, and not just because the clock was set back."""
    return until is not None and now < until <= now + longest


def _is_final(result: SendResult) -> bool:
    """Return whether trying again at once would be of no use, or do harm."""
    return result.outcome is Outcome.SERVER and (result.code >= 500 or result.phase is Phase.AUTH)
