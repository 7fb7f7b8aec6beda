"""The memory of a process that prepares and sends a digest each day, by the papers stored.

Each day new papers come, made of real ones, and 20 readers get a digest into a folder, as the
scheduler of ``serve`` does it. Prints the resident memory every ten days.
"""

import argparse
import random
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psutil

from bench.common import read, spliced
from digestmail.app import App
from digestmail.calendar import utc_now
from digestmail.config import MailSettings, Settings
from digestmail.domain import Profile, Schedule
from digestmail.resources import MIGRATIONS
from digestmail.scheduler import digest_tick
from digestmail.store.migrate import migrate

_READERS = 20
_SAMPLE_DAYS = 10  # days


class _Clock:
    def __init__(self) -> None:
        self.now = datetime(2026, 1, 5, 8, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--papers", type=Path, required=True, help="a file of papers")
    parser.add_argument("--a-day", type=int, default=300)
    parser.add_argument("--days", type=int, default=60)
    options = parser.parse_args()
    rng = random.Random(1)
    papers = spliced(read(options.papers), options.a_day * options.days, rng)
    with tempfile.TemporaryDirectory() as folder:
        clock = _Clock()
        app = _app(Path(folder), clock, rng, [paper.title for paper in papers])
        for day in range(options.days):
            news = papers[day * options.a_day : (day + 1) * options.a_day]
            app.store.papers.add(news, clock())
            clock.now += timedelta(hours=2)
            digest_tick(app)
            clock.now += timedelta(hours=22)
            if (day + 1) % _SAMPLE_DAYS == 0:
                resident = psutil.Process().memory_info().rss / 2**20
                print(f"{(day + 1) * options.a_day:7,} papers: {resident:5.0f} MiB", flush=True)
        app.close()


def _app(folder: Path, clock: _Clock, rng: random.Random, titles: list[str]) -> App:
    settings = Settings.model_validate(
        {
            "public_url": "https://digest.example.org",
            "secret_key": "k3y-" * 10,
            "mail": MailSettings(from_address="daily@example.org", outbox="sent"),
            "folder": folder,
        }
    )
    app = App(settings, clock)
    migrate(app.store.database, MIGRATIONS, utc_now())
    for number in range(_READERS):
        keywords = tuple(word for word in rng.choice(titles).split()[:3] if len(word) > 3)
        profile = Profile(keywords=keywords or ("learning",))
        address = f"reader{number}@example.org"
        app.subscriptions.add(address, [profile], Schedule(hour=9), clock(), active=True)
    return app


if __name__ == "__main__":
    main()
