"""Prepare a day: 1,500 papers for 10,000 profiles - scored, picked and stored in SQLite.

Papers are spliced from a file of real ones (or the bundled sample), profiles are made of their
titles and sentences. Prints seconds, papers picked and the peak of memory of the process.
"""

import argparse
import random
import tempfile
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

from bench.common import peak_mib, read, spliced
from digestmail.app import App
from digestmail.calendar import utc_now
from digestmail.config import MailSettings, Settings
from digestmail.domain import Paper, Profile, Schedule, Subscriber, SubscriberStatus
from digestmail.resources import MIGRATIONS, SAMPLE_PAPERS
from digestmail.store.migrate import migrate
from digestmail.text import words


def main() -> None:
    options = _options()
    rng = random.Random(options.seed)
    known = read(options.papers)
    with tempfile.TemporaryDirectory() as folder:
        app = _app(Path(folder))
        app.store.papers.add(spliced(known, options.count, rng), app.clock())
        for subscriber in subscribers(known, options.profiles, rng):
            app.store.subscribers.add(subscriber, app.clock())
        before = peak_mib()
        started, cpu = time.perf_counter(), time.process_time()
        prepared = app.prepare()
        wall, cpu = time.perf_counter() - started, time.process_time() - cpu
        print(f"papers {options.count}, profiles {options.profiles}")
        print(f"digests {prepared.digests}, papers picked {prepared.papers}")
        print(
            f"wall {wall:.1f} s, cpu {cpu:.1f} s, {1e6 * cpu / options.profiles:.0f} us a profile"
        )
        print(f"memory: {peak_mib():.0f} MiB at the peak ({before:.0f} before)")


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


def subscribers(known: list[Paper], count: int, rng: random.Random) -> Iterator[Subscriber]:
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


if __name__ == "__main__":
    main()
