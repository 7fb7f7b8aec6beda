"""Step 2: score what is new and store each due digest with its delivery.

Subscribers are taken in blocks; a block's plans are recorded in one transaction that passes over
whatever another process has done meanwhile. So preparing twice, or in two processes, is safe.
"""

import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfoNotFoundError

from digestmail.domain import (
    Digest,
    DigestItem,
    Feedback,
    Interest,
    Profile,
    Score,
    Scorer,
    ScorerFactory,
    SkipReason,
    Subscriber,
)
from digestmail.steps.daily.batches import outlook
from digestmail.steps.daily.plan import (
    Due,
    ReadingHistory,
    Window,
    digest_of,
    due,
    due_on,
    due_unreadable,
    interest_of,
    may_wait,
    merged,
    nearest_note,
    skipped,
)
from digestmail.steps.subscribers.seed_papers import examples
from digestmail.store import Planned, Store

log = logging.getLogger(__name__)

BACKGROUND = 10_000  # papers beside the news, to learn from what is common and not asked for
_NEAREST = 3  # papers told of on a day below the threshold
BLOCK = 8192  # subscribers planned at a time: some 100 MB with their profiles and scores


@dataclass(frozen=True, slots=True)
class PrepareRules:
    """``window``: how long papers are news. ``latest``: how late a digest may still go."""

    window: timedelta = timedelta(days=8)
    latest: timedelta = timedelta(hours=12)


@dataclass(slots=True)
class PrepareReport:
    """What a run of prepare stored: digests to mail, and others by the reason."""

    digests: int = 0
    papers: int = 0
    waiting: int = 0  # due, but held back for papers that are late
    skipped: dict[SkipReason, int] = field(default_factory=dict)

    def count(self, digests: Sequence[Digest]) -> None:
        """Add the digests of one block."""
        for digest in digests:
            if digest.skip is None:
                self.digests += 1
                self.papers += len(digest.items)
            else:
                self.skipped[digest.skip] = self.skipped.get(digest.skip, 0) + 1


