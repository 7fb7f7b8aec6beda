"""Papers' categories as vectors, beside those of their words.

Two papers of one rare category are nearer to each other than two of one that every third paper is
in, as with terms. Who likes papers of some categories is more likely to like others of them, even
if they are told in other words.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from functools import lru_cache

import numpy as np
from scipy.sparse import csr_matrix
from sklearn.preprocessing import normalize

from digestmail.domain import Paper


class Categories:
    """Vectors over the categories that ``papers`` name, weighted by how rare they are there."""

    def __init__(self, papers: Sequence[Paper]) -> None:
        having = Counter(code for paper in papers for code in _codes(paper.categories))
        self._column = {code: at for at, code in enumerate(sorted(having))}
        often = np.array([having[code] for code in self._column], dtype=np.float32)
        self._idf = np.log((1 + len(papers)) / (1 + often))

    @property
    def size(self) -> int:
        """Return how many there are."""
        return len(self._column)

    def of(self, papers: Sequence[Paper]) -> csr_matrix:
        """Return the vectors of any papers (papers x categories), of unit length.

        Of a paper that names no category, or such only as all others do, it is empty.
        """
        known = [sorted(self.named(paper)) for paper in papers]
        columns = np.array([column for row in known for column in row], dtype=np.int32)
        starts = np.cumsum([0, *map(len, known)])
        weighted = csr_matrix((self._idf[columns], columns, starts), shape=(len(papers), self.size))
        weighted.eliminate_zeros()
        return csr_matrix(normalize(weighted)) if all(weighted.shape) else weighted

    def named(self, paper: Paper) -> dict[int, str]:
        """Return the categories of a paper as it writes them, by column."""
        column = self._column
        return {
            column[code]: code_in_paper
            for code, code_in_paper in _codes(paper.categories).items()
            if code in column
        }


@lru_cache(maxsize=8192)
def _codes(categories: tuple[str, ...]) -> Mapping[str, str]:
    return {category.lower(): category for category in categories}
