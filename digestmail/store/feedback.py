"""The verdicts of subscribers on papers."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import delete, func, select, union

from digestmail.domain import Feedback, Verdict
from digestmail.store.database import Database
from digestmail.store.sql import MOST_VALUES, all_rows, chunks, first_row, upsert
from digestmail.store.tables import FEEDBACK, SAVED, FeedbackRow


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
        """Erase a verdict; return it, if there was any."""
        verdict = (FEEDBACK.c.subscriber_id == subscriber_id, FEEDBACK.c.paper_id == paper_id)
        with self._database.writing() as session:
            erased = delete(FEEDBACK).where(*verdict).returning(*FEEDBACK.c)
            row = first_row(session, erased, FeedbackRow)
        return _feedback(row) if row else None

    def of(self, subscriber_ids: Collection[int]) -> list[Feedback]:
        """Return all verdicts of these subscribers, oldest first."""
        rows: list[FeedbackRow] = []
        with self._database.reading() as session:
            for chunk in chunks(sorted(subscriber_ids), MOST_VALUES):
                query = select(FEEDBACK).where(FEEDBACK.c.subscriber_id.in_(chunk))
                rows += all_rows(session, query.order_by(FEEDBACK.c.given_at), FeedbackRow)
        return [_feedback(row) for row in rows]

    def readers(self, since: datetime, least: int) -> dict[int, int]:
        """Return how many subscribers liked or saved each paper since an instant.

        Only papers with at least ``least`` of them, so that a count tells of nobody.
        """
        likes = select(FEEDBACK.c.paper_id, FEEDBACK.c.subscriber_id).where(
            FEEDBACK.c.verdict == Verdict.MORE.value, FEEDBACK.c.given_at > since
        )
        saves = select(SAVED.c.paper_id, SAVED.c.subscriber_id).where(SAVED.c.saved_at > since)
        readers = union(likes, saves).subquery()  # who did both counts once
        count = func.count()
        query = select(readers.c.paper_id, count).group_by(readers.c.paper_id)
        with self._database.reading() as session:
            return dict(session.execute(query.having(count >= least)).all())


def _feedback(row: FeedbackRow) -> Feedback:
    return Feedback(
        row.subscriber_id, row.profile_id, row.paper_id, Verdict(row.verdict), row.given_at
    )
