"""A whole morning: subscribers due at one hour, from the tick to the last mail handed over.

Real papers are spliced to a day's number, profiles are made of their titles and sentences, and all
subscribers are due at once. Their digests are prepared, stored, rendered and handed to a fast SMTP
server, on SQLite or on the PostgreSQL database of ``--database`` (which is emptied), with one
process and with several. Prints the wall time and the CPU time by stage, the memory of all
processes, and what the ledger and the server counted.
"""

import argparse
import os
import random
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from itertools import islice
from pathlib import Path

import psutil
from rich.console import Console
from rich.table import Table

from bench.common import read, spliced
from bench.prepare import subscribers
from bench.sink import sink
from digestmail.app import App
from digestmail.config import MailSettings, Settings, SmtpSection
from digestmail.domain import DeliveryState
from digestmail.processes import DayProcesses, ProcessParameters
from digestmail.resources import MIGRATIONS, SAMPLE_PAPERS
from digestmail.store import ImportBlock
from digestmail.store.migrate import migrate
from digestmail.store.table_base import metadata

_BLOCK = 5_000


@dataclass(frozen=True, slots=True)
class _Stage:
    """The cost of a stage of the morning, with that of all processes in it."""

    name: str
    wall: float
    cpu: float
    memory: float  # MiB at the peak, of all processes together


def main() -> None:
    options = _options()
    rows = []
    for processes in options.processes:
        with tempfile.TemporaryDirectory() as folder, sink() as port:
            app = _app(Path(folder), options, port)
            _fill(app, options)
            stages = list(_morning(app, processes))
            rows += [(processes, stage) for stage in stages]
            _check(app, options.subscribers)
            app.close()
    Console().print(_table(rows, options.subscribers))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--papers", type=Path, default=SAMPLE_PAPERS)
    parser.add_argument("--count", type=int, default=1500, help="papers of the day")
    parser.add_argument("--past", type=int, default=6000, help="papers of before")
    parser.add_argument("--subscribers", type=int, default=100_000)
    parser.add_argument("--processes", type=int, nargs="+", default=[1, os.cpu_count()])
    parser.add_argument("--database", default="", help="a PostgreSQL address; else SQLite")
    parser.add_argument("--model", default="none", help="sentence-embedding model, or auto")
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args()


def _app(folder: Path, options: argparse.Namespace, port: int) -> App:
    settings = {
        "public_url": "http://localhost",
        "secret_key": "bench" * 10,
        "mail": MailSettings(from_address="bench@example.org"),
        "smtp": SmtpSection(host="127.0.0.1", port=port, tls="none", connections=48),
        "folder": folder,
        "semantic": {"model": options.model},
    }
    if options.database:
        settings["database_url"] = options.database
    app = App(Settings.model_validate(settings))
    if options.database:
        with app.store.database.writing() as session:
            metadata.drop_all(session.connection())
            session.connection().exec_driver_sql("DROP TABLE IF EXISTS alembic_version")
    migrate(app.store.database, MIGRATIONS, app.clock())
    return app


def _fill(app: App, options: argparse.Namespace) -> None:
    rng = random.Random(options.seed)
    known = read(options.papers)
    papers = spliced(known, options.past + options.count, rng)
    month_ago = app.clock() - timedelta(days=30)
    app.store.papers.add(papers[: options.past], month_ago, news=False)
    app.store.papers.add(papers[options.past :], app.clock())
    people = subscribers(known, options.subscribers, rng)
    while block := list(islice(people, _BLOCK)):
        app.store.imports.write(ImportBlock(added=block), app.clock())
    app.models.store_terms(app.store.papers.before(app.clock(), len(papers)))
    app.embed()


def _morning(app: App, processes: int) -> Iterator[_Stage]:
    work = DayProcesses(app, processes, ProcessParameters(fewest=500))
    for name, step in (("prepare", work.prepare), ("deliver", work.deliver)):
        with _watched() as usage:
            begun = time.perf_counter()
            step()
            wall = time.perf_counter() - begun
        yield _Stage(name, wall, *usage)


@contextmanager
def _watched() -> Iterator[list[float]]:
    """Yield the CPU seconds and the peak of memory (MiB) of this process and those it started.

    Memory is that which processes have for themselves (USS), looked at twice a second.
    """
    usage: list[float] = []
    over, peak = threading.Event(), [0.0]

    def look() -> None:
        while not over.wait(0.5):
            family = [psutil.Process(), *psutil.Process().children()]
            peak[0] = max(peak[0], sum(map(_memory, family)))

    watcher = threading.Thread(target=look)
    before = _cpu()
    watcher.start()
    yield usage
    over.set()
    watcher.join()
    usage += [_cpu() - before, peak[0] / 2**20]


def _cpu() -> float:
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def _memory(process: psutil.Process) -> float:
    try:
        return float(process.memory_full_info().uss)
    except psutil.Error:  # it has just ended
        return 0.0


def _check(app: App, subscribers: int) -> None:
    """Compare the ledger with what was due."""
    now = app.status()
    sent = now.deliveries.get(DeliveryState.SENT, 0)
    print(f"ledger: {sent} sent of {subscribers} due; {sum(now.skipped.values())} skipped")


def _table(rows: list[tuple[int, _Stage]], subscribers: int) -> Table:
    table = Table("processes", "stage", "wall, s", "CPU, s", "CPU, us a digest", "memory, MiB")
    for processes, stage in rows:
        table.add_row(
            str(processes),
            stage.name,
            f"{stage.wall:.1f}",
            f"{stage.cpu:.1f}",
            f"{1e6 * stage.cpu / subscribers:.0f}",
            f"{stage.memory:.0f}",
        )
    return table


if __name__ == "__main__":
    main()
