"""Prepare a day: 1,500 papers for 10,000 profiles - scored, picked and stored in SQLite.

Papers are spliced from a file of real ones (or the bundled sample), profiles are made of their
titles and sentences. Prints seconds, papers picked and the peak of memory of the process.
"""

import argparse
import random
import resource
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from digestmail.app import App
from digestmail.calendar import utc_now
from digestmail.config import MailSettings, Settings
from digestmail.domain import Paper, Profile, Schedule, Subscriber, SubscriberStatus
from digestmail.resources import MIGRATIONS, SAMPLE_PAPERS
from digestmail.sources.file import FileSource
from digestmail.store.migrate import migrate
from digestmail.text import words


def main() -> None:
    options = _options()
    rng = random.Random(options.seed)
    known = [p for p in FileSource(options.papers, "bench").fetch(None) if isinstance(p, Paper)]
    with tempfile.TemporaryDirectory() as folder:
        app = _app(Path(folder))
        app.store.papers.add(_spliced(known, options.count, rng), app.clock())
        for subscriber in _subscribers(known, options.profiles, rng):
            app.store.subscribers.add(subscriber, app.clock())
        before = _peak_mib()
        started, cpu = time.perf_counter(), time.process_time()
        prepared = app.prepare()
        wall, cpu = time.perf_counter() - started, time.process_time() - cpu
        print(f"papers {options.count}, profiles {options.profiles}")
        print(f"digests {prepared.digests}, papers picked {prepared.papers}")
        print(
            f"wall {wall:.1f} s, cpu {cpu:.1f} s, {1e6 * cpu / options.profiles:.0f} us a profile"
        )
        print(f"memory: {_peak_mib():.0f} MiB at the peak ({before:.0f} before)")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--papers", type=Path, default=SAMPLE_PAPERS)
    parser.add_argument("--count", type=int, default=1500)
    parser.add_argument("--profiles", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args()


def _app(folder: Path) -> App:
    settings = Settings.model_validate(
        {
            "public_url": "http://localhost",
            "secret_key": "bench" * 10,
            "mail": MailSettings(from_address="bench@example.org"),
            "folder": folder,
        }
    )
    app = App(settings)
    migrate(app.store.database, MIGRATIONS, app.clock())
    return app


def _spliced(known: list[Paper], count: int, rng: random.Random) -> list[Paper]:
    """``count`` papers, each with one's title and beginning and another's end."""
    papers = []
    for number in range(count):
        a, b = rng.choice(known), rng.choice(known)
        abstract = a.abstract[:700] + b.abstract[700:1400]
        papers.append(replace(a, key=f"bench:{number}", abstract=abstract))
    return papers


def _subscribers(known: list[Paper], count: int, rng: random.Random) -> Iterator[Subscriber]:
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
        )
        yield Subscriber(
            email=f"reader{number}@example.org",
            status=SubscriberStatus.ACTIVE,
            schedule=schedule,
            profiles=(profile,),
            next_due_at=due.replace(minute=0, second=0, microsecond=0),
        )


def _peak_mib() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()
