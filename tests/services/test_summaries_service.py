"""Lines are written for the papers that readers see, before their digests are made."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from conftest import NOW, FakeClock
from model_server import Asked, ModelServer, Reply, completion, model_server
from steps_world import arrive, join
from web_apps import open_app

from digestmail.app import App
from digestmail.config.sections import SummariesSection
from digestmail.domain import Profile
from digestmail.scheduler import lines_tick, make_scheduler

GERMAN = "Graphnetze\nGraphnetze werden schneller berechnet als zuvor."


def answer(asked: Asked) -> Reply:
    title = asked.data["title"]
    english = f"{title} shows how graph networks are made to answer faster."
    return completion(english if "abstract" in asked.data else GERMAN)


@pytest.fixture
def model() -> Iterator[ModelServer]:
    with model_server(answer) as server:
        yield server


@pytest.fixture
def app(tmp_path: Path, clock: FakeClock, model: ModelServer) -> Iterator[App]:
    plain = open_app(tmp_path, clock)
    plain.close()
    section = SummariesSection(url=model.url, model="tiny", languages=["en", "de"], timeout=5)
    app = App(plain.settings.model_copy(update={"summaries": section}), clock)
    yield app
    app.close()


ABSTRACT = "We show how graph networks are made to answer faster."


def titles(model: ModelServer) -> list[str]:
    """Return what was asked about, in order, once each."""
    return list(dict.fromkeys(asked.data["title"] for asked in model.asked))


def test_papers_of_the_next_digests_come_before_those_that_trend(
    app: App, model: ModelServer
) -> None:
    (trend,) = arrive(app.store, 1, abstract=ABSTRACT, upvotes=90)
    (graph,) = arrive(app.store, 2, abstract=ABSTRACT)
    reader = join(app.store, profiles=(Profile(keywords=("part 2",), threshold=0.1),))
    app.store.subscribers.set_language(reader.stored_id, "de")
    app.summaries.write(lambda _: None)
    assert titles(model) == [graph.title, trend.title]
    ids = {graph.stored_id, trend.stored_id}
    for language in ("en", "de"):
        assert app.store.lines.of(ids, language).keys() == ids


def test_nothing_is_planned_or_stored_by_looking_ahead(app: App) -> None:
    arrive(app.store, 1, abstract=ABSTRACT)
    reader = join(app.store)
    app.summaries.write(lambda _: None)
    assert app.store.digests.of_subscriber(reader.stored_id) == []
    assert app.prepare().digests == 1


def test_readers_due_later_are_not_looked_at(app: App, model: ModelServer) -> None:
    arrive(app.store, 1, abstract=ABSTRACT, at=NOW - timedelta(days=3))
    join(app.store, next_due_at=NOW + timedelta(hours=3), papers_since=NOW - timedelta(days=4))
    app.summaries.write(lambda _: None)
    assert model.asked == []


def test_a_broken_model_costs_the_line_and_not_the_mail(app: App, model: ModelServer) -> None:
    model.answer = lambda _: Reply(b"", 500)
    arrive(app.store, 1, abstract=ABSTRACT)
    join(app.store)
    lines_tick(app)
    lines_tick(app)
    assert len(model.asked) == 1  # then it is left alone
    assert app.prepare().digests == 1
    assert app.deliver().sent == 1


def test_once_stopped_no_further_request_is_made(app: App, model: ModelServer) -> None:
    arrive(app.store, 1, abstract=ABSTRACT)
    join(app.store)
    app.stopping.set()
    lines_tick(app)
    assert model.asked == []


def test_the_job_runs_only_where_a_model_is_set(app: App, tmp_path: Path, clock: FakeClock) -> None:
    assert "lines" in {job.id for job in make_scheduler(app).get_jobs()}
    plain = open_app(tmp_path / "plain", clock)
    assert "lines" not in {job.id for job in make_scheduler(plain).get_jobs()}
    plain.close()
