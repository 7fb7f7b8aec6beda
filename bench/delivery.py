"""Deliver digests to a local sink: rendered, built, recorded in SQLite and handed over.

Real digests (prepared from spliced papers for many profiles, so that reasons and marks differ from
reader to reader) go one after another through
- the plain path: two Jinja templates, css-inline, EmailMessage, aiosmtplib's sendmail, and one
  commit for each mail;
- digestmail's step deliver, with its whole ledger;
- digestmail's Composer and SmtpMailer, without its ledger: nothing is read and nothing recorded;
- digestmail's Composer alone;
- a bare socket that is given finished mails: the floor of any sender.
Prints CPU time of this process for a mail (the sink is another process), round by round, and the
median of the rounds' ratios. In the first round the papers have yet to be rendered.
"""

import argparse
import asyncio
import gc
import logging
import random
import socket
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from email import policy
from email.message import EmailMessage
from pathlib import Path

import aiosmtplib
from rich.console import Console
from rich.table import Table
from sqlalchemy import delete, update

from bench.common import read, spliced
from bench.prepare import subscribers
from bench.sink import sink
from digestmail.app import App
from digestmail.calendar import utc_now
from digestmail.config import DigestSection, MailSettings, Settings
from digestmail.domain import DeliveryKind, DeliveryState, Message, Outcome
from digestmail.mail.transport.relay_settings import SmtpSettings
from digestmail.mail.transport.smtp import SmtpMailer
from digestmail.resources import MIGRATIONS, SAMPLE_PAPERS
from digestmail.store.migrate import migrate
from digestmail.store.tables import ATTEMPT, DELIVERY

_CONNECTIONS = 48  # what a relay 20 ms away needs to be kept busy


def main() -> None:
    options = _options()
    logging.basicConfig(level=logging.WARNING)
    with tempfile.TemporaryDirectory() as folder, sink() as port:
        app = _prepared(Path(folder), options)
        ways = _ways(app, port)
        sizes = [len(message.raw) for message in ways.messages]
        print(f"{len(sizes)} mails of {statistics.mean(sizes) / 1000:.1f} kB on average")
        rounds = [ways.round(options.plain) for _ in range(options.rounds)]
    Console().print(_table(rounds))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--papers", type=Path, default=SAMPLE_PAPERS)
    parser.add_argument("--count", type=int, default=1500, help="papers of the day")
    parser.add_argument("--profiles", type=int, default=2000)
    parser.add_argument("--plain", type=int, default=100, help="mails that go the plain path")
    parser.add_argument("--abstract", type=int, default=250, help="characters of an abstract")
    parser.add_argument("--rounds", type=int, default=8)
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args()


# --- the ways ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Ways:
    """The same digests, delivered in each way."""

    app: App
    port: int
    messages: Sequence[Message]

    def round(self, plain: int) -> dict[str, float]:
        """Microseconds of CPU for a mail, by way."""
        self._plan_again()
        by_plain = _timed(lambda: asyncio.run(self._plain(plain)), plain)
        self._plan_again()
        by_step = _timed(self._deliver, len(self.messages))
        return {
            "plain path": by_plain,
            "digestmail deliver": by_step,
            "digestmail compose and send": _timed(self._unrecorded(), len(self.messages)),
            "digestmail render and build": _timed(self._built(), len(self.messages)),
            "bare socket": _timed(self._floor, len(self.messages)),
        }

    def _plan_again(self) -> None:
        planned = {"state": DeliveryState.PLANNED.value, "attempts": 0, "ended_at": None}
        with self.app.store.database.writing() as session:
            session.execute(delete(ATTEMPT))
            session.execute(update(DELIVERY).values(planned))

    async def _plain(self, mails: int) -> None:
        deliveries = iter(self._due(mails))
        async with asyncio.TaskGroup() as group:
            for _ in range(_CONNECTIONS):
                group.create_task(self._plain_connection(deliveries))

    async def _plain_connection(self, deliveries: Iterator[tuple[int, int, int]]) -> None:
        app, composer = self.app, self.app.composer
        client = aiosmtplib.SMTP(hostname="127.0.0.1", port=self.port, start_tls=False)
        async with client:
            for delivery, digest_id, subscriber_id in deliveries:
                subscriber = app.store.subscribers.get(subscriber_id)
                assert subscriber is not None
                digest = app.store.digests.get(digest_id)
                rendered = composer.digest(subscriber.recipient, digest, app.clock())
                mail = EmailMessage(policy=policy.SMTP)
                mail["From"], mail["To"] = "bench@example.org", subscriber.email
                mail["Subject"] = rendered.subject
                mail.set_content(rendered.text)
                mail.add_alternative(rendered.html, subtype="html")
                await client.sendmail("bench@example.org", [subscriber.email], mail.as_bytes())
                with app.store.database.writing() as session:
                    sent = update(DELIVERY).where(DELIVERY.c.id == delivery)
                    session.execute(sent.values(state=DeliveryState.SENT.value))

    def _due(self, mails: int) -> list[tuple[int, int, int]]:
        with self.app.store.database.reading() as session:
            columns = (DELIVERY.c.id, DELIVERY.c.digest_id, DELIVERY.c.subscriber_id)
            rows = session.execute(DELIVERY.select().with_only_columns(*columns).limit(mails))
            return [(row[0], row[1], row[2]) for row in rows]

    def _deliver(self) -> None:
        sender = self.app.sender(self._mailer())
        summary = asyncio.run(sender.deliver((DeliveryKind.DIGEST,)))
        assert summary.sent == len(self.messages), (summary.states, summary.trouble)

    def _mailer(self) -> SmtpMailer:
        return SmtpMailer(
            SmtpSettings(
                host="127.0.0.1",
                port=self.port,
                tls="none",
                connections=_CONNECTIONS,
                messages_per_connection=1000,
            )
        )

    def _unrecorded(self) -> Callable[[], object]:
        """Composing and sending all mails, without a word in the ledger."""
        composing, mailer = self._composing(), self._mailer()

        async def send() -> None:
            messages = composing()

            async def lane() -> None:
                for message in messages:
                    result = await mailer.send(message, _go)
                    assert result.outcome is Outcome.SENT, result

            await asyncio.gather(*(lane() for _ in range(_CONNECTIONS)))
            await mailer.close()

        return lambda: asyncio.run(send())

    def _composing(self) -> Callable[[], Iterator[Message]]:
        """How to compose all mails, one by one, from digests that were read before."""
        app, now = self.app, self.app.clock()
        due = self._due(len(self.messages))
        people = app.store.subscribers.recipients([subscriber for *_, subscriber in due])
        loaded = app.store.digests.load([digest for _, digest, _ in due], {})
        known = [(people[reader], loaded.get(digest), delivery) for delivery, digest, reader in due]
        message = app.composer.digest_message
        return lambda: (
            message(reader, digest, now, delivery) for reader, digest, delivery in known if digest
        )

    def _built(self) -> Callable[[], object]:
        composing = self._composing()
        return lambda: sum(1 for _ in composing())

    def _floor(self) -> None:
        with socket.create_connection(("127.0.0.1", self.port)) as client:
            client.recv(1000)
            for message in self.messages:
                for line in (
                    f"MAIL FROM:<{message.sender}>\r\n".encode(),
                    f"RCPT TO:<{message.recipient}>\r\n".encode(),
                    b"DATA\r\n",
                    message.raw.replace(b"\n.", b"\n..") + b".\r\n",
                ):
                    client.sendall(line)
                    client.recv(1000)


