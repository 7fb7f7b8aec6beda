"""A fortnight of digests for simulated readers of real papers, with and without verdicts.

Each reader has a hidden taste: two of some 300 clusters of the papers, found by k-means in a space
of its own that the model knows nothing of. She types two words frequent in one of them, gets at
most ten papers a day, and says of half of them whether they are to her taste, one time in twenty
wrongly. Prints by day how much of what was sent was to the readers' taste, and how much of what
was to their taste was sent, when the model learns from the verdicts and when it does not.
"""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table
from scipy.sparse import csr_matrix
from sklearn.cluster import KMeans
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.preprocessing import normalize

from bench.common import Stopwatch, watched
from digestmail.domain import THRESHOLD, Interest, Paper, Profile, Score
from digestmail.evaluation.read import Benchmark, read_benchmark
from digestmail.relevance import Features, Model
from digestmail.steps.daily.plan import FEEDBACK_WEIGHTS

_AXES, _CLUSTERS = 100, 300
_SMALLEST, _LARGEST = 20, 150  # papers of a cluster that somebody has a taste for
_TYPED, _LIKELY = 2, 8  # words typed, of so many that tell most of a cluster
_BACKGROUND = 10_000  # papers before a day, as the product has
_SMALLEST_DAY = 100  # papers of a date worth the name
_MAIL = 10  # papers a day

_Positions = NDArray[np.intp]
_Counts = NDArray[np.int64]  # readers x days


@dataclass(slots=True)
class _Reader:
    """A reader, and what she has said so far: papers with the days she said it."""

    taste: frozenset[int]  # clusters
    profile: Profile
    liked: list[tuple[Paper, int]] = field(default_factory=list)
    disliked: list[tuple[Paper, int]] = field(default_factory=list)

    def interest(self, today: int) -> Interest:
        """What the model is told of her on a day."""
        verdicts = [*self.liked, *self.disliked]
        return Interest(
            profile=self.profile,
            liked=tuple(paper for paper, _ in self.liked),
            disliked=tuple(paper for paper, _ in self.disliked),
            weights=tuple(
                0.5 ** ((today - day) / FEEDBACK_WEIGHTS.half_life.days) for _, day in verdicts
            ),
        )


@dataclass(frozen=True, slots=True)
class _Tally:
    """Papers sent, those of them to the readers' tastes, and how many at most could be."""

    sent: _Counts
    hits: _Counts
    possible: _Counts

    @property
    def precision(self) -> NDArray[np.float64]:
        """Of each day."""
        precision: NDArray[np.float64] = self.hits.sum(axis=0) / self.sent.sum(axis=0)
        return precision

    @property
    def recall(self) -> NDArray[np.float64]:
        """The share of what could be sent and good, of each day."""
        recall: NDArray[np.float64] = self.hits.sum(axis=0) / self.possible.sum(axis=0)
        return recall


def main() -> None:
    options = _options()
    watch, rng = Stopwatch(), np.random.default_rng(options.seed)
    world = _World(read_benchmark(options.papers), options.first, options.days, options.seed)
    readers = [world.reader(rng, options.threshold) for _ in range(options.readers)]
    learning, still = _replayed(world, readers, options, rng)
    news = sum(map(len, world.news))
    print(f"{len(world.dates)} days from {world.dates[0]}, {news} papers, {len(readers)} readers")
    Console().print(_table(world.dates, learning, still))
    print(_summary(learning, still))
    print(f"{watch.wall:.0f} s")
    if options.chart:
        _draw(options.chart, learning, still)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--papers", type=Path, required=True, help="folder of papers*.jsonl.gz")
    parser.add_argument("--first", default="2025-05-19", help="date of the first day")
    parser.add_argument("--days", type=int, default=14)
    parser.add_argument("--readers", type=int, default=200)
    parser.add_argument("--answering", type=float, default=0.5, help="share of papers judged")
    parser.add_argument(
        "--noise", type=float, default=0.05, help="share of verdicts that are wrong"
    )
    parser.add_argument("--threshold", type=float, default=THRESHOLD)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--chart", type=Path, help="PNG file to write")
    return parser.parse_args()


