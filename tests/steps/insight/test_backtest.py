"""Replaying past digests: the measures by hand, then a reader's past in a real database."""

import json
import sys
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from needs import needs
from steps_world import DAY, HOUR, NOW, arrive, digest, join, planned

from digestmail import charts
from digestmail.cli import main
from digestmail.domain import (
    Feedback,
    Interest,
    Paper,
    Profile,
    Reason,
    ReasonKind,
    Score,
    Subscriber,
    Verdict,
)
from digestmail.errors import ConfigError
from digestmail.steps.insight.backtest import Backtest, replay
from digestmail.steps.insight.metrics import (
    AS_CONFIGURED,
    LEARNING_OFF,
    SETTINGS,
    Replayed,
    Setting,
    Tally,
    points,
    shown_with,
    tally,
)
from digestmail.store import Database, Feedbacks, Store
from digestmail.store.digests import release

MORE, LESS = Verdict.MORE, Verdict.LESS
WINDOW = timedelta(days=8)
EXPLORING = (Reason(ReasonKind.EXPLORATION, ("chance",)),)


def score(paper: int, value: float, *, pinned: bool = False, why: Any = ()) -> Score:
    return Score(paper, value, pinned, why)


# --- the measures -------------------------------------------------------------------------------


def test_a_tally_by_hand() -> None:
    told = tally({1, 2, 3}, {1: MORE, 2: LESS, 8: MORE})
    assert told == Tally(mails=1, papers=3, likes=1, dislikes=1, liked=2)
    assert (told.papers_a_mail, told.precision, told.liked_shown) == (3, 0.5, 0.5)


def test_no_mail_has_no_shares() -> None:
    told = tally((), {})
    assert (told.mails, told.papers_a_mail, told.precision, told.liked_shown) == (0,) + (None,) * 3


def test_settings_go_over_what_profiles_say() -> None:
    mine = Profile(threshold=0.5, max_papers=2)
    offers = [(mine, [score(1, 0.9), score(2, 0.6), score(3, 0.55), score(4, 0.1)])]
    assert shown_with(AS_CONFIGURED, offers) == {1, 2}
    assert shown_with(Setting("", max_papers=5), offers) == {1, 2, 3}
    assert shown_with(Setting("", threshold=0.7), offers) == {1}
    assert shown_with(Setting("", threshold=0.1, max_papers=9), offers) == {1, 2, 3, 4}


def test_followed_authors_come_first_and_whatever_their_value() -> None:
    mine = Profile(threshold=0.5, max_papers=2)
    offers = [(mine, [score(1, 0.9), score(2, 0.8), score(3, 0.0, pinned=True)])]
    assert shown_with(AS_CONFIGURED, offers) == {1, 3}


def test_a_paper_of_two_profiles_is_one() -> None:
    offers = [(Profile(max_papers=1), [score(n, 0.9), score(2, 0.8)]) for n in (1, 1, 3)]
    assert shown_with(AS_CONFIGURED, offers) == {1, 3}


def test_what_was_shown_for_other_reasons_says_nothing_of_values() -> None:
    scores = [
        score(1, 0.9),
        score(2, 0.8, pinned=True),
        score(3, 0.2, why=EXPLORING),
        score(4, 0.3),
    ]
    verdicts = dict.fromkeys(range(6), MORE)
    mine = Replayed(
        offers=[(Profile(), scores), (Profile(), [score(1, 0.4)])],
        unlearnt=[],
        sent=frozenset(),
        verdicts=verdicts,
        excluded=frozenset({4}),
    )
    assert points(mine) == [(0.9, True)]


# --- the replay ---------------------------------------------------------------------------------


