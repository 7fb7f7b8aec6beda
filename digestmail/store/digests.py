"""Digests in the store, and the promise that no paper is shown twice."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import and_, bindparam, case, func, insert, select, update
from sqlmodel import Session

from digestmail.domain import (
    EMPTY_DAYS,
    DeliveryKind,
    DeliveryState,
    Digest,
    DigestItem,
    Paper,
    SkipReason,
    SubscriberStatus,
)
from digestmail.errors import NotFoundError
from digestmail.store.database import Database
from digestmail.store.digest_rows import Loaded, digest_of, load, reasons_of
from digestmail.store.papers import paper_of
from digestmail.store.sql import MOST_VALUES, chunks
from digestmail.store.tables import DELIVERY, DIGEST, ITEM, PAPER, PROFILE, SUBSCRIBER

_ITEM_COLUMNS = [
    ITEM.c[name]
    for name in ("position", "profile_id", "profile_name", "score", "pinned", "reasons")
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """What preparing decided for one subscriber: digests (missed ones too) and what comes next."""

    subscriber_id: int
    address: str
    digests: tuple[Digest, ...]
    was_due_at: datetime | None  # what the plan was made on; a later change of it stands
    releases: int  # the same: papers that became news again meanwhile were not planned for
    next_due_at: datetime
    send_empty: bool = False  # whether a day without papers is told by mail


class Digests:
    """All digests that were ever due."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def record(self, plans: Sequence[Planned]) -> list[Digest]:
        """Store plans with their deliveries in one transaction; returns the digests stored.

        Whatever another process did meanwhile holds: a subscriber who left, a digest that is
        there already and a paper that was shown are passed over. A digest passed over leaves its
        papers to the next one. A plan on a profile or a paper that was erased is left out: its
        subscriber stays due.
        """
        with self._database.writing() as session:
            locked = _lock(session, [plan.subscriber_id for plan in plans])
            plans = [plan for plan in plans if plan.subscriber_id in locked]
            plans = _on_what_is_there(session, plans)
            wanted = _not_yet_there(session, plans)
            wanted = _not_yet_shown(session, wanted)
            stored = _insert_digests(session, wanted)
            _insert_items(session, stored)
            _insert_deliveries(session, stored, {plan.subscriber_id: plan for plan in plans})
            _advance(session, [p for p in plans if locked[p.subscriber_id].due == p.was_due_at])
            knowing = {
                p.subscriber_id for p in plans if locked[p.subscriber_id].releases == p.releases
            }
            _judged(session, [d for d in stored if d.subscriber_id in knowing], locked)
        return stored

    def dates(self, subscriber_ids: Sequence[int], since: date) -> set[tuple[int, date]]:
        """The (subscriber, date) pairs from ``since`` on that have a digest."""
        with self._database.reading() as session:
            return _dates(session, subscriber_ids, since)

    def shown(self, subscriber_ids: Sequence[int], since: datetime) -> dict[int, set[int]]:
        """Of the papers first seen after ``since``, the ids each subscriber was shown."""
        with self._database.reading() as session:
            return _shown(session, subscriber_ids, PAPER.c.first_seen_at > since)

    def get(self, digest_id: int) -> Digest:
        """A digest with its items, or NotFoundError."""
        with self._database.reading() as session:
            row = session.execute(select(DIGEST).where(DIGEST.c.id == digest_id)).first()
            if row is None:
                raise NotFoundError("that digest is not here any more")
            return replace(digest_of(row), items=_items(session, digest_id))

    def load(self, digest_ids: Collection[int], papers: dict[int, Paper]) -> Loaded:
        """Read many digests at once.

        ``papers`` by id are taken as they are, and those it lacks are read and added: digests of
        one day share many.
        """
        with self._database.reading() as session:
            return load(session, digest_ids, papers)

    def of_subscriber(
        self,
        subscriber_id: int,
        *,
        limit: int | None = 30,
        days: tuple[date, date] | None = None,
    ) -> list[Digest]:
        """A subscriber's last digests, or those of ``days`` (from, until), newest first."""
        query = select(DIGEST).where(DIGEST.c.subscriber_id == subscriber_id)
        if days is not None:
            query = query.where(DIGEST.c.date >= days[0], DIGEST.c.date < days[1])
        with self._database.reading() as session:
            rows = session.execute(query.order_by(DIGEST.c.date.desc()).limit(limit)).all()
            return [replace(digest_of(row), items=_items(session, row.id)) for row in rows]

    def days(self, subscriber_id: int) -> list[date]:
        """The dates of all of a subscriber's digests, newest first."""
        query = select(DIGEST.c.date).where(DIGEST.c.subscriber_id == subscriber_id)
        with self._database.reading() as session:
            return list(session.execute(query.order_by(DIGEST.c.date.desc())).scalars())

    def profile_of(self, subscriber_id: int, paper_id: int) -> int | None:
        """The profile by which a paper came to a subscriber, if it did and the profile is there."""
        query = select(ITEM.c.profile_id).where(
            ITEM.c.subscriber_id == subscriber_id, ITEM.c.paper_id == paper_id
        )
        with self._database.reading() as session:
            found: int | None = session.execute(query.order_by(ITEM.c.digest_id.desc())).scalar()
            return found

    def picked(self, profile_id: int, limit: int) -> list[tuple[DigestItem, datetime]]:
        """A profile's last papers with when their digest was made, the last digest's first."""
        query = (
            select(*_ITEM_COLUMNS, DIGEST.c.prepared_at, *PAPER.c)
            .join(PAPER, PAPER.c.id == ITEM.c.paper_id)
            .join(DIGEST, DIGEST.c.id == ITEM.c.digest_id)
            .where(ITEM.c.profile_id == profile_id, ~ITEM.c.released)
            .order_by(ITEM.c.digest_id.desc(), ITEM.c.position)
        )
        with self._database.reading() as session:
            rows = session.execute(query.limit(limit))
            return [(_item(row, paper_of(row)), row.prepared_at) for row in rows]

    def count(self, since: datetime, until: datetime) -> dict[str, int]:
        """Digests due in [since, until) that no mail was planned for, by their skip reason."""
        reason = func.coalesce(DIGEST.c.skip, "")
        mailed = select(DELIVERY.c.id).where(DELIVERY.c.digest_id == DIGEST.c.id).exists()
        query = select(reason, func.count()).where(
            DIGEST.c.due_at >= since, DIGEST.c.due_at < until, ~mailed
        )
        with self._database.reading() as session:
            return dict(session.execute(query.group_by(reason)).all())


