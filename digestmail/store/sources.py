"""The configured sources and how their last fetches went."""

from collections.abc import Mapping
from dataclasses import asdict, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, insert, select, update

from digestmail.domain import BadRecord, SourceReport, SourceSpec, SourceState
from digestmail.errors import InputError, NotFoundError
from digestmail.store.database import Database
from digestmail.store.leases import SKEW
from digestmail.store.papers import Papers
from digestmail.store.sql import all_rows, first_row
from digestmail.store.tables import SOURCE, SourceRow

_LONGEST_FETCH = timedelta(minutes=10)
_SOON = timedelta(minutes=15)  # what failed or is incomplete is asked for, however rarely due
_MOST_BAD_STORED = 20
_REPORTED = ("source", "new", "updated", "known", "error")


class Sources:
    """The sources that an operator has added."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, spec: SourceSpec, now: datetime) -> None:
        """Add a source, to be fetched at the next occasion. InputError if the name is taken."""
        with self._database.writing() as session:
            if session.execute(select(SOURCE.c.name).where(SOURCE.c.name == spec.name)).first():
                raise InputError("name", f"source {spec.name!r} already exists")
            session.execute(
                insert(SOURCE).values(
                    name=spec.name,
                    kind=spec.kind,
                    options=dict(spec.options),
                    every_minutes=spec.every_minutes,
                    enabled=spec.enabled,
                    next_fetch_at=now,
                    failures=0,
                    memory={},
                )
            )

    def remove(self, name: str) -> None:
        """Forget a source; its papers stay."""
        with self._database.writing() as session:
            if not session.execute(
                delete(SOURCE).where(SOURCE.c.name == name).returning(SOURCE.c.name)
            ).first():
                raise NotFoundError(f"source {name!r} does not exist; see: digestmail source list")

    def all(self) -> list[SourceState]:
        """Return all sources by name."""
        counts = Papers(self._database).count_by_source()
        with self._database.reading() as session:
            rows = all_rows(session, select(SOURCE).order_by(SOURCE.c.name), SourceRow)
        return [_state(row, counts.get(row.name, 0)) for row in rows]

    def due(self, now: datetime) -> list[SourceState]:
        """Return the enabled sources whose time has come.

        A time further ahead than any that is ever set comes from a clock set back since.
        """
        return [s for s in self.all() if s.spec.enabled and _is_due(s, now)]

    def claim(self, state: SourceState, now: datetime) -> bool:
        """Return whether this process is the one to fetch a due source now (compare-and-swap).

        A claim that is not followed by a ``report`` runs out, and the source is due again.
        """
        due = SOURCE.c.next_fetch_at
        same = due.is_(None) if state.next_fetch_at is None else due == state.next_fetch_at
        until = now + _LONGEST_FETCH
        claim = update(SOURCE).where(SOURCE.c.name == state.spec.name, same)
        won = claim.values(next_fetch_at=until, fetching_until=until).returning(SOURCE.c.name)
        with self._database.writing() as session:
            return session.execute(won).first() is not None

    def put_back(self, name: str, now: datetime) -> None:
        """Give up a claim before its end: the source is due at once."""
        change = update(SOURCE).where(SOURCE.c.name == name)
        with self._database.writing() as session:
            session.execute(change.values(next_fetch_at=now, fetching_until=None))

    def report(
        self, report: SourceReport, now: datetime, memory: Mapping[str, Any] | None = None
    ) -> SourceReport:
        """Record how a fetch went, what the source wants to remember, and when to fetch again.

        That is soon after a failure, and while the rest of a batch is awaited. Return the
        report with what is known of failures.
        """
        values: dict[str, Any] = {
            "last_report": _stored(report),
            "last_fetch_at": now,
            "fetching_until": None,
        }
        if report.new:
            values["last_new_at"] = now
        if memory is not None:
            values["memory"] = dict(memory)
        with self._database.writing() as session:
            named = SOURCE.c.name == report.source
            before = first_row(session, select(SOURCE).where(named), SourceRow)
            if before is None:  # removed meanwhile
                return report
            since = before.failing_since or (now if report.error else None)
            completed = replace(
                report, failures=before.failures + 1 if report.error else 0, failing_since=since
            )
            values["failures"] = completed.failures
            values["failing_since"] = since if report.error else None
            pause = timedelta(minutes=before.every_minutes)
            soon = report.error or report.waiting
            values["next_fetch_at"] = now + (min(pause, _SOON) if soon else pause)
            session.execute(update(SOURCE).where(named).values(values))
        return completed

    def may_bring_more(self, now: datetime) -> bool:
        """Return whether papers may be missing: a source is being fetched, failed or is new."""
        query = select(SOURCE.c.fetching_until, SOURCE.c.last_report).where(SOURCE.c.enabled)
        with self._database.reading() as session:
            return any(
                (until is not None and now < until <= now + _LONGEST_FETCH + SKEW)
                or report is None
                or report["error"]
                for until, report in session.execute(query)
            )


def _is_due(state: SourceState, now: datetime) -> bool:
    due = state.next_fetch_at
    longest = max(timedelta(minutes=state.spec.every_minutes), _LONGEST_FETCH) + SKEW
    return due is None or due <= now or due > now + longest


def _stored(report: SourceReport) -> dict[str, Any]:
    stored = {name: getattr(report, name) for name in _REPORTED}
    records = [asdict(record) for record in report.bad[:_MOST_BAD_STORED]]
    return stored | {"bad": records, "bad_count": len(report.bad)}


def _state(row: SourceRow, papers: int) -> SourceState:
    return SourceState(
        spec=SourceSpec(
            name=row.name,
            kind=row.kind,
            options=row.options,
            every_minutes=row.every_minutes,
            enabled=row.enabled,
        ),
        next_fetch_at=row.next_fetch_at,
        last_fetch_at=row.last_fetch_at,
        last_new_at=row.last_new_at,
        last_report=_report(row.last_report) if row.last_report else None,
        papers=papers,
        failures=row.failures,
        failing_since=row.failing_since,
        memory=row.memory,
    )


def _report(stored: dict[str, Any]) -> SourceReport:
    known = {name: stored[name] for name in _REPORTED}
    return SourceReport(**known, bad=tuple(BadRecord(**record) for record in stored["bad"]))
