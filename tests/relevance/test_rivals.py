"""Rivals: what resembles the likes, was not judged, and is not about to be."""

import numpy as np
import pytest
from relevance_samples import interest, two_fields

from digestmail.relevance.learn import Learner
from digestmail.relevance.rivals import Rivals
from digestmail.relevance.space import Space
from digestmail.relevance.terms import Features

FIELDS = two_fields()
JUDGED, OTHERS = FIELDS[::10], [p for n, p in enumerate(FIELDS) if n % 10]
SPACE = Space(JUDGED, OTHERS, Features())
ATOM = SPACE.whitened(SPACE.paper_themes[:1])  # what lies near the first paper


def weights(*own: str, space: Space = SPACE) -> dict[str, float]:
    """What each other paper counts in the mean, by its key."""
    row = Rivals(space).of(ATOM, [own]).toarray()[0].tolist()
    return dict(zip(space.keys[space.papers.shape[0] :], row, strict=True))


def test_what_is_nearest_counts_most_and_all_of_it_is_one() -> None:
    found = weights()
    assert sum(found.values()) == pytest.approx(1, abs=1e-5)
    assert min(found.values()) == 0
    assert max(found, key=found.__getitem__).split()[0] == FIELDS[0].key.split()[0]


def test_what_a_profile_judged_is_no_rival_of_it() -> None:
    nearest = max(weights(), key=weights().__getitem__)
    assert weights(nearest)[nearest] == 0
    assert sum(weights(nearest).values()) == pytest.approx(1, abs=1e-5)


def test_papers_to_be_judged_are_no_rivals() -> None:
    alone = Space(FIELDS, [], Features())
    themes = alone.whitened(alone.paper_themes[:2])
    assert Rivals(alone).of(themes, [(), ()]).shape == (2, 0)


def test_who_likes_nothing_has_no_rivals() -> None:
    assert not Rivals(SPACE).of(np.zeros_like(ATOM), [()]).nnz


def heard(weight: float) -> dict[int, float]:
    """The terms of a model of three likes that each count so much, and their weights."""
    row = Learner(SPACE).learn([interest(liked=tuple(OTHERS[:3]), weights=(weight,) * 3)]).terms
    return dict(zip(row.indices.tolist(), row.data.tolist(), strict=True))


def test_words_of_rivals_speak_against_many_likes_and_for_few(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    few, many = heard(1.0), heard(10.0)
    assert min(many.values()) < 0 < min(few.values())
    monkeypatch.setattr("digestmail.relevance.learn._RIVALS", 0.0)
    alone = heard(1.0)
    assert alone.keys() < few.keys()
    assert alone.keys() == heard(10.0).keys()
