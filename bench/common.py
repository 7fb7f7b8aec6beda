"""What several benches need: real papers, mixed into as many as wanted, progress and memory."""

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
from digestmail.sources.files.file import FileSource

_Item = TypeVar("_Item")


def read(papers: Path) -> list[Paper]:
    """The papers of a file; what is no paper is left out."""
    return [p for p in FileSource(papers, "bench").fetch(None) if isinstance(p, Paper)]


def spliced(known: list[Paper], count: int, rng: random.Random) -> list[Paper]:
    """``count`` papers, each with one's beginnings of title and abstract and another's ends.

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


def _half(text: str, which: int) -> list[str]:
    parts = text.split()
    middle = (len(parts) + 1) // 2
    return parts[middle:] if which else parts[:middle]


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
    """The most memory this process has held so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def watched(items: Iterable[_Item], label: str, total: int | None = None) -> Iterable[_Item]:
    """The items, with their progress shown on a terminal."""
    return track(items, label, total, console=Console(stderr=True), transient=True)
