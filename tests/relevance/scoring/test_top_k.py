"""Picks of many profiles at once."""

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from digestmail.relevance.scoring.top_k import Picker

# Six papers: the first two are twins, the others have nothing in common.
PAPERS = csr_matrix(np.eye(6, dtype=np.float32)[[0, 0, 2, 3, 4, 5]])


def picks(values: list[list[float]], room: list[int]) -> list[list[int]]:
    passing = np.array(values, dtype=np.float32)
    found: list[list[int]] = Picker(PAPERS).chosen(passing, np.array(room)).tolist()
    return found


def test_the_best_come_first() -> None:
    assert picks([[-1, 0.3, 0.5, 0.9, -1, 0.4]], [3]) == [[3, 2, 5]]


def test_a_twin_gives_way() -> None:
    assert picks([[0.9, 0.85, 0.5, 0.4, 0.3, 0.2]], [2]) == [[0, 2]]


def test_of_equals_the_first_comes_first() -> None:
    assert picks([[-1, -1, 0.5, 0.5, 0.5, 0.5]], [2]) == [[2, 3]]


def test_each_row_has_its_own_room() -> None:
    values = [0.9, -1, 0.5, 0.4, -1, -1]
    assert picks([values, values, values], [1, 3, 0]) == [[0, -1, -1], [0, 2, 3], [-1, -1, -1]]


def test_what_does_not_pass_is_not_picked() -> None:
    assert picks([[-1] * 6, [-1] * 5 + [0.4]], [2, 2]) == [[-1, -1], [5, -1]]
    assert picks([[-1] * 6], [2]) == [[]]


def test_nothing_is_picked_without_room() -> None:
    assert picks([[0.9] * 6, [-1] * 6], [0, 3]) == [[], []]


def some(rows: int) -> tuple[NDArray[np.float32], NDArray[np.int64], csr_matrix]:
    rng = np.random.default_rng(4)
    papers = np.abs(rng.normal(size=(60, 8))).astype(np.float32)
    papers /= np.linalg.norm(papers, axis=1, keepdims=True)
    values = rng.random((rows, 60), dtype=np.float32)
    return np.where(values > 0.3, values, -1), rng.integers(0, 9, rows), csr_matrix(papers)


@pytest.mark.parametrize("most", [0, 10, 30])
def test_it_does_not_matter_how_many_are_compared_at_once(most: int) -> None:
    values, room, papers = some(20)
    whole = Picker(papers).chosen(values, room)
    np.testing.assert_array_equal(Picker(papers, most).chosen(values, room), whole)


def test_a_profile_gets_the_same_alone() -> None:
    values, room, papers = some(20)
    whole = Picker(papers).chosen(values, room)
    for row in range(20):
        alone = Picker(papers).chosen(values[row : row + 1], room[row : row + 1])[0]
        assert alone.tolist() == whole[row, : len(alone)].tolist()
        assert set(whole[row, len(alone) :].tolist()) <= {-1}
