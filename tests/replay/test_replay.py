"""Two weeks of arXiv, replayed: every paper once, under its day, whatever goes wrong there."""

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from arxiv_server import MISSING, Arxiv, Asked, Faults, Span, serving
from arxiv_world import DAY, OURS, Script, World, new_york
from conftest import FakeClock
from patience import LONG

from digestmail.app import App
from digestmail.config import PREFIX, load
from digestmail.domain import Batch, BatchState, Paper, SourceSpec
from digestmail.resources import MIGRATIONS
from digestmail.scheduler import ingest_tick
from digestmail.store.migrate import migrate

pytestmark = pytest.mark.slow

TICK = timedelta(minutes=15)
HOUR = timedelta(hours=1)
POLITE = timedelta(seconds=3)  # between two requests
KILL_AT = 25  # requests into the reading back: some days are done

_SETTINGS = """
public_url = "https://digest.example.org"
secret_key = "a key of more than thirty-two letters"
database_url = "sqlite:///digestmail.db"
[mail]
from_address = "daily@digest.example.org"
[smtp]
host = "127.0.0.1"
port = 1
tls = "none"
"""

# Reads back in a process of its own, whose time is the server's.
_BACKFILL = """
import sys
from datetime import date, datetime
from pathlib import Path
from urllib.request import urlopen
from digestmail.app import App
from digestmail.config import PREFIX, load
settings, server, since = sys.argv[1:]
def clock(pause=0):
    with urlopen(f"{server}/clock?{pause}") as answer:
        return datetime.fromisoformat(answer.read().decode())
app = App(load(Path(settings)), clock, sleep=clock, monotonic=lambda: clock().timestamp())
app.ingestor.backfill("arxiv", date.fromisoformat(since))
"""


def utc(day: date, hour: float = 0) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC) + hour * HOUR


@dataclass(frozen=True)
class Plan:
    """What happens in two weeks: at arXiv, and to us."""

    script: Script
    faults: Faults
    down: Span  # we are
    set_back: Span  # our clock is an hour behind


CLOCKS_CHANGE = Plan(  # New York's, on 1 November
    Script(
        history=date(2026, 10, 19),
        first=date(2026, 10, 28),
        last=date(2026, 11, 10),
        late=date(2026, 10, 30),
        held=date(2026, 11, 10),
        cross_listed=date(2026, 11, 2),
        deferred=date(2026, 11, 9),
    ),
    Faults(
        cut=date(2026, 10, 29),
        busy=date(2026, 11, 2),
        short=date(2026, 11, 3),
        storm=(utc(date(2026, 11, 4), 3.5), utc(date(2026, 11, 4), 8.5)),
        behind=date(2026, 11, 5),
    ),
    down=(utc(date(2026, 11, 6)), utc(date(2026, 11, 7), 6)),
    set_back=(utc(date(2026, 11, 10), 2), utc(date(2026, 11, 10), 14)),
)
THANKSGIVING = Plan(
    Script(
        history=date(2026, 11, 9),
        first=date(2026, 11, 16),
        last=date(2026, 11, 29),
        holiday=date(2026, 11, 27),
        late=date(2026, 11, 16),
        held=date(2026, 11, 19),
        cross_listed=date(2026, 11, 24),
    ),
    Faults(
        behind=date(2026, 11, 17),
        cut=date(2026, 11, 20),
        storm=(utc(date(2026, 11, 23), 4), utc(date(2026, 11, 23), 9)),
        busy=date(2026, 11, 25),
        short=date(2026, 11, 26),
    ),
    down=(utc(date(2026, 11, 18)), utc(date(2026, 11, 19), 6)),
    set_back=(utc(date(2026, 11, 24), 2), utc(date(2026, 11, 24), 14)),
)


