"""Searching the stored papers: an index in memory that follows the store in the background."""

import logging
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from digestmail.domain import Paper
from digestmail.errors import InputError, StoreError
from digestmail.sources.keys import key_from_reference
from digestmail.store import Store
from digestmail.store.papers import UPLOADS
from digestmail.text import Phrase, one_line, words

if TYPE_CHECKING:
    from digestmail.relevance.features.terms import Terms
    from digestmail.relevance.queries import Query
    from digestmail.relevance.search import Hits, Index

log = logging.getLogger(__name__)

MOST_FOUND = 1_000  # of one search, best first
NOTHING = (0, 0)  # the state before any paper was read


@dataclass(frozen=True, slots=True, kw_only=True)
class FinderParameters:
    """What the index holds, how closely it follows the store, and what a search may cost."""

    most_papers: int = 250_000  # some 1 kB each; older ones are found by their key alone
    batch: int = 1_000  # papers read at a time
    look_after: float = 3.0  # seconds between looks for new papers
    anew_after: float = 24 * 3600.0  # seconds; all is read again, as texts change, if seldom
    patience: float = 2.0  # seconds that a search waits for the first index
    most_read: int = 400  # papers read to find a phrase in, for one page
    read_at_once: int = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A search: ``text`` as it was typed, ``since`` when papers must have been first seen.

    ``strict``: only papers that have all of it.
    """

    text: str = ""
    category: str = ""
    since: datetime | None = None
    newest: bool = False
    strict: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A part of what was found. ``about``: whether ``total`` is an estimate from above.

    ``whole``: whether each paper has all that was asked for; else each has most of it.
    ``person``: whether the text is the name of an author of these papers.
    """

    papers: list[Paper] = field(default_factory=list)
    total: int = 0
    about: bool = False
    whole: bool = True
    person: bool = False
    marks: list[Phrase] = field(default_factory=list)


