"""What an import writes: subscribers by the thousand, a few statements for each block."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import case, insert, or_, select, update
from sqlmodel import Session

from digestmail.domain import DeliveryKind, DeliveryState, Subscriber, SubscriberStatus
from digestmail.store.database import Database
from digestmail.store.service_tables import RATE, TALLY
from digestmail.store.sql import MOST_VALUES, chunks, upsert
from digestmail.store.subscriber_rows import profile_row, subscriber_row
from digestmail.store.tables import DELIVERY, PROFILE, SUBSCRIBER, SUPPRESSION

_REVOCABLE = "left"  # the one reason that a later refusal replaces: who left may come back


class KnownSubscriber(NamedTuple):
    """An existing subscriber as an import needs to know them."""

    id: int
    status: SubscriberStatus
    is_asked: bool  # whether a confirm mail was planned since the last confirmation


class Limit(NamedTuple):
    """A rate limit of an event that is counted under ``key``.

    Without a window: ever.
    """

    key: str
    maximum: int
    window: timedelta | None


@dataclass(frozen=True, slots=True)
class ImportBlock:
    """The subscribers and refusals that one transaction writes."""

    added: Sequence[Subscriber] = ()
    refused: Mapping[int, SubscriberStatus] = field(default_factory=dict)  # by subscriber's id
    suppressed: Mapping[str, str] = field(default_factory=dict)  # reasons by hash of the address


class Imports:
    """Subscribers written in blocks, each whole or not at all."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def known(self, emails: Collection[str]) -> dict[str, KnownSubscriber]:
        """Return those of some addresses who are subscribers, by address."""
        columns = SUBSCRIBER.c.email, SUBSCRIBER.c.id, SUBSCRIBER.c.status, SUBSCRIBER.c.unconfirmed
        known: dict[str, KnownSubscriber] = {}
        with self._database.reading() as session:
            for chunk in chunks(sorted(emails), MOST_VALUES):
                for row in session.execute(select(*columns).where(SUBSCRIBER.c.email.in_(chunk))):
                    status = SubscriberStatus(row.status)
                    known[row.email] = KnownSubscriber(row.id, status, row.unconfirmed > 0)
        return known

    def suppressed(self, hashes: Collection[str]) -> dict[str, str]:
        """Return the reasons of those hashes that are suppressed."""
        reasons: dict[str, str] = {}
        columns = SUPPRESSION.c.address_hash, SUPPRESSION.c.reason
        with self._database.reading() as session:
            for chunk in chunks(sorted(hashes), MOST_VALUES):
                query = select(*columns).where(SUPPRESSION.c.address_hash.in_(chunk))
                reasons |= {row.address_hash: row.reason for row in session.execute(query)}
        return reasons

    def write(self, block: ImportBlock, now: datetime) -> dict[str, int]:
        """Write a block; return the ids of those added, by address.

        Who came meanwhile by another way is left as they are and not returned.
        """
        with self._database.writing() as session:
            _suppress(session, block.suppressed, now)
            _refuse(session, block.refused)
            return _add(session, block.added, now)

    def plan_confirm_mails(
        self, addresses: Mapping[int, str], limits: Mapping[int, Sequence[Limit]], now: datetime
    ) -> int:
        """Plan the first confirm mail of new subscribers, by id; return how many there are.

        Left out are those whose limits are reached, and all but the first of one mailbox; all
        limits are counted.
        """
        with self._database.writing() as session:
            first = {limits[number][0].key: number for number in reversed(list(addresses))}
            allowed = set(first.values())
            for same in zip(*(limits[number] for number in addresses), strict=True):
                reached = _over_limit(session, same, now)
                allowed -= {
                    n for n in addresses if any(limit.key in reached for limit in limits[n])
                }
            planned = {n: address for n, address in addresses.items() if n in allowed}
            for chunk in chunks(list(planned), MOST_VALUES):
                change = update(SUBSCRIBER).where(SUBSCRIBER.c.id.in_(chunk))
                session.execute(change.values(unconfirmed=1))
            if planned:
                rows = [_confirm_row(number, address, now) for number, address in planned.items()]
                session.execute(upsert(session, DELIVERY).on_conflict_do_nothing(), rows)
        return len(planned)


