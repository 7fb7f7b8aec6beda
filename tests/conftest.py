"""What many tests start from: a clean environment, a clock that stands still, a real database."""

import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from needs import needs
from patience import A_PAGE
from playwright.sync_api import Browser, expect, sync_playwright
from schema import POSTGRES, drop_all, give_schema, own_postgres

from digestmail.config import PREFIX
from digestmail.store import Database, Store

CHROMIUM = Path(os.environ.get("CHROMIUM", "/usr/bin/chromium"))
_QUIET = (  # no calls home, and no sandbox, which a superuser cannot have
    "--no-sandbox --disable-gpu --disable-background-networking --disable-component-update"
    " --disable-sync --no-first-run"
)
expect.set_options(timeout=A_PAGE)
# A busy machine is no bug.
settings.register_profile("patient", suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")
NOW = datetime(2026, 11, 20, 6, 0, tzinfo=UTC)  # a Friday


class FakeClock:
    """A Clock that stands still until it is moved."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def move(self, **by: float) -> None:
        """Move on by a timedelta's arguments."""
        self.now += timedelta(**by)


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No setting of the person who runs the tests reaches them.

    Nor does the packaged embedding model, which takes 20 ms a paper, but where a test names it.
    """
    for name in os.environ:
        if name.startswith(PREFIX) and not name.startswith(f"{PREFIX}TEST_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv(f"{PREFIX}SEMANTIC__MODEL", "none")


@pytest.fixture
def clock() -> FakeClock:
    """Friday, 20 November 2026, 06:00 UTC."""
    return FakeClock(NOW)


@pytest.fixture(
    params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)],
)
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database of each kind, to be given a schema."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'digestmail.db'}"
    needs(POSTGRES, "DIGESTMAIL_TEST_POSTGRES names no PostgreSQL database")
    return own_postgres()


@pytest.fixture
def empty_database_url(database_url: str) -> str:
    """A database of each kind without anything in it."""
    if not database_url.startswith("sqlite"):
        drop_all()
    return database_url


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """A database with today's schema."""
    database = Database(database_url)
    give_schema(database)
    yield database
    database.close()


@pytest.fixture
def store(database: Database) -> Store:
    """A store without anything in it."""
    return Store(database)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A headless Chromium."""
    needs(CHROMIUM.exists(), f"no Chromium at {CHROMIUM}; set $CHROMIUM")
    with sync_playwright() as playwright:
        chromium = playwright.chromium
        opened = chromium.launch(executable_path=str(CHROMIUM), args=_QUIET.split())
        yield opened
        opened.close()
