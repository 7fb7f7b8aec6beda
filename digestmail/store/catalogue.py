"""The papers as a public list: the latest, the next ones, those that hold words."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, or_, select

from digestmail.domain import Paper
from digestmail.store.database import Database
from digestmail.store.papers import UPLOADS, paper_of
from digestmail.store.sql import all_rows
from digestmail.store.tables import PAPER, PaperRow


@dataclass(frozen=True, slots=True)
class State:
    """A value that changes whenever a paper comes or upvotes change."""

    papers: int
    newest: int  # the highest id; 0 where there are none
    upvotes: int


@dataclass(frozen=True, slots=True)
class Seen:
    """The columns that a list is ordered and filtered by."""

    id: int
    first_seen_at: datetime
    upvotes: int
    categories: tuple[str, ...]


class Catalogue:
    """The papers for lists."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def state(self, since: datetime) -> State:
        """Return the state of the papers first seen after an instant; read from an index alone."""
        columns = func.count(), func.max(PAPER.c.id), func.sum(PAPER.c.upvotes)
        query = select(*columns).where(PAPER.c.first_seen_at > since)
        with self._database.reading() as session:
            papers, newest, upvotes = session.execute(query).one()
        return State(papers, newest or 0, upvotes or 0)

    def seen_after(self, since: datetime, limit: int) -> list[Seen]:
        """Return the newest ``limit`` papers first seen after an instant, newest first."""
        columns = PAPER.c.id, PAPER.c.first_seen_at, PAPER.c.upvotes, PAPER.c.categories
        query = select(*columns).where(PAPER.c.first_seen_at > since).limit(limit)
        query = query.order_by(PAPER.c.first_seen_at.desc(), PAPER.c.id.desc())
        with self._database.reading() as session:
            rows = session.execute(query)
            return [Seen(r.id, r.first_seen_at, r.upvotes, tuple(r.categories)) for r in rows]

    def newest(self) -> int:
        """Return the highest id of a paper; 0 where there are none."""
        with self._database.reading() as session:
            newest = select(func.max(PAPER.c.id)).where(PAPER.c.source != UPLOADS)
            return session.execute(newest).scalar_one() or 0

    def after(self, paper_id: int, limit: int) -> list[Paper]:
        """Return the first ``limit`` papers with a higher id, in order of their ids."""
        public = PAPER.c.source != UPLOADS  # nobody's own library is for others to read
        query = select(PAPER).where(PAPER.c.id > paper_id, public)
        query = query.order_by(PAPER.c.id).limit(limit)
        with self._database.reading() as session:
            return [paper_of(row) for row in all_rows(session, query, PaperRow)]

    def holding(self, words: Sequence[str], limit: int) -> list[int]:
        """Return the ids of the newest papers whose title or abstract hold all words, as letters.

        Looks at every paper: for the moment in which there is nothing better.
        """
        query = select(PAPER.c.id).where(PAPER.c.source != UPLOADS)
        query = query.order_by(PAPER.c.id.desc()).limit(limit)
        for word in words:
            texts = PAPER.c.title, PAPER.c.abstract
            query = query.where(or_(*(text.icontains(word, autoescape=True) for text in texts)))
        with self._database.reading() as session:
            return list(session.execute(query).scalars())
