"""The composition root: from Settings to an App that wires the services and steps together.

The scheduler, the web, the admin CLI and the demo all call its methods. None of them decides
anything; see ``services`` and ``steps``.
"""

import math
import threading
import time
from collections.abc import Callable, Collection
from dataclasses import replace
from datetime import date, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from digestmail.author_lookup import open_lookup
from digestmail.calendar import utc_now
from digestmail.config import Settings
from digestmail.directories.lookup import DirectoryLookup
from digestmail.domain import (
    FIELDS,
    Clock,
    DeliveryKind,
    Digest,
    Mailer,
    Message,
    Profile,
    SourceReport,
    Subscriber,
)
from digestmail.errors import ConfigError
from digestmail.ingestor import Ingestor
from digestmail.language_model.endpoint import EndpointSettings
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
from digestmail.services.delivery import DeliveryService
from digestmail.services.models import ModelProvider
from digestmail.services.planning import PlanningService
from digestmail.services.preview import PreviewService
from digestmail.services.search import SearchService
from digestmail.services.summaries import SummaryService
from digestmail.services.threshold_preview import ThresholdPreviewService
from digestmail.steps.daily.bounces import BounceProcessor, BounceTally
from digestmail.steps.daily.compose import Composer
from digestmail.steps.daily.deliver import DeliveryReport, Sender
from digestmail.steps.daily.embed import PaperEmbeddings
from digestmail.steps.daily.health import Health, health
from digestmail.steps.daily.prepare import ALL, PrepareReport, PrepareRules, Share
from digestmail.steps.daily.prune import prune
from digestmail.steps.daily.retention import RetentionReport, RetentionRules, delete_old
from digestmail.steps.daily.status import Status, status
from digestmail.steps.daily.summaries import SummaryRules
from digestmail.steps.links import Links
from digestmail.steps.reading.lines import LineReader
from digestmail.steps.subscribers.subscription import SubscriptionService
from digestmail.store import Database, DigestPlan, Store
from digestmail.store.migrate import require_current
from digestmail.tokens import Signer

if TYPE_CHECKING:
    from digestmail.services.trending import TrendingService

Progress = Callable[[int], None]


