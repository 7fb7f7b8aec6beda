"""Rankings of readers' pools by our model and by other methods, and their measures."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from digestmail.domain import THRESHOLD, THRESHOLDS, Interest, Paper, Profile
from digestmail.evaluation.baselines import BASELINES, Space
from digestmail.evaluation.calibration import Calibration, Outcome, calibration
from digestmail.evaluation.measures import (
    MAIL,
    RANKED,
    DailyMails,
    Diversity,
    MailMeasures,
    MailSummary,
    RankingMeasures,
    daily_mails,
    diversity,
    in_daily_mails,
    mail_measures,
    mail_summary,
    mean_daily_mails,
    mean_diversity,
    ranking_measures,
)
from digestmail.evaluation.read import Benchmark, Positions, Reader
from digestmail.relevance import Embedder, Features, Model

OURS = "digestmail"
_BACKGROUND = 16_000  # papers; more change little
_THRESHOLDS = (0.0, *sorted(THRESHOLDS))
_CELLS = 1 << 23  # of the dense evidence held at once: 32 MB

_Scores = NDArray[np.floating]
Ranking = list[tuple[str, float]]  # papers with their scores, best first
Progress = Callable[[int], None]

_UNRANKED = RankingMeasures(0, 0, 0, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class ModelRun:
    """Rankings of a benchmark by our model.

    ``measures`` are of each reader, in the benchmark's order; ``rankings`` by user hold the best
    100. ``calibration`` is of the papers that a mail can hold: those at or above THRESHOLD.
    ``mail`` is of their ten best. ``daily`` has mails of at most ten papers a day by threshold,
    from 0 on; empty without pools of dated papers. ``best`` is of each reader's ten best papers,
    ``diversified`` of ten picked as for digests, whatever their score.
    """

    measures: list[RankingMeasures]
    rankings: dict[str, Ranking]
    calibration: Calibration
    mail: MailSummary
    daily: dict[float, DailyMails]
    best: Diversity
    diversified: Diversity


def baseline_measures(name: str, space: Space, progress: Progress) -> list[RankingMeasures] | None:
    """Return the measures of one of BASELINES, of each reader; None where it can rank for none.

    A reader for whom it has nothing to go by counts 0. ``progress`` receives the readers done.
    """
    benchmark, method = space.benchmark, BASELINES[name](space)
    rows = []
    ranks_any = False
    for number, reader in enumerate(benchmark.measured, start=1):
        split = benchmark.split(reader)
        scores = method(reader, split) if len(split.pool) else None
        ranks_any |= scores is not None
        rows.append(
            _UNRANKED if scores is None else _measures(benchmark, reader, split.pool, scores)
        )
        progress(number)
    return rows if ranks_any else None


def run_model(
    benchmark: Benchmark,
    progress: Progress,
    embedder: Embedder | None = None,
    features: Features | None = None,
) -> ModelRun:
    """Rank every reader's pool by our model. ``progress`` receives the readers done.

    Readers with the same pool share one model. Pools given as lists have one each: the rarity of
    terms, and all that papers are measured against, depend on which papers are candidates, so a
    model of the union of all lists would rank otherwise.
    """
    builder = RunBuilder(benchmark)
    features = features or Features()  # a paper may be in many pools
    for pool in model_pools(benchmark):
        model = Model(pool.papers, pool.background, features=features, embedder=embedder)
        builder.add(pool, model, progress)
    return builder.run()


class Pool(NamedTuple):
    """Papers that some readers' pools are taken from, in ascending order, and the readers."""

    positions: Positions
    papers: list[Paper]
    background: list[Paper]
    readers: list[tuple[Reader, Interest]]


def model_pools(benchmark: Benchmark) -> Iterator[Pool]:
    """Yield the pools that have any papers."""
    groups: dict[object, list[Reader]] = {}
    for reader in benchmark.readers:
        groups.setdefault((reader.pool, reader.pool_from, reader.pool_to), []).append(reader)
    for readers in groups.values():
        candidates, past = benchmark.candidates(readers[0])
        if len(candidates):
            background = _background(readers[0], candidates, past)
            yield Pool(
                candidates,
                [benchmark.papers[position] for position in candidates],
                [benchmark.papers[position] for position in background],
                [(reader, _interest(benchmark, reader)) for reader in readers],
            )


def embed(benchmark: Benchmark, embedder: Embedder, features: Features, progress: Progress) -> None:
    """Embed all papers that a run needs; ``progress`` receives the papers done."""
    needed: dict[str, Paper] = {}
    for pool in model_pools(benchmark):
        examples = [p for _, i in pool.readers for p in (*i.seeds, *i.liked, *i.disliked)]
        needed |= {paper.key: paper for paper in (*pool.papers, *pool.background, *examples)}
    embedder.papers(list(needed.values()), features, progress)


