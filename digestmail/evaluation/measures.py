"""How good a ranking is, and whether values mean what they say. Pure.

nDCG is that of Järvelin and Kekäläinen, "Cumulated gain-based evaluation of IR techniques" (ACM
TOIS 20, 2002), with gains 0 and 1; the other measures are those of Manning, Raghavan and Schütze,
*Introduction to Information Retrieval* (2008), chapter 8.
"""

import math
from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

BEST = 100  # how much of a ranking is looked at
_GAIN_AT = 10
_RECALL_AT = 50
_BINS = 10
MAIL = 10  # papers a day
_FIRST = 5  # papers of a mail that are surely read


class Measures(NamedTuple):
    """Four measures of one ranking, or their means over readers; each in [0, 1]."""

    ndcg: float  # of the first 10
    recall: float  # of the first 50
    mrr: float  # the reciprocal rank of the first hit
    ap: float  # average precision


def measure(ranked: Sequence[str], relevant: AbstractSet[str]) -> Measures:
    """The measures of one ranking, best first; only its first 100 count.

    ``relevant`` must not be empty.
    """
    hits = [rank for rank, paper in enumerate(ranked[:BEST], start=1) if paper in relevant]
    ideal = range(1, min(_GAIN_AT, len(relevant)) + 1)
    return Measures(
        ndcg=_gain(rank for rank in hits if rank <= _GAIN_AT) / _gain(ideal),
        recall=sum(rank <= _RECALL_AT for rank in hits) / len(relevant),
        mrr=1 / hits[0] if hits else 0.0,
        ap=sum(found / rank for found, rank in enumerate(hits, start=1)) / len(relevant),
    )


def _gain(ranks: Iterable[int]) -> float:
    return sum(1 / math.log2(rank + 1) for rank in ranks)


def mean(rows: Sequence[Measures]) -> Measures:
    """The means over readers, at least one."""
    return Measures(*_means(rows, len(rows)))


class Lead(NamedTuple):
    """How far one method is ahead of another: the means over readers, and their standard errors."""

    by: Measures
    error: Measures


def lead(ours: Sequence[Measures], others: Sequence[Measures]) -> Lead:
    """Ours less the others', reader by reader in the same order; at least two of them.

    As both ranked the same readers' papers, the error of the difference is far below those of the
    means; a lead of less than two errors may be luck.
    """
    differences = np.subtract(ours, others)
    errors = differences.std(axis=0, ddof=1) / math.sqrt(len(differences))
    return Lead(Measures(*differences.mean(axis=0).tolist()), Measures(*errors.tolist()))


def _means(rows: Iterable[Sequence[float]], count: int) -> Iterator[float]:
    return (math.fsum(column) / count for column in zip(*rows, strict=True))


class Daily(NamedTuple):
    """What mails of at most ten papers a day are like, over the days that have papers."""

    papers: float  # a day, the mean
    empty: float  # the share of days without a paper
    shown: float  # the share of the relevant papers


def daily(
    days: NDArray[np.str_],
    scores: NDArray[np.floating],
    passing: NDArray[np.bool_],
    relevant: NDArray[np.bool_],
) -> Daily:
    """The mails of each day's ten best papers, of which those that do not pass are left out.

    Of each paper its day, its score, whether it passes and whether it is relevant, as at least one
    is; of equals the first is shown.
    """
    order = np.lexsort((-scores, days))
    _, starts, sizes = np.unique(days[order], return_index=True, return_counts=True)
    place = np.arange(len(days)) - np.repeat(starts, sizes)
    shown = passing[order] & (place < MAIL)
    papers = np.add.reduceat(shown.astype(np.int64), starts)
    found = relevant[order][shown].sum() / relevant.sum()
    return Daily(float(papers.mean()), float((papers == 0).mean()), float(found))


class Mail(NamedTuple):
    """Ten papers of a reader's pool: how good they are, and how much alike; or means of such."""

    ndcg: float
    likeness: float  # the mean cosine of two of them


