"""Learn 10,000 profiles with 50 verdicts each, against scikit-learn's LogisticRegression in a loop.

Each profile likes 40 and dislikes 10 of 6,000 papers, most of its likes near one paper, and typed
a title. Prints seconds, microseconds a profile, the ratio of the two and the peak of memory;
``--where`` adds the functions that take the time.
"""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")  # CPU time is compared: no thread shall spin

import argparse
import cProfile
import pstats
import random
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression

from bench.common import Stopwatch, peak_mib, read, spliced, watched
from digestmail.domain import Interest, Paper, Profile
from digestmail.relevance.learn import Learner
from digestmail.relevance.space import Space
from digestmail.relevance.terms import Features
from digestmail.resources import SAMPLE_PAPERS

_BLOCK = 1024  # profiles learned at a time, as the model does
_LIKED, _DISLIKED = 40, 10
_NEAR = 30  # of the liked papers are like one of them, the others anything
_FEATURES = 50_000  # 1-2-grams of the plain loop

_Choices = NDArray[np.int64]  # profiles x papers judged, the liked ones first


def main() -> None:
    options = _options()
    rng = np.random.default_rng(options.seed)
    papers = spliced(read(options.papers), options.count, random.Random(options.seed))
    space = Space(papers, (), Features())
    chosen = _chosen(space.papers, options.profiles, rng)
    interests = [_interest(papers, row.tolist()) for row in chosen]
    learner = Learner(space)
    before = peak_mib()
    profiler = cProfile.Profile() if options.where else None
    wall, ours = _learned(learner, interests, profiler)
    peak = peak_mib()
    theirs = _fitted(papers, chosen[: options.sample])
    print(f"profiles {options.profiles}, papers {options.count}, verdicts {_LIKED + _DISLIKED}")
    print(f"wall {wall:.1f} s, cpu {ours * options.profiles:.1f} s")
    print(f"{1e6 * ours:.0f} us of CPU a profile, in the loop {1e6 * theirs:.0f} us")
    print(f"ratio {theirs / ours:.0f}")
    print(f"memory: {peak:.0f} MiB at the peak ({before:.0f} before)")
    if profiler is not None:
        pstats.Stats(profiler).sort_stats("tottime").print_stats(20)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--papers", type=Path, default=SAMPLE_PAPERS)
    parser.add_argument("--count", type=int, default=6000)
    parser.add_argument("--profiles", type=int, default=10_000)
    parser.add_argument("--sample", type=int, default=200, help="profiles of the plain loop")
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
    learner: Learner, interests: list[Interest], profiler: cProfile.Profile | None
) -> tuple[float, float]:
    """The seconds of learning all of them, and those of CPU of one."""
    watch = Stopwatch()
    if profiler is not None:
        profiler.enable()
    for start in watched(range(0, len(interests), _BLOCK), "Learning"):
        learner.learn(interests[start : start + _BLOCK])
    if profiler is not None:
        profiler.disable()
    return watch.wall, watch.cpu / len(interests)


def _fitted(papers: list[Paper], chosen: _Choices) -> float:
    """The seconds of CPU that one profile takes with scikit-learn, vectors not counted."""
    vectorizer = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, max_features=_FEATURES)
    vectors = csr_matrix(vectorizer.fit_transform([f"{p.title} {p.abstract}" for p in papers]))
    verdicts = np.repeat([1, 0], [_LIKED, _DISLIKED])
    watch = Stopwatch()
    for judged in watched(chosen, "Fitting one by one"):
        LogisticRegression().fit(vectors[judged], verdicts)
    return watch.cpu / len(chosen)


if __name__ == "__main__":
    main()
