"""Hashes under the database's own salt, for what is only to be recognised again."""

import hmac
import secrets
from datetime import UTC, datetime

from sqlalchemy import select

from digestmail.store.database import Database
from digestmail.store.keys import NoteName
from digestmail.store.service_tables import NOTE
from digestmail.store.sql import upsert

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Salt:
    """The secret of one database; it survives a change of the installation's ``secret_key``."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._salted: hmac.HMAC | None = None

    def hash(self, text: str) -> str:
        """Return the SHA-256 HMAC of a text, in hexadecimal."""
        if self._salted is None:
            self._salted = hmac.new(self._stored().encode(), digestmod="sha256")
        hashed = self._salted.copy()  # begun anew it takes three times as long, for each mail
        hashed.update(text.encode())
        return hashed.hexdigest()

    def address_hash(self, email: str) -> str:
        """Return the hash by which a suppressed address is known."""
        return self.hash(f"address:{email}")

    def _stored(self) -> str:
        values = {"name": NoteName.SALT.value, "value": secrets.token_hex(32), "at": _EPOCH}
        with self._database.writing() as session:
            session.execute(upsert(session, NOTE).values(values).on_conflict_do_nothing())
            salt: str = session.execute(
                select(NOTE.c.value).where(NOTE.c.name == NoteName.SALT.value)
            ).scalar_one()
            return salt
