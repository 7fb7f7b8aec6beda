"""The ingestor: reads the sources that are due, over the network, into the store."""

import logging
import os
import threading
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, timedelta
from itertools import islice

from digestmail import __version__
from digestmail.config import Settings
from digestmail.domain import (
    BadRecord,
    BatchState,
    Clock,
    Paper,
    Source,
    SourceMemory,
    SourceReport,
    SourceState,
)
from digestmail.errors import NotFoundError, SourceError
from digestmail.sources.arxiv.announcement_calendar import expected_batch
from digestmail.sources.arxiv.api import papers_by_id
from digestmail.sources.http.client import WebClient
from digestmail.sources.kind import SourceContext
from digestmail.sources.registry import build, past_days
from digestmail.steps.daily.backfill import backfill
from digestmail.steps.daily.batches import settle
from digestmail.steps.daily.ingest import ingest
from digestmail.steps.subscribers.seed_papers import fetch_seeds
from digestmail.store import Store

_TIMEOUT = 120.0  # seconds: some interfaces take that long for a page
_STOPPED = "the program stopped before the source was read to the end"
_Progress = Callable[[int], None]
log = logging.getLogger(__name__)


def _quiet(_: int) -> None: ...


class Ingestor:
    """The reader of one installation's sources into its store.

    Once ``stop`` is set no further request is made, and ``sleep`` should end too.
    """

    def __init__(
        self,
        settings: Settings,
        store: Store,
        clock: Clock,
        *,
        monotonic: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], object] = time.sleep,
        stop: threading.Event | None = None,
    ) -> None:
        self._settings = settings
        self._store = store
        self._clock = clock
        self._monotonic, self._sleep = monotonic, sleep
        self._stop = stop or threading.Event()

    def ingest(
        self, names: Collection[str] = (), progress: _Progress = _quiet
    ) -> list[SourceReport]:
        """Fetch the sources that are due, or the named ones now, and settle arXiv's batches."""
        due = self._due(names)
        reports = self._fetch_all(due, progress) if due else []
        self.settle()
        return reports

    def settle(self) -> None:
        """Settle arXiv's past announcements."""
        for batch in settle(self._store, self._clock()):
            log.info("%s, %s: %s %s", batch.source, batch.day, batch.state, batch.reason)

    def _fetch_all(self, due: list[SourceState], progress: _Progress) -> list[SourceReport]:
        with self._source_context() as context:
            reports = []
            for state in due:
                if self._stop.is_set():
                    break
                if self._store.sources.claim(state, self._clock()):
                    reports.append(self._fetch(state, context, progress))
            if reports and not self._stop.is_set():
                self._fetch_seeds(context.web)
        return reports

    def _fetch_seeds(self, web: WebClient) -> None:
        """Fetch the seed papers that are missing; after a failure the next fetch tries again."""
        try:
            fetch_seeds(self._store, lambda ids: papers_by_id(web, ids), self._clock())
        except SourceError as error:
            log.warning("seed papers could not be fetched: %s", error)

    def _due(self, names: Collection[str]) -> list[SourceState]:
        if not names:
            return self._store.sources.due(self._clock())
        states = {state.spec.name: state for state in self._store.sources.all()}
        for name in names:
            if name not in states:
                raise _unknown(name)
        return [state for name, state in states.items() if name in names]

    def _fetch(
        self, state: SourceState, context: SourceContext, progress: _Progress
    ) -> SourceReport:
        memory = SourceMemory(dict(state.memory))

        def open_source() -> Source:
            return build(state.spec, context, memory)

        since = None if state.failures else state.last_fetch_at
        report = ingest(
            self._store.papers, state.spec.name, open_source, since, self._clock, progress
        )
        now = self._clock()
        if report.error and self._stop.is_set():  # the papers until then are stored
            self._store.sources.put_back(state.spec.name, now)
            return report
        self._store.batches.note(memory.batches, now)
        waiting = any(batch.state is BatchState.OPEN for batch in memory.batches)
        return self._store.sources.report(replace(report, waiting=waiting), now, memory.values)

    def try_source(self, name: str, limit: int) -> list[Paper | BadRecord]:
        """Return the first records that a source would yield now; store nothing."""
        state = self._named(name)
        with self._source_context() as context:
            source = build(state.spec, context, SourceMemory())
            return list(islice(source.fetch(state.last_fetch_at), limit))

    def backfill(self, name: str, since: date, progress: _Progress = _quiet) -> SourceReport:
        """Read the past days of a source from a date on; see ``steps.daily.backfill``."""
        state = self._named(name)
        with self._source_context() as context:
            past = past_days(state.spec, context, SourceMemory(dict(state.memory)))
            yesterday = self._clock().date() - timedelta(days=1)
            until = min(yesterday, past.last or yesterday)
            return backfill(self._store, name, past.fetch, since, until, self._clock, progress)

    def _named(self, name: str) -> SourceState:
        for state in self._store.sources.all():
            if state.spec.name == name:
                return state
        raise _unknown(name)

    # --- the network -------------------------------------------------------------------------

    @contextmanager
    def _source_context(self) -> Iterator[SourceContext]:
        with self._client() as web, self._client(public_only=True) as public_web:
            yield SourceContext(
                web=web,
                public_web=public_web,
                folder=self._settings.folder,
                clock=self._clock,
                expected_day=lambda: expected_batch(self._clock()).announced_on,
            )

    def _client(self, *, public_only: bool = False) -> WebClient:
        contact = self._settings.operator_email or self._settings.public_url
        folder = self._settings.folder  # shared by all processes of an installation
        return WebClient(
            user_agent=f"digestmail/{__version__} ({contact})",
            monotonic=self._monotonic,
            sleep=self._pause,
            wall=lambda: self._clock().timestamp(),
            timeout=_TIMEOUT,
            shared_folder=folder / ".digestmail" if os.access(folder, os.W_OK) else None,
            public_only=public_only,
        )

    def _pause(self, seconds: float) -> None:
        """Wait between two requests; SourceError when the program is to end."""
        self._sleep(seconds)
        if self._stop.is_set():
            raise SourceError(_STOPPED)


def _unknown(name: str) -> NotFoundError:
    return NotFoundError(f"source {name!r} does not exist; see: digestmail source list")