@dataclass
class Replay:
    """An installation, and the arXiv it asks, in time that only waiting moves."""

    plan: Plan
    settings: Path
    time: FakeClock
    arxiv: Arxiv
    papers: list[Paper] = field(default_factory=list)  # in the store at the end
    batches: dict[date, Batch] = field(default_factory=dict)

    @contextmanager
    def app(self) -> Iterator[App]:
        app = App(
            load(self.settings),
            self._clock,
            sleep=lambda seconds: self.time.move(seconds=seconds),
            monotonic=lambda: self.time().timestamp(),
        )
        yield app
        app.close()

    def _clock(self) -> datetime:
        start, end = self.plan.set_back
        return self.time() - (HOUR if start <= self.time() < end else 0 * HOUR)

    def install(self) -> None:
        self.settings.write_text(_SETTINGS)
        options = {
            "categories": " ".join(OURS),
            "url": f"{self.arxiv.url}/atom/",
            "oai_url": f"{self.arxiv.url}/oai",
        }
        with self.app() as app:
            migrate(app.store.database, MIGRATIONS, self.time())
            spec = SourceSpec(name="arxiv", kind="arxiv", options=options)
            app.store.sources.add(spec, self.time())

    def read_back(self) -> None:
        """The history, by a process that is killed, and by another that goes on from there."""
        since = self.plan.script.history
        reached, killed = threading.Event(), threading.Event()

        def hold() -> None:
            if len(self.arxiv.asked) == KILL_AT:
                reached.set()
                killed.wait(LONG)

        self.arxiv.before = hold
        code = [sys.executable, "-c", _BACKFILL, str(self.settings), self.arxiv.url, str(since)]
        with subprocess.Popen(code) as reading:
            found = reached.wait(LONG)
            reading.kill()
        killed.set()
        assert found
        self.arxiv.before = lambda: None
        self.time.move(minutes=1)
        with self.app() as app:
            assert app.ingestor.backfill("arxiv", since).error == ""
        assert not any(f"from={since}" in asked.path for asked in self.arxiv.asked[KILL_AT:])

    def run(self, start: datetime, end: datetime) -> None:
        """What the scheduler does, each quarter of an hour, but while we are down."""
        down, up = self.plan.down
        for first, last in ((start, min(down, end)), (up, end)):
            with self.app() as app:
                self._tick(app, first, last)

    def _tick(self, app: App, start: datetime, end: datetime) -> None:
        self.time.now = max(self.time.now, start)
        while self.time.now < end:
            ingest_tick(app)
            since = (self.time.now - start) // TICK
            self.time.now = start + (since + 1) * TICK

    def look(self) -> None:
        with self.app() as app:
            self.papers = app.store.papers.seen_after(utc(date(2000, 1, 1)))
            self.batches = {batch.day: batch for batch in app.store.batches.all("arxiv")}


@contextmanager
def replaying(plan: Plan, folder: Path, start: datetime) -> Iterator[Replay]:
    """An installation that was just made, at ``start``."""
    time = FakeClock(start)
    arxiv = Arxiv(World(plan.script), plan.faults, time, lambda s: time.move(seconds=s))
    with serving(arxiv), pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith(PREFIX)]:
            patch.delenv(name)
        replay = Replay(plan, folder / "digestmail.toml", time, arxiv)
        replay.install()
        yield replay


@pytest.fixture(scope="module", params=[CLOCKS_CHANGE, THANKSGIVING], ids=["clocks", "holiday"])
def replay(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Replay]:
    """What was there after two weeks."""
    plan: Plan = request.param
    start = utc(plan.script.first, -12)
    with replaying(plan, tmp_path_factory.mktemp("replay"), start) as replay:
        replay.read_back()
        replay.run(replay.time(), utc(plan.script.last, 30))
        replay.look()
        yield replay


def _requests(replay: Replay, span: Span) -> list[Asked]:
    return [asked for asked in replay.arxiv.asked if span[0] <= asked.at < span[1]]


def test_all_that_was_planned_went_wrong(replay: Replay) -> None:
    faults = replay.plan.faults
    assert {asked.status for asked in replay.arxiv.asked} == {200, 304, 429, 503}
    on_cut_day = _requests(replay, (new_york(faults.cut), new_york(faults.cut + DAY)))
    feeds = [asked.status for asked in on_cut_day if asked.path.startswith("/atom/")]
    assert feeds.count(200) == 2  # the first was cut short
    assert not _requests(replay, replay.plan.down)


