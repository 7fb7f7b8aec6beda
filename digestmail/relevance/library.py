"""The papers that profiles speak of, each read once for all profiles.

Beside the mean of what a profile likes it counts how near a paper lies to the nearest of it: who
reads of two subjects has a mean that lies between them, where nothing is. So neighbours are looked
at as in classification by nearest neighbours (Cover and Hart, 1967), of which here a power mean of
the cosines is taken: it lies near the highest, changes smoothly with each, and is one product for
all profiles.
"""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix, vstack

from digestmail.domain import Paper
from digestmail.relevance import rows
from digestmail.relevance.dense import Dense
from digestmail.relevance.products import Products
from digestmail.relevance.space import Space

_CHUNK = 512  # papers of the library that others are compared with at once
_NTH = 4  # papers of the sample are enough to tell a spread
_KEPT = 1 << 24  # cosines held for the next profiles: 64 MB


class Library:
    """The vectors of papers, and what ``sample`` and the papers to be judged have with them.

    ``keys`` are those of the sample.
    """

    def __init__(self, space: Space, sample: Products, keys: Sequence[str]) -> None:
        self._space = space
        self._sample = sample
        self._places = {key: at for at, key in enumerate(keys)}
        self._themselves = np.zeros(0, dtype=np.int64)  # where in the sample, or -1
        self._rows: dict[str, int] = {}
        self._fourths: dict[int, Dense] = {}  # of chunks that are full
        self.vectors = csr_matrix((0, space.size), dtype=np.float32)
        self.themes: Dense = np.zeros((0, space.paper_themes.shape[1]), dtype=np.float32)
        self.from_centre: Dense = np.zeros(0)  # what each paper has with itself, from the centre
        self.of_themes: Dense = np.zeros(0)
        self.of_sample: Dense = np.zeros((0, sample.size), dtype=np.float32)  # papers x sample

    def rows(self, papers: Sequence[Sequence[Paper]]) -> list[list[int]]:
        """The rows of papers, new ones added."""
        fresh = {p.key: p for some in papers for p in some if p.key not in self._rows}
        if fresh:
            self._rows |= {key: len(self._rows) + at for at, key in enumerate(fresh)}
            self._add(list(fresh.values()))
        return [[self._rows[paper.key] for paper in some] for some in papers]

    def _add(self, papers: Sequence[Paper]) -> None:
        space = self._space
        vectors = space.of_papers(papers)
        themes = space.themes_of_papers(papers, vectors)
        length = float(space.centre @ space.centre)
        own = rows.squares(vectors) - 2 * (vectors @ space.centre) + length
        of_themes = np.einsum("ij,ij->i", space.whitened(themes), themes)
        self.vectors = csr_matrix(vstack([self.vectors, vectors]))
        self.themes = np.vstack([self.themes, themes])
        self.from_centre = np.append(self.from_centre, own)
        self.of_themes = np.append(self.of_themes, of_themes)
        self.of_sample = np.vstack([self.of_sample, self._sample.of(vectors)])
        places = [self._places.get(paper.key, -1) for paper in papers]
        self._themselves = np.append(self._themselves, places)

    def having(self, choice: csr_matrix, columns: NDArray[np.int32]) -> csr_matrix:
        """What part of what is chosen has each of some terms (profiles x terms)."""
        has = csr_matrix(self.vectors[:, columns])
        has.data = np.ones_like(has.data)
        return csr_matrix(choice @ has)

    def nearness(self, choice: csr_matrix) -> Dense:
        """How near the papers to be judged lie to what is chosen (profiles x papers), in [0, 1].

        ``choice`` has the part of each paper of the library; the parts of a profile add up to 1.
        """
        return _power_mean(choice, self._fourth, self._space.papers.shape[0])

    def nearness_of_sample(self, choice: csr_matrix) -> Dense:
        """The same of every fourth paper of the sample; none is near because of itself."""
        return _power_mean(choice, self._fourth_of_sample, len(range(0, self._sample.size, _NTH)))

    def _fourth_of_sample(self, some: slice) -> Dense:
        found = _fourth(self.of_sample[some, ::_NTH])
        places = self._themselves[some]
        there = np.flatnonzero((places >= 0) & (places % _NTH == 0))
        found[there, places[there] // _NTH] = 0
        return found

    def _fourth(self, some: slice) -> Dense:
        """The fourth powers of the cosines of a chunk with the papers to be judged."""
        if some.start in self._fourths:
            return self._fourths[some.start]
        vectors = self.vectors[some]
        found = _fourth(self._space.products.of(vectors))
        if vectors.shape[0] == _CHUNK and (len(self._fourths) + 1) * found.size <= _KEPT:
            self._fourths[some.start] = found
        return found


def _fourth(cosines: Dense) -> Dense:
    return np.square(np.square(cosines))


def _power_mean(choice: csr_matrix, fourth: Callable[[slice], Dense], others: int) -> Dense:
    """The fourth roots of the means of the fourth powers, chunk by chunk."""
    found: Dense = np.zeros((choice.shape[0], others), dtype=np.float32)
    for start in range(0, choice.shape[1], _CHUNK):
        some = slice(start, start + _CHUNK)
        parts = choice[:, some]
        if parts.nnz:
            found += parts @ fourth(some)
    return np.sqrt(np.sqrt(found))
