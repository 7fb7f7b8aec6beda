"""Reading lists."""

from datetime import datetime

from sqlalchemy import delete, func, select

from digestmail.domain import SavedPaper
from digestmail.store.database import Database
from digestmail.store.papers import Papers
from digestmail.store.sql import all_rows, upsert
from digestmail.store.tables import SAVED, SavedRow


class ReadingLists:
    """The papers that subscribers keep to read."""

    def __init__(self, database: Database, papers: Papers) -> None:
        self._database = database
        self._papers = papers

    def add(self, subscriber_id: int, paper_id: int, now: datetime) -> None:
        """Put a paper on a reading list; one that is there already stays where it is."""
        values = {"subscriber_id": subscriber_id, "paper_id": paper_id, "saved_at": now}
        with self._database.writing() as session:
            session.execute(upsert(session, SAVED).values(values).on_conflict_do_nothing())

    def remove(self, subscriber_id: int, paper_id: int) -> None:
        """Take a paper off a reading list, if it is there."""
        saved = (SAVED.c.subscriber_id == subscriber_id, SAVED.c.paper_id == paper_id)
        with self._database.writing() as session:
            session.execute(delete(SAVED).where(*saved))

    def of(self, subscriber_id: int, *, limit: int | None = None) -> list[SavedPaper]:
        """Return a reading list, the last saved first."""
        query = select(SAVED).where(SAVED.c.subscriber_id == subscriber_id)
        latest = query.order_by(SAVED.c.saved_at.desc(), SAVED.c.paper_id.desc()).limit(limit)
        with self._database.reading() as session:
            rows = all_rows(session, latest, SavedRow)
        papers = self._papers.by_ids([row.paper_id for row in rows])
        return [
            SavedPaper(papers[row.paper_id], row.saved_at) for row in rows if row.paper_id in papers
        ]

    def count(self, subscriber_id: int) -> int:
        """Return how many papers are on a reading list."""
        query = select(func.count()).where(SAVED.c.subscriber_id == subscriber_id)
        with self._database.reading() as session:
            saved: int = session.execute(query).scalar_one()
            return saved
