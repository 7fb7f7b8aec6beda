"""What was said of papers is changed and taken back, from one's own pages."""

import pytest
from steps_world import GRAPHS, NOW, arrive, digest, join, planned

from digestmail.domain import Feedback, Profile, Subscriber, Verdict
from digestmail.errors import NotFoundError
from digestmail.steps.reading.feedback import change, like_saved_paper, undo
from digestmail.store import Store


def said(store: Store, subscriber: Subscriber) -> list[tuple[int, int | None, Verdict]]:
    every = store.feedback.of([subscriber.stored_id])
    return [(given.paper_id, given.profile_id, given.verdict) for given in every]


def like(store: Store, subscriber: Subscriber, paper_id: int) -> Feedback:
    mine = subscriber.stored_id, subscriber.profiles[0].id
    given = Feedback(*mine, paper_id, Verdict.MORE, NOW)
    store.feedback.give(given)
    return given


def test_a_verdict_is_taken_back_once(store: Store) -> None:
    ada, paper = join(store), arrive(store, 1)[0].stored_id
    given = like(store, ada, paper)
    assert undo(store, ada.stored_id, paper) == given
    assert undo(store, ada.stored_id, paper) is None
    assert said(store, ada) == []


def test_the_verdicts_of_others_stay(store: Store) -> None:
    ada, eve = join(store), join(store, "eve@example.net")
    paper = arrive(store, 1)[0].stored_id
    like(store, ada, paper)
    assert undo(store, eve.stored_id, paper) is None
    with pytest.raises(NotFoundError):
        change(store, eve, paper, Verdict.LESS, NOW)
    assert said(store, ada) == [(paper, ada.profiles[0].id, Verdict.MORE)]


def test_a_verdict_is_turned_around_for_its_profile(store: Store) -> None:
    ada, paper = join(store), arrive(store, 1)[0].stored_id
    like(store, ada, paper)
    change(store, ada, paper, Verdict.LESS, NOW)
    assert said(store, ada) == [(paper, ada.profiles[0].id, Verdict.LESS)]


def test_more_counts_for_the_profile_that_brought_the_paper(store: Store) -> None:
    ada = join(store, profiles=(GRAPHS, Profile(name="Second", keywords=("ice",))))
    paper = arrive(store, 1)[0]
    second = ada.profiles[1].id
    made = digest(ada, [paper])
    item = type(made.items[0])
    items = (item(position=1, paper=paper, profile_id=second, profile_name="Second", score=0.5),)
    store.digests.record([planned(ada, digest(ada, [paper], items=items))])
    store.saved.add(ada.stored_id, paper.stored_id, NOW)
    like_saved_paper(store, ada, paper.stored_id, NOW)
    assert said(store, ada) == [(paper.id, second, Verdict.MORE)]


def test_more_of_a_paper_found_elsewhere_counts_for_the_first_profile(store: Store) -> None:
    ada, paper = join(store), arrive(store, 1)[0].stored_id
    store.saved.add(ada.stored_id, paper, NOW)
    like_saved_paper(store, ada, paper, NOW)
    assert said(store, ada) == [(paper, ada.profiles[0].id, Verdict.MORE)]


@pytest.mark.parametrize("before", Verdict)
def test_more_tells_what_it_replaced(store: Store, before: Verdict) -> None:
    ada = join(store, profiles=(GRAPHS, Profile(name="Second", keywords=("ice",))))
    paper, second = arrive(store, 1)[0].stored_id, ada.profiles[1].id
    store.saved.add(ada.stored_id, paper, NOW)
    store.feedback.give(Feedback(ada.stored_id, second, paper, before, NOW))
    assert like_saved_paper(store, ada, paper, NOW) is before
    assert said(store, ada) == [(paper, second, Verdict.MORE)]


def test_more_is_asked_of_the_reading_list_only(store: Store) -> None:
    ada, paper = join(store), arrive(store, 1)[0].stored_id
    with pytest.raises(NotFoundError, match="reading list"):
        like_saved_paper(store, ada, paper, NOW)
