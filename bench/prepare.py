"""Prepare a day: 1,500 papers for 10,000 profiles - scored, picked and stored in SQLite.

Papers are spliced from a file of real ones (or the bundled sample), profiles are made of their
titles and sentences; ``--verdicts 50`` gives each profile so many on papers of the past, four of
five liked and near each other. Prints seconds, papers picked and the peak of memory of the process.
"""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")  # CPU time is told: no thread shall spin

import argparse
import random
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import insert, select

from bench.common import Stopwatch, peak_mib, read, spliced
from digestmail.app import App
from digestmail.calendar import utc_now
from digestmail.config import MailSettings, Settings
from digestmail.domain import Paper, Profile, Schedule, Subscriber, SubscriberStatus
from digestmail.resources import MIGRATIONS, SAMPLE_PAPERS
from digestmail.store.migrate import migrate
from digestmail.store.tables import FEEDBACK, PROFILE
from digestmail.text import words

_PAST = timedelta(days=30)  # since the papers of the past were first seen


def main() -> None:
    options = _options()
    rng = random.Random(options.seed)
    known = read(options.papers)
    with tempfile.TemporaryDirectory() as folder:
        app = _app(Path(folder), options.model)
        papers = spliced(known, options.past + options.count, rng)
        past = _added(app, papers[: options.past])
        news = papers[options.past :]
        if options.trending:
            news = [_voted(paper, rng) for paper in news]
        added = app.store.papers.add(news, app.clock())
        for subscriber in subscribers(known, options.profiles, rng, options.trending):
            app.store.subscribers.add(subscriber, app.clock())
        _judge(app, past, options.verdicts, rng)
        before, watch = peak_mib(), Stopwatch()
        prepared = app.prepare()
        wall, cpu = watch.wall, watch.cpu
        print(f"papers {added.new}, profiles {options.profiles}, verdicts {options.verdicts}")
        print(f"digests {prepared.digests}, papers picked {prepared.papers}")
        print(
            f"wall {wall:.1f} s, cpu {cpu:.1f} s, {1e6 * cpu / options.profiles:.0f} us a profile"
        )
        print(f"memory: {peak_mib():.0f} MiB at the peak ({before:.0f} before)")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--papers", type=Path, default=SAMPLE_PAPERS)
    parser.add_argument("--count", type=int, default=1500)
    parser.add_argument("--past", type=int, default=6000, help="papers of before")
    parser.add_argument("--profiles", type=int, default=10_000)
    parser.add_argument("--verdicts", type=int, default=0, help="of each profile")
    parser.add_argument("--trending", type=int, default=0, help="trending papers of each")
    parser.add_argument("--model", default="auto", help="sentence-embedding model, or none")
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args()


def _app(folder: Path, model: str) -> App:
    settings = Settings.model_validate(
        {
            "public_url": "http://localhost",
            "secret_key": "bench" * 10,
            "mail": MailSettings(from_address="bench@example.org"),
            "folder": folder,
            "semantic": {"model": model},
        }
    )
    app = App(settings)
    migrate(app.store.database, MIGRATIONS, app.clock())
    return app


def _added(app: App, papers: list[Paper]) -> list[Paper]:
    """The papers as the store has them, read and counted on a day before."""
    seen = app.clock() - _PAST
    app.store.papers.add([replace(p, key=f"{p.key}:past") for p in papers], seen)
    stored = app.store.papers.before(seen, len(papers))
    app.models.digest_model(stored)
    return stored


def _judge(app: App, past: list[Paper], verdicts: int, rng: random.Random) -> None:
    """Give each profile's verdicts: most on papers that begin alike, some on any."""
    by_start: dict[str, list[Paper]] = {}
    for paper in past:
        by_start.setdefault(paper.abstract[:200], []).append(paper)
    groups = list(by_start.values())
    with app.store.database.writing() as session:
        for row in session.execute(select(PROFILE.c.id, PROFILE.c.subscriber_id)).all():
            similar: dict[int | None, str] = {}
            while len(similar) < verdicts * 4 // 5:
                similar |= {paper.id: "more" for paper in rng.choice(groups)}
            far = {paper.id: "less" for paper in rng.sample(past, verdicts // 5)}
            feedback = [
                _verdict(row, *item, app, rng) for item in list((similar | far).items())[:verdicts]
            ]
            if feedback:
                session.execute(insert(FEEDBACK), feedback)


def _verdict(row: Any, paper: int | None, verdict: str, app: App, rng: random.Random) -> Any:
    return {
        "subscriber_id": row.subscriber_id,
        "paper_id": paper,
        "profile_id": row.id,
        "verdict": verdict,
        "given_at": app.clock() - timedelta(days=rng.randrange(1, 30)),
    }


def _voted(paper: Paper, rng: random.Random) -> Paper:
    """Return a paper, each tenth with upvotes."""
    return replace(paper, upvotes=rng.randrange(200)) if rng.random() < 0.1 else paper


def subscribers(
    known: list[Paper], count: int, rng: random.Random, trending: int = 0
) -> Iterator[Subscriber]:
    due = utc_now() - timedelta(minutes=5)
    schedule = Schedule(hour=due.hour)
    for number in range(count):
        title = [word.plain for word in words(rng.choice(known).title) if len(word.plain) > 3]
        text = rng.choice(known).abstract[:200]
        profile = Profile(
            keywords=tuple(rng.sample(title, min(4, len(title)))),
            interests=text,
            excluded_keywords=("survey",) if number % 5 == 0 else (),
            authors=("Jane Doe",) if number % 7 == 0 else (),
            trending=trending,
        )
        yield Subscriber(
            email=f"reader{number}@example.org",
            status=SubscriberStatus.ACTIVE,
            schedule=schedule,
            profiles=(profile,),
            next_due_at=due.replace(minute=0, second=0, microsecond=0),
        )


if __name__ == "__main__":
    main()
