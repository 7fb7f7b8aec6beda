"""Fetching ends with the program: no request is made any more, and the source is due again."""

from pathlib import Path

from conftest import NOW, FakeClock
from schema import give_schema
from sources_server import Answer, serving

from digestmail.app import App
from digestmail.config import MailSettings, Settings
from digestmail.domain import SourceSpec


def test_a_stop_ends_a_fetch_that_waits_and_begins_no_other(
    tmp_path: Path, clock: FakeClock
) -> None:
    settings = Settings(
        public_url="https://digest.example.org",
        secret_key="k3y-" * 10,
        mail=MailSettings(from_address="daily@example.org"),
        folder=tmp_path,
    )
    with serving() as site:
        app = App(settings, clock, sleep=lambda _: app.stopping.set())
        give_schema(app.store.database)
        busy = Answer(status=503, headers={"Retry-After": "30"})
        for name in ("a", "b"):
            site.at(f"/{name}/cs.AI", busy)
            options = {"categories": "cs.AI", "url": f"{site.url}/{name}"}
            app.store.sources.add(SourceSpec(name=name, kind="arxiv", options=options), NOW)
        (report,) = app.ingest()
        assert "stopped before the source was read" in report.error
        assert len(site.asked) == 1
        states = {state.spec.name: state for state in app.store.sources.due(clock())}
        assert [states[name].failures for name in ("a", "b")] == [0, 0]
        assert app.ingest() == []
        app.close()
