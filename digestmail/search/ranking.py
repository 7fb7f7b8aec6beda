"""How papers are ranked: BM25 by words, cosines by meaning, and both fused by their ranks."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from digestmail.search.inverted_index import Floats, Postings

Numbers = NDArray[np.int64]
Scores = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class RankingParameters:
    """The numbers of the ranking.

    ``saturation`` and ``length_share`` are k1 and b of BM25 (Robertson and Zaragoza, 2009), at
    their usual values. ``pair_weight`` is what two neighbouring words add to each of them.
    ``smoothing`` is the constant of reciprocal-rank fusion (Cormack and others, 2009): 10 ranked
    best for keywords and as well as any for sentences; at the usual 60 the first places of one
    ranking would count for little.
    ``nearest`` papers of each ranking are shown beside those that have all words, where they have
    ``least_share`` of the words, by rarity, or ``least_cosine`` of meaning: of papers that readers
    want nine of ten have .18. Where meaning is not known, any word is enough.
    """

    saturation: float = 1.2
    length_share: float = 0.75
    pair_weight: float = 0.5
    smoothing: int = 10
    ranked: int = 1_000
    nearest: int = 50
    least_share: float = 0.2
    least_cosine: float = 0.15


RANKING = RankingParameters()


def bm25_idf(papers: int, frequency: Numbers) -> Scores:
    """Return the inverse document frequency of terms that so many of the papers have."""
    return np.log1p((papers - frequency + 0.5) / (frequency + 0.5))


def add_bm25(
    scores: Floats, postings: Postings, term: int, weight: float, lengths: Floats, k: float
) -> None:
    """Add what a term says to the scores of papers; ``lengths`` are k1 (1 - b + b l / mean l)."""
    places, counts = postings.of(term)  # a paper stands once in a term's list
    scores[places] += weight * counts * (k + 1) / (counts + lengths[places])


def fused(rankings: Sequence[Floats], parameters: RankingParameters) -> Scores:
    """Return the reciprocal-rank fusion of scores; what scores 0 or less has no rank."""
    result = np.zeros(len(rankings[0]))
    for scores in rankings:
        best = top(scores, parameters.ranked)
        best = best[scores[best] > 0]
        best = best[np.argsort(-scores[best], kind="stable")]
        result[best] += 1 / (parameters.smoothing + 1 + np.arange(len(best)))
    return result


def top(values: NDArray[np.generic], size: int) -> Numbers:
    """Return the places of the ``size`` highest values, in no order."""
    if len(values) <= size:
        return np.arange(len(values))
    if not size:
        return np.zeros(0, dtype=np.int64)
    lowest = np.partition(values, len(values) - size)[
        len(values) - size
    ]  # faster than argpartition
    above = np.flatnonzero(values > lowest)
    return np.concatenate([above, np.flatnonzero(values == lowest)[: size - len(above)]])
