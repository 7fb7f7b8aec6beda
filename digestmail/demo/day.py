"""One day of the demo, set up and run.

Papers, database, relay and web are the real ones; only the subscribers are invented and the
mails stay in a local mailbox.
"""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from digestmail.app import App
from digestmail.config import MailSettings, Settings, SmtpSection
from digestmail.demo.mailbox import LocalMailbox, mail_server
from digestmail.demo.people import PEOPLE
from digestmail.domain import SourceReport, SourceSpec
from digestmail.errors import MailServerError, SourceError
from digestmail.resources import MIGRATIONS
from digestmail.store.migrate import migrate


@dataclass(frozen=True, slots=True)
class Demo:
    """A running demo: its App, its mailbox, and what the ingest of its day brought."""

    app: App
    mailbox: LocalMailbox
    folder: Path
    ingested: SourceReport

    @property
    def today(self) -> date:
        """Return the date of the demo's digests, everybody's the same."""
        return self.app.clock().date()

    def results(self) -> dict[str, Any]:
        """Return who got what and why, for scripts."""
        return {
            "digests": [self._result(email) for email in PEOPLE],
            "ingested": {
                "new": self.ingested.new,
                "known": self.ingested.known,
                "bad": len(self.ingested.bad),
            },
            "mailbox": str(self.mailbox.folder),
            "folder": str(self.folder),
        }

    def _result(self, email: str) -> dict[str, Any]:
        store = self.app.store
        subscriber = store.subscribers.by_email(email)
        (digest,) = store.digests.of_subscriber(subscriber.stored_id, limit=1)
        delivery = store.ledger.of_digests([digest.stored_id]).get(digest.stored_id)
        return {
            "subscriber": email,
            "status": str(delivery.state) if delivery else "skipped",
            "detail": str(digest.skip) if digest.skip else delivery.detail if delivery else "",
            "papers": [item.plain() for item in digest.items],
        }

    def run_day(self) -> None:
        """Prepare and deliver the digests of today for whoever has none yet."""
        self.app.prepare(self.today)
        delivered = self.app.deliver()
        if delivered.trouble:
            raise MailServerError(delivered.trouble)


@contextmanager
def demo_day(folder: Path, papers: Path, port: int) -> Iterator[Demo]:
    """Set everything up in ``folder``, run one day, and keep the mail server up meanwhile."""
    box = LocalMailbox(folder / "mailbox")
    with mail_server(box) as smtp_port:
        app = _install(folder, papers.resolve(), port, smtp_port)
        try:
            (report,) = app.ingest()
            if report.error:
                raise SourceError(report.error)
            if report.bad and not report.new:
                first = report.bad[0]
                raise SourceError(f"{papers}: contains no papers: {first.where}: {first.problem}")
            demo = Demo(app, box, folder, report)
            demo.run_day()
            yield demo
        finally:
            app.close()


def _install(folder: Path, papers: Path, port: int, smtp_port: int) -> App:
    settings = Settings(
        public_url=f"http://localhost:{port}",
        secret_key=secrets.token_urlsafe(36),
        mail=MailSettings(from_address="digest@example.org"),
        smtp=SmtpSection(host="127.0.0.1", port=smtp_port, tls="none"),
        folder=folder,
    )
    app = App(settings)
    migrate(app.store.database, MIGRATIONS, app.clock())
    options = {"path": str(papers)}
    app.store.sources.add(SourceSpec(name="sample", kind="file", options=options), app.clock())
    for email, (schedule, profiles) in PEOPLE.items():
        app.subscriptions.add(email, profiles, schedule, app.clock(), active=True)
    return app
