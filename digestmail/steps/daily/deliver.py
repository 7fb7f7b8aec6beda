"""Step 3: hand each planned mail to the Mailer, once.

The ledger has the say: a delivery is leased, its mail composed, and the step to ``on_wire``
committed after the relay took the recipient and before it is given the mail. Killed anywhere,
the next run finds every delivery either still to be sent or marked as one nobody can decide.
"""

import asyncio
import logging
import secrets
import threading
import time
from collections.abc import Callable, Collection, Mapping
from contextlib import nullcontext, suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from digestmail.domain import (
    MAILS,
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
from digestmail.errors import ConfigError, StoreError
from digestmail.mail.transport.refusals import BREAKER, reply_line
from digestmail.mail.transport.relays_mailer import is_full
from digestmail.steps.daily.alert import alert
from digestmail.steps.daily.compose import Composer
from digestmail.steps.daily.lease_queue import LeasedMail, LeaseQueue
from digestmail.steps.daily.outcomes import RETRIES, Transition, decide, is_doubtful, withdrawn
from digestmail.steps.daily.recording import RECORDING, Recorder, RecordingParameters
from digestmail.steps.reading.lines import LineReader
from digestmail.steps.subscribers.subscription import SubscriptionService
from digestmail.steps.subscribers.suppression import LEFT_REASON
from digestmail.store import Finish, NoteName, Recovered, Store, ToWire
from digestmail.text import one_line
from digestmail.worker import is_gone, this_worker

log = logging.getLogger(__name__)

BATCH_PER_CONNECTION = 5  # small, so that a crash leaves few leases behind
_LEFT_REASON = "the subscriber paused or unsubscribed"
_TROUBLE_LIFETIME = timedelta(days=1)  # a relay in trouble that nobody has tried again since


@dataclass(slots=True)
class DeliveryReport:
    """What a run of deliver did, by the state each delivery was left in."""

    states: dict[DeliveryState, int] = field(default_factory=dict)
    recovered: Recovered = field(default_factory=Recovered)
    trouble: str = ""  # why the relay stopped the run; empty when it did not
    waits_until: datetime | None = None  # the limits an hour or a day stopped the run

    def count(self, state: DeliveryState) -> None:
        """Add one delivery."""
        self.states[state] = self.states.get(state, 0) + 1

    def add(self, other: "DeliveryReport") -> None:
        """Add the report of another process."""
        for state, count in other.states.items():
            self.states[state] = self.states.get(state, 0) + count
        self.recovered = Recovered(
            self.recovered.freed + other.recovered.freed,
            self.recovered.unknown + other.recovered.unknown,
        )
        self.trouble = self.trouble or other.trouble
        self.waits_until = self.waits_until or other.waits_until

    @property
    def sent(self) -> int:
        """Return how many mails the relay accepted."""
        return self.states.get(DeliveryState.SENT, 0)

    @property
    def total(self) -> int:
        """Return how many deliveries were taken up, however they ended."""
        return sum(self.states.values())


@dataclass(frozen=True, slots=True)
class Sender:
    """The sender of planned mails. ``latest``: how long after its time a mail may still go.

    Once ``stop`` is set, mails being handed over are finished and no others are begun.
    ``operator``: the address that is told of a relay in trouble; empty: nobody's. ``lines`` puts
    the lines of a language model on papers; None: there are none.
    """

    store: Store
    subscriptions: SubscriptionService
    composer: Composer
    mailer: Mailer
    clock: Clock
    latest: timedelta
    stop: threading.Event = field(default_factory=threading.Event)
    operator: str = ""
    lines: LineReader | None = None
    recording: RecordingParameters = RECORDING

    async def deliver(
        self,
        kinds: Collection[DeliveryKind] = tuple(DeliveryKind),
        progress: Callable[[int], None] = lambda _: None,
    ) -> DeliveryReport:
        """Send all that is due, until nothing is left, the relay is in trouble or ``stop`` is set.

        Closes the Mailer's connections at the end. Safe to run in several processes at once.
        """
        run = _Run(self, f"{this_worker()}#{secrets.token_hex(4)}", progress)
        run.report.recovered = self.store.ledger.recover(self.clock(), is_gone)
        begun = self.clock()
        try:
            await run.send(kinds)
            if self.operator and not run.halted:
                await alert(self.store, self.composer, self.mailer, self.operator, self.clock())
        finally:
            await self.mailer.close()
            self._note(run.report, begun)
        return run.report

    def _note(self, report: DeliveryReport, begun: datetime) -> None:
        """Note what ``status`` shows of the relays, and until when they are left alone."""
        now, troubles = self.clock(), self.store.relays.troubles
        if report.trouble or not report.sent:  # few mails, all refused, are a trouble too
            report.trouble = _joined(troubles(begun)) or report.trouble
        until = now + BREAKER.open_for if report.trouble else report.waits_until
        if not (until or report.sent):
            return  # the run knows nothing better
        words = report.trouble or _joined(troubles(now - _TROUBLE_LIFETIME))
        self.store.notes.write(NoteName.RELAY_TROUBLE, words, now)
        self.store.notes.write(NoteName.RELAY_REST, until.isoformat() if until else "", now)


def _joined(troubles: Mapping[str, str]) -> str:
    return "; ".join(f"{relay}: {trouble}" for relay, trouble in troubles.items())


class _Run:
    """One run of a Sender, under a lease owner of its own."""

    def __init__(self, sender: Sender, owner: str, progress: Callable[[int], None]) -> None:
        self.report = DeliveryReport()
        self._sender = sender
        self._store = sender.store
        self._progress = progress
        self._recorder = Recorder(
            lambda steps: sender.store.ledger.take(owner, steps), sender.recording
        )
        self._queue = LeaseQueue(
            sender.store,
            sender.lines or LineReader(sender.store, ()),
            owner,
            sender.mailer.concurrency * BATCH_PER_CONNECTION,
            sender.recording.lease,
            sender.clock,
            lambda: self._recorder.lease_end,
        )
        self._broken = False  # ourselves or the database, not the relay
        self._render_errors: set[str] = set()

    @property
    def halted(self) -> bool:
        """Return whether nothing more is to be handed over."""
        report = self.report
        ended = report.trouble or report.waits_until or self._broken
        return bool(ended) or self._sender.stop.is_set()

    async def send(self, kinds: Collection[DeliveryKind]) -> None:
        """Send one mail after another, as many at a time as the Mailer takes."""
        # Not a TaskGroup: an error of one would cut off the others, who may be on the wire.
        workers = (self._send_all(kinds) for _ in range(self._sender.mailer.concurrency))
        errors = [
            error for error in await asyncio.gather(*workers, return_exceptions=True) if error
        ]
        with suppress(StoreError) if errors else nullcontext():  # a lease ends by itself
            await self._queue.put_back()
        if errors:
            raise errors[0]

    async def _send_all(self, kinds: Collection[DeliveryKind]) -> None:
        try:
            while mail := await self._queue.next(kinds, lambda: self.halted):
                await self._send_now(mail)
        except Exception:
            self._broken = True
            raise

    async def _send_now(self, mail: LeasedMail) -> None:
        started, result = time.monotonic(), await self._attempt(mail)
        while result.outcome is Outcome.WITHDRAWN and (
            readdressed := await self._queue.readdressed(mail)
        ):
            mail, result = readdressed, await self._attempt(readdressed)
        delivery, result = mail.delivery, await self._confirmed_result(mail.delivery, result)
        now = self._sender.clock()
        then = decide(delivery, result, now, self._sender.latest)
        self._watch(result, then)
        seconds = time.monotonic() - started
        attempt = Attempt(delivery_id=delivery.id, at=now, seconds=seconds, result=result)
        finish = Finish(delivery, attempt, then.state, then.next_attempt_at)
        if await self._recorder.commit(finish, until=self._recorder.lease_end):
            self.report.count(then.state)
            if result.outcome is Outcome.BOUNCED:
                await asyncio.to_thread(self._bounce, delivery, attempt)
        self._progress(self.report.total)

    def _watch(self, result: SendResult, then: Transition) -> None:
        """Notice when nothing more can go for now."""
        if result.outcome is Outcome.SERVER:
            self.report.trouble = self.report.trouble or reply_line(result)
        elif is_full(result):
            self.report.waits_until = then.next_attempt_at

    async def _confirmed_result(self, delivery: Delivery, result: SendResult) -> SendResult:
        """Return a result, with a permanent refusal as DEFERRED as long as it is doubtful.

        It counts the third time, unless the relay has taken nobody's mail meanwhile: then it may
        be about us and not about the recipient.
        """
        if not is_doubtful(result):
            return result
        is_confirmed = False
        if delivery.attempts + 1 >= RETRIES.doubts:
            with suppress(StoreError):  # the refusal must be recorded in any case
                is_confirmed = await asyncio.to_thread(
                    self._store.ledger.has_sent_since, delivery.due_at
                )
        return result if is_confirmed else replace(result, outcome=Outcome.DEFERRED)

    async def _attempt(self, mail: LeasedMail) -> SendResult:
        sender, delivery = self._sender, mail.delivery
        if sender.clock() > delivery.due_at + sender.latest:
            return withdrawn(f"more than {sender.latest / timedelta(hours=1):.0f} hours late")
        # In this thread: another one would only take turns with it, and each turn costs.
        composed = self._compose(mail)
        if isinstance(composed, SendResult):
            return composed

        async def claim() -> bool:
            now = sender.clock()
            to_wire = ToWire(delivery, now, now + sender.recording.lease)
            return await self._recorder.commit(to_wire, mail.lease_end)

        result = await sender.mailer.send(composed, claim)
        return withdrawn(_LEFT_REASON) if result.outcome is Outcome.WITHDRAWN else result

    def _compose(self, mail: LeasedMail) -> Message | SendResult:
        delivery, recipient = mail.delivery, mail.recipient
        spec = MAILS[delivery.kind]
        if recipient is None or recipient.status not in spec.recipients:
            return withdrawn(_LEFT_REASON)
        if mail.suppression and not (mail.suppression == LEFT_REASON and spec.after_leaving):
            return withdrawn(f"the address must not be emailed: {mail.suppression}")
        if recipient.email != delivery.address:
            return withdrawn("the subscriber's address has changed")
        try:
            now = self._sender.clock()
            rows, digest_id = mail.digests, delivery.digest_id
            digest = rows.get(digest_id) if rows and digest_id else None
            return self._sender.composer.message(delivery, recipient, now, digest)
        except StoreError:
            raise
        except Exception as error:  # whatever one mail's content breaks must not stop the others
            text = one_line(f"{type(error).__name__}: {error}")
            if text not in self._render_errors:  # once in a run, not for each of 100,000 mails
                self._render_errors.add(text)
                known = isinstance(error, ConfigError)  # a template's fault, told by its place
                log.error(
                    "delivery %s could not be composed: %s", delivery.id, text, exc_info=not known
                )
            return SendResult(outcome=Outcome.DEFERRED, phase=Phase.RENDER, text=text)

    def _bounce(self, delivery: Delivery, attempt: Attempt) -> None:
        """Give an address up at once when the refusal names it, else at the second refusal."""
        if is_doubtful(attempt.result) and not self._store.ledger.has_bounced(delivery):
            return
        subscriber = self._store.subscribers.get(delivery.subscriber_id)
        if subscriber is not None and subscriber.email == delivery.address:
            self._sender.subscriptions.bounce(subscriber, attempt.at)
