"""The evidence for each paper and each profile of a block, as calibrated log-odds."""

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_matrix
from scipy.special import expit

from digestmail.domain import Profile
from digestmail.relevance.features.arrays import Dense
from digestmail.relevance.features.categories import Categories
from digestmail.relevance.features.day import DayFeatures
from digestmail.relevance.parameters import Calibration, ModelParameters
from digestmail.relevance.profiles.block import ProfileBlock
from digestmail.relevance.scoring.filters import Filters
from digestmail.relevance.scoring.fusion import Similarity, fuse
from digestmail.relevance.scoring.prior import Prior
from digestmail.relevance.scoring.scorers import faded, scorers, specificity, usual_spread

_DIGITS = 4  # of log-odds: those behind depend on which profiles are multiplied together
_MOST_CERTAIN = 1 - 6e-5
_NONE = -30.0  # log-odds of what nothing speaks for


@dataclass(frozen=True, slots=True)
class Ground:
    """What is known of the day's papers, whoever reads them. Immutable."""

    day: DayFeatures
    categories: Categories
    filters: Filters
    prior: Prior
    parameters: ModelParameters

    @property
    def calibration(self) -> Calibration:
        """The calibration for the vector spaces there are."""
        parameters = self.parameters
        return parameters.semantic if self.day.has_meaning else parameters.lexical


@dataclass(frozen=True, slots=True)
class Evidence:
    """The log-odds that a profile wants a paper (profiles x papers), and their summands."""

    ground: Ground
    block: ProfileBlock
    similarity: Similarity
    keyword_weights: csr_matrix  # profiles x phrases
    keywords: Dense  # profiles x papers: the matched part
    log_odds: Dense

    @property
    def values(self) -> Dense:
        """The scores: probability-like numbers in [0, 1); with 4 digits too no paper is certain."""
        scores: Dense = _MOST_CERTAIN * expit(np.round(self.log_odds, _DIGITS))
        return scores


def evidence_of(block: ProfileBlock, ground: Ground) -> Evidence:
    """Compute the evidence for all papers and the profiles of a block."""
    day, parameters, calibration = ground.day, ground.parameters, ground.calibration
    similarity = fuse(
        scorers(block, day, parameters, calibration.text),
        usual_spread(block, parameters, calibration.text),
        len(day.papers),
    )
    weight = keyword_weights(block, parameters)
    matched = -np.expm1(-(weight @ block.keywords.matches).toarray())
    of_similarity = calibration.slope * similarity.values
    of_similarity[:, day.without_terms] = 0
    log_odds = bare_log_odds(block, ground) + of_similarity + calibration.keyword * matched
    log_odds += ground.prior.log_odds
    return Evidence(ground, block, similarity, weight, matched, log_odds)


def keyword_weights(block: ProfileBlock, parameters: ModelParameters) -> csr_matrix:
    """Return the weight of each profile's keywords beside its likes (profiles x phrases).

    It fades with likes, the sooner the more of the day's papers have the keyword.
    """
    matches, weights = block.keywords.matches, block.keywords.membership.copy()
    specific = specificity(matches.getnnz(axis=1), matches.shape[1], parameters)[weights.indices]
    likes = np.repeat(block.positives.counts, np.diff(weights.indptr))
    weight = faded(likes, parameters.keyword_half_likes * specific)
    floor = parameters.least_keyword_weight * specific
    weights.data = np.maximum(weight, floor).astype(np.float32)
    return weights


def bare_log_odds(block: ProfileBlock, ground: Ground) -> Dense:
    """Return the log-odds of papers that resemble nothing of a profile (profiles x papers).

    Who says no more than categories wants their papers; with likes that gives way to likeness.
    """
    parameters, likes = ground.parameters, block.positives.counts
    bare = np.where(block.has_evidence, ground.calibration.intercept, _NONE).astype(np.float32)
    log_odds = np.tile(bare[:, None], (1, len(ground.day.papers)))
    for row, interest in enumerate(block.interests):
        if chose_categories_only(interest.profile):
            chosen = ground.filters.in_categories(interest.profile.categories)
            weight = 1 / (1 + likes[row] / parameters.text_half_likes)
            floor = ground.calibration.intercept
            log_odds[row, chosen] = floor + weight * (parameters.chosen_category - floor)
    return log_odds


def chose_categories_only(profile: Profile) -> bool:
    """Return whether categories are all that a profile says of what papers are to be like.

    Those of a trending digest only limit it.
    """
    typed = (profile.keywords, profile.required_keywords, profile.interests)
    return bool(profile.categories) and not any(typed) and not profile.is_trending_only
