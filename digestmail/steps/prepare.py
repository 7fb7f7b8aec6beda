"""Step 2: score what is new and store each due digest with its delivery.

Subscribers are taken in blocks; a block's plans are recorded in one transaction that passes over
whatever another process has done meanwhile. So preparing twice, or in two processes, is safe.
"""

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfoNotFoundError

from digestmail.domain import (
    Digest,
    Feedback,
    Paper,
    Profile,
    Score,
    Scorer,
    ScorerFactory,
    SkipReason,
    Subscriber,
)
from digestmail.steps.plan import (
    Due,
    Known,
    Window,
    digest_of,
    due,
    due_on,
    interest_of,
    skipped,
)
from digestmail.store import Planned, Store

log = logging.getLogger(__name__)

BLOCK = 8192  # subscribers planned at a time: some 100 MB with their profiles and scores


@dataclass(frozen=True, slots=True)
class PrepareRules:
    """``window``: how long papers are news. ``latest``: how late a digest may still go."""

    window: timedelta = timedelta(days=8)
    latest: timedelta = timedelta(hours=12)


@dataclass(slots=True)
class Prepared:
    """What a run of prepare stored: digests to mail, and others by the reason."""

    digests: int = 0
    papers: int = 0
    waiting: int = 0  # due, but without any new paper while a source may still bring some
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
    """Plans digests on what is news at one moment; the papers are read and vectorised once."""

    def __init__(
        self, store: Store, make_scorer: ScorerFactory, rules: PrepareRules, now: datetime
    ) -> None:
        self._store = store
        self._make_scorer = make_scorer
        self._rules = rules
        self._now = now
        self._scorer: Scorer | None = None
        self._window = Window((), now, now)
        self._positions: dict[int, int] = {}

    def plan(self, subscribers: Sequence[Subscriber], day: date | None = None) -> list[Planned]:
        """Plans for subscribers whose time has come, or for a given date; stores nothing."""
        owed = [(s, what) for s in subscribers if (what := self._due(s, day)) is not None]
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
            log.exception("subscriber %s cannot be served; edit their schedule", subscriber.id)
            return None

    def _planned(self, subscriber: Subscriber, what: Due, digest: Digest | None) -> Planned:
        digests = [skipped(subscriber, slot, self._now, SkipReason.MISSED) for slot in what.missed]
        if digest is not None:
            digests.append(digest)
        elif what.serve is not None:
            digests.append(skipped(subscriber, what.serve, self._now, SkipReason.TOO_LATE))
        return Planned(
            subscriber_id=subscriber.id or 0,
            address=subscriber.email,
            digests=tuple(digests),
            was_due_at=subscriber.next_due_at,
            next_due_at=what.next_due_at,
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
        return {
            s.id or 0: digest_of(s, slot, scored.get(s.id, []), self._window, self._now)
            for s in subscribers
            if (slot := owed[s.id].serve)
        }

    def _ready(self) -> Scorer:
        if self._scorer is None:
            since = self._now - self._rules.window
            papers = self._store.papers.seen_after(since)
            self._window = Window(papers, since, self._now)
            self._positions = {paper.id or 0: place for place, paper in enumerate(papers)}
            self._scorer = self._make_scorer(papers)
        return self._scorer

    def _known(self, subscribers: Sequence[Subscriber]) -> Known:
        ids = [s.id for s in subscribers if s.id is not None]
        feedback: dict[int, list[Feedback]] = {}
        for given in self._store.subscribers.feedback(ids):
            feedback.setdefault(given.subscriber_id, []).append(given)
        spoken_of = {given.paper_id for some in feedback.values() for given in some}
        seeds = {key for s in subscribers for p in s.profiles for key in p.seed_papers}
        by_key: dict[str, Paper] = self._store.papers.by_keys(seeds) if seeds else {}
        return Known(
            shown=self._store.digests.shown(ids, self._window.since),
            feedback=feedback,
            by_id=self._store.papers.by_ids(spoken_of) if spoken_of else {},
            by_key=by_key,
        )


def prepare(
    store: Store,
    planner: Planner,
    now: datetime,
    *,
    day: date | None = None,
    progress: Callable[[int], None] = lambda _: None,
) -> Prepared:
    """Plan and store the digests of all subscribers who are due, or everyone's of one date.

    While a source may still bring papers, "no new papers" is no answer: who would be told so
    stays due, until the papers come or it is too late.
    """
    prepared, done = Prepared(), 0
    unsettled = store.sources.may_bring_more(now)
    for block in due_blocks(store, now, day):
        plans = planner.plan(block, day)
        ready = [plan for plan in plans if not (unsettled and _lacks_papers(plan))]
        prepared.waiting += len(plans) - len(ready)
        prepared.count(store.digests.record(ready))
        done += len(block)
        progress(done)
    return prepared


def _lacks_papers(plan: Planned) -> bool:
    return bool(plan.digests) and plan.digests[-1].skip is SkipReason.NO_PAPERS


def due_blocks(store: Store, now: datetime, day: date | None) -> Iterator[list[Subscriber]]:
    """The subscribers to plan for, in blocks; with ``day`` those who lack that day's digest."""
    after = 0
    limit = None if day is not None else now
    while block := store.subscribers.active(after=after, limit=BLOCK, due=limit):
        after = max(s.id or 0 for s in block)
        if day is not None:
            there = store.digests.dates([s.id or 0 for s in block], day)
            block = [s for s in block if (s.id or 0, day) not in there]
        if block:
            yield block
