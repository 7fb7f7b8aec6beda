"""The composition root: from Settings to an App whose methods are the steps.

The scheduler, the web, the admin CLI and the demo all call these methods and hold no logic.
"""

import asyncio
import logging
import os
import threading
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, timedelta
from functools import cached_property
from itertools import islice

from digestmail import __version__
from digestmail.calendar import next_slot, utc_now
from digestmail.config import Settings
from digestmail.domain import (
    BadRecord,
    Clock,
    DeliveryKind,
    Digest,
    Mailer,
    Message,
    Paper,
    Profile,
    Scorer,
    Source,
    SourceReport,
    SourceSpec,
    SourceState,
    Subscriber,
)
from digestmail.errors import ConfigError, InputError, NotFoundError, SourceError
from digestmail.mail.address import checked_address
from digestmail.mail.dkim import DkimKey, load_key
from digestmail.mail.message import Identity
from digestmail.mail.outbox import OutboxMailer
from digestmail.mail.relay import SmtpSettings
from digestmail.mail.smtp import SmtpMailer
from digestmail.render import Renderer
from digestmail.resources import MIGRATIONS, TEMPLATES
from digestmail.sources import build
from digestmail.sources.arxiv_api import papers_by_id
from digestmail.sources.http import WebClient
from digestmail.sources.kinds import harvester
from digestmail.steps.backfill import backfill
from digestmail.steps.compose import Composer
from digestmail.steps.deliver import Delivered, Sender
from digestmail.steps.ingest import ingest
from digestmail.steps.links import Links
from digestmail.steps.prepare import Planner, Prepared, PrepareRules, due_blocks, prepare
from digestmail.steps.prune import prune
from digestmail.steps.seeds import fetch_seeds
from digestmail.steps.status import Status, status
from digestmail.steps.subscribe import Desk
from digestmail.store import Database, Planned, Store
from digestmail.store.migrate import require_current
from digestmail.tokens import Signer

_RELAY_REST = timedelta(minutes=5)  # a wrong password tried each minute gets an account locked
_LONGEST_ANSWER = 90.0  # seconds; some interfaces take that long for a page
log = logging.getLogger(__name__)

LETTERS = (DeliveryKind.CONFIRM, DeliveryKind.LINK)
_Progress = Callable[[int], None]


def _quiet(_: int) -> None: ...


