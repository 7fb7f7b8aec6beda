"""The papers of today, this week and this month: trending or newest, by category."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from digestmail.domain import TRENDING_REASONS, Paper, TrendingBasis
from digestmail.steps.daily.trending import PARAMETERS, TrendingParameters, heat, heat_reasons
from digestmail.steps.insight.recent_model import RecentModel
from digestmail.store import Seen, Store
from digestmail.store.catalogue import State

MOST_PAPERS = 50_000  # of a month that are listed, the newest
_LOOK = 3.0  # seconds between looks for what is new
_LOOK_AT_READERS = 600.0  # the same for what readers liked and saved, which is counted slowly
_DAY = timedelta(days=1)
Places = NDArray[np.int64]
Heat = NDArray[np.float64]
Readers = tuple[tuple[int, int], ...]  # ids of papers, and how many liked or saved each


class Span(StrEnum):
    """How far back a list goes."""

    TODAY = "today"
    WEEK = "week"
    MONTH = "month"


_SPANS = {Span.TODAY: _DAY, Span.WEEK: 7 * _DAY, Span.MONTH: 30 * _DAY}


class Order(StrEnum):
    """The order of a list."""

    TRENDING = "trending"  # see ``docs/trending.md``
    NEWEST = "newest"


@dataclass(frozen=True, slots=True)
class Listing:
    """A part of a list, with the categories of the whole one and how many papers each has.

    ``primary`` are those that are some paper's first, ``other`` all others; most papers first.
    ``bases`` tell what the order of trending papers rests on; it is that of time where they are
    empty.
    """

    papers: list[Paper]
    total: int
    primary: dict[str, int]
    other: dict[str, int]
    bases: tuple[TrendingBasis, ...] = ()


class TrendingService:
    """Lists of the latest papers of a store; safe to share between threads.

    ``recent_model`` returns the model of the week, if it is at hand: it ranks papers where nobody
    votes.
    """

    def __init__(
        self,
        store: Store,
        recent_model: Callable[[], RecentModel | None] = lambda: None,
        monotonic: Callable[[], float] = time.monotonic,
        parameters: TrendingParameters = PARAMETERS,
    ) -> None:
        self._store = store
        self._recent_model = recent_model
        self._monotonic = monotonic
        self._parameters = parameters
        self._looked = self._looked_at_readers = float("-inf")
        self._states: tuple[State, ...] = ()
        self._readers: Readers = ()
        self._board = _Board((), (), [], parameters)
        self._making = threading.Lock()
        self._central = _CentralPapers(parameters)

    def states(self, now: datetime) -> tuple[object, ...]:
        """Return a value that changes within seconds whenever a list does.

        What readers here liked and saved is counted every ten minutes.
        """
        if self._monotonic() - self._looked > _LOOK:
            self._states = tuple(
                self._store.catalogue.state(now - back) for back in _SPANS.values()
            )
            self._looked = self._monotonic()
        if self._monotonic() - self._looked_at_readers > _LOOK_AT_READERS:
            since, least = now - _SPANS[Span.MONTH], self._parameters.least_readers
            self._readers = tuple(sorted(self._store.feedback.readers(since, least).items()))
            self._looked_at_readers = self._monotonic()
        recent = self._recent_model()
        made_at = recent.made_at if recent is not None and recent.papers else None
        return self._states, self._readers, made_at

    def papers(self, span: Span, now: datetime) -> int:
        """Return how many papers there are in a list."""
        return self._current(now).within(now - _SPANS[span])

    def list(
        self,
        span: Span,
        now: datetime,
        *,
        order: Order = Order.TRENDING,
        category: str = "",
        first: int = 0,
        size: int,
    ) -> Listing:
        """Return the papers number ``first`` (from 0) to ``first + size`` of a list.

        Trending are the papers with the most upvotes and readers, those of today adjusted for
        their age, and of equals the newest. Where none has enough of them, the most central ones
        come first.
        """
        board = self._current(now)
        until = board.within(now - _SPANS[span])
        places = board.of(category, until)
        bases: tuple[TrendingBasis, ...] = ()
        if order is Order.TRENDING:
            values = board.heat(places, now if span is Span.TODAY else None)
            places = places[np.argsort(-values, kind="stable")]
            hot = places[: int((values >= self._parameters.least_heat).sum())]
            bases = board.bases(hot)
            if not len(hot):
                places, bases = self._with_central(board, places, span, category, now)
        ids = board.ids[places[first : first + size]].tolist()
        stored = self._store.papers.by_ids(ids)
        papers = [stored[paper_id] for paper_id in ids if paper_id in stored]
        return Listing(papers, len(places), *board.categories(until), bases)

    def _with_central(
        self, board: "_Board", places: Places, span: Span, category: str, now: datetime
    ) -> tuple[Places, tuple[TrendingBasis, ...]]:
        """Return the places with those of the most central papers first, if they are known."""
        recent = self._recent_model()
        if recent is None or span is Span.MONTH:  # the model is of a week
            return places, ()
        central = self._central.ids(recent, now - _SPANS[span], category)
        place_of = dict(zip(board.ids[places].tolist(), places.tolist(), strict=True))
        ahead = np.array([place_of[i] for i in central if i in place_of], dtype=np.int64)
        behind = places[~np.isin(places, ahead)]
        return np.concatenate([ahead, behind]), (TrendingBasis.CENTRAL,) if len(ahead) else ()

    def _current(self, now: datetime) -> "_Board":
        states = self.states(now)
        with self._making:
            if self._board.states != states:
                since = now - _SPANS[Span.MONTH]
                seen = self._store.catalogue.seen_after(since, MOST_PAPERS)
                self._board = _Board(states, self._readers, seen, self._parameters)
            return self._board


class _CentralPapers:
    """The most central papers of categories, remembered as long as a model lives."""

    def __init__(self, parameters: TrendingParameters) -> None:
        self._parameters = parameters
        self._model: object = None
        self._ids: dict[tuple[timedelta, str], list[int]] = {}
        self._lock = threading.Lock()

    def ids(self, recent: RecentModel, since: datetime, category: str) -> list[int]:
        """Return the ids of the most central papers since an instant, the best first."""
        question = (recent.made_at - since) // _DAY * _DAY, category
        with self._lock:
            if self._model is not recent.model:
                self._model, self._ids = recent.model, {}
            if question not in self._ids:
                self._ids[question] = self._central_of(recent, since, category)
            return self._ids[question]

    def _central_of(self, recent: RecentModel, since: datetime, category: str) -> list[int]:
        positions = [
            position
            for position, paper in enumerate(recent.papers)
            if paper.first_seen_at
            and paper.first_seen_at > since
            and (not category or category in paper.categories)
        ]
        compared = positions[-self._parameters.central_papers :]
        if len(compared) < self._parameters.least_compared:
            return []
        central = recent.model.central(compared, self._parameters.most_central)
        return [recent.papers[position].stored_id for position in central]


class _Board:
    """What the lists are made of: papers by their place, the newest first."""

    def __init__(
        self,
        states: tuple[object, ...],
        readers: Readers,
        seen: list[Seen],
        parameters: TrendingParameters,
    ) -> None:
        self.states = states
        self.ids = np.array([paper.id for paper in seen], dtype=np.int64)
        counts = dict(readers)
        self._upvotes = np.array([paper.upvotes for paper in seen], dtype=np.int64)
        self._readers = np.array([counts.get(paper.id, 0) for paper in seen], dtype=np.int64)
        self._parameters = parameters
        self._votes = np.array(
            [heat(paper.upvotes, counts.get(paper.id, 0), 0.0, parameters) for paper in seen]
        )
        self._when = np.array([-paper.first_seen_at.timestamp() for paper in seen])
        self._in: dict[str, Places] = _places(seen)
        self._first_in = {paper.categories[0] for paper in seen if paper.categories}

    def within(self, since: datetime) -> int:
        """Return how many papers were first seen after an instant."""
        return int(np.searchsorted(self._when, -since.timestamp()))

    def heat(self, places: Places, now: datetime | None) -> Heat:
        """Return the heat of papers, adjusted for their age at ``now``; see ``heat``."""
        if now is None:
            return self._votes[places]
        days = (now.timestamp() + self._when[places]) / _DAY.total_seconds()
        adjusted: Heat = self._votes[places] / (
            1 + np.maximum(days, 0) / self._parameters.half_days
        )
        return adjusted

    def of(self, category: str, until: int) -> Places:
        """Return the places below ``until`` of a category's papers, or of all."""
        if not category:
            return np.arange(until)
        places = self._in.get(category, np.zeros(0, dtype=np.int64))
        return places[: np.searchsorted(places, until)]

    def bases(self, places: Places) -> tuple[TrendingBasis, ...]:
        """Return what makes some papers trending."""
        counts = zip(self._upvotes[places].tolist(), self._readers[places].tolist(), strict=True)
        reasons = (heat_reasons(*pair, 0.0, self._parameters) for pair in counts)
        kinds = {reason.kind for each in reasons for reason in each}
        return tuple(basis for kind, basis in TRENDING_REASONS.items() if kind in kinds)

    def categories(self, until: int) -> tuple[dict[str, int], dict[str, int]]:
        """Return how many papers below ``until`` each primary and each other category has."""
        counts = {code: int(np.searchsorted(at, until)) for code, at in self._in.items()}
        ordered = sorted((-papers, code) for code, papers in counts.items() if papers)
        primary = {code: -papers for papers, code in ordered if code in self._first_in}
        return primary, {code: -n for n, code in ordered if code not in self._first_in}


def _places(seen: list[Seen]) -> dict[str, Places]:
    places_in: dict[str, list[int]] = {}
    for place, paper in enumerate(seen):
        for category in dict.fromkeys(paper.categories):
            places_in.setdefault(category, []).append(place)
    return {category: np.array(places) for category, places in places_in.items()}
