"""Fit the calibration of scores, and print how well it holds on sets that it never saw.

Platt's logistic regression ("Probabilistic outputs for support vector machines", 1999) of relevance
on similarity and keyword matches, over the best 60 candidates of each reader; every family of sets
weighs the same, in it every set, in it every candidate. Prints the coefficients for
``ModelParameters``, and for each set the expected calibration error of the candidates that score at
least THRESHOLD when its whole family was left out of the fit. A set is FOLDER or FOLDER:VARIANT.
"""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from bench.common import benchmark_set, watched
from digestmail.domain import THRESHOLD
from digestmail.evaluation.calibration import calibration
from digestmail.evaluation.embedding_cache import EmbeddingCache
from digestmail.evaluation.families import BenchmarkSet
from digestmail.evaluation.read import Benchmark
from digestmail.evaluation.runs import model_pools
from digestmail.relevance import Embedder, Features, Model, embedder_of

_BEST = 60  # candidates of a reader: what could come into a mail, and what is just below
_FREE = 1e6  # of the regression: nothing is regularised

_Rows = NDArray[np.float64]


class _Candidates(NamedTuple):
    """The best papers of all readers of all sets, a row each."""

    features: _Rows  # similarity, keyword match
    relevant: NDArray[np.bool_]
    sets: NDArray[np.int64]  # which set, by its number
    readers: NDArray[np.int64]  # which reader of the set, by its number


def main() -> None:
    options = _options()
    embedder = embedder_of(options.semantic) if options.semantic else None
    cache = EmbeddingCache(embedder, options.embeddings) if embedder else None
    rows = []
    for number, each in enumerate(watched(options.sets, "Ranking")):
        if (benchmark := each.read(options.readers)) is not None:
            features = cache.features(benchmark.papers) if cache else Features()
            for reader, row in enumerate(_candidates(benchmark, embedder, features)):
                count = len(row[1])
                rows.append((*row, np.full(count, number), np.full(count, reader)))
    candidates = _Candidates(*map(np.concatenate, zip(*rows, strict=True)))
    families = np.array([each.family for each in options.sets])
    model = _fitted(candidates, np.ones(len(candidates.sets), dtype=np.bool_), families)
    (slope, keyword), intercept = model.coef_[0], model.intercept_[0]
    print(f"Calibration(intercept={intercept:.2f}, slope={slope:.2f}, keyword={keyword:.2f})")
    for family in dict.fromkeys(families.tolist()):
        unseen = families[candidates.sets] == family
        if not unseen.all():
            scores = _fitted(candidates, ~unseen, families).predict_proba(candidates.features)
            for number in np.unique(candidates.sets[unseen]):
                _print_error(options.sets[number], candidates, number, scores[:, 1])


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sets", nargs="+", metavar="SET", type=benchmark_set)
    parser.add_argument("--semantic", default="", help="auto, or the folder of a sentence model")
    parser.add_argument("--embeddings", type=Path, help="keep embeddings in this folder")
    parser.add_argument("--readers", type=int, help="of each set, the first so many")
    return parser.parse_args()


def _candidates(
    benchmark: Benchmark, embedder: Embedder | None, features: Features
) -> Iterator[tuple[_Rows, NDArray[np.bool_]]]:
    """Yield the features of each reader's best candidates, and which are relevant."""
    for pool in model_pools(benchmark):
        model = Model(pool.papers, pool.background, features=features, embedder=embedder)
        readers = iter(pool.readers)
        for evidence in model.evidence([interest for _, interest in pool.readers]):
            for row, log_odds in enumerate(evidence.log_odds):
                reader, _ = next(readers)
                at = np.searchsorted(pool.positions, benchmark.split(reader).pool)
                best = at[np.argsort(-log_odds[at], kind="stable")[:_BEST]]
                columns = (evidence.similarity.values[row, best], evidence.keywords[row, best])
                held_out = benchmark.positions(tuple(reader.held_out))
                yield np.stack(columns, axis=1), np.isin(pool.positions[best], held_out)


def _fitted(
    candidates: _Candidates, chosen: NDArray[np.bool_], families: NDArray[np.str_]
) -> LogisticRegression:
    """Fit to the chosen rows with the same weight for each family, and in it for each set."""
    sets = candidates.sets[chosen]
    present = np.unique(sets)
    sizes = np.bincount(sets, minlength=len(families))
    siblings = {at: np.count_nonzero(families[present] == families[at]) for at in present.tolist()}
    weights = np.array([1e4 / (siblings[at] * sizes[at]) for at in sets.tolist()])
    model = LogisticRegression(C=_FREE, max_iter=1_000)
    rows, relevant = candidates.features[chosen], candidates.relevant[chosen]
    return model.fit(rows, relevant, sample_weight=weights)


def _print_error(
    benchmark_set: BenchmarkSet, candidates: _Candidates, number: int, scores: _Rows
) -> None:
    """Print the error on one set of the family that was left out."""
    outcomes: dict[int, list[tuple[float, bool]]] = {}
    for row in np.flatnonzero((candidates.sets == number) & (scores >= THRESHOLD)).tolist():
        outcome = float(scores[row]), bool(candidates.relevant[row])
        outcomes.setdefault(int(candidates.readers[row]), []).append(outcome)
    result = calibration(outcomes.values())
    total = max(result.papers, 1)
    score = sum(value for values in outcomes.values() for value, _ in values) / total
    relevant = sum(hit for values in outcomes.values() for _, hit in values) / total
    print(
        f"{benchmark_set.name:32} left out: {result.papers:6} candidates from {THRESHOLD:g} on,"
        f" mean {score:.3f}, relevant {relevant:.3f}, error {result.error or 0:.3f}"
        f" ± {result.standard_error or 0:.3f}"
    )


if __name__ == "__main__":
    main()
