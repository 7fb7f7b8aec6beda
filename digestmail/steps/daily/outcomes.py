"""What follows for a delivery from how an attempt at it ended. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from digestmail.domain import Delivery, DeliveryKind, DeliveryState, Outcome, Phase, SendResult
from digestmail.mail.transport.replies import Fault, fault, retry_after


@dataclass(frozen=True, slots=True)
class RetryParameters:
    """How often what failed is tried again."""

    render_tries: int = 3
    letter_copies: int = 3  # of a letter whose fate is unknown; a second one harms nobody
    letter_pause: timedelta = timedelta(minutes=5)
    doubts: int = 3  # refusals for good that do not say whose fault it is, the last one believed
    last_try: timedelta = timedelta(minutes=5)  # before a mail is too late


RETRIES = RetryParameters()


@dataclass(frozen=True, slots=True)
class Transition:
    """Where a delivery goes after an attempt."""

    state: DeliveryState
    next_attempt_at: datetime


def decide(delivery: Delivery, result: SendResult, now: datetime, latest: timedelta) -> Transition:
    """Return the state that follows from how an attempt ended; the ledger carries it out."""
    outcome, attempts = result.outcome, delivery.attempts + 1
    if outcome is Outcome.SERVER:
        return Transition(DeliveryState.PLANNED, now)
    letter = delivery.kind is not DeliveryKind.DIGEST
    if outcome is Outcome.UNKNOWN and letter and attempts < RETRIES.letter_copies:
        return _later(delivery, now, now + RETRIES.letter_pause, latest)
    if outcome is Outcome.DEFERRED:
        if result.phase is Phase.RENDER and attempts >= RETRIES.render_tries:
            return Transition(DeliveryState.FAILED, now)
        return _later(delivery, now, now + retry_after(attempts, result.text), latest)
    return Transition(_FINAL[outcome], now)


_FINAL = {
    Outcome.SENT: DeliveryState.SENT,
    Outcome.BOUNCED: DeliveryState.FAILED,
    Outcome.REJECTED: DeliveryState.FAILED,
    Outcome.UNKNOWN: DeliveryState.UNKNOWN,
    Outcome.WITHDRAWN: DeliveryState.SKIPPED,
}


def _later(delivery: Delivery, now: datetime, then: datetime, latest: timedelta) -> Transition:
    last = delivery.due_at + latest
    if then > last:
        then = last - RETRIES.last_try
    return (
        Transition(DeliveryState.DEFERRED, then)
        if then > now
        else Transition(DeliveryState.FAILED, now)
    )


def is_doubtful(result: SendResult) -> bool:
    """Return whether a refusal for good may be the relay's word on us rather than the address."""
    refused = result.outcome in (Outcome.BOUNCED, Outcome.REJECTED)
    return refused and result.phase is not Phase.RENDER and fault(result) is Fault.UNCLEAR


def withdrawn(why: str) -> SendResult:
    """Return the result of a mail that is not to go."""
    return SendResult(outcome=Outcome.WITHDRAWN, phase=Phase.RENDER, text=why)
