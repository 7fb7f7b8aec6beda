"""The scheduler: every minute, ask the database what is due and let the steps do it.

APScheduler only ticks, in UTC and from memory; it is never asked when a digest is due, since a
cron trigger in local time skips whole days around the change of clocks. A lease for each job
keeps a second scheduler idle; were both to run, the steps would still do everything once.
"""

import logging
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial

from apscheduler.events import (
    EVENT_JOB_ERROR,
    EVENT_JOB_EXECUTED,
    EVENT_JOB_MAX_INSTANCES,
    JobEvent,
    JobExecutionEvent,
)
from apscheduler.job import Job
from apscheduler.jobstores.memory import MemoryJobStore
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.interval import IntervalTrigger

from digestmail.app import App
from digestmail.domain import SourceReport
from digestmail.errors import DigestmailError, StoreError
from digestmail.memory import return_free_memory
from digestmail.processes import DayProcesses
from digestmail.store import LeaseName
from digestmail.worker import is_gone, this_worker

log = logging.getLogger(__name__)

_FAILURES_BEFORE_WARNING = 2  # in succession
_LINES_SECONDS = 300.0  # then the next run has newer candidates
_RETENTION_SECONDS = 120.0  # of an hour; what is left is deleted in the next one
_JOB_LEASES = (
    LeaseName.INGEST,
    LeaseName.DIGESTS,
    LeaseName.MEANING,
    LeaseName.LINES,
    LeaseName.BOUNCES,
    LeaseName.RETENTION,
)
_JOB_DEFAULTS = {"coalesce": True, "max_instances": 1, "misfire_grace_time": None}
Progress = Callable[[int], None]
_Work = Callable[[App, Progress], None]


def _quiet(_: int) -> None: ...


@dataclass(frozen=True, slots=True)
class Pace:
    """How often the jobs tick, and how long their leases last.

    ``lease``: after so long without progress another scheduler takes a job over. Some ticks may
    fail before that, as while the database restarts. ``renewal``: how often a job at work renews
    its lease, a few times within it.
    """

    tick: timedelta = timedelta(minutes=1)
    bounces: timedelta = timedelta(minutes=5)
    lines: timedelta = timedelta(minutes=10)
    retention: timedelta = timedelta(hours=1)
    lease: timedelta = timedelta(minutes=3)
    renewal: timedelta = timedelta(seconds=30)


EVERY_MINUTE = Pace()


def make_scheduler(
    app: App,
    pace: Pace = EVERY_MINUTE,
    processes: int = 1,
    defer: Callable[[LeaseName], None] | None = None,
) -> BackgroundScheduler:
    """Return a scheduler, not yet started, whose jobs tick at their pace, the first time at once.

    A large morning is prepared and sent by up to so many ``processes``. With ``defer`` a tick does
    no work itself: it calls that with the job's name, for workers elsewhere.

    Fetching is a job of its own, so that a slow source never delays a digest; so are embedding and
    asking a language model.
    """
    # What APScheduler says of its jobs, the listeners say in our words.
    logging.getLogger("apscheduler").setLevel(logging.CRITICAL)
    scheduler = BackgroundScheduler(
        timezone=UTC, job_defaults=_JOB_DEFAULTS, jobstores={"default": SteadyJobStore()}
    )
    jobs: list[tuple[LeaseName, _Work, timedelta]] = [
        (LeaseName.INGEST, ingest_tick, pace.tick),
        (LeaseName.DIGESTS, partial(digest_tick, processes=processes), pace.tick),
        (LeaseName.RETENTION, retention_tick, pace.retention),
    ]
    if app.settings.semantic.model not in ("", "none"):
        jobs.append((LeaseName.MEANING, meaning_tick, pace.tick))
    if app.settings.summaries.is_on:
        jobs.append((LeaseName.LINES, lines_tick, pace.lines))
    if app.settings.bounces.mailbox.get_secret_value():
        jobs.append((LeaseName.BOUNCES, bounce_tick, pace.bounces))
    for name, job, interval in jobs:
        trigger = IntervalTrigger(seconds=int(interval.total_seconds()), timezone=UTC)
        work = partial(_deferred, defer, name) if defer else job
        tick = LeasedJob(app, name, work, pace)
        scheduler.add_job(tick, trigger, id=name, next_run_time=datetime.now(UTC))
    scheduler.add_listener(_failed, EVENT_JOB_ERROR)
    Overruns().listen(scheduler)
    return scheduler


def _deferred(
    defer: Callable[[LeaseName], None], name: LeaseName, _app: App, _progress: Progress
) -> None:
    defer(name)


def stop(app: App, scheduler: BackgroundScheduler) -> None:
    """Stop a scheduler gently: mails in flight are finished, no others are begun."""
    app.stopping.set()
    scheduler.shutdown(wait=True)
    for name in _JOB_LEASES:
        app.store.leases.give_up(name, this_worker())


class SteadyJobStore(MemoryJobStore):  # type: ignore[misc]  # APScheduler has no types
    """Jobs in memory that go on ticking when the clock is set back, or far ahead.

    APScheduler waits for an instant: set back by two hours, its jobs would rest for so long; and
    of a clock that starts in 1970 it would count the minutes of half a century.
    """

    def get_due_jobs(self, now: datetime) -> list[Job]:
        for job in self.get_all_jobs():
            if abs(job.next_run_time - now) > job.trigger.interval:
                job.next_run_time = now
                self.update_job(job)
        due: list[Job] = super().get_due_jobs(now)
        return due


