"""The digests that were ever due, and the release of papers that were never shown."""

from collections.abc import Collection, Sequence
from datetime import date, datetime

from sqlalchemy import case, func, select, update
from sqlmodel import Session

from digestmail.domain import Digest, DigestItem, ItemRole, Paper
from digestmail.errors import NotFoundError
from digestmail.store.database import Database
from digestmail.store.digest_recording import DigestPlan, digest_dates, record, shown_papers
from digestmail.store.digest_rows import ITEM_COLUMNS, DigestRows, items_of, load
from digestmail.store.papers import papers_by_id
from digestmail.store.reading_list import untell_versions
from digestmail.store.sql import first_row
from digestmail.store.tables import DELIVERY, DIGEST, ITEM, PAPER, SUBSCRIBER, DigestRow

IS_PICK = ITEM.c.role == ItemRole.PICK.value


class Digests:
    """All digests that were ever due."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def record(self, plans: Sequence[DigestPlan]) -> list[Digest]:
        """Store plans with their deliveries in one transaction; return the digests stored.

        Whatever another process did meanwhile holds: a subscriber who left, a digest that is
        there already and a paper that was shown are passed over. A digest passed over leaves its
        papers to the next one. A plan on a profile or a paper that was erased is left out: its
        subscriber stays due.
        """
        with self._database.writing() as session:
            return record(session, plans)

    def dates(self, subscriber_ids: Sequence[int], since: date) -> set[tuple[int, date]]:
        """Return the (subscriber, date) pairs from ``since`` on that have a digest."""
        with self._database.reading() as session:
            return digest_dates(session, subscriber_ids, since)

    def shown(self, subscriber_ids: Sequence[int], since: datetime) -> dict[int, set[int]]:
        """Return the ids of the papers first seen after ``since``, by subscriber shown them."""
        with self._database.reading() as session:
            return shown_papers(session, subscriber_ids, PAPER.c.first_seen_at > since)

    def get(self, digest_id: int) -> Digest:
        """Return a digest with its items, or raise NotFoundError."""
        with self._database.reading() as session:
            digest = load(session, [digest_id], {}).get(digest_id)
        if digest is None:
            raise NotFoundError("that digest no longer exists")
        return digest

    def load(self, digest_ids: Collection[int], papers: dict[int, Paper]) -> DigestRows:
        """Read many digests at once.

        ``papers`` by id are taken as they are, and those it lacks are read and added: digests of
        one day share many.
        """
        with self._database.reading() as session:
            return load(session, digest_ids, papers)

    def of_subscriber(
        self,
        subscriber_id: int,
        *,
        limit: int | None = 30,
        days: tuple[date, date] | None = None,
    ) -> list[Digest]:
        """Return a subscriber's last digests, or those of ``days`` (from, until), newest first."""
        query = select(DIGEST.c.id).where(DIGEST.c.subscriber_id == subscriber_id)
        if days is not None:
            query = query.where(DIGEST.c.date >= days[0], DIGEST.c.date < days[1])
        with self._database.reading() as session:
            latest = query.order_by(DIGEST.c.date.desc()).limit(limit)
            ids = list(session.execute(latest).scalars())
            rows = load(session, ids, {})
        return [digest for digest_id in ids if (digest := rows.get(digest_id)) is not None]

    def days(self, subscriber_id: int) -> list[date]:
        """Return the dates of all of a subscriber's digests, newest first."""
        query = select(DIGEST.c.date).where(DIGEST.c.subscriber_id == subscriber_id)
        with self._database.reading() as session:
            return list(session.execute(query.order_by(DIGEST.c.date.desc())).scalars())

    def profile_of(self, subscriber_id: int, paper_id: int) -> int | None:
        """Return the profile by which a paper came to a subscriber, if both are there."""
        query = select(ITEM.c.profile_id).where(
            ITEM.c.subscriber_id == subscriber_id, ITEM.c.paper_id == paper_id
        )
        with self._database.reading() as session:
            latest = query.order_by(ITEM.c.digest_id.desc())
            profile_id: int | None = session.execute(latest).scalar()
            return profile_id

    def picked(self, profile_id: int, limit: int) -> list[tuple[DigestItem, datetime]]:
        """Return the last papers of a profile, and when their digests were made, newest first."""
        query = (
            select(*ITEM_COLUMNS, DIGEST.c.prepared_at)
            .join(DIGEST, DIGEST.c.id == ITEM.c.digest_id)
            .where(ITEM.c.profile_id == profile_id, ~ITEM.c.released, IS_PICK)
            .order_by(ITEM.c.digest_id.desc(), ITEM.c.position)
        )
        with self._database.reading() as session:
            rows = [tuple(row) for row in session.execute(query.limit(limit))]
            papers = papers_by_id(session, {row[1] for row in rows})
        rows = [row for row in rows if row[1] in papers]
        items = items_of([row[:-1] for row in rows], papers)
        return [(item, row[-1]) for item, row in zip(items, rows, strict=True)]

    def count(self, since: datetime, until: datetime) -> dict[str, int]:
        """Count the digests due in [since, until) without a planned mail, by their skip reason."""
        reason = func.coalesce(DIGEST.c.skip, "")
        mailed = select(DELIVERY.c.id).where(DELIVERY.c.digest_id == DIGEST.c.id).exists()
        query = select(reason, func.count()).where(
            DIGEST.c.due_at >= since, DIGEST.c.due_at < until, ~mailed
        )
        with self._database.reading() as session:
            return dict(session.execute(query.group_by(reason)).all())


def release(session: Session, digest_id: int) -> None:
    """Let the papers of a digest that never went out be news again for its subscriber.

    What was planned before that does not know of it; see ``DigestPlan.releases``.
    """
    session.execute(update(ITEM).where(ITEM.c.digest_id == digest_id).values(released=True))
    untell_versions(session, digest_id)
    row = first_row(session, select(DIGEST).where(DIGEST.c.id == digest_id), DigestRow)
    if row is None or row.papers_from is None:  # its subscriber was erased, or it judged nothing
        return
    since, arrival = SUBSCRIBER.c.papers_since, SUBSCRIBER.c.judged_arrival
    back = update(SUBSCRIBER).where(SUBSCRIBER.c.id == row.subscriber_id)
    session.execute(
        back.values(
            releases=SUBSCRIBER.c.releases + 1,
            papers_since=case((since > row.papers_from, row.papers_from), else_=since),
            # One of before papers were numbered has a time only, which counts without a number.
            judged_arrival=None
            if row.arrival_from is None
            else case((arrival > row.arrival_from, row.arrival_from), else_=arrival),
        )
    )
