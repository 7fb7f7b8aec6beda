"""The day's work on all cores of a machine: processes that share nothing but the database.

A process has its own App and its own model of the day, which takes a second to make from stored
features. It prepares the subscribers of its share, or sends mails that it leases; so a process that
is killed costs no more than one that is killed on a machine of its own.
"""

import logging
import math
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from functools import partial
from multiprocessing.connection import Connection, wait
from typing import Any, Generic, TypeVar, cast

import psutil
from threadpoolctl import threadpool_limits

from digestmail.app import App, no_progress
from digestmail.config import Settings, SmtpSection
from digestmail.domain import Clock, DeliveryKind
from digestmail.errors import DigestmailError
from digestmail.steps.daily.deliver import DeliveryReport
from digestmail.steps.daily.prepare import PrepareReport, Share
from digestmail.stopping import SIGNALS

log = logging.getLogger(__name__)

Progress = Callable[[int], None]
LOG_FORMAT = "%(asctime)s %(levelname)s %(message)s"
_Report = TypeVar("_Report", PrepareReport, DeliveryReport)
_Job = Callable[[App, Progress], _Report]


@dataclass(frozen=True, slots=True)
class ProcessParameters:
    """When further processes are worth their start.

    A process takes 3 s of CPU to start and to make its model, as long as to prepare or to send
    ``fewest`` digests, and up to ``memory`` bytes.
    """

    fewest: int = 3_000
    memory: int = 600 * 2**20


PROCESSES = ProcessParameters()


def available_cores() -> int:
    """Return how many cores this process may use, by its affinity and its control group."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return max(min(cores or 1, _quota()), 1)


def _quota() -> int:
    """Return the cores that a container's control group allows (cgroup v2, ``cpu.max``)."""
    try:
        with open("/sys/fs/cgroup/cpu.max", encoding="ascii") as file:
            quota, period = file.read().split()
        return math.ceil(int(quota) / int(period))
    except (OSError, ValueError):  # another system, or "max"
        return os.cpu_count() or 1