class Planner:
    """Plans digests on what is news at one moment; the papers are read and vectorised once.

    ``patient``: whether those who may wait for late papers do.
    """

    def __init__(
        self,
        store: Store,
        make_scorer: ScorerFactory,
        rules: PrepareRules,
        now: datetime,
        *,
        patient: bool = True,
    ) -> None:
        self._store = store
        self._make_scorer = make_scorer
        self._rules = rules
        self._now = now
        self._outlook = outlook(store, now)
        self._patient = patient
        self.waiting = 0  # who was due and is held back
        self._scorer: Scorer | None = None
        self._window = Window((), now, now)
        self._positions: dict[int, int] = {}

    def plan(self, subscribers: Sequence[Subscriber], day: date | None = None) -> list[Planned]:
        """Plans for subscribers whose time has come, or for a given date; stores nothing."""
        every = [(s, what) for s in subscribers if (what := self._due(s, day)) is not None]
        owed = [(s, w) for s, w in every if not self._waits(s, w, asked_for=day is not None)]
        self.waiting += len(every) - len(owed)
        to_serve = [s for s, what in owed if what.serve and not what.late]
        digests = self._digests(to_serve, {s.id: what for s, what in owed})
        return [self._planned(s, what, digests.get(s.id or 0)) for s, what in owed]

    def _due(self, subscriber: Subscriber, day: date | None) -> Due | None:
        try:
            if day is not None:
                return due_on(subscriber, day, self._now)
            return due(subscriber, self._now, self._rules.latest)
        except (ZoneInfoNotFoundError, ValueError, OverflowError):
            # Such as a zone this machine does not know. The others must get theirs.
            log.warning(
                "subscriber %s cannot be served: time zone %r, hour %d; install the time zone data "
                "(package tzdata), or run: digestmail subscriber edit",
                subscriber.id,
                subscriber.schedule.timezone,
                subscriber.schedule.hour,
            )
            return None if day is not None else due_unreadable(subscriber, self._now)

    def _waits(self, subscriber: Subscriber, what: Due, *, asked_for: bool) -> bool:
        """Whether to hold a digest back; one that is asked for only while there is no paper."""
        if not self._patient or not may_wait(subscriber, what, self._now):
            return False
        if self._outlook.holds and not asked_for:
            return True
        return self._outlook.unsettled and not self._has_news(subscriber)

    def _has_news(self, subscriber: Subscriber) -> bool:
        self._ready()
        return self._window.unjudged(subscriber) > 0

    def _planned(self, subscriber: Subscriber, what: Due, digest: Digest | None) -> Planned:
        digests = [skipped(subscriber, slot, self._now, what.reason) for slot in what.missed]
        if digest is not None:
            digests.append(digest)
        elif what.serve is not None:
            digests.append(skipped(subscriber, what.serve, self._now, SkipReason.TOO_LATE))
        return Planned(
            subscriber_id=subscriber.id or 0,
            address=subscriber.email,
            digests=tuple(digests),
            was_due_at=subscriber.next_due_at,
            releases=subscriber.releases,
            next_due_at=what.next_due_at,
            send_empty=subscriber.schedule.send_empty,
        )

    def _digests(
        self, subscribers: Sequence[Subscriber], owed: dict[int | None, Due]
    ) -> dict[int, Digest]:
        if not subscribers:
            return {}
        scorer = self._ready()
        known = self._known(subscribers)
        pairs = [(s, p) for s in subscribers for p in s.profiles if not p.is_empty]
        interests = [
            interest_of(s, profile, self._window, self._positions, known) for s, profile in pairs
        ]
        scores = scorer.score(interests)
        scored: dict[int | None, list[tuple[Profile, Sequence[Score]]]] = {}
        for (subscriber, profile), mine in zip(pairs, scores, strict=True):
            scored.setdefault(subscriber.id, []).append((profile, mine))
        digests = [
            digest_of(s, slot, scored.get(s.id, []), self._window, self._outlook, self._now)
            for s in subscribers
            if (slot := owed[s.id].serve)
        ]
        told = self._nearest(scorer, pairs, interests, digests)
        return {
            d.subscriber_id: replace(d, note=told.get(d.subscriber_id, d.note)) for d in digests
        }

    def _nearest(
        self,
        scorer: Scorer,
        pairs: Sequence[tuple[Subscriber, Profile]],
        interests: Sequence[Interest],
        digests: Sequence[Digest],
    ) -> dict[int, str]:
        """For those who want to be told of a day below their threshold: what came nearest."""
        below = {d.subscriber_id: d for d in digests if d.skip is SkipReason.BELOW_THRESHOLD}
        asked = [
            (s, p, replace(i, profile=replace(p, threshold=0.0, max_papers=_NEAREST)))
            for (s, p), i in zip(pairs, interests, strict=True)
            if s.id in below and s.schedule.send_empty
        ]
        found: dict[int, list[tuple[Profile, Sequence[Score]]]] = {}
        for (s, p, _), scores in zip(asked, scorer.score([i for *_, i in asked]), strict=True):
            found.setdefault(s.id or 0, []).append((p, scores))
        return {who: self._told(below[who], scored) for who, scored in found.items()}

    def _told(self, digest: Digest, scored: list[tuple[Profile, Sequence[Score]]]) -> str:
        nearest: Sequence[DigestItem] = merged(scored, self._window.papers)[:_NEAREST]
        return f"{nearest_note(nearest)} {digest.note}".strip()

    def interests(self, subscriber: Subscriber) -> tuple[Any, list[Interest]]:
        """What scores the papers that are news, and what a subscriber asks of it."""
        scorer, known = self._ready(), self._known([subscriber])
        return scorer, [
            interest_of(subscriber, profile, self._window, self._positions, known)
            for profile in subscriber.profiles
        ]

    def _ready(self) -> Scorer:
        if self._scorer is None:
            since = self._now - self._rules.window
            news = self._store.papers.news(since)
            papers = [paper for _, paper in news]
            self._window = Window(papers, since, self._now, [arrival for arrival, _ in news])
            self._positions = {paper.id or 0: place for place, paper in enumerate(papers)}
            older = self._store.papers.before(since, BACKGROUND)
            background = [paper for paper in older if paper.id not in self._positions]
            self._scorer = self._make_scorer(papers, background)
        return self._scorer

    def _known(self, subscribers: Sequence[Subscriber]) -> ReadingHistory:
        ids = [s.id for s in subscribers if s.id is not None]
        feedback: dict[int, list[Feedback]] = {}
        for given in self._store.feedback.of(ids):
            feedback.setdefault(given.subscriber_id, []).append(given)
        spoken_of = {given.paper_id for some in feedback.values() for given in some}
        return ReadingHistory(
            shown=self._store.digests.shown(ids, self._window.since),
            feedback=feedback,
            by_id=self._store.papers.by_ids(spoken_of) if spoken_of else {},
            by_key=examples(self._store, subscribers),
        )


def prepare(
    store: Store,
    planner: Planner,
    now: datetime,
    *,
    day: date | None = None,
    progress: Callable[[int], None] = lambda _: None,
    stop: threading.Event | None = None,
    at_once: int = BLOCK,
) -> PrepareReport:
    """Plan and store the digests of all subscribers who are due, or everyone's of one date.

    Who waits for late papers stays due, until they come or the subscriber's latest hour; so does
    everyone else once ``stop`` is set.
    """
    prepared, done = PrepareReport(), 0
    for block in due_blocks(store, now, day, at_once):
        if stop is not None and stop.is_set():
            break
        prepared.count(store.digests.record(planner.plan(block, day)))
        prepared.waiting = planner.waiting
        done += len(block)
        progress(done)
    return prepared


def due_blocks(
    store: Store, now: datetime, day: date | None, size: int = BLOCK
) -> Iterator[list[Subscriber]]:
    """The subscribers to plan for, in blocks; with ``day`` those who lack that day's digest."""
    after = 0
    limit = None if day is not None else now
    while block := store.subscribers.active(after=after, limit=size, due=limit):
        after = max(s.id or 0 for s in block)
        if day is not None:
            there = store.digests.dates([s.id or 0 for s in block], day)
            block = [s for s in block if (s.id or 0, day) not in there]
        if block:
            yield block
