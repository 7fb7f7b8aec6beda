"""The queue of jobs on PostgreSQL, by procrastinate: deferring, working, watching."""

import asyncio
import logging
import signal
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import procrastinate
from procrastinate.exceptions import AlreadyEnqueued, ConnectorException
from procrastinate.jobs import Status
from sqlalchemy import inspect, text

from digestmail.app import App
from digestmail.cluster import jobs
from digestmail.cluster.jobs import Job, Queue
from digestmail.errors import ConfigError, StoreError
from digestmail.store import LeaseName, NoteName

log = logging.getLogger(__name__)

_TASKS: Mapping[str, Callable[..., None]] = {
    "tidy": jobs.tidy,
    "fetch": jobs.fetch,
    "prepare": jobs.prepare,
    "deliver": jobs.deliver,
    "upkeep": jobs.upkeep,
}
_STALLED_AFTER = 60.0  # seconds without a heartbeat, of which there is one every 10
_KEEP_JOBS = 72  # hours, for operators to look at
_EVERY_MINUTE = "* * * * *"


@dataclass(frozen=True, slots=True)
class QueueState:
    """A queue as ``status`` shows it; ``lag``: how long the oldest job of it has waited."""

    name: str
    waiting: int
    running: int
    failed: int
    lag: timedelta


class JobQueue:
    """The jobs of an installation. ConfigError for a database that is not PostgreSQL."""

    names = tuple(str(queue) for queue in Queue)

    def __init__(self, app: App) -> None:
        database = app.store.database
        if database.is_sqlite:
            raise ConfigError(
                "database_url: a cluster needs PostgreSQL; `digestmail serve` uses all cores of "
                "one machine on SQLite"
            )
        self._app = app
        direct_url = app.settings.cluster.queue_url.get_secret_value()
        url = direct_url or database.url.set(drivername="postgresql").render_as_string(
            hide_password=False
        )
        # A pooler in transaction mode keeps no prepared statement.
        options = {"prepare_threshold": None, "application_name": "digestmail queue"}
        connector = procrastinate.PsycopgConnector(conninfo=url, kwargs=options, min_size=1)
        self.procrastinate = procrastinate.App(connector=connector)
        self._tasks = {name: self._task(name, work) for name, work in _TASKS.items()}
        self._add_recovery()

    def _task(self, name: str, work: Callable[..., None]) -> Any:
        def run(**arguments: Any) -> None:
            work(self._app, **arguments)
            if name == "prepare":  # without waiting for the next tick
                self.defer(jobs.deliver_jobs(self._app))

        return self.procrastinate.task(name=name)(run)

    def _add_recovery(self) -> None:
        """Let some worker end, each minute, the jobs of workers that are gone.

        They are not started again: the next tick defers whatever is still due.
        """

        async def recover(timestamp: int) -> None:  # noqa: ARG001 - the engine passes it
            manager = self.procrastinate.job_manager
            for job in await manager.get_stalled_jobs(seconds_since_heartbeat=_STALLED_AFTER):
                log.warning("the worker of job %s (%s) has gone", job.id, job.lock)
                await manager.finish_job(job, Status.FAILED, delete_job=False)
            await manager.delete_old_jobs(_KEEP_JOBS, include_failed=True)

        task = self.procrastinate.task(name="recover", queue=Queue.UPKEEP, queueing_lock="recover")
        self.procrastinate.periodic(cron=_EVERY_MINUTE)(task(recover))

    # --- deferring -------------------------------------------------------------------------------

    def defer_due(self, name: LeaseName) -> None:
        """Defer what is due of one of the scheduler's jobs; what waits already is left."""
        self.defer(jobs.due_jobs(self._app, name))

    def defer(self, due: Iterable[Job]) -> None:
        """Put jobs into the queue, each unless its like waits there.

        StoreError where the queue cannot be reached: the next tick tries again.
        """
        try:
            for job in due:
                task = self._tasks[job.task]
                task = task.configure(queue=job.queue, queueing_lock=job.key, lock=job.key)
                with suppress(AlreadyEnqueued):
                    task.defer(**job.arguments)
        except ConnectorException as error:
            raise StoreError(f"the queue cannot be reached: {error.__cause__ or error}") from error

    # --- working ---------------------------------------------------------------------------------

    def work(self, queues: Sequence[str], concurrency: int, name: str) -> None:
        """Take jobs of some queues, or of all, until a signal; jobs at work end first."""
        asyncio.run(self._work(queues, concurrency, name))

    async def _work(self, queues: Sequence[str], concurrency: int, name: str) -> None:
        async with self.procrastinate.open_async():
            worker = asyncio.ensure_future(
                self.procrastinate.run_worker_async(
                    queues=list(queues or self.names),  # the driver takes no tuple
                    concurrency=concurrency,
                    name=name,
                    install_signal_handlers=False,
                    delete_jobs="successful",
                )
            )

            def stop() -> None:
                self._app.stopping.set()
                worker.cancel()

            loop = asyncio.get_running_loop()
            for number in (signal.SIGINT, signal.SIGTERM):
                loop.add_signal_handler(number, stop)
            with suppress(asyncio.CancelledError):
                await worker

    # --- looking after it ------------------------------------------------------------------------

    def migrate(self, now: datetime) -> None:
        """Create the tables of the queue, or bring them to the version that is installed."""
        version = procrastinate.__version__
        notes, engine = self._app.store.notes, self._app.store.database.engine
        note = notes.read(NoteName.QUEUE_SCHEMA)
        with self.procrastinate.open():
            if not inspect(engine).has_table("procrastinate_jobs"):
                self.procrastinate.schema_manager.apply_schema()
            elif note and note.value != version:
                raise StoreError(
                    f"the queue's tables are those of procrastinate {note.value}, and {version} is "
                    "installed; apply its migrations (see `procrastinate schema --help`)"
                )
        notes.write(NoteName.QUEUE_SCHEMA, version, now)

    def states(self) -> list[QueueState]:
        """Return the queues that hold jobs."""
        with self._app.store.database.reading() as session:
            rows = session.execute(_STATES).all()
        return [QueueState(row.name, row.waiting, row.running, row.failed, row.lag) for row in rows]

    def workers(self) -> int:
        """Return how many workers have given a sign of life lately."""
        with self._app.store.database.reading() as session:
            count: int = session.execute(_WORKERS, {"seconds": _STALLED_AFTER}).scalar_one()
            return count


_STATES = text(
    """
    SELECT queue_name AS name,
        count(*) FILTER (WHERE status = 'todo') AS waiting,
        count(*) FILTER (WHERE status = 'doing') AS running,
        count(*) FILTER (WHERE status = 'failed') AS failed,
        coalesce(now() - min(scheduled_or_now) FILTER (WHERE status = 'todo'), interval '0') AS lag
    FROM (
        SELECT job.queue_name, job.status,
            coalesce(job.scheduled_at, (
                SELECT min(event.at) FROM procrastinate_events AS event WHERE event.job_id = job.id
            )) AS scheduled_or_now
        FROM procrastinate_jobs AS job
    ) AS jobs
    GROUP BY queue_name ORDER BY queue_name
    """
)
_WORKERS = text(
    "SELECT count(*) FROM procrastinate_workers"
    " WHERE last_heartbeat > now() - make_interval(secs => :seconds)"
)
