"""Rankings of readers' pools by our model and by others' methods, and how good they are."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from digestmail.domain import THRESHOLD, THRESHOLDS, Interest, Paper, Profile
from digestmail.evaluation.baselines import BASELINES, Judge, Space
from digestmail.evaluation.measures import (
    BEST,
    MAIL,
    Calibration,
    Daily,
    Mail,
    Measures,
    Sent,
    SentMail,
    daily,
    mail_of,
    mean_daily,
    mean_mail,
    mean_sent,
    measure,
    sent_mail,
)
from digestmail.evaluation.read import Benchmark, Positions, Reader
from digestmail.relevance import Embedder, Features, Model

OURS = "digestmail"
_BACKGROUND = 16_000  # papers; more change little
_FROM_ALL = (0.0, *sorted(THRESHOLDS))
_CELLS = 1 << 23  # of the dense evidence held at once: 32 MB

_Row = NDArray[np.float32]
Ranking = list[tuple[str, float]]  # papers with their scores, best first
Progress = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Judged:
    """What our model made of a benchmark; ``rankings`` by user hold the best 100.

    ``measures`` are of each reader, in the benchmark's order. ``daily`` tells by threshold, from 0
    on, of mails of at most ten papers a day; the means over readers with a pool of dated papers,
    empty without such. ``best`` are mails of each reader's ten best papers, ``varied`` of ten
    picked as for digests, whatever their value; ``mail`` tells of those at or above THRESHOLD.
    """

    measures: list[Measures]
    calibration: Calibration
    rankings: dict[str, Ranking]
    daily: dict[float, Daily]
    best: Mail
    varied: Mail
    mail: Sent


def measure_baseline(name: str, space: Space, progress: Progress) -> list[Measures] | None:
    """What one of BASELINES has with each reader; None where none told what it works on.

    A reader of whom it can make nothing counts 0. ``progress`` is told the readers done.
    """
    rankings = _ranked(BASELINES[name](space), space.benchmark, progress)
    return _measured(space.benchmark, rankings) if rankings else None


def _ranked(method: Judge, benchmark: Benchmark, progress: Progress) -> dict[str, Ranking]:
    rankings = {}
    for done, reader in enumerate(benchmark.measured, start=1):
        split = benchmark.split(reader)
        scores = method(reader, split) if len(split.pool) else None
        if scores is not None:
            rankings[reader.user] = _best(benchmark, split.pool, scores)
        progress(done)
    return rankings


def judge(benchmark: Benchmark, progress: Progress, embedder: Embedder | None = None) -> Judged:
    """Rank every reader's pool by our model. ``progress`` is told the readers done.

    Readers with the same pool share one model. Pools given as lists have one each: the rarity of
    terms, and what else is taken for uninteresting, depend on which papers are candidates, so a
    model of the union of all lists would rank otherwise.
    """
    calibration = Calibration()
    rankings = {}
    dated: list[dict[float, Daily]] = []
    mails = []
    sent: list[SentMail] = []
    silent: list[bool] = []
    for one in _judgements(benchmark, embedder):
        reader, pool = one.reader, benchmark.split(one.reader).pool
        at = np.searchsorted(one.candidates, pool)
        relevant = np.isin(pool, benchmark.positions(tuple(reader.held_out)))
        calibration.add(one.values[at], relevant)
        rankings[reader.user] = _best(benchmark, pool, one.evidence[at])
        shown = _shown(one, at)
        if reader.held_out:
            mails.append(_mails(one, at))
            sent.append(sent_mail(shown, reader.held_out))
        else:
            silent.append(not shown)
        if reader.pool_from and relevant.any():
            days = _days(benchmark, pool)
            dated.append(_daily(days, one.evidence[at], one.values[at], relevant))
        progress(len(rankings))
    by_day = {t: mean_daily([one[t] for one in dated]) for t in _FROM_ALL} if dated else {}
    readers = len(benchmark.measured)
    best, varied = (mean_mail([both[which] for both in mails], readers) for which in (0, 1))
    measures = _measured(benchmark, rankings)
    mail = mean_sent(sent, silent)
    return Judged(measures, calibration, rankings, by_day, best, varied, mail)


def _daily(
    days: NDArray[np.str_], evidence: _Row, values: _Row, relevant: NDArray[np.bool_]
) -> dict[float, Daily]:
    return {least: daily(days, evidence, values >= least, relevant) for least in _FROM_ALL}


def _days(benchmark: Benchmark, pool: Positions) -> NDArray[np.str_]:
    return benchmark.published[pool].astype("U10")  # of a moment, its date


def embed(benchmark: Benchmark, embedder: Embedder, progress: Progress) -> None:
    """Let an embedder read what ``judge`` will ask it for; ``progress`` is told the papers done."""
    embedder.papers(_papers(benchmark, _spoken_of(benchmark)), Features(), progress)


def _spoken_of(benchmark: Benchmark) -> Positions:
    """The papers that are candidates, of a background, or judged by a reader."""
    found = []
    for readers in _sharing(benchmark.readers):
        candidates, past = benchmark.candidates(readers[0])
        found += [candidates, _background(readers[0], candidates, past)]
        found += [benchmark.positions(_known_of(reader)) for reader in readers]
    return np.unique(np.concatenate(found))


def _known_of(reader: Reader) -> tuple[str, ...]:
    return (*reader.seeds, *reader.liked, *reader.disliked, *reader.disliked_hard)


def model_inputs(
    benchmark: Benchmark,
) -> Iterator[tuple[list[Paper], list[Paper], list[tuple[Reader, Interest]]]]:
    """Yield the candidates, the background and the readers of each pool that has any papers."""
    for readers in _sharing(benchmark.readers):
        candidates, past = benchmark.candidates(readers[0])
        if len(candidates):
            background = _background(readers[0], candidates, past)
            yield (
                _papers(benchmark, candidates),
                _papers(benchmark, background),
                [(reader, _interest(benchmark, reader)) for reader in readers],
            )


class _Judgement(NamedTuple):
    """What was made of the papers that a reader's pool is a part of, in ascending order."""

    reader: Reader
    candidates: Positions
    evidence: _Row
    values: _Row
    model: Model


