"""The clockwork ticks; what is due is decided by the database and the steps."""

import logging
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from queue import Queue

import pytest
from apscheduler.events import EVENT_JOB_EXECUTED, EVENT_JOB_MAX_INSTANCES, JobEvent
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.interval import IntervalTrigger
from conftest import NOW, FakeClock
from patience import LONG
from schema import give_schema
from sentence_models import write_model

from digestmail.app import App
from digestmail.calendar import utc_now
from digestmail.config import MailSettings, Settings
from digestmail.domain import Profile, Schedule, SourceSpec
from digestmail.resources import SAMPLE_PAPERS
from digestmail.scheduler import (
    LeasedJob,
    Overruns,
    Pace,
    Progress,
    SteadyJobStore,
    digest_tick,
    ingest_tick,
    make_scheduler,
    stop,
)
from digestmail.store import Lease, LeaseName
from digestmail.worker import this_worker


@pytest.fixture
def app(tmp_path: Path, clock: FakeClock) -> App:
    """An installation whose one subscriber is due at 07:00 UTC, an hour from now."""
    return installation(tmp_path, clock)


def installation(tmp_path: Path, clock: FakeClock, model: str = "none") -> App:
    settings = Settings.model_validate(
        {
            "semantic": {"model": model},
            "public_url": "https://digest.example.org",
            "secret_key": "k3y-" * 10,
            "mail": MailSettings(from_address="daily@example.org", outbox="sent"),
            "folder": tmp_path,
        }
    )
    app = App(settings, clock)
    give_schema(app.store.database)
    spec = SourceSpec(name="sample", kind="file", options={"path": str(SAMPLE_PAPERS)})
    app.store.sources.add(spec, NOW)
    profile = Profile(keywords=("sea ice",))
    app.subscriptions.add("a@example.org", [profile], Schedule(hour=7), NOW, active=True)
    return app


def sent(app: App) -> int:
    folder = app.settings.folder / "sent"
    return len(list(folder.glob("*.eml"))) if folder.exists() else 0


def test_a_digest_goes_at_its_hour_and_once(app: App, clock: FakeClock) -> None:
    ingest_tick(app)
    digest_tick(app)
    assert sent(app) == 0
    clock.move(hours=1)
    digest_tick(app)
    digest_tick(app)
    assert sent(app) == 1


def test_after_five_days_down_one_digest_comes(app: App, clock: FakeClock) -> None:
    ingest_tick(app)
    clock.move(days=5, hours=2)
    digest_tick(app)
    assert sent(app) == 1
    status = app.status()
    assert status.due == 1
    assert status.next_due_at == NOW.replace(hour=7) + timedelta(days=6)


def test_sources_are_fetched_at_their_own_pace(app: App, clock: FakeClock) -> None:
    (first,) = app.ingest()
    assert first.new == 64
    assert app.ingest() == []
    clock.move(minutes=61)
    (second,) = app.ingest()
    assert (second.new, second.known) == (0, 64)


MINUTES = timedelta(minutes=1)


def _lease(app: App, name: str, owner: str) -> None:
    assert app.store.leases.take(name, owner, 3 * MINUTES, app.clock(), lambda _: False)


def _tick(app: App) -> None:
    for job in make_scheduler(app).get_jobs():
        job.func()


def test_only_one_scheduler_works(app: App, clock: FakeClock) -> None:
    _lease(app, LeaseName.INGEST, "another:1:1.00")
    _tick(app)
    assert app.store.papers.count_by_source() == {}
    clock.move(minutes=4)
    _tick(app)
    assert app.store.papers.count_by_source() == {"sample": 64}


def test_a_job_that_another_has_does_not_keep_the_others(app: App) -> None:
    _lease(app, LeaseName.DIGESTS, "another:1:1.00")
    _tick(app)
    assert app.store.papers.count_by_source() == {"sample": 64}
    assert app.store.leases.holder(LeaseName.DIGESTS) == Lease("another:1:1.00", NOW + 3 * MINUTES)


def test_the_job_of_a_process_that_was_killed_goes_on_at_once(app: App) -> None:
    name = this_worker()
    _lease(
        app, LeaseName.INGEST, f"{name.rpartition('@')[0]}@1"
    )  # our process id in an earlier life
    _tick(app)
    assert app.store.papers.count_by_source() == {"sample": 64}


def test_a_clock_set_back_silences_nobody(app: App, clock: FakeClock) -> None:
    _lease(app, LeaseName.INGEST, "another:1:1.00")
    clock.move(hours=-2)
    _tick(app)
    assert app.store.papers.count_by_source() == {"sample": 64}


def test_a_job_at_work_renews_its_lease_and_one_that_hangs_does_not(
    app: App, clock: FakeClock
) -> None:
    ends: list[datetime] = []

    def works_for_an_hour(app: App, progress: Progress) -> None:
        for count in range(60):
            clock.move(minutes=1)
            progress(count)
            lease = app.store.leases.holder(LeaseName.DIGESTS)
            assert lease is not None
            ends.append(lease.until)

    ticking = LeasedJob(
        app, LeaseName.DIGESTS, works_for_an_hour, Pace(), lambda: clock().timestamp()
    )
    ticking()
    assert ends == [NOW + (n + 4) * MINUTES for n in range(60)]

    def hangs(app: App, progress: Progress) -> None:
        clock.move(minutes=4)
        assert app.store.leases.take(
            LeaseName.DIGESTS, "standby:1:1", 3 * MINUTES, clock(), lambda _: False
        )
        progress(1)

    LeasedJob(app, LeaseName.DIGESTS, hangs, Pace(), lambda: clock().timestamp())()
    lease = app.store.leases.holder(LeaseName.DIGESTS)
    assert lease is not None
    assert lease.owner == "standby:1:1"


