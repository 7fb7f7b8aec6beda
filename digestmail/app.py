"""The composition root: from Settings to an App whose methods are the steps.

The scheduler, the web, the admin CLI and the demo all call these methods and hold no logic.
"""

import asyncio
import logging
import threading
import time
from collections.abc import Callable, Collection, Sequence
from datetime import date, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfoNotFoundError

from digestmail.calendar import next_slot, utc_now
from digestmail.config import Settings
from digestmail.domain import (
    LETTERS,
    Clock,
    DeliveryKind,
    Digest,
    Interest,
    Mailer,
    Message,
    Paper,
    Profile,
    SourceReport,
    Subscriber,
)
from digestmail.errors import ConfigError, InputError
from digestmail.ingestor import Ingestor
from digestmail.mailing import (
    dkim_key,
    identity,
    make_mailer,
    operator_address,
    relay_names,
    unsubscribe_address,
)
from digestmail.render import Renderer
from digestmail.resources import MIGRATIONS, TEMPLATES
from digestmail.services.search import SearchService
from digestmail.steps.daily.bounces import Postmaster, Taken
from digestmail.steps.daily.clock_setback import after_setback
from digestmail.steps.daily.compose import Composer
from digestmail.steps.daily.deliver import Delivered, Sender
from digestmail.steps.daily.embed import Meaning
from digestmail.steps.daily.health import Health, health, note_relay_trouble
from digestmail.steps.daily.prepare import Planner, Prepared, PrepareRules, due_blocks, prepare
from digestmail.steps.daily.prune import prune
from digestmail.steps.daily.status import Status, status
from digestmail.steps.insight.preview import Week
from digestmail.steps.insight.threshold_preview import Hindsight
from digestmail.steps.links import Links
from digestmail.steps.subscribers.pauses import end_pauses
from digestmail.steps.subscribers.subscription import Desk
from digestmail.store import Database, Planned, Store
from digestmail.store.migrate import require_current
from digestmail.tokens import Signer

if TYPE_CHECKING:
    from digestmail.relevance import Features, Model
    from digestmail.steps.insight.trending import Trending

log = logging.getLogger(__name__)
_Progress = Callable[[int], None]


def _quiet(_: int) -> None: ...


