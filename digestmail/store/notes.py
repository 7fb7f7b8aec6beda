"""Notes that one step leaves for another: a name, a text and when it was written."""

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import select

from digestmail.store.database import Database
from digestmail.store.service_tables import NOTE, NoteRow
from digestmail.store.sql import first_row, upsert


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
            row = first_row(session, select(NOTE).where(NOTE.c.name == name), NoteRow)
        return Note(row.value, row.at) if row and row.value else None
