"""Reading lists."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from sqlalchemy import and_, delete, func, literal, or_, select, update
from sqlmodel import Session

from digestmail.domain import ItemRole, Paper, SavedPaper
from digestmail.store.database import Database
from digestmail.store.papers import Papers, paper_of
from digestmail.store.sql import MOST_VALUES, all_rows, chunks, upsert
from digestmail.store.tables import ITEM, PAPER, SAVED, PaperRow, SavedRow


@dataclass(frozen=True, slots=True)
class NewVersion:
    """A paper that has changed since it was saved.

    ``is_revised``: whether it has a new version; else it was published under another DOI.
    """

    paper: Paper
    is_revised: bool


class ReadingLists:
    """The papers that subscribers keep to read."""

    def __init__(self, database: Database, papers: Papers) -> None:
        self._database = database
        self._papers = papers

    def add(self, subscriber_id: int, paper_id: int, now: datetime) -> None:
        """Put a paper on a reading list; one that is there already stays where it is."""
        columns = ("subscriber_id", "paper_id", "saved_at", "version", "doi")
        values = (literal(subscriber_id), PAPER.c.id, literal(now), PAPER.c.version, PAPER.c.doi)
        with self._database.writing() as session:
            saved = select(*values).where(PAPER.c.id == paper_id)
            added = upsert(session, SAVED).from_select(columns, saved)
            session.execute(added.on_conflict_do_nothing())

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

    def new_versions(self, subscriber_ids: Collection[int]) -> dict[int, list[NewVersion]]:
        """Return the papers that have changed since their readers saved them, by subscriber."""
        changed = or_(
            PAPER.c.version > SAVED.c.version, and_(PAPER.c.doi != "", PAPER.c.doi != SAVED.c.doi)
        )
        query = (
            select(SAVED.c.subscriber_id, SAVED.c.version.label("known_version"), PAPER)
            .join(PAPER, PAPER.c.id == SAVED.c.paper_id)
            .where(changed)
            .order_by(SAVED.c.subscriber_id, SAVED.c.saved_at.desc())
        )
        versions: dict[int, list[NewVersion]] = {}
        with self._database.reading() as session:
            for chunk in chunks(sorted(subscriber_ids), MOST_VALUES):
                for row in session.execute(query.where(SAVED.c.subscriber_id.in_(chunk))):
                    paper = paper_of(cast(PaperRow, row))
                    version = NewVersion(paper, is_revised=paper.version > row.known_version)
                    versions.setdefault(row.subscriber_id, []).append(version)
        return versions

    def count(self, subscriber_id: int) -> int:
        """Return how many papers are on a reading list."""
        query = select(func.count()).where(SAVED.c.subscriber_id == subscriber_id)
        with self._database.reading() as session:
            saved: int = session.execute(query).scalar_one()
            return saved


def tell_version(session: Session, subscriber_id: int, paper: Paper) -> bool:
    """Note that a reader is told of a saved paper's state; False if they know it already."""
    told = update(SAVED).where(
        SAVED.c.subscriber_id == subscriber_id,
        SAVED.c.paper_id == paper.id,
        or_(SAVED.c.version != paper.version, SAVED.c.doi != paper.doi),
    )
    changed = told.values(version=paper.version, doi=paper.doi).returning(SAVED.c.paper_id)
    return session.execute(changed).first() is not None


def untell_versions(session: Session, digest_id: int) -> None:
    """Let the new versions that a digest had be told again, as it never went out."""
    query = select(ITEM.c.subscriber_id, ITEM.c.paper_id, ITEM.c.reasons).where(
        ITEM.c.digest_id == digest_id, ITEM.c.role == ItemRole.NEW_VERSION.value
    )
    for subscriber_id, paper_id, reasons in session.execute(query).all():
        kind, details, _ = reasons[0]
        known = {"version": int(details[0]) - 1} if kind == "new-version" else {"doi": ""}
        is_of = (SAVED.c.subscriber_id == subscriber_id, SAVED.c.paper_id == paper_id)
        session.execute(update(SAVED).where(*is_of).values(known))