class App:
    """Everything an installation is made of. Time may pass differently in tests."""

    def __init__(
        self,
        settings: Settings,
        clock: Clock = utc_now,
        *,
        monotonic: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], object] | None = None,
    ) -> None:
        self.settings = settings
        self.clock = clock
        self.store = Store(open_database(settings))
        self.links = Links(settings.public_url, Signer(_keys(settings)))
        self.desk = Desk(self.store, self.links)
        self.stopping = threading.Event()  # set it, and nothing further is begun
        self.ingestor = Ingestor(
            settings,
            self.store,
            clock,
            monotonic=monotonic,
            sleep=sleep or self.stopping.wait,
            stop=self.stopping,
        )
        self.meaning = Meaning(self.store, _model_place(settings), clock, self.stopping)
        self._model: tuple[object, Model] | None = None
        self._planning = threading.Lock()  # a model changes as it scores: one thread at a time
        self._templates_are_sound = False  # the operator's own, once they were checked

    @classmethod
    def open(cls, settings: Settings, clock: Clock = utc_now) -> "App":
        """An App whose database is there and of this version; StoreError otherwise."""
        app = cls(settings, clock)
        require_current(app.store.database, MIGRATIONS)
        return app

    def close(self) -> None:
        """Close the database, once nothing reads it in the background any more."""
        if "week" in vars(self):
            self.week.close()
        self.store.database.close()

    @property
    def templates(self) -> Path:
        """The folder of the templates, the operator's own or the built-in."""
        own = self.settings.templates
        return self.settings.path(own) if own else TEMPLATES

    @cached_property
    def renderer(self) -> Renderer:
        """Renders the mails from the templates."""
        return Renderer(self.templates, service=self.settings.service_name)

    @cached_property
    def composer(self) -> Composer:
        """Builds the mails."""
        return Composer(
            store=self.store,
            renderer=self.renderer,
            links=self.links,
            identity=identity(self.settings),
            dkim=dkim_key(self.settings),
            unsubscribe_address=unsubscribe_address(self.settings),
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
        return self.ingestor.ingest(names, progress)

    def prepare(
        self, day: date | None = None, progress: _Progress = _quiet, *, patient: bool = True
    ) -> Prepared:
        """Store the digests of all who are due, or everyone's of ``day``.

        Pauses that end today are ended first, and what a clock that was set back has done is put
        right. ``patient``: whether those who may wait for late
        papers do.
        """
        after_setback(self.store, self.clock())
        if ended := end_pauses(self.store, self.clock()):
            log.info("%d pauses have ended", ended)
        with self._planning:
            planner = self._planner(patient=patient, embeds=True)
            return prepare(
                self.store, planner, self.clock(), day=day, progress=progress, stop=self.stopping
            )

    def plan(self, day: date | None = None) -> list[Planned]:
        """What ``prepare`` would store if it waited for nothing, without storing it."""
        with self._planning:
            planner = self._planner(patient=False)
            blocks = due_blocks(self.store, self.clock(), day)
            return [plan for block in blocks for plan in planner.plan(block, day)]

    def preview(self, subscriber: Subscriber) -> Digest:
        """The digest that a subscriber would get next, of what is known now; stores nothing."""
        try:
            day = next_slot(subscriber.schedule, self.clock()).date
        except (ZoneInfoNotFoundError, ValueError, OverflowError):
            raise InputError(
                "schedule", f"{subscriber.email}: cannot be read; set it anew: subscriber edit"
            ) from None
        with self._planning:
            (plan,) = self._planner(patient=False).plan([subscriber], day)
        return plan.digests[-1]

    def embed(self, progress: _Progress = _quiet) -> int:
        """Embed the papers that are not yet; returns how many."""
        return self.meaning.embed(self.meaning.lacking(), progress)

    def _planner(self, *, patient: bool, embeds: bool = False) -> Planner:
        chosen = self.settings.digest
        rules = PrepareRules(
            window=timedelta(days=chosen.window_days), latest=timedelta(hours=chosen.latest_hours)
        )
        make = self._make_embedded_model if embeds else self.make_model
        return Planner(self.store, make, rules, self.clock(), patient=patient)

    def _make_embedded_model(self, papers: Sequence[Paper], background: Sequence[Paper]) -> "Model":
        """Embed the papers first, as far as it takes no longer than digests may wait."""
        self.meaning.embed_news(papers)
        return self.make_model(papers, background)

    def make_model(self, papers: Sequence[Paper], background: Sequence[Paper] = ()) -> "Model":
        """The relevance model for some papers; made once for the same ones.

        What it computes of each paper is kept in the store.
        """
        of = (tuple(papers), tuple(background), self.meaning.extent(papers, background))
        if self._model is None or self._model[0] != of:  # whatever changes may change a rule's say
            self._model = None  # the old one goes first: two would take twice the memory
            features = self.meaning.features(keeps_texts=True)
            explore = self.settings.digest.exploration
            self._model = (of, self._new_model(papers, background, features, explore))
        return self._model[1]

    def _week_model(self, papers: Sequence[Paper], background: Sequence[Paper]) -> "Model":
        return self._new_model(papers, background, self.meaning.features(keeps_texts=False))

    def _new_model(
        self,
        papers: Sequence[Paper],
        background: Sequence[Paper],
        features: "Features",
        explore: int = 0,
    ) -> "Model":
        # scikit-learn takes more than a second to import: only who scores shall wait for it.
        from digestmail.relevance import Model

        embedder = self.meaning.embedder
        return Model(papers, background, features=features, embedder=embedder, explore=explore)

    @cached_property
    def week(self) -> Week:
        """What scores the last days' papers for those who are choosing."""
        return Week(self.store, self._week_model, self.clock, self.meaning.extent)

    @cached_property
    def hindsight(self) -> Hindsight:
        """What other thresholds would have meant for a subscriber last week."""
        return Hindsight(self.store, self.week)

    @cached_property
    def search_service(self) -> SearchService:
        """What searches the papers; its index is made in the background when it is started."""
        from digestmail.services.search_vectors import SearchVectors  # numpy is for who serves

        path = self.store.database.path
        is_file = path is not None and path.is_file()
        folder = path.parent if path and is_file else self.settings.folder / "cache"
        vectors = SearchVectors(self.store, lambda: self.meaning.embedder, folder)
        return SearchService(self.store, vectors)

    @cached_property
    def trending(self) -> "Trending":
        """The lists of the latest papers."""
        from digestmail.steps.insight.trending import Trending  # numpy is for who serves

        return Trending(self.store)

    def news(self, subscriber: Subscriber) -> "tuple[Model, list[Interest]]":
        """The model of what is news now, and a subscriber's interests, one for each profile."""
        return self._planner(patient=False).interests(subscriber)

    def deliver(
        self,
        kinds: Collection[DeliveryKind] = tuple(DeliveryKind),
        progress: _Progress = _quiet,
    ) -> Delivered:
        """Send all planned mails whose time has come."""
        self._check_own_templates()
        delivered = asyncio.run(self.sender().deliver(kinds, progress))
        self.store.future.is_known(self.clock())  # notes the time, for ``after_setback``
        if delivered.trouble:
            note_relay_trouble(self.store, self.relays, self.clock())
        return delivered

    def _check_own_templates(self) -> None:
        """Raise ConfigError before a broken template uses up the tries of every mail."""
        if self.settings.templates and not self._templates_are_sound:
            self.renderer.check()
            self._templates_are_sound = True

    @property
    def relays(self) -> list[str]:
        """The names of what takes the mail."""
        return relay_names(self.settings)

    def deliver_letters(self) -> Delivered:
        """Send what somebody waits for before the screen: confirm mails and links."""
        return Delivered() if self.relay_rests() else self.deliver(LETTERS)

    def sender(self, mailer: Mailer | None = None) -> Sender:
        """What delivers, with the configured Mailer or another."""
        return Sender(
            store=self.store,
            desk=self.desk,
            composer=self.composer,
            mailer=mailer or make_mailer(self.settings, self.store, self.clock),
            clock=self.clock,
            latest=timedelta(hours=self.settings.digest.latest_hours),
            stop=self.stopping,
            operator=operator_address(self.settings),
        )

    def relay_rests(self) -> bool:
        """Whether the relays were in trouble a moment ago, or have had all they take for now."""
        rest = self.store.guards.noted("relay-rest")
        # A note of the future is of a clock that was set back.
        return rest is not None and rest[1] <= self.clock() < datetime.fromisoformat(rest[0])

    def digest_message(self, subscriber: Subscriber, digest: Digest) -> Message:
        """The mail of a digest that may not be stored, for a trial."""
        return self.composer.digest_message(
            subscriber.recipient, digest, self.clock(), delivery_id=0
        )

    @cached_property
    def postmaster(self) -> Postmaster:
        """What takes in bounces and complaints."""
        return Postmaster(self.store, self.links, self.clock)

    def fetch_bounces(self) -> Taken:
        """Read the configured mailbox of bounces; ConfigError when there is none."""
        mailbox = self.settings.bounces.mailbox.get_secret_value()
        if not mailbox:
            raise ConfigError("bounces.mailbox is not set; name the mailbox that bounces go to")
        return self.postmaster.fetch(mailbox, self.settings.folder)

    def prune(self) -> int:
        """Forget what there is no reason to keep; returns how many unconfirmed requests."""
        return prune(self.store, self.clock())

    def status(self) -> Status:
        """What happened today and what is next."""
        trouble = ""
        try:
            self._check_own_templates()
        except ConfigError as error:
            trouble = str(error)
        return status(self.store, self.clock(), self.relays, trouble)

    def health(self) -> Health:
        """Whether the service does its work."""
        return health(self.store, self.clock(), self.relays)


def open_database(settings: Settings) -> Database:
    """The database of the settings; a relative SQLite file lies beside the settings file."""
    url = settings.database_url
    if url.startswith("sqlite:///"):
        url = f"sqlite:///{settings.path(url.removeprefix('sqlite:///'))}"
    return Database(url)


def _model_place(settings: Settings) -> str:
    """Return what the settings name; a relative folder lies beside the settings file."""
    place = settings.semantic.model
    return place if place in ("auto", "none", "") else str(settings.path(place))


def _keys(settings: Settings) -> list[str]:
    return [key.get_secret_value() for key in (settings.secret_key, *settings.old_secret_keys)]
