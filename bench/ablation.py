"""What each part of the model is worth: the model with it against the model without it.

A part is a scorer, left out, or a group of parameters, set to the value that does nothing. Prints
for each part and each family of sets the gain in nDCG@10 and its paired standard error, the mean
over families, and the gain in expected calibration error (lower is better, so a gain is what it
falls by). A part earns its place if its mean gain is above two standard errors in one of both and
no family loses more than one. A set is FOLDER or FOLDER:VARIANT.
"""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import argparse
import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from bench.common import benchmark_set, watched
from digestmail.evaluation.calibration import calibration_difference
from digestmail.evaluation.comparison import SetResult, family_means, mean_of
from digestmail.evaluation.embedding_cache import EmbeddingCache
from digestmail.evaluation.families import BenchmarkSet
from digestmail.evaluation.measures import PairedDifference, RankingMeasures
from digestmail.evaluation.runs import OURS, ModelRun, RunBuilder, embed, model_pools
from digestmail.relevance import PARAMETERS, Embedder, Features, Model, ModelParameters, embedder_of

_ALL_LIKES, _NO_LIKES = 1e9, 1e-9  # likes at which a weight is halved: never, at once
_SPACES = ("terms", "topics", "meaning", "categories")
_SCORERS = {
    "centroid": _SPACES,
    "discriminant": _SPACES[:3],
    "text": _SPACES[:3],
    "dislikes": _SPACES[:3],
}

_Runs = dict[str, ModelRun]  # by part that was left out; OURS has all parts


def variants(embedder: Embedder | None) -> dict[str, ModelParameters]:
    """Return the parameters without each part, by its name."""
    p = PARAMETERS
    spaces = [space for space in _SPACES if embedder or space != "meaning"]
    scorers = {
        f"{method}, {space}": replace(p, left_out=frozenset({(method, space)}))
        for method, possible in _SCORERS.items()
        for space in possible
        if space in spaces
    }
    methods = {
        f"{method}, all spaces": replace(p, left_out=frozenset((method, s) for s in possible))
        for method, possible in _SCORERS.items()
    }
    return scorers | methods | _parameter_groups(p)


def _parameter_groups(p: ModelParameters) -> dict[str, ModelParameters]:
    """Return the parameters with each group at the value that does nothing."""
    in_title = p.title_match
    return {
        "discriminants weigh less with few likes": replace(p, discriminant_half_likes=_NO_LIKES),
        "text fades as likes grow": replace(p, text_half_likes=_ALL_LIKES),
        "keywords fade as likes grow": replace(p, keyword_half_likes=_ALL_LIKES),
        "they keep a least weight": replace(p, least_keyword_weight=0),
        "interests that fit many papers fade sooner": replace(p, specific_share=1),
        "meaning counts twice for text": replace(p, text_meaning=1),
        "one like is less sure": replace(p, certainty_half_likes=_NO_LIKES),
        "similarity with text has its own slope": replace(
            p, lexical=replace(p.lexical, text=1), semantic=replace(p.semantic, text=1)
        ),
        "keyword matches": replace(
            p, lexical=replace(p.lexical, keyword=0), semantic=replace(p.semantic, keyword=0)
        ),
        "where a keyword matches": replace(p, repeated_match=in_title, abstract_match=in_title),
        "words of a family match": replace(p, family_match=0),
        "such words match less": replace(p, family_match=1),
        "common keywords match less": replace(p, least_common_keyword=1),
    }


def main() -> None:
    options = _options()
    embedder = embedder_of(options.semantic) if options.semantic else None
    cache = EmbeddingCache(embedder, options.embeddings) if embedder else None
    components = variants(embedder)
    results: list[tuple[BenchmarkSet, int, _Runs]] = []
    for each in watched(options.sets, "Ranking"):
        benchmark = each.read(options.readers)
        if benchmark is None:
            print(f"{each.name}: no reader said that")
            continue
        features = cache.features(benchmark.papers) if cache else Features()
        if embedder:
            embed(benchmark, embedder, features, lambda _: None)
        builders = {name: RunBuilder(benchmark) for name in (OURS, *components)}
        for pool in model_pools(benchmark):
            model = Model(pool.papers, pool.background, features=features, embedder=embedder)
            builders[OURS].add(pool, model)
            for name, parameters in components.items():
                builders[name].add(pool, model.with_parameters(parameters))
        runs = {name: builder.run() for name, builder in builders.items()}
        results.append((each, len(benchmark.readers), runs))
    _print_table(list(components), results)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sets", nargs="+", metavar="SET", type=benchmark_set)
    parser.add_argument("--semantic", default="", help="auto, or the folder of a sentence model")
    parser.add_argument("--embeddings", type=Path, help="keep embeddings in this folder")
    parser.add_argument("--readers", type=int, help="of each set, the first so many")
    return parser.parse_args()


def _print_table(
    components: Sequence[str], results: Sequence[tuple[BenchmarkSet, int, _Runs]]
) -> None:
    """Print a Markdown table: a row for each part, a column for each family."""
    families = list(dict.fromkeys(each.family for each, _, _ in results))
    titles = ("part", *families, "mean", "calibration error", "earns its place")
    print("|", " | ".join(titles), "|")
    print("|---" * len(titles) + "|")
    for component in components:
        pairs = [
            SetResult(each, 0, readers, _measures(runs, component), runs[OURS], component)
            for each, readers, runs in results
        ]
        gains = {name: mean.difference for name, mean in family_means(pairs).items()}
        mean = mean_of(list(family_means(pairs).values())).difference
        errors = {name: _calibration_gain(component, name, results) for name in families}
        error = _mean_gain(list(errors.values()))
        cells = [_cell(gain.mean.ndcg, gain.error.ndcg) for gain in gains.values()]
        earns = _earns(mean.mean.ndcg, mean.error.ndcg, gains) or (
            error[0] > 2 * error[1] and all(g >= -e for g, e in errors.values())
        )
        row = [*cells, _cell(mean.mean.ndcg, mean.error.ndcg), _cell(*error)]
        print("|", " | ".join([component, *row, "yes" if earns else "no"]), "|")


def _measures(runs: _Runs, component: str) -> dict[str, Sequence[RankingMeasures] | None]:
    return {OURS: runs[OURS].measures, component: runs[component].measures}


def _earns(mean: float, error: float, gains: Mapping[str, PairedDifference]) -> bool:
    return mean > 2 * error and all(g.mean.ndcg >= -g.error.ndcg for g in gains.values())


def _calibration_gain(
    component: str, family: str, results: Sequence[tuple[BenchmarkSet, int, _Runs]]
) -> tuple[float, float]:
    """Return how much more error a family has without a part, and its standard error."""
    differences = [
        calibration_difference(runs[component].calibration, runs[OURS].calibration)
        for each, _, runs in results
        if each.family == family
    ]
    return _mean_gain([each for each in differences if each])


def _mean_gain(gains: Sequence[tuple[float, float]]) -> tuple[float, float]:
    """Return the mean of independent gains and its standard error; 0 of none."""
    count = max(len(gains), 1)
    error = math.sqrt(math.fsum(error**2 for _, error in gains))
    return math.fsum(gain for gain, _ in gains) / count, error / count


def _cell(gain: float, error: float) -> str:
    return f"{gain:+.3f} ± {error:.3f}" if error else "–"


if __name__ == "__main__":
    main()
