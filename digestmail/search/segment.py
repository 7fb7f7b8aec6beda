"""A part of the index: some thousand papers that never change once they are there."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from digestmail.relevance.features.terms import Hashes
from digestmail.search.inverted_index import Floats, Postings

Mask = NDArray[np.bool_]
Numbers = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Segment:
    """Papers by the terms of their texts, and by their authors and categories."""

    ids: Numbers
    seen: Numbers  # microseconds since 1970
    texts: Postings
    facets: Postings
    norms: Floats  # of the TF-IDF vectors
    sizes: Floats  # terms in each paper

    @property
    def bytes(self) -> int:
        """The memory it takes."""
        arrays = (self.ids, self.seen, self.norms, self.sizes)
        return self.texts.bytes + self.facets.bytes + sum(array.nbytes for array in arrays)

    def any_of(self, terms: Iterable[int]) -> Mask:
        """Return which papers have one of these authors or categories."""
        mask = np.zeros(len(self.ids), dtype=bool)
        for term in terms:
            mask[self.facets.of(term)[0]] = True
        return mask

    def with_term(self, term: int) -> Mask:
        """Return which papers have a term in their text."""
        mask = np.zeros(len(self.ids), dtype=bool)
        mask[self.texts.of(term)[0]] = True
        return mask


def document_frequency(every: Sequence[Postings], hashes: Hashes) -> Numbers:
    """Return how many papers have each of some terms."""
    return sum((one.having(hashes) for one in every), start=np.zeros(len(hashes), np.int64))