class DayProcesses:
    """Prepares and delivers for an App, in further processes where there is enough to do.

    ``processes`` is how many at most; 1: all is done in this process.
    """

    def __init__(self, app: App, processes: int, parameters: ProcessParameters = PROCESSES) -> None:
        self._app = app
        self._processes = processes
        self._parameters = parameters

    def prepare(
        self, day: date | None = None, progress: Progress = no_progress, *, patient: bool = True
    ) -> PrepareReport:
        """Store the digests of all who are due; see ``App.prepare``."""
        app = self._app
        due = app.store.subscribers.count_due(None if day else app.clock())
        count = self._useful(due)
        if count == 1:
            return app.prepare(day, progress, patient=patient)
        app.planning.store_terms()
        job = partial(_prepare, day=day, patient=patient)
        jobs = [partial(job, share=Share(number, count)) for number in range(count)]
        return _joined(PrepareReport(), self._run(jobs, app.settings, progress))

    def deliver(
        self,
        kinds: Collection[DeliveryKind] = tuple(DeliveryKind),
        progress: Progress = no_progress,
    ) -> DeliveryReport:
        """Send all planned mails whose time has come; see ``App.deliver``."""
        app = self._app
        count = self._useful(app.store.ledger.count_waiting(app.clock(), kinds))
        connections = app.settings.smtp.connections
        count = min(count, connections)
        if count == 1:
            return app.deliver(kinds, progress)
        app.delivery.check_templates()
        jobs = [partial(_deliver, kinds=tuple(kinds))] * count
        settings = _with_connections(app.settings, count)
        return _joined(DeliveryReport(), self._run(jobs, settings, progress))

    def _useful(self, digests: int) -> int:
        """Return how many processes to use for so many digests."""
        room = psutil.virtual_memory().available // self._parameters.memory
        return max(min(self._processes, digests // self._parameters.fewest, room), 1)

    def _run(
        self, jobs: Sequence[_Job[_Report]], settings: Settings, progress: Progress
    ) -> list[_Report]:
        """Run each job in a process; raise the first error once all have ended."""
        children = [_Child(job, settings, self._app.clock) for job in jobs]
        by_pipe = {child.pipe: child for child in children}
        while by_pipe:
            if self._app.stopping.is_set():
                for child in by_pipe.values():
                    child.stop()
            for pipe in wait(list(by_pipe), timeout=1.0):
                if not by_pipe[cast(Connection, pipe)].receive():
                    del by_pipe[cast(Connection, pipe)]
            progress(sum(child.done for child in children))
        return [child.report() for child in children]


def _joined(total: _Report, reports: Sequence[_Report]) -> _Report:
    for report in reports:
        total.add(report)
    return total


def _with_connections(settings: Settings, processes: int) -> Settings:
    """Return settings by which each process opens its share of the connections to a relay."""

    def shared(relay: SmtpSection) -> SmtpSection:
        connections = max(relay.connections // processes, 1)
        return relay.model_copy(update={"connections": connections})

    relays = {"relays": [shared(relay) for relay in settings.relays]}
    if "smtp" not in settings.model_fields_set and relays["relays"]:  # [smtp] is not a relay then
        return settings.model_copy(update=relays)
    return settings.model_copy(update=relays | {"smtp": shared(settings.smtp)})


# --- the parent's end ------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Failure:
    """The error by which a process ended; errors themselves do not all survive pickling."""

    message: str
    exit_code: int


class _Child(Generic[_Report]):
    """A process at work, as its parent sees it."""

    def __init__(self, job: _Job[_Report], settings: Settings, clock: Clock) -> None:
        spawn = multiprocessing.get_context("spawn")  # a fork would copy locks of our threads
        self.pipe, child_end = spawn.Pipe()
        self.done = 0
        self._result: _Report | _Failure | None = None
        level = logging.getLogger("digestmail").getEffectiveLevel()
        self._process = spawn.Process(target=_work, args=(job, settings, clock, child_end, level))
        self._process.start()
        child_end.close()

    def stop(self) -> None:
        """Let the process end after what it is doing; asking twice does no harm."""
        with suppress(OSError):  # it has ended
            self.pipe.send(None)

    def receive(self) -> bool:
        """Take what the process has sent; return whether it is still at work."""
        try:
            received = self.pipe.recv()
        except (EOFError, OSError):
            self._process.join()
            return False
        if isinstance(received, int):
            self.done = received
        else:
            self._result = received
        return True

    def report(self) -> _Report:
        """Return the report; raise the error by which the process has ended."""
        if self._result is None:
            raise DigestmailError(
                f"a worker process ended early (exit code {self._process.exitcode}); nothing is "
                "lost: the next run does what it left"
            )
        if isinstance(self._result, _Failure):
            error = DigestmailError(self._result.message)
            error.exit_code = self._result.exit_code
            raise error
        return self._result


# --- the child's end -------------------------------------------------------------------------


def _prepare(
    app: App, progress: Progress, *, day: date | None, patient: bool, share: Share
) -> PrepareReport:
    return app.prepare(day, progress, patient=patient, share=share)


def _deliver(app: App, progress: Progress, *, kinds: Collection[DeliveryKind]) -> DeliveryReport:
    return app.deliver(kinds, progress)


def _work(job: Any, settings: Settings, clock: Clock, pipe: Connection, log_level: int) -> None:
    """Do a job and send its report; end early when the parent says so or has gone."""
    logging.basicConfig(level=logging.WARNING, format=LOG_FORMAT)
    logging.getLogger("digestmail").setLevel(log_level)
    for number in SIGNALS:  # the parent gets them too, and passes them on
        signal.signal(number, signal.SIG_IGN)
    app = App(settings, clock)
    threading.Thread(target=_heed, args=(pipe, app.stopping), daemon=True).start()
    try:
        with threadpool_limits(1):  # each core has a process of its own
            pipe.send(job(app, pipe.send))
    except DigestmailError as error:
        pipe.send(_Failure(str(error), error.exit_code))
    except BrokenPipeError:
        log.warning("the process that started this one has gone; what was begun is finished")
    finally:
        app.close()


def _heed(pipe: Connection, stopping: threading.Event) -> None:
    """Set the event when the parent sends anything or has gone."""
    with suppress(EOFError, OSError):
        pipe.recv()
    stopping.set()
