"""A morning is prepared and sent by several processes, each digest once."""

import multiprocessing
import os
from collections.abc import Iterator
from multiprocessing.process import BaseProcess
from pathlib import Path

import pytest
from conftest import NOW, FakeClock
from schema import give_schema

from digestmail.app import App
from digestmail.config import MailSettings, Settings
from digestmail.domain import DeliveryState, Paper, Profile, Schedule, SkipReason
from digestmail.errors import DigestmailError
from digestmail.processes import DayProcesses, ProcessParameters, available_cores

READERS = 12
TWO = ProcessParameters(fewest=6, memory=1)


@pytest.fixture
def app(tmp_path: Path, clock: FakeClock) -> Iterator[App]:
    """An installation on SQLite."""
    app = installation(tmp_path, f"sqlite:///{tmp_path / 'digestmail.db'}", clock)
    yield app
    app.close()


def installation(folder: Path, database_url: str, clock: FakeClock) -> App:
    """Return an App with a dozen subscribers who are due, and papers for ten of them."""
    settings = Settings.model_validate(
        {
            "semantic": {"model": "none"},
            "public_url": "https://digest.example.org",
            "secret_key": "k3y-" * 10,
            "database_url": database_url,
            "mail": MailSettings(from_address="daily@example.org", outbox="sent"),
            "folder": folder,
        }
    )
    app = App(settings, clock)
    give_schema(app.store.database)
    for number in range(READERS):
        wish = "sea ice" if number < 10 else "bread"
        profiles = [Profile(keywords=(wish,))]
        schedule = Schedule(hour=6)
        app.subscriptions.add(f"reader{number}@example.org", profiles, schedule, NOW, active=True)
    clock.move(days=1, minutes=1)
    papers = [Paper(key=f"test:{n}", title=f"Sea ice of the winter {n}") for n in range(3)]
    app.store.papers.add(papers, clock())
    return app


def sent(app: App) -> list[str]:
    return [path.name for path in (app.settings.folder / "sent").glob("*.eml")]


def test_two_processes_prepare_and_send_each_digest_once(
    tmp_path: Path, database_url: str, clock: FakeClock
) -> None:
    app = installation(tmp_path, database_url, clock)
    work, counts = DayProcesses(app, 2, TWO), list[int]()
    prepared = work.prepare(progress=counts.append)
    assert (prepared.digests, prepared.papers) == (10, 30)
    assert prepared.skipped == {SkipReason.BELOW_THRESHOLD: 2}
    assert counts[-1] == READERS
    assert work.prepare().digests == 0
    delivered = DayProcesses(app, 2, ProcessParameters(fewest=5, memory=1)).deliver()
    assert delivered.states == {DeliveryState.SENT: 10}
    assert len(sent(app)) == 10
    assert work.deliver().total == 0
    app.close()


def test_few_digests_are_left_to_this_process(app: App) -> None:
    before = os.times().children_user
    assert DayProcesses(app, 2).prepare().digests == 10
    assert DayProcesses(app, 2).deliver().sent == 10
    assert os.times().children_user == before


def test_a_process_that_is_killed_costs_only_its_share(app: App) -> None:
    def kill(_: int) -> None:
        if not victims:
            victims.extend(multiprocessing.active_children()[:1])
            victims[0].kill()

    victims: list[BaseProcess] = []
    with pytest.raises(DigestmailError, match="exit code -9"):
        DayProcesses(app, 2, TWO).prepare(progress=kill)
    assert DayProcesses(app, 2).prepare().digests + len(sent(app)) >= 5
    assert DayProcesses(app, 2).deliver().sent == 10
    assert len(sent(app)) == 10


def test_a_stop_reaches_the_processes(app: App) -> None:
    app.stopping.set()
    prepared = DayProcesses(app, 2, TWO).prepare()
    assert prepared.digests < 10
    app.stopping.clear()
    assert DayProcesses(app, 1).prepare().digests + prepared.digests == 10


def test_an_error_of_a_process_is_its_parents(app: App) -> None:
    app.settings = app.settings.model_copy(
        update={"semantic": app.settings.semantic.model_copy(update={"model": "/nowhere"})}
    )
    with pytest.raises(DigestmailError, match="/nowhere"):
        DayProcesses(app, 2, TWO).prepare()


def test_there_is_a_core() -> None:
    assert 1 <= available_cores() <= (os.cpu_count() or 1)
