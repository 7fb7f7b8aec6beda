"""A year and more of simulated days on one installation: do tables, memory and the morning grow?

Each day brings papers, prepares every subscriber's digest, counts it as sent, and deletes what the
rules of retention say; every subscriber likes a paper a week. Prints, month by month, the rows of
the tables that grow by the day, the size of the SQLite file, the CPU time of a day's prepare, and
the memory of the process. With ``--keep 60`` two months are kept, so that a plateau shows soon.
"""

import argparse
import random
import tempfile
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psutil
from rich.console import Console
from rich.table import Table
from sqlalchemy import func, select, update

from bench.common import Stopwatch, read, spliced, watched
from bench.prepare import subscribers
from digestmail.app import App
from digestmail.config import MailSettings, Settings
from digestmail.domain import DeliveryState, Feedback, Verdict
from digestmail.resources import MIGRATIONS, SAMPLE_PAPERS
from digestmail.steps.daily.retention import RetentionRules, delete_old
from digestmail.store import ImportBlock
from digestmail.store.migrate import migrate
from digestmail.store.tables import DELIVERY, DIGEST, FEEDBACK, ITEM, PAPER

_DAY = timedelta(days=1)
_FIRST = datetime(2026, 1, 1, 6, 0, tzinfo=UTC)


class _Clock:
    now = _FIRST

    def __call__(self) -> datetime:
        return self.now


def main() -> None:
    options = _options()
    rng, clock = random.Random(options.seed), _Clock()
    known = read(options.papers)
    papers = spliced(known, options.count * options.days, rng)
    rules = RetentionRules(
        digests=options.keep * _DAY,
        attempts=options.keep * _DAY,
        papers=options.keep * _DAY,
        feedback=2 * options.keep * _DAY,
    )
    table = Table("day", "rows", "file, MB", "prepare, s of CPU", "memory, MiB")
    with tempfile.TemporaryDirectory() as folder:
        app = _app(Path(folder), clock)
        people = [
            replace(s, schedule=replace(s.schedule, hour=6), next_due_at=_FIRST)
            for s in subscribers(known, options.subscribers, rng)
        ]
        app.store.imports.write(ImportBlock(added=people), clock())
        spent = 0.0
        for day in watched(range(options.days), "days"):
            clock.now = _FIRST + day * _DAY + timedelta(minutes=1)
            news = papers[day * options.count : (day + 1) * options.count]
            app.store.papers.add(news, clock.now - timedelta(hours=1))
            watch = Stopwatch()
            app.prepare()
            spent += watch.cpu
            _send(app)
            if day % 7 == 0:
                _like(app, rng)
            tidy = {"sleep": lambda _: None, "is_over": lambda: False, "progress": lambda _: None}
            delete_old(app.store, rules, clock.now, **tidy)
            if (day + 1) % 30 == 0:
                table.add_row(
                    str(day + 1),
                    f"{_rows(app):,}",
                    f"{(Path(folder) / 'digestmail.db').stat().st_size / 1e6:.1f}",
                    f"{spent / 30:.2f}",
                    f"{psutil.Process().memory_info().rss / 2**20:.0f}",
                )
                spent = 0.0
        app.close()
    Console().print(table)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--papers", type=Path, default=SAMPLE_PAPERS)
    parser.add_argument("--count", type=int, default=60, help="papers a day")
    parser.add_argument("--days", type=int, default=400)
    parser.add_argument("--keep", type=int, default=60, help="days that everything is kept")
    parser.add_argument("--subscribers", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args()


def _app(folder: Path, clock: _Clock) -> App:
    settings = Settings.model_validate(
        {
            "public_url": "http://localhost",
            "secret_key": "bench" * 10,
            "mail": MailSettings(from_address="bench@example.org"),
            "folder": folder,
            "semantic": {"model": "none"},
        }
    )
    app = App(settings, clock)
    migrate(app.store.database, MIGRATIONS, clock())
    return app


def _send(app: App) -> None:
    """Count all planned digests as sent."""
    sent = {"state": DeliveryState.SENT.value, "ended_at": app.clock()}
    with app.store.database.writing() as session:
        session.execute(update(DELIVERY).where(DELIVERY.c.ended_at.is_(None)).values(sent))


def _like(app: App, rng: random.Random) -> None:
    """Let every subscriber with a digest of today like one of its papers."""
    with app.store.database.reading() as session:
        query = select(ITEM.c.subscriber_id, ITEM.c.profile_id, ITEM.c.paper_id)
        query = query.join(DIGEST, DIGEST.c.id == ITEM.c.digest_id)
        rows = session.execute(query.where(DIGEST.c.due_at > app.clock() - _DAY)).all()
    rng.shuffle(rows)
    for row in {row.subscriber_id: row for row in rows}.values():
        app.store.feedback.give(
            Feedback(row.subscriber_id, row.profile_id, row.paper_id, Verdict.MORE, app.clock())
        )


def _rows(app: App) -> int:
    with app.store.database.reading() as session:
        tables = (PAPER, DIGEST, ITEM, DELIVERY, FEEDBACK)
        return sum(
            session.execute(select(func.count()).select_from(t)).scalar_one() for t in tables
        )


if __name__ == "__main__":
    main()