class App:
    """Everything an installation is made of. ``clock`` may be another one in tests."""

    def __init__(self, settings: Settings, clock: Clock = utc_now) -> None:
        self.settings = settings
        self.clock = clock
        self.store = Store(open_database(settings))
        self.links = Links(settings.public_url, Signer(_keys(settings)))
        self.desk = Desk(self.store, self.links)
        self.stopping = threading.Event()  # set it, and no further mail is begun

    @classmethod
    def open(cls, settings: Settings, clock: Clock = utc_now) -> "App":
        """An App whose database is there and of this version; StoreError otherwise."""
        app = cls(settings, clock)
        require_current(app.store.database, MIGRATIONS)
        return app

    def close(self) -> None:
        """Close the database."""
        self.store.database.close()

    @cached_property
    def renderer(self) -> Renderer:
        """The templates, the operator's own or the built-in."""
        own = self.settings.templates
        folder = self.settings.path(own) if own else TEMPLATES
        return Renderer(folder, service=self.settings.service_name)

    @cached_property
    def composer(self) -> Composer:
        """Builds the mails."""
        return Composer(
            store=self.store,
            renderer=self.renderer,
            links=self.links,
            identity=identity(self.settings),
            dkim=dkim_key(self.settings),
            unsubscribe_address=_checked(
                "mail.unsubscribe_address", self.settings.mail.unsubscribe_address
            ),
        )

    @property
    def new_profile(self) -> Profile:
        """A profile with this installation's limits and nothing chosen."""
        chosen = self.settings.digest
        return Profile(max_papers=chosen.max_papers, threshold=chosen.threshold)

    # --- the steps ---

    def ingest(
        self, names: Collection[str] = (), progress: _Progress = _quiet
    ) -> list[SourceReport]:
        """Fetch the sources whose time has come, or the named ones now."""
        with self._web_client() as web:
            reports = [self._fetch(state, web, progress) for state in self._to_fetch(names)]
            if reports:
                self._fetch_seeds(web)
        return reports

    def _fetch_seeds(self, web: WebClient) -> None:
        """A failure costs nothing but time: the next fetch asks again."""
        try:
            fetch_seeds(self.store, lambda ids: papers_by_id(web, ids), self.clock())
        except SourceError as error:
            log.warning("seed papers could not be fetched: %s", error)

    def _to_fetch(self, names: Collection[str]) -> Iterator[SourceState]:
        now = self.clock()
        states = {state.spec.name: state for state in self.store.sources.all()}
        for name in names:
            if name not in states:
                raise NotFoundError(f"there is no source {name!r}; see: digestmail source list")
        for name, state in states.items():
            due = state.next_fetch_at is None or state.next_fetch_at <= now
            wanted = name in names if names else state.spec.enabled and due
            if wanted and self.store.sources.claim(state, now):
                yield state

    def _fetch(self, state: SourceState, web: WebClient, progress: _Progress) -> SourceReport:
        def open_source() -> Source:
            return self._source(state.spec, web)

        failed = state.last_report is not None and state.last_report.error
        report = ingest(
            self.store.papers,
            state.spec.name,
            open_source,
            None if failed else state.last_fetch_at,
            self.clock,
            progress,
        )
        self.store.sources.report(report, self.clock())
        return report

    def _source(self, spec: SourceSpec, web: WebClient) -> Source:
        return build(spec, web, self.settings.folder, lambda: self.clock().date())

    def try_source(self, name: str, most: int) -> list[Paper | BadRecord]:
        """The first records that a source would bring now; stores nothing."""
        state = self._named(name)
        with self._web_client() as web:
            records = self._source(state.spec, web).fetch(state.last_fetch_at)
            return list(islice(records, most))

    def backfill(self, name: str, since: date, progress: _Progress = _quiet) -> SourceReport:
        """Read back what an arXiv source announced from a date on; see ``steps.backfill``."""
        state = self._named(name)
        yesterday = self.clock().date() - timedelta(days=1)
        with self._web_client() as web:
            past = harvester(state.spec, web)
            return backfill(
                self.store,
                name,
                lambda day: past.fetch_between(day, day),
                since,
                yesterday,
                self.clock,
                progress,
            )

    def _named(self, name: str) -> SourceState:
        for state in self.store.sources.all():
            if state.spec.name == name:
                return state
        raise NotFoundError(f"there is no source {name!r}; see: digestmail source list")

    @contextmanager
    def _web_client(self) -> Iterator[WebClient]:
        contact = self.settings.operator_email or self.settings.public_url
        folder = self.settings.folder  # where all processes of an installation meet
        with WebClient(
            user_agent=f"digestmail/{__version__} ({contact})",
            monotonic=time.monotonic,
            sleep=time.sleep,
            timeout=_LONGEST_ANSWER,
            shared_folder=folder / ".digestmail" if os.access(folder, os.W_OK) else None,
        ) as web:
            yield web

    def prepare(self, day: date | None = None, progress: _Progress = _quiet) -> Prepared:
        """Store the digests of all who are due, or everyone's of ``day``."""
        now = self.clock()
        return prepare(self.store, self._planner(), now, day=day, progress=progress)

    def plan(self, day: date | None = None) -> list[Planned]:
        """What ``prepare`` would store, without storing it."""
        planner = self._planner()
        blocks = due_blocks(self.store, self.clock(), day)
        return [plan for block in blocks for plan in planner.plan(block, day)]

    def preview(self, subscriber: Subscriber) -> Digest:
        """The digest that a subscriber would get next, of what is known now; stores nothing."""
        day = next_slot(subscriber.schedule, self.clock()).date
        (plan,) = self._planner().plan([subscriber], day)
        return plan.digests[-1]

    def _planner(self) -> Planner:
        chosen = self.settings.digest
        rules = PrepareRules(
            window=timedelta(days=chosen.window_days), latest=timedelta(hours=chosen.latest_hours)
        )
        return Planner(self.store, make_scorer, rules, self.clock())

    def deliver(
        self,
        kinds: Collection[DeliveryKind] = tuple(DeliveryKind),
        progress: _Progress = _quiet,
    ) -> Delivered:
        """Send all planned mails whose time has come."""
        return asyncio.run(self.sender().deliver(kinds, progress))

    def deliver_letters(self) -> Delivered:
        """Send what somebody waits for before the screen: confirm mails and links."""
        return Delivered() if self.relay_rests() else self.deliver(LETTERS)

    def sender(self, mailer: Mailer | None = None) -> Sender:
        """What delivers, with the configured Mailer or another."""
        return Sender(
            store=self.store,
            desk=self.desk,
            composer=self.composer,
            mailer=mailer or make_mailer(self.settings),
            clock=self.clock,
            latest=timedelta(hours=self.settings.digest.latest_hours),
            stop=self.stopping,
        )

    def relay_rests(self) -> bool:
        """Whether the relay was in trouble a moment ago and is better left alone for now."""
        trouble = self.store.guards.noted("relay-trouble")
        return trouble is not None and self.clock() - trouble[1] < _RELAY_REST

    def digest_message(self, subscriber: Subscriber, digest: Digest) -> Message:
        """The mail of a digest that may not be stored, for a trial."""
        return self.composer.digest_message(subscriber, digest, self.clock(), delivery_id=0)

    def prune(self) -> int:
        """Forget what there is no reason to keep; returns how many unconfirmed requests."""
        return prune(self.store, self.clock())

    def status(self) -> Status:
        """What happened today and what is next."""
        return status(self.store, self.clock())


