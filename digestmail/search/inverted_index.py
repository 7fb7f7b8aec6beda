"""An inverted index of papers by hashed terms, in flat arrays: some 3 bytes a term of a paper.

A segment never changes once it is made, so that readers need no lock. New papers are joined to the
last segment while that is small, which makes it anew, and begin another one then.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from digestmail.relevance.features.terms import Hashes, Terms

LARGEST = 16_384  # papers of a segment: they are numbered in 16 bits
Places = NDArray[np.uint16]
Floats = NDArray[np.float32]
_NO_HASHES = np.zeros(0, dtype=np.uint32)
_NO_COUNTS = np.zeros(0, dtype=np.uint8)
_WEIGHT = np.concatenate([[0], 1 + np.log(np.arange(1, 256))]).astype(np.float32)


@dataclass(frozen=True, slots=True)
class Postings:
    """For each term the papers that have it, by their place, and how often."""

    size: int  # papers
    hashes: Hashes  # rising
    starts: NDArray[np.uint32]  # of each term's papers, and the end of the last one's
    places: Places
    counts: NDArray[np.uint8]

    @property
    def bytes(self) -> int:
        """The memory it takes."""
        arrays = (self.hashes, self.starts, self.places, self.counts)
        return sum(array.nbytes for array in arrays)

    def of(self, term: int) -> tuple[Places, NDArray[np.uint8]]:
        """Return where a term is, and how often it stands there."""
        at = int(np.searchsorted(self.hashes, np.uint32(term)))
        if at == len(self.hashes) or self.hashes[at] != term:
            return self.places[:0], self.counts[:0]
        span = slice(int(self.starts[at]), int(self.starts[at + 1]))
        return self.places[span], self.counts[span]

    def weights_of(self, term: int) -> tuple[Places, Floats]:
        """Return where a term is, and what it weighs there before its rarity: 1 + log count."""
        places, counts = self.of(term)
        return places, _WEIGHT[counts]

    def document_frequency(self, hashes: Hashes) -> NDArray[np.int64]:
        """Return how many papers have each of some terms."""
        if not len(self.hashes):
            return np.zeros(len(hashes), dtype=np.int64)
        at = np.minimum(np.searchsorted(self.hashes, hashes), len(self.hashes) - 1)
        number = self.starts[at + 1].astype(np.int64) - self.starts[at]
        return np.where(self.hashes[at] == hashes, number, 0)

    @property
    def sizes(self) -> Floats:
        """Return how many terms stand in each paper."""
        summed = np.bincount(self.places, weights=self.counts, minlength=self.size)
        return summed.astype(np.float32)

    def norms(self, idf: Callable[[Hashes], Floats]) -> Floats:
        """Return the length of each paper's TF-IDF vector; never 0."""
        rarity = np.repeat(idf(self.hashes), _sizes(self))
        squares = (_WEIGHT[self.counts] * rarity) ** 2
        summed = np.bincount(self.places, weights=squares, minlength=self.size)
        return np.maximum(np.sqrt(summed), 1e-6).astype(np.float32)


def postings(texts: Sequence[Terms]) -> Postings:
    """Return the postings of papers numbered as they come, at most LARGEST."""
    sizes = [len(terms.hashes) for terms in texts]
    hashes = np.concatenate([_NO_HASHES, *(terms.hashes for terms in texts)])
    counts = np.concatenate([_NO_COUNTS, *(terms.counts for terms in texts)])
    places = np.repeat(np.arange(len(texts), dtype=np.uint16), sizes)
    return _sorted(len(texts), hashes, places, counts)


def extended(before: Postings, added: Postings) -> Postings:
    """Return the papers of both, those of ``added`` numbered after the others."""
    later = (added.places + np.uint16(before.size)).astype(np.uint16)
    return _sorted(
        before.size + added.size,
        np.concatenate([_spelled_out(before), _spelled_out(added)]),
        np.concatenate([before.places, later]),
        np.concatenate([before.counts, added.counts]),
    )


def _sizes(postings: Postings) -> NDArray[np.int64]:
    """Return how many papers each term has."""
    starts = postings.starts.astype(np.int64)
    return np.asarray(starts[1:] - starts[:-1])


def _spelled_out(postings: Postings) -> Hashes:
    return np.repeat(postings.hashes, _sizes(postings))


def _sorted(size: int, hashes: Hashes, places: Places, counts: NDArray[np.uint8]) -> Postings:
    # One sort of 64-bit keys in place takes half the memory of an argsort of the hashes.
    keys = hashes.astype(np.uint64) << np.uint64(24)
    keys |= places.astype(np.uint64) << np.uint64(8)
    keys |= counts.astype(np.uint64)
    keys.sort()
    ordered = (keys >> np.uint64(24)).astype(np.uint32)
    begins = np.flatnonzero(np.concatenate([[True], ordered[1:] != ordered[:-1]])[: len(ordered)])
    return Postings(
        size=size,
        hashes=ordered[begins],
        starts=np.concatenate([begins, [len(ordered)]]).astype(np.uint32),
        places=((keys >> np.uint64(8)) & np.uint64(0xFFFF)).astype(np.uint16),
        counts=(keys & np.uint64(0xFF)).astype(np.uint8),
    )
