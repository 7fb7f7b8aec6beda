"""Reading lists."""

from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, select

from digestmail.domain import SavedPaper
from digestmail.store.database import Database
from digestmail.store.papers import Papers
from digestmail.store.sql import upsert
from digestmail.store.tables import SAVED


class Saved:
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
        mine = (SAVED.c.subscriber_id == subscriber_id, SAVED.c.paper_id == paper_id)
        with self._database.writing() as session:
            session.execute(delete(SAVED).where(*mine))

    def of(self, subscriber_id: int, *, limit: int | None = None) -> list[SavedPaper]:
        """A reading list, the last saved first."""
        query = select(SAVED.c.paper_id, SAVED.c.saved_at)
        mine = query.where(SAVED.c.subscriber_id == subscriber_id)
        latest = mine.order_by(SAVED.c.saved_at.desc(), SAVED.c.paper_id.desc()).limit(limit)
        with self._database.reading() as session:
            rows: Any = session.execute(latest).all()
        papers = self._papers.by_ids([paper_id for paper_id, _ in rows])
        return [SavedPaper(papers[i], at) for i, at in rows if i in papers]

    def count(self, subscriber_id: int) -> int:
        """How many papers are on a reading list."""
        query = select(func.count()).where(SAVED.c.subscriber_id == subscriber_id)
        with self._database.reading() as session:
            saved: int = session.execute(query).scalar_one()
            return saved
