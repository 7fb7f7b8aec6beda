"""The clockwork: every minute, ask the database what is due and let the steps do it.

APScheduler only ticks, in UTC and from memory; it is never asked when a digest is due, since a
cron trigger in local time skips whole days around the change of clocks. A lease in the database
keeps a second scheduler idle; were both to run, the steps would still do everything once.
"""

import logging
from collections.abc import Callable
from datetime import UTC, timedelta

from apscheduler.events import EVENT_JOB_ERROR, JobExecutionEvent
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.interval import IntervalTrigger

from digestmail.app import App
from digestmail.domain import SourceReport
from digestmail.errors import DigestmailError
from digestmail.worker import this_worker

log = logging.getLogger(__name__)

LEASE = timedelta(minutes=3)
BOUNCES_EVERY = 300  # seconds
_WORTH_TELLING = 2  # failures in succession
_JOB_DEFAULTS = {"coalesce": True, "max_instances": 1, "misfire_grace_time": None}


def make_scheduler(app: App, *, seconds: int = 60) -> BackgroundScheduler:
    """A scheduler, not yet started, whose two jobs tick every ``seconds``, the first at once.

    Fetching is a job of its own, so that a slow source never delays a digest.
    """
    scheduler = BackgroundScheduler(timezone=UTC, job_defaults=_JOB_DEFAULTS)
    for name, job in (("ingest", ingest_tick), ("digests", digest_tick)):
        tick = IntervalTrigger(seconds=seconds, timezone=UTC)
        scheduler.add_job(_guarded(app, job), tick, id=name, next_run_time=app.clock())
    if app.settings.bounces.mailbox.get_secret_value():
        tick = IntervalTrigger(seconds=BOUNCES_EVERY, timezone=UTC)
        watch = _guarded(app, bounce_tick)
        scheduler.add_job(watch, tick, id="bounces", next_run_time=app.clock())
    scheduler.add_listener(_failed, EVENT_JOB_ERROR)
    return scheduler


def stop(app: App, scheduler: BackgroundScheduler) -> None:
    """End a scheduler gently: mails in flight are finished, no others are begun."""
    app.stopping.set()
    scheduler.shutdown(wait=True)
    app.store.guards.give_up("scheduler", this_worker())


def ingest_tick(app: App) -> None:
    """Fetch the sources whose time has come, and tidy up."""
    if forgotten := app.prune():
        log.info("forgot %d requests that were never confirmed", forgotten)
    for report in app.ingest():
        if report.error:
            _tell_failure(report)
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


def _tell_failure(report: SourceReport) -> None:
    """One failure often mends itself, and a hundred are one piece of news."""
    if report.failures == _WORTH_TELLING:
        since = f"{report.failing_since:%Y-%m-%d %H:%M} UTC"
        log.warning("source %s has failed since %s: %s", report.source, since, report.error)
    else:
        log.debug("source %s failed: %s", report.source, report.error)


def digest_tick(app: App) -> None:
    """Prepare the digests that are due and send what is to be sent."""
    prepared = app.prepare()
    if prepared.digests or prepared.skipped:
        log.info(
            "prepared %d digests, skipped %d", prepared.digests, sum(prepared.skipped.values())
        )
    if app.relay_rests():
        return
    delivered = app.deliver()
    if delivered.trouble:  # the sender has told it as an error once
        log.info("the relay is in trouble, will try again: %s", delivered.trouble)
    if delivered.done:
        states = ", ".join(f"{count} {state}" for state, count in delivered.states.items())
        log.info("delivered: %s", states)


def bounce_tick(app: App) -> None:
    """Read the mailbox of bounces."""
    taken = app.fetch_bounces()
    if taken.kinds:
        kinds = ", ".join(f"{count} {kind}" for kind, count in taken.kinds.items())
        log.info("bounces: %s; %d addresses given up", kinds, taken.given_up)


def _guarded(app: App, job: Callable[[App], None]) -> Callable[[], None]:
    def tick() -> None:
        now = app.clock()
        try:
            if app.store.guards.lease("scheduler", this_worker(), now + LEASE, now):
                job(app)
            else:
                log.debug("another scheduler is at work")
        except DigestmailError as error:
            log.error("%s: %s", job.__name__, error)

    return tick


def _failed(event: JobExecutionEvent) -> None:
    log.error("the job %s failed and will run again", event.job_id, exc_info=event.exception)
