"""Delivering with a Mailer that is told what to answer: nothing twice, nothing lost."""

import asyncio
import logging
import sqlite3
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from threading import Thread

import pytest
from conftest import FakeClock
from sqlalchemy import event, update
from steps_world import (
    DAY,
    HOUR,
    LINKS,
    NOW,
    ScriptedMailer,
    accepted,
    again,
    arrive,
    at_once,
    composer,
    deliver,
    join,
    owe,
    prepare_at,
    put,
    refused,
    sender,
    state_of,
)

from digestmail.domain import (
    Delivery,
    DeliveryKind,
    DeliveryState,
    Message,
    Outcome,
    Phase,
    SendResult,
    SubscriberStatus,
)
from digestmail.errors import StoreError
from digestmail.render import Renderer
from digestmail.steps.daily.outcomes import decide
from digestmail.steps.daily.recording import Recorder, RecordingParameters
from digestmail.steps.subscribers.subscription import SubscriptionService
from digestmail.store import Database, Finish, Step, Store, ToWire
from digestmail.store.tables import DELIVERY

ADA = "ada@example.net"
LATEST = 12 * HOUR
MINUTE = HOUR / 60
NO_PAUSE = RecordingParameters(first_pause=0, longest_pause=0)
NO_PATIENCE = replace(NO_PAUSE, lease=0 * HOUR)


def _mail(**values: object) -> Delivery:
    given = Delivery(
        id=1,
        kind=DeliveryKind.DIGEST,
        subscriber_id=1,
        digest_id=1,
        address=ADA,
        state=DeliveryState.LEASED,
        due_at=NOW,
        next_attempt_at=NOW,
    )
    return replace(given, **values)  # type: ignore[arg-type]


@dataclass
class WatchedMailer(ScriptedMailer):
    """Lets something happen while a mail is on the wire."""

    after_claim: Callable[[str], None] = lambda _: None

    async def send(self, message: Message, claim: Callable[[], Awaitable[bool]]) -> SendResult:
        async def claimed() -> bool:
            going = await claim()
            self.after_claim(message.recipient)
            return going

        return await super().send(message, claimed)


# --- what follows from an outcome ------------------------------------------------------------


@pytest.mark.parametrize(
    ("outcome", "state"),
    [
        (Outcome.SENT, DeliveryState.SENT),
        (Outcome.BOUNCED, DeliveryState.FAILED),
        (Outcome.REJECTED, DeliveryState.FAILED),
        (Outcome.UNKNOWN, DeliveryState.UNKNOWN),
        (Outcome.WITHDRAWN, DeliveryState.SKIPPED),
        (Outcome.SERVER, DeliveryState.PLANNED),
        (Outcome.DEFERRED, DeliveryState.DEFERRED),
    ],
)
def test_each_outcome_has_its_state(outcome: Outcome, state: DeliveryState) -> None:
    assert decide(_mail(), refused(outcome), NOW, LATEST).state is state


@pytest.mark.parametrize(("before", "minutes"), [(0, 5), (1, 15), (2, 30), (3, 60), (9, 60)])
def test_greylisted_mail_waits_longer_each_time(before: int, minutes: int) -> None:
    then = decide(_mail(attempts=before), refused(Outcome.DEFERRED), NOW, LATEST)
    assert then.next_attempt_at == NOW + minutes * MINUTE


def test_a_server_may_name_the_time() -> None:
    answer = refused(Outcome.DEFERRED, text="greylisted, try again in 300 seconds")
    assert decide(_mail(attempts=3), answer, NOW, LATEST).next_attempt_at == NOW + 5 * MINUTE


def test_the_last_try_is_just_before_it_is_too_late() -> None:
    now = NOW + LATEST - 40 * MINUTE
    hour = refused(Outcome.DEFERRED, text="try again in 60 minutes")
    then = decide(_mail(), hour, now, LATEST)
    assert then.state is DeliveryState.DEFERRED
    assert NOW + LATEST - 10 * MINUTE < then.next_attempt_at < NOW + LATEST
    assert decide(_mail(), hour, then.next_attempt_at, LATEST).state is DeliveryState.FAILED


def test_after_the_last_useful_hour_it_is_given_up() -> None:
    now = NOW + LATEST - 4 * MINUTE
    assert decide(_mail(), refused(Outcome.DEFERRED), now, LATEST).state is DeliveryState.FAILED
    on_time = decide(_mail(), refused(Outcome.DEFERRED), now - MINUTE, LATEST)
    assert on_time.state is DeliveryState.DEFERRED


def test_a_letter_of_unknown_fate_goes_again_but_not_for_ever() -> None:
    letter = _mail(kind=DeliveryKind.CONFIRM, digest_id=None)
    unknown = refused(Outcome.UNKNOWN, Phase.END_OF_DATA)
    states = [decide(replace(letter, attempts=n), unknown, NOW, LATEST).state for n in range(4)]
    assert states == [DeliveryState.DEFERRED] * 2 + [DeliveryState.UNKNOWN] * 2


# --- runs ------------------------------------------------------------------------------------


