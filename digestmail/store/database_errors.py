"""What a database's errors mean for the operator, in words."""

from sqlalchemy.exc import DBAPIError, IntegrityError

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
        "cannot grow because the disk is full; free some space. Nothing was lost",
    ),
    ("disk i/o error", "cannot be read or written: the disk reports an error"),
    ("malformed", "is damaged; restore a backup"),
    ("no such table", "has no digestmail tables yet; run: digestmail migrate"),
    ("no such column", "has a different schema version; run: digestmail migrate"),
    ("password authentication failed", "rejects the user or password in database_url"),
    ("no password supplied", "rejects the user or password in database_url"),
    ("permission denied", "denies permission: give the user in database_url all rights to it"),
    (
        "must be owner",
        "denies permission: make the user in database_url the owner of the tables",
    ),
    (
        "read-only transaction",
        "is read-only, perhaps a standby; use the primary server",
    ),
    (
        "due to lock timeout",
        "is locked by another program; nothing changed, try again in a moment",
    ),
    ("due to statement timeout", "did not answer in time; nothing changed, try again"),
    (
        "idle-in-transaction timeout",
        "closed the connection because this program was idle for too long; try again",
    ),
    ("fatal:  role", "rejects the user or password in database_url"),
    ("fatal:  database", "does not exist; create it first: createdb"),
    ("connection failed", "does not answer; is the server running and the address right?"),
    ("connection refused", "does not answer; is the server running and the address right?"),
    ("does not exist", "lacks a table or column; run: digestmail migrate"),
)


def problem_of(error: DBAPIError) -> str | None:
    """Return what an operator can mend, to be read after the database's name; None for all else."""
    if isinstance(error, IntegrityError):
        return None  # its text quotes the row, which may hold any of these words
    text = str(error.orig).lower()
    return next((meaning for sign, meaning in _PROBLEMS if sign in text), None)
