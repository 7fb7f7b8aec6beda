"""Papers in the store: one row for one key, first seen once."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import func, select, update
from sqlmodel import Session

from digestmail.domain import Paper
from digestmail.store.database import Database
from digestmail.store.sql import MOST_VALUES, chunks, upsert
from digestmail.store.tables import PAPER

_TEXTS = ("title", "abstract", "url", "doi", "version", "published_at", "updated_at")


@dataclass(frozen=True, slots=True)
class Added:
    """What became of a batch of papers; ``known`` ones brought nothing new."""

    new: int = 0
    updated: int = 0
    known: int = 0


class Papers:
    """All papers ever ingested."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, papers: Sequence[Paper], now: datetime) -> Added:
        """Store a batch in one transaction; a paper met again may only become newer."""
        unique = _collapsed(papers)
        with self._database.writing() as session:
            stored = _by_key(session, list(unique), lock=True)
            fresh = [_row(p, now) for key, p in unique.items() if key not in stored]
            new = _insert(session, fresh)
            newer = [
                (stored[key], paper)
                for key, paper in unique.items()
                if key in stored and _is_newer(paper, stored[key])
            ]
            for old, paper in newer:
                session.execute(
                    update(PAPER).where(PAPER.c.id == old.id).values(_changes(old, paper))
                )
        return Added(new, len(newer), len(papers) - new - len(newer))

    def seen_after(self, since: datetime) -> list[Paper]:
        """The papers first seen after an instant, in order of first sight."""
        query = select(PAPER).where(PAPER.c.first_seen_at > since)
        return self._all(query.order_by(PAPER.c.first_seen_at, PAPER.c.id))

    def by_keys(self, keys: Collection[str]) -> dict[str, Paper]:
        """The stored ones of these keys."""
        found: dict[str, Paper] = {}
        with self._database.reading() as session:
            for some in chunks(sorted(keys), MOST_VALUES):
                found |= _by_key(session, some)
        return found

    def by_ids(self, ids: Iterable[int]) -> dict[int, Paper]:
        """The stored ones of these ids."""
        found: dict[int, Paper] = {}
        with self._database.reading() as session:
            for some in chunks(sorted(set(ids)), MOST_VALUES):
                rows = session.execute(select(PAPER).where(PAPER.c.id.in_(some)))
                found |= {row.id: paper_of(row) for row in rows}
        return found

    def count_by_source(self) -> dict[str, int]:
        """How many papers each source saw first."""
        query = select(PAPER.c.source, func.count()).group_by(PAPER.c.source)
        with self._database.reading() as session:
            return dict(session.execute(query).all())

    def _all(self, query: Any) -> list[Paper]:
        with self._database.reading() as session:
            return [paper_of(row) for row in session.execute(query)]


def paper_of(row: Any) -> Paper:
    """The Paper of a row that has the paper table's columns."""
    return Paper(
        id=row.id,
        key=row.key,
        title=row.title,
        abstract=row.abstract,
        authors=tuple(row.authors),
        categories=tuple(row.categories),
        url=row.url,
        doi=row.doi,
        version=row.version,
        published_at=row.published_at,
        updated_at=row.updated_at,
        announced_on=row.announced_on,
        source=row.source,
        first_seen_at=row.first_seen_at,
    )


def _row(paper: Paper, now: datetime) -> dict[str, Any]:
    return {
        "key": paper.key,
        **{name: getattr(paper, name) for name in _TEXTS},
        "authors": list(paper.authors),
        "categories": list(paper.categories),
        "announced_on": paper.announced_on,
        "source": paper.source,
        "first_seen_at": now,
    }


def _collapsed(papers: Sequence[Paper]) -> dict[str, Paper]:
    """One paper for each key, as if they had come one by one.

    In the order of keys, so that two processes never wait for each other's rows.
    """
    unique: dict[str, Paper] = {}
    for paper in papers:
        known = unique.setdefault(paper.key, paper)
        if _is_newer(paper, known):
            unique[paper.key] = replace(known, **_changes(known, paper))
    return dict(sorted(unique.items()))


def _by_key(session: Session, keys: Sequence[str], *, lock: bool = False) -> dict[str, Paper]:
    query = select(PAPER).where(PAPER.c.key.in_(keys)).order_by(PAPER.c.key)
    rows = session.execute(query.with_for_update() if lock else query)
    return {row.key: paper_of(row) for row in rows}


def _insert(session: Session, rows: list[dict[str, Any]]) -> int:
    """Insert what no other process has inserted meanwhile; returns how many."""
    if not rows:
        return 0
    statement = upsert(session, PAPER).on_conflict_do_nothing().returning(PAPER.c.id)
    return len(session.execute(statement, rows).all())


def _is_newer(paper: Paper, old: Paper) -> bool:
    if paper.version != old.version:
        return paper.version > old.version
    grew = set(paper.categories) - set(old.categories)
    return bool(grew or (paper.abstract and not old.abstract) or (paper.doi and not old.doi))


def _changes(old: Paper, paper: Paper) -> dict[str, Any]:
    """What a newer record changes; what it lacks is kept, and categories only gather."""
    changes = {name: getattr(paper, name) or getattr(old, name) for name in _TEXTS}
    more = [c for c in paper.categories if c not in old.categories]
    return {
        **changes,
        "authors": paper.authors or old.authors,
        "categories": (*old.categories, *more),
    }
