"""Products of vectors with papers, their frequent terms apart."""

import numpy as np
import pytest
from scipy.sparse import csr_matrix, random_array

from digestmail.relevance.features.products import products

TERMS = 3_000  # more than are held dense


def matrix(rows: int, share: float, seed: int) -> csr_matrix:
    rng = np.random.default_rng(seed)
    some = random_array((rows, TERMS), density=share, rng=rng, dtype=np.float32)
    often = rng.random((rows, TERMS)) < 0.5 * (np.arange(TERMS) % 50 == 0)
    return csr_matrix(some + csr_matrix(often, dtype=np.float32))


PAPERS = matrix(40, 0.01, seed=1)


@pytest.mark.parametrize("share", [0.001, 0.01, 0.3])
def test_they_are_those_of_the_whole(share: float) -> None:
    vectors = matrix(7, share, seed=2)
    plain = (vectors @ PAPERS.T).toarray()
    np.testing.assert_allclose(products(PAPERS).of(vectors), plain, rtol=1e-4, atol=1e-5)


def test_a_term_of_one_paper_only_counts() -> None:
    rare = int(np.argmin(np.asarray((PAPERS != 0).sum(axis=0)).ravel()))
    papers = PAPERS.tolil()
    papers[3, rare] = 2.0
    vector = csr_matrix(([5.0], ([0], [rare])), shape=(1, TERMS), dtype=np.float32)
    assert products(csr_matrix(papers)).of(vector)[0, 3] == 10


def test_they_stay_single_precision() -> None:
    assert products(PAPERS).of(matrix(2, 0.01, seed=3)).dtype == np.float32


@pytest.mark.parametrize("terms", [0, 5])
def test_without_papers_there_are_none(terms: int) -> None:
    nothing = csr_matrix((0, terms), dtype=np.float32)
    assert products(nothing).of(csr_matrix((3, terms), dtype=np.float32)).shape == (3, 0)


def test_without_vectors_there_are_none() -> None:
    assert products(PAPERS).of(PAPERS[:0]).shape == (0, 40)
