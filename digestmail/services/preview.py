"""The model of the last days' papers, made in the background for those who are still choosing.

It is made at the start and when new papers have come, so that a visitor neither waits for it nor
takes the model of the digests away.
"""

import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from digestmail.domain import Clock, Paper
from digestmail.steps.daily.trending import PARAMETERS as TRENDING
from digestmail.steps.daily.trending import TrendingRankings
from digestmail.steps.insight.recent_model import SPAN, RecentModel
from digestmail.store import Store

if TYPE_CHECKING:
    from digestmail.relevance import Model

log = logging.getLogger(__name__)
Extent = Callable[[Sequence[Paper], Sequence[Paper]], object]
MakeModel = Callable[[Sequence[Paper], Sequence[Paper]], "Model"]


@dataclass(frozen=True, slots=True)
class PreviewParameters:
    """How the model of previews is made, and when it is made anew.

    ``background``: papers beside the week's, enough for what is rare and quick to make.
    ``look_again``: how often the store is asked for newer papers. ``visitor_papers``: of so many
    papers of visitors a model remembers what it was asked; then it takes too much memory.
    """

    background: int = 4_000
    look_again: timedelta = timedelta(minutes=5)
    visitor_papers: int = 20_000


class PreviewService:
    """Keeps a RecentModel at hand. One for a process; safe to ask from any thread.

    ``extent`` returns how far papers and a background are embedded; see ``steps.daily.embed``.
    """

    def __init__(
        self,
        store: Store,
        make_model: MakeModel,
        clock: Clock,
        extent: Extent = lambda *_: None,
        parameters: PreviewParameters | None = None,
    ) -> None:
        self._store = store
        self._make_model = make_model
        self._clock = clock
        self._extent = extent
        self._parameters = parameters or PreviewParameters()
        self._recent: RecentModel | None = None
        self._looked_at: datetime | None = None
        self._building = threading.Lock()

    def recent_model(self) -> RecentModel | None:
        """Return the model at hand, None before the first one is; begin a newer one if need be."""
        if self._is_old() and self._building.acquire(blocking=False):
            threading.Thread(target=self._build_quietly, name="preview", daemon=True).start()
        return self._recent

    @property
    def latest(self) -> RecentModel | None:
        """Return the model at hand, if there is one, without beginning another."""
        return self._recent

    def ready(self) -> RecentModel:
        """Return the model of what is known now; make it if need be."""
        with self._building:
            if self._is_old():
                self._build()
        assert self._recent is not None  # noqa: S101 - it has just been made
        return self._recent

    def close(self) -> None:
        """Wait for a model that is being made."""
        with self._building:
            pass

    def _is_old(self) -> bool:
        """Return whether papers came or were embedded since, or the model is of yesterday."""
        now, recent = self._clock(), self._recent
        if recent is None or now.date() != recent.made_at.date():
            return True
        if len(recent.visitor_keys) > self._parameters.visitor_papers:
            return True
        looked_at, look_again = self._looked_at, self._parameters.look_again
        if recent.papers and looked_at and now - looked_at < look_again:
            return False
        self._looked_at = now
        newest = recent.papers[-1].first_seen_at if recent.papers else None
        if self._store.papers.seen_after(newest or now - SPAN):
            return True
        return self._extent(recent.papers, recent.model.background) != recent.extent

    def _build_quietly(self) -> None:
        try:
            self._build()
        except Exception:
            log.exception("the week's papers could not be read; the next request will try again")
        finally:
            self._building.release()

    def _build(self) -> None:
        now = self._clock()
        papers = self._store.papers.seen_after(now - SPAN)
        background = self._store.papers.before(now - SPAN, self._parameters.background)
        extent = self._extent(papers, background)
        model = self._make_model(papers, background)
        self._looked_at = now
        places = {paper.key: place for place, paper in enumerate(papers)}
        readers = self._store.feedback.readers(now - TRENDING.window, TRENDING.least_readers)
        rankings = TrendingRankings(papers, readers, now, model.permitted, model.central)
        self._recent = RecentModel(papers, model, now, places, extent=extent, rankings=rankings)
