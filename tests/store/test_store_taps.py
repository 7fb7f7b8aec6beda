"""Taps: the last of each kind counts, and none outlives its subscriber."""

from steps_world import DAY, HOUR, NOW, arrive, join

from digestmail.store import Origin, Store, Tap


def test_the_last_tap_of_an_origin_counts(store: Store) -> None:
    ids = join(store).stored_id, arrive(store, 1)[0].stored_id
    store.taps.record(*ids, "less", Origin.BUTTON, NOW - HOUR, replaced_at=NOW - DAY)
    assert store.taps.last(*ids, "less", Origin.BUTTON) == Tap(
        ids[1], "less", Origin.BUTTON, NOW - HOUR, NOW - DAY
    )
    store.taps.record(*ids, "less", Origin.BUTTON, NOW)
    assert store.taps.last(*ids, "less", Origin.BUTTON) == Tap(
        ids[1], "less", Origin.BUTTON, NOW, None
    )
    assert store.taps.last(*ids, "less", Origin.PAGE) is None
    assert store.taps.last(*ids, "more", Origin.BUTTON) is None


def test_old_taps_and_those_of_the_erased_are_forgotten(store: Store) -> None:
    ada, eve = join(store).stored_id, join(store, "eve@example.net").stored_id
    paper = arrive(store, 1)[0].stored_id
    store.taps.record(ada, paper, "more", Origin.PAGE, NOW - DAY)
    store.taps.record(eve, paper, "more", Origin.PAGE, NOW)
    store.taps.forget(NOW - HOUR)
    assert store.taps.last(ada, paper, "more", Origin.PAGE) is None
    assert store.taps.last(eve, paper, "more", Origin.PAGE) == Tap(
        paper, "more", Origin.PAGE, NOW, None
    )
    store.subscribers.remove(eve)
    assert store.taps.last(eve, paper, "more", Origin.PAGE) is None
