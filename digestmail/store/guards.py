"""What keeps us polite: suppressed addresses, counted requests and notes."""

import hmac
import secrets
from datetime import UTC, datetime, timedelta

from sqlalchemy import delete, or_, select, update

from digestmail.store.database import Database
from digestmail.store.sql import upsert
from digestmail.store.tables import NOTE, RATE, SUPPRESSION, TALLY

_EVER = datetime(1970, 1, 1, tzinfo=UTC)
_SKEW = timedelta(minutes=1)  # by which the clocks of two machines may differ


class Guards:
    """Suppressions (by hashed address), rate counters (by hashed key) and notes."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._salted: hmac.HMAC | None = None

    def hash(self, text: str) -> str:
        """A hash under this database's own salt, for what is only to be recognised again."""
        if self._salted is None:
            self._salted = hmac.new(self._salt().encode(), digestmod="sha256")
        hashed = self._salted.copy()  # begun anew it takes three times as long, for each mail
        hashed.update(text.encode())
        return hashed.hexdigest()

    def _salt(self) -> str:
        values = {"name": "salt", "value": secrets.token_hex(32), "at": _EVER}
        with self._database.writing() as session:
            session.execute(upsert(session, NOTE).values(values).on_conflict_do_nothing())
            salt: str = session.execute(
                select(NOTE.c.value).where(NOTE.c.name == "salt")
            ).scalar_one()
            return salt

    def address_hash(self, email: str) -> str:
        """By what a suppressed address is known."""
        return self.hash(f"address:{email}")

    def suppress(self, address_hash: str, reason: str, now: datetime) -> None:
        """Never mail this address again; the first reason stays."""
        values = {"address_hash": address_hash, "reason": reason, "created_at": now}
        with self._database.writing() as session:
            session.execute(upsert(session, SUPPRESSION).values(values).on_conflict_do_nothing())

    def lift(self, address_hash: str) -> None:
        """Let an address be mailed again."""
        with self._database.writing() as session:
            session.execute(delete(SUPPRESSION).where(SUPPRESSION.c.address_hash == address_hash))

    def suppressed(self, address_hash: str) -> str | None:
        """Why an address must not be mailed; None when it may."""
        query = select(SUPPRESSION.c.reason).where(SUPPRESSION.c.address_hash == address_hash)
        with self._database.reading() as session:
            reason: str | None = session.execute(query).scalar()
            return reason

    def suppressions(self) -> list[tuple[str, str, datetime]]:
        """All suppressed addresses as (hash, reason, since), the newest first."""
        query = select(SUPPRESSION).order_by(SUPPRESSION.c.created_at.desc())
        with self._database.reading() as session:
            return [(r.address_hash, r.reason, r.created_at) for r in session.execute(query)]

    def allow(self, key: str, most: int, window: timedelta | None, now: datetime) -> bool:
        """Count one event of ``key``; False once there were more than ``most`` in a window.

        Without a window: ever, whatever is pruned.
        """
        if window is None:
            return self._count_ever(key) <= most
        first = {"key": key, "since": now, "count": 1}
        # A window of the future was begun before the clock was set back.
        fresh = or_(RATE.c.since <= now - window, RATE.c.since > now + _SKEW)
        with self._database.writing() as session:
            added = upsert(session, RATE).values(first).on_conflict_do_nothing()
            if session.execute(added.returning(RATE.c.key)).first():
                return most >= 1
            restart = update(RATE).where(RATE.c.key == key, fresh).values(since=now, count=1)
            if session.execute(restart.returning(RATE.c.key)).first():
                return most >= 1
            count = update(RATE).where(RATE.c.key == key).values(count=RATE.c.count + 1)
            so_far: int = session.execute(count.returning(RATE.c.count)).scalar_one()
        return so_far <= most

    def is_spent(self, key: str, most: int, window: timedelta, now: datetime) -> bool:
        """Whether ``allow`` would refuse ``key`` now; counts nothing."""
        query = select(RATE.c.count).where(RATE.c.key == key, RATE.c.since > now - window)
        with self._database.reading() as session:
            count: int = session.execute(query).scalar() or 0
        return count >= most

    def counted(self, key: str) -> datetime | None:
        """When the last window of ``key`` began; None when nothing was counted, or long ago."""
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

    def begin_anew(self, key: str) -> None:
        """Forget what was counted of ``key`` without a window."""
        with self._database.writing() as session:
            session.execute(delete(TALLY).where(TALLY.c.key == key))

    def forget_counters(self, before: datetime) -> None:
        """Erase counters whose window began before an instant."""
        with self._database.writing() as session:
            session.execute(delete(RATE).where(RATE.c.since < before))

    def note(self, name: str, value: str, now: datetime) -> None:
        """Leave a note for ``status``; an empty one clears it."""
        values = {"name": name, "value": value, "at": now}
        with self._database.writing() as session:
            noted = upsert(session, NOTE).values(values)
            session.execute(
                noted.on_conflict_do_update(
                    index_elements=["name"], set_={"value": value, "at": now}
                )
            )

    def noted(self, name: str) -> tuple[str, datetime] | None:
        """A note and when it was left; None when there is none or it was cleared."""
        with self._database.reading() as session:
            row = session.execute(select(NOTE).where(NOTE.c.name == name)).first()
        return (row.value, row.at) if row and row.value else None
