"""Putting right what a clock that stood ahead has done, once it was set back."""

import logging
from collections.abc import Collection
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfoNotFoundError

from digestmail.calendar import due_slots, next_slot
from digestmail.domain import Subscriber
from digestmail.errors import DigestmailError
from digestmail.store import Store

log = logging.getLogger(__name__)

_BLOCK = 8192  # subscribers read at a time
_DAY = timedelta(days=1)


def after_setback(store: Store, now: datetime) -> bool:
    """Plan again what was given up while the clock stood ahead; returns whether it had.

    Digests that were missed or too late by that clock are due once more, mails it withdrew are
    planned anew, and nobody waits for a time that it told. Safe to run twice and after a crash.
    """
    if not store.clock_setback.is_known(now):
        return False
    log.warning("the clock was set back to %s; dropped digests are planned again", f"{now:%F %T}")
    ended = store.clock_setback.ended(now)
    store.clock_setback.bring_back(now)
    _retry(store, now)
    _advance(store, store.clock_setback.take_back(now), now)
    store.clock_setback.forget(ended, now)
    return True


def _retry(store: Store, now: datetime) -> None:
    for delivery_id in store.clock_setback.given_up(now):
        try:
            store.ledger.retry(delivery_id, now)
        except DigestmailError as error:  # not wanted any more, or its papers have gone since
            log.info("not planned again: %s", error)


def _advance(store: Store, erased: dict[int, datetime], now: datetime) -> None:
    """Let those who were moved on too far be due at their next hour, or at once."""
    after = 0
    while block := store.subscribers.active(after=after, limit=_BLOCK):
        after = max(subscriber.stored_id for subscriber in block)
        recorded = store.digests.dates([s.stored_id for s in block], (now - 2 * _DAY).date())
        changes = []
        for subscriber in block:
            due = erased.get(subscriber.stored_id)
            due = due if due and due <= now else _due(subscriber, recorded, now)
            if subscriber.next_due_at and due and due < subscriber.next_due_at:
                changes.append((subscriber.stored_id, subscriber.next_due_at, due))
        store.clock_setback.advance_due(changes)


def _due(
    subscriber: Subscriber, recorded: Collection[tuple[int, date]], now: datetime
) -> datetime | None:
    """Return a subscriber's next hour, or the last one if it has no record."""
    try:
        following = next_slot(subscriber.schedule, now).at
        slots = due_slots(subscriber.schedule, now - _DAY, now)
    except (ZoneInfoNotFoundError, ValueError, OverflowError):
        return None
    if not subscriber.next_due_at or subscriber.next_due_at <= following or not slots:
        return following
    last, joined = slots[-1], subscriber.confirmed_at or subscriber.created_at
    is_open = (subscriber.id, last.date) not in recorded
    return last.at if is_open and joined and joined < last.at else following