def open_database(settings: Settings) -> Database:
    """The database of the settings; a relative SQLite file lies beside the settings file."""
    url = settings.database_url
    if url.startswith("sqlite:///"):
        url = f"sqlite:///{settings.path(url.removeprefix('sqlite:///'))}"
    return Database(url)


def identity(settings: Settings) -> Identity:
    """Who the mails are from."""
    mail = settings.mail
    return Identity(
        from_address=mail.from_address,
        from_name=mail.from_name,
        reply_to=mail.reply_to,
        bounce_address=mail.bounce_address,
        list_id=mail.list_id or f"daily.{settings.host}",
        list_name=f"{settings.service_name} daily papers",
        sender_id="digestmail",
        help_url=f"{settings.public_url}/help",
    )


def _checked(setting: str, address: str) -> str:
    try:
        return checked_address(address) if address else ""
    except InputError as error:
        raise ConfigError(f"{setting}: {error.message}") from None


def dkim_key(settings: Settings) -> DkimKey | None:
    """The signing key, unless the relay signs."""
    dkim = settings.dkim
    if not dkim.key_file:
        return None
    return load_key(settings.path(dkim.key_file), dkim.selector, dkim.domain)


def smtp_settings(settings: Settings) -> SmtpSettings:
    """The relay."""
    smtp = settings.smtp
    return SmtpSettings(
        host=smtp.host,
        port=smtp.port,
        tls=smtp.tls,
        username=smtp.username,
        password=smtp.password.get_secret_value(),
        verify_tls=smtp.verify_tls,
        ca_file=str(settings.path(smtp.ca_file)) if smtp.ca_file else "",
        connections=smtp.connections,
        messages_per_connection=smtp.messages_per_connection,
    )


def make_scorer(papers: Sequence[Paper]) -> Scorer:
    """The relevance model for some papers."""
    # scikit-learn takes more than a second to import: only who scores shall wait for it.
    from digestmail.relevance import LexicalScorer

    return LexicalScorer(papers)


def make_mailer(settings: Settings) -> Mailer:
    """The Mailer of the settings: the relay, or a folder of .eml files."""
    if settings.mail.outbox:
        return OutboxMailer(settings.path(settings.mail.outbox))
    return SmtpMailer(smtp_settings(settings))


def _keys(settings: Settings) -> list[str]:
    return [key.get_secret_value() for key in (settings.secret_key, *settings.old_secret_keys)]
