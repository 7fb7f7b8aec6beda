"""Learn 10,000 profiles with 50 verdicts each, against scikit-learn's models fitted in a loop.

Each profile likes 40 and dislikes 10 of 6,000 papers, most of its likes near one paper, and typed
a title; 1,500 papers are to be judged. As our task is, likes are learned against all other papers
too. Of the loops one fits LogisticRegression on the papers judged only, which is less than the
task; two do what ours does, on the likes against the dislikes and others at random: a
LogisticRegression with 1,000 of them, and arxiv-sanity-lite's LinearSVC (C=0.01, balanced) with all
papers. Prints seconds, microseconds a profile, the ratios and the peak of memory; ``--where`` adds
the functions that take the time.
"""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")  # CPU time is compared: no thread shall spin

import argparse
import cProfile
import pstats
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from digestmail.relevance.learn import Learner
from digestmail.relevance.space import Space
from digestmail.relevance.terms import Features
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.svm import LinearSVC

from bench.common import Stopwatch, peak_mib, read, spliced, watched
from digestmail.domain import Interest, Paper, Profile
from digestmail.relevance.model import BLOCK
from digestmail.resources import SAMPLE_PAPERS

_LIKED, _DISLIKED = 40, 10
_NEAR = 30  # of the liked papers are like one of them, the others anything
_FEATURES = 50_000  # 1-2-grams of the plain loops
_OTHERS = 1_000  # papers at random in one of them

_Choices = NDArray[np.int64]  # profiles x papers judged, the liked ones first


def main() -> None:
    options = _options()
    rng = np.random.default_rng(options.seed)
    known, count = read(options.papers), options.news + options.count
    papers = spliced(known, count, random.Random(options.seed))
    news, papers = papers[: options.news], papers[options.news :]
    space = Space(news, papers, Features())
    chosen = _chosen(space.background[options.news :], options.profiles, rng)
    interests = [_interest(papers, row.tolist()) for row in chosen]
    before = peak_mib()
    profiler = cProfile.Profile() if options.where else None
    wall, ours = _learned(space, interests, profiler)
    peak = peak_mib()
    print(f"profiles {options.profiles}, papers {options.count}, verdicts {_LIKED + _DISLIKED}")
    print(f"wall {wall:.1f} s, cpu {ours * options.profiles:.1f} s")
    print(f"{1e6 * ours:.0f} us of CPU a profile; memory {peak:.0f} MiB ({before:.0f} before)")
    vectors = _vectors(papers)
    for name, (others, fit) in _LOOPS.items():
        theirs = _fitted(vectors, chosen[: options.sample], others, fit)
        print(f"{name}: {1e6 * theirs:.0f} us a profile, ratio {theirs / ours:.0f}")
    if profiler is not None:
        pstats.Stats(profiler).sort_stats("tottime").print_stats(20)


# How many others at random each loop learns from, and its estimator.
_LOOPS: dict[str, tuple[int | None, Callable[[], Any]]] = {
    "judged papers only, LogisticRegression": (0, LogisticRegression),
    f"and {_OTHERS} others, LogisticRegression": (_OTHERS, LogisticRegression),
    "and all others, LinearSVC": (None, lambda: LinearSVC(C=0.01, class_weight="balanced")),
}


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--papers", type=Path, default=SAMPLE_PAPERS)
    parser.add_argument("--count", type=int, default=6000, help="papers of the past")
    parser.add_argument("--news", type=int, default=1500, help="papers to be judged")
    parser.add_argument("--profiles", type=int, default=10_000)
    parser.add_argument("--sample", type=int, default=50, help="profiles of the plain loops")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--where", action="store_true", help="tell where the time goes")
    return parser.parse_args()


def _chosen(papers: csr_matrix, profiles: int, rng: np.random.Generator) -> _Choices:
    """What each profile judged: papers near one of its own, others by chance."""
    count = papers.shape[0]
    centres = rng.choice(count, size=200)
    alike = (papers[centres] @ papers.T).toarray()
    near = np.argsort(-alike, axis=1)[:, : 2 * _NEAR]
    rows = []
    for place in rng.integers(len(centres), size=profiles):
        mine = rng.permutation(near[place])[:_NEAR]
        others = rng.permutation(np.setdiff1d(rng.choice(count, size=80), near[place]))
        rows.append(np.concatenate([mine, others[: _LIKED + _DISLIKED - _NEAR]]))
    return np.array(rows)


def _interest(papers: list[Paper], judged: list[int]) -> Interest:
    liked, disliked = judged[:_LIKED], judged[_LIKED:]
    return Interest(
        profile=Profile(interests=papers[liked[0]].title),
        liked=tuple(papers[at] for at in liked),
        disliked=tuple(papers[at] for at in disliked),
    )


def _learned(
    space: Space, interests: list[Interest], profiler: cProfile.Profile | None
) -> tuple[float, float]:
    """The seconds of learning all of them, and those of CPU of one."""
    watch = Stopwatch()
    if profiler is not None:
        profiler.enable()
    learner = Learner(space)
    for start in watched(range(0, len(interests), BLOCK), "Learning"):
        learner.learn(interests[start : start + BLOCK])
    if profiler is not None:
        profiler.disable()
    return watch.wall, watch.cpu / len(interests)


def _vectors(papers: list[Paper]) -> csr_matrix:
    vectorizer = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, max_features=_FEATURES)
    return csr_matrix(vectorizer.fit_transform([f"{p.title} {p.abstract}" for p in papers]))


def _fitted(
    vectors: csr_matrix, chosen: _Choices, others: int | None, fit: Callable[[], Any]
) -> float:
    """The seconds of CPU that one profile takes with scikit-learn, vectors not counted."""
    rng, count = np.random.default_rng(0), vectors.shape[0]
    watch = Stopwatch()
    for judged in watched(chosen, "Fitting one by one"):
        rest = np.setdiff1d(np.arange(count), judged)
        added = rest if others is None else rng.choice(rest, others, replace=False)
        verdicts = np.repeat([1, 0], [_LIKED, _DISLIKED + len(added)])
        fit().fit(vectors[np.concatenate([judged, added])], verdicts)
    return watch.cpu / len(chosen)


if __name__ == "__main__":
    main()
