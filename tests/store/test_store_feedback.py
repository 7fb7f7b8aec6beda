"""Verdicts: one of each reader on each paper, the last."""

from steps_world import HOUR, NOW, arrive, at_once, join, rate

from digestmail.domain import Feedback, Verdict
from digestmail.store import Store


def test_a_later_verdict_replaces_the_earlier(store: Store) -> None:
    ada = join(store)
    (one,) = arrive(store, 1)
    rate(store, ada, one.stored_id, Verdict.MORE)
    rate(store, ada, one.stored_id, Verdict.LESS, ada.profiles[0].id)
    expected = Feedback(ada.stored_id, ada.profiles[0].id, one.stored_id, Verdict.LESS, NOW + HOUR)
    assert store.feedback.of([ada.stored_id]) == [expected]


def test_feedback_is_everyones_own(store: Store) -> None:
    ada, bob = join(store), join(store, "bob@example.net")
    (one,) = arrive(store, 1)
    rate(store, ada, one.stored_id, Verdict.MORE)
    assert store.feedback.of([bob.stored_id]) == []
    assert store.feedback.of([]) == []
    assert len(store.feedback.of(range(30_000))) == 1


def test_two_verdicts_at_once_leave_one(store: Store) -> None:
    ada = join(store)
    (one,) = arrive(store, 1)
    at_once(*[lambda: rate(store, ada, one.stored_id, Verdict.LESS)] * 4)
    assert len(store.feedback.of([ada.stored_id])) == 1
