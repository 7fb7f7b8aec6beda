"""Whether scores mean what they say: how many of the papers with a score of 0.7 are relevant.

The expected calibration error is that of Naeini, Cooper and Hauskrecht, "Obtaining well calibrated
probabilities using Bayesian binning" (AAAI 2015). Standard errors are those of a ratio over
clusters, as one reader's papers are not independent (Cochran, *Sampling Techniques*, 1977, 6.13).
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

BINS = 10  # of equal width, over scores in [0, 1]

Outcome = tuple[float, bool]  # the score of a paper in [0, 1], and whether it was relevant


@dataclass(frozen=True, slots=True)
class Bin:
    """The papers with a score in [start, end); the last bin holds 1 too."""

    start: float
    end: float
    papers: int
    score: float | None  # the mean; None without papers
    relevant: float | None  # the share of the papers; None without papers
    standard_error: float | None  # of score less relevant; None with fewer than two readers


@dataclass(frozen=True, slots=True)
class Calibration:
    """Scores beside the share of papers that were relevant.

    ``error`` is the expected calibration error: the mean distance of score and share over the
    bins, weighted by their papers; None without papers. ``influence`` has what each reader adds
    to it, so that the errors of two models on the same readers can be compared in pairs.
    """

    bins: tuple[Bin, ...]
    error: float | None
    influence: tuple[float, ...]

    @property
    def papers(self) -> int:
        """The papers that were counted."""
        return sum(each.papers for each in self.bins)

    @property
    def standard_error(self) -> float | None:
        """The standard error of ``error``; None with fewer than two readers."""
        return _spread(self.influence) if self.error is not None else None


class _Ratio(NamedTuple):
    """A ratio of two sums over readers, and what each reader adds to it."""

    value: float
    influence: tuple[float, ...]


def calibration(readers: Iterable[Iterable[Outcome]]) -> Calibration:
    """Return the calibration of the papers of independent readers."""
    rows = [_sums(outcomes) for outcomes in readers]
    columns = [[row[number] for row in rows] for number in range(BINS)]
    ratios = [
        _ratio([s - r for _, s, r in column], [n for n, _, _ in column]) for column in columns
    ]
    signs = [math.copysign(1, ratio.value) if ratio else 0.0 for ratio in ratios]
    total = _ratio(
        [sum(sign * (s - r) for sign, (_, s, r) in zip(signs, row, strict=True)) for row in rows],
        [sum(n for n, _, _ in row) for row in rows],
    )
    return Calibration(
        tuple(_bin(number, columns[number], ratios[number]) for number in range(BINS)),
        total.value if total else None,
        total.influence if total else (0.0,) * len(rows),
    )


def calibration_difference(first: Calibration, second: Calibration) -> tuple[float, float] | None:
    """Return how far the first error is above the second on the same readers, and its error.

    None where either has no papers or there are fewer than two readers.
    """
    pairs = zip(first.influence, second.influence, strict=True)
    error = _spread([a - b for a, b in pairs])
    if first.error is None or second.error is None or error is None:
        return None
    return first.error - second.error, error


_Sums = tuple[int, float, float]  # papers, their scores, the relevant ones


def _sums(outcomes: Iterable[Outcome]) -> list[_Sums]:
    """Return the sums of one reader's papers by bin."""
    binned: list[list[Outcome]] = [[] for _ in range(BINS)]
    for score, relevant in outcomes:
        binned[min(int(score * BINS), BINS - 1)].append((score, relevant))
    return [
        (len(papers), math.fsum(s for s, _ in papers), sum(r for _, r in papers))
        for papers in binned
    ]


def _ratio(numerators: Sequence[float], denominators: Sequence[float]) -> _Ratio | None:
    """Return a ratio of sums; None where there is nothing to divide by."""
    total = math.fsum(denominators)
    if not total:
        return None
    value = math.fsum(numerators) / total
    pairs = zip(numerators, denominators, strict=True)
    return _Ratio(value, tuple((a - value * b) / total for a, b in pairs))


def _spread(influence: Sequence[float]) -> float | None:
    count = len(influence)
    if count < 2:
        return None
    return math.sqrt(math.fsum(value**2 for value in influence) * count / (count - 1))


def _bin(number: int, column: Sequence[_Sums], ratio: _Ratio | None) -> Bin:
    start, end = number / BINS, (number + 1) / BINS
    papers = sum(n for n, _, _ in column)
    if ratio is None:
        return Bin(start, end, 0, None, None, None)
    score = math.fsum(s for _, s, _ in column) / papers
    return Bin(start, end, papers, score, score - ratio.value, _spread(ratio.influence))
