"""Score a day's papers for 100,000 profiles kept in SQLite, against a loop in scikit-learn.

1,500 papers, 64 terms a profile, kept as bytes. Ours loads the profiles, scores, diversifies and
picks ten; the loop has its profiles in memory and takes ``cosine_similarity`` and an argsort, one
profile after the other. Prints seconds, microseconds a profile, the ratio and the peak of memory.
"""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")  # the blocks have their own threads

import argparse
import random
import sqlite3
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
from digestmail.relevance.learn import Learner
from digestmail.relevance.picking import Picker
from digestmail.relevance.space import Space
from digestmail.relevance.sums import of_linear, value_of
from digestmail.relevance.terms import Features
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from sklearn.metrics.pairwise import cosine_similarity

from bench.common import Stopwatch, peak_mib, read, spliced, watched
from digestmail.domain import Paper
from digestmail.resources import SAMPLE_PAPERS

_TERMS = 64  # of a profile
_PICKS = 10
_FIELDS = 500  # that profiles are of: each the heaviest terms of a few papers
_OF_FIELD = 200  # terms that a profile of a field has some of
_WRITTEN = 8192  # profiles made at a time

# A profile as it is kept: hashes of terms, rising, and their weights in halves.
_KEPT = np.dtype([("hashes", "<u4", _TERMS), ("weights", "<f2", _TERMS)])
_FIELD = np.dtype([("hashes", "<u4", _OF_FIELD), ("weights", "<f2", _OF_FIELD)])

_Kept = NDArray[np.void]
_Picks = NDArray[np.int16]  # profiles x picks: positions of papers, -1 fills up


def main() -> None:
    options = _options()
    rng = np.random.default_rng(options.seed)
    mixed = spliced(read(options.papers), 4 * options.count, random.Random(options.seed))
    watch = Stopwatch()
    today = _Today(mixed[: options.count], mixed[options.count :])
    print(
        f"papers {options.count}: vectors and themes in {watch.wall:.1f} s, once for all profiles"
    )
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "profiles.db"
        _keep(file, today, options.profiles, rng)
        before, watch = peak_mib(), Stopwatch()
        picked = sum(np.count_nonzero(picks >= 0) for picks in _scored(today, file, options))
        wall, cpu, peak = watch.wall, watch.cpu, peak_mib()
        theirs = _plain(today, today.terms(_load(file, range(options.sample))))
    each = cpu / options.profiles
    print(f"profiles {options.profiles} of {_TERMS} terms, papers picked {picked}")
    print(f"wall {wall:.1f} s on {options.threads} threads, cpu {cpu:.1f} s")
    print(f"{1e6 * each:.0f} us of CPU a profile, in the loop {1e6 * theirs:.0f} us")
    print(f"ratio {theirs / each:.0f}")
    print(f"memory: {peak:.0f} MiB at the peak ({before:.0f} before scoring)")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--papers", type=Path, default=SAMPLE_PAPERS)
    parser.add_argument("--count", type=int, default=1500)
    parser.add_argument("--profiles", type=int, default=100_000)
    parser.add_argument("--sample", type=int, default=300, help="profiles of the plain loop")
    parser.add_argument("--block", type=int, default=512, help="profiles scored at a time")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args()


# --- the profiles in their table -----------------------------------------------------------------


def _keep(file: Path, today: "_Today", count: int, rng: np.random.Generator) -> None:
    """Write profiles, each with some of the terms of one field."""
    fields = today.fields(rng)
    with closing(sqlite3.connect(file)) as database, database:
        database.execute("CREATE TABLE profile (id INTEGER PRIMARY KEY, model BLOB NOT NULL)")
        for start in watched(range(0, count, _WRITTEN), "Making profiles"):
            size = min(_WRITTEN, count - start)
            order = rng.random((size, _OF_FIELD)).argpartition(_TERMS)[:, :_TERMS]
            order.sort(axis=1)
            mine = fields[rng.integers(_FIELDS, size=size)]
            kept = np.zeros(size, dtype=_KEPT)
            kept["hashes"] = np.take_along_axis(mine["hashes"], order, axis=1)
            kept["weights"] = np.take_along_axis(mine["weights"], order, axis=1)
            rows = ((start + at, one.tobytes()) for at, one in enumerate(kept))
            database.executemany("INSERT INTO profile VALUES (?, ?)", rows)