def _judgements(benchmark: Benchmark, embedder: Embedder | None) -> Iterator[_Judgement]:
    """The judgements of all readers but those whose pool is empty."""
    features = Features()  # a paper may be in many pools
    for readers in _sharing(benchmark.readers):
        candidates, past = benchmark.candidates(readers[0])
        if not len(candidates):
            continue
        background = _background(readers[0], candidates, past)
        papers = _papers(benchmark, candidates)
        model = Model(papers, _papers(benchmark, background), features=features, embedder=embedder)
        size = max(1, _CELLS // max(1, len(candidates)))
        for start in range(0, len(readers), size):
            block = readers[start : start + size]
            evidence = model.log_odds([_interest(benchmark, reader) for reader in block])
            values = expit(evidence)
            for row, reader in enumerate(block):
                yield _Judgement(reader, candidates, evidence[row], values[row], model)


def _shown(one: _Judgement, pool: Positions) -> list[str]:
    """Return the ten best papers of a pool at or above the usual threshold."""
    best = pool[_falling(one.evidence[pool], MAIL)]
    return [one.model.papers[at].key for at in best if one.values[at] >= THRESHOLD]


def _mails(one: _Judgement, pool: Positions) -> tuple[Mail, Mail]:
    """A reader's ten best papers of a pool, and ten good ones that differ."""
    passing = np.full((1, len(one.candidates)), -1, dtype=np.float32)
    passing[0, pool] = one.values[pool]
    best = pool[_falling(one.evidence[pool], MAIL)]
    varied = one.model.diversified(passing, np.array([MAIL]))[0]
    return _mail(one, best), _mail(one, varied[varied >= 0])


def _mail(one: _Judgement, papers: Positions) -> Mail:
    keys = [one.model.papers[paper].key for paper in papers]
    return mail_of(keys, one.reader.held_out, one.model.likeness(papers))


def _background(reader: Reader, candidates: Positions, past: Positions) -> Positions:
    """What the candidates are measured against.

    A pool given as a list was found by a search, and most of it is near the subject. Among many
    papers of other subjects that would be all that is seen of it, and not what sets its own papers
    apart; so there are no more of those than of these.
    """
    most = _BACKGROUND if reader.pool is None else len(candidates)
    return _spread(np.setdiff1d(past, candidates), min(_BACKGROUND, most))


def _sharing(readers: Sequence[Reader]) -> list[list[Reader]]:
    """The readers by pool, before their own papers are taken out of it."""
    groups: dict[object, list[Reader]] = {}
    for reader in readers:
        groups.setdefault((reader.pool, reader.pool_from, reader.pool_to), []).append(reader)
    return list(groups.values())


def _spread(positions: Positions, most: int) -> Positions:
    """At most so many, evenly spread over the collection."""
    chosen: Positions = positions[
        np.linspace(0, len(positions) - 1, min(len(positions), most)).astype(np.int64)
    ]
    return chosen


def _papers(benchmark: Benchmark, positions: Positions) -> list[Paper]:
    return [benchmark.papers[position] for position in positions]


def _interest(benchmark: Benchmark, reader: Reader) -> Interest:
    return Interest(
        profile=Profile(keywords=reader.keywords, interests=reader.interests),
        seeds=benchmark.named(reader.seeds),
        liked=benchmark.named(reader.liked),
        disliked=benchmark.named((*reader.disliked, *reader.disliked_hard)),
    )


def _best(benchmark: Benchmark, pool: Positions, scores: NDArray[np.floating]) -> Ranking:
    """The best of a pool; equals stay in the order of the papers."""
    order = _falling(scores, BEST)
    return [(benchmark.papers[pool[at]].key, float(scores[at])) for at in order]


def _falling(scores: NDArray[np.floating], most: int) -> Positions:
    return np.argsort(-scores, kind="stable")[:most]


def _measured(benchmark: Benchmark, rankings: dict[str, Ranking]) -> list[Measures]:
    return [
        measure([paper for paper, _ in rankings.get(reader.user, ())], reader.held_out)
        for reader in benchmark.measured
    ]
