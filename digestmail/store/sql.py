"""Small pieces of SQL that SQLite and PostgreSQL spell differently."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeVar

from sqlalchemy import Select, Table
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


def plain_rows(session: Session, statement: Select[Any], values: Mapping[str, Any]) -> list[Any]:
    """The rows of a query as tuples, with the values as the driver has them.

    Without SQLAlchemy's rows it takes a quarter of the time: for what is read by the thousand.
    """
    result = session.connection().execute(statement, values)
    return list(result.cursor.fetchall() if result.cursor else ())


def chunks(items: Sequence[_T], size: int) -> Iterator[Sequence[_T]]:
    """``items`` in order, at most ``size`` at a time."""
    for start in range(0, len(items), size):
        yield items[start : start + size]
