"""Leases: one owner at a time, and none that a dead process or a wrong clock keeps."""

from collections.abc import Callable
from datetime import datetime

from steps_world import HOUR, NOW, at_once

from digestmail.store import Lease, Store


def _lives(_: str) -> bool:
    return False


def _take(store: Store, owner: str, at: datetime, is_gone: Callable[[str], bool] = _lives) -> bool:
    return store.leases.take("job", owner, HOUR, at, is_gone)


def test_a_lease_is_kept_by_its_owner(store: Store) -> None:
    assert _take(store, "a", NOW)
    assert not _take(store, "b", NOW + HOUR)
    assert _take(store, "a", NOW + HOUR)
    assert store.leases.holder("job") == Lease("a", NOW + 2 * HOUR)


def test_a_lease_run_out_is_taken_over(store: Store) -> None:
    _take(store, "a", NOW)
    assert _take(store, "b", NOW + 1.01 * HOUR)
    assert not _take(store, "a", NOW + 1.02 * HOUR)


def test_the_lease_of_a_dead_owner_is_taken_over_at_once(store: Store) -> None:
    _take(store, "a", NOW)
    assert not _take(store, "b", NOW, lambda owner: owner != "a")
    assert _take(store, "b", NOW, lambda owner: owner == "a")
    assert store.leases.holder("job") == Lease("b", NOW + HOUR)


def test_a_lease_of_a_clock_that_was_set_back_is_none(store: Store) -> None:
    _take(store, "a", NOW + 2 * HOUR)
    assert _take(store, "b", NOW)
    assert store.leases.holder("job") == Lease("b", NOW + HOUR)


def test_clocks_that_differ_by_seconds_take_nothing_from_each_other(store: Store) -> None:
    _take(store, "a", NOW + HOUR / 120)
    assert not _take(store, "b", NOW)


def test_each_lease_has_its_own_owner(store: Store) -> None:
    assert _take(store, "a", NOW)
    assert store.leases.take("another", "b", HOUR, NOW, _lives)
    store.leases.give_up("job", "b")
    assert store.leases.holder("job") is not None
    store.leases.give_up("job", "a")
    assert store.leases.holder("job") is None


def test_of_many_one_takes_a_lease(store: Store) -> None:
    calls = [lambda o=o: _take(store, o, NOW) for o in "abcd"]
    assert sum(at_once(*calls)) == 1
    after = [lambda o=o: _take(store, o, NOW + 3 * HOUR) for o in "efgh"]
    assert sum(at_once(*after)) == 1
