"""Papers as TF-IDF vectors over their terms (Salton and Buckley, 1988)."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from digestmail.relevance.features.arrays import Dense, scale_columns, unit_sparse
from digestmail.relevance.features.products import Products, products
from digestmail.relevance.features.terms import Hashes, Terms, hash_of, matrix_of


@dataclass(frozen=True, slots=True)
class TermWeights:
    """The vocabulary of a collection and the inverse document frequency of each term."""

    columns: Hashes  # rising hashes of terms
    idf: Dense  # (terms,), 0 for a term that tells nothing of two papers' likeness
    papers: int  # of the collection

    def vectors(self, texts: Sequence[Terms]) -> csr_matrix:
        """Return unit rows of (1 + log count) x IDF (texts x terms); unknown terms are ignored."""
        counts = matrix_of(texts, self.columns)
        counts.data = (1 + np.log(counts.data)) * self.idf[counts.indices]
        counts.eliminate_zeros()
        return unit_sparse(counts)

    def known_share(self, terms: Sequence[str]) -> float:
        """Return the share of a text's length that its known words make, in [0, 1].

        Lengths are those of vectors of IDF over single words; an unknown word has the highest.
        """
        hashes = np.array(sorted({hash_of(t) for t in terms if " " not in t}), dtype=np.uint32)
        columns = self.columns_of(hashes)
        known = float(np.sum(self.idf[columns[columns >= 0]] ** 2))
        unknown = np.count_nonzero(columns < 0) * np.log(1 + self.papers) ** 2
        return float(np.sqrt(known / (known + unknown))) if known else 0.0

    def columns_of(self, hashes: NDArray[np.uint32]) -> NDArray[np.int64]:
        """Return the column of each term by its hash; -1 for an unknown one."""
        if not len(self.columns):
            return np.full(len(hashes), -1)
        at = np.minimum(np.searchsorted(self.columns, hashes), len(self.columns) - 1)
        return np.where(self.columns[at] == hashes, at, -1)


def term_weights(texts: Sequence[Terms], most_common: float) -> TermWeights:
    """Return the term weights of a collection.

    Terms in a larger share of it than ``most_common`` weigh nothing; so do terms of a single
    paper, once there are enough papers to tell.
    """
    none = [np.zeros(0, dtype=np.uint32)]
    columns = np.unique(np.concatenate([text.hashes for text in texts] or none))
    counts = matrix_of(texts, columns)
    documents = np.bincount(counts.indices, minlength=len(columns))
    idf = np.log((1 + len(texts)) / (1 + documents)).astype(np.float32)
    if len(texts) >= _ENOUGH:
        idf[(documents > most_common * len(texts)) | (documents < 2)] = 0
    return TermWeights(columns, idf, len(texts))


_ENOUGH = 500  # among fewer papers a term of one of them may be all there is


@dataclass(frozen=True, slots=True)
class TermSpace:
    """Vectors over terms, and linear scorers of the papers by any vector.

    ``papers`` (papers and sample x terms) are the unit rows that are scored.
    """

    weights: TermWeights
    papers: csr_matrix
    background_scores: Dense  # (papers and sample,): each paper's score by the mean paper
    _products: Products
    _inverse_variance: Dense  # (terms,)

    def cosines(self, vectors: csr_matrix) -> Dense:
        """Return the products of vectors with all papers (vectors x papers and sample)."""
        return self._products.of(vectors)

    def discriminant_weights(self, centroids: csr_matrix) -> csr_matrix:
        """Return the weights of a diagonal linear discriminant (Bickel and Levina, 2004).

        The classes are a profile's papers, with these means, and the background, whose variances
        stand for both. Of its scores ``background_scores`` are to be taken.
        """
        return scale_columns(centroids, self._inverse_variance)


def term_space(
    weights: TermWeights, background: csr_matrix, scored: csr_matrix, smoothing: float
) -> TermSpace:
    """Return the space of ``scored`` rows against the ``background`` rows."""
    size = max(background.shape[0], 1)
    mean = np.asarray(background.sum(axis=0), dtype=np.float32).ravel() / size
    squares = np.bincount(
        background.indices, weights=background.data**2, minlength=background.shape[1]
    )
    variance = (squares / size - mean**2).astype(np.float32)
    usual = float(variance.mean()) if len(variance) else 0.0
    inverse = 1 / np.maximum(variance + smoothing * usual, 1e-12)
    return TermSpace(
        weights,
        scored,
        (scored @ (mean * inverse)).astype(np.float32),
        products(scored),
        inverse.astype(np.float32),
    )
