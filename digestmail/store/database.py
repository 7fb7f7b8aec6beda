"""The connection to SQLite or PostgreSQL, and what their errors mean for the operator."""

import json
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, create_engine, event, make_url
from sqlalchemy.engine import URL, Connection
from sqlalchemy.exc import (
    ArgumentError,
    DBAPIError,
    InterfaceError,
    InternalError,
    OperationalError,
)
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlmodel import Session

from digestmail.errors import ConfigError, StoreError
from digestmail.store.database_errors import problem_of

_POSTGRES = {"postgresql", "postgres", "postgresql+psycopg"}


def _read_json(text: str) -> Any:
    """Return a JSON column's value. Most lists of a profile are empty, and decoding takes ten
    times as long.
    """
    return [] if text == "[]" else json.loads(text)


@dataclass(frozen=True, slots=True)
class Patience:
    """How long the database may keep us waiting, in seconds.

    ``busy``: for SQLite's one write lock. The others are for PostgreSQL: a session that does
    nothing in a transaction for ``idle`` is ended by the server, since its host may have stopped;
    a ``lock`` is waited for longer than that, so that others get through; no ``statement`` of
    ours takes minutes. ``connect``: for a new connection. ``pool``: until another thread of ours
    gives its connection back. ``silent``: after so long without a
    sign of life the other end of a connection is given up.
    """

    busy: float = 15
    connect: int = 10
    pool: float = 30
    idle: float = 60
    lock: float = 90
    statement: float = 300
    silent: int = 60


PATIENT = Patience()


class Database:
    """One database. On SQLite, writes hold the one write lock from their start.

    SQLite: WAL (set by ``migrate``, kept in the file), so readers never wait;
    ``synchronous=FULL``, because a commit lost in a power cut after a mail was sent would send it
    again; BEGIN IMMEDIATE for writers, because a read transaction that turns into a write fails
    at once, whatever the busy timeout.
    """

    def __init__(self, url: str, patience: Patience = PATIENT) -> None:
        self.url = _checked(url)
        self._patience = patience
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        # Parameters hold addresses, which must not get into logs.
        self.engine = create_engine(
            self.url, hide_parameters=True, json_deserializer=_read_json, **self._options()
        )
        if self.is_sqlite:
            _teach_sqlite(self.engine)
            _watch_file(self.engine, Path(self.url.database or ""))
        else:
            _limit_waiting(self.engine, patience)
        self._writer = self.engine.execution_options(writing=True)

    def _options(self) -> dict[str, Any]:
        if self.is_sqlite:
            return {"connect_args": {"timeout": self._patience.busy, "check_same_thread": False}}
        silent = self._patience.silent
        signs_of_life = {
            "connect_timeout": self._patience.connect,
            "keepalives": 1,
            "keepalives_idle": silent // 2,
            "keepalives_interval": max(silent // 6, 1),
            "keepalives_count": 3,
            "tcp_user_timeout": silent * 1000,
        }
        # What the operator has put into the address counts.
        chosen = {k: v for k, v in signs_of_life.items() if k not in self.url.query}
        return {
            "pool_pre_ping": True,
            "pool_timeout": self._patience.pool,
            "connect_args": chosen,
        }

    @property
    def path(self) -> Path | None:
        """SQLite's file; None for another engine."""
        return Path(self.url.database or "") if self.is_sqlite else None

    @property
    def name(self) -> str:
        """Return the name by which the operator knows the database, without a password."""
        return str(self.path) if self.is_sqlite else self.url.set(query={}).render_as_string()

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """Open a session that only reads."""
        with self._explained(), Session(self.engine) as session:
            yield session

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """Open a session whose transaction is committed at the end, or rolled back by an error."""
        with self._explained(), Session(self._writer) as session, session.begin():
            yield session

    @contextmanager
    def connecting(self, *, writing: bool = False) -> Iterator[Connection]:
        """Open a bare connection for checks and migrations; the caller begins and commits."""
        engine = self._writer if writing else self.engine
        with self._explained(), engine.connect() as connection:
            yield connection

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except PoolTimeoutError as error:
            raise StoreError(f"database {self.name} has no free connection") from error
        except DBAPIError as error:
            first = str(error.orig).strip().partition("\n")[0]
            problem = problem_of(error)
            if problem is None and not isinstance(error, _TROUBLE):
                raise
            raise StoreError(f"the database {self.name} {problem or f'failed: {first}'}") from error

    def close(self) -> None:
        """Close all connections."""
        self.engine.dispose()


def _checked(text: str) -> URL:
    try:
        url = make_url(text)
    except ArgumentError:
        raise ConfigError(
            "database_url: not a database address; use sqlite:///digestmail.db or "
            "postgresql://user:password@host/name"
        ) from None
    if url.drivername in _POSTGRES:
        return _postgres(url)
    if url.drivername != "sqlite" or not url.database:
        raise ConfigError(
            f"database_url: {url.drivername!r} is not supported; use sqlite:///FILE or postgresql://…"
        )
    return url


def _postgres(url: URL) -> URL:
    try:
        import psycopg  # noqa: F401
    except ImportError:
        raise ConfigError(
            "database_url: PostgreSQL needs its driver: pip install 'digestmail[postgresql]'"
        ) from None
    return url.set(drivername="postgresql+psycopg")


def _teach_sqlite(engine: Engine) -> None:
    @event.listens_for(engine, "connect")
    def connected(connection: sqlite3.Connection, _record: object) -> None:
        connection.isolation_level = None  # BEGIN is ours, below
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA foreign_keys = ON")

    @event.listens_for(engine, "begin")
    def begins(connection: Connection) -> None:
        writing = connection.get_execution_options().get("writing")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")


def _watch_file(engine: Engine, path: Path) -> None:
    """Refuse to go on when the file is not the one that was opened first.

    What is written to a file that was replaced is lost, and its write-ahead log damages the new
    one.
    """
    opened: list[tuple[int, int]] = []
    changes: list[str] = []

    def check() -> None:
        try:
            status = os.stat(path)
        except OSError:
            status = None
        file = (status.st_dev, status.st_ino) if status else (0, 0)
        if opened and file != opened[0]:
            changes.append("replaced" if status else "removed")
        if changes:  # for good: the number of a file that was removed is soon another's
            raise StoreError(
                f"the database {path} was {changes[0]} while this program used it; stop all "
                "digestmail processes, put the right file in place, and start again"
            )
        if status:
            opened[:] = [file]

    @event.listens_for(engine, "do_connect")
    def connects(*_: object) -> None:
        check()

    @event.listens_for(engine, "checkout")
    def checked_out(*_: object) -> None:
        check()


# A value that the operator has set for the role or the database counts.
_LIMIT = """
    SELECT set_config(name, %s, false) FROM pg_settings WHERE name = %s AND setting = '0'
"""


def _limit_waiting(engine: Engine, patience: Patience) -> None:
    limits = {
        "lock_timeout": patience.lock,
        "statement_timeout": patience.statement,
        "idle_in_transaction_session_timeout": patience.idle,
    }

    @event.listens_for(engine, "connect")
    def connected(connection: Any, _record: object) -> None:
        with connection.cursor() as cursor:
            for name, seconds in limits.items():
                cursor.execute(_LIMIT, (f"{seconds * 1000:.0f}", name))
        connection.commit()


_TROUBLE = (OperationalError, InternalError, InterfaceError)  # never a mistake of ours
