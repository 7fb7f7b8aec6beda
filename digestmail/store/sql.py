"""Small pieces of SQL that SQLite and PostgreSQL spell differently."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeVar, cast

from sqlalchemy import Executable, Select, Table
from sqlalchemy.dialects.postgresql import insert as _postgres_insert
from sqlalchemy.dialects.sqlite import insert as _sqlite_insert
from sqlmodel import Session

from digestmail.store.table_base import Base

_T = TypeVar("_T")
_Row = TypeVar("_Row", bound=Base)

# SQLite's default limit of bound values is 32,766; this leaves room for the rest of a statement.
MOST_VALUES = 10_000


def upsert(session: Session, table: Table) -> Any:
    """Return an INSERT of the session's dialect that takes on_conflict_do_nothing / _do_update."""
    sqlite = session.get_bind().dialect.name == "sqlite"
    return _sqlite_insert(table) if sqlite else _postgres_insert(table)


def all_rows(session: Session, statement: Executable, _row: type[_Row]) -> Sequence[_Row]:
    """Return the rows of a statement that yields all columns of a table, and perhaps more.

    They are SQLAlchemy's light rows, which have the columns of the class and nothing else of it.
    """
    return cast(Sequence[_Row], session.execute(statement).all())


def first_row(session: Session, statement: Executable, _row: type[_Row]) -> _Row | None:
    """Return the first of ``all_rows``, if there is any."""
    return cast(_Row | None, session.execute(statement).first())


def plain_rows(session: Session, statement: Select[Any], values: Mapping[str, Any]) -> list[Any]:
    """Return the rows of a query as tuples, with the values as the driver has them.

    Without SQLAlchemy's rows it takes a quarter of the time: for what is read by the thousand.
    """
    result = session.connection().execute(statement, values)
    return list(result.cursor.fetchall() if result.cursor else ())


def chunks(items: Sequence[_T], size: int) -> Iterator[Sequence[_T]]:
    """Yield ``items`` in order, at most ``size`` at a time."""
    for start in range(0, len(items), size):
        yield items[start : start + size]
