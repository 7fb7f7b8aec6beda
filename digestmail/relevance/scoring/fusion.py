"""Fusion: every scorer on one scale, added up (the z-score fusion of Renda and Straccia, 2003)."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from digestmail.relevance.features.arrays import Dense
from digestmail.relevance.scoring.scorers import Scorer, ScorerWithScores

_NO_SPREAD = 1e-6  # a scorer that says the same of every paper says nothing


@dataclass(frozen=True, slots=True)
class FusedScorer:
    """A scorer, its mean over the background, and what each unit above that adds.

    ``mean`` and ``gain`` are of each profile; ``gain`` is in units of the fused similarity.
    """

    scorer: Scorer
    mean: Dense
    gain: Dense


@dataclass(frozen=True, slots=True)
class Similarity:
    """The fused similarity of papers to profiles (profiles x papers), and its summands.

    Its mean over the background is 0, its spread the mean of those of the profile's cosines in the
    dense spaces: so it is comparable between profiles as well as papers.
    """

    values: Dense
    scorers: tuple[FusedScorer, ...]


def fuse(scorers: Iterable[ScorerWithScores], usual_spread: Dense, papers: int) -> Similarity:
    """Standardise scorers by the background's sample, add them up and scale the sum.

    The scores of a scorer have the sample behind the ``papers``. ``usual_spread`` (profiles,) is
    that of the sum where no cosine tells it.
    """
    total: Dense | None = None
    spreads = np.zeros(len(usual_spread), dtype=np.float32)
    weights = np.zeros(len(usual_spread), dtype=np.float32)
    standardised = []
    for scorer, scores in scorers:
        sample = scores[:, papers:]
        if not sample.shape[1]:  # no papers at all
            break
        mean, spread = sample.mean(axis=1), sample.std(axis=1)
        if scorer.effect is not None:
            spreads += scorer.weight * scorer.effect * spread
            weights += scorer.weight * (spread > _NO_SPREAD)
        floor = max(scorer.least_spread, _NO_SPREAD)
        factor = np.where(spread > _NO_SPREAD, scorer.weight / np.maximum(spread, floor), 0)
        total = _added(total, scores - mean[:, None], factor)
        standardised.append((scorer, mean, factor))
    if total is None:
        return Similarity(np.zeros((len(usual_spread), papers), dtype=np.float32), ())
    of_cosines = spreads / np.maximum(weights, _NO_SPREAD)
    scale = np.where(weights > _NO_SPREAD, of_cosines, usual_spread)
    spread = total[:, papers:].std(axis=1)
    scale = np.where(spread > _NO_SPREAD, scale / np.maximum(spread, _NO_SPREAD), 0)
    fused = tuple(
        FusedScorer(scorer, mean, factor * scale) for scorer, mean, factor in standardised
    )
    return Similarity((total[:, :papers] * scale[:, None]).astype(np.float32), fused)


def _added(total: Dense | None, scores: Dense, factor: Dense) -> Dense:
    scaled: Dense = scores * factor[:, None].astype(scores.dtype)
    return scaled if total is None else np.add(total, scaled, out=total)
