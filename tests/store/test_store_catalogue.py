"""The papers as a list: what came lately, what comes next, what holds some words."""

from dataclasses import replace

import pytest
from steps_world import DAY, HOUR, NOW, arrive, paper

from digestmail.store import Seen, Store
from digestmail.store.catalogue import State


def test_the_state_changes_with_papers_and_upvotes(store: Store) -> None:
    assert store.catalogue.state(NOW - DAY) == State(0, 0, 0)
    (first,) = arrive(store, 1, upvotes=2)
    before = store.catalogue.state(NOW - DAY)
    assert before == State(1, first.stored_id, 2)
    store.papers.add([replace(paper(1), upvotes=5)], NOW)
    assert store.catalogue.state(NOW - DAY) == replace(before, upvotes=5)
    assert store.catalogue.state(NOW) == State(0, 0, 0)


def test_the_state_is_read_from_an_index_alone(store: Store) -> None:
    if not store.database.is_sqlite:
        pytest.skip("PostgreSQL plans by its own statistics")
    query = "SELECT count(*), max(id), sum(upvotes) FROM paper WHERE first_seen_at > '2026'"
    with store.database.connecting() as connection:
        plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {query}").all()
    assert "COVERING INDEX ix_paper_state" in str(plan)


def test_the_latest_papers_newest_first(store: Store) -> None:
    arrive(store, 1, at=NOW - 2 * DAY)
    (second,) = arrive(store, 2, categories=("cs.LG", "stat.ML"), upvotes=3)
    (third,) = arrive(store, 3, at=NOW)
    seen = store.catalogue.seen_after(NOW - DAY, 9)
    assert [one.id for one in seen] == [third.id, second.id]
    assert seen[1] == Seen(second.stored_id, NOW - HOUR, 3, ("cs.LG", "stat.ML"))
    assert len(store.catalogue.seen_after(NOW - 9 * DAY, 1)) == 1


def test_papers_come_in_order_of_their_ids(store: Store) -> None:
    first, second, third = arrive(store, 1, 2, 3)
    assert store.catalogue.newest() == third.id
    assert store.catalogue.after(first.stored_id, 9) == [second, third]
    assert store.catalogue.after(0, 1) == [first]
    assert store.catalogue.after(third.stored_id, 9) == []


def test_words_are_found_as_letters(store: Store) -> None:
    (one,) = arrive(store, 1, title="Ice of 100% salt", abstract="By MELTING")
    (two,) = arrive(store, 2, title="Melting ice", abstract="")
    assert store.catalogue.holding(["ice", "melting"], 9) == [two.id, one.id]
    assert store.catalogue.holding(["100%"], 9) == [one.id]
    assert store.catalogue.holding(["%"], 9) == [one.id]
    assert store.catalogue.holding([], 1) == [two.id]
