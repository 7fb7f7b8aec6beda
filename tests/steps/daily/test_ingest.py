"""Ingesting: a failing source is reported, never raised, and what came before stays."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from conftest import FakeClock
from steps_world import DAY, HOUR, NOW, at_once, join, owe, paper, put

from digestmail.domain import (
    BadRecord,
    DeliveryState,
    Paper,
    SkipReason,
    Source,
    SourceReport,
    SourceSpec,
    SubscriberStatus,
)
from digestmail.errors import InputError, SourceError
from digestmail.steps.daily.ingest import BATCH, ingest
from digestmail.steps.daily.status import status
from digestmail.store import Store


class _Papers:
    """A Source that yields what it was given; an error is raised in its place."""

    def __init__(self, *records: Paper | BadRecord | Exception) -> None:
        self._records = records

    def fetch(self, since: datetime | None) -> Iterator[Paper | BadRecord]:
        for record in self._records:
            if isinstance(record, Exception):
                raise record
            yield record


def _ingest(store: Store, clock: FakeClock, source: Source) -> SourceReport:
    return ingest(store.papers, "test", lambda: source, None, clock)


def test_everything_is_counted(store: Store, clock: FakeClock) -> None:
    _ingest(store, clock, _Papers(paper(1), paper(2)))
    bad = BadRecord("line 9", "no title")
    report = _ingest(store, clock, _Papers(paper(1), paper(2, version=2), paper(3), bad))
    assert report == SourceReport(source="test", new=1, updated=1, known=1, bad=(bad,))
    assert report.fetched == 4


def test_a_second_run_adds_nothing(store: Store, clock: FakeClock) -> None:
    source = _Papers(*map(paper, range(10)))
    assert _ingest(store, clock, source).new == 10
    clock.move(hours=1)
    assert _ingest(store, clock, source) == SourceReport(source="test", known=10)
    assert len(store.papers.seen_after(NOW)) == 0


def test_two_at_once_store_each_paper_once(store: Store, clock: FakeClock) -> None:
    source = _Papers(*map(paper, range(40)))
    reports = at_once(*[lambda: _ingest(store, clock, source)] * 3)
    assert sum(report.new for report in reports) == 40


def test_what_came_before_the_failure_stays(store: Store, clock: FakeClock) -> None:
    records = [paper(n) for n in range(BATCH)]
    report = _ingest(store, clock, _Papers(*records, paper(9_999), SourceError("cut off")))
    assert (report.new, report.error) == (BATCH + 1, "cut off")
    assert len(store.papers.seen_after(NOW - DAY)) == BATCH + 1


@pytest.mark.parametrize("error", [SourceError("not there"), InputError("path", "is missing")])
def test_a_source_that_cannot_be_opened_is_reported(
    store: Store, clock: FakeClock, error: Exception
) -> None:
    def fail() -> Source:
        raise error

    report = ingest(store.papers, "test", fail, None, clock)
    assert report == SourceReport(source="test", error=str(error))


def test_progress_is_told_by_batches(store: Store, clock: FakeClock) -> None:
    seen: list[int] = []
    source = _Papers(*map(paper, range(BATCH + 1)))
    ingest(store.papers, "test", lambda: source, None, clock, seen.append)
    assert seen == [BATCH, BATCH + 1]


# --- status ----------------------------------------------------------------------------------


def test_the_status_of_an_empty_store(store: Store) -> None:
    now = status(store, NOW)
    assert (now.due, now.waiting, now.relay_trouble, now.scheduler_runs) == (0, 0, "", False)
    assert (now.next_due_at, now.next_fetch_at, now.sources) == (None, None, [])


def test_the_status_of_a_day(store: Store) -> None:
    owe(store, "a@example.net")
    put(store, owe(store, "b@example.net"), state="sent", ended_at=NOW)
    put(store, owe(store, "c@example.net"), state="unknown", ended_at=NOW)
    join(store, "d@example.net", status=SubscriberStatus.PAUSED)
    now = status(store, NOW + HOUR)
    assert now.deliveries == {
        DeliveryState.PLANNED: 1,
        DeliveryState.SENT: 1,
        DeliveryState.UNKNOWN: 1,
    }
    assert (now.due, now.waiting) == (3, 1)
    assert now.subscribers == {SubscriberStatus.ACTIVE: 3, SubscriberStatus.PAUSED: 1}
    assert now.next_due_at == NOW + DAY
    assert status(store, NOW + DAY - HOUR).due == 1  # the one still open
    assert status(store, NOW + DAY).due == 1 + 3


def test_the_status_tells_what_is_next_and_what_is_wrong(store: Store) -> None:
    on = SourceSpec(name="on", kind="file", options={"path": "a.csv"})
    off = SourceSpec(name="off", kind="file", options={"path": "b.csv"}, enabled=False)
    store.sources.add(on, NOW + HOUR)
    store.sources.add(off, NOW)
    store.notes.write("relay-trouble", "connect: refused", NOW)
    store.leases.take("digests", "me", HOUR, NOW, lambda _: False)
    now = status(store, NOW)
    assert now.next_fetch_at == NOW + HOUR
    assert (now.relay_trouble, now.scheduler_runs) == ("connect: refused", True)
    assert not status(store, NOW + 2 * HOUR).scheduler_runs
    assert SkipReason.MISSED not in now.skipped


@pytest.mark.parametrize(
    ("at", "told"),
    [
        (datetime(2026, 11, 21, 15, tzinfo=UTC), "nothing today"),  # a Saturday
        (
            datetime(2026, 11, 19, 15, tzinfo=UTC),
            "late: arXiv's papers of Thursday, 19 November were incomplete; next",
        ),
    ],
)
def test_the_status_tells_whether_arxiv_is_quiet(store: Store, at: datetime, told: str) -> None:
    assert status(store, at).arxiv == ""
    options = {"categories": "cs.AI"}
    store.sources.add(SourceSpec(name="arxiv", kind="arxiv", options=options), at)
    assert status(store, at).arxiv.startswith(told)


def test_the_status_tells_of_mail_that_receivers_refuse(store: Store) -> None:
    store.notes.write("policy-bounce", "5.7.1 looks like spam", NOW)
    assert status(store, NOW + HOUR).refused_mail == "5.7.1 looks like spam"
    assert status(store, NOW + 3 * DAY).refused_mail == ""
