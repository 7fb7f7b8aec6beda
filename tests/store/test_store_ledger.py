"""The ledger: each step of a delivery is taken once, by the one who holds it."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

import pytest
from steps_world import (
    DAY,
    HOUR,
    NOW,
    accepted,
    again,
    at_once,
    join,
    owe,
    prepare_at,
    put,
    refused,
    state_of,
)

from digestmail.domain import (
    Attempt,
    Delivery,
    DeliveryKind,
    DeliveryState,
    Outcome,
    Phase,
    SendResult,
    SubscriberStatus,
)
from digestmail.errors import InputError, NotFoundError
from digestmail.store import Finish, Recovered, Store, ToWire
from digestmail.store.ledger.requeue import RETRIED
from digestmail.store.tables import DELIVERY

ENDED = ("sent", "failed", "unknown", "skipped")
LEASE = HOUR / 3


def _claim(store: Store, owner: str = "me", now: datetime = NOW, limit: int = 9) -> list[Delivery]:
    return store.ledger.claim(owner, now, LEASE, limit)


def _finish(
    store: Store,
    delivery: Delivery,
    owner: str = "me",
    state: DeliveryState = DeliveryState.SENT,
    result: SendResult | None = None,
    then: datetime = NOW,
) -> bool:
    tried = Attempt(delivery_id=delivery.id, at=NOW, seconds=0.5, result=result or accepted())
    return store.ledger.take(owner, [Finish(delivery, tried, state, then)])[0]


def _to_wire(store: Store, delivery: Delivery, owner: str = "me") -> bool:
    return store.ledger.take(owner, [ToWire(delivery, NOW, NOW + LEASE)])[0]


def _on_wire(store: Store, email: str = "ada@example.net") -> Delivery:
    owe(store, email)
    (delivery,) = _claim(store)
    assert _to_wire(store, delivery)
    return delivery


def _letter(store: Store, kind: DeliveryKind, status: SubscriberStatus) -> Delivery:
    ada = join(store, status=status)
    assert store.ledger.plan(kind, ada.stored_id, ada.email, "once", NOW)
    return store.ledger.of_subscriber(ada.stored_id)[0]


# --- the whole way ---------------------------------------------------------------------------


def test_the_way_of_a_delivery(store: Store) -> None:
    planned = owe(store)
    assert planned.state is DeliveryState.PLANNED
    (leased,) = _claim(store)
    assert leased.state is DeliveryState.LEASED
    assert _to_wire(store, leased)
    assert state_of(store, leased) is DeliveryState.ON_WIRE
    assert _finish(store, leased)
    sent = again(store, leased)
    assert (sent.state, sent.attempts) == (DeliveryState.SENT, 1)
    assert sent.detail == "end-of-data: 250 queued"


def test_the_attempt_is_there_before_the_answer(store: Store) -> None:
    delivery = _on_wire(store)
    (tried,) = store.ledger.attempts(delivery.id)
    assert (tried.result.outcome, tried.result.phase) == (Outcome.UNKNOWN, Phase.END_OF_DATA)
    _finish(store, delivery)
    assert store.ledger.attempts(delivery.id) == [
        Attempt(delivery_id=delivery.id, at=NOW, seconds=0.5, result=accepted())
    ]


def test_each_try_has_its_attempt(store: Store) -> None:
    owe(store)
    for number in range(3):
        (delivery,) = _claim(store)
        assert delivery.attempts == number
        if number:
            _to_wire(store, delivery)
        _finish(store, delivery, state=DeliveryState.DEFERRED, result=refused(Outcome.DEFERRED))
    assert len(store.ledger.attempts(delivery.id)) == 3


@pytest.mark.parametrize("outcome", [Outcome.SERVER, Outcome.WITHDRAWN])
def test_what_is_not_the_mails_fault_counts_no_attempt(store: Store, outcome: Outcome) -> None:
    owe(store)
    (delivery,) = _claim(store)
    _finish(store, delivery, state=DeliveryState.PLANNED, result=refused(outcome))
    assert again(store, delivery).attempts == 0
    assert store.ledger.attempts(delivery.id)[0].result.outcome is outcome


def test_a_long_answer_is_cut(store: Store) -> None:
    owe(store)
    (delivery,) = _claim(store)
    assert _finish(store, delivery, result=refused(Outcome.REJECTED, text="x" * 9_000))
    assert len(again(store, delivery).detail) == 500
    assert len(store.ledger.attempts(delivery.id)[0].result.text) == 500


# --- refused steps ---------------------------------------------------------------------------


@pytest.mark.parametrize("state", ["leased", "on_wire", *ENDED])
def test_only_what_waits_is_claimed(store: Store, state: str) -> None:
    put(store, owe(store), state=state)
    assert _claim(store) == []


@pytest.mark.parametrize("state", ["planned", "deferred", *ENDED])
def test_only_a_leased_delivery_goes_on_the_wire(store: Store, state: str) -> None:
    delivery = put(store, owe(store), state=state, lease_owner="me", lease_until=NOW + HOUR)
    assert not _to_wire(store, delivery)
    assert state_of(store, delivery) == state
    assert store.ledger.attempts(delivery.id) == []


@pytest.mark.parametrize("state", ["planned", "deferred", "sent", "failed", "skipped"])
def test_only_a_held_delivery_is_finished(store: Store, state: str) -> None:
    delivery = put(store, owe(store), state=state, lease_owner="me", lease_until=NOW + HOUR)
    assert not _finish(store, delivery, state=DeliveryState.FAILED)
    assert state_of(store, delivery) == state
    assert store.ledger.attempts(delivery.id) == []


def test_another_owner_can_do_nothing(store: Store) -> None:
    owe(store)
    (delivery,) = _claim(store)
    assert not _to_wire(store, delivery, "eve")
    assert not _finish(store, delivery, "eve")
    assert state_of(store, delivery) is DeliveryState.LEASED


def test_a_lost_lease_changes_nothing(store: Store) -> None:
    owe(store)
    (mine,) = _claim(store)
    store.ledger.recover(NOW + DAY, lambda _: False)
    (hers,) = _claim(store, "her")
    assert not _to_wire(store, mine)
    assert not _finish(store, mine)
    assert store.ledger.attempts(mine.id) == []
    assert _to_wire(store, hers, "her")
    assert _finish(store, hers, "her")


@pytest.mark.parametrize(
    "status", [s for s in SubscriberStatus if s is not SubscriberStatus.ACTIVE]
)
def test_nothing_goes_to_one_who_left(store: Store, status: SubscriberStatus) -> None:
    owe(store)
    (delivery,) = _claim(store)
    store.subscribers.set_status(delivery.subscriber_id, status, None)
    assert not _to_wire(store, delivery)
    assert state_of(store, delivery) is DeliveryState.LEASED
    assert store.ledger.attempts(delivery.id) == []


def test_nothing_goes_to_an_address_that_was_changed(store: Store) -> None:
    owe(store)
    (delivery,) = _claim(store)
    store.subscribers.set_email(delivery.subscriber_id, "new@example.net")
    assert not _to_wire(store, delivery)


def test_nothing_goes_to_the_erased(store: Store) -> None:
    owe(store)
    (delivery,) = _claim(store)
    store.subscribers.remove(delivery.subscriber_id)
    assert not _to_wire(store, delivery)
    assert not _finish(store, delivery)


@pytest.mark.parametrize(
    ("kind", "status", "goes"),
    [
        (DeliveryKind.CONFIRM, SubscriberStatus.PENDING, True),
        (DeliveryKind.CONFIRM, SubscriberStatus.ACTIVE, False),
        (DeliveryKind.CONFIRM, SubscriberStatus.UNSUBSCRIBED, False),
        (DeliveryKind.LINK, SubscriberStatus.ACTIVE, True),
        (DeliveryKind.LINK, SubscriberStatus.PAUSED, True),
        (DeliveryKind.LINK, SubscriberStatus.PENDING, False),
        (DeliveryKind.LINK, SubscriberStatus.COMPLAINED, False),
    ],
)
def test_whom_letters_go_to(
    store: Store, kind: DeliveryKind, status: SubscriberStatus, goes: bool
) -> None:
    _letter(store, kind, status)
    (delivery,) = _claim(store)
    assert _to_wire(store, delivery) == goes


# --- claiming --------------------------------------------------------------------------------


def test_claims_wait_for_their_time_and_go_by_it(store: Store) -> None:
    late, soon = owe(store, "a@example.net"), owe(store, "b@example.net")
    put(store, late, next_attempt_at=NOW + HOUR, state="deferred")
    put(store, soon, next_attempt_at=NOW - HOUR)
    assert [d.id for d in _claim(store, limit=1)] == [soon.id]
    assert _claim(store) == []
    assert [d.id for d in _claim(store, now=NOW + HOUR)] == [late.id]


def test_claims_of_some_kinds_leave_the_others(store: Store) -> None:
    owe(store)
    letters = (DeliveryKind.CONFIRM, DeliveryKind.LINK)
    assert store.ledger.claim("me", NOW, LEASE, 9, letters) == []
    assert store.ledger.claim("me", NOW, LEASE, 9, ()) == []
    assert len(store.ledger.claim("me", NOW, LEASE, 9, (DeliveryKind.DIGEST,))) == 1


def test_no_delivery_is_claimed_twice(store: Store) -> None:
    for n in range(30):
        owe(store, f"{n}@example.net")
    calls = [lambda o=o: _claim_all(store, o) for o in ("a", "b", "c")]
    claimed = [d.id for mine in at_once(*calls) for d in mine]
    assert len(claimed) == len(set(claimed)) == 30


def _claim_all(store: Store, owner: str) -> list[Delivery]:
    found: list[Delivery] = []
    while some := _claim(store, owner, limit=4):
        found += some
    return found


def test_of_many_at_once_its_owner_goes_on_the_wire(store: Store) -> None:
    owe(store)
    (delivery,) = _claim(store)
    went = at_once(*[lambda owner=o: _to_wire(store, delivery, owner) for o in ("me", *"abc")])
    assert went == [True, False, False, False]
    assert len(store.ledger.attempts(delivery.id)) == 1


def test_an_owner_who_asks_twice_at_once_begins_one_attempt(store: Store) -> None:
    owe(store)
    (delivery,) = _claim(store)
    assert all(at_once(*[lambda: _to_wire(store, delivery)] * 4))
    assert len(store.ledger.attempts(delivery.id)) == 1


def test_a_mail_is_planned_once(store: Store) -> None:
    ada = join(store)
    plans = at_once(
        *[lambda: store.ledger.plan(DeliveryKind.LINK, ada.stored_id, ada.email, "x", NOW)] * 4
    )
    assert sum(plans) == 1


# --- recovering ------------------------------------------------------------------------------


def test_a_live_owner_keeps_what_they_hold(store: Store) -> None:
    _on_wire(store)
    assert store.ledger.recover(NOW, lambda _: False) == Recovered()
    assert store.ledger.recover(NOW + LEASE, lambda _: False) == Recovered()


def test_the_lease_of_the_dead_is_free_at_once(store: Store) -> None:
    owe(store)
    (delivery,) = _claim(store)
    assert store.ledger.recover(NOW, lambda owner: owner == "me") == Recovered(freed=1)
    assert again(store, delivery).attempts == 0
    assert _claim(store, "her") != []


def test_a_digest_on_the_wire_of_the_dead_is_unknown(store: Store) -> None:
    delivery = _on_wire(store)
    assert store.ledger.recover(NOW, lambda _: True) == Recovered(unknown=1)
    found = again(store, delivery)
    assert (found.state, found.attempts) == (DeliveryState.UNKNOWN, 1)
    assert "stopped" in found.detail
    assert store.ledger.recover(NOW, lambda _: True) == Recovered()
    assert not _finish(store, delivery, "her")


@pytest.mark.parametrize("state", [DeliveryState.SENT, DeliveryState.FAILED])
def test_a_sender_that_the_clock_declared_dead_settles_what_it_knows(
    store: Store, state: DeliveryState
) -> None:
    delivery = _on_wire(store)
    assert store.ledger.recover(NOW + DAY, lambda _: False) == Recovered(unknown=1)
    assert _finish(store, delivery, state=state)
    found = again(store, delivery)
    assert (found.state, found.attempts) == (state, 1)
    assert len(store.ledger.attempts(delivery.id)) == 1
    assert not _finish(store, delivery, result=refused(Outcome.REJECTED))


def test_a_late_answer_does_not_undo_a_redelivery(store: Store) -> None:
    delivery = _on_wire(store)
    store.ledger.recover(NOW + DAY, lambda _: False)
    store.ledger.redeliver(delivery.id, NOW)
    assert not _finish(store, delivery, state=DeliveryState.DEFERRED)
    assert state_of(store, delivery) is DeliveryState.UNKNOWN


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        (DeliveryKind.CONFIRM, SubscriberStatus.PENDING),
        (DeliveryKind.LINK, SubscriberStatus.ACTIVE),
    ],
)
def test_a_letter_on_the_wire_of_the_dead_goes_again(
    store: Store, kind: DeliveryKind, status: SubscriberStatus
) -> None:
    _letter(store, kind, status)
    (delivery,) = _claim(store)
    _to_wire(store, delivery)
    assert store.ledger.recover(NOW, lambda _: True) == Recovered(freed=1)
    assert [d.id for d in _claim(store, "her")] == [delivery.id]


def test_an_attempt_cut_short_stays_in_the_log(store: Store) -> None:
    _letter(store, DeliveryKind.CONFIRM, SubscriberStatus.PENDING)
    (delivery,) = _claim(store)
    _to_wire(store, delivery)
    store.ledger.recover(NOW, lambda _: True)
    (delivery,) = _claim(store)
    _finish(store, delivery, state=DeliveryState.DEFERRED, result=refused(Outcome.DEFERRED))
    outcomes = [a.result.outcome for a in store.ledger.attempts(delivery.id)]
    assert outcomes == [Outcome.UNKNOWN, Outcome.DEFERRED]


def test_two_who_recover_at_once_count_each_once(store: Store) -> None:
    for n in range(10):
        owe(store, f"{n}@example.net")
    for delivery in _claim(store, limit=10)[:4]:
        _to_wire(store, delivery)
    found = at_once(*[lambda: store.ledger.recover(NOW, lambda _: True)] * 3)
    assert (sum(r.freed for r in found), sum(r.unknown for r in found)) == (6, 4)


def test_recovering_never_frees_what_was_taken_meanwhile(store: Store) -> None:
    owe(store)
    (delivery,) = _claim(store, "dead")
    with ThreadPoolExecutor(1) as pool, store.database.writing() as session:
        taken = DELIVERY.update().values(lease_owner="her", lease_until=NOW + HOUR)
        session.execute(taken)
        late = pool.submit(store.ledger.recover, NOW, lambda owner: owner == "dead")
        try:
            late.result(timeout=0.3)
        except TimeoutError:
            session.commit()
    assert late.result() == Recovered()
    assert _to_wire(store, delivery, "her")


# --- counting --------------------------------------------------------------------------------


def test_digests_are_counted_by_state(store: Store) -> None:
    owe(store, "a@example.net")
    put(store, owe(store, "b@example.net"), state="sent")
    ada = join(store)
    store.ledger.plan(DeliveryKind.LINK, ada.stored_id, ada.email, "x", NOW)
    link, *digests = store.ledger.count(NOW, NOW + HOUR)
    assert link == (False, DeliveryState.PLANNED, "", 1)
    assert digests == [(True, DeliveryState.PLANNED, "", 1), (True, DeliveryState.SENT, "", 1)]


def test_what_is_open_is_counted_whatever_its_day(store: Store) -> None:
    owe(store, "a@example.net")
    put(store, owe(store, "b@example.net"), state="sent", ended_at=NOW)
    tomorrow = NOW + 24 * HOUR
    open_still = [(True, DeliveryState.PLANNED, "", 1)]
    assert store.ledger.count(tomorrow, tomorrow + HOUR) == open_still


def test_a_lease_put_back_is_planned_again_and_leaves_no_attempt(store: Store) -> None:
    owe(store)
    (delivery,) = store.ledger.claim("me", NOW, HOUR, 5)
    store.ledger.put_back("her", [delivery])
    assert store.ledger.claim("her", NOW, HOUR, 5) == []
    store.ledger.put_back("me", [delivery])
    assert store.ledger.claim("her", NOW, HOUR, 5) != []
    assert store.ledger.attempts(delivery.id) == []


def test_deliveries_of_a_subscriber_newest_first(store: Store) -> None:
    first = owe(store)
    store.ledger.plan(DeliveryKind.LINK, first.subscriber_id, first.address, "x", NOW)
    kinds = [d.kind for d in store.ledger.of_subscriber(first.subscriber_id)]
    assert kinds == [DeliveryKind.LINK, DeliveryKind.DIGEST]
    assert store.ledger.of_digests([]) == {}


# --- what the operator may undo --------------------------------------------------------------


def _ended(store: Store, state: DeliveryState, outcome: Outcome = Outcome.REJECTED) -> Delivery:
    owe(store)
    (delivery,) = _claim(store)
    _finish(store, delivery, state=state, result=refused(outcome))
    return again(store, delivery)


@pytest.mark.parametrize("state", RETRIED)
def test_what_never_went_is_planned_again(store: Store, state: DeliveryState) -> None:
    delivery = _ended(store, state)
    store.ledger.retry(delivery.id, NOW + HOUR)
    found = again(store, delivery)
    assert (found.state, found.due_at, found.attempts) == (DeliveryState.PLANNED, NOW + HOUR, 0)
    assert len(store.digests.shown([delivery.subscriber_id], NOW - DAY)) == 1
    assert len(_claim(store, now=NOW + HOUR)) == 1


@pytest.mark.parametrize("state", ["planned", "leased", "on_wire", "sent", "unknown"])
def test_nothing_else_is_retried(store: Store, state: str) -> None:
    delivery = put(store, owe(store), state=state)
    with pytest.raises(InputError, match=f"is {state}"):
        store.ledger.retry(delivery.id, NOW)


def test_papers_shown_since_are_not_shown_again(store: Store) -> None:
    delivery = _ended(store, DeliveryState.FAILED)
    prepare_at(store, NOW + DAY)
    with pytest.raises(InputError, match="1 of its papers were in a later digest"):
        store.ledger.retry(delivery.id, NOW + DAY)
    assert state_of(store, delivery) is DeliveryState.FAILED


def test_one_who_left_is_mailed_nothing_again(store: Store) -> None:
    failed = _ended(store, DeliveryState.FAILED)
    store.subscribers.set_status(failed.subscriber_id, SubscriberStatus.UNSUBSCRIBED, None)
    with pytest.raises(InputError, match="is unsubscribed"):
        store.ledger.retry(failed.id, NOW)
    sent = put(store, failed, state="sent")
    with pytest.raises(InputError, match="is unsubscribed"):
        store.ledger.redeliver(sent.id, NOW)


def test_a_retry_goes_to_the_present_address(store: Store) -> None:
    delivery = _ended(store, DeliveryState.FAILED)
    store.subscribers.set_email(delivery.subscriber_id, "new@example.net")
    store.ledger.retry(delivery.id, NOW)
    (leased,) = store.ledger.claim("me", NOW, LEASE, 9)
    assert (leased.id, leased.address) == (delivery.id, "new@example.net")


def test_only_the_owner_of_a_lease_readdresses_it(store: Store) -> None:
    delivery = owe(store)
    assert store.ledger.readdress("me", delivery) is None
    (leased,) = store.ledger.claim("me", NOW, LEASE, 9)
    assert store.ledger.readdress("me", leased) is None  # nothing has changed
    store.subscribers.set_email(delivery.subscriber_id, "new@example.net")
    assert store.ledger.readdress("you", leased) is None
    moved = store.ledger.readdress("me", leased)
    assert moved is not None
    assert moved.address == "new@example.net"


@pytest.mark.parametrize("state", ["sent", "unknown"])
def test_a_digest_is_delivered_once_more(store: Store, state: str) -> None:
    first = put(store, owe(store), state=state)
    second = store.ledger.get(store.ledger.redeliver(first.id, NOW + DAY))
    assert (second.state, second.digest_id) == (DeliveryState.PLANNED, first.digest_id)
    assert state_of(store, first) == state
    with pytest.raises(InputError, match=f"already, as {second.id}"):
        store.ledger.redeliver(first.id, NOW + DAY)


def test_what_went_another_way_is_not_retried(store: Store) -> None:
    first = put(store, owe(store), state="sent")
    store.ledger.redeliver(first.id, NOW + DAY)
    put(store, first, state="failed")
    with pytest.raises(InputError, match="by another delivery"):
        store.ledger.retry(first.id, NOW + DAY)


def test_two_operators_at_once_redeliver_once(store: Store) -> None:
    first = put(store, owe(store), state="unknown")
    assert sorted(at_once(*[lambda: _redelivered(store, first)] * 3)) == [False, False, True]


def _redelivered(store: Store, delivery: Delivery) -> bool:
    try:
        return store.ledger.redeliver(delivery.id, NOW) > 0
    except InputError:
        return False


def test_a_redelivery_that_fails_leaves_the_papers_shown(store: Store) -> None:
    first = put(store, owe(store), state="sent")
    store.ledger.redeliver(first.id, NOW)
    (second,) = _claim(store)
    _finish(store, second, state=DeliveryState.FAILED, result=refused(Outcome.REJECTED))
    assert len(store.digests.shown([first.subscriber_id], NOW - DAY)) == 1


def test_letters_are_not_redelivered(store: Store) -> None:
    letter = put(store, _letter(store, DeliveryKind.LINK, SubscriberStatus.ACTIVE), state="sent")
    with pytest.raises(InputError, match="not a digest"):
        store.ledger.redeliver(letter.id, NOW)


def test_deliveries_by_state_and_day(store: Store) -> None:
    first, second = owe(store), put(store, owe(store, "b@example.net"), state="sent")
    assert [d.id for d in store.ledger.latest()] == [second.id, first.id]
    assert [d.id for d in store.ledger.latest(limit=1)] == [second.id]
    assert [d.id for d in store.ledger.latest(DeliveryState.PLANNED)] == [first.id]
    assert store.ledger.latest(day=(NOW + DAY, NOW + 2 * DAY)) == []
    assert len(store.ledger.latest(day=(NOW, NOW + DAY))) == 2


def test_an_unknown_number_is_told(store: Store) -> None:
    with pytest.raises(NotFoundError, match="delivery 7 does not exist"):
        store.ledger.retry(7, NOW)