class RunBuilder:
    """A run of a benchmark by one model for each of its pools, as far as it is measured."""

    def __init__(self, benchmark: Benchmark) -> None:
        self.rankings: dict[str, Ranking] = {}
        self._benchmark = benchmark
        self._measures: dict[str, RankingMeasures] = {}
        self._outcomes: list[list[Outcome]] = []
        self._mails: list[MailMeasures] = []
        self._silent: list[bool] = []
        self._daily: list[dict[float, DailyMails]] = []
        self._ten: list[tuple[Diversity, Diversity]] = []

    def add(self, pool: Pool, model: Model, progress: Progress = lambda _: None) -> None:
        """Rank the papers of a pool for its readers by a model that was made for them."""
        for rows in _blocks(pool):
            log_odds = model.log_odds([interest for _, interest in pool.readers[rows]])
            for (reader, _), row in zip(pool.readers[rows], log_odds, strict=True):
                self._add(reader, pool.positions, row, model)
                progress(len(self.rankings))

    def _add(self, reader: Reader, candidates: Positions, log_odds: _Scores, model: Model) -> None:
        """Measure the log-odds of one reader's papers."""
        benchmark = self._benchmark
        pool = benchmark.split(reader).pool
        at = np.searchsorted(candidates, pool)
        ranked, scores = log_odds[at], expit(log_odds[at])
        relevant = np.isin(pool, benchmark.positions(tuple(reader.held_out)))
        order = _best(ranked, RANKED)
        keys = [benchmark.papers[pool[i]].key for i in order]
        self.rankings[reader.user] = list(zip(keys, ranked[order].tolist(), strict=True))
        passing = scores >= THRESHOLD
        hits = relevant[passing].tolist()
        self._outcomes.append(list(zip(scores[passing].tolist(), hits, strict=True)))
        mail = [key for key, i in zip(keys[:MAIL], order, strict=False) if passing[i]]
        if not reader.held_out:
            self._silent.append(not mail)
            return
        self._measures[reader.user] = _measures(benchmark, reader, pool, ranked)
        self._mails.append(mail_measures(mail, reader.held_out, reader.clearly_relevant))
        self._ten.append(_diversities(reader, at, log_odds, model))
        if reader.pool_from and relevant.any():
            days = _days(benchmark, reader, pool)
            mailed = in_daily_mails(days, ranked)
            self._daily.append(
                {
                    least: daily_mails(days, mailed & (scores >= least), relevant)
                    for least in _THRESHOLDS
                }
            )

    def run(self) -> ModelRun:
        """Return all of it; a reader without a pool counts 0."""
        readers, daily = self._benchmark.measured, self._daily
        best, diversified = (
            mean_diversity([pair[at] for pair in self._ten], len(readers)) for at in (0, 1)
        )
        return ModelRun(
            [self._measures.get(reader.user, _UNRANKED) for reader in readers],
            self.rankings,
            calibration(self._outcomes),
            mail_summary(self._mails, self._silent),
            {t: mean_daily_mails([row[t] for row in daily]) for t in _THRESHOLDS} if daily else {},
            best,
            diversified,
        )


def _measures(
    benchmark: Benchmark, reader: Reader, pool: Positions, scores: _Scores
) -> RankingMeasures:
    """Return the measures of one reader's pool; equals stay in the order of the papers."""
    mailed = pool[in_daily_mails(_days(benchmark, reader, pool), scores)]
    return ranking_measures(
        [benchmark.papers[pool[at]].key for at in _best(scores, RANKED)],
        reader.held_out,
        frozenset(benchmark.papers[position].key for position in mailed),
    )


def _days(benchmark: Benchmark, reader: Reader, pool: Positions) -> NDArray[np.str_]:
    """Return the days of papers; where the pool is none of dated papers, all are of one day."""
    if not reader.pool_from:
        return np.zeros(len(pool), dtype="U10")
    return benchmark.published[pool].astype("U10")  # of a moment, its date


def _diversities(
    reader: Reader, pool: Positions, log_odds: _Scores, model: Model
) -> tuple[Diversity, Diversity]:
    """Return the measures of the ten best papers of a pool, and of ten good ones that differ."""
    passing = np.full((1, len(log_odds)), -1, dtype=np.float32)
    passing[0, pool] = expit(log_odds[pool])
    picked = model.diversified(passing, np.array([MAIL]))[0]
    best, diversified = (
        diversity([model.papers[i].key for i in ten], reader.held_out, model.likeness(ten))
        for ten in (pool[_best(log_odds[pool], MAIL)], picked[picked >= 0])
    )
    return best, diversified


def _background(reader: Reader, candidates: Positions, past: Positions) -> Positions:
    """Return the papers that the candidates are measured against, evenly spread over the past.

    A pool given as a list was made by a search, and most of it is near the subject. Among many
    papers of other subjects that would be all that is seen of it, and not what sets its own papers
    apart; so there are no more of those than of these.
    """
    limit = _BACKGROUND if reader.pool is None else min(_BACKGROUND, len(candidates))
    unseen = np.setdiff1d(past, candidates)
    spread = np.linspace(0, len(unseen) - 1, min(len(unseen), limit)).astype(np.int64)
    background: Positions = unseen[spread]
    return background


def _interest(benchmark: Benchmark, reader: Reader) -> Interest:
    return Interest(
        profile=Profile(keywords=reader.keywords, interests=reader.interests),
        seeds=benchmark.papers_of(reader.seeds),
        liked=benchmark.papers_of(reader.liked),
        disliked=benchmark.papers_of((*reader.disliked, *reader.disliked_hard)),
    )


def _blocks(pool: Pool) -> Iterator[slice]:
    """Yield blocks of readers whose evidence fits into memory."""
    size = max(1, _CELLS // max(1, len(pool.papers)))
    return (slice(start, start + size) for start in range(0, len(pool.readers), size))


def _best(scores: _Scores, limit: int) -> Positions:
    return np.argsort(-scores, kind="stable")[:limit]
