"""A small installation in a folder of its own, on the operator's templates, to try pages with."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

from digestmail.app import App
from digestmail.config import BouncesSection, DkimSection, MailSettings, SemanticSection, Settings
from digestmail.domain import (
    Digest,
    Feedback,
    Profile,
    Schedule,
    SkipReason,
    Subscriber,
    Verdict,
)
from digestmail.render.samples import sample_digests
from digestmail.resources import MIGRATIONS
from digestmail.store import DigestPlan
from digestmail.store.migrate import migrate

HOME = "http://digest.example"
_STEP = timedelta(seconds=5)  # longer than the haste that pages take for a robot's
_DAY = timedelta(days=1)


class SteppingClock:
    """A clock that goes on by five seconds whenever it is asked to."""

    def __init__(self, now: datetime) -> None:
        self._now = now

    def __call__(self) -> datetime:
        return self._now

    def step(self) -> None:
        """Let five seconds pass."""
        self._now += _STEP


@contextmanager
def trial_app(settings: Settings, clock: SteppingClock) -> Iterator[App]:
    """Open an App that shares nothing with the operator's but the templates and the name."""
    with tempfile.TemporaryDirectory(prefix="digestmail-doctor-") as folder:
        trial_settings = settings.model_copy(
            update={
                "public_url": HOME,
                "folder": Path(folder),
                "database_url": "sqlite:///trial.db",
                "templates": str(settings.path(settings.templates)) if settings.templates else "",
                "mail": MailSettings(from_address="trial@digest.example", outbox="outbox"),
                "dkim": DkimSection(),
                "semantic": SemanticSection(),
                "bounces": BouncesSection(),
                "web": settings.web.model_copy(update={"trusted_proxies": [], "altcha": False}),
            }
        )
        app = App(trial_settings, clock)
        try:
            migrate(app.store.database, MIGRATIONS, clock())
            yield app
        finally:
            app.close()


def add_reader(app: App) -> tuple[Subscriber, Digest]:
    """Store a reader with two interests, a digest of papers and one of a quiet day."""
    now = app.clock()
    sample = sample_digests()[1]
    app.store.papers.add([item.paper for item in sample.items], now - _DAY)
    papers = app.store.papers.by_keys([item.paper.key for item in sample.items])
    profiles = [
        Profile(name="Ice", keywords=("permafrost",), authors=("Ana Lima",)),
        Profile(name="Cells", interests="How ribosomes work.", seed_papers=("lab:2",)),
    ]
    reader = app.subscriptions.add("reader@digest.example", profiles, Schedule(), now, active=True)
    number = reader.stored_id
    items = tuple(item._replace(paper=papers[item.paper.key]) for item in sample.items)
    items = tuple(item._replace(profile_id=reader.profiles[0].id) for item in items)
    digests = [
        replace(sample, subscriber_id=number, date=now.date(), due_at=now, items=items),
        replace(
            next(digest for digest in sample_digests() if not digest.mailed_items),
            subscriber_id=number,
            date=(now - _DAY).date(),
            due_at=now - _DAY,
            skip=SkipReason.QUIET_DAY,
        ),
    ]
    plan = DigestPlan(
        subscriber_id=number,
        address=reader.email,
        digests=tuple(digests),
        was_due_at=reader.next_due_at,
        releases=reader.releases,
        next_due_at=now + _DAY,
    )
    stored = app.store.digests.record([plan])
    for paper, verdict in zip(papers.values(), Verdict, strict=False):
        app.store.saved.add(number, paper.stored_id, now)
        rated = Feedback(number, reader.profiles[0].id, paper.stored_id, verdict, now)
        app.store.feedback.give(rated)
    return reader, next(digest for digest in stored if digest.items)
