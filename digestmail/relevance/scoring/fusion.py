"""Fusion: every scorer on one scale, added up (the z-score fusion of Renda and Straccia, 2003)."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from digestmail.relevance.features.arrays import Dense
from digestmail.relevance.scoring.scorers import Scorer, ScorerWithScores

_NO_SPREAD = 1e-6  # a scorer that says the same of every paper says nothing


@dataclass(frozen=True, slots=True)
class FusedScorer:
    """A scorer with what a unit of its scores adds to the fused similarity of each profile."""

    scorer: Scorer
    gain: Dense  # (profiles,)


@dataclass(frozen=True, slots=True)
class Similarity:
    """The fused similarity of papers to profiles (profiles x papers), and its summands.

    Its mean over the background is 0, its spread that of the profile's mean cosines in the dense
    spaces: so it is comparable between profiles as well as papers. ``constants`` (profiles,) plus
    every scorer's gain times its scores add up to it.
    """

    values: Dense
    constants: Dense
    scorers: tuple[FusedScorer, ...]


def fuse(
    scorers: Iterable[ScorerWithScores],
    certainty: Dense,
    spread_without_cosines: Dense,
    papers: int,
) -> Similarity:
    """Standardise scorers by the background's sample, add them up and scale the sum.

    The scores of a scorer have the sample behind the ``papers``. ``certainty`` (profiles,) is a
    factor of the sum; ``spread_without_cosines`` (profiles,) is its spread where no scorer is a
    cosine.
    """
    profiles = len(certainty)
    total: Dense | None = None
    offset = np.zeros(profiles, dtype=np.float32)
    cosines: Dense | None = None
    shares = np.zeros(profiles, dtype=np.float32)
    factors: list[tuple[Scorer, Dense]] = []
    for scorer, scores in scorers:
        sample = scores[:, papers:]
        if not sample.shape[1]:  # no papers at all
            break
        spread = sample.std(axis=1)
        factor = np.where(spread > _NO_SPREAD, scorer.weight / np.maximum(spread, _NO_SPREAD), 0)
        offset += factor * sample.mean(axis=1)
        if scorer.is_cosine:
            weighted = sample * scorer.weight[:, None]
            cosines = weighted if cosines is None else cosines + weighted
            shares += scorer.weight
        scaled = scores * factor[:, None]
        total = scaled if total is None else total + scaled
        factors.append((scorer, factor.astype(np.float32)))
    if total is None:
        nothing = np.zeros((profiles, papers), dtype=np.float32)
        return Similarity(nothing, np.zeros(profiles, dtype=np.float32), ())
    scale = spread_without_cosines
    if cosines is not None:
        usual = certainty * cosines.std(axis=1) / np.maximum(shares, _NO_SPREAD)
        scale = np.where(shares > 0, usual, spread_without_cosines)
    spread = total[:, papers:].std(axis=1)
    scale = np.where(spread > _NO_SPREAD, scale / np.maximum(spread, _NO_SPREAD), 0)
    values = (total[:, :papers] - offset[:, None]) * scale[:, None]
    fused = tuple(FusedScorer(scorer, factor * scale) for scorer, factor in factors)
    return Similarity(values.astype(np.float32), -offset * scale, fused)