class _World:
    """The papers by day, and the clusters that tastes are made of."""

    def __init__(self, benchmark: Benchmark, first: str, days: int, seed: int) -> None:
        dates, sizes = np.unique(benchmark.published, return_counts=True)
        large = dates[(dates >= first) & (sizes >= _SMALLEST_DAY)]
        self.dates: list[str] = large[:days].tolist()
        self.papers = benchmark.papers
        self._published = benchmark.published
        self.news = [np.flatnonzero(benchmark.published == date) for date in self.dates]
        self._seed = seed
        self._known = np.concatenate([self.background(0), *self.news])

    def background(self, day: int) -> _Positions:
        """The papers before a day."""
        return np.flatnonzero(self._published < self.dates[day])[-_BACKGROUND:]

    def papers_at(self, positions: _Positions) -> list[Paper]:
        """The papers at some positions."""
        return [self.papers[position] for position in positions]

    @cached_property
    def _words(self) -> tuple[csr_matrix, NDArray[np.object_]]:
        texts = [f"{paper.title} {paper.abstract}" for paper in self.papers_at(self._known)]
        vectorizer = TfidfVectorizer(
            stop_words="english",
            token_pattern=r"(?u)\b[^\W\d_]{4,}\b",  # noqa: S106 - a pattern of words
            min_df=5,
            max_df=0.3,
            sublinear_tf=True,
        )
        return csr_matrix(vectorizer.fit_transform(texts)), vectorizer.get_feature_names_out()

    @cached_property
    def cluster(self) -> _Positions:
        """The cluster of each paper by position; -1 for papers outside the fortnight."""
        coordinates = TruncatedSVD(_AXES, random_state=self._seed).fit_transform(self._words[0])
        clusters = KMeans(_CLUSTERS, n_init=1, random_state=self._seed)
        numbers = np.full(len(self.papers), -1)
        numbers[self._known] = clusters.fit_predict(normalize(coordinates))
        return numbers

    @cached_property
    def _tellable(self) -> NDArray[np.intp]:
        """The clusters of a size that somebody may have a taste for."""
        sizes = np.bincount(self.cluster[self._known], minlength=_CLUSTERS)
        return np.flatnonzero((sizes >= _SMALLEST) & (sizes <= _LARGEST))

    def reader(self, rng: np.random.Generator, threshold: float) -> _Reader:
        """Somebody with a taste for two clusters who types words of the first."""
        first, second = rng.choice(self._tellable, 2, replace=False).tolist()
        words = rng.choice(self._telling(first), _TYPED, replace=False).tolist()
        profile = Profile(keywords=tuple(words), max_papers=_MAIL, threshold=threshold)
        return _Reader(frozenset((first, second)), profile)

    def _telling(self, cluster: int) -> NDArray[np.object_]:
        """The words that are frequent in a cluster and rare elsewhere."""
        vectors, words = self._words
        rows = vectors[self.cluster[self._known] == cluster]
        inside = rows.getnnz(axis=0) / rows.shape[0]
        lift = np.log(np.maximum(inside, 1e-9) / (vectors.getnnz(axis=0) / vectors.shape[0]))
        return words[np.argsort(-inside * lift)[:_LIKELY]]


# --- the days ------------------------------------------------------------------------------------


def _replayed(
    world: _World, readers: Sequence[_Reader], options: argparse.Namespace, rng: np.random.Generator
) -> tuple[_Tally, _Tally]:
    """What was sent when the model learned from the readers, and when it did not."""
    features = Features()
    still = [replace(reader, liked=[], disliked=[]) for reader in readers]
    days: list[tuple[_Tally, _Tally]] = []
    for day in watched(range(len(world.dates)), "Replaying days"):
        news = world.news[day]
        background = world.papers_at(world.background(day))
        model = Model(world.papers_at(news), background, features=features, explore=1)
        clusters = world.cluster[news]
        both = [model.score([r.interest(day) for r in regime]) for regime in (readers, still)]
        days.append((_tally(readers, both[0], clusters), _tally(readers, both[1], clusters)))
        for reader, scores in zip(readers, both[0], strict=True):
            _record_verdicts(
                reader,
                [(model.papers[s.paper], clusters[s.paper]) for s in scores],
                day,
                options,
                rng,
            )
    learning, without = zip(*days, strict=True)
    return _joined(learning), _joined(without)


