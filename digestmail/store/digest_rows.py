"""The rows of digests: read many at once, and put together one by one."""

from collections.abc import Collection, Mapping, Sequence
from itertools import groupby
from operator import itemgetter

import msgspec
from sqlalchemy import Text, bindparam, cast, select
from sqlmodel import Session

from digestmail.domain import (
    DayNote,
    Digest,
    DigestItem,
    ItemRole,
    NoteKind,
    Paper,
    Reason,
    SkipReason,
)
from digestmail.store.papers import papers_by_id
from digestmail.store.sql import all_rows, plain_rows
from digestmail.store.tables import DIGEST, ITEM, DigestRow

_NAMES = (
    "digest_id",
    "paper_id",
    "position",
    "profile_id",
    "profile_name",
    "score",
    "pinned",
    "role",
)
ITEM_COLUMNS = (*(ITEM.c[name] for name in _NAMES), cast(ITEM.c.reasons, Text))
ItemColumns = tuple[int, int, int, int | None, str, float, bool, str, str]

_DIGESTS = select(DIGEST).where(DIGEST.c.id.in_(bindparam("ids", expanding=True)))
_ITEMS = (
    select(*ITEM_COLUMNS)
    .where(ITEM.c.digest_id.in_(bindparam("ids", expanding=True)))
    .order_by(ITEM.c.digest_id, ITEM.c.position)
)
# json takes three times as long, with what makes Reasons of what it reads.
_ROLES = {role.value: role for role in ItemRole}
_REASONS = msgspec.json.Decoder(list[tuple[Reason, ...]])


class DigestRows:
    """The rows of digests that were read together; ``get`` makes one digest of its rows.

    So digests are garbage again before the collector looks, which would take longer than making
    them.
    """

    def __init__(
        self, rows: Sequence[DigestRow], items: Sequence[ItemColumns], papers: Mapping[int, Paper]
    ) -> None:
        self._rows = {row.id: row for row in rows}
        self._items = {digest_id: list(group) for digest_id, group in groupby(items, itemgetter(0))}
        self._papers = papers

    def get(self, digest_id: int) -> Digest | None:
        """Return a digest with its items, if it was there."""
        row = self._rows.get(digest_id)
        if row is None:
            return None
        return _digest(row, items_of(self._items.get(digest_id, []), self._papers))


def load(session: Session, digest_ids: Collection[int], papers: dict[int, Paper]) -> DigestRows:
    """Read digests; ``papers`` by id are taken as they are, those it lacks are read and added."""
    values = {"ids": list(digest_ids)}
    rows = all_rows(session, _DIGESTS.params(values), DigestRow)
    items: list[ItemColumns] = plain_rows(session, _ITEMS, values)
    papers |= papers_by_id(session, {item[1] for item in items} - papers.keys())
    return DigestRows(rows, items, papers)


def items_of(items: Sequence[ItemColumns], papers: Mapping[int, Paper]) -> tuple[DigestItem, ...]:
    """Return the items of rows that have ITEM_COLUMNS."""
    reasons = _REASONS.decode(f"[{','.join([item[-1] for item in items])}]")
    return tuple(
        [
            DigestItem(
                position, papers[paper], profile, name, score, bool(pinned), why, _ROLES[role]
            )
            for (_, paper, position, profile, name, score, pinned, role, _), why in zip(
                items, reasons, strict=True
            )
        ]
    )


def _digest(row: DigestRow, items: tuple[DigestItem, ...]) -> Digest:
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
        notes=tuple(DayNote(NoteKind(kind), tuple(details)) for kind, details in row.notes),
        items=tuple([item for item in items if item.role is ItemRole.PICK]),
        nearest=tuple([item for item in items if item.role is ItemRole.NEAREST]),
        new_versions=tuple([item for item in items if item.role is ItemRole.NEW_VERSION]),
    )
