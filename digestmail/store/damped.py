"""Papers of which subscribers had too many alike on one day."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import delete, select

from digestmail.domain import DampedPaper
from digestmail.store.database import Database
from digestmail.store.sql import MOST_VALUES, all_rows, chunks, upsert
from digestmail.store.tables import DAMPED, DampedRow


class DampedPapers:
    """The papers that subscribers want fewer like for some days."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, papers: Collection[DampedPaper]) -> None:
        """Record papers; of one that is there already the time changes."""
        with self._database.writing() as session:
            for paper in papers:
                values = {
                    "subscriber_id": paper.subscriber_id,
                    "paper_id": paper.paper_id,
                    "profile_id": paper.profile_id,
                    "damped_at": paper.damped_at,
                }
                added = upsert(session, DAMPED).values(values)
                session.execute(
                    added.on_conflict_do_update(
                        index_elements=["subscriber_id", "paper_id"],
                        set_={name: values[name] for name in ("profile_id", "damped_at")},
                    )
                )

    def remove(self, subscriber_id: int, paper_ids: Collection[int]) -> None:
        """Forget some papers of a subscriber."""
        is_of = (DAMPED.c.subscriber_id == subscriber_id, DAMPED.c.paper_id.in_(paper_ids))
        with self._database.writing() as session:
            session.execute(delete(DAMPED).where(*is_of))

    def of(self, subscriber_ids: Collection[int], since: datetime) -> list[DampedPaper]:
        """Return the papers of these subscribers from an instant on, oldest first."""
        rows: list[DampedRow] = []
        with self._database.reading() as session:
            for chunk in chunks(sorted(subscriber_ids), MOST_VALUES):
                query = select(DAMPED).where(
                    DAMPED.c.subscriber_id.in_(chunk), DAMPED.c.damped_at >= since
                )
                rows += all_rows(session, query.order_by(DAMPED.c.damped_at), DampedRow)
        return [DampedPaper(r.subscriber_id, r.profile_id, r.paper_id, r.damped_at) for r in rows]

    def forget(self, before: datetime) -> None:
        """Erase what was recorded before an instant."""
        with self._database.writing() as session:
            session.execute(delete(DAMPED).where(DAMPED.c.damped_at < before))