def release(session: Session, digest_id: int) -> None:
    """Let the papers of a digest that never went out be news again for its subscriber.

    What was planned before that does not know of it; see ``Planned.releases``.
    """
    session.execute(update(ITEM).where(ITEM.c.digest_id == digest_id).values(released=True))
    row = session.execute(select(DIGEST).where(DIGEST.c.id == digest_id)).first()
    if row is None or row.papers_from is None:  # its subscriber was erased, or it judged nothing
        return
    since, arrival = SUBSCRIBER.c.papers_since, SUBSCRIBER.c.judged_arrival
    back = update(SUBSCRIBER).where(SUBSCRIBER.c.id == row.subscriber_id)
    session.execute(
        back.values(
            releases=SUBSCRIBER.c.releases + 1,
            papers_since=case((since > row.papers_from, row.papers_from), else_=since),
            # One of before papers were numbered has a time only, which counts without a number.
            judged_arrival=None
            if row.arrival_from is None
            else case((arrival > row.arrival_from, row.arrival_from), else_=arrival),
        )
    )


@dataclass(frozen=True, slots=True)
class _Locked:
    """What of a subscriber may have changed since a plan was made."""

    due: datetime | None
    releases: int
    judged_arrival: int | None


def _lock(session: Session, ids: Sequence[int]) -> dict[int, _Locked]:
    """The active ones of these subscribers; locked, so that plans never interleave."""
    locked: dict[int, _Locked] = {}
    columns = (SUBSCRIBER.c.next_due_at, SUBSCRIBER.c.releases, SUBSCRIBER.c.judged_arrival)
    for some in chunks(sorted(ids), MOST_VALUES):
        query = select(SUBSCRIBER.c.id, *columns).where(
            SUBSCRIBER.c.id.in_(some), SUBSCRIBER.c.status == SubscriberStatus.ACTIVE.value
        )
        ordered = query.order_by(SUBSCRIBER.c.id).with_for_update()  # SQLite holds its one lock
        locked |= {number: _Locked(*row) for number, *row in session.execute(ordered)}
    return locked


