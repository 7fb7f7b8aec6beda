"""Notes that one step leaves for another: a name, a text and when it was written."""

from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from sqlalchemy import select

from digestmail.store.database import Database
from digestmail.store.sql import upsert
from digestmail.store.tables import NOTE


class NoteName(StrEnum):
    """Who writes notes about what."""

    POLICY_BOUNCE = "policy-bounce"  # the last refusal of our mail, for ``status``
    RELAY_TROUBLE = "relay-trouble"
    RELAY_REST = "relay-rest"  # until when the relays are left alone
    RUN = "run"  # when the scheduler last ran
    RELAYS = "relays"  # the relays that the note of their trouble is about
    UNKNOWN_SEEDS = "unknown-seeds"  # example papers that arXiv does not know, as JSON
    BACKFILL = "backfill"  # how far the past days of a source are read

    def of(self, subject: str) -> str:
        """Return the name of the note about one of several subjects."""
        return f"{self}:{subject}"


class Note(NamedTuple):
    """A text and when it was written."""

    value: str
    at: datetime


class Notes:
    """The notes of an installation, by name."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def write(self, name: str, value: str, now: datetime) -> None:
        """Write a note in place of the one of that name; an empty text clears it."""
        values = {"name": name, "value": value, "at": now}
        with self._database.writing() as session:
            insert = upsert(session, NOTE).values(values)
            session.execute(
                insert.on_conflict_do_update(
                    index_elements=["name"], set_={"value": value, "at": now}
                )
            )

    def read(self, name: str) -> Note | None:
        """Return a note; None if there is none or it was cleared."""
        with self._database.reading() as session:
            row = session.execute(select(NOTE).where(NOTE.c.name == name)).first()
        return Note(row.value, row.at) if row and row.value else None
