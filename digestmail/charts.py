"""Charts as PNG files. matplotlib comes with the extra ``digestmail[charts]`` only."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from importlib import import_module
from importlib.util import find_spec
from math import nan
from pathlib import Path
from typing import Any

from digestmail.errors import ConfigError

# Okabe and Ito's, told apart with any colour vision; marks and dashes tell them apart in grey.
_BLUE, _ORANGE, _GREY = "#0072B2", "#D55E00", "#767676"
_SENT = {"color": _BLUE, "marker": "o", "linestyle": "-", "zorder": 3}
_BASELINE = {"color": _ORANGE, "marker": "s", "linestyle": "--", "markersize": 4}
_MOST_TICKS = 8


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a chart: a share in [0, 1] for each date, None where there is none."""

    name: str
    shares: Sequence[float | None]


@dataclass(frozen=True, slots=True)
class Mark:
    """Some judged papers: their mean value, the share of them that was liked, their number."""

    value: float
    liked: float
    papers: int


def require_matplotlib() -> None:
    """Raise ConfigError when charts cannot be drawn here; to be called before long work."""
    if find_spec("matplotlib") is None:
        raise ConfigError("charts need matplotlib: pip install 'digestmail[charts]'")


def draw_backtest(
    file: Path,
    days: Sequence[date],
    sent: Line,
    baseline: Line,
    marks: Sequence[Mark],
    error: float | None,
) -> None:
    """Write a PNG of two panels: precision by day, and values against the share of liked papers.

    ``error`` is the expected calibration error. ConfigError without matplotlib, or when the file
    cannot be written.
    """
    require_matplotlib()
    figure = import_module("matplotlib.figure").Figure(figsize=(11, 4.5), layout="constrained")
    by_day, calibration = figure.subplots(1, 2, width_ratios=(3, 2))
    _draw_days(by_day, days, sent, baseline)
    _draw_calibration(calibration, marks, error)
    try:
        figure.savefig(file, format="png", dpi=150)
    except OSError as problem:
        raise ConfigError(f"cannot write {file}: {problem.strerror}") from None


def _draw_days(axes: Any, days: Sequence[date], sent: Line, baseline: Line) -> None:
    for line, look in ((sent, _SENT), (baseline, _BASELINE)):
        shares = [nan if share is None else share for share in line.shares]  # nan leaves a gap
        axes.plot(days, shares, label=line.name, clip_on=False, **look)
    ticks = days[:: -(-len(days) // _MOST_TICKS)]
    axes.set_xticks(ticks, [f"{day.day} {day:%b}" for day in ticks])
    _dress(axes, "Precision by day", "share of “more” among judged papers")
    axes.legend(frameon=False, loc="upper center", bbox_to_anchor=(0.5, -0.08), ncols=2)


def _draw_calibration(axes: Any, marks: Sequence[Mark], error: float | None) -> None:
    axes.plot((0, 1), (0, 1), color=_GREY, linewidth=1, linestyle=":")
    axes.annotate("ideal", (0.1, 0.03), color=_GREY, fontsize=8)
    values, liked = [mark.value for mark in marks], [mark.liked for mark in marks]
    axes.plot(values, liked, color=_BLUE, marker="o", clip_on=False)
    for mark in marks:
        place = (mark.value, mark.liked)
        axes.annotate(f"{mark.papers}", place, (5, -11), textcoords="offset points", fontsize=8)
    note = "" if error is None else f" (expected error {error:.3f})"
    _dress(axes, f"Calibration{note}", "share of “more” among judged papers")
    axes.set_xlabel("score (labels: number of judged papers)")
    axes.set_xlim(0, 1)


def _dress(axes: Any, title: str, label: str) -> None:
    axes.set_title(title, loc="left")
    axes.set_ylabel(label)
    axes.set_ylim(0, 1)
    axes.yaxis.set_major_formatter(import_module("matplotlib.ticker").PercentFormatter(1))
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(axis="y", color="#dddddd", linewidth=0.6)
    axes.set_axisbelow(True)
