"""What speaks for a paper whoever reads it: that others recommend it, and that it is fresh."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import numpy as np

from digestmail.domain import Paper, Reason, ReasonKind
from digestmail.relevance.dense import Dense

_MOST = 0.25  # evidence: a value of 0.3 becomes 0.45 at the very most
_PER_UPVOTE = 0.06  # of the logarithm
_WORTH_TELLING = 5  # upvotes
_HALVED = timedelta(days=2)  # upvotes gather with age: those of older papers count for less
_STALE = 0.02  # evidence that a day of age takes
_STALEST = 0.1


class Prior:
    """Adds a little to papers that something else speaks for; never lifts one out of nothing."""

    def __init__(self, papers: Sequence[Paper]) -> None:
        ages = _ages(papers)
        upvotes = np.array([paper.upvotes for paper in papers], dtype=np.float32)
        heat = np.log1p(upvotes / (1 + ages / _HALVED.days)) * _PER_UPVOTE
        self._heat: Dense = np.minimum(heat, _MOST).astype(np.float32)
        self._fresh: Dense = -np.minimum(ages * _STALE, _STALEST).astype(np.float32)
        self._upvotes = upvotes

    def evidence(self, evidence: Dense) -> Dense:
        """What is added to ``evidence`` (profiles x papers): at most half of it again."""
        added: Dense = self.trending(evidence) + self._fresh * (evidence > 0)
        return np.maximum(added, -evidence / 2)

    def trending(self, evidence: Dense) -> Dense:
        """The part of it that upvotes add."""
        added: Dense = np.minimum(self._heat, evidence / 2)
        return added

    def reason(self, paper: int, evidence: float) -> Reason | None:
        """That a paper is trending, where it counted."""
        upvotes = int(self._upvotes[paper])
        if upvotes < _WORTH_TELLING or evidence <= 0:
            return None
        weight = min(float(self._heat[paper]), evidence / 2)
        return Reason(ReasonKind.TRENDING, (str(upvotes),), weight)


def _ages(papers: Sequence[Paper]) -> Dense:
    """Days since each paper was first seen, by the newest of them."""
    seen: list[datetime | None] = [paper.first_seen_at for paper in papers]
    newest = max((moment for moment in seen if moment), default=None)
    days = [(newest - m) / timedelta(days=1) if m and newest else 0.0 for m in seen]
    return np.array(days, dtype=np.float32)
