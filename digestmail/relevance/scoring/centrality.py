"""The papers that stand best for others: where nobody votes, the ones to have seen."""

import numpy as np
from scipy.sparse import csr_matrix

from digestmail.relevance.features.arrays import Dense, Indices


def representatives(rows: Dense | csr_matrix, limit: int) -> Indices:
    """Return the rows that together are nearest to all rows, the best first.

    Greedy maximisation of facility location, the sum over all rows of the cosine with the nearest
    one chosen (Lin and Bilmes, 2011): the first is the most central row, and the next ones stand
    for what it does not. ``rows`` have length 1 or 0. Takes rows x rows x ``limit`` steps.
    """
    product = rows @ rows.T
    cosines = product.toarray() if isinstance(product, csr_matrix) else np.asarray(product)
    cosines = np.maximum(cosines, 0)
    nearest = np.zeros(len(cosines), dtype=cosines.dtype)
    chosen: list[int] = []
    for _ in range(min(limit, len(cosines))):
        gains = np.maximum(cosines, nearest).sum(axis=1)
        gains[chosen] = -1
        best = int(gains.argmax())
        chosen.append(best)
        nearest = np.maximum(nearest, cosines[best])
    return np.array(chosen, dtype=np.int64)
