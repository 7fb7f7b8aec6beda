"""Steps of many deliveries in one transaction: each is taken or refused by itself."""

from datetime import datetime

import pytest
from sqlalchemy import event
from steps_world import DAY, HOUR, NOW, accepted, again, owe, put, refused, state_of

from digestmail.domain import (
    Attempt,
    Delivery,
    DeliveryState,
    Outcome,
    SendResult,
    SubscriberStatus,
)
from digestmail.store import Finish, Recovered, Step, Store, ToWire

LEASE = HOUR / 3


def _leased(store: Store, count: int = 4) -> list[Delivery]:
    for n in range(count):
        owe(store, f"{n}@example.net")
    return store.ledger.claim("me", NOW, LEASE, count)


def _to_wire(delivery: Delivery, now: datetime = NOW) -> ToWire:
    return ToWire(delivery, now, now + LEASE)


def _finish(
    delivery: Delivery,
    state: DeliveryState = DeliveryState.SENT,
    result: SendResult | None = None,
) -> Finish:
    tried = Attempt(delivery_id=delivery.id, at=NOW, seconds=0.5, result=result or accepted())
    return Finish(delivery, tried, state, NOW)


def test_all_go_in_one_transaction(store: Store) -> None:
    leased, commits = _leased(store), list[object]()
    event.listen(store.database.engine, "commit", commits.append)
    assert store.ledger.take("me", [_to_wire(d) for d in leased]) == [True] * 4
    assert store.ledger.take("me", [_finish(d) for d in leased]) == [True] * 4
    assert len(commits) == 2
    assert [state_of(store, d) for d in leased] == [DeliveryState.SENT] * 4
    assert [len(store.ledger.attempts(d.id)) for d in leased] == [1] * 4


def test_each_answer_is_for_its_own_step(store: Store) -> None:
    first, second, third, fourth = _leased(store)
    put(store, second, lease_owner="her")
    store.subscribers.set_status(third.subscriber_id, SubscriberStatus.PAUSED, None)
    steps = [_to_wire(fourth), _to_wire(third), _to_wire(second), _to_wire(first)]
    assert store.ledger.take("me", steps) == [True, False, False, True]
    assert store.ledger.attempts(second.id) == store.ledger.attempts(third.id) == []
    assert state_of(store, third) is DeliveryState.LEASED


def test_some_begin_while_others_end(store: Store) -> None:
    first, second, third, fourth = _leased(store)
    store.ledger.take("me", [_to_wire(first), _to_wire(second)])
    put(store, second, lease_owner="her")
    no = refused(Outcome.REJECTED)
    steps: list[Step] = [_finish(first), _to_wire(third), _finish(second)]
    steps.append(_finish(fourth, result=no))
    assert store.ledger.take("me", steps) == [True, True, False, True]
    assert state_of(store, third) is DeliveryState.ON_WIRE
    (cut, never) = (store.ledger.attempts(d.id)[0].result for d in (second, fourth))
    assert (cut.outcome, never) == (Outcome.UNKNOWN, no)


def test_a_lease_on_the_wire_lasts_as_long_as_the_last_needs(store: Store) -> None:
    first, second, *_ = _leased(store)
    store.ledger.take("me", [_to_wire(first), _to_wire(second, NOW + HOUR)])
    late = store.ledger.recover(NOW + HOUR, lambda _: False)
    assert (late.freed, late.unknown) == (2, 0)


ENDS = [
    (DeliveryState.SENT, accepted()),
    (DeliveryState.DEFERRED, refused(Outcome.DEFERRED)),
    (DeliveryState.FAILED, refused(Outcome.BOUNCED)),
    (DeliveryState.UNKNOWN, refused(Outcome.UNKNOWN)),
    (DeliveryState.PLANNED, refused(Outcome.SERVER)),
]


def test_a_step_to_the_wire_that_was_committed_already_is_taken(store: Store) -> None:
    leased = _leased(store)
    steps = [_to_wire(delivery) for delivery in leased]
    assert store.ledger.take("me", steps[:3]) == [True] * 3
    put(store, leased[2], lease_owner="her")
    store.subscribers.set_status(leased[1].subscriber_id, SubscriberStatus.PAUSED, None)
    assert store.ledger.take("me", steps) == [True, False, False, True]
    assert [len(store.ledger.attempts(d.id)) for d in leased] == [1] * 4
    assert state_of(store, leased[0]) is DeliveryState.ON_WIRE


def test_a_step_to_another_relay_extends_the_lease(store: Store) -> None:
    (delivery,) = _leased(store, 1)
    store.ledger.take("me", [_to_wire(delivery)])
    assert store.ledger.take("me", [_to_wire(delivery, NOW + HOUR / 4)]) == [True]
    assert store.ledger.recover(NOW + HOUR / 2, lambda _: False) == Recovered()


@pytest.mark.parametrize(("state", "result"), ENDS, ids=[state for state, _ in ENDS])
def test_an_end_that_was_committed_already_is_taken(
    store: Store, state: DeliveryState, result: SendResult
) -> None:
    first, second, third, _ = _leased(store)
    store.ledger.take("me", [_to_wire(first), _to_wire(second)])
    ends = [_finish(d, state, result) for d in (first, second, third)]
    assert store.ledger.take("me", ends[:1]) == [True]
    before = again(store, first)
    put(store, third, lease_owner="her")
    assert store.ledger.take("me", ends) == [True, True, False]
    assert (again(store, first), len(store.ledger.attempts(first.id))) == (before, 1)
    other = _finish(first, state, refused(Outcome.REJECTED, text="another answer"))
    assert store.ledger.take("me", [other]) == [False]


def test_digests_that_never_went_give_their_papers_back(store: Store) -> None:
    leased = _leased(store)
    failed = [_finish(d, DeliveryState.FAILED, refused(Outcome.REJECTED)) for d in leased[:2]]
    assert store.ledger.take("me", [*failed, *map(_finish, leased[2:])]) == [True] * 4
    shown = store.digests.shown([d.subscriber_id for d in leased], NOW - DAY)
    assert set(shown) == {d.subscriber_id for d in leased[2:]}


def test_a_late_answer_among_others_settles_its_own_attempt(store: Store) -> None:
    first, second, *_ = _leased(store)
    store.ledger.take("me", [_to_wire(first)])
    store.ledger.recover(NOW + DAY, lambda _: False)
    (second,) = (d for d in store.ledger.claim("me", NOW, LEASE, 9) if d.id == second.id)
    assert store.ledger.take("me", [_finish(second), _finish(first)]) == [True, True]
    assert [len(store.ledger.attempts(d.id)) for d in (first, second)] == [1, 1]
    assert (again(store, first).attempts, state_of(store, first)) == (1, DeliveryState.SENT)


def test_of_a_group_that_fails_nothing_is_written(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    leased = _leased(store)
    store.ledger.take("me", [_to_wire(leased[0])])

    def fail(*_: object) -> None:
        raise ZeroDivisionError

    with monkeypatch.context() as patch:
        patch.setattr("digestmail.store.ledger.transitions._answer", fail)
        with pytest.raises(ZeroDivisionError):
            store.ledger.take("me", [_to_wire(leased[1]), _finish(leased[0])])
    assert state_of(store, leased[0]) is DeliveryState.ON_WIRE
    assert state_of(store, leased[1]) is DeliveryState.LEASED
    assert store.ledger.attempts(leased[1].id) == []
