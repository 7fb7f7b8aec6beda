"""The delivery ledger: every state change is a compare-and-swap.

    planned -> leased -> on_wire -> sent | deferred | failed | unknown      (skipped: withdrawn)

A lease found without its owner goes back to planned when nothing had been handed over. What was
on the wire is ``unknown``: the server may have it. A mail that only confirms or carries a link
is sent again instead, since a second one harms nobody and a missing one locks somebody out.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import and_, case, func, or_, select, update
from sqlmodel import Session

from digestmail.domain import (
    MAILS,
    Attempt,
    Delivery,
    DeliveryKind,
    DeliveryState,
    Outcome,
)
from digestmail.store.database import Database
from digestmail.store.leases import has_lapsed
from digestmail.store.ledger.attempts import HANDED_OVER, STOPPED, attempt_of
from digestmail.store.ledger.requeue import redeliver, retry, row_of
from digestmail.store.ledger.transitions import Step, take
from digestmail.store.sql import all_rows, first_row, upsert
from digestmail.store.tables import (
    ATTEMPT,
    DELIVERY,
    SUBSCRIBER,
    AttemptRow,
    DeliveryRow,
)

_WAITING = (DeliveryState.PLANNED.value, DeliveryState.DEFERRED.value)
_HELD = (DeliveryState.LEASED.value, DeliveryState.ON_WIRE.value)
_PRESENT_ADDRESS = (
    select(SUBSCRIBER.c.email).where(SUBSCRIBER.c.id == DELIVERY.c.subscriber_id).scalar_subquery()
)
_FREE: dict[str, None] = {"lease_owner": None, "lease_until": None}


@dataclass(frozen=True, slots=True)
class Recovered:
    """Counts of what dead workers left: leases freed, and deliveries nobody can decide."""

    freed: int = 0
    unknown: int = 0


class Ledger:
    """The deliveries of all messages."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def plan(
        self, kind: DeliveryKind, subscriber_id: int, address: str, once: str, now: datetime
    ) -> bool:
        """Plan a mail that must go once; False when ``once`` was planned before."""
        values = {
            "kind": kind.value,
            "subscriber_id": subscriber_id,
            "address": address,
            "once": once,
            "state": DeliveryState.PLANNED.value,
            "due_at": now,
            "attempts": 0,
            "next_attempt_at": now,
            "detail": "",
        }
        with self._database.writing() as session:
            planned = upsert(session, DELIVERY).values(values).on_conflict_do_nothing()
            return session.execute(planned.returning(DELIVERY.c.id)).first() is not None

    def claim(
        self,
        owner: str,
        now: datetime,
        lease: timedelta,
        limit: int,
        kinds: Collection[DeliveryKind] = tuple(DeliveryKind),
    ) -> list[Delivery]:
        """Lease up to ``limit`` deliveries whose time has come, the longest waiting first.

        They go to the addresses that their subscribers have by now.
        """
        ready = (
            select(DELIVERY.c.id)
            .where(
                DELIVERY.c.state.in_(_WAITING),
                DELIVERY.c.next_attempt_at <= now,
                DELIVERY.c.kind.in_([kind.value for kind in kinds]),
            )
            .order_by(DELIVERY.c.next_attempt_at, DELIVERY.c.id)
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
        claim = (
            update(DELIVERY)
            .where(DELIVERY.c.id.in_(ready))
            .values(state=DeliveryState.LEASED.value, lease_owner=owner, lease_until=now + lease)
            .values(address=func.coalesce(_PRESENT_ADDRESS, DELIVERY.c.address))
            .returning(*DELIVERY.c)
        )
        with self._database.writing() as session:
            rows = all_rows(session, claim, DeliveryRow)
        return sorted(map(_delivery, rows), key=lambda delivery: delivery.id)

    def count_waiting(self, now: datetime, kinds: Collection[DeliveryKind]) -> int:
        """Return how many deliveries of these kinds could be leased now."""
        query = (
            select(func.count())
            .select_from(DELIVERY)
            .where(
                DELIVERY.c.state.in_(_WAITING),
                DELIVERY.c.next_attempt_at <= now,
                DELIVERY.c.kind.in_([kind.value for kind in kinds]),
            )
        )
        with self._database.reading() as session:
            count: int = session.execute(query).scalar_one()
            return count

    def readdress(self, owner: str, delivery: Delivery) -> Delivery | None:
        """Let a leased delivery go to its subscriber's new address; None when there is none.

        None too when the delivery is not ``owner``'s any more.
        """
        step = update(DELIVERY).where(
            DELIVERY.c.id == delivery.id,
            DELIVERY.c.lease_owner == owner,
            DELIVERY.c.state == DeliveryState.LEASED.value,
            DELIVERY.c.address != _PRESENT_ADDRESS,
        )
        with self._database.writing() as session:
            changed = step.values(address=_PRESENT_ADDRESS).returning(*DELIVERY.c)
            row = first_row(session, changed, DeliveryRow)
        return _delivery(row) if row else None

    def take(self, owner: str, steps: Sequence[Step]) -> list[bool]:
        """Commit steps of different deliveries at once; return for each whether it was ours.

        See ToWire and Finish. After an error the same steps may be taken again: what was committed
        counts as taken.
        """
        with self._database.writing() as session:
            return take(session, owner, steps)

    def retry(self, delivery_id: int, now: datetime) -> None:
        """Plan a delivery again that failed, was withdrawn or waits, as if it were due now.

        InputError when the subscriber does not want it or was shown its papers since.
        """
        with self._database.writing() as session:
            kind = DeliveryKind(row_of(session, delivery_id).kind)
            retry(session, delivery_id, _mailed(kind), now)

    def redeliver(self, delivery_id: int, now: datetime) -> int:
        """Plan a digest that was sent, or is unknown, once more; return the new delivery's id.

        It will have the same Message-ID. InputError when the subscriber does not want it.
        """
        with self._database.writing() as session:
            return redeliver(session, delivery_id, _mailed(DeliveryKind.DIGEST), now)

    def put_back(self, owner: str, deliveries: Sequence[Delivery]) -> None:
        """Give back leases that nothing was done with."""
        step = update(DELIVERY).where(
            DELIVERY.c.id.in_([delivery.id for delivery in deliveries]),
            DELIVERY.c.lease_owner == owner,
            DELIVERY.c.state == DeliveryState.LEASED.value,
        )
        with self._database.writing() as session:
            session.execute(step.values(state=DeliveryState.PLANNED.value, **_FREE))

    def has_bounced(self, delivery: Delivery) -> bool:
        """Return whether an earlier delivery to the same subscriber and address bounced."""
        join = ATTEMPT.join(DELIVERY, DELIVERY.c.id == ATTEMPT.c.delivery_id)
        query = (
            select(ATTEMPT.c.id)
            .select_from(join)
            .where(
                DELIVERY.c.subscriber_id == delivery.subscriber_id,
                DELIVERY.c.address == delivery.address,
                DELIVERY.c.id != delivery.id,
                ATTEMPT.c.outcome == Outcome.BOUNCED.value,
            )
        )
        with self._database.reading() as session:
            return session.execute(query.limit(1)).first() is not None

    def has_sent_since(self, instant: datetime) -> bool:
        """Return whether the relays have taken anybody's mail since an instant."""
        query = select(DELIVERY.c.id).where(
            DELIVERY.c.state == DeliveryState.SENT.value, DELIVERY.c.ended_at >= instant
        )
        with self._database.reading() as session:
            return session.execute(query.limit(1)).first() is not None

    def recover(
        self,
        now: datetime,
        is_gone: Callable[[str], bool],
        longest: timedelta = timedelta(hours=1),
    ) -> Recovered:
        """Decide what workers left behind that have died or let their lease run out.

        No lease is given for ``longest``: one that lasts longer comes from a clock set back since.
        """
        with self._database.writing() as session:
            abandoned = _abandoned(session, now, is_gone, longest)
            if not abandoned:
                return Recovered()
            harmless = or_(
                DELIVERY.c.state == DeliveryState.LEASED.value,
                DELIVERY.c.kind != DeliveryKind.DIGEST.value,
            )
            freed = session.execute(
                update(DELIVERY)
                .where(DELIVERY.c.id.in_(abandoned), harmless, DELIVERY.c.state.in_(_HELD))
                .values(state=DeliveryState.PLANNED.value, **_FREE)
                .returning(DELIVERY.c.id)
            ).all()
            lost = session.execute(
                update(DELIVERY)
                .where(
                    DELIVERY.c.id.in_(abandoned), DELIVERY.c.state == DeliveryState.ON_WIRE.value
                )
                .values(
                    state=DeliveryState.UNKNOWN.value,
                    detail=STOPPED,
                    ended_at=now,
                    attempts=DELIVERY.c.attempts + 1,
                    lease_until=None,  # the owner stays: should it live, it knows the answer
                )
                .returning(DELIVERY.c.id)
            ).all()
            # Their next try has an attempt of its own.
            session.execute(
                update(ATTEMPT)
                .where(ATTEMPT.c.delivery_id.in_(abandoned), ATTEMPT.c.text == HANDED_OVER)
                .values(text=STOPPED)
            )
        return Recovered(len(freed), len(lost))

    def count(self, since: datetime, until: datetime) -> list[tuple[bool, DeliveryState, str, int]]:
        """Count deliveries by (is a digest, state, detail if skipped); sorted, the number last.

        Counted are those due in [since, until), those that ended in it, and all still open.
        """
        skipped = DELIVERY.c.state == DeliveryState.SKIPPED.value
        groups = (
            (DELIVERY.c.kind == DeliveryKind.DIGEST.value).label("digest"),
            DELIVERY.c.state,
            case((skipped, DELIVERY.c.detail), else_="").label("why"),
        )
        due = and_(DELIVERY.c.due_at >= since, DELIVERY.c.due_at < until)
        ended = and_(DELIVERY.c.ended_at >= since, DELIVERY.c.ended_at < until)
        query = select(*groups, func.count().label("number")).where(
            or_(due, ended, DELIVERY.c.ended_at.is_(None))
        )
        with self._database.reading() as session:
            rows = session.execute(query.group_by(*(column.name for column in groups)))
            counted = [(bool(r.digest), DeliveryState(r.state), r.why, r.number) for r in rows]
        return sorted(counted)

    def of_digests(self, digest_ids: Sequence[int]) -> dict[int, Delivery]:
        """Return the deliveries of digests, by digest id; of several the newest."""
        query = select(DELIVERY).where(DELIVERY.c.digest_id.in_(digest_ids))
        with self._database.reading() as session:
            rows = all_rows(session, query.order_by(DELIVERY.c.id), DeliveryRow)
        return {row.digest_id: _delivery(row) for row in rows if row.digest_id is not None}

    def get(self, delivery_id: int) -> Delivery:
        """Return a delivery, or raise NotFoundError."""
        with self._database.reading() as session:
            return _delivery(row_of(session, delivery_id))

    def latest(
        self,
        state: DeliveryState | None = None,
        day: tuple[datetime, datetime] | None = None,
        *,
        limit: int | None = None,
    ) -> list[Delivery]:
        """Return deliveries, newest first: of a state, or due in ``day`` (from, until), or all."""
        query = select(DELIVERY)
        if state is not None:
            query = query.where(DELIVERY.c.state == state.value)
        if day is not None:
            query = query.where(DELIVERY.c.due_at >= day[0], DELIVERY.c.due_at < day[1])
        with self._database.reading() as session:
            rows = all_rows(session, query.order_by(DELIVERY.c.id.desc()).limit(limit), DeliveryRow)
        return [_delivery(row) for row in rows]

    def of_subscriber(self, subscriber_id: int, *, limit: int | None = 20) -> list[Delivery]:
        """Return a subscriber's last deliveries, newest first."""
        query = select(DELIVERY).where(DELIVERY.c.subscriber_id == subscriber_id)
        with self._database.reading() as session:
            rows = all_rows(session, query.order_by(DELIVERY.c.id.desc()).limit(limit), DeliveryRow)
        return [_delivery(row) for row in rows]

    def attempts(self, delivery_id: int) -> list[Attempt]:
        """Return the attempts at one delivery, oldest first."""
        query = select(ATTEMPT).where(ATTEMPT.c.delivery_id == delivery_id)
        with self._database.reading() as session:
            rows = all_rows(session, query.order_by(ATTEMPT.c.id), AttemptRow)
        return [attempt_of(row) for row in rows]


def _mailed(kind: DeliveryKind) -> list[str]:
    return [status.value for status in MAILS[kind].recipients]


def _delivery(row: DeliveryRow) -> Delivery:
    return Delivery(
        id=row.id,
        kind=DeliveryKind(row.kind),
        subscriber_id=row.subscriber_id,
        digest_id=row.digest_id,
        address=row.address,
        state=DeliveryState(row.state),
        due_at=row.due_at,
        attempts=row.attempts,
        next_attempt_at=row.next_attempt_at,
        detail=row.detail,
    )


def _abandoned(
    session: Session, now: datetime, is_gone: Callable[[str], bool], longest: timedelta
) -> list[int]:
    """Return the held deliveries whose worker has died or let its lease run out, locked."""
    held = session.execute(
        select(DELIVERY.c.id, DELIVERY.c.lease_owner, DELIVERY.c.lease_until)
        .where(DELIVERY.c.state.in_(_HELD))
        .with_for_update(skip_locked=True)
    ).all()
    gone = {owner: is_gone(owner) for owner in {row.lease_owner for row in held}}
    return [
        row.id for row in held if has_lapsed(row.lease_until, longest, now) or gone[row.lease_owner]
    ]