def _record_verdicts(
    reader: _Reader,
    sent: Sequence[tuple[Paper, int]],
    day: int,
    options: argparse.Namespace,
    rng: np.random.Generator,
) -> None:
    """What a reader says of the papers of a digest."""
    for paper, cluster in sent:
        if rng.random() < options.answering:
            wrong = rng.random() < options.noise
            verdicts = reader.liked if (cluster in reader.taste) != wrong else reader.disliked
            verdicts.append((paper, day))


def _tally(
    readers: Sequence[_Reader], sent: Sequence[Sequence[Score]], clusters: _Positions
) -> _Tally:
    """One day of all readers."""
    tastes = [np.isin(clusters, list(reader.taste)) for reader in readers]
    hits = [[taste[s.paper] for s in scores] for taste, scores in zip(tastes, sent, strict=True)]
    return _Tally(
        np.array([[len(taste)] for taste in hits]),
        np.array([[sum(taste)] for taste in hits]),
        np.array([[min(np.count_nonzero(taste), _MAIL)] for taste in tastes]),
    )


def _joined(days: Sequence[_Tally]) -> _Tally:
    return _Tally(
        np.hstack([day.sent for day in days]),
        np.hstack([day.hits for day in days]),
        np.hstack([day.possible for day in days]),
    )


# --- telling -------------------------------------------------------------------------------------


def _table(dates: Sequence[str], learning: _Tally, still: _Tally) -> Table:
    table = Table("date", title="precision, share found and papers sent to a reader", box=None)
    for name in ("learning", "found", "sent", "without", "found", "sent", "ratio"):
        table.add_column(name, justify="right")
    ratios = learning.precision / still.precision
    for day, date in enumerate(dates):
        cells = [
            cell
            for tally in (learning, still)
            for cell in (
                f"{tally.precision[day]:.3f}",
                f"{tally.recall[day]:.3f}",
                f"{tally.sent[:, day].mean():.1f}",
            )
        ]
        table.add_row(date, *cells, f"{ratios[day]:.2f}")
    return table


def _summary(learning: _Tally, still: _Tally) -> str:
    """The two weeks of both, and how sure the difference of the second is."""
    half = learning.sent.shape[1] // 2
    rows = []
    for name, tally in (("learning", learning), ("without", still)):
        weeks = [
            tally.hits[:, week].sum() / tally.sent[:, week].sum()
            for week in (slice(0, half), slice(half, None))
        ]
        rows.append(
            f"{name}: precision {weeks[0]:.3f} in the first half, {weeks[1]:.3f} in the second"
        )
    gain = _by_reader(learning, half) - _by_reader(still, half)
    error = gain.std(ddof=1) / np.sqrt(len(gain))
    rows.append(
        f"gain in the second half, by reader: {gain.mean():+.3f} (standard error {error:.3f})"
    )
    return "\n".join(rows)


def _by_reader(tally: _Tally, first: int) -> NDArray[np.float64]:
    """The precision of each reader from a day on; 0 for those who were sent nothing."""
    hits, sent = tally.hits[:, first:].sum(axis=1), tally.sent[:, first:].sum(axis=1)
    precision: NDArray[np.float64] = hits / np.maximum(sent, 1)
    return precision


def _draw(file: Path, learning: _Tally, still: _Tally) -> None:
    figure = Figure(figsize=(10, 4), layout="constrained")
    precision_axes, recall_axes = figure.subplots(1, 2)
    days = range(1, learning.sent.shape[1] + 1)
    for tally, name, look in (
        (learning, "learning from verdicts", "o-"),
        (still, "without", "s--"),
    ):
        precision_axes.plot(days, tally.precision, look, label=name)
        recall_axes.plot(days, tally.recall, look, label=name)
    precision_axes.set(
        title="To the reader's taste, of what was sent", xlabel="day", ylim=(0, None)
    )
    recall_axes.set(title="Sent, of what was to the reader's taste", xlabel="day", ylim=(0, None))
    precision_axes.legend(frameon=False)
    figure.savefig(file, dpi=150)


if __name__ == "__main__":
    main()
