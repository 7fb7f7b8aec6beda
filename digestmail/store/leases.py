"""Leases: the owner of each job that only one process at a time may do, and until when."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, select, update

from digestmail.store.database import Database
from digestmail.store.service_tables import LEASE, LeaseRow
from digestmail.store.sql import first_row, upsert

SKEW = timedelta(minutes=1)  # by which the clocks of two machines may differ


@dataclass(frozen=True, slots=True)
class Lease:
    """The holder of a lease, and until when."""

    owner: str
    until: datetime


def has_lapsed(until: datetime, length: timedelta, now: datetime) -> bool:
    """Return whether a lease that was given for ``length`` has run out.

    One that lasts longer than it was given for comes from a clock that has been set back since.
    """
    return until < now or until > now + length + SKEW


class Leases:
    """The leases of an installation, by name.

    ``is_gone`` returns of an owner whether it is known to have ended; see ``worker``.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def take(
        self,
        name: str,
        owner: str,
        length: timedelta,
        now: datetime,
        is_gone: Callable[[str], bool],
    ) -> bool:
        """Take or renew a lease; return False while another owner, who may be alive, holds it."""
        values = {"name": name, "owner": owner, "until": now + length}
        with self._database.writing() as session:
            new = upsert(session, LEASE).values(values).on_conflict_do_nothing()
            if session.execute(new.returning(LEASE.c.name)).first() is not None:
                return True
            held = session.execute(
                select(LEASE).where(LEASE.c.name == name).with_for_update()
            ).one()
            is_free = has_lapsed(held.until, length, now) or is_gone(held.owner)
            if held.owner != owner and not is_free:
                return False
            session.execute(update(LEASE).where(LEASE.c.name == name).values(values))
        return True

    def give_up(self, name: str, owner: str) -> None:
        """End a lease of one's own."""
        with self._database.writing() as session:
            session.execute(delete(LEASE).where(LEASE.c.name == name, LEASE.c.owner == owner))

    def holder(self, name: str) -> Lease | None:
        """Return the last owner of a lease who has not given it up."""
        query = select(LEASE).where(LEASE.c.name == name)
        with self._database.reading() as session:
            row = first_row(session, query, LeaseRow)
        return Lease(row.owner, row.until) if row else None
