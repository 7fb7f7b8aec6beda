"""Rate limits: how often something may happen in a window of time, counted for all processes."""

from datetime import datetime, timedelta

from sqlalchemy import delete, or_, select, update

from digestmail.store.database import Database
from digestmail.store.leases import SKEW
from digestmail.store.service_tables import RATE, TALLY
from digestmail.store.sql import upsert


class RateLimits:
    """Counters by key; whoever may be identified by a key is hashed in it (``Salt.hash``)."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def allow(self, key: str, limit: int, window: timedelta | None, now: datetime) -> bool:
        """Count one event of a key and return whether it is within the limit of a window.

        Without a window all events count, whatever is pruned.
        """
        if window is None:
            return self._count_ever(key) <= limit
        first = {"key": key, "since": now, "count": 1}
        # A window of the future was begun before the clock was set back.
        fresh = or_(RATE.c.since <= now - window, RATE.c.since > now + SKEW)
        with self._database.writing() as session:
            added = upsert(session, RATE).values(first).on_conflict_do_nothing()
            if session.execute(added.returning(RATE.c.key)).first():
                return limit >= 1
            restart = update(RATE).where(RATE.c.key == key, fresh).values(since=now, count=1)
            if session.execute(restart.returning(RATE.c.key)).first():
                return limit >= 1
            count = update(RATE).where(RATE.c.key == key).values(count=RATE.c.count + 1)
            so_far: int = session.execute(count.returning(RATE.c.count)).scalar_one()
        return so_far <= limit

    def is_spent(self, key: str, limit: int, window: timedelta, now: datetime) -> bool:
        """Return whether ``allow`` would refuse a key now; counts nothing."""
        query = select(RATE.c.count).where(RATE.c.key == key, RATE.c.since > now - window)
        with self._database.reading() as session:
            count: int = session.execute(query).scalar() or 0
        return count >= limit

    def window_start(self, key: str) -> datetime | None:
        """Return when the last window of a key began; None if nothing was counted, or long ago."""
        with self._database.reading() as session:
            since: datetime | None = session.execute(
                select(RATE.c.since).where(RATE.c.key == key)
            ).scalar()
            return since

    def _count_ever(self, key: str) -> int:
        with self._database.writing() as session:
            counted = upsert(session, TALLY).values(key=key, count=1)
            counted = counted.on_conflict_do_update(
                index_elements=["key"], set_={"count": TALLY.c.count + 1}
            )
            so_far: int = session.execute(counted.returning(TALLY.c.count)).scalar_one()
            return so_far

    def reset(self, key: str) -> None:
        """Forget the events of a key that were counted without a window."""
        with self._database.writing() as session:
            session.execute(delete(TALLY).where(TALLY.c.key == key))

    def forget(self, before: datetime) -> None:
        """Erase the counters whose window began before an instant."""
        with self._database.writing() as session:
            session.execute(delete(RATE).where(RATE.c.since < before))