def _on_what_is_there(session: Session, plans: Sequence[Planned]) -> list[Planned]:
    """The plans whose profiles and papers have not been erased; locked until the commit."""
    items = [item for plan in plans for digest in plan.digests for item in digest.items]
    profiles = _there(session, PROFILE.c.id, {item.profile_id for item in items})
    papers = _there(session, PAPER.c.id, {item.paper.id for item in items})
    return [
        plan
        for plan in plans
        if all(
            item.paper.id in papers and (item.profile_id is None or item.profile_id in profiles)
            for digest in plan.digests
            for item in digest.items
        )
    ]


def _there(session: Session, column: Any, ids: Collection[int | None]) -> set[int]:
    there: set[int] = set()
    for some in chunks(sorted(number for number in ids if number is not None), MOST_VALUES):
        query = select(column).where(column.in_(some)).order_by(column)
        there.update(session.execute(query.with_for_update(read=True, key_share=True)).scalars())
    return there


def _dates(session: Session, ids: Sequence[int], since: date) -> set[tuple[int, date]]:
    found: set[tuple[int, date]] = set()
    for some in chunks(ids, MOST_VALUES):
        query = select(DIGEST.c.subscriber_id, DIGEST.c.date).where(
            DIGEST.c.subscriber_id.in_(some), DIGEST.c.date >= since
        )
        found |= {(row.subscriber_id, row.date) for row in session.execute(query)}
    return found


