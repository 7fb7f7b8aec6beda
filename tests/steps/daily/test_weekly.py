"""A mail a week holds the week's papers, and no more of them than any mail."""

from dataclasses import replace
from datetime import timedelta

from steps_world import DAY, GRAPHS, HOUR, NOW, arrive, join, prepare_at, release_digest

from digestmail.domain import Digest, Schedule, Subscriber
from digestmail.store import Store

FRIDAYS = Schedule(hour=6, weekdays=frozenset({5}))
WEEK = 7 * DAY


def weekly(store: Store, most: int = 10) -> Subscriber:
    """Somebody who reads on Fridays at 6, and got last week's mail."""
    mine = replace(GRAPHS, max_papers=most)
    return join(store, schedule=FRIDAYS, profiles=(mine,), papers_since=NOW - WEEK)


def last(store: Store, reader: Subscriber) -> Digest:
    return store.digests.of_subscriber(reader.stored_id)[0]


def numbers(digest: Digest) -> set[int]:
    return {int(item.paper.key.rpartition(".")[2]) for item in digest.items}


def daily_papers(store: Store, *days: int) -> None:
    for day in sorted(days, reverse=True):  # as they come
        arrive(store, day, at=NOW - day * DAY + HOUR, title=f"Graph of kind {day * 7919}")


def test_a_weekly_mail_holds_seven_days(store: Store) -> None:
    daily_papers(store, *range(1, 9))
    reader = weekly(store)
    prepare_at(store, NOW)
    assert numbers(last(store, reader)) == set(range(1, 8))


def test_a_mail_that_is_late_still_holds_them(store: Store) -> None:
    daily_papers(store, *range(1, 8))
    reader = weekly(store)
    prepare_at(store, NOW + timedelta(hours=11, minutes=59))
    assert numbers(last(store, reader)) == set(range(1, 8))


def test_the_next_one_is_a_week_later(store: Store) -> None:
    daily_papers(store, 1)
    reader = weekly(store)
    prepare_at(store, NOW)
    again = store.subscribers.get(reader.stored_id)
    assert again
    assert again.next_due_at == NOW + WEEK


def test_a_day_after_a_mail_that_failed_all_of_them_are_still_news(store: Store) -> None:
    daily_papers(store, *range(1, 8))
    reader = weekly(store)
    prepare_at(store, NOW)
    release_digest(store, last(store, reader).stored_id)
    prepare_at(store, NOW + DAY, day=(NOW + DAY).date())
    assert numbers(last(store, reader)) == set(range(1, 8))


def test_most_papers_are_those_of_one_mail(store: Store) -> None:
    daily_papers(store, *range(1, 8))
    reader = weekly(store, most=3)
    prepare_at(store, NOW)
    assert len(last(store, reader).items) == 3
