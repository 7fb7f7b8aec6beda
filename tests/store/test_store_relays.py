"""What the senders of an installation share: rate limits, troubles, the alert that is owed."""

from datetime import datetime, timedelta

import pytest
from steps_world import DAY, HOUR, NOW, at_once

from digestmail.store import Store

MINUTE = HOUR / 60
SECOND = timedelta(seconds=1)


def _take(store: Store, now: datetime = NOW, **limits: int) -> float | datetime:
    second, hour, day = (limits.get(name, 0) for name in ("per_second", "per_hour", "per_day"))
    return store.relays.take("a:25", second, hour, day, now)


def test_turns_are_spread_over_the_second(store: Store) -> None:
    waits = [_take(store, per_second=4) for _ in range(6)]
    assert waits == [0, 0.25, 0.5, 0.75, 1.0, 1.25]
    assert _take(store, NOW + 2 * SECOND, per_second=4) == 0


def test_processes_share_their_turns(store: Store) -> None:
    waits = at_once(*[lambda: _take(store, per_second=10)] * 6)
    assert sorted(waits) == pytest.approx([0, 0.1, 0.2, 0.3, 0.4, 0.5])


def test_each_relay_has_its_own_turns(store: Store) -> None:
    _take(store, per_second=1)
    assert store.relays.take("b:25", 1, 0, 0, NOW) == 0


def test_a_clock_set_back_makes_nobody_wait_for_hours(store: Store) -> None:
    _take(store, NOW + HOUR, per_second=1)
    assert _take(store, per_second=1) == 0


@pytest.mark.parametrize(("limit", "window"), [("per_hour", HOUR), ("per_day", DAY)])
def test_no_window_sees_more_than_its_limit(store: Store, limit: str, window: timedelta) -> None:
    taken: list[datetime] = []
    for step in range(100):
        now = NOW + step * window / 30
        if _take(store, now, **{limit: 10}) == 0:
            taken.append(now)
    assert len(taken) >= 25
    for first in taken:
        assert sum(first <= instant < first + window for instant in taken) <= 10


def test_the_end_of_a_full_window_is_told(store: Store) -> None:
    assert [_take(store, per_hour=2) for _ in range(2)] == [0, 0]
    opens = _take(store, NOW + 10 * MINUTE, per_hour=2)
    assert isinstance(opens, datetime)
    assert NOW + HOUR <= opens <= NOW + HOUR + 5 * MINUTE
    assert _take(store, opens, per_hour=2) == 0


def test_what_is_refused_by_the_day_does_not_count_for_the_hour(store: Store) -> None:
    for _ in range(5):
        _take(store, per_hour=3, per_day=1)
    assert isinstance(_take(store, per_day=1), datetime)
    assert _take(store, per_hour=3) == 0
    assert _take(store, per_hour=3) == 0


def test_a_crowd_at_once_gets_no_more_than_the_limit(store: Store) -> None:
    turns = at_once(*[lambda: _take(store, per_hour=3)] * 6)
    assert turns.count(0.0) == 3


def test_a_trouble_is_news_once(store: Store) -> None:
    assert store.relays.mark_down("a:25", "connect: refused", NOW)
    assert not store.relays.mark_down("a:25", "connect: still", NOW + HOUR)
    assert store.relays.trouble("a:25") == ("connect: still", NOW + HOUR)
    assert store.relays.troubles(NOW) == {"a:25": "connect: still"}
    assert store.relays.troubles(NOW + DAY) == {}
    assert store.relays.mark_up("a:25")
    assert not store.relays.mark_up("a:25")
    assert store.relays.mark_down("a:25", "again", NOW)


def test_an_alert_is_taken_by_one(store: Store) -> None:
    store.relays.mark_down("a:25", "x", NOW)
    store.relays.mark_down("b:25", "y", NOW)
    text = store.relays.owed_alert()
    assert text == "a:25: x\nb:25: y"
    assert sum(at_once(*[lambda: store.relays.take_alert(text)] * 4)) == 1
    assert store.relays.owed_alert() == ""