class Finder:
    """Searches all papers of a store; safe to share between threads."""

    def __init__(
        self,
        store: Store,
        monotonic: Callable[[], float] = time.monotonic,
        parameters: FinderParameters | None = None,
    ) -> None:
        self._store = store
        self._monotonic = monotonic
        self._parameters = parameters or FinderParameters()
        self._index: Index | None = None
        self._built = self._looked = float("-inf")
        self._ready = threading.Event()
        self._stopping = threading.Event()
        self._following = threading.Lock()

    # --- following the store ---

    def start(self) -> None:
        """Follow the store in the background, unless that is under way."""
        if not self._following.locked():
            threading.Thread(target=self._try_to_follow, name="finder", daemon=True).start()

    def stop(self) -> None:
        """End what runs in the background, and wait for it."""
        self._stopping.set()
        with self._following:
            self._stopping.clear()

    def _try_to_follow(self) -> None:
        try:
            self.follow()
        except Exception:
            log.exception(
                "the search index could not be brought up to date; it will be tried again"
            )

    def follow(self) -> int:
        """Bring the index up to date now; returns how many papers there are in it.

        The first time reads every paper, with the terms that are kept of it.
        """
        from digestmail.relevance.search import Index

        with self._following:
            aged = self._monotonic() - self._built > self._parameters.anew_after
            index = None if aged else self._index
            if index is None:
                index = Index(self._parameters.most_papers)
            index.add(self._after(index.newest))
            if not self._stopping.is_set():
                self._built = self._monotonic() if aged else self._built
                self._index = index
                self._ready.set()
            return len(index)

    def _after(self, newest: int) -> "Iterator[tuple[Paper, Terms]]":
        """The papers that came after one, with their terms; those lacking are computed and kept."""
        from digestmail.relevance import Features

        newest = max(newest, self._store.catalogue.newest() - self._parameters.most_papers)
        while papers := self._store.catalogue.after(newest, self._parameters.batch):
            features = Features(self._store.papers.features, self._store.papers.keep_features)
            yield from zip(papers, features.terms(papers), strict=True)
            newest = papers[-1].id or 0
            if self._stopping.is_set():
                return

    def _current(self) -> "Index | None":
        """The index, a few seconds behind the store at most; None while the first one is made."""
        now = self._monotonic()
        if now - self._looked > self._parameters.look_after:
            self._looked = now
            index = self._index
            aged = now - self._built > self._parameters.anew_after
            if index is None or aged or self._store.catalogue.newest() > index.newest:
                self.start()
        self._ready.wait(self._parameters.patience)
        return self._index

    # --- what pages ask ---

    @property
    def state(self) -> tuple[int, int]:
        """Changes with what searches find."""
        index = self._index
        return (index.newest, len(index)) if index is not None else NOTHING

    @property
    def bytes(self) -> int:
        """The memory that the index takes."""
        return self._index.bytes if self._index is not None else 0

    @property
    def categories(self) -> dict[str, int]:
        """The categories that occur, most papers first."""
        index = self._current()
        return dict(index.categories) if index is not None else {}

    def named(self, text: str) -> Paper | None:
        """The stored paper that a text names by key, arXiv id, DOI or address."""
        try:
            key = key_from_reference(text)
        except InputError:
            return None
        found = self._store.papers.by_keys([key]).get(key)
        return None if found is None or found.source == UPLOADS else found

    def search(self, asked: Asked, first: int, size: int) -> Found:
        """The papers number ``first`` (from 0) to ``first + size`` of a search.

        StoreError while the first index is made, unless all that is asked for is some words:
        nothing else can tell which papers are of a category or have all of it.
        """
        from digestmail.relevance.queries import parsed, written_by

        query = parsed(asked.text)
        if query.is_empty and asked.text.strip():
            return Found()
        hits = self._hits(query, asked)
        papers, total = self._checked(query, hits, first, size)
        name = one_line(asked.text).strip('"“” ')
        return Found(
            papers=papers,
            total=hits.total if total is None else total,
            about=total is None,
            whole=hits.whole,
            person=any(written_by(paper, name) for paper in papers),
            marks=query.marks,
        )

    def _hits(self, query: "Query", asked: Asked) -> "Hits":
        from digestmail.relevance.search import Hits

        index = self._current()
        if index is None:
            if asked.strict or asked.category or asked.since:
                raise StoreError("the search index is being made; try again in a moment")
            plain = [word.plain for word in words(asked.text)]
            ids = self._store.catalogue.holding(plain, MOST_FOUND)
            return Hits(ids, len(ids))
        return index.search(
            query,
            category=asked.category,
            since=asked.since,
            newest=asked.newest,
            strict=asked.strict,
            most=MOST_FOUND,
        )

    def _checked(
        self, query: "Query", hits: "Hits", first: int, size: int
    ) -> tuple[list[Paper], int | None]:
        """The papers asked for, and how many there are; None where nobody counted.

        Whether phrases stand in a paper is told by its text alone, so texts are read, best first,
        until there are enough papers that hold them.
        """
        from digestmail.relevance.queries import holds

        if not query.phrases:
            return self._papers(hits.ids[first : first + size]), hits.total
        good: list[Paper] = []
        looked_at, at_once = 0, self._parameters.read_at_once
        most = min(len(hits.ids), self._parameters.most_read)
        while looked_at < most and len(good) <= first + size:
            some = self._papers(hits.ids[looked_at : looked_at + at_once])
            good += [p for p in some if all(holds(p, text) for text in query.phrases)]
            looked_at += at_once
        whole = looked_at >= hits.total
        return good[first : first + size], len(good) if whole else None

    def near(self, paper: Paper, most: int) -> list[Paper]:
        """The papers most like a stored one, most like it first."""
        from digestmail.relevance import Features

        index = self._current()
        if index is None or not paper.id:
            return []
        (terms,) = Features(self._store.papers.features).terms([paper])
        return self._papers(index.near(paper.id, terms, most))

    def _papers(self, ids: Sequence[int]) -> list[Paper]:
        stored = self._store.papers.by_ids(ids)
        return [stored[paper_id] for paper_id in ids if paper_id in stored]