def _suppress(session: Session, reasons: Mapping[str, str], now: datetime) -> None:
    rows = [{"address_hash": h, "reason": why, "created_at": now} for h, why in reasons.items()]
    if rows:
        added = upsert(session, SUPPRESSION)
        session.execute(
            added.on_conflict_do_update(
                index_elements=["address_hash"],
                set_={"reason": added.excluded.reason, "created_at": now},
                where=SUPPRESSION.c.reason == _REVOCABLE,
            ),
            rows,
        )


def _refuse(session: Session, statuses: Mapping[int, SubscriberStatus]) -> None:
    for status in set(statuses.values()):
        ids = sorted(number for number, becomes in statuses.items() if becomes is status)
        for chunk in chunks(ids, MOST_VALUES):
            change = update(SUBSCRIBER).where(SUBSCRIBER.c.id.in_(chunk))
            values = {"status": status.value, "next_due_at": None, "resume_on": None}
            session.execute(change.values(values))


def _add(session: Session, added: Sequence[Subscriber], now: datetime) -> dict[str, int]:
    if not added:
        return {}
    fresh = {"created_at": now, "confirm_serial": 0, "unconfirmed": 0}
    rows = [subscriber_row(subscriber) | fresh for subscriber in added]
    insertion = upsert(session, SUBSCRIBER).on_conflict_do_nothing()
    columns = (SUBSCRIBER.c.email, SUBSCRIBER.c.id)
    ids = {row.email: row.id for row in session.execute(insertion.returning(*columns), rows)}
    profiles = list(_profile_rows(added, ids))
    if profiles:
        session.execute(insert(PROFILE), profiles)
    return ids


def _profile_rows(added: Sequence[Subscriber], ids: Mapping[str, int]) -> Iterator[dict[str, Any]]:
    for subscriber in added:
        if subscriber.email in ids:
            owner = {"subscriber_id": ids[subscriber.email], "feed_serial": 0}
            yield from (profile_row(profile) | owner for profile in subscriber.profiles)


def _over_limit(session: Session, limits: Sequence[Limit], now: datetime) -> set[str]:
    """Count one event of each key, all of which have one window; return the keys over the limit."""
    (_, maximum, window), *_ = limits
    keys = {limit.key for limit in limits}
    if window is None:
        counted = upsert(session, TALLY).on_conflict_do_update(
            index_elements=["key"], set_={"count": TALLY.c.count + 1}
        )
        rows: list[dict[str, Any]] = [{"key": key, "count": 1} for key in keys]
        counts = session.execute(counted.returning(TALLY.c.key, TALLY.c.count), rows)
        return {key for key, count in counts if count > maximum}
    fresh = or_(RATE.c.since <= now - window, RATE.c.since > now + window)
    counted = upsert(session, RATE).on_conflict_do_update(
        index_elements=["key"],
        set_={
            "since": case((fresh, now), else_=RATE.c.since),
            "count": case((fresh, 1), else_=RATE.c.count + 1),
        },
    )
    rows = [{"key": key, "since": now, "count": 1} for key in keys]
    counts = session.execute(counted.returning(RATE.c.key, RATE.c.count), rows)
    return {key for key, count in counts if count > maximum}


def _confirm_row(subscriber_id: int, address: str, now: datetime) -> dict[str, Any]:
    return {
        "kind": DeliveryKind.CONFIRM.value,
        "subscriber_id": subscriber_id,
        "address": address,
        "once": f"confirm:{subscriber_id}:0:1",
        "state": DeliveryState.PLANNED.value,
        "due_at": now,
        "attempts": 0,
        "next_attempt_at": now,
        "detail": "",
    }
