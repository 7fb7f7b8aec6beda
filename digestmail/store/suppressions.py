"""Addresses that must never be mailed again, known by their hashes alone."""

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import delete, select

from digestmail.store.database import Database
from digestmail.store.sql import all_rows, upsert
from digestmail.store.tables import SUPPRESSION, SuppressionRow


class Suppression(NamedTuple):
    """One address, by its hash; see ``Salt.address_hash``."""

    address_hash: str
    reason: str
    since: datetime


class Suppressions:
    """The suppressed addresses of an installation; they outlive their subscribers."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, address_hash: str, reason: str, now: datetime) -> None:
        """Suppress an address; of several reasons the first stays."""
        values = {"address_hash": address_hash, "reason": reason, "created_at": now}
        with self._database.writing() as session:
            session.execute(upsert(session, SUPPRESSION).values(values).on_conflict_do_nothing())

    def lift(self, address_hash: str) -> None:
        """Let an address be mailed again."""
        with self._database.writing() as session:
            session.execute(delete(SUPPRESSION).where(SUPPRESSION.c.address_hash == address_hash))

    def reason(self, address_hash: str) -> str | None:
        """Return why an address must not be mailed; None if it may."""
        query = select(SUPPRESSION.c.reason).where(SUPPRESSION.c.address_hash == address_hash)
        with self._database.reading() as session:
            reason: str | None = session.execute(query).scalar()
            return reason

    def all(self) -> list[Suppression]:
        """Return all suppressed addresses, the newest first."""
        query = select(SUPPRESSION).order_by(SUPPRESSION.c.created_at.desc())
        with self._database.reading() as session:
            rows = all_rows(session, query, SuppressionRow)
        return [Suppression(row.address_hash, row.reason, row.created_at) for row in rows]
