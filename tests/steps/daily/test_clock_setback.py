"""A clock that stood ahead and is right again: what it gave up is planned anew, and goes once."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from conftest import FakeClock
from steps_world import (
    DAY,
    HOUR,
    NOW,
    ScriptedMailer,
    accepted,
    again,
    arrive,
    deliver,
    join,
    owe,
    prepare_at,
    put,
    refused,
)

from digestmail.domain import (
    Batch,
    BatchState,
    DeliveryState,
    Outcome,
    SkipReason,
    SourceSpec,
    SubscriberStatus,
)
from digestmail.steps.daily.clock_setback import after_setback
from digestmail.store import Store

SENT, SKIPPED = DeliveryState.SENT, DeliveryState.SKIPPED


def _prepared(store: Store, at: datetime) -> int:
    """Prepare as an App does; how many digests are to be mailed."""
    after_setback(store, at)
    return prepare_at(store, at).digests


def _skips(store: Store) -> list[SkipReason | None]:
    return [d.skip for d in reversed(store.digests.of_subscriber(1, limit=99))]


@pytest.mark.parametrize("ahead", [13 * HOUR, DAY + 13 * HOUR, 5 * DAY, 400 * DAY])
def test_digests_given_up_by_a_wrong_clock_go_once_it_is_right(
    store: Store, ahead: timedelta
) -> None:
    people = [join(store, f"{n}@example.net") for n in range(3)]
    arrive(store, 1)
    _prepared(store, NOW - HOUR)
    _prepared(store, NOW + ahead)
    assert set(_skips(store)) & {SkipReason.MISSED, SkipReason.TOO_LATE}
    _prepared(store, NOW + HOUR)
    assert _prepared(store, NOW + HOUR) == 0
    for person in people:
        (delivery,) = store.ledger.of_subscriber(person.stored_id)
        assert delivery.next_attempt_at <= NOW + HOUR
        (item,) = store.digests.get(delivery.stored_digest_id).items
        assert item.paper.key[-2:] == "01"
        today = (NOW.date(), NOW.date() + DAY)
        assert len(store.digests.of_subscriber(person.stored_id, days=today)) == 1
        assert store.subscribers.by_email(person.email).next_due_at == NOW + DAY


def test_what_waited_by_a_clock_that_was_right_goes_though_it_is_wrong_now(store: Store) -> None:
    after_setback(store, NOW)
    delivery = owe(store)
    for hours in (-26, 0):
        after_setback(store, NOW + hours * HOUR)
        prepare_at(store, NOW + hours * HOUR)
        assert again(store, delivery).next_attempt_at == NOW - 26 * HOUR


async def test_mails_withdrawn_as_too_late_are_sent(store: Store) -> None:
    clock = FakeClock(NOW)
    delivery = owe(store)
    after_setback(store, NOW)
    clock.move(days=1)
    mailer = ScriptedMailer()
    await deliver(store, mailer, clock)  # and is killed before it notes the time
    assert again(store, delivery).state is SKIPPED
    clock.move(hours=-23)
    assert after_setback(store, clock())
    await deliver(store, mailer, clock)
    assert again(store, delivery).state is SENT
    assert not after_setback(store, clock())
    await deliver(store, mailer, clock)
    assert mailer.handed_over == ["ada@example.net"]


async def test_a_clock_that_falls_back_too_far_makes_nothing_late(store: Store) -> None:
    clock = FakeClock(NOW + 26 * HOUR)
    delivery, mailer = owe(store), ScriptedMailer()
    after_setback(store, clock())
    await deliver(store, mailer, clock)
    assert again(store, delivery).state is SKIPPED
    clock.move(hours=-52)
    assert after_setback(store, clock())
    clock.move(hours=27)
    await deliver(store, mailer, clock)
    assert again(store, delivery).state is SENT


async def test_what_ends_while_it_is_put_right_is_put_right_the_next_time(store: Store) -> None:
    after_setback(store, NOW + DAY)
    first, second = owe(store), owe(store, "bob@example.net", 2)
    put(store, first, state="skipped", ended_at=NOW + DAY)
    ended = store.clock_setback.ended(NOW)
    put(store, second, state="skipped", ended_at=NOW + DAY)  # by another process, just now
    store.clock_setback.forget(ended, NOW)
    assert after_setback(store, NOW)
    assert again(store, second).state is DeliveryState.PLANNED


async def test_a_mail_that_was_deferred_until_then_does_not_wait_for_it(store: Store) -> None:
    clock = FakeClock(NOW + 5 * HOUR)
    delivery = owe(store)
    later = refused(Outcome.DEFERRED)
    mailer = ScriptedMailer({"ada@example.net": [later, accepted()]})
    after_setback(store, clock())
    await deliver(store, mailer, clock)
    clock.move(hours=-5)
    await deliver(store, mailer, clock)
    assert again(store, delivery).state is DeliveryState.DEFERRED
    after_setback(store, clock())
    await deliver(store, mailer, clock)
    assert again(store, delivery).state is SENT


async def test_a_mail_that_failed_since_it_was_deferred_for_too_long_is_tried(store: Store) -> None:
    clock = FakeClock(NOW + 12 * HOUR)
    put_off, gone = owe(store), owe(store, "gone@example.net", 2)
    mailer = ScriptedMailer(
        {
            "ada@example.net": [refused(Outcome.DEFERRED), accepted()],
            "gone@example.net": [refused(Outcome.BOUNCED)],
        }
    )
    after_setback(store, clock())
    await deliver(store, mailer, clock)
    assert again(store, put_off).state is DeliveryState.FAILED
    clock.move(hours=-11)
    after_setback(store, clock())
    await deliver(store, mailer, clock)
    assert again(store, put_off).state is SENT
    assert again(store, gone).state is DeliveryState.FAILED
    assert mailer.tried.count("gone@example.net") == 1


async def test_who_left_meanwhile_is_left_alone(store: Store) -> None:
    clock = FakeClock(NOW + DAY)
    delivery = owe(store)
    after_setback(store, clock())
    await deliver(store, ScriptedMailer(), clock)
    store.subscribers.remove(delivery.subscriber_id)
    bob = owe(store, "bob@example.net", 3)
    put(store, bob, state="skipped", ended_at=NOW + DAY)
    store.subscribers.set_status(bob.subscriber_id, SubscriberStatus.UNSUBSCRIBED, None)
    assert after_setback(store, NOW)
    assert again(store, bob).state is SKIPPED


def test_a_clock_that_goes_on_changes_nothing(store: Store) -> None:
    join(store)
    for hours in (0, 13, 14, 40):
        assert not after_setback(store, NOW + hours * HOUR)
        prepare_at(store, NOW + hours * HOUR)
    assert _skips(store) == [SkipReason.NO_PAPERS, SkipReason.TOO_LATE]
    assert not after_setback(store, NOW + 40 * HOUR - timedelta(seconds=30))  # a clock differs


def test_papers_and_days_of_the_future_are_of_now(store: Store) -> None:
    after_setback(store, NOW + DAY)
    arrive(store, 1, at=NOW + DAY)
    store.sources.add(SourceSpec(name="s", kind="arxiv"), NOW)
    days = [
        Batch(source="s", day=NOW.date() + n * DAY, state=state)
        for n, state in enumerate((BatchState.COMPLETE, BatchState.INCOMPLETE))
    ]
    store.batches.note(days, NOW + DAY)
    assert after_setback(store, NOW)
    assert [p.first_seen_at for p in store.papers.seen_after(NOW - HOUR)] == [NOW]
    assert store.batches.all("s", NOW.date()) == [replace(days[0])]