async def _go() -> bool:
    return True


def _timed(work: Callable[[], object], mails: int) -> float:
    gc.collect()  # what the others left is not to be paid for here
    started = time.process_time()
    work()
    return (time.process_time() - started) / mails * 1e6


# --- the digests ---------------------------------------------------------------------------------


def _prepared(folder: Path, options: argparse.Namespace) -> App:
    rng = random.Random(options.seed)
    settings = Settings.model_validate(
        {
            "public_url": "https://digest.example.org",
            "secret_key": "bench" * 10,
            "mail": MailSettings(from_address="bench@example.org"),
            "digest": DigestSection(latest_hours=24),
            "folder": folder,
        }
    )
    app = App(settings)
    migrate(app.store.database, MIGRATIONS, app.clock())
    known = read(options.papers)
    papers = spliced(known, options.count, rng)
    app.store.papers.add(
        [replace(paper, abstract=paper.abstract[: options.abstract]) for paper in papers],
        app.clock(),
    )
    for subscriber in subscribers(known, options.profiles, rng):
        wide = replace(subscriber.profiles[0], max_papers=20, threshold=0.0)
        app.store.subscribers.add(replace(subscriber, profiles=(wide,)), app.clock())
    app.prepare()
    return app


def _ways(app: App, port: int) -> _Ways:
    """The ways for those digests that are full; the rest is forgotten."""
    composed = _Ways(app, port, [])
    full, short, messages = [], [], []
    for delivery, digest_id, subscriber_id in composed._due(10**9):
        digest, subscriber = (
            app.store.digests.get(digest_id),
            app.store.subscribers.get(subscriber_id),
        )
        assert subscriber is not None
        if len(digest.items) < 20:
            short.append(delivery)
            continue
        full.append(delivery)
        composer = app.composer
        messages.append(composer.digest_message(subscriber.recipient, digest, utc_now(), delivery))
    with app.store.database.writing() as session:
        for delivery_id in short:
            session.execute(delete(DELIVERY).where(DELIVERY.c.id == delivery_id))
    app.__dict__.pop("composer", None)
    app.__dict__.pop("renderer", None)  # the rounds begin without what it has learned
    return _Ways(app, port, messages)


def _table(rounds: Sequence[dict[str, float]]) -> Table:
    table = Table("us of CPU for a mail", title="delivery", box=None)
    for number in range(1, len(rounds) + 1):
        table.add_column(f"round {number}", justify="right")
    table.add_column("plain path / this", justify="right")
    for way in rounds[0]:
        ratio = statistics.median(times["plain path"] / times[way] for times in rounds)
        table.add_row(way, *(f"{times[way]:,.0f}" for times in rounds), f"{ratio:.1f}")
    return table


if __name__ == "__main__":
    main()
