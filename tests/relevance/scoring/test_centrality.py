"""The papers that stand best for others, against the plain greedy method."""

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from digestmail.relevance.features.arrays import Dense, unit
from digestmail.relevance.scoring.centrality import representatives


def _clusters(seed: int = 0) -> Dense:
    """Unit rows: twelve near one axis, five near another, one apart."""
    rng = np.random.default_rng(seed)
    axes = np.repeat(np.eye(8)[:3], [12, 5, 1], axis=0)
    return unit((axes + rng.normal(scale=0.02, size=axes.shape)).astype(np.float32))


def _greedy(rows: Dense, limit: int) -> list[int]:
    cosines = np.maximum(rows @ rows.T, 0)
    nearest = np.zeros(len(rows))
    chosen: list[int] = []
    for _ in range(min(limit, len(rows))):
        gains = np.maximum(cosines - nearest, 0).sum(axis=1)
        gains[chosen] = -1
        chosen.append(int(gains.argmax()))
        nearest = np.maximum(nearest, cosines[chosen[-1]])
    return chosen


def test_each_next_paper_stands_for_what_the_others_do_not() -> None:
    first, second, third = representatives(_clusters(), 3).tolist()
    assert first < 12
    assert 12 <= second < 17
    assert third == 17


@pytest.mark.parametrize("seed", range(5))
def test_the_lazy_method_chooses_as_the_plain_one(seed: int) -> None:
    rows = _clusters(seed)
    assert representatives(rows, 10).tolist() == _greedy(rows, 10)


def test_sparse_rows_give_the_same() -> None:
    rows = _clusters()
    assert representatives(csr_matrix(rows), 5).tolist() == representatives(rows, 5).tolist()


def test_no_more_papers_than_there_are() -> None:
    assert sorted(representatives(_clusters()[:2], 9).tolist()) == [0, 1]
    assert representatives(np.zeros((0, 4), dtype=np.float32), 3).tolist() == []
    assert representatives(np.zeros((2, 4), dtype=np.float32), 3).tolist() == [0, 1]