async def test_a_mail_is_sent_and_written_down(store: Store, clock: FakeClock) -> None:
    delivery = owe(store)
    mailer = ScriptedMailer()
    done = await deliver(store, mailer, clock)
    assert (done.sent, done.total, done.trouble) == (1, 1, "")
    assert (mailer.handed_over, mailer.closed) == ([ADA], 1)
    assert state_of(store, delivery) is DeliveryState.SENT


async def test_a_second_run_sends_nothing(store: Store, clock: FakeClock) -> None:
    owe(store)
    await deliver(store, ScriptedMailer(), clock)
    mailer = ScriptedMailer()
    assert (await deliver(store, mailer, clock)).total == 0
    assert mailer.tried == []


async def test_all_go_over_many_batches(store: Store, clock: FakeClock) -> None:
    everyone = [f"{n}@example.net" for n in range(25)]
    for address in everyone:
        owe(store, address)
    mailer, seen = ScriptedMailer(), list[int]()
    done = await sender(store, mailer, clock).deliver(progress=seen.append)
    assert done.sent == 25
    assert sorted(mailer.handed_over) == sorted(everyone)
    assert seen == sorted(seen)
    assert seen[-1] == 25


@pytest.mark.parametrize(
    ("outcome", "phase"),
    [
        (Outcome.SENT, Phase.END_OF_DATA),
        (Outcome.UNKNOWN, Phase.END_OF_DATA),
        (Outcome.REJECTED, Phase.RCPT),
        (Outcome.REJECTED, Phase.END_OF_DATA),
        (Outcome.BOUNCED, Phase.RCPT),
        (Outcome.DEFERRED, Phase.RCPT),
        (Outcome.DEFERRED, Phase.DATA),
        (Outcome.SERVER, Phase.CONNECT),
        (Outcome.SERVER, Phase.DATA),
    ],
)
async def test_each_try_is_in_the_log_once(
    store: Store, clock: FakeClock, outcome: Outcome, phase: Phase
) -> None:
    delivery = owe(store)
    answer = refused(outcome, phase, text="as told")
    await deliver(store, ScriptedMailer({ADA: [answer]}), clock)
    (tried,) = store.ledger.attempts(delivery.id)
    assert (tried.result, tried.at) == (answer, NOW)
    assert tried.seconds >= 0
    assert again(store, delivery).detail == f"{phase}: 550 5.1.1 as told"


async def test_greylisting_ends_in_delivery(store: Store, clock: FakeClock) -> None:
    delivery = owe(store)
    mailer = ScriptedMailer({ADA: [refused(Outcome.DEFERRED)] * 2 + [accepted()]})
    for minutes in (0, 4, 5, 19, 20):
        clock.now = NOW + minutes * MINUTE
        await deliver(store, mailer, clock)
    assert len(mailer.tried) == 3
    assert again(store, delivery).state is DeliveryState.SENT
    assert again(store, delivery).attempts == 3


async def test_a_digest_too_late_is_offered_again_tomorrow(store: Store, clock: FakeClock) -> None:
    join(store)
    arrive(store, 1)
    prepare_at(store, NOW)
    clock.move(hours=13)
    mailer = ScriptedMailer()
    assert (await deliver(store, mailer, clock)).states == {DeliveryState.SKIPPED: 1}
    assert mailer.tried == []
    clock.now = NOW + DAY
    assert prepare_at(store, clock.now).papers == 1
    assert (await deliver(store, mailer, clock)).sent == 1


async def test_a_failed_digest_is_offered_again_tomorrow(store: Store, clock: FakeClock) -> None:
    join(store)
    arrive(store, 1)
    prepare_at(store, NOW)
    await deliver(store, ScriptedMailer({ADA: [refused(Outcome.REJECTED)]}), clock)
    assert prepare_at(store, NOW + DAY).papers == 1


async def test_a_digest_of_unknown_fate_counts_as_shown(store: Store, clock: FakeClock) -> None:
    join(store)
    arrive(store, 1)
    prepare_at(store, NOW)
    mailer = ScriptedMailer({ADA: [refused(Outcome.UNKNOWN, Phase.END_OF_DATA)]})
    assert (await deliver(store, mailer, clock)).states == {DeliveryState.UNKNOWN: 1}
    clock.move(minutes=10)
    assert (await deliver(store, mailer, clock)).total == 0
    assert prepare_at(store, NOW + DAY).digests == 0


async def test_a_bounce_ends_it_and_is_remembered(store: Store, clock: FakeClock) -> None:
    delivery = owe(store)
    await deliver(store, ScriptedMailer({ADA: [refused(Outcome.BOUNCED)]}), clock)
    found = store.subscribers.by_email(ADA)
    assert (found.status, found.next_due_at) == (SubscriberStatus.BOUNCED, None)
    assert SubscriptionService(store, LINKS).suppressed(ADA) == "bounced"
    assert state_of(store, delivery) is DeliveryState.FAILED


