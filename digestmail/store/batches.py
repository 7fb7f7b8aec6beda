"""What sources announced for each day, and why on some days nothing."""

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import select

from digestmail.domain import Batch, BatchState
from digestmail.store.database import Database
from digestmail.store.sql import all_rows, upsert
from digestmail.store.tables import BATCH, BatchRow


class Batches:
    """One row for each source and day; a complete one is settled for good."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def note(self, batches: Sequence[Batch], now: datetime) -> None:
        """Note how batches stand now; what was closed is not opened again."""
        with self._database.writing() as session:
            for batch in batches:
                closed = [BatchState.COMPLETE.value]
                if batch.state is BatchState.OPEN:
                    closed.append(BatchState.INCOMPLETE.value)
                values = {"state": batch.state.value, "reason": batch.reason, "noted_at": now}
                row = upsert(session, BATCH).values(source=batch.source, day=batch.day, **values)
                session.execute(
                    row.on_conflict_do_update(
                        index_elements=["source", "day"],
                        set_=values,
                        where=BATCH.c.state.not_in(closed),
                    )
                )

    def all(self, source: str, since: date = date.min) -> list[Batch]:
        """Return the batches of a source from a day on, by day."""
        query = select(BATCH).where(BATCH.c.source == source, BATCH.c.day >= since)
        with self._database.reading() as session:
            rows = all_rows(session, query.order_by(BATCH.c.day), BatchRow)
        return [_batch(row) for row in rows]


def _batch(row: BatchRow) -> Batch:
    return Batch(source=row.source, day=row.day, state=BatchState(row.state), reason=row.reason)
