"""Repair of times that were written while the clock stood ahead, once it is right again.

A time after now, by more than clocks may differ, was taken from a clock that has been set back
since. What follows from it would rest or be given up until that time comes.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import bindparam, delete, exists, or_, select, update

from digestmail.domain import BatchState, DeliveryState, Outcome, SkipReason
from digestmail.store.database import Database
from digestmail.store.digests import release
from digestmail.store.keys import NoteName
from digestmail.store.leases import SKEW
from digestmail.store.service_tables import NOTE
from digestmail.store.sql import MOST_VALUES, chunks, upsert
from digestmail.store.tables import ATTEMPT, BATCH, DELIVERY, DIGEST, PAPER, SUBSCRIBER

_LATEST = NoteName.CLOCK.value
_WAITING = (DeliveryState.PLANNED.value, DeliveryState.DEFERRED.value)
_GIVEN_UP = (SkipReason.MISSED.value, SkipReason.TOO_LATE.value)
_AHEAD = bindparam("ahead", type_=DIGEST.c.due_at.type)
_TAKEN_BACK = (
    select(DIGEST.c.id, DIGEST.c.subscriber_id, DIGEST.c.due_at)
    .where(
        DIGEST.c.prepared_at > _AHEAD,
        DIGEST.c.skip.is_not(None),
        or_(DIGEST.c.skip.in_(_GIVEN_UP), DIGEST.c.due_at > _AHEAD),
        ~exists().where(DELIVERY.c.digest_id == DIGEST.c.id),
    )
    .order_by(DIGEST.c.due_at)
    .with_for_update()  # SQLite holds its one lock
)


class ClockSetback:
    """Times of an installation that lie ahead of its clock."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def is_known(self, now: datetime) -> bool:
        """Return whether a later time than now has been seen; else now is noted as the latest.

        A sender whose clock jumped and who was killed has noted nothing, but ended mails.
        """
        with self._database.writing() as session:
            query = select(NOTE.c.at).where(NOTE.c.name == _LATEST)
            latest: datetime | None = session.execute(query).scalar()
            ended = select(DELIVERY.c.id).where(DELIVERY.c.ended_at > now + SKEW).limit(1)
            if (latest and latest > now + SKEW) or session.execute(ended).first():
                return True
            values = {"name": _LATEST, "value": "seen", "at": max(now, latest or now)}
            noted = upsert(session, NOTE).values(values)
            session.execute(
                noted.on_conflict_do_update(index_elements=["name"], set_={"at": values["at"]})
            )
        return False

    def ended(self, now: datetime) -> list[int]:
        """Return the deliveries that ended by that clock, however they did."""
        query = select(DELIVERY.c.id).where(DELIVERY.c.ended_at > now + SKEW)
        with self._database.reading() as session:
            return list(session.execute(query).scalars())

    def forget(self, ended: Sequence[int], now: datetime) -> None:
        """Take now for the latest time seen, and for when these deliveries ended.

        All that was ahead has been put right; what others do meanwhile has not.
        """
        with self._database.writing() as session:
            session.execute(update(NOTE).where(NOTE.c.name == _LATEST).values(at=now))
            for chunk in chunks(ended, MOST_VALUES):
                same = (DELIVERY.c.id.in_(chunk), DELIVERY.c.ended_at > now)
                session.execute(update(DELIVERY).where(*same).values(ended_at=now))

    def bring_back(self, now: datetime) -> None:
        """Let mails that wait for a time of that clock go now, and times of papers be now.

        What was noted of a source's days is forgotten, unless its papers are there.
        """
        ahead = now + SKEW
        with self._database.writing() as session:
            waiting = update(DELIVERY).where(
                DELIVERY.c.state.in_(_WAITING), DELIVERY.c.next_attempt_at > ahead
            )
            session.execute(waiting.values(next_attempt_at=now))
            for column in (PAPER.c.first_seen_at, SUBSCRIBER.c.papers_since):
                later = update(column.table).where(column > ahead)
                session.execute(later.values({column.name: now}))
            noted = delete(BATCH).where(BATCH.c.noted_at > ahead)
            session.execute(noted.where(BATCH.c.state != BatchState.COMPLETE.value))

    def take_back(self, now: datetime) -> dict[int, datetime]:
        """Erase the records of digests that were missed, too late or due by that clock alone.

        Digests that are to be mailed stay, and go. What an empty day judged is judged anew.
        Returns when the first of each subscriber was due.
        """
        due: dict[int, datetime] = {}
        with self._database.writing() as session:
            rows = session.execute(_TAKEN_BACK, {"ahead": now + SKEW}).all()
            for row in rows:
                due.setdefault(row.subscriber_id, row.due_at)
                release(session, row.id)
            for chunk in chunks([row.id for row in rows], MOST_VALUES):
                session.execute(delete(DIGEST).where(DIGEST.c.id.in_(chunk)))
        return due

    def given_up(self, now: datetime) -> list[int]:
        """Return the deliveries that ended by that clock as withdrawn, or deferred for too long."""
        deferred = select(ATTEMPT.c.delivery_id).where(
            ATTEMPT.c.at > now + SKEW, ATTEMPT.c.outcome == Outcome.DEFERRED.value
        )
        query = select(DELIVERY.c.id).where(
            DELIVERY.c.ended_at > now + SKEW,
            or_(
                DELIVERY.c.state == DeliveryState.SKIPPED.value,
                (DELIVERY.c.state == DeliveryState.FAILED.value) & DELIVERY.c.id.in_(deferred),
            ),
        )
        with self._database.reading() as session:
            return list(session.execute(query.order_by(DELIVERY.c.id)).scalars())

    def advance_due(self, changes: list[tuple[int, datetime, datetime]]) -> None:
        """Let subscribers be due earlier: (id, when they were due, when they are).

        A change of theirs meanwhile stands.
        """
        with self._database.writing() as session:
            for subscriber_id, before, after in changes:
                change = update(SUBSCRIBER).where(
                    SUBSCRIBER.c.id == subscriber_id, SUBSCRIBER.c.next_due_at == before
                )
                session.execute(change.values(next_due_at=after))
