"""How well the model finds readers' papers: benchmarks, measures, and what others would do."""

from digestmail.evaluation.baselines import BASELINES, Space
from digestmail.evaluation.measures import Bin, Calibration, Lead, Measures, lead, mean
from digestmail.evaluation.read import Benchmark, Reader, read_benchmark
from digestmail.evaluation.run import OURS, Judged, embed, judge, measure_baseline
from digestmail.evaluation.variants import Variant, reduced

__all__ = [
    "BASELINES",
    "OURS",
    "Benchmark",
    "Bin",
    "Calibration",
    "Judged",
    "Lead",
    "Measures",
    "Reader",
    "Space",
    "Variant",
    "embed",
    "judge",
    "lead",
    "mean",
    "measure_baseline",
    "read_benchmark",
    "reduced",
]
