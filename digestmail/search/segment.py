"""A segment of the index: some thousand papers that never change once they are there."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

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
    words: bytes = field(repr=False)  # all that occur, one on a line: see ``word_lines``

    @property
    def bytes(self) -> int:
        """The memory it takes."""
        arrays = (self.ids, self.seen, self.norms, self.sizes)
        postings = self.texts.bytes + self.facets.bytes
        return postings + len(self.words) + sum(array.nbytes for array in arrays)

    def words_beginning(self, prefix: str) -> list[str]:
        """Return the words of the papers that begin with some letters."""
        pattern = rb"\n(" + re.escape(prefix.encode()) + rb"[^\n]*)"
        return [word.decode() for word in re.findall(pattern, self.words)]

    def any_of(self, terms: Iterable[int]) -> Mask:
        """Return which papers have one of these facets."""
        mask = np.zeros(len(self.ids), dtype=bool)
        for term in terms:
            mask[self.facets.of(term)[0]] = True
        return mask

    def with_any_term(self, terms: Iterable[int]) -> Mask:
        """Return which papers have one of these terms in their text."""
        mask = np.zeros(len(self.ids), dtype=bool)
        for term in terms:
            mask[self.texts.of(term)[0]] = True
        return mask


def word_lines(words: Iterable[str], lines: bytes = b"\n") -> bytes:
    """Return words, and those of other lines, as lines: a few bytes each, and fast to search."""
    return "\n".join(["", *sorted({*words, *lines.decode().split("\n")} - {""}), ""]).encode()


def document_frequency(postings: Sequence[Postings], hashes: Hashes) -> Numbers:
    """Return how many papers have each of some terms."""
    return sum(
        (p.document_frequency(hashes) for p in postings), start=np.zeros(len(hashes), np.int64)
    )
