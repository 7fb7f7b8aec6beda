"""Searching the stored papers: an index in memory that follows the store in the background."""

import logging
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING

from digestmail.domain import Paper
from digestmail.errors import InputError, StoreError
from digestmail.sources.normalise.identifiers import key_from_reference
from digestmail.store import Store
from digestmail.store.papers import UPLOADS
from digestmail.text import Phrase, one_line, words

if TYPE_CHECKING:
    from digestmail.relevance.features.terms import Terms
    from digestmail.search import Hits, Index, Query
    from digestmail.services.search_vectors import SearchVectors

log = logging.getLogger(__name__)

MOST_PAPERS = 250_000  # in the index, some 1 kB each; older ones are found by their key alone
MOST_RESULTS = 1_000  # of one search, best first
_LONGEST_NAME = 8  # words: more are no person's
_BATCH = 1_000  # papers read at a time
_NICENESS = 10  # of what runs in the background


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchPatience:
    """How long things take, in seconds, and how much is read.

    ``look``: between looks for new papers. ``catch_up``: between looks for papers that were
    embedded since. ``anew``: after which all is read again, since texts
    change, if seldom. ``first_index``: that a search waits for it. ``checked``: papers read to find
    a phrase in, for one page, ``batch`` at a time.
    """

    look: float = 3.0
    catch_up: float = 60.0
    anew: float = 24 * 3600.0
    first_index: float = 2.0
    checked: int = 400
    batch: int = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchRequest:
    """A search: ``text`` as it was typed, ``since`` when papers must have been first seen.

    ``strict``: only papers that have all of it.
    """

    text: str = ""
    category: str = ""
    since: datetime | None = None
    newest: bool = False
    strict: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchResults:
    """A part of the papers of a search. ``about``: whether ``total`` is an estimate from above.

    ``exact``: how many papers have all that the text asks for; they come first, and the nearest
    others after them. ``person``: whether the text is the name of an author of these papers.
    """

    papers: list[Paper] = field(default_factory=list)
    total: int = 0
    exact: int = 0
    about: bool = False
    person: bool = False
    marks: list[Phrase] = field(default_factory=list)


