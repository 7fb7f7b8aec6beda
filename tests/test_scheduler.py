"""The clockwork ticks; what is due is decided by the database and the steps."""

import logging
import time
from datetime import timedelta
from pathlib import Path

import pytest
from conftest import NOW, FakeClock
from schema import give_schema

from digestmail.app import App
from digestmail.calendar import utc_now
from digestmail.config import MailSettings, Settings
from digestmail.domain import Profile, Schedule, SourceSpec
from digestmail.resources import SAMPLE_PAPERS
from digestmail.scheduler import digest_tick, ingest_tick, make_scheduler


@pytest.fixture
def app(tmp_path: Path, clock: FakeClock) -> App:
    """An installation whose one subscriber is due at 07:00 UTC, an hour from now."""
    settings = Settings.model_validate(
        {
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
    app.desk.add("a@example.org", [profile], Schedule(hour=7), NOW, active=True)
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


def test_only_one_scheduler_works(app: App, clock: FakeClock) -> None:
    app.store.guards.lease("scheduler", "another:1:1.00", NOW + timedelta(minutes=3), NOW)
    scheduler = make_scheduler(app)
    for job in scheduler.get_jobs():
        job.func()
    assert app.store.papers.count_by_source() == {}
    clock.move(minutes=4)
    for job in scheduler.get_jobs():
        job.func()
    assert app.store.papers.count_by_source() == {"sample": 64}


def test_an_error_is_told_and_the_clock_goes_on(app: App, caplog: pytest.LogCaptureFixture) -> None:
    app.store.database.close()
    (app.settings.folder / "digestmail.db").write_bytes(b"ruined " * 1000)
    scheduler = make_scheduler(app)
    with caplog.at_level(logging.ERROR):
        scheduler.get_jobs()[0].func()
    assert "database" in caplog.text


def test_it_really_ticks(app: App) -> None:
    app.clock = utc_now
    scheduler = make_scheduler(app, seconds=1)
    scheduler.start()
    try:
        deadline = time.monotonic() + 10
        while not app.store.papers.count_by_source() and time.monotonic() < deadline:
            time.sleep(0.05)
    finally:
        scheduler.shutdown(wait=True)
    assert app.store.papers.count_by_source() == {"sample": 64}
    assert app.status().scheduler_runs
