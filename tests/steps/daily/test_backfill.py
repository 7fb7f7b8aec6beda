"""Reading back past days: each paper on its own day, and resumable after a kill."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import pytest
from conftest import FakeClock
from steps_world import NOW, paper

from digestmail.domain import BadRecord, Paper
from digestmail.errors import SourceError
from digestmail.steps.daily.backfill import backfill
from digestmail.store import Store

FIRST, LAST = date(2026, 11, 2), date(2026, 11, 6)


class _Archive:
    """One new paper and one old edited one for each day; fails on a given day."""

    def __init__(self, fails_on: date | None = None) -> None:
        self.asked: list[date] = []
        self.fails_on = fails_on

    def __call__(self, day: date) -> Iterator[Paper | BadRecord]:
        self.asked.append(day)
        if day == self.fails_on:
            raise SourceError("busy")
        yield paper(day.day, announced_on=day)
        yield paper(100 + day.day)
        yield BadRecord("somewhere", "broken")


def _run(store: Store, clock: FakeClock, archive: _Archive, since: date = FIRST) -> tuple[int, str]:
    report = backfill(store, "arxiv", archive, since, LAST, clock)
    return report.new, report.error


def test_each_paper_is_first_seen_on_its_day(store: Store, clock: FakeClock) -> None:
    assert _run(store, clock, _Archive()) == (5, "")
    papers = store.papers.seen_after(NOW - timedelta(days=60))
    seen = [p.first_seen_at for p in papers]
    assert seen == [datetime(2026, 11, day, tzinfo=UTC) for day in range(2, 7)]


def test_after_a_failure_it_goes_on_where_it_was(store: Store, clock: FakeClock) -> None:
    assert _run(store, clock, _Archive(fails_on=date(2026, 11, 4))) == (2, "busy")
    again = _Archive()
    assert _run(store, clock, again) == (3, "")
    assert again.asked == [date(2026, 11, day) for day in (4, 5, 6)]


@pytest.mark.parametrize("since", [FIRST, date(2026, 11, 1)])
def test_once_done_or_asked_for_more_it_begins_anew(
    store: Store, clock: FakeClock, since: date
) -> None:
    _run(store, clock, _Archive())
    again = _Archive()
    assert _run(store, clock, again, since)[0] == (since < FIRST)
    assert again.asked[0] == since


def test_nothing_is_asked_of_the_future(store: Store, clock: FakeClock) -> None:
    archive = _Archive()
    assert _run(store, clock, archive, LAST + timedelta(days=1)) == (0, "")
    assert archive.asked == []
