"""How commands speak: tables for people, JSON for scripts, progress while they wait."""

import json
import logging
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

log = logging.getLogger("digestmail")
_LOG_EVERY = 5.0  # seconds between log lines of long work


_FILE_WIDTH = 160  # of tables that go to a file or a pipe


def console() -> Console:
    """Return standard output, made anew so that it follows redirection."""
    return Console(highlight=False, width=None if sys.stdout.isatty() else _FILE_WIDTH)


def echo(line: str) -> None:
    """Print one plain line on standard output."""
    console().print(escape(line), soft_wrap=True)


def print_json(value: Any) -> None:
    """Print one JSON value on standard output."""
    json.dump(value, sys.stdout, indent=2, ensure_ascii=False, default=_plain)
    sys.stdout.write("\n")


def _plain(value: object) -> str:
    return value.isoformat() if isinstance(value, (date, datetime)) else str(value)


def print_table(title: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Print a table; every cell is plain text."""
    table = Table(title=escape(title) or None, title_justify="left", title_style="bold")
    for column in columns:
        table.add_column(escape(column), overflow="fold")
    for row in rows:
        table.add_row(*(escape(str(cell)) for cell in row))
    console().print(table)


def ago(then: datetime | None, now: datetime) -> str:
    """Return how long ago something was, or how soon it will be, roughly."""
    if then is None:
        return "never"
    seconds = (now - then).total_seconds()
    for unit, size in (("day", 86_400), ("hour", 3_600), ("minute", 60)):
        number = int(abs(seconds) // size)
        if number:
            plural = f"{number} {unit}{'s' if number > 1 else ''}"
            return f"{plural} ago" if seconds > 0 else f"in {plural}"
    return "just now" if seconds >= 0 else "now"


@contextmanager
def progressing(label: str, total: int | None = None) -> Iterator[Callable[[int], None]]:
    """Show progress: a bar on a terminal, else log lines; yield what takes the number so far."""
    if sys.stderr.isatty():
        with _bar(label, total) as report:
            yield report
    else:
        yield _logging(label)


@contextmanager
def _bar(label: str, total: int | None) -> Iterator[Callable[[int], None]]:
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed:,}"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(escape(label), total=total)
        yield lambda count: progress.update(task, completed=count)


def _logging(label: str) -> Callable[[int], None]:
    last = time.monotonic()

    def report(count: int) -> None:
        nonlocal last
        if time.monotonic() - last >= _LOG_EVERY:
            last = time.monotonic()
            log.info("%s: %d so far", label, count)

    return report
