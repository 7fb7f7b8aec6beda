"""What subscribers said of papers."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import delete, select

from digestmail.domain import Feedback, Verdict
from digestmail.store.database import Database
from digestmail.store.sql import MOST_VALUES, chunks, upsert
from digestmail.store.tables import FEEDBACK


class Feedbacks:
    """The last verdict of each subscriber on each paper."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def give(self, feedback: Feedback) -> None:
        """Record a verdict; a later one on the same paper replaces it."""
        values = {
            "subscriber_id": feedback.subscriber_id,
            "paper_id": feedback.paper_id,
            "profile_id": feedback.profile_id,
            "verdict": feedback.verdict.value,
            "given_at": feedback.given_at,
        }
        with self._database.writing() as session:
            session.execute(
                upsert(session, FEEDBACK)
                .values(values)
                .on_conflict_do_update(
                    index_elements=["subscriber_id", "paper_id"],
                    set_={k: values[k] for k in ("profile_id", "verdict", "given_at")},
                )
            )

    def take_back(self, subscriber_id: int, paper_id: int) -> Feedback | None:
        """Erase a verdict; the one that was erased, if any."""
        mine = (FEEDBACK.c.subscriber_id == subscriber_id, FEEDBACK.c.paper_id == paper_id)
        with self._database.writing() as session:
            gone = session.execute(delete(FEEDBACK).where(*mine).returning(*FEEDBACK.c)).first()
        return _feedback(gone) if gone else None

    def of(self, subscriber_ids: Collection[int]) -> list[Feedback]:
        """All verdicts of these subscribers, oldest first."""
        found: list[Any] = []
        with self._database.reading() as session:
            for some in chunks(sorted(subscriber_ids), MOST_VALUES):
                query = select(FEEDBACK).where(FEEDBACK.c.subscriber_id.in_(some))
                found += session.execute(query.order_by(FEEDBACK.c.given_at)).all()
        return [_feedback(row) for row in found]


def _feedback(row: Any) -> Feedback:
    return Feedback(
        row.subscriber_id, row.profile_id, row.paper_id, Verdict(row.verdict), row.given_at
    )
