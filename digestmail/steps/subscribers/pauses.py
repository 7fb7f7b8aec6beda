"""Pauses that end by themselves, on the subscriber's own calendar."""

import logging
from dataclasses import replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfoNotFoundError

from digestmail.calendar import local_date, next_slot, slot_on
from digestmail.domain import Subscriber
from digestmail.errors import InputError
from digestmail.i18n import N_, Translatable
from digestmail.store import Store

log = logging.getLogger(__name__)

LONGEST = timedelta(days=366)
_LENGTHS = {
    "week": timedelta(days=7),
    "two-weeks": timedelta(days=14),
    "month": timedelta(days=30),
}
_FARTHEST_AHEAD = timedelta(hours=14)  # of UTC: Pacific/Kiritimati
_INSTANT = timedelta(microseconds=1)


def proposals(subscriber: Subscriber, now: datetime) -> dict[str, date]:
    """Return the pauses to choose from, each with the date on which mail comes again."""
    today = local_date(subscriber.schedule, now)
    return {name: today + length for name, length in _LENGTHS.items()}


def checked_end(choice: str, text: str, subscriber: Subscriber, now: datetime) -> date | None:
    """Return the date on which mail comes again, of a proposal or as typed for ``date``.

    None for any other choice: then it comes again when asked for. InputError for a date that is
    not after the subscriber's today or more than a year ahead.
    """
    if choice != "date":
        return proposals(subscriber, now).get(choice)
    today = local_date(subscriber.schedule, now)
    try:
        chosen = date.fromisoformat(text.strip())
    except ValueError:
        raise InputError("date", Translatable(N_("choose a date, such as 2026-12-24"))) from None
    if not today < chosen <= today + LONGEST:
        raise InputError("date", Translatable(N_("choose a date after today and within a year")))
    return chosen


def end_pauses(store: Store, now: datetime) -> int:
    """Resume those whose date has come where they are; returns how many.

    Safe to run twice and late: the first digest is due at the subscriber's hour on that date or
    the next day they want, whenever this runs, so a downtime is told as for everyone. What came
    during the pause is news only as far as the window of all digests reaches.
    """
    ended = 0
    for subscriber in store.subscribers.paused_until((now + _FARTHEST_AHEAD).date()):
        try:
            if _has_come(subscriber, now):
                ended += store.subscribers.end_pause(subscriber, _first_due(store, subscriber))
        except (ZoneInfoNotFoundError, ValueError, OverflowError):
            # Such as a zone this machine does not know. The others must get theirs.
            log.exception("subscriber %s cannot be resumed; edit the schedule", subscriber.id)
    return ended


def _has_come(subscriber: Subscriber, now: datetime) -> bool:
    resume_on = subscriber.resume_on
    return resume_on is not None and resume_on <= local_date(subscriber.schedule, now)


def _first_due(store: Store, subscriber: Subscriber) -> datetime:
    """Return the first slot from the date on that has no digest yet."""
    assert subscriber.resume_on is not None  # noqa: S101 - only such are asked about
    midnight = slot_on(replace(subscriber.schedule, hour=0), subscriber.resume_on).at
    slot = next_slot(subscriber.schedule, midnight - _INSTANT)
    prepared = store.digests.dates([subscriber.stored_id], slot.date)
    while (subscriber.id, slot.date) in prepared:
        slot = next_slot(subscriber.schedule, slot.at)
    return slot.at