def test_each_paper_is_there_once_under_its_day(replay: Replay) -> None:
    news, last = replay.arxiv.world.news(), replay.plan.script.last
    found = [(paper.key, paper.announced_on) for paper in replay.papers]
    assert len(found) == len(dict(found))
    assert [line for line in found if line not in news.items()] == []
    assert {key for key, day in news.items() if day <= last} - dict(found).keys() == set()


def test_papers_are_there_in_the_small_hours(replay: Replay) -> None:
    script, faults = replay.plan.script, replay.plan.faults
    excused = {script.late, faults.storm[0].date(), replay.plan.down[0].date()}
    for paper in replay.papers:
        day, seen = paper.announced_on, paper.first_seen_at
        assert day
        assert seen
        assert day < script.first or day in excused or seen <= new_york(day) + 1.25 * HOUR


def test_each_day_is_noted(replay: Replay) -> None:
    script, states = replay.plan.script, {}
    for day in script.days()[:-1]:
        if day >= script.first:
            states[day] = BatchState.COMPLETE if script.announces(day) else BatchState.QUIET
    if script.deferred in states:
        states[script.deferred] = BatchState.INCOMPLETE
    found = {day: batch.state for day, batch in replay.batches.items() if day in states}
    assert found == states


def test_quiet_days_have_their_reason(replay: Replay) -> None:
    for day, batch in replay.batches.items():
        if batch.state is BatchState.QUIET:
            word = "Thanksgiving" if day == replay.plan.script.holiday else "weekend"
            assert word in batch.reason


def test_incomplete_feeds_are_told(replay: Replay) -> None:
    reason = replay.batches[replay.plan.faults.short].reason
    assert f"the feed lacked {MISSING} papers of cs.AI" in reason
    assert "the feed still had" in replay.batches[replay.plan.faults.behind].reason


def test_no_two_requests_were_close(replay: Replay) -> None:
    gaps = [later.at - asked.at for asked, later in pairwise(replay.arxiv.asked)]
    assert min(gaps) >= POLITE


def test_on_days_of_rest_only_the_feed_is_asked_for_changes(replay: Replay) -> None:
    sunday = next(day for day in replay.plan.script.days()[9:] if day.isoweekday() == 7)
    asked = _requests(replay, (utc(sunday, 6), utc(sunday, 24)))
    assert len(asked) <= 18
    assert {(request.path[:6], request.status) for request in asked} == {("/atom/", 304)}


def test_a_storm_is_left_to_pass(replay: Replay) -> None:
    asked = _requests(replay, replay.plan.faults.storm)
    gaps = [later.at - asked.at for asked, later in pairwise(asked)]
    assert {request.status for request in asked} == {429}
    assert 2 <= len(asked) <= 6
    assert min(gaps) >= timedelta(minutes=10)
    assert gaps[-1] > gaps[0]


# --- what only first sight could tell --------------------------------------------------------

_CALM = Faults()
_NEVER = (datetime.max.replace(tzinfo=UTC),) * 2
_DAYS = Script(history=date(2026, 11, 9), first=date(2026, 11, 9), last=date(2026, 11, 20))


def test_papers_with_a_second_version_before_we_saw_the_first(tmp_path: Path) -> None:
    day = date(2026, 11, 18)
    down = (utc(day), utc(day, 30))
    plan = Plan(replace(_DAYS, revised=day), _CALM, down, set_back=_NEVER)
    with replaying(plan, tmp_path, utc(day, -12)) as replay:
        replay.run(replay.time(), utc(day, 48))
        replay.look()
    expected = {key for key, on in replay.arxiv.world.news().items() if on == day}
    assert expected - {paper.key for paper in replay.papers} == set()


def test_edited_papers_are_no_news_to_a_new_installation(tmp_path: Path) -> None:
    plan = Plan(_DAYS, _CALM, _NEVER, _NEVER)
    start = utc(date(2026, 11, 15), 12)
    with replaying(plan, tmp_path, start) as replay:
        replay.run(start, utc(date(2026, 11, 18)))
        replay.look()
    found = {(paper.key, paper.announced_on) for paper in replay.papers}
    assert found - set(replay.arxiv.world.news().items()) == set()
