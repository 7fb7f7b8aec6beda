"""Sources: added, claimed once, their reports kept."""

from dataclasses import replace

import pytest
from steps_world import DAY, HOUR, NOW, arrive, at_once

from digestmail.domain import BadRecord, SourceReport, SourceSpec
from digestmail.errors import InputError, NotFoundError
from digestmail.store import Store

SPEC = SourceSpec(name="cs", kind="arxiv", options={"categories": "cs.AI"}, every_minutes=30)


def test_a_source_comes_back_as_it_was(store: Store) -> None:
    store.sources.add(SPEC, NOW)
    (state,) = store.sources.all()
    assert state.spec == SPEC
    assert (state.next_fetch_at, state.last_fetch_at, state.last_report) == (NOW, None, None)


def test_a_name_is_taken_once(store: Store) -> None:
    store.sources.add(SPEC, NOW)
    with pytest.raises(InputError, match="already"):
        store.sources.add(SPEC, NOW)


def test_a_removed_source_leaves_its_papers(store: Store) -> None:
    store.sources.add(SPEC, NOW)
    arrive(store, 1, source="cs")
    store.sources.remove("cs")
    assert store.sources.all() == []
    assert store.papers.count_by_source() == {"cs": 1}
    with pytest.raises(NotFoundError, match="'cs'"):
        store.sources.remove("cs")


def test_a_claim_is_won_once_and_sets_the_next(store: Store) -> None:
    store.sources.add(SPEC, NOW)
    (state,) = store.sources.all()
    assert store.sources.claim(state, NOW)
    assert not store.sources.claim(state, NOW)
    (after,) = store.sources.all()
    assert after.next_fetch_at == NOW + HOUR / 6  # the claim runs out, should we die
    assert store.sources.claim(after, NOW + HOUR)


def test_a_time_that_is_never_set_comes_from_a_clock_set_back(store: Store) -> None:
    store.sources.add(SPEC, NOW)
    (state,) = store.sources.all()
    assert store.sources.claim(state, NOW)
    assert store.sources.due(NOW) == []
    assert [s.spec.name for s in store.sources.due(NOW - 2 * HOUR)] == ["cs"]
    store.sources.report(SourceReport(source="cs"), NOW)
    assert store.sources.due(NOW + HOUR / 4) == []
    assert len(store.sources.due(NOW + HOUR / 2)) == len(store.sources.due(NOW - HOUR)) == 1


def test_a_claim_given_back_is_due_at_once(store: Store) -> None:
    store.sources.add(SPEC, NOW)
    (state,) = store.sources.all()
    store.sources.claim(state, NOW)
    store.sources.put_back("cs", NOW)
    (after,) = store.sources.due(NOW)
    assert (after.failures, after.last_fetch_at) == (0, None)


def test_of_many_threads_one_wins_a_claim(store: Store) -> None:
    store.sources.add(SPEC, NOW)
    (state,) = store.sources.all()
    won = at_once(*[lambda: store.sources.claim(state, NOW)] * 5)
    assert sorted(won) == [False] * 4 + [True]


def test_a_removed_source_cannot_be_claimed(store: Store) -> None:
    store.sources.add(SPEC, NOW)
    (state,) = store.sources.all()
    store.sources.remove("cs")
    assert not store.sources.claim(state, NOW)


def test_a_report_is_kept(store: Store) -> None:
    store.sources.add(SPEC, NOW)
    report = SourceReport(source="cs", new=2, updated=1, known=3, bad=(BadRecord("l. 1", "“x”"),))
    store.sources.report(report, NOW + HOUR)
    (state,) = store.sources.all()
    assert state.last_report == report
    assert (state.last_fetch_at, state.last_new_at) == (NOW + HOUR, NOW + HOUR)


def test_a_fetch_without_news_keeps_when_the_last_came(store: Store) -> None:
    store.sources.add(SPEC, NOW)
    store.sources.report(SourceReport(source="cs", new=1), NOW)
    store.sources.report(SourceReport(source="cs", error="down"), NOW + DAY)
    (state,) = store.sources.all()
    assert (state.last_new_at, state.last_fetch_at) == (NOW, NOW + DAY)
    assert state.last_report is not None
    assert state.last_report.error == "down"


def test_only_some_bad_records_are_kept(store: Store) -> None:
    store.sources.add(SPEC, NOW)
    bad = tuple(BadRecord(f"line {n}", "no title") for n in range(5_000))
    store.sources.report(SourceReport(source="cs", bad=bad), NOW)
    (state,) = store.sources.all()
    assert state.last_report is not None
    assert state.last_report.bad == bad[:20]


def test_a_report_of_a_removed_source_is_nobodys(store: Store) -> None:
    store.sources.report(SourceReport(source="gone", new=1), NOW)
    assert store.sources.all() == []


def test_a_failed_fetch_is_tried_again_soon(store: Store) -> None:
    store.sources.add(replace(SPEC, every_minutes=1440), NOW)
    store.sources.report(SourceReport(source="cs", error="down"), NOW)
    (state,) = store.sources.all()
    assert state.next_fetch_at == NOW + HOUR / 4


def test_papers_may_be_missing_until_every_source_has_answered(store: Store) -> None:
    assert not store.sources.may_bring_more(NOW)
    store.sources.add(SPEC, NOW)
    assert store.sources.may_bring_more(NOW)
    store.sources.report(SourceReport(source="cs", new=1), NOW)
    assert not store.sources.may_bring_more(NOW)
    (state,) = store.sources.all()
    store.sources.claim(state, NOW)
    assert store.sources.may_bring_more(NOW)
    assert not store.sources.may_bring_more(NOW + HOUR)
    store.sources.report(SourceReport(source="cs", error="down"), NOW)
    assert store.sources.may_bring_more(NOW)
