"""Step 1: from sources to the store. Safe to run twice, at once, and again after a crash."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime
from itertools import islice

from digestmail.domain import BadRecord, Clock, Paper, Source, SourceReport
from digestmail.errors import InputError, SourceError
from digestmail.store import Papers

BATCH = 500  # papers in one transaction


def ingest(
    papers: Papers,
    name: str,
    open_source: Callable[[], Source],
    since: datetime | None,
    clock: Clock,
    progress: Callable[[int], None] = lambda _: None,
) -> SourceReport:
    """Fetch one source and store what it has; a failing source is reported, never raised.

    ``progress`` is called with the number of records read so far. What was stored before a
    source failed stays stored.
    """
    report = SourceReport(source=name)
    try:
        records = open_source().fetch(since)
        while batch := list(islice(records, BATCH)):
            report = _store(papers, batch, report, clock())
            progress(report.fetched)
    except (SourceError, InputError) as error:
        return replace(report, error=str(error))
    return report


def _store(
    papers: Papers, batch: list[Paper | BadRecord], report: SourceReport, now: datetime
) -> SourceReport:
    added = papers.add(list(_good(batch)), now)
    bad = tuple(record for record in batch if isinstance(record, BadRecord))
    return SourceReport(
        source=report.source,
        new=report.new + added.new,
        updated=report.updated + added.updated,
        known=report.known + added.known,
        bad=report.bad + bad,
    )


def _good(batch: list[Paper | BadRecord]) -> Iterator[Paper]:
    return (record for record in batch if isinstance(record, Paper))
