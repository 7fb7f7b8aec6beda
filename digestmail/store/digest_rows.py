"""Digests as rows: read many at once, and put together one by one."""

from collections.abc import Collection, Mapping, Sequence
from itertools import groupby
from operator import itemgetter
from typing import Any

import msgspec
from sqlalchemy import Text, bindparam, cast, select
from sqlmodel import Session

from digestmail.domain import Digest, DigestItem, Paper, Reason, SkipReason
from digestmail.store.papers import paper_of
from digestmail.store.sql import MOST_VALUES, chunks, plain_rows
from digestmail.store.tables import DIGEST, ITEM, PAPER

_COLUMNS = ("digest_id", "paper_id", "position", "profile_id", "profile_name", "score", "pinned")
_DIGESTS = select(DIGEST).where(DIGEST.c.id.in_(bindparam("ids", expanding=True)))
_ITEMS = (
    select(*(ITEM.c[name] for name in _COLUMNS), cast(ITEM.c.reasons, Text))
    .where(ITEM.c.digest_id.in_(bindparam("ids", expanding=True)))
    .order_by(ITEM.c.digest_id, ITEM.c.position)
)
# json takes three times as long, with what makes Reasons of what it reads.
_REASONS = msgspec.json.Decoder(list[tuple[Reason, ...]])


class Loaded:
    """Digests that were read together; each is made of its rows when it is asked for.

    So they are garbage again before the collector looks, which would take longer than making them.
    """

    def __init__(
        self, rows: Sequence[Any], items: Sequence[Any], papers: Mapping[int, Paper]
    ) -> None:
        self._rows = {row.id: row for row in rows}
        self._items = {digest_id: list(mine) for digest_id, mine in groupby(items, itemgetter(0))}
        self._papers = papers

    def get(self, digest_id: int) -> Digest | None:
        """A digest with its items, if it was there."""
        row, items = self._rows.get(digest_id), self._items.get(digest_id, [])
        papers = self._papers
        if row is None:
            return None
        reasons = _REASONS.decode(f"[{','.join([item[-1] for item in items])}]")
        made = [
            DigestItem(position, papers[paper], profile, name, score, bool(pinned), why)
            for (_, paper, position, profile, name, score, pinned, _), why in zip(
                items, reasons, strict=True
            )
        ]
        return digest_of(row, tuple(made))


def load(session: Session, digest_ids: Collection[int], papers: dict[int, Paper]) -> Loaded:
    """Read digests; ``papers`` by id are taken as they are, those it lacks are read and added."""
    values = {"ids": list(digest_ids)}
    rows = session.execute(_DIGESTS, values).all()
    items = plain_rows(session, _ITEMS, values)
    lacking = sorted({item[1] for item in items} - papers.keys())
    for some in chunks(lacking, MOST_VALUES):
        found = session.execute(select(PAPER).where(PAPER.c.id.in_(some)))
        papers |= {row.id: paper_of(row) for row in found}
    return Loaded(rows, items, papers)


def digest_of(row: Any, items: tuple[DigestItem, ...] = ()) -> Digest:
    """The Digest of a row that has the digest table's columns."""
    return Digest(
        id=row.id,
        subscriber_id=row.subscriber_id,
        date=row.date,
        due_at=row.due_at,
        prepared_at=row.prepared_at,
        papers_from=row.papers_from,
        papers_until=row.papers_until,
        arrival_from=row.arrival_from,
        arrival_until=row.arrival_until,
        judged=row.judged,
        skip=SkipReason(row.skip) if row.skip else None,
        note=row.note,
        items=items,
    )


def reasons_of(stored: Sequence[Any]) -> tuple[Reason, ...]:
    """The reasons of an item, as they are stored in JSON."""
    return msgspec.convert(stored, tuple[Reason, ...])