@pytest.mark.parametrize("outcome", [Outcome.REJECTED, Outcome.DEFERRED, Outcome.SERVER])
async def test_nothing_else_is_held_against_the_subscriber(
    store: Store, clock: FakeClock, outcome: Outcome
) -> None:
    owe(store)
    await deliver(store, ScriptedMailer({ADA: [refused(outcome)]}), clock)
    assert store.subscribers.by_email(ADA).status is SubscriberStatus.ACTIVE
    assert SubscriptionService(store, LINKS).suppressed(ADA) is None


async def test_a_bounce_of_an_old_address_spares_the_new_one(
    store: Store, clock: FakeClock
) -> None:
    delivery = owe(store)
    set_email = store.subscribers.set_email

    class Moving(ScriptedMailer):
        async def send(self, message: Message, claim: Callable[[], Awaitable[bool]]) -> SendResult:
            set_email(delivery.subscriber_id, "new@example.net")
            return await super().send(message, claim)

    await deliver(store, Moving({ADA: [refused(Outcome.BOUNCED)]}), clock)
    assert store.subscribers.by_email("new@example.net").status is SubscriberStatus.ACTIVE


@pytest.mark.parametrize("deferred", [False, True])
@pytest.mark.parametrize("kind", [DeliveryKind.DIGEST, DeliveryKind.LINK])
async def test_a_mail_goes_to_the_address_its_subscriber_has_by_then(
    store: Store, clock: FakeClock, kind: DeliveryKind, deferred: bool
) -> None:
    ada = join(store)
    if kind is DeliveryKind.DIGEST:
        delivery = owe(store)
    else:
        store.ledger.plan(kind, ada.stored_id, ADA, "link:1", NOW)
        (delivery,) = store.ledger.of_subscriber(ada.stored_id)
    if deferred:
        await deliver(store, ScriptedMailer({ADA: [refused(Outcome.DEFERRED)]}), clock)
        clock.move(minutes=5)
    store.subscribers.set_email(delivery.subscriber_id, "new@example.net")
    mailer = ScriptedMailer()
    assert (await deliver(store, mailer, clock)).states == {DeliveryState.SENT: 1}
    assert mailer.handed_over == ["new@example.net"]
    assert b"To: new@example.net\r\n" in mailer.messages[-1].raw
    assert again(store, delivery).address == "new@example.net"


async def test_an_address_changed_while_the_mail_is_under_way_gets_it(
    store: Store, clock: FakeClock
) -> None:
    """At the last moment before it would have been handed over to the old one, twice."""
    delivery = owe(store)
    following = {ADA: "b@example.net", "b@example.net": "c@example.net"}
    mailer = ScriptedMailer()
    mailer.before_claim = lambda to: (
        store.subscribers.set_email(delivery.subscriber_id, following[to])
        if to in following
        else None
    )
    assert (await deliver(store, mailer, clock)).states == {DeliveryState.SENT: 1}
    assert mailer.tried == [ADA, "b@example.net", "c@example.net"]
    assert mailer.handed_over == ["c@example.net"]
    assert len(store.ledger.attempts(delivery.id)) == 1


@pytest.mark.parametrize("late", [False, True])
async def test_nothing_goes_to_a_new_address_that_must_not_be_mailed(
    store: Store, clock: FakeClock, late: bool
) -> None:
    delivery, new = owe(store), "new@example.net"
    store.suppressions.add(store.salt.address_hash(new), "complained", NOW)

    def move(_: str) -> None:
        store.subscribers.set_email(delivery.subscriber_id, new)

    mailer = ScriptedMailer()
    if late:
        mailer.before_claim = move
    else:
        move(ADA)
    assert (await deliver(store, mailer, clock)).states == {DeliveryState.SKIPPED: 1}
    assert mailer.handed_over == []
    assert "must not be emailed: complained" in again(store, delivery).detail


async def test_who_left_once_may_be_asked_to_confirm_again(store: Store, clock: FakeClock) -> None:
    ada = join(store, status=SubscriberStatus.PENDING)
    store.suppressions.add(store.salt.address_hash(ADA), "left", NOW)
    store.ledger.plan(DeliveryKind.CONFIRM, ada.stored_id, ADA, "confirm:1", NOW)
    assert (await deliver(store, ScriptedMailer(), clock)).sent == 1


async def test_a_kind_of_mail_that_nobody_writes_is_no_other_kind(store: Store) -> None:
    ada = join(store)
    letter = _mail(kind="newsletter", digest_id=None)
    with pytest.raises(AssertionError, match="newsletter"):
        composer(store).message(letter, ada.recipient, NOW)


async def test_one_who_leaves_while_the_mail_is_under_way_gets_none(
    store: Store, clock: FakeClock
) -> None:
    delivery = owe(store)
    leave = SubscriptionService(store, LINKS).leave
    mailer = ScriptedMailer(before_claim=lambda to: leave(store.subscribers.by_email(to)))
    assert (await deliver(store, mailer, clock)).states == {DeliveryState.SKIPPED: 1}
    assert mailer.handed_over == []
    assert store.digests.shown([delivery.subscriber_id], NOW - DAY) == {}


