"""What all commands start from: the settings named on the command line, and an open App."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from digestmail import config
from digestmail.app import App
from digestmail.config import Settings
from digestmail.errors import ConfigError

if TYPE_CHECKING:
    from digestmail.cluster.queue import JobQueue
    from digestmail.processes import DayProcesses

Processes = Annotated[
    int | None,
    typer.Option(
        min=1, help="Number of processes for a large morning; the default is one per core."
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON for scripts.")]


class _Shell:
    """The one value that is not handed on: where --config pointed."""

    config_file: Path | None = None


def remember_config(file: Path | None) -> None:
    """Keep what --config named for the command that follows."""
    _Shell.config_file = file


def config_file() -> Path | None:
    """Return what --config named, if anything."""
    return _Shell.config_file


def settings() -> Settings:
    """Return the settings, or ConfigError."""
    return config.load(_Shell.config_file)


def day_processes(app: App, processes: int | None) -> "DayProcesses":
    """Return what prepares and delivers with so many processes, or with one for each core."""
    from digestmail.processes import DayProcesses, available_cores

    return DayProcesses(app, processes or available_cores())


def open_job_queue(app: App) -> "JobQueue":
    """Return the job queue; ConfigError if the cluster is off or its packages are missing."""
    if not app.settings.cluster.enabled:
        raise ConfigError("cluster.enabled is false: nothing is queued; set it to true")
    try:
        from digestmail.cluster.queue import JobQueue
    except ImportError:
        raise ConfigError(
            "cluster.enabled: the queue's packages are missing: pip install 'digestmail[cluster]'"
        ) from None
    return JobQueue(app)


@contextmanager
def opened() -> Iterator[App]:
    """Open an App on a database of this version; close it at the end."""
    app = App.open(settings())
    try:
        yield app
    finally:
        app.close()
