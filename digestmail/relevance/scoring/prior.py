"""What speaks for a paper whoever reads it: that others recommend it, and that it is fresh."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from digestmail.domain import Paper
from digestmail.relevance.features.arrays import Dense
from digestmail.relevance.parameters import ModelParameters


@dataclass(frozen=True, slots=True)
class Prior:
    """Log-odds that are added to every profile's, (papers,) each.

    They are small: what nothing else speaks for stays far below every threshold.
    """

    trending: Dense  # at least 0
    age: Dense  # at most 0
    upvotes: Dense

    @property
    def log_odds(self) -> Dense:
        """The sum of both."""
        total: Dense = self.trending + self.age
        return total


def prior_of(papers: Sequence[Paper], parameters: ModelParameters) -> Prior:
    """Compute the prior of papers; upvotes gather with age, so those of older papers count less."""
    ages = _ages(papers)
    upvotes = np.array([paper.upvotes for paper in papers], dtype=np.float32)
    heat = np.log1p(upvotes / (1 + ages / parameters.upvote_half_days))
    trending = np.minimum(heat * parameters.upvote_weight, parameters.most_trending)
    age = -np.minimum(ages * parameters.age_weight, parameters.most_age)
    return Prior(trending.astype(np.float32), age.astype(np.float32), upvotes)


def _ages(papers: Sequence[Paper]) -> Dense:
    """Return the days since each paper was first seen, by the newest of them."""
    seen: list[datetime | None] = [paper.first_seen_at for paper in papers]
    newest = max((moment for moment in seen if moment), default=None)
    days = [(newest - m) / timedelta(days=1) if m and newest else 0.0 for m in seen]
    return np.array(days, dtype=np.float32)
