"""Pauses that end by themselves: on the subscriber's own date, once, however late."""

from datetime import UTC, date, datetime, timedelta

import pytest
from conftest import FakeClock
from steps_world import DAY, NOW, arrive, digest, join, planned, prepare_at

from digestmail.domain import Schedule, Subscriber, SubscriberStatus
from digestmail.errors import InputError
from digestmail.steps.subscribers.pauses import checked_end, end_pauses, proposals
from digestmail.store import Store

MONDAY = date(2026, 11, 23)


def paused(store: Store, until: date | None = MONDAY, email: str = "ada@example.net") -> Subscriber:
    """Somebody in Auckland (13 hours ahead) who reads at 7, paused."""
    schedule = Schedule(hour=7, timezone="Pacific/Auckland")
    ada = join(store, email, schedule=schedule)
    store.subscribers.set_status(ada.stored_id, SubscriberStatus.PAUSED, None, resume_on=until)
    return again(store, ada)


def again(store: Store, subscriber: Subscriber) -> Subscriber:
    found = store.subscribers.get(subscriber.stored_id)
    assert found
    return found


def test_a_pause_ends_on_the_date_where_its_subscriber_is(store: Store) -> None:
    ada = paused(store)
    assert end_pauses(store, datetime(2026, 11, 22, 10, 59, tzinfo=UTC)) == 0
    assert again(store, ada) == ada
    assert end_pauses(store, datetime(2026, 11, 22, 11, 0, tzinfo=UTC)) == 1
    resumed = again(store, ada)
    assert (resumed.status, resumed.resume_on) == (SubscriberStatus.ACTIVE, None)
    assert resumed.next_due_at == datetime(2026, 11, 22, 18, 0, tzinfo=UTC)


def test_ending_twice_changes_nothing(store: Store) -> None:
    ada = paused(store)
    later = datetime(2026, 11, 23, tzinfo=UTC)
    assert [end_pauses(store, later), end_pauses(store, later)] == [1, 0]
    assert again(store, ada).status is SubscriberStatus.ACTIVE


def test_two_who_end_the_same_pause_end_it_once(store: Store) -> None:
    ada = paused(store)
    assert [store.subscribers.end_pause(ada, NOW), store.subscribers.end_pause(ada, NOW)] == [
        True,
        False,
    ]


def test_a_pause_that_was_changed_meanwhile_stands(store: Store) -> None:
    ada = paused(store)
    store.subscribers.set_status(ada.stored_id, SubscriberStatus.PAUSED, None, resume_on=None)
    assert not store.subscribers.end_pause(ada, NOW)
    assert end_pauses(store, NOW + 400 * DAY) == 0


@pytest.mark.parametrize("left", [SubscriberStatus.UNSUBSCRIBED, SubscriberStatus.ACTIVE])
def test_a_pause_ends_with_what_ends_it(store: Store, left: SubscriberStatus) -> None:
    ada = paused(store)
    store.subscribers.set_status(ada.stored_id, left, None)
    assert again(store, ada).resume_on is None
    assert end_pauses(store, NOW + 30 * DAY) == 0


def test_an_end_that_comes_late_still_owes_the_digest_of_the_date(store: Store) -> None:
    ada = paused(store)
    assert end_pauses(store, datetime(2026, 11, 25, 3, 0, tzinfo=UTC)) == 1
    assert again(store, ada).next_due_at == datetime(2026, 11, 22, 18, 0, tzinfo=UTC)


def test_a_clock_that_jumps_ahead_and_back_brings_no_second_digest(store: Store) -> None:
    ada = paused(store)
    ahead = datetime(2026, 11, 23, 19, tzinfo=UTC)
    end_pauses(store, ahead)
    first = prepare_at(store, ahead)
    end_pauses(store, ahead - 3 * DAY)
    second = prepare_at(store, ahead - 3 * DAY)
    days = store.digests.days(ada.stored_id)
    assert days == sorted(set(days), reverse=True)
    assert sum(first.skipped.values()) == len(days)
    assert (second.digests, second.skipped) == (0, {})


def test_a_date_that_has_its_digest_gets_no_other(store: Store) -> None:
    ada = paused(store)
    store.digests.record([])
    active = again(store, ada)
    store.subscribers.set_status(ada.stored_id, SubscriberStatus.ACTIVE, NOW)
    store.digests.record([planned(active, digest(active, date=MONDAY))])
    store.subscribers.set_status(ada.stored_id, SubscriberStatus.PAUSED, None, resume_on=MONDAY)
    end_pauses(store, datetime(2026, 11, 23, tzinfo=UTC))
    assert again(store, ada).next_due_at == datetime(2026, 11, 23, 18, 0, tzinfo=UTC)


def test_a_zone_nobody_knows_holds_up_nobody_else(store: Store) -> None:
    eve = paused(store, email="eve@example.net")
    store.subscribers.set_schedule(eve.stored_id, Schedule(timezone="Mars/Olympus"), NOW)
    ada = paused(store)
    assert end_pauses(store, NOW + 30 * DAY) == 1
    assert again(store, ada).status is SubscriberStatus.ACTIVE


def test_the_backlog_of_a_pause_is_no_news(store: Store) -> None:
    ada = paused(store, date(2026, 12, 10))
    old, new = arrive(store, 1, at=NOW + DAY)[0], arrive(store, 2, at=NOW + 17 * DAY)[0]
    now = datetime(2026, 12, 9, 18, 0, tzinfo=UTC)
    end_pauses(store, now)
    prepare_at(store, now)
    (made,) = store.digests.of_subscriber(ada.stored_id)
    assert [item.paper.id for item in made.items] == [new.id]
    assert old.id != new.id


def test_the_proposals_count_from_the_subscribers_today(store: Store, clock: FakeClock) -> None:
    assert proposals(paused(store), clock() + timedelta(hours=6)) == {
        "week": date(2026, 11, 28),
        "two-weeks": date(2026, 12, 5),
        "month": date(2026, 12, 21),
    }


@pytest.mark.parametrize(
    ("choice", "typed", "end"),
    [
        ("week", "", date(2026, 11, 27)),
        ("date", "2026-12-24", date(2026, 12, 24)),
        ("date", " 2026-11-21 ", date(2026, 11, 21)),
        ("open", "2026-12-24", None),
        ("", "", None),
    ],
)
def test_an_end_is_chosen_or_typed(
    store: Store, clock: FakeClock, choice: str, typed: str, end: date | None
) -> None:
    assert checked_end(choice, typed, paused(store), clock()) == end


@pytest.mark.parametrize("typed", ["", "soon", "2026-11-20", "2027-11-22", "2026-02-30", "9999"])
def test_a_senseless_end_is_refused(store: Store, clock: FakeClock, typed: str) -> None:
    with pytest.raises(InputError, match="choose a date"):
        checked_end("date", typed, paused(store), clock())
