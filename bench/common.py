"""What several benches share: papers, benchmark sets, progress, time and memory."""

import random
import resource
import time
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from rich.console import Console
from rich.progress import track

from digestmail.domain import Paper
from digestmail.evaluation.families import BenchmarkSet, benchmark_sets
from digestmail.sources.files.file import FileSource

_Item = TypeVar("_Item")


def read(papers: Path) -> list[Paper]:
    """Return the papers of a file; lines that are no paper are left out."""
    return [p for p in FileSource(papers, "bench").fetch(None) if isinstance(p, Paper)]


def spliced(known: list[Paper], count: int, rng: random.Random) -> list[Paper]:
    """Return ``count`` papers, each with the beginnings of one paper and the ends of another.

    A number ends the title: no two are the same work to the store.
    """
    papers = []
    for number in range(count):
        a, b = rng.choice(known), rng.choice(known)
        abstract = a.abstract[:700] + b.abstract[700:1400]
        title = " ".join([*_half(a.title, 0), *_half(b.title, 1), str(number)])
        papers.append(
            replace(a, key=f"bench:{number}", title=title, abstract=abstract, doi="", aliases=())
        )
    return papers


def _half(text: str, half: int) -> list[str]:
    words = text.split()
    middle = (len(words) + 1) // 2
    return words[middle:] if half else words[:middle]


def benchmark_set(text: str) -> BenchmarkSet:
    """Return the set named as FOLDER or FOLDER:VARIANT."""
    folder, _, variant = text.partition(":")
    (named,) = benchmark_sets([Path(folder)], [variant] if variant else [])
    return named


class Stopwatch:
    """Seconds since it was made: on the wall, and of CPU, which neighbours disturb less."""

    def __init__(self) -> None:
        self._started = time.perf_counter(), time.process_time()

    @property
    def wall(self) -> float:
        return time.perf_counter() - self._started[0]

    @property
    def cpu(self) -> float:
        return time.process_time() - self._started[1]


def peak_mib() -> float:
    """Return the largest memory of this process so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def watched(items: Iterable[_Item], label: str, total: int | None = None) -> Iterable[_Item]:
    """Yield the items, with their progress shown on a terminal."""
    return track(items, label, total, console=Console(stderr=True), transient=True)