def _shown(session: Session, ids: Sequence[int], which: Any) -> dict[int, set[int]]:
    found: dict[int, set[int]] = {}
    join = ITEM.join(PAPER, and_(PAPER.c.id == ITEM.c.paper_id, which))
    for some in chunks(ids, MOST_VALUES // 2):
        query = select(ITEM.c.subscriber_id, ITEM.c.paper_id).select_from(join)
        mine = query.where(ITEM.c.subscriber_id.in_(some), ~ITEM.c.released)
        for subscriber_id, paper_id in session.execute(mine):
            found.setdefault(subscriber_id, set()).add(paper_id)
    return found


def _not_yet_there(session: Session, plans: Sequence[Planned]) -> list[Digest]:
    digests = [digest for plan in plans for digest in plan.digests]
    if not digests:
        return []
    since = min(digest.date for digest in digests)
    there = _dates(session, [plan.subscriber_id for plan in plans], since)
    return [digest for digest in digests if (digest.subscriber_id, digest.date) not in there]


def _not_yet_shown(session: Session, digests: Sequence[Digest]) -> list[Digest]:
    papers = sorted({item.paper.stored_id for digest in digests for item in digest.items})
    if not papers:
        return list(digests)
    shown: dict[int, set[int]] = {}
    ids = [digest.subscriber_id for digest in digests]
    for some in chunks(papers, MOST_VALUES // 2):
        for subscriber_id, seen in _shown(session, ids, PAPER.c.id.in_(some)).items():
            shown.setdefault(subscriber_id, set()).update(seen)
    return [_without(digest, shown.get(digest.subscriber_id, set())) for digest in digests]


def _without(digest: Digest, shown: Collection[int]) -> Digest:
    kept = [item for item in digest.items if item.paper.id not in shown]
    if len(kept) == len(digest.items):
        return digest
    items = tuple(item._replace(position=place) for place, item in enumerate(kept, 1))
    return replace(digest, items=items, skip=None if items else SkipReason.NO_PAPERS)


def _insert_digests(session: Session, digests: Sequence[Digest]) -> list[Digest]:
    if not digests:
        return []
    rows = [
        {
            "subscriber_id": digest.subscriber_id,
            "date": digest.date,
            "due_at": digest.due_at,
            "prepared_at": digest.prepared_at,
            "papers_from": digest.papers_from,
            "papers_until": digest.papers_until,
            "arrival_from": digest.arrival_from,
            "arrival_until": digest.arrival_until,
            "judged": digest.judged,
            "skip": digest.skip.value if digest.skip else None,
            "note": digest.note,
        }
        for digest in digests
    ]
    added = insert(DIGEST).returning(DIGEST.c.id, sort_by_parameter_order=True)
    ids = session.execute(added, rows).scalars()
    return [replace(digest, id=new_id) for digest, new_id in zip(digests, ids, strict=True)]


def _insert_items(session: Session, digests: Sequence[Digest]) -> None:
    rows = [
        {
            "digest_id": digest.id,
            "position": item.position,
            "subscriber_id": digest.subscriber_id,
            "paper_id": item.paper.id,
            "profile_id": item.profile_id,
            "profile_name": item.profile_name,
            "score": item.score,
            "pinned": item.pinned,
            "reasons": [[r.kind.value, list(r.details), round(r.weight, 4)] for r in item.reasons],
            "released": False,
        }
        for digest in digests
        for item in digest.items
    ]
    if rows:
        session.execute(insert(ITEM), rows)


def _insert_deliveries(
    session: Session, digests: Sequence[Digest], plans: Mapping[int, Planned]
) -> None:
    rows = [
        {
            "kind": DeliveryKind.DIGEST.value,
            "subscriber_id": digest.subscriber_id,
            "digest_id": digest.id,
            "address": plans[digest.subscriber_id].address,
            "once": f"digest:{digest.id}",
            "state": DeliveryState.PLANNED.value,
            "due_at": digest.due_at,
            "attempts": 0,
            "next_attempt_at": digest.prepared_at,
            "detail": "",
        }
        for digest in digests
        if digest.skip is None
        or (digest.skip in EMPTY_DAYS and plans[digest.subscriber_id].send_empty)
    ]
    if rows:
        session.execute(insert(DELIVERY), rows)


def _advance(session: Session, plans: Sequence[Planned]) -> None:
    """Move each subscriber on, all in one statement for the driver."""
    change = update(SUBSCRIBER).where(SUBSCRIBER.c.id == bindparam("of"))
    rows = [{"of": plan.subscriber_id, "due": plan.next_due_at} for plan in plans]
    if rows:
        session.connection().execute(change.values(next_due_at=bindparam("due")), rows)


def _judged(session: Session, digests: Sequence[Digest], locked: Mapping[int, _Locked]) -> None:
    """Papers that a stored digest has judged are no news any more."""
    change = update(SUBSCRIBER).where(SUBSCRIBER.c.id == bindparam("of"))
    rows = [
        {
            "of": digest.subscriber_id,
            "since": digest.papers_until,
            "arrival": _later(locked[digest.subscriber_id].judged_arrival, digest.arrival_until),
        }
        for digest in digests
        if digest.papers_until
    ]
    if rows:
        values: dict[str, Any] = {
            "papers_since": bindparam("since"),
            "judged_arrival": bindparam("arrival"),
        }
        session.connection().execute(change.values(values), rows)


def _later(first: int | None, second: int | None) -> int | None:
    return max((arrival for arrival in (first, second) if arrival is not None), default=None)


def _items(session: Session, digest_id: int) -> tuple[DigestItem, ...]:
    query = (
        select(*_ITEM_COLUMNS, *PAPER.c)
        .join(PAPER, PAPER.c.id == ITEM.c.paper_id)
        .where(ITEM.c.digest_id == digest_id)
        .order_by(ITEM.c.position)
    )
    return tuple(_item(row, paper_of(row)) for row in session.execute(query))


def _item(row: Any, paper: Paper) -> DigestItem:
    return DigestItem(
        position=row.position,
        paper=paper,
        profile_id=row.profile_id,
        profile_name=row.profile_name,
        score=row.score,
        pinned=row.pinned,
        reasons=reasons_of(row.reasons),
    )