def mail_of(ranked: Sequence[str], relevant: AbstractSet[str], alike: NDArray[np.floating]) -> Mail:
    """The measures of a mail, best first; ``alike`` has the cosines of its papers."""
    size = len(ranked)
    pairs = max(size * (size - 1), 1)
    return Mail(measure(ranked, relevant).ndcg, float(alike.sum() - np.trace(alike)) / pairs)


class SentMail(NamedTuple):
    """The mail of one reader for whom something is relevant."""

    first: float  # of the first five, or as many as are relevant, the share that is
    right: float | None  # of all papers, the share that is relevant; None without a mail


class Sent(NamedTuple):
    """Mails of the ten best papers at or above a threshold, the means over readers."""

    first: float  # precision of the first five
    right: float  # precision of the mail, of readers with one
    without: float  # the share of readers with relevant papers who got no mail
    silent: float | None  # of readers for whom nothing is relevant, the share without a mail


def sent_mail(papers: Sequence[str], relevant: AbstractSet[str]) -> SentMail:
    """Return the measures of a mail, best first; ``relevant`` must not be empty."""
    hits = [paper in relevant for paper in papers]
    right = sum(hits) / len(hits) if hits else None
    return SentMail(sum(hits[:_FIRST]) / min(_FIRST, len(relevant)), right)


def mean_sent(mails: Sequence[SentMail], silent: Sequence[bool]) -> Sent:
    """Return the means over readers; ``silent`` tells who got none of those who want none."""
    count = max(len(mails), 1)
    rights = [one.right for one in mails if one.right is not None]
    return Sent(
        math.fsum(one.first for one in mails) / count,
        math.fsum(rights) / max(len(rights), 1),
        1 - len(rights) / count,
        sum(silent) / len(silent) if silent else None,
    )


def mean_daily(rows: Sequence[Daily]) -> Daily:
    """The means over readers, at least one."""
    return Daily(*_means(rows, len(rows)))


def mean_mail(mails: Sequence[Mail], readers: int) -> Mail:
    """The means over readers, at least one; who got no mail counts 0."""
    return Mail(*(math.fsum(one[at] for one in mails) / readers for at in range(len(Mail._fields))))


@dataclass(frozen=True, slots=True)
class Bin:
    """The papers whose value is in [start, end), or in the last bin up to 1."""

    start: float
    end: float
    papers: int
    value: float  # the mean; 0 without papers
    relevant: float  # the share of the papers; 0 without papers


class Calibration:
    """How values compare with the share of papers that were relevant, in ten equal bins.

    The expected calibration error is that of Naeini, Cooper and Hauskrecht, "Obtaining well
    calibrated probabilities using Bayesian binning" (AAAI 2015).
    """

    def __init__(self) -> None:
        self._papers = np.zeros(_BINS)
        self._values = np.zeros(_BINS)
        self._hits = np.zeros(_BINS)

    def add(self, values: NDArray[np.floating], relevant: NDArray[np.bool_]) -> None:
        """Count papers: their values in [0, 1] and whether each was relevant."""
        exact = values.astype(np.float64)
        at = np.minimum((exact * _BINS).astype(np.intp), _BINS - 1)
        self._papers += np.bincount(at, minlength=_BINS)
        self._values += np.bincount(at, weights=exact, minlength=_BINS)
        self._hits += np.bincount(at, weights=relevant, minlength=_BINS)

    @property
    def error(self) -> float:
        """The expected calibration error: the mean over papers of their bins' differences."""
        apart = np.abs(self._values - self._hits).sum()
        return float(apart / max(self._papers.sum(), 1))

    def error_from(self, least: float) -> float:
        """Return the same of the papers in the bins from ``least`` on, those that are sent."""
        first = round(least * _BINS)
        apart = np.abs(self._values - self._hits)[first:].sum()
        return float(apart / max(self._papers[first:].sum(), 1))

    @property
    def bins(self) -> list[Bin]:
        """The ten bins, from the lowest values."""
        papers = np.maximum(self._papers, 1)
        values, shares = self._values / papers, self._hits / papers
        return [
            Bin(
                i / _BINS, (i + 1) / _BINS, int(self._papers[i]), float(values[i]), float(shares[i])
            )
            for i in range(_BINS)
        ]
