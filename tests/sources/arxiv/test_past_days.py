"""An arXiv source is read back over OAI-PMH, from the settings to the stored papers."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from urllib.parse import urlencode

import pytest
from conftest import FakeClock
from oai_answers import failure, page, record
from schema import give_schema
from sources_server import Answer, Site, serving

from digestmail.app import App
from digestmail.config import MailSettings, Settings
from digestmail.domain import SourceSpec
from digestmail.errors import InputError

FIRST = date(2026, 3, 4)


def _app(folder: Path, site: Site, **more: str) -> App:
    settings = Settings.model_validate(
        {
            "public_url": "https://digest.example.org",
            "secret_key": "k3y-" * 10,
            "mail": MailSettings(from_address="daily@example.org"),
            "folder": folder,
        }
    )
    app = App(settings, FakeClock(datetime(2026, 3, 6, 6, tzinfo=UTC)))
    give_schema(app.store.database)
    options = {"categories": "cs.AI", "oai_url": f"{site.url}/oai", **more}
    app.store.sources.add(SourceSpec(name="arxiv", kind="arxiv", options=options), app.clock())
    return app


def _path(day: date) -> str:
    query = {"verb": "ListRecords", "metadataPrefix": "arXiv"}
    span = {"from": day, "until": day, "set": "cs:cs:AI"}
    return f"/oai?{urlencode({**query, **span})}"


def test_a_quiet_day_and_a_busy_one(tmp_path: Path) -> None:
    with serving() as site:
        app = _app(tmp_path, site)
        site.at(_path(FIRST), Answer(page(record("2603.00001"), record("0704.00002"))))
        site.at(_path(FIRST + timedelta(days=1)), Answer(failure("noRecordsMatch")))
        report = app.ingestor.backfill("arxiv", FIRST)
        assert (report.error, report.new) == ("", 1), site.asked
        (paper,) = app.store.papers.seen_after(datetime(2026, 1, 1, tzinfo=UTC))
        assert (paper.key, paper.announced_on) == ("arxiv:2603.00001", FIRST)
        assert paper.first_seen_at == datetime(2026, 3, 4, tzinfo=UTC)
        app.close()


def test_cross_lists_are_left_out_where_they_are_not_wanted(tmp_path: Path) -> None:
    with serving() as site:
        app = _app(tmp_path, site, cross="no")
        theirs = record("2603.00002", categories="<categories>math.CO cs.AI</categories>")
        site.at(
            _path(FIRST),
            Answer(page(record("2603.00001", categories="<categories>cs.AI</categories>"), theirs)),
        )
        site.at(_path(FIRST + timedelta(days=1)), Answer(failure("noRecordsMatch")))
        assert app.ingestor.backfill("arxiv", FIRST).new == 1
        app.close()


def test_a_kind_without_past_days_cannot_be_read_back(tmp_path: Path) -> None:
    with serving() as site:
        app = _app(tmp_path, site)
        spec = SourceSpec(name="lab", kind="file", options={"path": "a.csv"})
        app.store.sources.add(spec, app.clock())
        with pytest.raises(InputError, match="cannot list past days; these can: arxiv"):
            app.ingestor.backfill("lab", FIRST)
        app.close()