def _load(file: Path, ids: range) -> _Kept:
    """The kept profiles of these ids."""
    query = "SELECT model FROM profile WHERE id >= ? AND id < ? ORDER BY id"
    with closing(sqlite3.connect(file)) as database:
        rows = database.execute(query, (ids.start, ids.stop)).fetchall()
    return np.frombuffer(b"".join(model for (model,) in rows), dtype=_KEPT)


# --- scoring -------------------------------------------------------------------------------------


class _Today:
    """The day's papers, and what is common to all profiles."""

    def __init__(self, papers: list[Paper], background: list[Paper]) -> None:
        features = Features()
        self.space = Space(papers, background, features)
        terms = features.terms([*papers, *background])
        self._hashes = np.unique(np.concatenate([some.hashes for some in terms]))
        self._nothing = Learner(self.space).learn([])  # of no profile
        self._picker = Picker(self.space.texts)

    def fields(self, rng: np.random.Generator) -> _Kept:
        """The heaviest terms of some means of ten papers each."""
        fields = np.zeros(_FIELDS, dtype=_FIELD)
        papers = self.space.texts
        for field in fields:
            mean = csr_matrix(papers[rng.choice(papers.shape[0], 10)].mean(axis=0))
            mean /= (papers @ mean.T).toarray().std()  # the scale of what is learned
            mean.sort_indices()
            heaviest = np.sort(np.argpartition(mean.data, -_OF_FIELD)[-_OF_FIELD:])
            field["hashes"] = self._hashes[mean.indices[heaviest]]
            field["weights"] = mean.data[heaviest]
        return fields

    def terms(self, kept: _Kept) -> csr_matrix:
        """The profiles over today's terms (profiles x terms); others are left out."""
        columns = np.searchsorted(self._hashes, kept["hashes"])
        columns[columns == len(self._hashes)] = 0
        known = self._hashes[columns] == kept["hashes"]
        starts = np.concatenate([[0], known.sum(axis=1).cumsum()])
        weights = kept["weights"][known].astype(np.float32)
        return csr_matrix((weights, columns[known], starts), shape=(len(kept), self.space.size))

    def picks(self, kept: _Kept) -> _Picks:
        """The best papers of each profile that differ enough."""
        terms = self.terms(kept)
        meanings = np.zeros((len(kept), 0), dtype=np.float32)
        themes = self.space.whitened(self.space.themes_of(terms, meanings))
        start = np.ones(len(kept), dtype=np.float32)
        wishes = replace(self._nothing, terms=terms, themes=themes, centre=start, offset=0 * start)
        values = value_of(of_linear(wishes.evidence(self.space)))
        # No threshold: each has its ten papers, which is the most work.
        return self._picker.chosen(values, np.full(len(kept), _PICKS)).astype(np.int16)


def _scored(today: _Today, file: Path, options: argparse.Namespace) -> Iterator[_Picks]:
    """The picks of all profiles, block by block."""
    starts = range(0, options.profiles, options.block)
    blocks = [range(at, min(at + options.block, options.profiles)) for at in starts]
    with ThreadPoolExecutor(options.threads) as pool:
        done = pool.map(lambda ids: today.picks(_load(file, ids)), blocks)
        yield from watched(done, "Scoring", len(blocks))


def _plain(today: _Today, profiles: csr_matrix) -> float:
    """The seconds of CPU that one profile takes with scikit-learn."""
    papers, count = today.space.papers, int(profiles.shape[0])
    watch = Stopwatch()
    for row in watched(range(count), "Scoring one by one"):
        scores = cosine_similarity(profiles[row], papers).ravel()
        np.argsort(-scores)[:_PICKS]
    return watch.cpu / count


if __name__ == "__main__":
    main()