@dataclass
class Told:
    """A Scorer whose values stand in titles; each liked paper adds 0.3, a disliked one takes it."""

    papers: Sequence[Paper]
    background: Sequence[Paper]

    def score(self, interests: Sequence[Interest]) -> list[tuple[Score, ...]]:
        return [self._of(interest) for interest in interests]

    def permitted(self, _: Profile) -> Collection[int]:
        return range(len(self.papers))

    def central(self, positions: Sequence[int], limit: int) -> Sequence[int]:
        return positions[:limit]

    def _of(self, interest: Interest) -> tuple[Score, ...]:
        learnt = 0.3 * (len(interest.liked) + len(interest.seeds) - len(interest.disliked))
        values = {
            place: round(float(paper.title) + learnt, 4)
            for place, paper in enumerate(self.papers)
            if place >= interest.first and place not in interest.blocked
        }
        good = sorted(values, key=lambda place: values[place], reverse=True)
        kept = [p for p in good if values[p] >= interest.profile.threshold]
        return tuple(score(p, values[p]) for p in kept[: interest.profile.max_papers])


@dataclass
class Past:
    """A reader with a digest a day; number 0 is today's, 1 yesterday's."""

    store: Store
    reader: Subscriber

    def papers(self, ago: int, *values: float) -> list[Paper]:
        """Papers that were news ``ago`` days ago, with these values."""
        numbers = [100 * ago + n for n in range(len(values))]
        at = NOW - ago * DAY - HOUR
        each = zip(numbers, values, strict=True)
        return [arrive(self.store, n, at=at, title=str(value))[0] for n, value in each]

    def sent(self, ago: int, papers: Sequence[Paper], **values: Any) -> int:
        at = NOW - ago * DAY
        times = {"due_at": at, "prepared_at": at, "papers_from": at - DAY, "papers_until": at}
        mine = digest(self.reader, papers, date=at.date(), **(times | values))
        before = self.store.subscribers.get(self.reader.stored_id)
        assert before is not None
        (stored,) = self.store.digests.record([planned(before, mine)])
        return stored.stored_id

    def said(self, paper: Paper, verdict: Verdict, *, ago: float) -> None:
        profile = self.reader.profiles[0].id
        at = NOW - ago * DAY + HOUR
        given = Feedback(self.reader.stored_id, profile, paper.stored_id, verdict, at)
        self.store.feedback.give(given)

    def replay(self, days: int = 30, **values: Any) -> Backtest:
        since = NOW.date() - timedelta(days=days - 1)
        given: dict[str, Any] = {"since": since, "now": NOW, "window": WINDOW}
        return replay(self.store, Told, **(given | values))


@pytest.fixture
def past(store: Store) -> Past:
    return Past(store, join(store))


def setting(name: str) -> Setting:
    return next(each for each in SETTINGS if each.name == name)


def test_feedback_against_a_low_threshold_shows(past: Past) -> None:
    good, poor, bad = past.papers(1, 0.8, 0.25, 0.15)
    past.sent(1, [good, poor, bad])
    past.said(good, MORE, ago=1)
    past.said(poor, LESS, ago=1)
    past.said(bad, LESS, ago=1)
    found = past.replay().settings
    assert found[AS_CONFIGURED].precision == pytest.approx(1 / 3)
    assert found[setting("threshold 0.2")].precision == 0.5
    assert found[setting("threshold 0.3")] == Tally(mails=1, papers=1, likes=1, liked=1)


def test_what_a_high_threshold_would_have_lost(past: Past) -> None:
    first, second = past.papers(1, 0.8, 0.35)
    past.sent(1, [first, second])
    past.said(first, MORE, ago=1)
    past.said(second, MORE, ago=1)
    assert past.replay().settings[setting("threshold 0.5")].liked_shown == 0.5


def test_learning_counts_from_the_next_digest_on(past: Past) -> None:
    (early,), (late,) = past.papers(2, 0.2), past.papers(1, 0.05)
    past.sent(2, [early])
    past.said(early, MORE, ago=2)
    past.sent(1, [late])
    past.said(late, MORE, ago=1)
    first, second = past.replay().days
    assert first.points == ((0.2, True),)
    assert second.points == ((0.35, True),)
    assert second.settings[AS_CONFIGURED].papers == 1
    assert second.settings[LEARNING_OFF].papers == 0  # 0.05 is below the threshold of 0.1


