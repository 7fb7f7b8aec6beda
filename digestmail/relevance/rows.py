"""Arithmetic with the rows of sparse matrices that scipy has no fast way for."""

from collections.abc import Sequence

import numpy as np
from scipy.sparse import csr_matrix, hstack, vstack

from digestmail.relevance.dense import Dense

# Vectors to be added up after the parts that each profile has of them: pairs of (profiles x
# vectors, vectors x terms). They are multiplied once, when the last factor is known.
Added = tuple[tuple[csr_matrix, csr_matrix], ...]


def total(added: Added) -> csr_matrix:
    """The sums of all parts (profiles x terms)."""
    parts = hstack([part for part, _ in added], format="csr")
    return csr_matrix(parts @ vstack([vectors for _, vectors in added], format="csr"))


def scaled(rows: csr_matrix, factors: Dense) -> csr_matrix:
    """The rows, each times its factor."""
    found = csr_matrix(rows, dtype=np.float32, copy=True)
    found.data *= np.repeat(factors.astype(np.float32), np.diff(found.indptr))
    return found


def dots(left: csr_matrix, right: csr_matrix) -> Dense:
    """The products of rows with rows."""
    return np.asarray(left.multiply(right).sum(axis=1), dtype=np.float32).ravel()


def squares(rows: csr_matrix) -> Dense:
    """The products of rows with themselves; each term may be there but once."""
    sums = np.append(0, np.cumsum(np.square(rows.data, dtype=np.float64)))
    found: Dense = np.diff(sums[rows.indptr]).astype(np.float32)
    return found


def heaviest(rows: csr_matrix, most: int) -> csr_matrix:
    """Each row cut to its ``most`` weights that are largest, whatever their sign."""
    for row in np.flatnonzero(np.diff(rows.indptr) > most):
        mine = slice(rows.indptr[row], rows.indptr[row + 1])
        weights = np.abs(rows.data[mine])
        limit = np.partition(weights, -most)[-most]
        rows.data[mine][weights < limit] = 0
    rows.eliminate_zeros()
    return csr_matrix(rows, dtype=np.float32)


def chosen(
    places: Sequence[Sequence[int]], weights: Sequence[Sequence[float]], width: int
) -> csr_matrix:
    """Rows with some weights at some places."""
    starts = np.cumsum([0, *map(len, places)])
    indices = [index for some in places for index in some]
    values = np.array([weight for some in weights for weight in some], dtype=np.float32)
    return csr_matrix((values, indices, starts), shape=(len(places), width))
