"""Uploads of readers: papers of their owner alone."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from sqlalchemy import ColumnElement, delete, insert, select

from digestmail.domain import Paper
from digestmail.store.database import Database
from digestmail.store.papers import UPLOADS, paper_of, row_of
from digestmail.store.sql import MOST_VALUES, all_rows, chunks
from digestmail.store.tables import PAPER, PAPER_NAME, PaperRow

_LONG_AGO = datetime(1991, 8, 14, tzinfo=UTC)  # when arXiv began


def own_key(subscriber_id: int, key: str) -> str:
    """Return the key under which a reader's own word on the paper of ``key`` is stored.

    No form and no source can name it: before the first colon of their keys there is no slash.
    """
    return f"{_prefix(subscriber_id)}{key}"


def _prefix(subscriber_id: int) -> str:
    return f"{UPLOADS}/{subscriber_id}/"


class Uploads:
    """The papers that only a reader's own file describes.

    It is the word of one reader about works that others may get as news: so it goes by keys of its
    own (see ``own_key``), is no news, and is known to nobody else.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, subscriber_id: int, papers: Sequence[Paper]) -> None:
        """Store papers of a reader, in place of earlier ones of the same reader."""
        owned = {own_key(subscriber_id, paper.key): paper for paper in papers}
        rows = [
            row_of(replace(paper, key=key, source=UPLOADS, upvotes=0, version=1), _LONG_AGO)
            for key, paper in owned.items()
        ]
        added = insert(PAPER).returning(PAPER.c.id, sort_by_parameter_order=True)
        with self._database.writing() as session:
            for chunk in chunks(sorted(owned), MOST_VALUES):
                session.execute(delete(PAPER).where(PAPER.c.key.in_(chunk)))
            if rows:
                ids = session.execute(added, rows).scalars()
                names = [{"name": k, "paper_id": i} for k, i in zip(owned, ids, strict=True)]
                session.execute(insert(PAPER_NAME), names)

    def of(self, subscriber_id: int) -> list[Paper]:
        """Return all papers of a reader, by the keys that their profiles name."""
        prefix = _prefix(subscriber_id)
        query = select(PAPER).where(*_owned_by(subscriber_id)).order_by(PAPER.c.id)
        with self._database.reading() as session:
            rows = all_rows(session, query, PaperRow)
        return [replace(paper_of(row), key=row.key.removeprefix(prefix)) for row in rows]

    def drop(self, subscriber_id: int, but: Collection[str] = ()) -> None:
        """Erase a reader's papers but those of some keys."""
        spared = {own_key(subscriber_id, key) for key in but}
        query = select(PAPER.c.id, PAPER.c.key).where(*_owned_by(subscriber_id))
        with self._database.writing() as session:
            gone = [row.id for row in session.execute(query) if row.key not in spared]
            for chunk in chunks(gone, MOST_VALUES):
                session.execute(delete(PAPER).where(PAPER.c.id.in_(chunk)))


def _owned_by(subscriber_id: int) -> tuple[ColumnElement[bool], ...]:
    owned = PAPER.c.key.startswith(_prefix(subscriber_id), autoescape=True)
    return PAPER.c.source == UPLOADS, owned
