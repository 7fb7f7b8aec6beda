"""Small pieces of SQL that SQLite and PostgreSQL spell differently."""

from collections.abc import Iterator, Sequence
from typing import Any, TypeVar

from sqlalchemy import Table
from sqlalchemy.dialects.postgresql import insert as _postgres_insert
from sqlalchemy.dialects.sqlite import insert as _sqlite_insert
from sqlmodel import Session

_T = TypeVar("_T")

# SQLite's default limit of bound values is 32,766; this leaves room for the rest of a statement.
MOST_VALUES = 10_000


def upsert(session: Session, table: Table) -> Any:
    """An INSERT of the session's dialect that takes on_conflict_do_nothing / _do_update."""
    sqlite = session.get_bind().dialect.name == "sqlite"
    return _sqlite_insert(table) if sqlite else _postgres_insert(table)


def chunks(items: Sequence[_T], size: int) -> Iterator[Sequence[_T]]:
    """``items`` in order, at most ``size`` at a time."""
    for start in range(0, len(items), size):
        yield items[start : start + size]