def test_papers_of_other_days_are_no_candidates(past: Past) -> None:
    old, new = past.papers(2, 0.9), past.papers(1, 0.9)
    past.sent(2, old)
    past.sent(1, new, papers_from=NOW - 4 * DAY)
    past.said(new[0], MORE, ago=1)
    past.papers(0, 0.9)
    assert [day.settings[AS_CONFIGURED].papers for day in past.replay().days] == [1, 1]


def test_a_digest_that_never_went_is_passed_over(past: Past) -> None:
    (paper,) = past.papers(2, 0.9)
    lost = past.sent(2, [paper])
    with past.store.database.writing() as session:
        release(session, lost)
    past.sent(1, [paper], papers_from=NOW - 4 * DAY)
    past.said(paper, MORE, ago=1)
    (day,) = past.replay().days
    assert (day.date, day.sent) == (NOW.date() - DAY, Tally(mails=1, papers=1, likes=1, liked=1))


def test_a_paper_named_a_seed_later_taught_nothing_then(past: Past) -> None:
    (paper,) = past.papers(1, 0.4)
    past.sent(1, [paper])
    past.said(paper, MORE, ago=1)
    (mine,) = past.reader.profiles
    past.store.subscribers.save_profile(replace(mine, seed_papers=(paper.key,)))
    assert past.replay().days[0].points == ((0.4, True),)


def test_all_readers_of_a_date_are_replayed_by_their_own_clock(past: Past, store: Store) -> None:
    (early,) = past.papers(1, 0.5)
    (late,) = arrive(store, 77, at=NOW - DAY + HOUR, title="0.6")
    other = Past(store, join(store, "bob@example.net"))
    past.sent(1, [early])
    other.sent(1, [early, late], papers_until=NOW - DAY + 2 * HOUR)
    past.said(early, LESS, ago=1)
    other.said(late, MORE, ago=0.9)
    (day,) = past.replay().days
    assert (day.digests, day.settings[AS_CONFIGURED].papers) == (2, 3)
    assert sorted(day.points) == [(0.5, False), (0.6, True)]


def test_only_the_last_days_and_only_who_judged(past: Past, store: Store) -> None:
    quiet = Past(store, join(store, "bob@example.net"))
    for ago in (9, 1):
        papers = past.papers(ago, 0.5)
        past.sent(ago, papers)
        past.said(papers[0], MORE, ago=ago)
    quiet.sent(1, papers)
    told: list[int] = []
    found = past.replay(days=5, progress=told.append)
    assert ([(day.date, day.digests) for day in found.days], told) == (
        [(NOW.date() - DAY, 1)],
        [1],
    )
    assert found.readers == 1


def test_nothing_to_replay(past: Past) -> None:
    assert past.replay() == Backtest(0, ())


# --- the command --------------------------------------------------------------------------------

PAPERS = """\
{"id": "t:1", "title": "Sea ice in a warming Arctic", "abstract": "We measure sea ice."}
{"id": "t:2", "title": "Sea ice from space", "abstract": "Satellites see sea ice."}
{"id": "t:3", "title": "Decoding surface codes", "abstract": "Quantum error correction."}
"""


class Shell:
    """Runs digestmail in a folder of its own."""

    def __init__(
        self, folder: Path, monkeypatch: pytest.MonkeyPatch, output: pytest.CaptureFixture[str]
    ) -> None:
        self.folder = folder
        self._monkeypatch = monkeypatch
        self._output = output
        monkeypatch.chdir(folder)

    def __call__(self, *words: str, code: int = 0) -> str:
        """What a command printed; it must end with ``code``."""
        self._monkeypatch.setattr(sys, "argv", ["digestmail", *words])
        with pytest.raises(SystemExit) as ended:
            main()
        printed = self._output.readouterr()
        assert (ended.value.code or 0) == code, printed.out + printed.err
        return printed.out if code == 0 else printed.err


