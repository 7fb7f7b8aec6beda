"""What each part of a profile adds to the log-odds of its picks."""

from dataclasses import dataclass
from itertools import islice

import numpy as np
from scipy.sparse import csr_matrix

from digestmail.relevance.features.arrays import Dense, Indices, scale_rows, unit
from digestmail.relevance.scoring.evidence import Evidence
from digestmail.relevance.scoring.scorers import Origin, SpaceName

_TINY = 1e-9


@dataclass(frozen=True, slots=True)
class Contributions:
    """Summands of the log-odds of some (profile, paper) pairs, a row for each pair.

    ``keywords`` (pairs x phrases), ``terms`` (pairs x terms) and ``categories`` (pairs x
    categories) are sparse. ``positives``, ``text`` and ``negatives`` (pairs,) are what topics and
    meaning add beyond what they add to the mean paper.
    """

    keywords: csr_matrix
    terms: csr_matrix
    categories: csr_matrix
    positives: Dense
    text: Dense
    negatives: Dense

    @property
    def terms_total(self) -> Dense:
        """Return what all terms add that add anything (pairs,)."""
        added = np.maximum(self.terms.data, 0)
        rows = np.repeat(np.arange(self.terms.shape[0]), np.diff(self.terms.indptr))
        totals = np.bincount(rows, weights=added, minlength=self.terms.shape[0])
        return totals.astype(np.float32)


def contributions(evidence: Evidence, rows: Indices, papers: Indices) -> Contributions:
    """Split the log-odds of pairs of profile row and paper; rows never fall."""
    slope = evidence.ground.calibration.slope
    dense = {origin: np.zeros(len(rows), dtype=np.float32) for origin in Origin}
    for fused in evidence.similarity.scorers:
        scorer = fused.scorer
        if scorer.space not in (SpaceName.TERMS, SpaceName.CATEGORIES):
            products = np.einsum("ij,ij->i", scorer.profiles[rows], scorer.rows[papers])
            dense[scorer.origin] += slope * fused.gain[rows] * (products - fused.mean[rows])
    return Contributions(
        _keyword_contributions(evidence, rows, papers),
        _term_contributions(evidence, rows, papers),
        _category_contributions(evidence, rows, papers),
        dense[Origin.POSITIVES],
        dense[Origin.TEXT],
        dense[Origin.NEGATIVES],
    )


def _term_contributions(evidence: Evidence, rows: Indices, papers: Indices) -> csr_matrix:
    """Multiply the papers of each profile with the sum of its vectors over terms."""
    slope = evidence.ground.calibration.slope
    profiles = [
        (csr_matrix(fused.scorer.profiles), slope * fused.gain)
        for fused in evidence.similarity.scorers
        if fused.scorer.space is SpaceName.TERMS
    ]
    products = evidence.ground.day.units[papers]
    weights = np.zeros(products.shape[1], dtype=np.float32)
    starts = np.flatnonzero(np.diff(rows, prepend=-1))
    for start, end in zip(starts, np.append(starts[1:], len(rows)), strict=True):
        row = rows[start]
        vectors_of_row = [(vectors[row], gain[row]) for vectors, gain in profiles]
        for vector, factor in vectors_of_row:
            weights[vector.indices] += factor * vector.data
        cells = slice(products.indptr[start], products.indptr[end])
        products.data[cells] *= weights[products.indices[cells]]
        for vector, _ in vectors_of_row:
            weights[vector.indices] = 0
    return products


def _category_contributions(evidence: Evidence, rows: Indices, papers: Indices) -> csr_matrix:
    """Multiply papers with their profiles over categories, less what the mean paper has."""
    day, slope = evidence.ground.day, evidence.ground.calibration.slope
    weighted = csr_matrix((len(rows), day.categories.shape[1]), dtype=np.float32)
    for fused in evidence.similarity.scorers:
        if fused.scorer.space is SpaceName.CATEGORIES:
            vectors = csr_matrix(fused.scorer.profiles)[rows]
            products = csr_matrix(vectors.multiply(day.categories[papers]))
            total = np.asarray(products.sum(axis=1)).ravel()
            beyond = np.maximum(1 - fused.mean[rows] / np.maximum(total, _TINY), 0)
            weighted = weighted + scale_rows(products, slope * fused.gain[rows] * beyond)
    return csr_matrix(weighted)


def _keyword_contributions(evidence: Evidence, rows: Indices, papers: Indices) -> csr_matrix:
    """Split what keywords add by how strongly each of them matches."""
    matches = csr_matrix(evidence.block.keywords.matches.T)
    products = csr_matrix(evidence.keyword_weights[rows].multiply(matches[papers]))
    added = evidence.ground.calibration.keyword * evidence.keywords[rows, papers]
    total = np.asarray(products.sum(axis=1)).ravel()
    return scale_rows(products, added / np.maximum(total, _TINY))


def example_shares(evidence: Evidence, row: int, papers: Indices) -> tuple[Indices, Dense]:
    """Return a profile's positive papers, and each one's share of what they add to each paper.

    Shares (papers x positives) are by cosine from the centre of the finest dense space, or over
    terms where there is none; those of a paper add up to 1, or are 0.
    """
    day, positives = evidence.ground.day, evidence.block.positives
    shares, vectors = positives.shares, positives.vectors
    columns = shares.indices[shares.indptr[row] : shares.indptr[row + 1]].astype(np.int64)
    if not len(columns):
        return columns, np.zeros((len(papers), 0), dtype=np.float32)
    if day.dense_spaces:
        space = day.dense_spaces[-1]
        vectors_of_row = vectors.meaning if day.has_meaning else vectors.topics
        cosines = space.directions[papers] @ unit(vectors_of_row[columns] - space.centre).T
    else:
        cosines = (day.units[papers] @ vectors.terms[columns].T).toarray()
    weights = shares.data[shares.indptr[row] : shares.indptr[row + 1]]
    products = np.maximum(cosines, 0) * weights
    return columns, products / np.maximum(products.sum(axis=1, keepdims=True), _TINY)


Heaviest = list[list[tuple[int, float]]]  # for each row its columns with their weights


def heaviest(matrix: csr_matrix, limit: int) -> Heaviest:
    """Return the ``limit`` columns with the heaviest positive weights of each row, falling."""
    rows = np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr))
    positive = np.flatnonzero(matrix.data > 0)
    order = positive[np.lexsort((-matrix.data[positive], rows[positive]))]
    starts = np.searchsorted(rows[order], np.arange(matrix.shape[0] + 1))
    place = np.arange(len(order)) - starts[rows[order]]
    order = order[place < limit]
    pairs = zip(matrix.indices[order].tolist(), matrix.data[order].tolist(), strict=True)
    sizes = np.minimum(np.diff(starts), limit).tolist()
    return [list(islice(pairs, size)) for size in sizes]