class LeasedJob:
    """One tick of a job, done by the scheduler that holds the job's lease."""

    def __init__(
        self,
        app: App,
        name: str,
        job: _Work,
        pace: Pace,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._app, self._name, self._job, self._pace = app, name, job, pace
        self._monotonic = monotonic
        self._renewed = 0.0

    def __call__(self) -> None:
        try:
            if self._app.stopping.is_set():
                return
            if self._take_lease():
                self._job(self._app, self._progress)
            else:
                log.debug("another scheduler is running: %s", self._name)
        except DigestmailError as error:
            log.error("%s: %s", self._name, error)

    def _take_lease(self) -> bool:
        self._renewed = self._monotonic()
        return self._app.store.leases.take(
            self._name, this_worker(), self._pace.lease, self._app.clock(), is_gone
        )

    def _progress(self, _: int) -> None:
        """Renew the lease now and then: a job that hangs loses it."""
        if self._monotonic() - self._renewed >= self._pace.renewal.total_seconds():
            with suppress(StoreError):  # what the job itself does will tell
                self._take_lease()


def ingest_tick(app: App, progress: Progress = _quiet) -> None:
    """Fetch the sources whose time has come, and tidy up."""
    if forgotten := app.prune():
        log.info("deleted %d requests that were never confirmed", forgotten)
    report_ingest(app.ingest(progress=progress))


def report_ingest(reports: Sequence[SourceReport]) -> None:
    """Log what came from the sources."""
    for report in reports:
        if report.error:
            _log_failure(report)
        else:
            if report.failing_since:
                log.info("source %s works again", report.source)
            log.info(
                "source %s: %d new papers of %d, %d bad records",
                report.source,
                report.new,
                report.fetched,
                len(report.bad),
            )


def _log_failure(report: SourceReport) -> None:
    """Log a trouble once: one failure often mends itself, and a hundred are one piece of news."""
    if report.failures == _FAILURES_BEFORE_WARNING:
        since = f"{report.failing_since:%Y-%m-%d %H:%M} UTC"
        log.warning("source %s has failed since %s: %s", report.source, since, report.error)
    else:
        log.debug("source %s failed: %s", report.source, report.error)


def digest_tick(app: App, progress: Progress = _quiet, processes: int = 1) -> None:
    """Prepare the digests that are due and send what is to be sent."""
    work = DayProcesses(app, processes)
    prepared = work.prepare(progress=progress)
    if prepared.digests or prepared.skipped:
        log.info(
            "prepared %d digests, skipped %d", prepared.digests, sum(prepared.skipped.values())
        )
        return_free_memory()
    if app.stopping.is_set() or app.delivery.is_relay_resting():
        return
    delivered = work.deliver(progress=progress)
    if delivered.trouble:  # the sender has told it as an error once
        log.info("problem with the relay, will try again: %s", delivered.trouble)
    if delivered.total:
        states = ", ".join(f"{count} {state}" for state, count in delivered.states.items())
        log.info("delivered: %s", states)


def meaning_tick(app: App, progress: Progress = _quiet) -> None:
    """Embed the papers that are not yet, in the background of everything else."""
    if embedded := app.embed(progress):
        log.info("embedded %d papers", embedded)
        return_free_memory()


def lines_tick(app: App, progress: Progress = _quiet) -> None:
    """Have lines about papers written, as far as the budget goes."""
    report = app.summaries.write(progress, seconds=_LINES_SECONDS)
    if report.trouble:
        log.info("no lines for now: %s", report.trouble)
    if report.written or report.refused:
        log.info("wrote lines about %d papers, refused %d", report.written, report.refused)


def retention_tick(app: App, progress: Progress = _quiet) -> None:
    """Delete old data, a little at a time."""
    report = app.delete_old(progress, _RETENTION_SECONDS)
    if report.deleted:
        counts = ", ".join(f"{count} {name}" for name, count in report.deleted.items())
        log.info("deleted old data: %s%s", counts, "" if report.is_complete else "; more next hour")


def bounce_tick(app: App, _: Progress = _quiet) -> None:
    """Read the mailbox of bounces."""
    tally = app.fetch_bounces()
    if tally.kinds:
        kinds = ", ".join(f"{count} {kind}" for kind, count in tally.kinds.items())
        log.info("bounces: %s; %d addresses suppressed", kinds, tally.given_up)


class Overruns:
    """Tells once of a run that lasts longer than a tick, and not again until it has ended."""

    def __init__(self) -> None:
        self._running: set[str] = set()

    def listen(self, scheduler: BackgroundScheduler) -> None:
        """Watch the jobs of a scheduler."""
        scheduler.add_listener(self._overran, EVENT_JOB_MAX_INSTANCES)
        scheduler.add_listener(self._ended, EVENT_JOB_EXECUTED | EVENT_JOB_ERROR)

    def _overran(self, event: JobEvent) -> None:
        if event.job_id not in self._running:
            self._running.add(event.job_id)
            log.info("the job %s is still running; its next run starts when it ends", event.job_id)

    def _ended(self, event: JobEvent) -> None:
        self._running.discard(event.job_id)


def _failed(event: JobExecutionEvent) -> None:
    log.error("job %s failed and will run again", event.job_id, exc_info=event.exception)
