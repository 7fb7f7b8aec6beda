"""When the next digest of a subscriber is due, once they come back or change their schedule."""

from datetime import datetime
from zoneinfo import ZoneInfoNotFoundError

from digestmail.calendar import local_date, next_slot, slot_on
from digestmail.domain import Schedule, Subscriber
from digestmail.store import Store


def next_due(store: Store, subscriber: Subscriber, schedule: Schedule, now: datetime) -> datetime:
    """Return the next slot of a date without a digest; one that is due stays due."""
    due = subscriber.next_due_at
    if due is not None and due <= now and subscriber.awaits_first_digest:
        return due
    if due is not None and due <= now:
        return _still_due(subscriber.schedule, schedule, due)
    return _open_slot(store, subscriber, schedule, now)


def due_after_confirming(
    store: Store, subscriber: Subscriber, now: datetime
) -> tuple[datetime, bool]:
    """Return when the next digest is due of who confirms now, and whether it is a first digest.

    That comes at once, unless there is one of the date already, as somebody left and came back,
    or no profile to choose papers by.
    """
    if all(profile.is_empty for profile in subscriber.profiles):
        return _open_slot(store, subscriber, subscriber.schedule, now), False
    today = local_date(subscriber.schedule, now)
    if (subscriber.id, today) in store.digests.dates([subscriber.stored_id], today):
        return _open_slot(store, subscriber, subscriber.schedule, now), False
    return now, True


def _open_slot(store: Store, subscriber: Subscriber, schedule: Schedule, now: datetime) -> datetime:
    """Return the next slot of a date without a digest."""
    slot = next_slot(schedule, now)
    prepared = store.digests.dates([subscriber.stored_id], slot.date)
    while (subscriber.id, slot.date) in prepared:
        slot = next_slot(schedule, slot.at)
    return slot.at


def _still_due(before: Schedule, after: Schedule, due: datetime) -> datetime:
    """Return when a digest that waits is due once its schedule has changed; it keeps its date."""
    try:
        day = local_date(before, due)
    except (ZoneInfoNotFoundError, ValueError):  # what could not be read has no date
        return due
    slot = slot_on(after, day)
    return slot.at if slot.at > due or local_date(after, due) != day else due
