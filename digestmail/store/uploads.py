"""What unconfirmed visitors uploaded: kept small and few until they confirm or are forgotten."""

from datetime import datetime

from sqlalchemy import delete, select

from digestmail.store.database import Database
from digestmail.store.sql import upsert
from digestmail.store.tables import NOTE

MOST = 100  # kept at a time; of more the oldest goes
_NAME = "upload:"


class Uploads:
    """One text for a subscriber who has not confirmed yet."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def keep(self, subscriber_id: int, text: str, now: datetime) -> None:
        """Keep a text in place of an earlier one; an empty one only takes that away."""
        values = {"name": f"{_NAME}{subscriber_id}", "value": text, "at": now}
        mine = NOTE.c.name == values["name"]
        newest = select(NOTE.c.name).where(NOTE.c.name.startswith(_NAME))
        newest = newest.order_by(NOTE.c.at.desc(), NOTE.c.name).offset(MOST)
        with self._database.writing() as session:
            session.execute(delete(NOTE).where(mine))
            if text:
                session.execute(upsert(session, NOTE).values(values).on_conflict_do_nothing())
                too_many = list(session.execute(newest).scalars())
                session.execute(delete(NOTE).where(NOTE.c.name.in_(too_many)))

    def take(self, subscriber_id: int) -> str:
        """The text kept for a subscriber, then no longer; empty when there is none."""
        mine = delete(NOTE).where(NOTE.c.name == f"{_NAME}{subscriber_id}")
        with self._database.writing() as session:
            return session.execute(mine.returning(NOTE.c.value)).scalar() or ""

    def forget(self, before: datetime) -> None:
        """Erase what was kept before an instant."""
        old = NOTE.c.name.startswith(_NAME), NOTE.c.at < before
        with self._database.writing() as session:
            session.execute(delete(NOTE).where(*old))
