"""Features of the texts that people typed, as long as anybody uses them."""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta

from sqlalchemy import delete, select, update

from digestmail.store.database import Database
from digestmail.store.sql import MOST_VALUES, all_rows, chunks, upsert
from digestmail.store.tables import TEXT_FEATURE, TextFeatureRow

_RENEWAL = timedelta(days=3)  # a use within so long of the last one is not written down


class TextFeatures:
    """Features of texts, by the text's name (a hash) and the kind of feature."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def load(self, kind: str, names: Collection[str], now: datetime) -> dict[str, bytes]:
        """Return the features of the texts of these names, which are in use now."""
        table = TEXT_FEATURE.c
        rows: list[TextFeatureRow] = []
        with self._database.reading() as session:
            for chunk in chunks(sorted(names), MOST_VALUES):
                query = select(TEXT_FEATURE).where(table.name.in_(chunk), table.kind == kind)
                rows += all_rows(session, query, TextFeatureRow)
        if stale := [row.name for row in rows if not now - _RENEWAL < row.used_at <= now]:
            self._renew(kind, stale, now)
        return {row.name: row.data for row in rows}

    def _renew(self, kind: str, names: Collection[str], now: datetime) -> None:
        with self._database.writing() as session:
            for chunk in chunks(sorted(names), MOST_VALUES):
                used = TEXT_FEATURE.c.name.in_(chunk), TEXT_FEATURE.c.kind == kind
                session.execute(update(TEXT_FEATURE).where(*used).values(used_at=now))

    def keep(self, kind: str, data: Mapping[str, bytes], now: datetime) -> None:
        """Store features of texts; those that another process has stored meanwhile stay."""
        rows = [
            {"name": name, "kind": kind, "data": value, "used_at": now}
            for name, value in sorted(data.items())
        ]
        if rows:
            with self._database.writing() as session:
                session.execute(upsert(session, TEXT_FEATURE).on_conflict_do_nothing(), rows)

    def forget(self, before: datetime) -> None:
        """Forget what was not used since."""
        with self._database.writing() as session:
            session.execute(delete(TEXT_FEATURE).where(TEXT_FEATURE.c.used_at < before))
