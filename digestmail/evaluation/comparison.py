"""Our model beside other methods on many benchmark sets, and means over families of sets."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from digestmail.evaluation.families import BenchmarkSet
from digestmail.evaluation.measures import (
    PairedDifference,
    RankingMeasures,
    mean_measures,
    paired_difference,
)
from digestmail.evaluation.runs import OURS, ModelRun


@dataclass(frozen=True, slots=True)
class SetResult:
    """The measures of each method on one set, of each reader; None where it can rank for none.

    ``run`` is that of our model, if it is among the methods. ``against`` names the method that
    ours is compared with; None where there is none.
    """

    benchmark_set: BenchmarkSet
    papers: int
    readers: int
    methods: Mapping[str, Sequence[RankingMeasures] | None]
    run: ModelRun | None
    against: str | None

    @property
    def means(self) -> dict[str, RankingMeasures | None]:
        """The means of each method over readers."""
        return {name: mean_measures(rows) if rows else None for name, rows in self.methods.items()}

    @property
    def differences(self) -> dict[str, PairedDifference]:
        """Return ours less each method; none with fewer than two readers."""
        ours = self.methods.get(OURS) or ()
        if len(ours) < 2:
            return {}
        methods = {name: rows for name, rows in self.methods.items() if rows and name != OURS}
        return {name: paired_difference(ours, rows) for name, rows in methods.items()}


def best_baseline(methods: Mapping[str, Sequence[RankingMeasures] | None]) -> str | None:
    """Return the method with the highest nDCG beside ours; None where there is none."""
    means = {name: mean_measures(rows).ndcg for name, rows in methods.items() if rows}
    means.pop(OURS, None)
    return max(means, key=lambda name: means[name], default=None)


@dataclass(frozen=True, slots=True)
class FamilyMean:
    """Means over the sets of a family, or over families, each counting the same."""

    sets: int
    ours: RankingMeasures
    baseline: RankingMeasures
    difference: PairedDifference
    calibration_error: float | None


def family_means(results: Iterable[SetResult]) -> dict[str, FamilyMean]:
    """Return the means of each family over its sets that ours and another method could rank."""
    families: dict[str, list[FamilyMean]] = {}
    for result in results:
        if (mean := _set_mean(result)) is not None:
            families.setdefault(result.benchmark_set.family, []).append(mean)
    return {family: mean_of(means) for family, means in families.items()}


def _set_mean(result: SetResult) -> FamilyMean | None:
    ours, against = result.means.get(OURS), result.against
    baseline = result.means[against] if against else None
    if ours is None or baseline is None or against not in result.differences or not result.run:
        return None
    error = result.run.calibration.error
    return FamilyMean(1, ours, baseline, result.differences[against], error)


def mean_of(means: Sequence[FamilyMean]) -> FamilyMean:
    """Return the mean of means of different readers, so that their errors are independent."""
    calibration_errors = [m.calibration_error for m in means if m.calibration_error is not None]
    squares = [[error**2 for error in mean.difference.error] for mean in means]
    errors = [math.sqrt(math.fsum(column)) / len(means) for column in zip(*squares, strict=True)]
    return FamilyMean(
        sum(mean.sets for mean in means),
        mean_measures([mean.ours for mean in means]),
        mean_measures([mean.baseline for mean in means]),
        PairedDifference(
            mean_measures([mean.difference.mean for mean in means]), RankingMeasures(*errors)
        ),
        math.fsum(calibration_errors) / len(calibration_errors) if calibration_errors else None,
    )