@pytest.fixture
def shell(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Shell:
    """An installation that has sent one digest."""
    shell = Shell(tmp_path, monkeypatch, capsys)
    shell("init")
    settings = tmp_path / "digestmail.toml"
    settings.write_text(settings.read_text().replace('# outbox = ""', 'outbox = "sent"'))
    (tmp_path / "papers.jsonl").write_text(PAPERS)
    shell("source", "add", "file", "path=papers.jsonl", "--name", "lab")
    shell("ingest")
    shell("subscriber", "add", "a@example.org", "--active", "--keywords", "sea ice")
    shell("run", "--date", datetime.now(UTC).date().isoformat())
    return shell


def judge(folder: Path, *verdicts: Verdict) -> None:
    """Say something of the papers of the digest that was sent, in their order."""
    database = Database(f"sqlite:///{folder / 'digestmail.db'}")
    store = Store(database)
    reader = store.subscribers.by_email("a@example.org")
    (sent,) = store.digests.of_subscriber(reader.stored_id)
    for item, verdict in zip(sent.items, verdicts, strict=True):
        _give(store.feedback, reader, item.paper, verdict)
    database.close()


def _give(given: Feedbacks, reader: Subscriber, paper: Paper, verdict: Verdict) -> None:
    profile, now = reader.profiles[0].id, datetime.now(UTC)
    given.give(Feedback(reader.stored_id, profile, paper.stored_id, verdict, now))


def test_the_command_tells_settings_days_and_calibration(shell: Shell) -> None:
    judge(shell.folder, MORE, LESS)
    told = shell("backtest")
    assert "as configured" in told
    assert "learning off" in told
    assert datetime.now(UTC).date().isoformat() in told
    assert "Expected calibration error" in told


def test_the_command_for_scripts(shell: Shell) -> None:
    judge(shell.folder, MORE, LESS)
    told = json.loads(shell("backtest", "--days", "3", "--json"))
    assert (told["sent"]["precision"], told["sent"]["papers_a_mail"]) == (0.5, 2.0)
    assert told["settings"][0] == {"name": "as configured"} | told["sent"]
    assert len(told["calibration"]["bins"]) == 10


def test_without_feedback_one_line_says_so(shell: Shell) -> None:
    told = shell("backtest", "--chart", "chart.png")
    assert told.startswith("Nothing to replay yet: no paper has")
    assert told.count("\n") == 1
    assert not (shell.folder / "chart.png").exists()


def test_a_chart_is_drawn(shell: Shell) -> None:
    needs(find_spec("matplotlib"), "matplotlib is not installed (the extra charts)")
    judge(shell.folder, MORE, LESS)
    assert "Wrote chart.png" in shell("backtest", "--chart", "chart.png")
    assert (shell.folder / "chart.png").read_bytes().startswith(b"\x89PNG\r\n")


@pytest.mark.parametrize("name", ["chart.docx", "missing/chart.png"])
def test_a_chart_that_cannot_be_written_gets_one_line(shell: Shell, name: str) -> None:
    needs(find_spec("matplotlib"), "matplotlib is not installed (the extra charts)")
    judge(shell.folder, MORE, LESS)
    told = shell("backtest", "--chart", name, code=78 if "/" in name else 1)
    assert told.count("error: ") == 1
    assert name in told


def test_without_matplotlib_one_line_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(charts, "find_spec", lambda _: None)
    with pytest.raises(ConfigError, match=r"pip install 'digestmail\[charts\]'"):
        charts.draw_backtest(Path("x.png"), [], charts.Line("", ()), charts.Line("", ()), [], None)
