"""What each day's announcement came to, and the reason for it."""

from datetime import UTC, date, datetime, timedelta

import pytest
from steps_world import DAY, HOUR, NOW

from digestmail.domain import Batch, BatchState, SourceReport, SourceSpec
from digestmail.steps.daily.batches import outlook, settle
from digestmail.store import Store

FRIDAY = NOW.date()


@pytest.fixture(autouse=True)
def arxiv(store: Store) -> None:
    """One arXiv source, fetched without trouble."""
    store.sources.add(SourceSpec(name="cs", kind="arxiv", options={"categories": "cs.AI"}), NOW)
    store.sources.report(SourceReport(source="cs"), NOW)


def _note(store: Store, day: date, state: BatchState, reason: str = "") -> None:
    store.batches.note([Batch(source="cs", day=day, state=state, reason=reason)], NOW)


def _states(store: Store) -> dict[int, BatchState]:
    return {batch.day.day: batch.state for batch in store.batches.all("cs")}


def test_a_quiet_day_is_noted_with_its_reason(store: Store) -> None:
    settle(store, NOW + DAY)
    (batch,) = store.batches.all("cs")
    assert (batch.day, batch.state) == (FRIDAY + DAY, BatchState.QUIET)
    assert batch.reason.startswith("weekend")
    assert settle(store, NOW + DAY) == []


def test_a_batch_is_awaited_until_the_next_announcement(store: Store) -> None:
    settle(store, NOW)
    assert _states(store) == {20: BatchState.OPEN}
    settle(store, datetime(2026, 11, 21, 0, 59, tzinfo=UTC))
    assert _states(store) == {20: BatchState.OPEN}
    settle(store, datetime(2026, 11, 21, 1, 0, tzinfo=UTC))
    assert _states(store) == {20: BatchState.INCOMPLETE}
    (batch,) = store.batches.all("cs")
    assert batch.reason == "no data arrived before the next announcement"


def test_days_of_a_downtime_are_accounted_for(store: Store) -> None:
    _note(store, date(2026, 11, 13), BatchState.COMPLETE)
    _note(store, date(2026, 11, 18), BatchState.COMPLETE)
    settle(store, NOW - DAY)
    quiet, complete = BatchState.QUIET, BatchState.COMPLETE
    days = {13: complete, 14: quiet, 15: quiet, 16: complete, 17: complete, 18: complete}
    assert _states(store) == days | {19: BatchState.OPEN}
    assert (
        store.batches.all("cs")[3].reason == "read back from OAI-PMH with the batch of 2026-11-18"
    )


def test_a_day_nobody_looked_at_is_complete_once_it_was_read_back(store: Store) -> None:
    _note(store, date(2026, 11, 17), BatchState.COMPLETE)
    settle(store, NOW - DAY)
    assert _states(store)[18] is BatchState.INCOMPLETE
    _note(store, date(2026, 11, 19), BatchState.COMPLETE)
    settle(store, NOW - DAY)
    assert _states(store)[18] is BatchState.COMPLETE


def test_a_deferred_day_stays_incomplete(store: Store) -> None:
    _note(store, date(2026, 11, 18), BatchState.OPEN, "the feed is empty so far")
    settle(store, NOW - DAY)
    _note(store, date(2026, 11, 18), BatchState.OPEN, "the feed is empty so far")
    _note(store, date(2026, 11, 19), BatchState.COMPLETE)
    assert settle(store, NOW - DAY) == []
    assert _states(store)[18] is BatchState.INCOMPLETE


def test_what_is_complete_stays_so(store: Store) -> None:
    _note(store, FRIDAY, BatchState.COMPLETE)
    _note(store, FRIDAY, BatchState.OPEN, "in doubt again")
    settle(store, NOW + 5 * DAY)
    assert _states(store)[20] is BatchState.COMPLETE


def test_papers_on_a_quiet_day_count(store: Store) -> None:
    settle(store, NOW + DAY)
    _note(store, FRIDAY + DAY, BatchState.COMPLETE)
    assert _states(store) == {21: BatchState.COMPLETE}


def test_the_outlook_of_a_day(store: Store) -> None:
    assert outlook(store, NOW).holds
    _note(store, FRIDAY, BatchState.INCOMPLETE, "the feed was stale")
    late = outlook(store, NOW)
    assert (late.holds, late.quiet, late.unsettled) == (False, "", False)
    assert late.missing == FRIDAY
    assert late.reason == "the feed was stale"
    _note(store, FRIDAY, BatchState.COMPLETE)
    assert outlook(store, NOW).missing is None
    assert outlook(store, NOW + DAY).quiet.startswith("weekend")


def test_before_midnight_in_new_york_nothing_is_awaited(store: Store) -> None:
    _note(store, FRIDAY, BatchState.COMPLETE)
    monday = datetime(2026, 11, 23, 4, 59, tzinfo=UTC)
    assert not outlook(store, monday).holds
    assert outlook(store, monday + timedelta(minutes=1)).holds


def test_without_arxiv_there_is_nothing_to_wait_for(store: Store) -> None:
    store.sources.remove("cs")
    assert settle(store, NOW + HOUR) == []
    assert outlook(store, NOW + DAY).quiet == ""
