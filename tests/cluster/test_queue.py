"""The job queue on a real PostgreSQL: what is deferred, what workers do, and what a kill costs."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from conftest import NOW, FakeClock
from needs import needs
from patience import LONG, until
from schema import POSTGRES, drop_all, give_schema, own_postgres
from sqlalchemy import text

from digestmail.app import App
from digestmail.calendar import utc_now
from digestmail.cluster.jobs import ClusterParameters, due_jobs
from digestmail.config import ClusterSection, MailSettings, Settings
from digestmail.domain import DeliveryState, Paper, Profile, Schedule, SourceSpec
from digestmail.errors import ConfigError
from digestmail.resources import SAMPLE_PAPERS
from digestmail.steps.daily.prepare import Share
from digestmail.store import LeaseName

pytest.importorskip("procrastinate")
from digestmail.cluster.queue import JobQueue

READERS = 12


@pytest.fixture
def app(tmp_path: Path, clock: FakeClock) -> Iterator[App]:
    """An installation on PostgreSQL with a dozen subscribers who are due."""
    needs(POSTGRES, "DIGESTMAIL_TEST_POSTGRES names no PostgreSQL database")
    app = installation(tmp_path, own_postgres(), clock)
    JobQueue(app).migrate(NOW)
    yield app
    app.close()
    drop_all()  # the queue's tables too, which other tests do not expect


def installation(folder: Path, database_url: str, clock: FakeClock) -> App:
    settings = Settings.model_validate(
        {
            "semantic": {"model": "none"},
            "public_url": "https://digest.example.org",
            "secret_key": "k3y-" * 10,
            "database_url": database_url,
            "mail": MailSettings(from_address="daily@example.org", outbox="sent"),
            "cluster": ClusterSection(enabled=True),
            "folder": folder,
        }
    )
    app = App(settings, clock)
    give_schema(app.store.database)
    for number in range(READERS):
        app.subscriptions.add(
            f"reader{number}@example.org",
            [Profile(keywords=("sea ice",))],
            Schedule(hour=clock().hour),
            clock(),
            active=True,
        )
    clock.move(days=1, minutes=1)
    papers = [Paper(key=f"test:{n}", title=f"Sea ice of the winter {n}") for n in range(3)]
    app.store.papers.add(papers, clock())
    return app


def work_until_idle(queue: JobQueue) -> None:
    """Take all jobs, and those that they defer, in this process."""

    async def work() -> None:
        async with queue.procrastinate.open_async():
            await queue.procrastinate.run_worker_async(
                queues=list(queue.names), wait=False, install_signal_handlers=False
            )

    asyncio.run(work())


def test_a_morning_goes_through_the_queue(app: App) -> None:
    queue = JobQueue(app)
    with queue.procrastinate.open():
        queue.defer_due(LeaseName.DIGESTS)
        queue.defer_due(LeaseName.DIGESTS)  # a tick that finds its like waiting
    assert [(state.name, state.waiting) for state in queue.states()] == [("prepare", 1)]
    work_until_idle(JobQueue(app))
    deliveries = app.status().deliveries
    assert deliveries == {DeliveryState.SENT: READERS}
    assert len(list((app.settings.folder / "sent").glob("*.eml"))) == READERS


def test_sources_are_fetched_by_jobs_of_their_own(app: App, clock: FakeClock) -> None:
    for name in ("first", "second"):
        spec = SourceSpec(name=name, kind="file", options={"path": str(SAMPLE_PAPERS)})
        app.store.sources.add(spec, clock())
    queue = JobQueue(app)
    with queue.procrastinate.open():
        queue.defer_due(LeaseName.INGEST)
    work_until_idle(JobQueue(app))
    assert app.store.papers.count_by_source()["first"] == 64
    assert app.store.sources.due(clock()) == []


def test_shares_stay_the_same_while_the_morning_is_worked_off(app: App) -> None:
    four = ClusterParameters(share=3)
    keys = [job.key for job in due_jobs(app, LeaseName.DIGESTS, four)]
    assert keys == ["prepare:0/4", "prepare:1/4", "prepare:2/4", "prepare:3/4"]
    first = next(iter(due_jobs(app, LeaseName.DIGESTS, four)))
    app.prepare(share=Share(0, 4))
    assert first.key in [job.key for job in due_jobs(app, LeaseName.DIGESTS, four)]


def test_upkeep_runs_by_the_name_of_its_job(app: App, clock: FakeClock) -> None:
    clock.move(days=1000)
    queue = JobQueue(app)
    with queue.procrastinate.open():
        queue.defer_due(LeaseName.RETENTION)
    work_until_idle(JobQueue(app))
    assert app.store.papers.by_keys(["test:0"]) == {}


# A worker of its own has the real clock.
@pytest.mark.parametrize("clock", [FakeClock(utc_now() - timedelta(days=1, minutes=1))])
def test_a_killed_worker_costs_nothing(app: App, tmp_path: Path) -> None:
    queue = JobQueue(app)
    with queue.procrastinate.open():
        queue.defer_due(LeaseName.DIGESTS)
    settings = tmp_path / "digestmail.toml"
    settings.write_text(
        f'''
        public_url = "https://digest.example.org"
        secret_key = "{"k3y-" * 10}"
        database_url = "{app.settings.database_url}"
        mail.from_address = "daily@example.org"
        mail.outbox = "sent"
        semantic.model = "none"
        cluster.enabled = true
        '''
    )
    command = [sys.executable, "-m", "digestmail", "--config", str(settings), "worker"]
    worker = subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        until(lambda: queue.workers() == 1)
    finally:
        worker.kill()
        worker.communicate()
    with app.store.database.writing() as session:  # as if the last heartbeat was long ago
        session.execute(
            text("UPDATE procrastinate_workers SET last_heartbeat = now() - interval '1 hour'")
        )
    with queue.procrastinate.open():
        queue.defer_due(LeaseName.DIGESTS)
    second = subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        until(lambda: app.status().deliveries.get(DeliveryState.SENT) == READERS)
    finally:
        second.send_signal(signal.SIGTERM)
        _, log = second.communicate(timeout=LONG)
    assert second.returncode == 0, log
    status = [*command[:-1], "status", "--json"]
    shown = json.loads(subprocess.run(status, capture_output=True, check=False).stdout)
    assert shown["cluster"]["workers"] == 0
    assert {state["name"] for state in shown["cluster"]["queues"]} <= set(queue.names)
    assert len(list((tmp_path / "sent").glob("*.eml"))) == READERS
    engine = ["procrastinate", "--app", "digestmail.cluster.engine.app", "healthchecks"]
    ran = subprocess.run(
        [sys.executable, "-m", *engine],
        env=os.environ | {"DIGESTMAIL_CONFIG": str(settings)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "Found procrastinate_jobs table: OK" in ran.stdout, ran.stderr


def test_sqlite_is_no_cluster(tmp_path: Path, clock: FakeClock) -> None:
    app = installation(tmp_path, f"sqlite:///{tmp_path / 'x.db'}", clock)
    with pytest.raises(ConfigError, match="needs PostgreSQL"):
        JobQueue(app)
    app.close()
