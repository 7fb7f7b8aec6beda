"""The papers that stand best for others: where nobody votes, the ones to have seen."""

from heapq import heapify, heappop, heapreplace

import numpy as np
from scipy.sparse import csr_matrix

from digestmail.relevance.features.arrays import Dense, Indices


def representatives(rows: Dense | csr_matrix, limit: int) -> Indices:
    """Return the rows that together are nearest to all rows, the best first.

    Greedy maximisation of facility location, the sum over all rows of the cosine with the nearest
    one chosen (Lin and Bilmes, 2011): the first is the most central row, and the next ones stand
    for what it does not. A gain only shrinks as rows are chosen, so only the row with the largest
    is looked at again (Minoux, 1978). ``rows`` have length 1 or 0.
    """
    product = rows @ rows.T
    cosines = product.toarray() if isinstance(product, csr_matrix) else np.asarray(product)
    cosines = np.maximum(cosines, 0)
    nearest = np.zeros(len(cosines), dtype=cosines.dtype)
    gains = [(-gain, row, 0) for row, gain in enumerate(cosines.sum(axis=1).tolist())]
    heapify(gains)
    chosen: list[int] = []
    while gains and len(chosen) < limit:
        _, row, known = gains[0]
        if known == len(chosen):
            heappop(gains)
            chosen.append(row)
            nearest = np.maximum(nearest, cosines[row])
        else:
            gain = float(np.maximum(cosines[row] - nearest, 0).sum())
            heapreplace(gains, (-gain, row, len(chosen)))
    return np.array(chosen, dtype=np.int64)
