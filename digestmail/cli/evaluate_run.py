"""What ``evaluate`` does and prints; apart from it, as the model takes seconds to import."""

from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from digestmail.cli.output import print_json, print_table, progressing, say
from digestmail.domain import THRESHOLD
from digestmail.errors import InputError
from digestmail.evaluation import (
    BASELINES,
    OURS,
    Benchmark,
    Judged,
    Lead,
    Measures,
    Space,
    Variant,
    embed,
    judge,
    lead,
    mean,
    measure_baseline,
    read_benchmark,
    reduced,
)
from digestmail.relevance import Embedder, embedder_of

_USUAL = (OURS, "bm25", "rocchio", "zotero")
_EVERY = (OURS, *BASELINES)
_ALL = "all"
_MEASURES = ("nDCG@10", "recall@50", "MRR", "average precision")


def evaluated(
    folder: Path,
    *,
    methods: Sequence[str],
    variant: str,
    readers: int | None,
    semantic: str,
    run: Path | None,
    as_json: bool,
) -> None:
    """See the command, ``cli.evaluate``."""
    methods = _chosen(methods)
    if run is not None:
        _refuse_run(run, methods)
    benchmark = _asked(read_benchmark(folder), variant, readers)
    embedder = embedder_of(semantic) if semantic else None
    judged = _ours(benchmark, embedder) if OURS in methods else None
    results = _results(benchmark, methods, judged)
    if as_json:
        print_json(_plain(benchmark, results, judged))
    else:
        _tell(benchmark, results, judged)
    if run is not None and judged is not None:
        _write(run, judged)


def _chosen(names: Sequence[str]) -> Sequence[str]:
    for name in names:
        if name not in (*_EVERY, _ALL):
            known = ", ".join((*_EVERY, _ALL))
            raise InputError("--method", f"“{name[:20]}” is no method; known are {known}")
    if _ALL in names:
        return _EVERY
    return list(dict.fromkeys(names)) or _USUAL


def _refuse_run(run: Path, methods: Sequence[str]) -> None:
    """Say before the work what would make it useless."""
    if OURS not in methods:
        raise InputError("--run", f"writes the ranking of {OURS}: add --method {OURS}")
    if run.is_dir() or not run.parent.is_dir():
        raise InputError("--run", f"cannot write {run}: name a file in a folder that is there")


def _asked(benchmark: Benchmark, variant: str, most: int | None) -> Benchmark:
    if variant and variant not in list(Variant):
        known = ", ".join(Variant)
        raise InputError("--variant", f"“{variant[:20]}” is no variant; known are {known}")
    readers = reduced(benchmark, Variant(variant)) if variant else benchmark.readers
    if not any(reader.held_out for reader in readers[:most]):
        raise InputError("--variant", f"no reader of this benchmark has {variant}")
    return replace(benchmark, readers=readers[:most])


_Results = dict[str, list[Measures] | None]  # by method, of each reader


def _ours(benchmark: Benchmark, embedder: Embedder | None) -> Judged:
    if embedder:
        with progressing("Embedding papers") as progress:
            embed(benchmark, embedder, progress)
    with progressing(f"Ranking by {OURS}") as progress:
        return judge(benchmark, progress, embedder)


def _results(benchmark: Benchmark, methods: Sequence[str], judged: Judged | None) -> _Results:
    """The measures of each method, ours first."""
    results: _Results = {OURS: judged.measures} if judged else {}
    space = Space(benchmark)
    for name in methods:
        if name != OURS:
            with progressing(f"Ranking by {name}") as progress:
                results[name] = measure_baseline(name, space, progress)
    return results


def _write(run: Path, judged: Judged) -> None:
    lines = [
        f"{user}\t{paper}\t{score:.9g}\n"
        for user, ranking in judged.rankings.items()
        for paper, score in ranking
    ]
    try:
        run.write_text("".join(lines), encoding="utf-8")
    except OSError as error:
        raise InputError("--run", f"cannot write {run}: {error.strerror}") from None


