"""The papers of today and of this week: most upvoted or newest, by category."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from digestmail.domain import Paper
from digestmail.store import Seen, Store
from digestmail.store.catalogue import State

MOST_PAPERS = 50_000  # of a week that are listed, the newest
_LOOK = 3.0  # seconds between looks for what is new
Places = NDArray[np.int64]


class Span(StrEnum):
    """How far back a list goes."""

    TODAY = "today"
    WEEK = "week"


_SPANS = {Span.TODAY: timedelta(days=1), Span.WEEK: timedelta(days=7)}


@dataclass(frozen=True, slots=True)
class Listing:
    """A part of a list, with the categories of the whole one and how many papers each has.

    ``primary`` are those that are some paper's first, ``other`` all others; most papers first.
    """

    papers: list[Paper]
    total: int
    primary: dict[str, int]
    other: dict[str, int]


class TrendingService:
    """Lists of the latest papers of a store; safe to share between threads."""

    def __init__(self, store: Store, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._store = store
        self._monotonic = monotonic
        self._looked = float("-inf")
        self._states: tuple[State, ...] = ()
        self._board = _Board((), [])
        self._making = threading.Lock()

    def states(self, now: datetime) -> tuple[State, ...]:
        """Return a value that changes within seconds whenever a list does."""
        if self._monotonic() - self._looked > _LOOK:
            self._states = tuple(
                self._store.catalogue.state(now - back) for back in _SPANS.values()
            )
            self._looked = self._monotonic()
        return self._states

    def papers(self, span: Span, now: datetime) -> int:
        """Return how many papers there are in a list."""
        return self._current(now).within(now - _SPANS[span])

    def list(
        self,
        span: Span,
        now: datetime,
        *,
        upvoted: bool = True,
        category: str = "",
        first: int = 0,
        size: int,
    ) -> Listing:
        """Return the papers number ``first`` (from 0) to ``first + size`` of a list.

        Among equally upvoted papers the newest come first.
        """
        board = self._current(now)
        until = board.within(now - _SPANS[span])
        places = board.of(category, until)
        if upvoted:
            places = places[np.argsort(-board.upvotes[places], kind="stable")]
        ids = board.ids[places[first : first + size]].tolist()
        stored = self._store.papers.by_ids(ids)
        papers = [stored[paper_id] for paper_id in ids if paper_id in stored]
        return Listing(papers, len(places), *board.categories(until))

    def _current(self, now: datetime) -> "_Board":
        states = self.states(now)
        with self._making:
            if self._board.states != states:
                since = now - _SPANS[Span.WEEK]
                self._board = _Board(states, self._store.catalogue.seen_after(since, MOST_PAPERS))
            return self._board


class _Board:
    """What the lists are made of: papers by their place, the newest first."""

    def __init__(self, states: tuple[State, ...], seen: list[Seen]) -> None:
        self.states = states
        self.ids = np.array([paper.id for paper in seen], dtype=np.int64)
        self.upvotes = np.array([paper.upvotes for paper in seen], dtype=np.int64)
        self._when = np.array([-paper.first_seen_at.timestamp() for paper in seen])
        self._in: dict[str, Places] = _places(seen)
        self._first_in = {paper.categories[0] for paper in seen if paper.categories}

    def within(self, since: datetime) -> int:
        """Return how many papers were first seen after an instant."""
        return int(np.searchsorted(self._when, -since.timestamp()))

    def of(self, category: str, until: int) -> Places:
        """Return the places below ``until`` of a category's papers, or of all."""
        if not category:
            return np.arange(until)
        places = self._in.get(category, np.zeros(0, dtype=np.int64))
        return places[: np.searchsorted(places, until)]

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
