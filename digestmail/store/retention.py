"""Deleting what is older than an installation keeps, in small batches of one transaction each."""

from collections.abc import Sequence, Set
from datetime import datetime

from sqlalchemy import ColumnElement, Table, delete, exists, or_, select, tuple_
from sqlmodel import Session

from digestmail.domain import DeliveryState
from digestmail.store.database import Database
from digestmail.store.papers import UPLOADS, name_hash
from digestmail.store.sql import MOST_VALUES, chunks, upsert
from digestmail.store.tables import (
    ATTEMPT,
    BATCH,
    BOUNCE,
    DELETED_NAME,
    DELIVERY,
    DIGEST,
    FEEDBACK,
    ITEM,
    PAPER,
    PAPER_NAME,
    PROFILE,
    SAVED,
)

_OPEN = (
    DeliveryState.PLANNED,
    DeliveryState.LEASED,
    DeliveryState.ON_WIRE,
    DeliveryState.DEFERRED,
)


class Retention:
    """Deletes old rows. Each method deletes at most ``limit`` rows and returns how many."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def delete_digests(self, before: datetime, limit: int) -> int:
        """Delete digests due before an instant, with their items, deliveries and attempts.

        One whose delivery is not over stays.
        """
        is_open = exists().where(DELIVERY.c.digest_id == DIGEST.c.id, DELIVERY.c.state.in_(_OPEN))
        return self._delete(DIGEST, (DIGEST.c.due_at < before) & ~is_open, limit)

    def delete_letters(self, before: datetime, limit: int) -> int:
        """Delete deliveries of mails without papers that ended before an instant."""
        condition = DELIVERY.c.digest_id.is_(None) & (DELIVERY.c.ended_at < before)
        return self._delete(DELIVERY, condition, limit)

    def delete_attempts(self, before: datetime, limit: int) -> int:
        """Delete the relay's replies on deliveries that ended before an instant."""
        ended = select(DELIVERY.c.id).where(DELIVERY.c.ended_at < before)
        return self._delete(ATTEMPT, ATTEMPT.c.delivery_id.in_(ended), limit)

    def delete_bounces(self, before: datetime, limit: int) -> int:
        """Delete bounce reports from before an instant."""
        return self._delete(BOUNCE, BOUNCE.c.at < before, limit)

    def delete_feedback(self, before: datetime, limit: int) -> int:
        """Delete feedback from before an instant."""
        return self._delete(FEEDBACK, FEEDBACK.c.given_at < before, limit)

    def delete_batches(self, before: datetime, limit: int) -> int:
        """Delete the notes on announcements that were made before an instant."""
        return self._delete(BATCH, BATCH.c.noted_at < before, limit)

    def seed_keys(self) -> set[str]:
        """Return the keys of all papers that profiles name as examples."""
        with self._database.reading() as session:
            rows = session.execute(select(PROFILE.c.seed_papers)).scalars()
            return {key for keys in rows for key in keys}

    def delete_papers(
        self, before: datetime, limit: int, seed_keys: Set[str], after: int = 0
    ) -> tuple[int, int | None]:
        """Delete papers first seen before an instant that nobody refers to any more.

        Papers in a digest, with feedback, on a reading list, or named by a profile stay. Looks at
        ``limit`` papers with an id above ``after``; returns how many it deleted and the last id
        that it looked at, None at the end.
        """
        is_referenced = or_(
            exists().where(ITEM.c.paper_id == PAPER.c.id),
            exists().where(FEEDBACK.c.paper_id == PAPER.c.id),
            exists().where(SAVED.c.paper_id == PAPER.c.id),
        )
        query = select(PAPER.c.id, is_referenced.label("is_referenced")).where(
            PAPER.c.id > after, PAPER.c.first_seen_at < before, PAPER.c.source != UPLOADS
        )
        with self._database.writing() as session:
            rows = session.execute(query.order_by(PAPER.c.id).limit(limit)).all()
            names = _names(session, [row.id for row in rows if not row.is_referenced])
            unused = [i for i, known in names.items() if seed_keys.isdisjoint(known)]
            _note_names(session, [name for i in unused for name in names[i]])
            _delete_ids(session, PAPER, unused)
        return len(unused), rows[-1].id if rows else None

    def _delete(self, table: Table, condition: ColumnElement[bool], limit: int) -> int:
        key = table.primary_key.columns
        with self._database.writing() as session:
            rows = session.execute(select(*key).where(condition).order_by(*key).limit(limit)).all()
            for chunk in chunks(rows, MOST_VALUES // len(key)):
                session.execute(delete(table).where(tuple_(*key).in_(chunk)))
        return len(rows)


def _names(session: Session, paper_ids: Sequence[int]) -> dict[int, list[str]]:
    """Return the names of papers by id."""
    names: dict[int, list[str]] = {paper_id: [] for paper_id in paper_ids}
    for chunk in chunks(paper_ids, MOST_VALUES):
        query = select(PAPER_NAME.c.paper_id, PAPER_NAME.c.name)
        for paper_id, name in session.execute(query.where(PAPER_NAME.c.paper_id.in_(chunk))):
            names[paper_id].append(name)
    return names


def _note_names(session: Session, names: Sequence[str]) -> None:
    """Remember the hashes of names: a source that brings such a paper again brings no news."""
    rows = [{"hash": name_hash(name)} for name in names]
    if rows:
        session.execute(upsert(session, DELETED_NAME).on_conflict_do_nothing(), rows)


def _delete_ids(session: Session, table: Table, ids: Sequence[int]) -> None:
    for chunk in chunks(ids, MOST_VALUES):
        session.execute(delete(table).where(table.c.id.in_(chunk)))
