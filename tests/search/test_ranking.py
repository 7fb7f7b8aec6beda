"""The best of many scores, and rankings fused by their places."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from digestmail.search.ranking import RANKING, fused, top


@given(st.lists(st.integers(-3, 9), max_size=60), st.integers(0, 70))
def test_the_highest_values_are_found_ties_or_not(values: list[int], most: int) -> None:
    scores = np.array(values, dtype=np.float32)
    best = top(scores, most)
    assert len(set(best.tolist())) == min(most, len(values))
    assert sorted(scores[best]) == sorted(sorted(values)[max(len(values) - most, 0) :])


def test_places_are_added_and_what_scores_nothing_has_none() -> None:
    first, second = np.array([3.0, 1, 0, -1]), np.array([0.0, 5, 0, 4])
    scores = fused([first.astype(np.float32), second.astype(np.float32)], RANKING)
    assert scores.tolist() == pytest.approx([1 / 11, 1 / 12 + 1 / 11, 0, 1 / 12])