def no_progress(_: int) -> None:
    """Ignore the number done."""


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
        self.subscriptions = SubscriptionService(self.store, self.links)
        self.stopping = threading.Event()  # set it, and nothing further is begun
        self._monotonic, self._pause = monotonic, sleep or self.stopping.wait
        self.ingestor = Ingestor(
            settings,
            self.store,
            clock,
            monotonic=monotonic,
            sleep=self._pause,
            stop=self.stopping,
        )
        place = _model_place(settings)
        self.embeddings = PaperEmbeddings(self.store, place, clock, self.stopping)

    @classmethod
    def open(cls, settings: Settings, clock: Clock = utc_now) -> "App":
        """Return an App whose database is there and of this version; StoreError otherwise."""
        app = cls(settings, clock)
        require_current(app.store.database, MIGRATIONS)
        return app

    def close(self) -> None:
        """Close the database, once nothing reads it in the background any more."""
        if "previews" in vars(self):
            self.previews.close()
        if "directories" in vars(self):
            self.directories.close()
        self.store.database.close()

    @property
    def templates(self) -> Path:
        """Return the folder of the templates, the operator's own or the built-in."""
        folder = self.settings.templates
        return self.settings.path(folder) if folder else TEMPLATES

    @cached_property
    def renderer(self) -> Renderer:
        """Return the renderer of the mails."""
        return Renderer(self.templates, service=self.settings.service_name)

    @cached_property
    def composer(self) -> Composer:
        """Return the composer of the mails."""
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
        """Return a profile with this installation's limits and nothing chosen."""
        chosen = self.settings.digest
        return Profile(max_papers=chosen.max_papers, threshold=chosen.threshold)

    @property
    def new_trending_profile(self) -> Profile:
        """Return the profile of somebody who gives an address alone, with the same limits."""
        trending = min(self.settings.digest.max_papers, FIELDS["trending"].maximum)
        return replace(self.new_profile, trending=trending)

    # --- the services ---

    @cached_property
    def models(self) -> ModelProvider:
        """Return the provider of relevance models."""
        return ModelProvider(self.embeddings, self.settings.digest.exploration)

    @cached_property
    def planning(self) -> PlanningService:
        """Return the service that plans and stores digests."""
        chosen = self.settings.digest
        rules = PrepareRules(
            window=timedelta(days=chosen.window_days), latest=timedelta(hours=chosen.latest_hours)
        )
        return PlanningService(self.store, self.models, rules, self.clock, self.stopping)

    @cached_property
    def previews(self) -> PreviewService:
        """Return the service that has a model of the last days' papers."""
        make_model, extent = self.models.preview_model, self.embeddings.extent
        return PreviewService(self.store, make_model, self.clock, extent)

    @cached_property
    def threshold_previews(self) -> ThresholdPreviewService:
        """Return the service that previews other thresholds."""
        return ThresholdPreviewService(self.store, self.previews)

    @cached_property
    def search_service(self) -> SearchService:
        """Return the search; its index is made in the background when it is started."""
        # numpy is for who serves
        from digestmail.services.search_vectors import SearchVectors, vector_folder

        folder = vector_folder(self.store, self.settings.folder / "cache")
        vectors = SearchVectors(self.store, lambda: self.embeddings.embedder, folder)
        return SearchService(self.store, vectors)

    @cached_property
    def trending(self) -> "TrendingService":
        """Return the lists of the latest papers."""
        from digestmail.services.trending import TrendingService  # numpy is for who serves

        return TrendingService(self.store, self.previews.recent_model)

    @cached_property
    def summaries(self) -> SummaryService:
        """Return the service that has a language model write lines; ConfigError where it is off."""
        chosen = self.settings.summaries
        if not chosen.is_on:
            raise ConfigError("summaries are off: set summaries.url and summaries.model")
        endpoint = EndpointSettings(
            chosen.url, chosen.model, chosen.api_key.get_secret_value(), chosen.timeout
        )
        rules = SummaryRules(tuple(chosen.languages), chosen.requests_per_day)
        return SummaryService(
            self.store,
            self.planning,
            self._first_trending,
            endpoint,
            rules,
            self.clock,
            self.stopping,
        )

    def _first_trending(self, now: datetime, size: int) -> list[int]:
        """Return the first papers of the trending page, without making a model for it."""
        from digestmail.services.trending import Span, TrendingService

        trending = TrendingService(self.store, lambda: self.previews.latest)
        return [paper.stored_id for paper in trending.list(Span.TODAY, now, size=size).papers]

    @cached_property
    def directories(self) -> DirectoryLookup:
        """Return the lookup in author directories; ConfigError where the settings turn it off."""
        return open_lookup(self.settings, self.clock, self._monotonic, self._pause)

    @cached_property
    def lines(self) -> LineReader:
        """Return what puts the lines of a language model on papers."""
        chosen = self.settings.summaries
        return LineReader(self.store, chosen.languages if chosen.is_on else ())

    @cached_property
    def delivery(self) -> DeliveryService:
        """Return the service that sends planned mails."""
        return DeliveryService(
            store=self.store,
            make_sender=self.sender,
            check_templates=self._check_own_templates,
            relays=self.relays,
            clock=self.clock,
        )

    @cached_property
    def bounce_processor(self) -> BounceProcessor:
        """Return what takes in bounces and complaints."""
        return BounceProcessor(self.store, self.links, self.clock)

    # --- the steps ---

    def ingest(
        self, names: Collection[str] = (), progress: Progress = no_progress
    ) -> list[SourceReport]:
        """Fetch the sources whose time has come, or the named ones now."""
        return self.ingestor.ingest(names, progress)

    def embed(self, progress: Progress = no_progress) -> int:
        """Embed the papers that are not yet; return how many."""
        return self.embeddings.embed(self.embeddings.lacking(), progress)

    def prepare(
        self,
        day: date | None = None,
        progress: Progress = no_progress,
        *,
        patient: bool = True,
        share: Share = ALL,
    ) -> PrepareReport:
        """Store the digests of all who are due; see ``PlanningService.prepare``."""
        return self.planning.prepare(day, progress, patient=patient, share=share)

    def plan(self, day: date | None = None) -> list[DigestPlan]:
        """Return what ``prepare`` would store if it waited for nothing, without storing it."""
        return self.planning.plan(day)

    def preview(self, subscriber: Subscriber) -> Digest:
        """Return the digest that a subscriber would get next, of what is known now."""
        return self.planning.next_digest(subscriber)

    def deliver(
        self,
        kinds: Collection[DeliveryKind] = tuple(DeliveryKind),
        progress: Progress = no_progress,
    ) -> DeliveryReport:
        """Send all planned mails whose time has come."""
        return self.delivery.deliver(kinds, progress)

    def deliver_letters(self) -> DeliveryReport:
        """Send what somebody waits for before the screen: confirm mails and links."""
        return self.delivery.deliver_letters(no_progress)

    def sender(self, mailer: Mailer | None = None) -> Sender:
        """Return what delivers, with the configured Mailer or another."""
        return Sender(
            store=self.store,
            subscriptions=self.subscriptions,
            composer=self.composer,
            mailer=mailer or make_mailer(self.settings, self.store, self.clock),
            clock=self.clock,
            latest=timedelta(hours=self.settings.digest.latest_hours),
            stop=self.stopping,
            operator=operator_address(self.settings),
            lines=self.lines,
        )

    def digest_message(self, subscriber: Subscriber, digest: Digest) -> Message:
        """Return the mail of a digest that may not be stored, for a trial."""
        lined = self.lines.digest(digest, subscriber.language)
        return self.composer.digest_message(
            subscriber.recipient, lined, self.clock(), delivery_id=0
        )

    def fetch_bounces(self) -> BounceTally:
        """Read the configured mailbox of bounces; ConfigError when there is none."""
        mailbox = self.settings.bounces.mailbox.get_secret_value()
        return self.bounce_processor.fetch(mailbox, self.settings.folder)

    def prune(self) -> int:
        """Forget what there is no reason to keep; return how many unconfirmed requests."""
        return prune(self.store, self.clock())

    def delete_old(
        self, progress: Progress = no_progress, seconds: float = math.inf
    ) -> RetentionReport:
        """Delete what is older than the settings keep, for so many seconds at most."""
        chosen = self.settings.retention
        rules = RetentionRules(
            digests=timedelta(days=chosen.digests_days),
            attempts=timedelta(days=chosen.attempts_days),
            papers=timedelta(days=chosen.papers_days),
            feedback=timedelta(days=chosen.feedback_days),
        )
        end = time.monotonic() + seconds
        return delete_old(
            self.store,
            rules,
            self.clock(),
            sleep=self.stopping.wait,
            is_over=lambda: self.stopping.is_set() or time.monotonic() >= end,
            progress=progress,
        )

    def status(self) -> Status:
        """Return what happened today and what is next."""
        trouble = self.delivery.template_trouble()
        chosen = self.settings.summaries
        budget = chosen.requests_per_day if chosen.is_on else 0
        return status(self.store, self.clock(), self.relays, trouble, budget)

    def health(self) -> Health:
        """Return whether the service does its work."""
        return health(self.store, self.clock(), self.relays)

    @property
    def relays(self) -> list[str]:
        """Return the names of the relays that take the mail."""
        return relay_names(self.settings)

    def _check_own_templates(self) -> None:
        """Raise ConfigError for a broken template of the operator; ours are tested."""
        if self.settings.templates:
            self.renderer.check()


def open_database(settings: Settings) -> Database:
    """Return the database of the settings; a relative SQLite file lies beside the settings file."""
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