def _plain(benchmark: Benchmark, results: _Results, judged: Judged | None) -> dict[str, Any]:
    """The outcome for scripts; null for a method that had nothing to work on."""
    plain: dict[str, Any] = {
        "papers": len(benchmark.papers),
        "readers": len(benchmark.readers),
        "methods": {name: mean(one)._asdict() if one else None for name, one in results.items()},
    }
    if judged:
        plain["leads"] = {name: _plain_lead(one) for name, one in _leads(results).items()}
        bins = [asdict(one) for one in judged.calibration.bins]
        errors = {"error": judged.calibration.error, "error_sent": _error_sent(judged)}
        plain["calibration"] = errors | {"bins": bins}
        plain["mail"] = judged.mail._asdict()
        plain["daily"] = [{"threshold": t} | one._asdict() for t, one in judged.daily.items()]
        mails = {"best": judged.best, "varied": judged.varied}
        plain["variety"] = {name: mail._asdict() for name, mail in mails.items()}
    return plain


def _leads(results: _Results) -> dict[str, Lead]:
    """How far we are ahead of each other method, of as many readers as tell an error."""
    ours = results.get(OURS) or []
    others = {name: one for name, one in results.items() if one and name != OURS}
    return {name: lead(ours, one) for name, one in others.items()} if len(ours) > 1 else {}


def _plain_lead(one: Lead) -> dict[str, Any]:
    return {name: part._asdict() for name, part in one._asdict().items()}


def _tell(benchmark: Benchmark, results: _Results, judged: Judged | None) -> None:
    title = f"Readers: {len(benchmark.readers):,}, papers: {len(benchmark.papers):,}"
    rows = [(name, *_numbers(one)) for name, one in results.items()]
    print_table(title, ("method", *_MEASURES), rows)
    if None in results.values():
        say("– : these readers told nothing that the method works on.")
    _tell_leads(results)
    if judged:
        _tell_days(judged)
        _tell_variety(judged)
        _tell_mail(judged)
        _tell_calibration(judged)


def _tell_leads(results: _Results) -> None:
    rows = [
        (name, *(f"{by:+.3f} ± {error:.3f}" for by, error in zip(*one, strict=True)))
        for name, one in _leads(results).items()
    ]
    if rows:
        title = f"{OURS} ahead of them, ± the standard error: below two of these it may be luck"
        print_table(title, ("method", *_MEASURES), rows)


def _tell_days(judged: Judged) -> None:
    """What a mail of ten a day would have shown, and what each threshold leaves of it."""
    if not judged.daily:
        return
    title = "A mail of at most 10 papers a day"
    columns = ("threshold", "papers", "days without", "shown of what was looked for")
    rows = [
        (f"{least:g}", f"{one.papers:.1f}", f"{one.empty:.0%}", f"{one.shown:.3f}")
        for least, one in judged.daily.items()
    ]
    print_table(title, columns, rows)


def _tell_variety(judged: Judged) -> None:
    """What is gained and lost by ten papers that differ against the ten best."""
    pairs = list(zip(judged.varied, judged.best, strict=True))
    ndcg, alike = ((f"{new:.3f}", f"{new / old - 1:+.1%}" if old else "–") for new, old in pairs)
    say(
        f"Ten papers that differ: mean likeness {alike[0]} ({alike[1]} against the ten best), "
        f"nDCG@10 {ndcg[0]} ({ndcg[1]})"
    )


def _error_sent(judged: Judged) -> float:
    return judged.calibration.error_from(THRESHOLD)


def _tell_mail(judged: Judged) -> None:
    """What a mail of the ten best at or above the usual threshold is like."""
    mail = judged.mail
    say(
        f"A mail of at most 10 papers from {THRESHOLD:g} on: right of the first five "
        f"{mail.first:.3f}, of all {mail.right:.3f}; readers who miss all {mail.without:.0%}"
    )
    if mail.silent is not None:
        say(f"Readers for whom nothing is relevant, and who get no mail: {mail.silent:.0%}")


def _numbers(measures: list[Measures] | None) -> list[str]:
    return [f"{one:.3f}" for one in mean(measures)] if measures else ["–"] * len(_MEASURES)


def _tell_calibration(judged: Judged) -> None:
    rows = [
        (f"{one.start:.1f} to {one.end:.1f}", one.papers, f"{one.value:.3f}", f"{one.relevant:.3f}")
        for one in judged.calibration.bins
        if one.papers
    ]
    title = (
        f"Expected calibration error of our values: {judged.calibration.error:.3f}; of papers from"
        f" {THRESHOLD:g} on, which a mail can hold: {_error_sent(judged):.3f}"
    )
    print_table(title, ("value", "papers", "mean value", "share relevant"), rows)
