"""Recording of planned digests: no digest twice, and no paper shown twice."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from sqlalchemy import BindParameter, ColumnElement, and_, bindparam, insert, select, update
from sqlmodel import Session

from digestmail.domain import (
    EMPTY_DAYS,
    DeliveryKind,
    DeliveryState,
    Digest,
    DigestItem,
    ItemRole,
    SkipReason,
    SubscriberStatus,
)
from digestmail.store.reading_list import tell_version
from digestmail.store.sql import MOST_VALUES, chunks
from digestmail.store.tables import DELIVERY, DIGEST, ITEM, PAPER, PROFILE, SUBSCRIBER

IS_SHOWN = ITEM.c.role != ItemRole.NEW_VERSION.value


@dataclass(frozen=True, slots=True, kw_only=True)
class DigestPlan:
    """The plan for one subscriber: digests, missed ones too, and when the next is due."""

    subscriber_id: int
    address: str
    digests: tuple[Digest, ...]
    was_due_at: datetime | None  # what the plan was made on; a later change of it stands
    releases: int  # the same: papers that became news again meanwhile were not planned for
    next_due_at: datetime
    send_empty: bool = False  # whether a day without papers is told by mail
    awaits_first_digest: bool = False  # whether the first digest is still to come after this plan


def record(session: Session, plans: Sequence[DigestPlan]) -> list[Digest]:
    """Store plans with their deliveries; return the digests stored. See ``Digests.record``."""
    locked = _lock(session, [plan.subscriber_id for plan in plans])
    plans = [plan for plan in plans if plan.subscriber_id in locked]
    plans = _without_erased(session, plans)
    digests = _without_shown(session, _new_digests(session, plans))
    digests = [_without_known_versions(session, digest) for digest in digests]
    stored = _insert_digests(session, digests)
    _insert_items(session, stored)
    _insert_deliveries(session, stored, {plan.subscriber_id: plan for plan in plans})
    _advance(session, [p for p in plans if locked[p.subscriber_id].due == p.was_due_at])
    up_to_date = {p.subscriber_id for p in plans if locked[p.subscriber_id].releases == p.releases}
    _judged(session, [d for d in stored if d.subscriber_id in up_to_date], locked)
    return stored


@dataclass(frozen=True, slots=True)
class _Locked:
    """The values of a subscriber that may have changed since a plan was made."""

    due: datetime | None
    releases: int
    judged_arrival: int | None


def _lock(session: Session, ids: Sequence[int]) -> dict[int, _Locked]:
    """Return the active ones of these subscribers, locked, so that plans never interleave."""
    locked: dict[int, _Locked] = {}
    columns = (SUBSCRIBER.c.next_due_at, SUBSCRIBER.c.releases, SUBSCRIBER.c.judged_arrival)
    for chunk in chunks(sorted(ids), MOST_VALUES):
        query = select(SUBSCRIBER.c.id, *columns).where(
            SUBSCRIBER.c.id.in_(chunk), SUBSCRIBER.c.status == SubscriberStatus.ACTIVE.value
        )
        ordered = query.order_by(SUBSCRIBER.c.id).with_for_update()  # SQLite holds its one lock
        locked |= {number: _Locked(*row) for number, *row in session.execute(ordered)}
    return locked


def _without_erased(session: Session, plans: Sequence[DigestPlan]) -> list[DigestPlan]:
    """Return the plans whose profiles and papers have not been erased; locked until the commit."""
    items = [item for plan in plans for digest in plan.digests for item in digest.mailed_items]
    profiles = _existing(session, PROFILE.c.id, {item.profile_id for item in items})
    papers = _existing(session, PAPER.c.id, {item.paper.id for item in items})
    return [
        plan
        for plan in plans
        if all(
            item.paper.id in papers and (item.profile_id is None or item.profile_id in profiles)
            for digest in plan.digests
            for item in digest.mailed_items
        )
    ]


def _existing(
    session: Session, column: ColumnElement[int], ids: Collection[int | None]
) -> set[int]:
    existing: set[int] = set()
    for chunk in chunks(sorted(number for number in ids if number is not None), MOST_VALUES):
        query = select(column).where(column.in_(chunk)).order_by(column)
        existing.update(session.execute(query.with_for_update(read=True, key_share=True)).scalars())
    return existing


def digest_dates(session: Session, ids: Sequence[int], since: date) -> set[tuple[int, date]]:
    """Return the (subscriber, date) pairs from ``since`` on that have a digest."""
    dates: set[tuple[int, date]] = set()
    for chunk in chunks(ids, MOST_VALUES):
        query = select(DIGEST.c.subscriber_id, DIGEST.c.date).where(
            DIGEST.c.subscriber_id.in_(chunk), DIGEST.c.date >= since
        )
        dates |= {(row.subscriber_id, row.date) for row in session.execute(query)}
    return dates


def shown_papers(
    session: Session, ids: Sequence[int], condition: ColumnElement[bool]
) -> dict[int, set[int]]:
    """Return the ids of the papers under a condition that each subscriber was shown."""
    paper_ids: dict[int, set[int]] = {}
    join = ITEM.join(PAPER, and_(PAPER.c.id == ITEM.c.paper_id, condition))
    for chunk in chunks(ids, MOST_VALUES // 2):
        query = select(ITEM.c.subscriber_id, ITEM.c.paper_id).select_from(join)
        items = query.where(ITEM.c.subscriber_id.in_(chunk), ~ITEM.c.released, IS_SHOWN)
        for subscriber_id, paper_id in session.execute(items):
            paper_ids.setdefault(subscriber_id, set()).add(paper_id)
    return paper_ids


def _new_digests(session: Session, plans: Sequence[DigestPlan]) -> list[Digest]:
    digests = [digest for plan in plans for digest in plan.digests]
    if not digests:
        return []
    since = min(digest.date for digest in digests)
    dates = digest_dates(session, [plan.subscriber_id for plan in plans], since)
    return [digest for digest in digests if (digest.subscriber_id, digest.date) not in dates]


def _without_shown(session: Session, digests: Sequence[Digest]) -> list[Digest]:
    papers = sorted({item.paper.stored_id for digest in digests for item in _shown(digest)})
    if not papers:
        return list(digests)
    seen: dict[int, set[int]] = {}
    ids = [digest.subscriber_id for digest in digests]
    for chunk in chunks(papers, MOST_VALUES // 2):
        for subscriber_id, ids_of_one in shown_papers(session, ids, PAPER.c.id.in_(chunk)).items():
            seen.setdefault(subscriber_id, set()).update(ids_of_one)
    return [_without(digest, seen.get(digest.subscriber_id, set())) for digest in digests]


def _shown(digest: Digest) -> tuple[DigestItem, ...]:
    return (*digest.items, *digest.nearest)


def _without(digest: Digest, paper_ids: Collection[int]) -> Digest:
    """Return a digest without papers that were shown, numbered anew."""
    if not any(item.paper.id in paper_ids for item in _shown(digest)):
        return digest
    items = _remaining(digest.items, paper_ids, 1)
    nearest = _remaining(digest.nearest, paper_ids, 1 + len(items))
    new_versions = _remaining(digest.new_versions, (), 1 + len(items) + len(nearest))
    skip = digest.skip or (None if items else SkipReason.NO_PAPERS)
    return replace(digest, items=items, nearest=nearest, new_versions=new_versions, skip=skip)


def _remaining(
    items: Sequence[DigestItem], paper_ids: Collection[int], first: int
) -> tuple[DigestItem, ...]:
    remaining = [item for item in items if item.paper.id not in paper_ids]
    return tuple(item._replace(position=place) for place, item in enumerate(remaining, first))


def _without_known_versions(session: Session, digest: Digest) -> Digest:
    """Return a digest with the new versions that no other has told, which are known from now on."""
    items = [
        item
        for item in digest.new_versions
        if tell_version(session, digest.subscriber_id, item.paper)
    ]
    first = 1 + len(digest.items) + len(digest.nearest)
    return replace(digest, new_versions=_remaining(items, (), first))


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
            "notes": [[note.kind.value, list(note.details)] for note in digest.notes],
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
            "role": item.role.value,
        }
        for digest in digests
        for item in digest.mailed_items
    ]
    if rows:
        session.execute(insert(ITEM), rows)


def _insert_deliveries(
    session: Session, digests: Sequence[Digest], plans: Mapping[int, DigestPlan]
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


def _advance(session: Session, plans: Sequence[DigestPlan]) -> None:
    """Move each subscriber on, all in one statement for the driver."""
    change = update(SUBSCRIBER).where(SUBSCRIBER.c.id == bindparam("of"))
    rows = [
        {"of": plan.subscriber_id, "due": plan.next_due_at, "awaits": plan.awaits_first_digest}
        for plan in plans
    ]
    if rows:
        awaits: BindParameter[bool] = bindparam("awaits")
        values = change.values(next_due_at=bindparam("due"), awaits_first_digest=awaits)
        session.connection().execute(values, rows)


def _judged(session: Session, digests: Sequence[Digest], locked: Mapping[int, _Locked]) -> None:
    """Note that the papers which a stored digest has judged are no news any more."""
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
        since: BindParameter[datetime]
        arrival: BindParameter[int]
        since, arrival = bindparam("since"), bindparam("arrival")
        session.connection().execute(
            change.values(papers_since=since, judged_arrival=arrival), rows
        )


def _later(first: int | None, second: int | None) -> int | None:
    return max((arrival for arrival in (first, second) if arrival is not None), default=None)
