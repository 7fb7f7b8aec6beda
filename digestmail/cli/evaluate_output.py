"""How ``evaluate`` prints its results, for people and for scripts."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from digestmail.cli.output import echo, print_table
from digestmail.domain import THRESHOLD
from digestmail.evaluation.calibration import Calibration
from digestmail.evaluation.comparison import FamilyMean, SetResult, family_means, mean_of
from digestmail.evaluation.measures import PairedDifference, RankingMeasures
from digestmail.evaluation.runs import OURS, ModelRun

_COLUMNS = ("nDCG@10", "recall@50", "MRR", "average precision", "first five", "email of ten")


def json_of(results: Sequence[SetResult]) -> dict[str, Any]:
    """Return all results for scripts; null for a method that had nothing to go by."""
    families = family_means(results)
    return {
        "sets": [_json_of_set(result) for result in results],
        "families": {family: _json_of_mean(mean) for family, mean in families.items()},
        "mean": _json_of_mean(mean_of(list(families.values()))) if families else None,
    }


def _json_of_set(result: SetResult) -> dict[str, Any]:
    means = result.means.items()
    differences = result.differences.items()
    values: dict[str, Any] = {
        "set": result.benchmark_set.name,
        "family": result.benchmark_set.family,
        "papers": result.papers,
        "readers": result.readers,
        "methods": {name: mean._asdict() if mean else None for name, mean in means},
        "against": result.against,
        "differences": {name: _json_of_difference(each) for name, each in differences},
    }
    return values | (_json_of_run(result.run) if result.run else {})


def _json_of_run(run: ModelRun) -> dict[str, Any]:
    return {
        "calibration": {
            "papers": run.calibration.papers,
            "error": run.calibration.error,
            "standard_error": run.calibration.standard_error,
            "bins": [asdict(each) for each in run.calibration.bins],
        },
        "mail": run.mail._asdict(),
        "daily": [{"threshold": t} | mails._asdict() for t, mails in run.daily.items()],
        "diversity": {"best": run.best._asdict(), "diversified": run.diversified._asdict()},
    }


def _json_of_difference(difference: PairedDifference) -> dict[str, Any]:
    return {"mean": difference.mean._asdict(), "error": difference.error._asdict()}


def _json_of_mean(mean: FamilyMean) -> dict[str, Any]:
    return {
        "sets": mean.sets,
        OURS: mean.ours._asdict(),
        "against": mean.baseline._asdict(),
        "difference": _json_of_difference(mean.difference),
        "calibration_error": mean.calibration_error,
    }


def print_result(result: SetResult) -> None:
    """Print the measures of one set."""
    _print_methods(result)
    if result.run:
        _print_mail(result.run)
        _print_calibration(result.run.calibration)
        _print_daily_mails(result.run)
        _print_diversity(result.run)


def _print_methods(result: SetResult) -> None:
    title = f"{result.benchmark_set.name}: readers {result.readers:,}, papers {result.papers:,}"
    rows = [(name, *_cells(mean)) for name, mean in result.means.items()]
    rows += [
        (f"{OURS} − {name}", *_difference_cells(difference))
        for name, difference in result.differences.items()
        if name == result.against
    ]
    print_table(title, ("method", *_COLUMNS), rows)
    if result.differences:
        echo(
            "−: the difference for the same readers ± its standard error. Below 2 standard "
            "errors it may be chance."
        )
    if None in result.means.values():
        echo("–: these readers have nothing the method can use.")


def _cells(mean: RankingMeasures | None) -> list[str]:
    return [f"{value:.3f}" for value in mean] if mean else ["–"] * len(_COLUMNS)


def _difference_cells(difference: PairedDifference) -> list[str]:
    return [f"{mean:+.3f} ± {error:.3f}" for mean, error in zip(*difference, strict=True)]


def _print_mail(run: ModelRun) -> None:
    """Print what a mail of the ten best at or above the usual threshold is like."""
    mail = run.mail
    echo(
        f"An email of up to 10 papers with a score of {THRESHOLD:g} or more: precision of the "
        f"first five {mail.first_five:.3f}, of all {mail.precision:.3f}; clearly relevant papers "
        f"in it {_number(mail.recall)}; readers without an email {mail.empty:.0%}"
    )
    if mail.silence is not None:
        echo(f"Readers who get no email, among those with no relevant paper: {mail.silence:.0%}")


def _print_calibration(calibration: Calibration) -> None:
    if calibration.error is None:
        return
    error = f"{calibration.error:.3f}{_margin(calibration.standard_error)}"
    rows = [
        (
            f"{each.start:.1f} to {each.end:.1f}",
            f"{each.papers:,}",
            f"{each.score:.3f}",
            f"{each.relevant:.3f}",
            f"{each.score - each.relevant:+.3f}{_margin(each.standard_error)}",
        )
        for each in calibration.bins
        if each.score is not None and each.relevant is not None
    ]
    echo(
        f"Papers that can appear in an email, with a score of {THRESHOLD:g} or more: expected "
        f"calibration error {error}"
    )
    columns = ("score", "papers", "mean score", "share relevant", "difference")
    print_table("", columns, rows)


def _margin(standard_error: float | None) -> str:
    return "" if standard_error is None else f" ± {standard_error:.3f}"


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"


def _print_daily_mails(run: ModelRun) -> None:
    """Print what mails of ten a day hold, and what each threshold leaves of it."""
    if not run.daily:
        return
    rows = [
        (f"{threshold:g}", f"{mails.papers:.1f}", f"{mails.empty:.0%}", f"{mails.recall:.3f}")
        for threshold, mails in run.daily.items()
    ]
    columns = ("threshold", "papers", "days without", "share of the relevant papers")
    print_table("An email of up to 10 papers a day", columns, rows)


def _print_diversity(run: ModelRun) -> None:
    """Print what is gained and lost by ten papers that differ against the ten best."""
    pairs = zip(run.diversified, run.best, strict=True)
    ndcg, cosine = ((f"{new:.3f}", f"{new / old - 1:+.1%}" if old else "–") for new, old in pairs)
    echo(
        f"Ten diversified papers: mean cosine {cosine[0]} ({cosine[1]} compared with the ten "
        f"best), nDCG@10 {ndcg[0]} ({ndcg[1]})"
    )


def print_summary(results: Sequence[SetResult]) -> None:
    """Print our model beside the other method on each set, family by family, and the means."""
    families = family_means(results)
    rows = []
    for family, mean in families.items():
        rows += [_summary_row(r) for r in results if r.benchmark_set.family == family]
        rows.append(_mean_row(f"family {family}", mean))
    if families:
        rows.append(_mean_row("mean of families", mean_of(list(families.values()))))
    columns = ("set", OURS, "against", "", "ratio", "nDCG@10", "recall@50", "MRR", "email of ten")
    title = "Summary: nDCG@10 and differences; sets weigh equally within a family"
    print_table(title, (*columns, "calibration error"), rows)


def _summary_row(result: SetResult) -> tuple[str, ...]:
    (mean,) = family_means([result]).values() or (None,)
    name = result.benchmark_set.name
    if mean is None:
        return (name, *["–"] * 9)
    _, *cells = _mean_row(name, mean)
    cells[1] = result.against or "–"
    return (name, *cells)


def _mean_row(name: str, mean: FamilyMean) -> tuple[str, ...]:
    ours, baseline = mean.ours.ndcg, mean.baseline.ndcg
    by, error = mean.difference
    pairs = ((by.ndcg, error.ndcg), (by.recall, error.recall), (by.mrr, error.mrr))
    return (
        name,
        f"{ours:.3f}",
        "",
        f"{baseline:.3f}",
        f"{ours / baseline:.2f}" if baseline else "–",
        *(f"{value:+.3f} ± {margin:.3f}" for value, margin in (*pairs, (by.mail, error.mail))),
        _number(mean.calibration_error),
    )
