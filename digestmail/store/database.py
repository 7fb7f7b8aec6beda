"""The connection to SQLite or PostgreSQL, and what their errors mean for the operator."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, create_engine, event, make_url
from sqlalchemy.engine import URL, Connection
from sqlalchemy.exc import ArgumentError, DatabaseError, IntegrityError, OperationalError
from sqlmodel import Session

from digestmail.errors import ConfigError, StoreError

_BUSY_MS = 15_000
_POSTGRES = {"postgresql", "postgres", "postgresql+psycopg"}


def _read_json(text: str) -> Any:
    """A JSON column's value. Most lists of a profile are empty, and decoding takes ten times as
    long."""
    return [] if text == "[]" else json.loads(text)


class Database:
    """One database. On SQLite, writes hold the one write lock from their start.

    SQLite: WAL (set by ``migrate``, kept in the file), so readers never wait;
    ``synchronous=FULL``, because a commit lost in a power cut after a mail was sent would send it
    again; BEGIN IMMEDIATE for writers, because a read transaction that turns into a write fails
    at once, whatever the busy timeout.
    """

    def __init__(self, url: str) -> None:
        self.url = _checked(url)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        # Parameters hold addresses, which must not get into logs.
        self.engine = create_engine(
            self.url, hide_parameters=True, json_deserializer=_read_json, **self._options()
        )
        if self.is_sqlite:
            _teach_sqlite(self.engine)
        self._writer = self.engine.execution_options(writing=True)

    def _options(self) -> dict[str, Any]:
        if self.is_sqlite:
            return {"connect_args": {"timeout": _BUSY_MS / 1000, "check_same_thread": False}}
        return {"pool_pre_ping": True, "connect_args": {"connect_timeout": 10}}

    @property
    def path(self) -> Path | None:
        """SQLite's file; None for another engine."""
        return Path(self.url.database or "") if self.is_sqlite else None

    @property
    def name(self) -> str:
        """How the operator knows the database; holds no password."""
        return str(self.path) if self.is_sqlite else self.url.set(query={}).render_as_string()

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A session that only reads."""
        with self._explained(), Session(self.engine) as session:
            yield session

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """A session whose transaction is committed at the end, or rolled back by an error."""
        with self._explained(), Session(self._writer) as session, session.begin():
            yield session

    @contextmanager
    def connecting(self, *, writing: bool = False) -> Iterator[Connection]:
        """A bare connection for checks and migrations; the caller begins and commits."""
        engine = self._writer if writing else self.engine
        with self._explained(), engine.connect() as connection:
            yield connection

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except DatabaseError as error:
            problem = _problem(error, self)
            if problem is None:
                raise
            raise StoreError(problem) from error

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


_PROBLEMS = (
    ("not a database", "is not a digestmail database (not SQLite at all); name another file"),
    ("readonly database", "is read-only; give this user write access to the file and its folder"),
    (
        "unable to open database",
        "cannot be opened; does its folder exist, and may this user write there?",
    ),
    ("database is locked", "is locked by another program; close it, or try again in a moment"),
    (
        "database or disk is full",
        "cannot grow: the disk is full; free some space, nothing was lost",
    ),
    ("disk i/o error", "cannot be read or written: the disk reports an error"),
    ("malformed", "is damaged; restore a backup"),
    ("no such table", "has no digestmail tables yet; run: digestmail migrate"),
    ("no such column", "is of another version; run: digestmail migrate"),
    ("password authentication failed", "refuses the user or password of database_url"),
    ("no password supplied", "refuses the user or password of database_url"),
    ("fatal:  role", "refuses the user or password of database_url"),
    ("fatal:  database", "is not there; create it first: createdb"),
    ("connection failed", "does not answer; is the server running and the address right?"),
    ("connection refused", "does not answer; is the server running and the address right?"),
    ("does not exist", "lacks what we look for; run: digestmail migrate"),
)


def _problem(error: DatabaseError, database: Database) -> str | None:
    """One line about trouble an operator can mend; None for what must be our own mistake."""
    if isinstance(error, IntegrityError):
        return None  # its text quotes the row, which may hold any of these words
    text = str(error.orig).lower()
    for sign, meaning in _PROBLEMS:
        if sign in text:
            return f"the database {database.name} {meaning}"
    if isinstance(error, OperationalError):
        first = str(error.orig).strip().splitlines()[0]
        return f"the database {database.name} failed: {first}"
    return None