async def test_one_erased_while_the_mail_is_under_way_gets_none(
    store: Store, clock: FakeClock
) -> None:
    delivery = owe(store)
    owe(store, "bob@example.net")
    mailer = ScriptedMailer()
    mailer.before_claim = lambda to: (
        store.subscribers.remove(delivery.subscriber_id) if to == ADA else None
    )
    assert (await deliver(store, mailer, clock)).states == {DeliveryState.SENT: 1}
    assert mailer.handed_over == ["bob@example.net"]


async def test_a_lease_lost_before_the_wire_sends_nothing(store: Store, clock: FakeClock) -> None:
    delivery = owe(store)
    mailer = ScriptedMailer()

    def lose(_: str) -> None:
        put(store, delivery, lease_owner="her")

    mailer.before_claim = lose
    assert (await deliver(store, mailer, clock)).total == 0
    assert mailer.handed_over == []
    assert state_of(store, delivery) is DeliveryState.LEASED


# --- many in one transaction -----------------------------------------------------------------


async def test_mails_that_go_at_once_share_their_transactions(
    store: Store, clock: FakeClock
) -> None:
    deliveries = [owe(store, f"{n}@example.net") for n in range(16)]
    commits = list[object]()
    event.listen(store.database.engine, "commit", commits.append)
    assert (await deliver(store, ScriptedMailer(concurrency=8), clock)).sent == 16
    assert len(commits) < 16
    assert [len(store.ledger.attempts(d.id)) for d in deliveries] == [1] * 16


