"""How well the model finds readers' papers: benchmarks, measures, and what others would do."""

from digestmail.evaluation.baselines import BASELINES, Space
from digestmail.evaluation.measures import Bin, Calibration, Measures
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
    "Measures",
    "Reader",
    "Space",
    "Variant",
    "embed",
    "judge",
    "measure_baseline",
    "read_benchmark",
    "reduced",
]