def test_a_stop_gives_up_every_lease(app: App) -> None:
    scheduler = make_scheduler(app)
    scheduler.start()
    stop(app, scheduler)
    assert [app.store.leases.holder(name) for name in (LeaseName.INGEST, LeaseName.DIGESTS)] == [
        None,
        None,
    ]
    _tick(app)  # nothing begins any more
    assert app.store.leases.holder(LeaseName.INGEST) is None


def test_papers_are_embedded_in_the_background(tmp_path: Path, clock: FakeClock) -> None:
    app = installation(tmp_path, clock, str(write_model(tmp_path / "model", {"ice": (1.0,)})))
    scheduler = make_scheduler(app)
    assert [job.id for job in scheduler.get_jobs()] == [
        LeaseName.INGEST,
        LeaseName.DIGESTS,
        LeaseName.RETENTION,
        LeaseName.MEANING,
    ]
    ingest_tick(app)
    _lease(app, LeaseName.MEANING, "another:1:1.00")
    _tick(app)
    assert len(app.embeddings.lacking()) == 64
    clock.move(minutes=4)
    _tick(app)
    assert app.embeddings.lacking() == []
    stop(app, scheduler_started(scheduler))
    assert app.store.leases.holder(LeaseName.MEANING) is None


def scheduler_started(scheduler: BackgroundScheduler) -> BackgroundScheduler:
    scheduler.start(paused=True)
    return scheduler


def test_digests_wait_until_their_papers_are_embedded(tmp_path: Path, clock: FakeClock) -> None:
    app = installation(tmp_path, clock, str(write_model(tmp_path / "model", {"ice": (1.0,)})))
    ingest_tick(app)
    clock.move(hours=1)
    digest_tick(app)
    assert (app.embeddings.lacking(), sent(app)) == ([], 1)


def test_without_an_embedding_model_there_is_no_job_for_it(app: App) -> None:
    assert LeaseName.MEANING not in [job.id for job in make_scheduler(app).get_jobs()]


@pytest.mark.parametrize("jump", [-2 * 60, -30, -2, 2, 45, 60 * 24 * 365 * 56])
def test_jobs_go_on_ticking_when_the_clock_jumps(jump: int) -> None:
    jobs = SteadyJobStore()
    scheduler = BackgroundScheduler(timezone=UTC, jobstores={"default": jobs})
    scheduler.start(paused=True)
    trigger = IntervalTrigger(minutes=1, timezone=UTC)
    job = scheduler.add_job(int, trigger, next_run_time=NOW)
    assert jobs.get_due_jobs(NOW - MINUTES / 2) == []
    assert jobs.get_due_jobs(NOW + jump * MINUTES) == [job]
    assert abs(job.next_run_time - NOW - jump * MINUTES) <= MINUTES
    scheduler.shutdown()


def test_a_long_run_is_told_once(caplog: pytest.LogCaptureFixture) -> None:
    began, end = threading.Event(), threading.Event()
    overruns = Overruns()

    def long() -> None:
        began.set()
        end.wait()

    ended = threading.Event()
    scheduler = BackgroundScheduler(timezone=UTC, job_defaults={"max_instances": 1})
    logging.getLogger("apscheduler").setLevel(logging.CRITICAL)
    overruns.listen(scheduler)
    scheduler.add_listener(lambda _: ended.set(), EVENT_JOB_EXECUTED)
    skips: list[JobEvent] = []
    three = threading.Event()

    def count(event: JobEvent) -> None:
        skips.append(event)
        if len(skips) == 3:
            three.set()

    scheduler.add_listener(count, EVENT_JOB_MAX_INSTANCES)
    with caplog.at_level(logging.INFO):
        scheduler.add_job(long, IntervalTrigger(seconds=1), id="digests")
        scheduler.start()
        assert began.wait(LONG)
        assert three.wait(LONG)
        end.set()
        assert ended.wait(LONG)
        scheduler.shutdown(wait=True)
    assert [r.getMessage() for r in caplog.records] == [
        "the job digests is still running; its next run starts when it ends"
    ]


def test_an_error_is_told_and_the_clock_goes_on(app: App, caplog: pytest.LogCaptureFixture) -> None:
    app.store.database.close()
    (app.settings.folder / "digestmail.db").write_bytes(b"ruined " * 1000)
    scheduler = make_scheduler(app)
    with caplog.at_level(logging.ERROR):
        scheduler.get_jobs()[0].func()
    assert "database" in caplog.text


def test_it_really_ticks(app: App) -> None:
    app.clock = utc_now
    scheduler = make_scheduler(app, Pace(tick=timedelta(seconds=1)))
    ticks: Queue[JobEvent] = Queue()
    scheduler.add_listener(ticks.put, EVENT_JOB_EXECUTED)
    scheduler.start()
    try:
        names = [ticks.get(timeout=LONG).job_id for _ in range(4)]
    finally:
        scheduler.shutdown(wait=True)
    assert set(names) == {LeaseName.INGEST, LeaseName.DIGESTS, LeaseName.RETENTION}
    assert app.store.papers.count_by_source() == {"sample": 64}
    assert app.status().scheduler_runs
