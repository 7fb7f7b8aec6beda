"""Lines that a language model wrote about papers: one for a paper and language, and its use."""

from collections.abc import Collection
from datetime import date, datetime, timedelta

from sqlalchemy import delete, func, insert, select, update

from digestmail.domain import EndpointUse, WrittenLine
from digestmail.store.database import Database
from digestmail.store.line_tables import (
    ENDPOINT_USE,
    WRITTEN_LINE,
    EndpointUseRow,
    WrittenLineRow,
)
from digestmail.store.sql import MOST_VALUES, all_rows, chunks, first_row, upsert
from digestmail.store.tables import DIGEST, ITEM, PAPER, SUBSCRIBER

_USE_LIFETIME = timedelta(days=60)  # of what was used on a day
_TABLE = WRITTEN_LINE.c


class Lines:
    """The lines of an installation's papers."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def of(self, paper_ids: Collection[int], language: str) -> dict[int, WrittenLine]:
        """Return the lines of papers in a language, by id, where there are any."""
        return {
            row.paper_id: WrittenLine(row.text, row.title)
            for row in self._rows(paper_ids, language)
            if row.text
        }

    def settled(self, paper_ids: Collection[int], language: str, most_attempts: int) -> set[int]:
        """Return the papers that have a line, or whose line was asked for often enough."""
        rows = self._rows(paper_ids, language)
        return {row.paper_id for row in rows if row.text or row.attempts >= most_attempts}

    def _rows(self, paper_ids: Collection[int], language: str) -> list[WrittenLineRow]:
        rows: list[WrittenLineRow] = []
        query = select(WRITTEN_LINE).where(_TABLE.language == language)
        with self._database.reading() as session:
            for chunk in chunks(sorted(paper_ids), MOST_VALUES):
                rows += all_rows(session, query.where(_TABLE.paper_id.in_(chunk)), WrittenLineRow)
        return rows

    def in_digests(self, since: datetime, newest: int) -> list[tuple[int, str, int]]:
        """Return the papers of the ``newest`` digests due since an instant.

        Each with a language (empty for English) and its number of readers in that language, those
        of most readers first.
        """
        readers = func.count()
        latest = select(DIGEST.c.id).where(DIGEST.c.due_at >= since)
        latest = latest.order_by(DIGEST.c.id.desc()).limit(newest)
        query = (
            select(ITEM.c.paper_id, SUBSCRIBER.c.language, readers)
            .join(DIGEST, DIGEST.c.id == ITEM.c.digest_id)
            .join(SUBSCRIBER, SUBSCRIBER.c.id == DIGEST.c.subscriber_id)
            .where(DIGEST.c.id.in_(latest))
            .group_by(ITEM.c.paper_id, SUBSCRIBER.c.language)
            .order_by(readers.desc(), ITEM.c.paper_id.desc())
        )
        with self._database.reading() as session:
            return [(row[0], row[1], row[2]) for row in session.execute(query)]

    # --- writing -----------------------------------------------------------------------------

    def begin(self, paper_id: int, language: str) -> bool:
        """Count an attempt at a line; False where the paper is not there any more."""
        named = _TABLE.paper_id == paper_id, _TABLE.language == language
        first = {"paper_id": paper_id, "language": language, "text": "", "title": "", "attempts": 1}
        with self._database.writing() as session:
            count = update(WRITTEN_LINE).where(*named).values(attempts=_TABLE.attempts + 1)
            if session.execute(count.returning(_TABLE.paper_id)).first():
                return True
            paper = select(PAPER.c.id).where(PAPER.c.id == paper_id).with_for_update()
            if session.execute(paper).first() is None:
                return False
            session.execute(insert(WRITTEN_LINE).values(first))
        return True

    def take_back(self, paper_id: int, language: str) -> None:
        """Uncount an attempt that failed for a reason other than the paper."""
        named = _TABLE.paper_id == paper_id, _TABLE.language == language, _TABLE.attempts > 0
        with self._database.writing() as session:
            uncount = update(WRITTEN_LINE).where(*named).values(attempts=_TABLE.attempts - 1)
            session.execute(uncount)

    def write(self, paper_id: int, language: str, line: WrittenLine) -> bool:
        """Store a line that was begun; False where the paper's text has changed or gone since."""
        named = _TABLE.paper_id == paper_id, _TABLE.language == language
        change = update(WRITTEN_LINE).where(*named).values(text=line.text, title=line.title)
        with self._database.writing() as session:
            return session.execute(change.returning(_TABLE.paper_id)).first() is not None

    # --- the budget --------------------------------------------------------------------------

    def take_request(self, day: date, limit: int) -> bool:
        """Count a request of a day, unless its budget is used up; old days are forgotten."""
        first = {"day": day, "requests": 0, "tokens": 0, "lines": 0}
        old = ENDPOINT_USE.c.day < day - _USE_LIFETIME
        within = ENDPOINT_USE.c.day == day, ENDPOINT_USE.c.requests < limit
        with self._database.writing() as session:
            added = upsert(session, ENDPOINT_USE).values(first).on_conflict_do_nothing()
            if session.execute(added.returning(ENDPOINT_USE.c.day)).first():
                session.execute(delete(ENDPOINT_USE).where(old))
            count = update(ENDPOINT_USE).where(*within)
            taken = count.values(requests=ENDPOINT_USE.c.requests + 1)
            return session.execute(taken.returning(ENDPOINT_USE.c.day)).first() is not None

    def note_use(self, day: date, *, tokens: int, lines: int) -> None:
        """Add what a request of a day used and brought."""
        table = ENDPOINT_USE.c
        more = {"tokens": table.tokens + tokens, "lines": table.lines + lines}
        with self._database.writing() as session:
            session.execute(update(ENDPOINT_USE).where(table.day == day).values(more))

    def use(self, day: date) -> EndpointUse:
        """Return the use of a day."""
        query = select(ENDPOINT_USE).where(ENDPOINT_USE.c.day == day)
        with self._database.reading() as session:
            row = first_row(session, query, EndpointUseRow)
        return EndpointUse(row.requests, row.tokens, row.lines) if row else EndpointUse()
