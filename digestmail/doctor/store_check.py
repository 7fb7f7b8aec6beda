"""A check that the database can be used as it is, and that its disk has room."""

import shutil
from collections.abc import Iterator
from contextlib import closing

from digestmail.app import open_database
from digestmail.config import Settings
from digestmail.doctor.check import Check, attempt
from digestmail.errors import DigestmailError
from digestmail.resources import MIGRATIONS
from digestmail.store.migrate import current_revision, require_current


def examine_store(settings: Settings, least_free: int = 100_000_000) -> Iterator[Check]:
    """Check the database, its version and its disk.

    ``least_free``: bytes that should be free on each disk; a day of 100,000 digests takes less.
    """
    yield attempt("database", lambda: _database(settings))
    yield attempt("migrations", lambda: _migrations(settings))
    yield attempt("disk", lambda: _disk(settings, least_free))


def _database(settings: Settings) -> str:
    database = open_database(settings)
    if database.path is not None and not database.path.exists():
        raise DigestmailError(f"no database at {database.path}; run: digestmail migrate")
    with closing(database):
        # Begun as a writer begins: a database that is locked or read-only says so.
        with database.connecting(writing=True) as connection, connection.begin() as begun:
            connection.exec_driver_sql("SELECT 1")
            begun.rollback()
        return database.name


def _migrations(settings: Settings) -> str:
    with closing(open_database(settings)) as database:
        require_current(database, MIGRATIONS)
        return f"at revision {current_revision(database)}, the newest"


def _disk(settings: Settings, least_free: int) -> str:
    database = open_database(settings).path
    folders = [settings.folder, *([database.parent] if database else [])]
    folders += [settings.path(settings.mail.outbox)] if settings.mail.outbox else []
    free = {folder: shutil.disk_usage(folder).free for folder in folders if folder.exists()}
    folder = min(free, key=lambda each: free[each])
    if free[folder] < least_free:
        text = f"only {free[folder] / 1e6:.0f} MB free at {folder}; free some space"
        raise DigestmailError(f"{text} before it is full")
    return f"{free[folder] / 1e9:.1f} GB free"
