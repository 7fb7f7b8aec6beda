"""Choosing: different ones among good ones, in order, and something at the edge."""

import numpy as np
import pytest
from relevance_samples import paper
from scipy.sparse import csr_matrix

from digestmail.relevance import Model
from digestmail.relevance.scoring.diversity import diverse, exploration

PAPERS = [
    paper("Laser cooling of atoms"),
    paper("Laser cooling of atoms", "again"),
    paper("Yeast cells"),
    paper("Graph proofs"),
]
ALIKE = np.array([[1, 0.9, 0, 0], [0.9, 1, 0, 0], [0, 0, 1, 0.1], [0, 0, 0.1, 1]], dtype=np.float32)


def chosen(values: list[float], most: int, alike: np.ndarray = ALIKE) -> list[int]:
    places = diverse(
        np.array([values], dtype=np.float32),
        np.array([[n if v >= 0 else -1 for n, v in enumerate(values)]]),
        np.array([most]),
        alike,
    )
    return [int(place) for place in places[0] if place >= 0]


def test_likeness_is_the_cosine() -> None:
    alike = Model(PAPERS).likeness(np.arange(len(PAPERS)))
    assert np.diag(alike) == pytest.approx(1, abs=1e-5)
    assert alike[0, 1] > 0.5 > alike[0, 2] == 0


def test_a_twin_makes_room_for_something_else_as_good() -> None:
    assert chosen([0.9, 0.89, 0.85, 0.1], 2) == [0, 2]


def test_a_much_better_twin_stays() -> None:
    assert chosen([0.9, 0.89, 0.1, 0.1], 2) == [0, 1]


def test_in_a_long_mail_a_pair_counts_less() -> None:
    alike = np.full((40, 40), 0.1, dtype=np.float32)
    alike[3:5, 3:5] = 0.9
    values = [0.9] * 4 + [0.7] + [0.6] * 35
    assert 4 not in chosen(values, 10, alike)
    assert 4 in chosen(values, 39, alike)


def test_the_best_three_give_way_to_nothing() -> None:
    alike = np.full((20, 20), 0.05, dtype=np.float32)
    alike[:4, :4] = 0.95  # four twins
    values = [0.9, 0.89, 0.88, 0.87] + [0.86] * 16
    assert sorted(chosen(values, 10, alike))[:4] == [0, 1, 2, 4]
    assert sorted(chosen(values, 5, alike))[:2] == [0, 4]


def test_unlike_papers_keep_the_order_of_their_values() -> None:
    assert chosen([0.9, 0.8, 0.7, 0.6], 4, np.eye(4, dtype=np.float32)) == [0, 1, 2, 3]


@pytest.mark.parametrize(("most", "count"), [(0, 0), (1, 1), (3, 3), (9, 3)])
def test_there_are_never_more_than_room_or_candidates(most: int, count: int) -> None:
    assert len(chosen([0.9, 0.8, 0.7, -1], most)) == count


def test_each_row_has_its_own_room() -> None:
    values = np.array([[0.9, 0.8], [0.9, 0.8]], dtype=np.float32)
    places = diverse(values, np.array([[0, 2], [2, 3]]), np.array([1, 2]), ALIKE)
    assert (places >= 0).sum(axis=1).tolist() == [1, 2]


# --- exploration -----------------------------------------------------------------------------

VALUES = np.array([0.9, 0.8, 0.7, 0.6, 0.29, 0.25, 0.05, 0.28], dtype=np.float32)
EVERY = np.ones(8, dtype=np.bool_)
PICKED = np.array([0, 1, 2, 3])


def explored(values: np.ndarray = VALUES, allowed: np.ndarray = EVERY, picked: np.ndarray = PICKED,
             like: tuple[int, ...] = ()) -> int | None:  # fmt: skip
    papers = np.eye(8, dtype=np.float32)
    for one in like:
        papers[one, [0, one]] = 0.9, np.sqrt(1 - 0.9**2)
    return exploration(values, allowed, picked, 0.3, csr_matrix(papers))


def test_a_trial_is_the_best_of_the_edge() -> None:
    assert explored() == 4


def test_a_trial_tells_something_new() -> None:
    assert explored(like=(4,)) == 7


def test_a_trial_keeps_the_rules_and_is_near_the_threshold() -> None:
    allowed = EVERY.copy()
    allowed[[4, 5, 7]] = False
    assert explored(allowed=allowed) is None


def test_a_mail_of_few_papers_has_no_trial() -> None:
    assert explored(picked=PICKED[:3]) is None
