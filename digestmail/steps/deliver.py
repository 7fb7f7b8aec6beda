"""Step 3: hand each planned mail to the Mailer, once.

The ledger has the say: a delivery is leased, its mail composed, and the step to ``on_wire``
committed after the relay took the recipient and before it is given the mail. Killed anywhere,
the next run finds every delivery either still to be sent or marked as one nobody can decide.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from digestmail.domain import (
    Attempt,
    Clock,
    Delivery,
    DeliveryKind,
    DeliveryState,
    Mailer,
    Message,
    Outcome,
    Phase,
    SendResult,
)
from digestmail.errors import StoreError
from digestmail.mail.replies import retry_after
from digestmail.steps.compose import Composer
from digestmail.steps.subscribe import Desk
from digestmail.store import Recovered, Store
from digestmail.text import one_line
from digestmail.worker import is_gone, this_worker

log = logging.getLogger(__name__)

LEASE = timedelta(minutes=20)  # longer than the longest wait for a relay's last answer
BATCH_PER_CONNECTION = 5  # small, so that a crash leaves few leases behind
_MOST_RENDER_TRIES = 3
_MOST_LETTER_COPIES = 3
_LETTER_PAUSE = timedelta(minutes=5)


@dataclass(slots=True)
class Delivered:
    """What a run of deliver did, by the state each delivery was left in."""

    states: dict[DeliveryState, int] = field(default_factory=dict)
    recovered: Recovered = field(default_factory=Recovered)
    trouble: str = ""  # why the relay stopped the run; empty when it did not

    def count(self, state: DeliveryState) -> None:
        """Add one delivery."""
        self.states[state] = self.states.get(state, 0) + 1

    @property
    def sent(self) -> int:
        """Mails the relay accepted."""
        return self.states.get(DeliveryState.SENT, 0)

    @property
    def done(self) -> int:
        """Deliveries taken up, however they ended."""
        return sum(self.states.values())


@dataclass(frozen=True, slots=True)
class Verdict:
    """Where a delivery goes after an attempt."""

    state: DeliveryState
    next_attempt_at: datetime


def decide(delivery: Delivery, result: SendResult, now: datetime, latest: timedelta) -> Verdict:
    """The state that follows from how an attempt ended. Pure; the ledger carries it out."""
    outcome = result.outcome
    if outcome is Outcome.SERVER:
        return Verdict(DeliveryState.PLANNED, now)
    letter = delivery.kind is not DeliveryKind.DIGEST
    if outcome is Outcome.UNKNOWN and letter and delivery.attempts + 1 < _MOST_LETTER_COPIES:
        return _later(delivery, now, now + _LETTER_PAUSE, latest)
    if outcome is Outcome.DEFERRED:
        if result.phase is Phase.RENDER and delivery.attempts + 1 >= _MOST_RENDER_TRIES:
            return Verdict(DeliveryState.FAILED, now)
        return _later(delivery, now, now + retry_after(delivery.attempts + 1, result.text), latest)
    return Verdict(_FINAL[outcome], now)


_FINAL = {
    Outcome.SENT: DeliveryState.SENT,
    Outcome.BOUNCED: DeliveryState.FAILED,
    Outcome.REJECTED: DeliveryState.FAILED,
    Outcome.UNKNOWN: DeliveryState.UNKNOWN,
    Outcome.WITHDRAWN: DeliveryState.SKIPPED,
}


def _later(delivery: Delivery, now: datetime, then: datetime, latest: timedelta) -> Verdict:
    if then > delivery.due_at + latest:
        return Verdict(DeliveryState.FAILED, now)
    return Verdict(DeliveryState.DEFERRED, then)


@dataclass(frozen=True, slots=True)
class Sender:
    """What delivering needs. ``latest``: how long after its time a mail may still go."""

    store: Store
    desk: Desk
    composer: Composer
    mailer: Mailer
    clock: Clock
    latest: timedelta

    async def deliver(
        self,
        kinds: Collection[DeliveryKind] = tuple(DeliveryKind),
        progress: Callable[[int], None] = lambda _: None,
    ) -> Delivered:
        """Send all that is due, until nothing is left or the relay is in trouble.

        Closes the Mailer's connections at the end. Safe to run in several processes at once.
        """
        owner = this_worker()
        report = Delivered(recovered=self.store.ledger.recover(self.clock(), is_gone))
        try:
            while batch := await self._claim(owner, kinds):
                await self._send_batch(batch, owner, report, progress)
                if report.trouble:
                    break
        finally:
            await self.mailer.close()
            if report.trouble or report.sent:  # a run that sent nothing knows nothing better
                self.store.guards.note("relay-trouble", report.trouble, self.clock())
        return report

    async def _claim(self, owner: str, kinds: Collection[DeliveryKind]) -> list[Delivery]:
        limit = self.mailer.concurrency * BATCH_PER_CONNECTION
        claim = self.store.ledger.claim
        return await asyncio.to_thread(claim, owner, self.clock(), LEASE, limit, kinds)

    async def _send_batch(
        self,
        batch: list[Delivery],
        owner: str,
        report: Delivered,
        progress: Callable[[int], None],
    ) -> None:
        gate = asyncio.Semaphore(self.mailer.concurrency)

        async def one(delivery: Delivery) -> None:
            async with gate:
                await self._send_one(delivery, owner, report)
                progress(report.done)

        # Not a TaskGroup: an error of one would cut off the others, who may be on the wire.
        for error in await asyncio.gather(*map(one, batch), return_exceptions=True):
            if error is not None:
                raise error

    async def _send_one(self, delivery: Delivery, owner: str, report: Delivered) -> None:
        started = time.monotonic()
        result = await self._attempt(delivery, owner, report)
        if result.outcome is Outcome.SERVER:
            report.trouble = report.trouble or f"{result.phase}: {result.text}"
        now = self.clock()
        verdict = decide(delivery, result, now, self.latest)
        attempt = Attempt(
            delivery_id=delivery.id, at=now, seconds=time.monotonic() - started, result=result
        )
        if await asyncio.to_thread(self._record, delivery, owner, attempt, verdict):
            report.count(verdict.state)

    async def _attempt(self, delivery: Delivery, owner: str, report: Delivered) -> SendResult:
        if report.trouble:  # the relay failed another mail of this batch: put this one back
            return SendResult(outcome=Outcome.SERVER, phase=Phase.CONNECT, text=report.trouble)
        if self.clock() > delivery.due_at + self.latest:
            return _withdrawn(f"more than {self.latest / timedelta(hours=1):.0f} hours late")
        composed = await asyncio.to_thread(self._compose, delivery)
        if isinstance(composed, SendResult):
            return composed

        async def claim() -> bool:
            to_wire = self.store.ledger.to_wire
            return await asyncio.to_thread(to_wire, delivery, owner, self.clock(), LEASE)

        return await self.mailer.send(composed, claim)

    def _compose(self, delivery: Delivery) -> Message | SendResult:
        try:
            message = self.composer.message(delivery, self.clock())
        except StoreError:
            raise
        except Exception as error:  # whatever one mail's content breaks must not stop the others
            log.exception("delivery %s could not be composed", delivery.id)
            text = one_line(f"{type(error).__name__}: {error}")
            return SendResult(outcome=Outcome.DEFERRED, phase=Phase.RENDER, text=text)
        return message or _withdrawn("the subscriber has left")

    def _record(self, delivery: Delivery, owner: str, attempt: Attempt, verdict: Verdict) -> bool:
        """Write down how an attempt ended and what follows for subscriber and papers.

        False when the delivery is not ours any more.
        """
        if not self.store.ledger.finish(
            delivery, owner, attempt, verdict.state, verdict.next_attempt_at
        ):
            return False
        bounced = attempt.result.outcome is Outcome.BOUNCED
        subscriber = self.store.subscribers.get(delivery.subscriber_id) if bounced else None
        if subscriber is not None and subscriber.email == delivery.address:
            self.desk.bounce(subscriber, attempt.at)
        never_went = verdict.state in (DeliveryState.FAILED, DeliveryState.SKIPPED)
        if never_went and delivery.digest_id is not None:
            self.store.digests.release(delivery.digest_id)
        return True


def _withdrawn(why: str) -> SendResult:
    return SendResult(outcome=Outcome.WITHDRAWN, phase=Phase.RENDER, text=why)
