"""Measures of rankings and mails: of one reader, their means, and differences in pairs. Pure.

nDCG is that of Järvelin and Kekäläinen, "Cumulated gain-based evaluation of IR techniques" (ACM
TOIS 20, 2002), with gains 0 and 1; the other measures are those of Manning, Raghavan and Schütze,
*Introduction to Information Retrieval* (2008), chapter 8.
"""

import math
from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

RANKED = 100  # papers of a ranking that are measured
MAIL = 10  # papers of a mail
_GAIN_AT = 10
_RECALL_AT = 50
_FIRST = 5  # papers of a mail that are surely read


class RankingMeasures(NamedTuple):
    """Measures of one ranking, or their means over readers; each in [0, 1]."""

    ndcg: float  # of the first 10
    recall: float  # of the first 50
    mrr: float  # the reciprocal rank of the first hit
    ap: float  # average precision
    first_five: float  # precision of the first five, or as many as are relevant
    mail: float  # the share of the relevant papers that are among the ten best of their day


def ranking_measures(
    ranked: Sequence[str], relevant: AbstractSet[str], mails: AbstractSet[str]
) -> RankingMeasures:
    """Return the measures of one ranking, best first; only its first 100 papers count.

    ``mails`` are the papers that mails of ten a day hold. ``relevant`` must not be empty.
    """
    hits = [rank for rank, paper in enumerate(ranked[:RANKED], start=1) if paper in relevant]
    ideal = range(1, min(_GAIN_AT, len(relevant)) + 1)
    return RankingMeasures(
        ndcg=_gain(rank for rank in hits if rank <= _GAIN_AT) / _gain(ideal),
        recall=sum(rank <= _RECALL_AT for rank in hits) / len(relevant),
        mrr=1 / hits[0] if hits else 0.0,
        ap=sum(count / rank for count, rank in enumerate(hits, start=1)) / len(relevant),
        first_five=sum(rank <= _FIRST for rank in hits) / min(_FIRST, len(relevant)),
        mail=len(mails & relevant) / len(relevant),
    )


def _gain(ranks: Iterable[int]) -> float:
    return sum(1 / math.log2(rank + 1) for rank in ranks)


def mean_measures(rows: Sequence[RankingMeasures]) -> RankingMeasures:
    """Return the means over readers, at least one."""
    return RankingMeasures(*_means(rows, len(rows)))


class PairedDifference(NamedTuple):
    """The mean difference of two methods over the same readers, and its standard error."""

    mean: RankingMeasures
    error: RankingMeasures


def paired_difference(
    first: Sequence[RankingMeasures], second: Sequence[RankingMeasures]
) -> PairedDifference:
    """Return the first less the second, reader by reader in the same order; at least two.

    Both ranked the same readers' papers, so the error of the difference is far below those of the
    means. A difference of less than two errors may be luck.
    """
    differences = np.subtract(first, second)
    errors = differences.std(axis=0, ddof=1) / math.sqrt(len(differences))
    return PairedDifference(
        RankingMeasures(*differences.mean(axis=0).tolist()), RankingMeasures(*errors.tolist())
    )


def _means(rows: Iterable[Sequence[float]], count: int) -> Iterator[float]:
    return (math.fsum(column) / count for column in zip(*rows, strict=True))


def in_daily_mails(days: NDArray[np.str_], scores: NDArray[np.floating]) -> NDArray[np.bool_]:
    """Return which papers are among the ten best of their day; of equals the first are."""
    order = np.lexsort((-scores, days))
    _, starts, sizes = np.unique(days[order], return_index=True, return_counts=True)
    place = np.arange(len(days)) - np.repeat(starts, sizes)
    mask = np.empty(len(days), dtype=np.bool_)
    mask[order] = place < MAIL
    return mask


class DailyMails(NamedTuple):
    """Mails of at most ten papers a day, over the days that have papers, or means of such."""

    papers: float  # a day, the mean
    empty: float  # the share of days without a paper
    recall: float  # the share of the relevant papers


def daily_mails(
    days: NDArray[np.str_], mailed: NDArray[np.bool_], relevant: NDArray[np.bool_]
) -> DailyMails:
    """Return the measures of mails, by each paper's day, whether it was mailed and is relevant.

    At least one paper must be relevant.
    """
    _, day = np.unique(days, return_inverse=True)
    papers = np.bincount(day, weights=mailed)
    recall = (mailed & relevant).sum() / relevant.sum()
    return DailyMails(float(papers.mean()), float((papers == 0).mean()), float(recall))


def mean_daily_mails(rows: Sequence[DailyMails]) -> DailyMails:
    """Return the means over readers, at least one."""
    return DailyMails(*_means(rows, len(rows)))


class Diversity(NamedTuple):
    """How good and how much alike ten papers of a reader's pool are, or means of such."""

    ndcg: float
    similarity: float  # the mean cosine of two of them


def diversity(
    ranked: Sequence[str], relevant: AbstractSet[str], cosines: NDArray[np.floating]
) -> Diversity:
    """Return the measures of ten papers, best first; ``cosines`` are those of each two."""
    pairs = max(len(ranked) * (len(ranked) - 1), 1)
    ndcg = ranking_measures(ranked, relevant, frozenset()).ndcg
    return Diversity(ndcg, float(cosines.sum() - np.trace(cosines)) / pairs)


def mean_diversity(rows: Sequence[Diversity], readers: int) -> Diversity:
    """Return the means over readers, at least one; who got no papers counts 0."""
    return Diversity(*(math.fsum(row[at] for row in rows) / readers for at in range(2)))


class MailMeasures(NamedTuple):
    """Measures of one mail of the ten best papers at or above a threshold."""

    first_five: float  # precision of the first five, or as many as are relevant
    precision: float | None  # of the mail; None without one
    recall: float | None  # of the clearly relevant papers, ten at most; None without any


class MailSummary(NamedTuple):
    """Means of such measures over readers."""

    first_five: float
    precision: float  # over the readers with a mail
    recall: float | None  # over the readers for whom something is clearly relevant
    empty: float  # the share of readers with relevant papers who got no mail
    silence: float | None  # of readers for whom nothing is relevant, the share without a mail


def mail_measures(
    papers: Sequence[str], relevant: AbstractSet[str], clearly_relevant: AbstractSet[str]
) -> MailMeasures:
    """Return the measures of a mail, best first; ``relevant`` must not be empty."""
    hits = [paper in relevant for paper in papers]
    clear = sum(paper in clearly_relevant for paper in papers)
    return MailMeasures(
        sum(hits[:_FIRST]) / min(_FIRST, len(relevant)),
        sum(hits) / len(hits) if hits else None,
        clear / min(MAIL, len(clearly_relevant)) if clearly_relevant else None,
    )


def mail_summary(mails: Sequence[MailMeasures], silent: Sequence[bool]) -> MailSummary:
    """Return the means over readers; ``silent`` has those for whom nothing is relevant."""
    precisions = [mail.precision for mail in mails if mail.precision is not None]
    recalls = [mail.recall for mail in mails if mail.recall is not None]
    count = max(len(mails), 1)
    return MailSummary(
        math.fsum(mail.first_five for mail in mails) / count,
        math.fsum(precisions) / max(len(precisions), 1),
        math.fsum(recalls) / len(recalls) if recalls else None,
        1 - len(precisions) / count,
        sum(silent) / len(silent) if silent else None,
    )
