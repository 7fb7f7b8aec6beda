"""Suppressions, counted requests and notes."""

from datetime import datetime

from steps_world import HOUR, NOW, at_once

from digestmail.store import Store


def test_the_first_reason_of_a_suppression_stays(store: Store) -> None:
    assert store.suppressions.reason("h") is None
    store.suppressions.add("h", "bounced", NOW)
    store.suppressions.add("h", "complained", NOW)
    assert store.suppressions.reason("h") == "bounced"


def _allow(store: Store, at: datetime, key: str = "k", most: int = 2) -> bool:
    return store.rate_limits.allow(key, most, HOUR, at)


def test_a_window_takes_so_many(store: Store) -> None:
    assert [_allow(store, NOW) for _ in range(4)] == [True, True, False, False]
    assert _allow(store, NOW, key="another")


def test_a_window_ends_in_time_however_often_one_asks(store: Store) -> None:
    for minutes in range(0, 60, 10):
        _allow(store, NOW + HOUR * minutes / 60)
    assert not _allow(store, NOW + HOUR * 59 / 60)
    assert _allow(store, NOW + HOUR)


def test_nothing_at_all_may_be_allowed(store: Store) -> None:
    assert not _allow(store, NOW, most=0)
    assert not _allow(store, NOW + HOUR, most=0)


def test_a_crowd_at_once_gets_no_more(store: Store) -> None:
    assert sum(at_once(*[lambda: _allow(store, NOW)] * 6)) == 2


def test_a_counter_tells_when_it_began(store: Store) -> None:
    assert store.rate_limits.window_start("k") is None
    _allow(store, NOW)
    _allow(store, NOW + HOUR / 2)
    assert store.rate_limits.window_start("k") == NOW
    _allow(store, NOW + HOUR)
    assert store.rate_limits.window_start("k") == NOW + HOUR


def test_a_window_of_the_future_is_of_a_clock_set_back(store: Store) -> None:
    assert [_allow(store, NOW + 9 * HOUR) for _ in range(3)] == [True, True, False]
    assert [_allow(store, NOW) for _ in range(3)] == [True, True, False]


def test_a_note_is_replaced_and_cleared(store: Store) -> None:
    assert store.notes.read("trouble") is None
    store.notes.write("trouble", "relay down", NOW)
    store.notes.write("trouble", "still", NOW + HOUR)
    assert store.notes.read("trouble") == ("still", NOW + HOUR)
    store.notes.write("trouble", "", NOW)
    assert store.notes.read("trouble") is None
