"""Step 1: from sources to the store. Safe to run twice, at once, and again after a crash."""

import logging
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime

from digestmail.domain import BadRecord, Clock, Paper, Source, SourceReport
from digestmail.errors import InputError, SourceError
from digestmail.store import Papers

log = logging.getLogger(__name__)

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

    ``progress`` is called with the number of records read so far. What a source brought before it
    failed is stored.
    """
    report = SourceReport(source=name)
    for batch, error in _batches(open_source, since):
        if batch:
            report = _store(papers, batch, report, clock())
            progress(report.fetched)
        report = replace(report, error=error)
    return report


def _batches(
    open_source: Callable[[], Source], since: datetime | None
) -> Iterator[tuple[list[Paper | BadRecord], str]]:
    """Yield what a source brings in batches; with the last one, why the source failed if it did."""
    batch: list[Paper | BadRecord] = []
    error = ""
    try:
        for record in open_source().fetch(since):
            batch.append(record)
            if len(batch) == BATCH:
                yield batch, ""
                batch = []
    except (SourceError, InputError) as failure:
        error = str(failure)
    except Exception as failure:  # a mistake of ours in one source must not stop the others
        log.exception("a source failed unexpectedly")
        error = f"unexpected: {type(failure).__name__}: {failure}"
    yield batch, error


def _store(
    papers: Papers, batch: list[Paper | BadRecord], report: SourceReport, now: datetime
) -> SourceReport:
    added = papers.add(list(_papers_of(batch)), now)
    bad_records = tuple(record for record in batch if isinstance(record, BadRecord))
    return SourceReport(
        source=report.source,
        new=report.new + added.new,
        updated=report.updated + added.updated,
        known=report.known + added.known,
        bad=report.bad + bad_records,
    )


def _papers_of(batch: list[Paper | BadRecord]) -> Iterator[Paper]:
    return (record for record in batch if isinstance(record, Paper))
