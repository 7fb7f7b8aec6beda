"""Score a day's papers for 10,000 profiles: learned, scored, picked, with reasons.

1,500 papers, measured against 6,000 of the past. Each profile typed keywords and a sentence of a
paper; ``--verdicts 50`` gives it so many beside, four of five liked and near each other. With
``--meaning 384`` all papers and texts have vectors of a sentence model's size, drawn at random:
what they cost, not what they bring. Prints microseconds of CPU a profile, also of the plain loop
that takes ``cosine_similarity`` and an argsort for one profile after the other, and the peak of
memory; ``--where`` adds the functions that take the time.
"""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")  # CPU time is compared: no thread shall spin
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import argparse
import cProfile
import pstats
import random
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.metrics.pairwise import cosine_similarity

from bench.common import Stopwatch, peak_mib, read, spliced, watched
from digestmail.domain import Interest, Paper, Profile
from digestmail.relevance import Embedder, Features, Model
from digestmail.relevance.features.arrays import Dense, unit
from digestmail.relevance.features.sentence_model import ModelFiles
from digestmail.resources import SAMPLE_PAPERS
from digestmail.text import words

_BLOCK = 4_096  # profiles asked for at once, as ``prepare`` does
_CENTRES = 200  # papers that some profile's likes are near


def main() -> None:
    options = _options()
    rng = np.random.default_rng(options.seed)
    known = read(options.papers)
    papers = spliced(known, options.count + options.past, random.Random(options.seed))
    news, past = papers[: options.count], papers[options.count :]
    embedder = RandomEmbedder(options.meaning) if options.meaning else None
    watch = Stopwatch()
    model = Model(news, past, features=Features(), embedder=embedder)
    print(f"papers {options.count}, of the past {options.past}: {watch.cpu:.1f} s of CPU, once")
    interests = interests_of(past, options.profiles, options.verdicts, rng)
    before, watch = peak_mib(), Stopwatch()
    profiler = cProfile.Profile() if options.where else None
    picked = _scored(model, interests, profiler)
    cpu = watch.cpu / options.profiles
    print(f"profiles {options.profiles}, verdicts {options.verdicts}, papers picked {picked}")
    print(f"{1e6 * cpu:.0f} us of CPU a profile, {watch.wall:.1f} s on the wall")
    print(f"memory: {peak_mib():.0f} MiB at the peak ({before:.0f} before)")
    plain = _plain(news, interests[: options.sample])
    print(f"plain loop: {1e6 * plain:.0f} us a profile, ratio {plain / cpu:.1f}")
    if profiler is not None:
        pstats.Stats(profiler).sort_stats("tottime").print_stats(30)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--papers", type=Path, default=SAMPLE_PAPERS)
    parser.add_argument("--count", type=int, default=1_500, help="papers to be scored")
    parser.add_argument("--past", type=int, default=6_000, help="papers of the past")
    parser.add_argument("--profiles", type=int, default=10_000)
    parser.add_argument("--verdicts", type=int, default=0, help="of each profile")
    parser.add_argument("--meaning", type=int, default=0, help="dimensions of sentence vectors")
    parser.add_argument("--sample", type=int, default=200, help="profiles of the plain loop")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--where", action="store_true", help="tell where the time goes")
    return parser.parse_args()


class RandomEmbedder(Embedder):
    """Gives each text a vector that depends on nothing but the text."""

    def __init__(self, size: int) -> None:
        super().__init__(ModelFiles(Path(), Path(), "mean", "random"))
        self._table = unit(np.random.default_rng(0).normal(size=(997, size))).astype(np.float32)

    @property
    def size(self) -> int:
        return int(self._table.shape[1])

    def texts(self, texts: Sequence[str], features: Features | None = None) -> Dense:  # noqa: ARG002
        return self._table[[hash(text) % len(self._table) for text in texts]]

    def papers(
        self,
        papers: Sequence[Paper],
        features: Features,  # noqa: ARG002 - nothing is stored
        progress: Callable[[int], None] = lambda _: None,  # noqa: ARG002
    ) -> Dense:
        return self._table[[hash(paper.key) % len(self._table) for paper in papers]]


def interests_of(
    papers: list[Paper], profiles: int, verdicts: int, rng: np.random.Generator
) -> list[Interest]:
    """Return profiles that typed words of a paper and judged papers like one of theirs."""
    neighbours = _neighbours(papers, rng)
    return [_interest(papers, neighbours, verdicts, rng) for _ in range(profiles)]


def _neighbours(papers: list[Paper], rng: np.random.Generator) -> NDArray[np.int64]:
    """Return the hundred papers that are most like each of some (centres x papers)."""
    vectors = csr_matrix(TfidfVectorizer(sublinear_tf=True).fit_transform(map(_text, papers)))
    centres = rng.choice(len(papers), size=_CENTRES)
    order: NDArray[np.int64] = np.argsort(-(vectors[centres] @ vectors.T).toarray(), axis=1)
    return order[:, :100]


def _interest(
    papers: list[Paper], neighbours: NDArray[np.int64], verdicts: int, rng: np.random.Generator
) -> Interest:
    group = neighbours[rng.integers(len(neighbours))]
    liked = rng.choice(group, min(verdicts * 4 // 5, len(group)), replace=False)
    disliked = np.setdiff1d(rng.choice(len(papers), 2 * verdicts), liked)[: verdicts // 5]
    example = papers[group[0]]
    title = [word.plain for word in words(example.title) if len(word.plain) > 3]
    profile = Profile(keywords=tuple(title[:4]), interests=example.abstract[:200])
    return Interest(
        profile=profile,
        liked=tuple(papers[at] for at in liked),
        disliked=tuple(papers[at] for at in disliked),
    )


def _scored(model: Model, interests: list[Interest], profiler: cProfile.Profile | None) -> int:
    """Return the number of papers picked."""
    if profiler is not None:
        profiler.enable()
    picked = 0
    for start in watched(range(0, len(interests), _BLOCK), "Scoring"):
        picked += sum(map(len, model.score(interests[start : start + _BLOCK])))
    if profiler is not None:
        profiler.disable()
    return picked


def _plain(papers: list[Paper], interests: list[Interest]) -> float:
    """Return the seconds of CPU that scikit-learn takes for one profile, vectors not counted."""
    vectorizer = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True)
    rows = vectorizer.fit_transform(map(_text, papers))
    texts = vectorizer.transform([interest.profile.interests for interest in interests])
    watch = Stopwatch()
    for row in watched(range(len(interests)), "Scoring one by one"):
        np.argsort(-cosine_similarity(texts[row], rows).ravel())[:10]
    return watch.cpu / len(interests)


def _text(paper: Paper) -> str:
    return f"{paper.title} {paper.abstract}"


if __name__ == "__main__":
    main()
