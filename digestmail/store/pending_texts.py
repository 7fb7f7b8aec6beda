"""Texts that wait for their subscriber to press a button: few of them, and not for long."""

from datetime import datetime

from sqlalchemy import delete, select

from digestmail.store.database import Database
from digestmail.store.keys import NoteName
from digestmail.store.service_tables import NOTE
from digestmail.store.sql import upsert

MAX_WAITING = 100  # of one kind at a time; of more the oldest goes


class PendingTexts:
    """The texts of one kind, at most one for a subscriber.

    Strangers cause them, so they are bounded, and ``forget`` erases what nobody took.
    """

    def __init__(self, database: Database, kind: NoteName) -> None:
        self._database = database
        self._prefix = kind.of("")

    def keep(self, subscriber_id: int, text: str, now: datetime) -> None:
        """Store a text for a subscriber, in place of an earlier one.

        An empty one only takes that away.
        """
        values = {"name": f"{self._prefix}{subscriber_id}", "value": text, "at": now}
        named = NOTE.c.name == values["name"]
        newest = select(NOTE.c.name).where(NOTE.c.name.startswith(self._prefix))
        newest = newest.order_by(NOTE.c.at.desc(), NOTE.c.name).offset(MAX_WAITING)
        with self._database.writing() as session:
            session.execute(delete(NOTE).where(named))
            if text:
                session.execute(upsert(session, NOTE).values(values).on_conflict_do_nothing())
                too_many = list(session.execute(newest).scalars())
                session.execute(delete(NOTE).where(NOTE.c.name.in_(too_many)))

    def waiting(self, subscriber_id: int) -> str:
        """Return the text stored for a subscriber; empty when there is none."""
        query = select(NOTE.c.value).where(NOTE.c.name == f"{self._prefix}{subscriber_id}")
        with self._database.reading() as session:
            return session.execute(query).scalar() or ""

    def take(self, subscriber_id: int) -> str:
        """Return the text stored for a subscriber and erase it; empty when there is none."""
        deletion = delete(NOTE).where(NOTE.c.name == f"{self._prefix}{subscriber_id}")
        with self._database.writing() as session:
            return session.execute(deletion.returning(NOTE.c.value)).scalar() or ""

    def forget(self, before: datetime) -> None:
        """Erase what has waited since before an instant."""
        old = NOTE.c.name.startswith(self._prefix), NOTE.c.at < before
        with self._database.writing() as session:
            session.execute(delete(NOTE).where(*old))
