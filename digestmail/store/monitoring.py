"""What monitoring asks of the database: what is due, what waits and what did not go, in counts."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, false, func, or_, select

from digestmail.domain import MAX_WAIT_HOURS, DeliveryState, SubscriberStatus
from digestmail.store.database import Database
from digestmail.store.tables import DELIVERY, SOURCE, SUBSCRIBER

_ACTIVE = SUBSCRIBER.c.status == SubscriberStatus.ACTIVE.value
_WAITING = (DeliveryState.PLANNED.value, DeliveryState.DEFERRED.value)
_HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Backlog:
    """Digests or mails whose time has come: how many, and the times of the first and the last."""

    number: int = 0
    first: datetime | None = None
    last: datetime | None = None


@dataclass(frozen=True, slots=True)
class Unsent:
    """Deliveries that did not go and give the same reason."""

    state: DeliveryState
    why: str
    number: int


@dataclass(frozen=True, slots=True)
class FailingSource:
    """An enabled source whose last fetches failed."""

    name: str
    failures: int  # in succession
    error: str


class Overview:
    """Counts over the whole installation; none of them reads papers or changes anything."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def due(self, until: datetime) -> Backlog:
        """Return the active subscribers whose digest was due by an instant and is not planned."""
        return self._subscribers(SUBSCRIBER.c.next_due_at <= until)

    def patient(self, now: datetime, due_by: datetime | None = None) -> Backlog:
        """Return those of the due who may wait for late papers still; ``last``: until when."""
        hours = [
            and_(SUBSCRIBER.c.wait_hours == wait, SUBSCRIBER.c.next_due_at > now - wait * _HOUR)
            for wait in range(1, MAX_WAIT_HOURS + 1)
        ]
        patient = self._subscribers(
            and_(SUBSCRIBER.c.next_due_at <= (due_by or now), or_(false(), *hours))
        )
        return Backlog(
            patient.number, patient.first, self._end_of_wait(now) if patient.number else None
        )

    def _end_of_wait(self, now: datetime) -> datetime | None:
        latest = select(SUBSCRIBER.c.wait_hours, func.max(SUBSCRIBER.c.next_due_at)).where(
            _ACTIVE, SUBSCRIBER.c.next_due_at <= now
        )
        with self._database.reading() as session:
            rows = session.execute(latest.group_by(SUBSCRIBER.c.wait_hours)).all()
        return max((due_at + wait * _HOUR for wait, due_at in rows), default=None)

    def _subscribers(self, which: ColumnElement[bool]) -> Backlog:
        due_at = SUBSCRIBER.c.next_due_at
        query = select(func.count(), func.min(due_at), func.max(due_at)).where(_ACTIVE, which)
        with self._database.reading() as session:
            return Backlog(*session.execute(query).one())

    def next_due(self, after: datetime) -> datetime | None:
        """Return when the first digest after an instant is due."""
        return self._subscribers(SUBSCRIBER.c.next_due_at > after).first

    def unsent_since(self, until: datetime) -> Backlog:
        """Return the mails that should have been tried by an instant and were not."""
        at = DELIVERY.c.next_attempt_at
        query = select(func.count(), func.min(at), func.max(at)).where(
            DELIVERY.c.state.in_(_WAITING), at <= until
        )
        with self._database.reading() as session:
            return Backlog(*session.execute(query).one())

    def unsent(
        self, states: Collection[DeliveryState], since: datetime, until: datetime, limit: int
    ) -> list[Unsent]:
        """Return why deliveries did not go, the most frequent reasons first, at most ``limit``.

        Counted are those due or ended in [since, until), and all still open.
        """
        within = [and_(at >= since, at < until) for at in (DELIVERY.c.due_at, DELIVERY.c.ended_at)]
        number = func.count().label("number")
        query = (
            select(DELIVERY.c.state, DELIVERY.c.detail, number)
            .where(DELIVERY.c.state.in_([state.value for state in states]))
            .where(or_(*within, DELIVERY.c.ended_at.is_(None)))
            .group_by(DELIVERY.c.state, DELIVERY.c.detail)
            .order_by(number.desc(), DELIVERY.c.detail)
            .limit(limit)
        )
        with self._database.reading() as session:
            return [Unsent(DeliveryState(row[0]), row[1], row[2]) for row in session.execute(query)]

    def timezones(self) -> dict[str, int]:
        """Return the time zones of active subscribers, as stored, with how many use each."""
        query = select(SUBSCRIBER.c.timezone, func.count()).where(_ACTIVE)
        with self._database.reading() as session:
            rows = session.execute(query.group_by(SUBSCRIBER.c.timezone)).all()
        return {row[0]: row[1] for row in rows}

    def failing_sources(self) -> list[FailingSource]:
        """Return the enabled sources whose last fetch failed, by name."""
        query = select(SOURCE.c.name, SOURCE.c.failures, SOURCE.c.last_report).where(
            SOURCE.c.enabled, SOURCE.c.failures > 0
        )
        with self._database.reading() as session:
            rows = session.execute(query.order_by(SOURCE.c.name)).all()
        return [FailingSource(row[0], row[1], (row[2] or {}).get("error", "")) for row in rows]