class SearchService:
    """Searches all papers of a store; safe to share between threads."""

    def __init__(
        self,
        store: Store,
        vectors: "SearchVectors | None" = None,
        *,
        monotonic: Callable[[], float] = time.monotonic,
        patience: SearchPatience | None = None,
    ) -> None:
        self._store = store
        self.vectors = vectors
        self._monotonic = monotonic
        self._patience = patience or SearchPatience()
        self._index: Index | None = None
        self._built = self._looked = self._caught_up = float("-inf")
        self._ready = threading.Event()
        self._stopping = threading.Event()
        self._following = threading.Lock()
        self._thread: threading.Thread | None = None
        self._starting = threading.Lock()

    # --- following the store ---

    def start(self) -> None:
        """Follow the store in the background, unless that is under way."""
        with self._starting:
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(
                    target=self._try_to_follow, name="search", daemon=True
                )
                self._thread.start()

    def finish(self) -> None:
        """Wait until what runs in the background is done."""
        with self._starting:
            if self._thread is not None:
                self._thread.join()

    def stop(self) -> None:
        """End what runs in the background, and wait for it."""
        self._stopping.set()
        self.finish()
        with self._following:
            self._stopping.clear()
        if self.vectors is not None:
            self.vectors.close()

    def _try_to_follow(self) -> None:
        _yield_to_others()
        try:
            self.follow()
        except Exception:
            log.exception("the search index could not be updated; will try again")

    def follow(self) -> int:
        """Bring the index up to date now; returns how many papers there are in it.

        The first time reads every paper, with the terms that are kept of it. Papers that are not
        embedded yet are found by their words.
        """
        from digestmail.search import Index

        with self._following:
            aged = self._monotonic() - self._built > self._patience.anew
            index = Index(MOST_PAPERS) if aged or self._index is None else self._index
            index.add(self._after(index.newest))
            if self.vectors is not None:
                self._caught_up = self._monotonic()
                self.vectors.catch_up()
            if not self._stopping.is_set():
                self._built = self._monotonic() if aged else self._built
                self._index = index
                self._ready.set()
            return len(index)

    def _after(self, newest: int) -> "Iterator[tuple[Paper, Terms]]":
        """Return the papers that came after one, with their terms; those lacking are computed and
        kept.
        """
        from digestmail.relevance import Features

        newest = max(newest, self._store.catalogue.newest() - MOST_PAPERS)
        while papers := self._store.catalogue.after(newest, _BATCH):
            features = Features(self._store.papers.features, self._store.papers.keep_features)
            if self.vectors is not None:
                self.vectors.read(papers)
            yield from zip(papers, features.terms(papers), strict=True)
            newest = papers[-1].stored_id
            if self._stopping.is_set():
                return

    def _current(self) -> "Index | None":
        """Return the index, a few seconds behind the store at most; None while the first one is
        made.
        """
        now = self._monotonic()
        if now - self._looked > self._patience.look:
            self._looked = now
            index = self._index
            aged = (
                now - self._built > self._patience.anew
                or now - self._caught_up > self._patience.catch_up
            )
            if index is None or aged or self._store.catalogue.newest() > index.newest:
                self.start()
        self._ready.wait(self._patience.first_index)
        return self._index

    # --- what pages show ---

    @property
    def state(self) -> tuple[int, int, int]:
        """Changes with what searches find."""
        index = self._index
        changes = self.vectors.changes if self.vectors else 0
        return (index.newest, len(index), changes) if index is not None else (0, 0, 0)

    @property
    def is_ready(self) -> bool:
        """Return whether there is an index."""
        return self._index is not None

    @property
    def bytes(self) -> int:
        """Return the memory that the index takes in each process; the vectors are shared by all."""
        return self._index.bytes if self._index is not None else 0

    @property
    def categories(self) -> dict[str, int]:
        """Return the categories that occur, most papers first."""
        index = self._current()
        return dict(index.categories) if index is not None else {}

    def named(self, text: str) -> Paper | None:
        """Return the stored paper that a text names by key, arXiv id, DOI or address."""
        try:
            key = key_from_reference(text)
        except InputError:
            return None
        paper = self._store.papers.by_keys([key]).get(key)
        return None if paper is None or paper.source == UPLOADS else paper

    def search(self, request: SearchRequest, first: int, size: int) -> SearchResults:
        """Return the papers number ``first`` (from 0) to ``first + size`` of a search.

        StoreError while the first index is made, unless the request is only some words: nothing
        else can tell which papers are of a category or have all of it.
        """
        from digestmail.search import parsed, written_by

        query = parsed(request.text)
        if query.is_empty and not query.excluded and request.text.strip():
            return SearchResults()
        hits = self._hits(query, request)
        name = one_line(request.text).strip('"“” ')
        results = self._page(query, hits, first, size)
        is_short = len(name.split()) <= _LONGEST_NAME
        person = is_short and any(written_by(paper, name) for paper in results.papers)
        return replace(results, person=person, marks=query.marks)

    def _hits(self, query: "Query", request: SearchRequest) -> "Hits":
        from digestmail.search import Hits

        index = self._current()
        if index is None:
            is_plain = not (query.is_strict or query.excluded)
            if not is_plain or request.strict or request.category or request.since:
                raise StoreError("the search index is being built; try again in a moment")
            plain = [word.plain for word in words(request.text)]
            ids = self._store.catalogue.holding(plain, MOST_RESULTS)
            return Hits(ids, len(ids), len(ids))
        return index.search(
            query,
            limit=MOST_RESULTS,
            category=request.category,
            since=request.since,
            newest=request.newest,
            strict=request.strict,
            similarity=self.vectors.similarity(query.texts) if self.vectors else None,
        )

    def _page(self, query: "Query", hits: "Hits", first: int, size: int) -> SearchResults:
        """Return the papers of a page, and how many there are.

        Whether phrases stand in a paper is told by its text alone, so texts are read, best first,
        until there are enough papers that hold them.
        """
        if not query.is_exact:
            papers = self._papers(hits.ids[first : first + size])
            return SearchResults(papers=papers, total=hits.total, exact=hits.exact)
        suiting: list[Paper] = []
        exact = read = 0
        exact_ids = set(hits.ids[: hits.exact])
        chosen = self._patience
        while read < min(len(hits.ids), chosen.checked) and len(suiting) <= first + size:
            papers = self._papers(hits.ids[read : read + chosen.batch])
            checked = [p for p in papers if _suits(p, query, is_near=p.id not in exact_ids)]
            exact += sum(paper.id in exact_ids for paper in checked)
            suiting += checked
            read += chosen.batch
        papers = suiting[first : first + size]
        if read >= hits.total:
            return SearchResults(papers=papers, total=len(suiting), exact=exact)
        exact = exact if read >= hits.exact else hits.exact
        return SearchResults(papers=papers, total=hits.total, exact=exact, about=True)

    def similar(self, paper: Paper, limit: int) -> list[Paper]:
        """Return the papers most like a stored one, most like it first."""
        from digestmail.relevance import Features

        index = self._current()
        if index is None or not paper.id:
            return []
        (terms,) = Features(self._store.papers.features).terms([paper])
        similarity = self.vectors.similarity_to(paper) if self.vectors else None
        return self._papers(index.similar(paper.id, terms, limit, similarity))

    def _papers(self, ids: Sequence[int]) -> list[Paper]:
        stored = self._store.papers.by_ids(ids)
        return [stored[paper_id] for paper_id in ids if paper_id in stored]


def _suits(paper: Paper, query: "Query", *, is_near: bool) -> bool:
    """Return whether a paper matches a query to the letter, or has what one that is
    near must have.
    """
    from digestmail.search import matches

    if any(matches(paper, expression) for expression in query.excluded):
        return False
    if is_near:
        return all(matches(paper, expression) for expression in query.required)
    alternatives = query.alternatives
    return not alternatives or any(matches(paper, e) for e in alternatives)


def _yield_to_others() -> None:
    """Let whoever waits for a page go before this thread, where the system can."""
    if sys.platform == "linux":
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICENESS)
