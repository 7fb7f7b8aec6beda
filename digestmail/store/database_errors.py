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
        "cannot grow: the disk is full; free some space, nothing was lost",
    ),
    ("disk i/o error", "cannot be read or written: the disk reports an error"),
    ("malformed", "is damaged; restore a backup"),
    ("no such table", "has no digestmail tables yet; run: digestmail migrate"),
    ("no such column", "is of another version; run: digestmail migrate"),
    ("password authentication failed", "refuses the user or password of database_url"),
    ("no password supplied", "refuses the user or password of database_url"),
    ("permission denied", "refuses what we need: give the user of database_url all rights to it"),
    (
        "must be owner",
        "refuses what we need: make the user of database_url the owner of the tables",
    ),
    (
        "read-only transaction",
        "takes no changes: it is read-only now, such as a standby; name the primary server",
    ),
    (
        "due to lock timeout",
        "is held by another program; nothing changed, try again in a moment",
    ),
    ("due to statement timeout", "did not answer in time; nothing changed, try again"),
    (
        "idle-in-transaction timeout",
        "has ended our connection, since this program had stopped for a while; try again",
    ),
    ("fatal:  role", "refuses the user or password of database_url"),
    ("fatal:  database", "is not there; create it first: createdb"),
    ("connection failed", "does not answer; is the server running and the address right?"),
    ("connection refused", "does not answer; is the server running and the address right?"),
    ("does not exist", "lacks what we look for; run: digestmail migrate"),
)


def problem_of(error: DBAPIError) -> str | None:
    """Return what an operator can mend, to be read after the database's name; None for all else."""
    if isinstance(error, IntegrityError):
        return None  # its text quotes the row, which may hold any of these words
    text = str(error.orig).lower()
    return next((meaning for sign, meaning in _PROBLEMS if sign in text), None)
