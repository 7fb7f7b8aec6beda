"""What each part of a profile adds to the log-odds of its picks."""

from collections.abc import Sequence
from dataclasses import dataclass

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


def contributions(evidence: Evidence, rows: Indices, papers: Indices) -> Contributions:
    """Split the log-odds of pairs of profile row and paper."""
    day, slope = evidence.ground.day, evidence.ground.calibration.slope
    sparse = {
        SpaceName.TERMS: csr_matrix((len(rows), day.terms.papers.shape[1]), dtype=np.float32),
        SpaceName.CATEGORIES: csr_matrix((len(rows), day.categories.shape[1]), dtype=np.float32),
    }
    dense = {origin: np.zeros(len(rows), dtype=np.float32) for origin in Origin}
    for fused in evidence.similarity.scorers:
        scorer, gain, mean = fused.scorer, slope * fused.gain[rows], fused.mean[rows]
        if scorer.space in sparse:
            products = csr_matrix(scorer.profiles[rows]).multiply(scorer.rows[papers])
            if scorer.space is SpaceName.CATEGORIES:  # most papers share some
                total = np.asarray(products.sum(axis=1)).ravel()
                gain = gain * np.maximum(1 - mean / np.maximum(total, _TINY), 0)
            sparse[scorer.space] = sparse[scorer.space] + scale_rows(csr_matrix(products), gain)
        else:
            products = np.einsum("ij,ij->i", scorer.profiles[rows], scorer.rows[papers])
            dense[scorer.origin] += gain * (products - mean)
    return Contributions(
        _keyword_contributions(evidence, rows, papers),
        csr_matrix(sparse[SpaceName.TERMS]),
        csr_matrix(sparse[SpaceName.CATEGORIES]),
        dense[Origin.POSITIVES],
        dense[Origin.TEXT],
        dense[Origin.NEGATIVES],
    )


def _keyword_contributions(evidence: Evidence, rows: Indices, papers: Indices) -> csr_matrix:
    """Split what keywords add by how strongly each of them matches."""
    matches = csr_matrix(evidence.block.keywords.matches.T)
    parts = csr_matrix(evidence.keyword_weights[rows].multiply(matches[papers]))
    added = evidence.ground.calibration.keyword * evidence.keywords[rows, papers]
    total = np.asarray(parts.sum(axis=1)).ravel()
    return scale_rows(parts, added / np.maximum(total, _TINY))


def example_shares(evidence: Evidence, row: int, papers: Indices) -> tuple[Indices, Dense]:
    """Return a profile's positive papers, and each one's share of what they add to each paper.

    Shares (papers x positives) are by cosine from the centre of the finest dense space; those of
    a paper add up to 1, or are 0.
    """
    shares, spaces = evidence.block.positives.shares, evidence.ground.day.dense_spaces
    columns = shares.indices[shares.indptr[row] : shares.indptr[row + 1]].astype(np.int64)
    if not len(columns) or not spaces:
        return columns, np.zeros((len(papers), len(columns)), dtype=np.float32)
    space, vectors = spaces[-1], evidence.block.positives.vectors
    own = vectors.meaning if evidence.ground.day.has_meaning else vectors.topics
    cosines = space.directions[papers] @ unit(own[columns] - space.centre).T
    weights = shares.data[shares.indptr[row] : shares.indptr[row + 1]]
    parts = np.maximum(cosines, 0) * weights
    return columns, parts / np.maximum(parts.sum(axis=1, keepdims=True), _TINY)


def heaviest(matrix: csr_matrix, row: int) -> tuple[Sequence[int], Sequence[float]]:
    """Return the columns of a sparse row with a positive weight, the heaviest first."""
    start, end = matrix.indptr[row], matrix.indptr[row + 1]
    columns, weights = matrix.indices[start:end], matrix.data[start:end]
    order = np.argsort(-weights, kind="stable")[: np.count_nonzero(weights > 0)]
    return columns[order].tolist(), weights[order].tolist()
