"""Fit the calibration of scores, and tell how well it holds on sets that it never saw.

Platt's logistic regression ("Probabilistic outputs for support vector machines", 1999) of relevance
on similarity and keyword matches, over the best 60 candidates of each reader; every family of sets
weighs the same, in it every set, in it every candidate. Prints the coefficients for
``ModelParameters``, and for each set the expected calibration error of the candidates that score at
least THRESHOLD when its whole family was left out of the fit. A set is FOLDER or FOLDER:VARIANT.
"""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import argparse

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from bench.common import watched
from bench.families import Setting, candidates_of, settings_of
from digestmail.domain import THRESHOLD
from digestmail.evaluation import Calibration
from digestmail.relevance import PARAMETERS, embedder_of

_BEST = 60  # candidates of a reader: what could come into a mail, and what is just below
_FREE = 1e6  # of the regression: nothing is regularised

_Rows = NDArray[np.float64]


def main() -> None:
    options = _options()
    settings = settings_of(options.sets)
    embedder = embedder_of(options.semantic) if options.semantic else None
    features, relevant, sets = [], [], []
    for at, setting in enumerate(watched(settings, "Ranking")):
        benchmark = setting.benchmark(options.readers)
        for one in candidates_of(benchmark, PARAMETERS, embedder, _BEST):
            features.append(np.stack([one.similarity, one.keywords], axis=1))
            relevant.append(one.relevant)
            sets.append(np.full(len(one.relevant), at))
    x, y, which = np.concatenate(features), np.concatenate(relevant), np.concatenate(sets)
    families = np.array([setting.family for setting in settings])
    model = _fitted(x, y, which, families)
    (slope, keyword), intercept = model.coef_[0], model.intercept_[0]
    print(f"Calibration(intercept={intercept:.2f}, slope={slope:.2f}, keyword={keyword:.2f})")
    for family in dict.fromkeys(families.tolist()):
        left = families[which] == family
        if not left.all():
            others = _fitted(x[~left], y[~left], which[~left], families)
            _tell(settings, which, y, left, others.predict_proba(x)[:, 1])


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sets", nargs="+", metavar="SET")
    parser.add_argument("--semantic", default="", help="auto, or the folder of a sentence model")
    parser.add_argument("--readers", type=int, help="of each set, the first so many")
    return parser.parse_args()


def _fitted(
    x: _Rows, y: NDArray[np.bool_], which: NDArray[np.int64], families: NDArray[np.str_]
) -> LogisticRegression:
    """Fit with the same weight for each family, and in it for each set."""
    there = np.unique(which)
    sizes = np.bincount(which, minlength=len(families))
    mates = {at: np.count_nonzero(families[there] == families[at]) for at in there.tolist()}
    weights = np.array([1e4 / (mates[at] * sizes[at]) for at in which.tolist()])
    return LogisticRegression(C=_FREE, max_iter=1_000).fit(x, y, sample_weight=weights)


def _tell(
    settings: list[Setting],
    which: NDArray[np.int64],
    y: NDArray[np.bool_],
    left: NDArray[np.bool_],
    values: _Rows,
) -> None:
    """Print the error on each set of the family that was left out."""
    for at in np.unique(which[left]).tolist():
        own = (which == at) & (values >= THRESHOLD)
        calibration = Calibration()
        calibration.add(values[own], y[own])
        count = np.count_nonzero(own)
        mean = _mean(values[own]), _mean(y[own])
        print(
            f"{settings[at].name:32} left out: {count:6} candidates from {THRESHOLD:g} on, mean"
            f" {mean[0]:.3f}, relevant {mean[1]:.3f}, error {calibration.error:.3f}"
        )


def _mean(rows: NDArray[np.generic]) -> float:
    return float(np.mean(rows)) if len(rows) else 0.0


if __name__ == "__main__":
    main()
