"""Taps: what was done by the links of a mail, and whether a page or a person's button did it."""

from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from sqlalchemy import delete, select

from digestmail.store.database import Database
from digestmail.store.sql import all_rows, first_row, upsert
from digestmail.store.tables import TAP, TapRow


class Origin(StrEnum):
    """The sender of a form."""

    PAGE = "page"  # by itself, as soon as it was looked at
    BUTTON = "button"  # because somebody pressed it


class Tap(NamedTuple):
    """One tap; ``replaced_at``: when the opposite verdict was given that it replaced."""

    paper_id: int
    action: str
    origin: Origin
    at: datetime
    replaced_at: datetime | None


class Taps:
    """The last tap of each origin by subscriber, paper and action: a verdict or "save"."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def record(
        self,
        subscriber_id: int,
        paper_id: int,
        action: str,
        origin: Origin,
        now: datetime,
        replaced_at: datetime | None = None,
    ) -> None:
        """Record a tap, in place of an earlier one; see Tap."""
        values = {
            "subscriber_id": subscriber_id,
            "paper_id": paper_id,
            "action": action,
            "origin": origin.value,
            "at": now,
            "replaced_at": replaced_at,
        }
        with self._database.writing() as session:
            session.execute(
                upsert(session, TAP)
                .values(values)
                .on_conflict_do_update(
                    index_elements=["subscriber_id", "paper_id", "action", "origin"],
                    set_={"at": now, "replaced_at": replaced_at},
                )
            )

    def last(self, subscriber_id: int, paper_id: int, action: str, origin: Origin) -> Tap | None:
        """Return the last tap of an origin, if there was any."""
        query = select(TAP).where(
            TAP.c.subscriber_id == subscriber_id,
            TAP.c.paper_id == paper_id,
            TAP.c.action == action,
            TAP.c.origin == origin.value,
        )
        with self._database.reading() as session:
            row = first_row(session, query, TapRow)
        return _tap(row) if row else None

    def of(self, subscriber_id: int) -> list[Tap]:
        """Return the taps of a subscriber, the oldest first."""
        query = select(TAP).where(TAP.c.subscriber_id == subscriber_id)
        with self._database.reading() as session:
            rows = all_rows(session, query.order_by(TAP.c.at, TAP.c.paper_id), TapRow)
        return [_tap(row) for row in rows]

    def forget(self, before: datetime) -> None:
        """Erase the taps from before an instant."""
        with self._database.writing() as session:
            session.execute(delete(TAP).where(TAP.c.at < before))


def _tap(row: TapRow) -> Tap:
    return Tap(row.paper_id, row.action, Origin(row.origin), row.at, row.replaced_at)