async def test_a_row_that_cannot_be_written_stops_no_other_mail(
    store: Store, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    deliveries = [owe(store, f"{n}@example.net") for n in range(6)]
    take, broken = store.ledger.take, deliveries[2]

    def fail(owner: str, steps: Sequence[Step]) -> list[bool]:
        if any(step.delivery.id == broken.id for step in steps):
            raise ZeroDivisionError
        return take(owner, steps)

    monkeypatch.setattr(store.ledger, "take", fail)
    mailer = ScriptedMailer(concurrency=6)
    with pytest.raises(ZeroDivisionError):
        await deliver(store, mailer, clock)
    assert sorted(mailer.handed_over) == [f"{n}@example.net" for n in (0, 1, 3, 4, 5)]
    assert state_of(store, broken) is DeliveryState.LEASED
    others = [state_of(store, d) for d in deliveries if d is not broken]
    assert others == [DeliveryState.SENT] * 5


async def test_a_run_that_is_cancelled_sends_nothing_that_the_ledger_does_not_know(
    store: Store, clock: FakeClock
) -> None:
    deliveries = [owe(store, f"{n}@example.net") for n in range(12)]
    mailer, went = WatchedMailer(concurrency=4), asyncio.Event()
    mailer.after_claim = lambda _: went.set()
    running = asyncio.create_task(deliver(store, mailer, clock))
    await went.wait()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    await asyncio.get_running_loop().shutdown_default_executor()  # which writes, still
    known = (DeliveryState.ON_WIRE, DeliveryState.SENT)
    assert {d.address for d in deliveries if state_of(store, d) in known} >= {*mailer.handed_over}
    assert mailer.closed == 1


# --- trouble ---------------------------------------------------------------------------------


async def test_trouble_of_the_relay_stops_the_run_and_loses_nothing(
    store: Store, clock: FakeClock
) -> None:
    for n in range(25):
        owe(store, f"{n}@example.net")
    down = refused(Outcome.SERVER, Phase.CONNECT, "refused")
    mailer = ScriptedMailer({f"{n}@example.net": [down] for n in range(25)}, concurrency=1)
    done = await deliver(store, mailer, clock)
    assert (done.trouble, len(mailer.tried)) == ("connect: 550 refused", 1)
    assert store.notes.read("relay-trouble") == ("connect: 550 refused", NOW)
    assert store.ledger.count(NOW, NOW + HOUR) == [(True, DeliveryState.PLANNED, "", 25)]
    clock.move(minutes=1)
    assert (await deliver(store, ScriptedMailer(), clock)).sent == 25
    assert store.notes.read("relay-trouble") is None


async def test_a_run_with_nothing_to_send_does_not_forget_the_trouble(
    store: Store, clock: FakeClock
) -> None:
    owe(store)
    down = refused(Outcome.SERVER, Phase.AUTH, "who are you")
    await deliver(store, ScriptedMailer({ADA: [down]}), clock)
    await sender(store, ScriptedMailer(), clock).deliver((DeliveryKind.CONFIRM,))
    assert store.notes.read("relay-trouble") == ("auth: 550 who are you", NOW)


async def test_trouble_longer_than_the_window_ends_as_skipped(
    store: Store, clock: FakeClock
) -> None:
    delivery = owe(store)
    mailer = ScriptedMailer({ADA: [refused(Outcome.SERVER, Phase.CONNECT)]})
    for _ in range(14):
        await deliver(store, mailer, clock)
        clock.move(hours=1)
    found = again(store, delivery)
    assert (found.state, found.attempts) == (DeliveryState.SKIPPED, 0)
    assert "12 hours late" in found.detail


class _Broken:
    """A renderer whose templates break on one subscriber."""

    def __init__(self, good: Renderer) -> None:
        self._good = good

    def __getattr__(self, name: str) -> object:
        return getattr(self._good, name)

    def quoted_digest(self, digest: object, subscriber: object, *rest: object) -> object:
        if getattr(subscriber, "email", "") == ADA:
            raise ZeroDivisionError("no\x00 such\r\nthing \ud800")
        return self._good.quoted_digest(digest, subscriber, *rest)  # type: ignore[arg-type]


async def test_a_mail_that_cannot_be_rendered_fails_alone(
    store: Store, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = logging.getLogger("digestmail.steps.daily.deliver")
    monkeypatch.setattr(log, "disabled", True)  # no report of the tests can carry half a surrogate
    delivery = owe(store)
    for n in range(3):
        owe(store, f"{n}@example.net")
    mailer, good = ScriptedMailer(), composer(store)
    broken = replace(good, renderer=_Broken(good.renderer))  # type: ignore[arg-type]
    states = []
    for _ in range(4):
        await sender(store, mailer, clock, composer=broken).deliver()
        states.append(state_of(store, delivery))
        clock.move(hours=1)
    assert states == [DeliveryState.DEFERRED] * 2 + [DeliveryState.FAILED] * 2
    assert len(mailer.handed_over) == 3
    assert "ZeroDivisionError: no such thing" in again(store, delivery).detail
    assert len(store.ledger.attempts(delivery.id)) == 3
    assert store.digests.shown([delivery.subscriber_id], NOW - DAY) == {}


async def test_a_database_in_trouble_is_told_in_one_line(store: Store, clock: FakeClock) -> None:
    first, second = owe(store), owe(store, "bob@example.net")
    mailer = ScriptedMailer()

    def fail(to: str) -> None:
        if to != ADA:
            raise StoreError("the disk is full")

    mailer.before_claim = fail
    with pytest.raises(StoreError, match="the disk is full"):
        await deliver(store, mailer, clock)
    assert state_of(store, first) is DeliveryState.SENT
    assert state_of(store, second) is DeliveryState.LEASED
    assert mailer.closed == 1


async def test_trouble_of_the_database_is_no_fault_of_a_mail(
    store: Store, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    delivery = owe(store)

    def fail(_: int) -> None:
        raise StoreError("does not answer")

    with monkeypatch.context() as patch:
        patch.setattr(store.subscribers, "recipients", fail)
        with pytest.raises(StoreError):
            await deliver(store, ScriptedMailer(), clock)
    found = again(store, delivery)
    assert (found.state, found.attempts) == (DeliveryState.PLANNED, 0)
    assert store.ledger.attempts(delivery.id) == []


# --- letters ---------------------------------------------------------------------------------


def _pending(store: Store) -> Delivery:
    ada = join(store, status=SubscriberStatus.PENDING, next_due_at=None)
    store.ledger.plan(DeliveryKind.CONFIRM, ada.stored_id, ADA, "confirm:1", NOW)
    return store.ledger.of_subscriber(ada.stored_id)[0]


async def test_a_letter_of_unknown_fate_is_sent_three_times_at_most(
    store: Store, clock: FakeClock
) -> None:
    delivery = _pending(store)
    mailer = ScriptedMailer({ADA: [refused(Outcome.UNKNOWN, Phase.END_OF_DATA)]})
    for _ in range(6):
        await deliver(store, mailer, clock)
        clock.move(minutes=6)
    assert len(mailer.tried) == 3
    assert state_of(store, delivery) is DeliveryState.UNKNOWN


async def test_a_letter_to_one_who_confirmed_meanwhile_is_withdrawn(
    store: Store, clock: FakeClock
) -> None:
    delivery = _pending(store)
    store.subscribers.confirm(delivery.subscriber_id, 0, NOW, NOW + DAY)
    assert (await deliver(store, ScriptedMailer(), clock)).states == {DeliveryState.SKIPPED: 1}


async def test_a_confirm_mail_that_bounces_ends_the_request(store: Store, clock: FakeClock) -> None:
    _pending(store)
    await deliver(store, ScriptedMailer({ADA: [refused(Outcome.BOUNCED)]}), clock)
    assert store.subscribers.by_email(ADA).status is SubscriberStatus.BOUNCED


# --- two at once -----------------------------------------------------------------------------


def test_two_senders_at_once_deliver_each_mail_once(store: Store, clock: FakeClock) -> None:
    for n in range(40):
        owe(store, f"{n}@example.net")
    mailers = [ScriptedMailer(), ScriptedMailer()]
    calls = [lambda m=m: asyncio.run(deliver(store, m, clock)) for m in mailers]
    done = at_once(*calls)
    handed = mailers[0].handed_over + mailers[1].handed_over
    assert len(handed) == len(set(handed)) == 40
    assert sum(d.sent for d in done) == 40


async def test_what_a_dead_worker_left_is_taken_up(store: Store, clock: FakeClock) -> None:
    leased, wire = owe(store), owe(store, "bob@example.net")
    dead = "another-host:1:1.00"
    put(store, leased, state="leased", lease_owner=dead, lease_until=NOW - MINUTE)
    put(store, wire, state="on_wire", lease_owner=dead, lease_until=NOW - MINUTE)
    mailer = ScriptedMailer()
    done = await deliver(store, mailer, clock)
    assert (done.recovered.freed, done.recovered.unknown) == (1, 1)
    assert mailer.handed_over == [ADA]


async def test_a_worker_of_another_machine_is_given_its_time(
    store: Store, clock: FakeClock
) -> None:
    delivery = owe(store)
    held = {"state": "on_wire", "lease_owner": "elsewhere:1:1.00"}
    put(store, delivery, **held, lease_until=NOW + MINUTE)
    assert (await deliver(store, ScriptedMailer(), clock)).total == 0
    assert state_of(store, delivery) is DeliveryState.ON_WIRE


# --- messages --------------------------------------------------------------------------------


async def test_every_try_of_a_digest_has_the_same_message_id(
    store: Store, clock: FakeClock
) -> None:
    owe(store)
    mailer = ScriptedMailer({ADA: [refused(Outcome.DEFERRED), accepted()]})
    for _ in range(2):
        await deliver(store, mailer, clock)
        clock.move(minutes=5)
    first, second = mailer.messages
    assert first.message_id == second.message_id
    assert first.recipient == second.recipient == ADA


# --- whom to blame ---------------------------------------------------------------------------


async def test_a_doubtful_refusal_counts_at_the_second_digest_only(
    store: Store, clock: FakeClock
) -> None:
    """And in each not before the third time, while the relay takes other mail."""
    first = owe(store)
    doubtful = replace(refused(Outcome.BOUNCED, Phase.RCPT, "not today"), enhanced="")
    states = []
    for _ in range(3):
        owe(store, f"{clock.now:%H%M}@example.org")
        await deliver(store, ScriptedMailer({ADA: [doubtful]}), clock)
        states.append(state_of(store, first))
        clock.move(minutes=30)
    assert states == [DeliveryState.DEFERRED] * 2 + [DeliveryState.FAILED]
    assert [a.result.outcome for a in store.ledger.attempts(first.id)] == [
        *[Outcome.DEFERRED] * 2,
        Outcome.BOUNCED,
    ]
    assert store.subscribers.by_email(ADA).status is SubscriberStatus.ACTIVE
    arrive(store, 9, at=NOW + HOUR)
    clock.now = NOW + DAY
    prepare_at(store, clock.now)
    for _ in range(3):
        await deliver(store, ScriptedMailer({ADA: [doubtful]}), clock)
        clock.move(minutes=30)
    assert store.subscribers.by_email(ADA).status is SubscriberStatus.BOUNCED


async def test_a_stop_finishes_what_is_on_the_wire_and_begins_nothing(
    store: Store, clock: FakeClock
) -> None:
    for n in range(8):
        owe(store, f"{n}@example.net")
    mailer = ScriptedMailer(concurrency=1)
    stopping = sender(store, mailer, clock)
    mailer.before_claim = lambda _: stopping.stop.set()
    done = await stopping.deliver()
    assert done.states == {DeliveryState.SENT: 1}
    assert store.ledger.count(NOW, NOW + HOUR) == [
        (True, DeliveryState.PLANNED, "", 7),
        (True, DeliveryState.SENT, "", 1),
    ]


# --- limits ----------------------------------------------------------------------------------


def _at_its_limit() -> SendResult:
    text = "the relay has reached its sending limit; try again in 1200 seconds"
    return SendResult(outcome=Outcome.DEFERRED, phase=Phase.CONNECT, text=text)


async def test_at_a_relays_limit_the_rest_waits_and_nobody_is_blamed(
    store: Store, clock: FakeClock
) -> None:
    deliveries = [owe(store, f"{n:02}@example.net") for n in range(9)]
    answers = {f"{n:02}@example.net": [_at_its_limit(), accepted()] for n in range(4, 9)}
    done = await deliver(store, ScriptedMailer(answers, concurrency=1), clock)
    assert (done.sent, done.trouble, done.waits_until) == (4, "", NOW + 20 * MINUTE)
    assert store.notes.read("relay-rest") == ((NOW + 20 * MINUTE).isoformat(), NOW)
    assert again(store, deliveries[4]).attempts == 0
    clock.move(minutes=20)
    left = ScriptedMailer()
    assert (await deliver(store, left, clock)).sent == 5
    assert len(left.handed_over) == 5


# --- the operator is told --------------------------------------------------------------------

OPERATOR = "operator@example.org"


async def _run(store: Store, mailer: ScriptedMailer, clock: FakeClock) -> None:
    await sender(store, mailer, clock, operator=OPERATOR).deliver()


async def test_a_trouble_is_told_once_when_a_relay_works(store: Store, clock: FakeClock) -> None:
    owe(store)
    store.relays.mark_down("a.example:25", "connect: refused", NOW)
    down = ScriptedMailer({ADA: [refused(Outcome.SERVER, Phase.CONNECT)]})
    await _run(store, down, clock)
    assert down.tried == [ADA]
    works = ScriptedMailer()
    for _ in range(3):
        await _run(store, works, clock)
    assert works.handed_over == [ADA, OPERATOR]
    assert b"a.example:25: connect: refused" in works.messages[-1].raw


async def test_an_alert_put_off_comes_later(store: Store, clock: FakeClock) -> None:
    store.relays.owe_alert("a:25: slow", NOW)
    late = refused(Outcome.DEFERRED, Phase.END_OF_DATA)
    mailer = ScriptedMailer({OPERATOR: [late, accepted()]})
    for _ in range(3):
        await _run(store, mailer, clock)
    assert (len(mailer.tried), mailer.handed_over) == (2, [OPERATOR])


async def test_an_operators_address_that_bounces_is_not_tried_for_ever(
    store: Store, clock: FakeClock, caplog: pytest.LogCaptureFixture
) -> None:
    store.relays.owe_alert("a:25: slow", NOW)
    mailer = ScriptedMailer({OPERATOR: [refused(Outcome.BOUNCED)]})
    for _ in range(3):
        await _run(store, mailer, clock)
    assert len(mailer.tried) == 1
    assert "operator_email was refused" in caplog.text


async def test_status_names_the_relay_that_rests_while_another_works(
    store: Store, clock: FakeClock
) -> None:
    owe(store)
    store.relays.mark_down("a.example:25", "connect: refused", NOW)
    await deliver(store, ScriptedMailer(), clock)
    assert store.notes.read("relay-trouble") == ("a.example:25: connect: refused", NOW)
    assert store.notes.read("relay-rest") is None


# --- trouble of the database -----------------------------------------------------------------


@contextmanager
def _full(database: Database) -> Iterator[None]:
    """SQLite may not grow by a page more, as on a full disk."""

    def limit(connection: sqlite3.Connection, *_: object) -> None:
        connection.execute("PRAGMA max_page_count = 1")  # is raised to what there is

    event.listen(database.engine, "connect", limit)
    database.engine.dispose()
    yield
    event.remove(database.engine, "connect", limit)
    database.engine.dispose()


async def test_on_a_full_disk_nothing_goes_and_nothing_is_lost(
    store: Store, clock: FakeClock
) -> None:
    if not store.database.is_sqlite:
        pytest.skip("PostgreSQL's disk cannot be filled from here")
    for n in range(200):
        owe(store, f"{n}@example.net")
    mailer = ScriptedMailer()
    with _full(store.database), pytest.raises(StoreError, match="the disk is full"):
        await sender(store, mailer, clock, recording=NO_PATIENCE).deliver()
    went = len(mailer.handed_over)
    assert went < 200
    clock.move(minutes=21)
    again_sent = ScriptedMailer()
    done = await deliver(store, again_sent, clock)
    assert not set(mailer.handed_over) & set(again_sent.handed_over)
    assert went + done.sent == 200


@pytest.mark.parametrize("kind", [ToWire, Finish])
@pytest.mark.parametrize("count", [1, 4])
async def test_a_commit_that_only_seems_to_fail_loses_no_mail(
    store: Store,
    clock: FakeClock,
    monkeypatch: pytest.MonkeyPatch,
    count: int,
    kind: type[Step],
) -> None:
    deliveries = [owe(store, f"{n}@example.net") for n in range(count)]
    dropped = _dropping(store, monkeypatch, kind, count)
    mailer = ScriptedMailer(concurrency=count)
    done = await sender(store, mailer, clock, recording=NO_PAUSE).deliver()
    assert dropped == [count]
    assert done.states == {DeliveryState.SENT: count}
    assert sorted(mailer.handed_over) == [f"{n}@example.net" for n in range(count)]
    assert [len(store.ledger.attempts(d.id)) for d in deliveries] == [1] * count
    assert {again(store, d).attempts for d in deliveries} == {1}


@pytest.mark.parametrize("kind", [ToWire, Finish])
async def test_a_database_that_is_away_for_long_is_waited_for(
    store: Store,
    clock: FakeClock,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    kind: type[Step],
) -> None:
    """Longer than any wait that was tried before the lease counted."""
    delivery, bob = owe(store), owe(store, "bob@example.net")
    take, away = store.ledger.take, [StoreError("the database is away")] * 40

    def fail(owner: str, steps: Sequence[Step]) -> list[bool]:
        if away and isinstance(steps[0], kind):
            raise away.pop()
        return take(owner, steps)

    monkeypatch.setattr(store.ledger, "take", fail)
    mailer = ScriptedMailer()
    done = await sender(store, mailer, clock, recording=NO_PAUSE).deliver()
    assert (done.sent, away) == (2, [])
    assert sorted(mailer.handed_over) == [ADA, bob.address]
    assert state_of(store, delivery) is DeliveryState.SENT
    assert caplog.text.count("cannot be recorded: the database is away") == 1


async def test_pauses_grow_and_end_with_the_lease() -> None:
    pauses: list[float] = []

    def fail(_: Sequence[Step]) -> list[bool]:
        raise StoreError("away")

    async def sleep(seconds: float) -> None:
        pauses.append(seconds)

    parameters = RecordingParameters(lease=timedelta(seconds=40), first_pause=1, longest_pause=8)
    recorder = Recorder(fail, parameters, monotonic=lambda: sum(pauses), sleep=sleep)
    step = ToWire(_mail(), NOW, NOW)
    with pytest.raises(StoreError):
        await recorder.commit(step, recorder.lease_end)
    assert pauses == [1, 2, 4, 8, 8, 8, 8]


def _dropping(
    store: Store, monkeypatch: pytest.MonkeyPatch, kind: type[Step], count: int
) -> list[int]:
    """The connection drops once while so many steps of a kind are committed: their numbers."""
    take, dropped = store.ledger.take, list[int]()

    def commit(owner: str, steps: Sequence[Step]) -> list[bool]:
        taken = take(owner, steps)
        if not dropped and len(steps) == count and all(isinstance(s, kind) for s in steps):
            dropped.append(len(steps))
            raise StoreError("the connection was lost while committing")
        return taken

    monkeypatch.setattr(store.ledger, "take", commit)
    return dropped


async def test_a_second_relay_may_take_what_the_first_did_not(
    store: Store, clock: FakeClock
) -> None:
    delivery = owe(store)
    mailer = WatchedMailer()
    claims: list[bool] = []

    class Twice(ScriptedMailer):
        async def send(self, message: Message, claim: Callable[[], Awaitable[bool]]) -> SendResult:
            claims.append(await claim())  # and then the first relay fails at DATA
            return await mailer.send(message, claim)

    assert (await deliver(store, Twice(), clock)).sent == 1
    assert (claims, len(store.ledger.attempts(delivery.id))) == ([True], 1)


async def test_a_database_locked_after_the_mail_went_is_waited_for(
    store: Store, clock: FakeClock
) -> None:
    delivery = owe(store)
    mailer = WatchedMailer()

    def lock() -> None:
        with store.database.writing() as session:
            session.execute(update(DELIVERY).values(detail="held"))
            time.sleep(0.5)

    locker = Thread(target=lock)
    mailer.after_claim = lambda _: locker.start()
    done = await deliver(store, mailer, clock)
    locker.join()
    assert done.sent == 1
    assert state_of(store, delivery) is DeliveryState.SENT


async def test_a_database_that_fails_after_the_mail_went_begins_no_other(
    store: Store, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = owe(store)
    for n in range(6):
        owe(store, f"{n}@example.net")
    mailer = ScriptedMailer(concurrency=1)

    def fail(*_: object) -> dict[str, object]:
        raise StoreError("the disk is full")

    with monkeypatch.context() as patch:
        patch.setattr("digestmail.store.ledger.transitions._finished", fail)
        with pytest.raises(StoreError):
            await sender(store, mailer, clock, recording=NO_PATIENCE).deliver()
    assert (len(mailer.tried), state_of(store, first)) == (1, DeliveryState.ON_WIRE)
    assert [n for _, state, _, n in store.ledger.count(NOW, NOW + HOUR) if state == "planned"] == [
        6
    ]


# --- clocks that jump ------------------------------------------------------------------------


async def test_a_clock_that_jumps_ahead_while_a_mail_is_under_way(
    store: Store, clock: FakeClock
) -> None:
    delivery = owe(store)
    mailer = WatchedMailer()

    def jump(_: str) -> None:
        clock.move(hours=3)
        store.ledger.recover(clock(), lambda _: False)

    mailer.after_claim = jump
    assert (await deliver(store, mailer, clock)).sent == 1
    assert state_of(store, delivery) is DeliveryState.SENT


async def test_a_clock_set_back_sends_nothing_twice(store: Store, clock: FakeClock) -> None:
    owe(store)
    mailer = ScriptedMailer()
    await deliver(store, mailer, clock)
    clock.move(days=-2)
    await deliver(store, mailer, clock)
    assert mailer.handed_over == [ADA]


# --- once more -------------------------------------------------------------------------------


async def test_a_redelivery_has_the_same_message_id(store: Store, clock: FakeClock) -> None:
    delivery = owe(store)
    mailer = ScriptedMailer()
    await deliver(store, mailer, clock)
    clock.move(days=2)
    store.ledger.redeliver(delivery.id, clock())
    assert (await deliver(store, mailer, clock)).sent == 1
    first, second = mailer.messages
    assert first.message_id == second.message_id


async def test_a_retry_of_what_was_too_late_goes(store: Store, clock: FakeClock) -> None:
    delivery = owe(store)
    clock.move(hours=13)
    mailer = ScriptedMailer()
    assert (await deliver(store, mailer, clock)).states == {DeliveryState.SKIPPED: 1}
    store.ledger.retry(delivery.id, clock())
    assert (await deliver(store, mailer, clock)).sent == 1
