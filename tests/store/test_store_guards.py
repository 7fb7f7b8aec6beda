"""Suppressions, counted requests, leases and notes."""

from datetime import datetime

from steps_world import HOUR, NOW, at_once

from digestmail.store import Store


def test_the_first_reason_of_a_suppression_stays(store: Store) -> None:
    assert store.guards.suppressed("h") is None
    store.guards.suppress("h", "bounced", NOW)
    store.guards.suppress("h", "complained", NOW)
    assert store.guards.suppressed("h") == "bounced"


def _allow(store: Store, at: datetime, key: str = "k", most: int = 2) -> bool:
    return store.guards.allow(key, most, HOUR, at)


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
    assert store.guards.counted("k") is None
    _allow(store, NOW)
    _allow(store, NOW + HOUR / 2)
    assert store.guards.counted("k") == NOW
    _allow(store, NOW + HOUR)
    assert store.guards.counted("k") == NOW + HOUR


def _lease(store: Store, owner: str, at: datetime) -> bool:
    return store.guards.lease("scheduler", owner, at + HOUR, at)


def test_a_lease_is_kept_by_its_owner(store: Store) -> None:
    assert _lease(store, "a", NOW)
    assert not _lease(store, "b", NOW + HOUR)
    assert _lease(store, "a", NOW + HOUR)
    assert store.guards.leased("scheduler") == ("a", NOW + 2 * HOUR)


def test_a_lease_run_out_is_taken_over(store: Store) -> None:
    _lease(store, "a", NOW)
    assert _lease(store, "b", NOW + 1.01 * HOUR)
    assert not _lease(store, "a", NOW + 1.02 * HOUR)
    assert store.guards.leased("nothing") is None


def test_of_many_one_takes_a_lease(store: Store) -> None:
    calls = [lambda o=o: _lease(store, o, NOW) for o in "abcd"]
    assert sum(at_once(*calls)) == 1


def test_a_note_is_replaced_and_cleared(store: Store) -> None:
    assert store.guards.noted("trouble") is None
    store.guards.note("trouble", "relay down", NOW)
    store.guards.note("trouble", "still", NOW + HOUR)
    assert store.guards.noted("trouble") == ("still", NOW + HOUR)
    store.guards.note("trouble", "", NOW)
    assert store.guards.noted("trouble") is None
