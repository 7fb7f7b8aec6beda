"""Reading back: the papers of past days, a day at a time, so that it can be taken up again."""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, time, timedelta

from digestmail.domain import BadRecord, Clock, Paper, SourceReport
from digestmail.errors import SourceError
from digestmail.store import NoteName, Store

_DAY = timedelta(days=1)
FetchDay = Callable[[date], Iterator[Paper | BadRecord]]


def backfill(
    store: Store,
    name: str,
    fetch_day: FetchDay,
    since: date,
    until: date,
    clock: Clock,
    progress: Callable[[int], None] = lambda _: None,
) -> SourceReport:
    """Store what was announced from ``since`` to ``until``, both included.

    Papers count as first seen on their day, so that nobody is mailed old ones as news. A day that
    was done is noted: called again with the same ``since`` after a kill or a failure, it goes on
    from there. A failing source is reported, never raised.
    """
    report = SourceReport(source=name)
    day = _resumed(store, name, since)
    while day <= until:
        try:
            records = list(fetch_day(day))
        except SourceError as error:
            return _added(report, error=str(error))
        seen = datetime.combine(day, time(), UTC)
        papers = [r for r in records if isinstance(r, Paper) and r.announced_on]
        added = store.papers.add(papers, seen, news=False)
        bad_records = tuple(record for record in records if isinstance(record, BadRecord))
        report = _added(report, added.new, added.updated, added.known, bad_records)
        store.notes.write(NoteName.BACKFILL.of(name), f"{since} {day}", clock())
        progress(report.fetched)
        day += _DAY
    store.notes.write(NoteName.BACKFILL.of(name), "", clock())
    return report


def backfill_progress(store: Store, name: str) -> str:
    """Return how far reading back has come, for the operator; empty where none is under way."""
    noted = store.notes.read(NoteName.BACKFILL.of(name))
    begun, _, last_day = noted[0].partition(" ") if noted else ("", "", "")
    return (
        f"read back from {begun} to {last_day}; to continue: digestmail ingest --since {begun}"
        if noted
        else ""
    )


def _resumed(store: Store, name: str, since: date) -> date:
    noted = store.notes.read(NoteName.BACKFILL.of(name))
    begun, _, last_day = noted[0].partition(" ") if noted else ("", "", "")
    return date.fromisoformat(last_day) + _DAY if begun == since.isoformat() else since


def _added(
    report: SourceReport,
    new: int = 0,
    updated: int = 0,
    known: int = 0,
    bad_records: tuple[BadRecord, ...] = (),
    error: str = "",
) -> SourceReport:
    return SourceReport(
        source=report.source,
        new=report.new + new,
        updated=report.updated + updated,
        known=report.known + known,
        bad=report.bad + bad_records,
        error=error,
    )
