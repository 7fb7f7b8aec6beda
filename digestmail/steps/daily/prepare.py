"""Step 2: score what is new and store each due digest with its delivery.

Subscribers are taken in blocks; a block's plans are recorded in one transaction that passes over
whatever another process has done meanwhile. So preparing twice, or in two processes, is safe.
"""

import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfoNotFoundError

from digestmail.domain import (
    EMPTY_DAYS,
    DampedPaper,
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
    FEEDBACK_WEIGHTS,
    Due,
    ReadingHistory,
    Window,
    digest_of,
    due_first,
    due_now,
    due_on,
    due_unreadable,
    interest_of,
    is_judged,
    known_papers,
    may_wait,
    merged,
    skipped,
    with_nearest,
    with_new_versions,
)
from digestmail.steps.daily.trending import PARAMETERS as TRENDING
from digestmail.steps.daily.trending import (
    DigestSpan,
    TrendingPaper,
    TrendingRankings,
    personal_interest,
    span_of,
    with_trending,
)
from digestmail.steps.subscribers.seed_papers import examples
from digestmail.store import DigestPlan, Store

log = logging.getLogger(__name__)

BACKGROUND = 10_000  # papers beside the news, to learn from what is common and not asked for
_NEAREST = 3  # papers shown on a day below the threshold
_NEW_VERSIONS = 5  # of saved papers, told in one mail; more wait for the next
BLOCK = 8192  # subscribers planned at a time: some 100 MB with their profiles and scores


class Share(NamedTuple):
    """One of ``of`` equal shares of the subscribers, by their ids; ``number`` counts from 0."""

    number: int = 0
    of: int = 1


ALL = Share()


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

    def add(self, other: "PrepareReport") -> None:
        """Add the report of another process."""
        self.digests += other.digests
        self.papers += other.papers
        self.waiting += other.waiting
        for reason, count in other.skipped.items():
            self.skipped[reason] = self.skipped.get(reason, 0) + count


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
        self._rankings: TrendingRankings | None = None

    def plan(self, subscribers: Sequence[Subscriber], day: date | None = None) -> list[DigestPlan]:
        """Return plans for subscribers whose time has come, or for a date; store nothing."""
        dues = [(s, due) for s in subscribers if (due := self._due(s, day)) is not None]
        on_request = day is not None
        owed = [(s, due) for s, due in dues if not self._waits(s, due, on_request=on_request)]
        self.waiting += len(dues) - len(owed)
        to_serve = [s for s, due in owed if due.serve and not due.late]
        digests = self._digests(to_serve, {s.id: due for s, due in owed})
        return [
            self._planned(s, due, digests.get(s.stored_id), on_request=on_request)
            for s, due in owed
        ]

    def _due(self, subscriber: Subscriber, day: date | None) -> Due | None:
        try:
            if day is not None:
                return due_on(subscriber, day, self._now)
            if subscriber.awaits_first_digest:
                return due_first(subscriber, self._now)
            return due_now(subscriber, self._now, self._rules.latest)
        except (ZoneInfoNotFoundError, ValueError, OverflowError):
            # Such as a zone this machine does not know. The others must get theirs.
            log.warning(
                "subscriber %s cannot get a digest: time zone %r, hour %d; install the time zone "
                "data (package tzdata), or run: digestmail subscriber edit",
                subscriber.id,
                subscriber.schedule.timezone,
                subscriber.schedule.hour,
            )
            return None if day is not None else due_unreadable(subscriber, self._now)

    def _waits(self, subscriber: Subscriber, due: Due, *, on_request: bool) -> bool:
        """Return whether to hold a digest back; on request only while there is no paper."""
        if (
            subscriber.awaits_first_digest
            or not self._patient
            or not may_wait(subscriber, due, self._now)
        ):
            return False
        if self._outlook.holds and not on_request:
            return True
        return self._outlook.unsettled and not self._has_news(subscriber)

    def _has_news(self, subscriber: Subscriber) -> bool:
        self._ready()
        return self._window.unjudged(subscriber) > 0

    def _planned(
        self, subscriber: Subscriber, due: Due, digest: Digest | None, *, on_request: bool
    ) -> DigestPlan:
        digests = [skipped(subscriber, slot, self._now, due.reason) for slot in due.missed]
        if digest is not None:
            digests.append(digest)
        elif due.serve is not None:
            digests.append(skipped(subscriber, due.serve, self._now, SkipReason.TOO_LATE))
        return DigestPlan(
            subscriber_id=subscriber.stored_id,
            address=subscriber.email,
            digests=tuple(digests),
            was_due_at=subscriber.next_due_at,
            releases=subscriber.releases,
            next_due_at=due.next_due_at,
            send_empty=_sends_empty(subscriber),
            awaits_first_digest=subscriber.awaits_first_digest and on_request,
        )

    def _digests(
        self, subscribers: Sequence[Subscriber], owed: dict[int | None, Due]
    ) -> dict[int, Digest]:
        if not subscribers:
            return {}
        scorer = self._ready()
        known = self._known(subscribers)
        judged = [
            (s, interest)
            for s in subscribers
            for profile in s.profiles
            if is_judged(interest := self._interest(s, profile, known))
        ]
        pairs = [(s, interest.profile) for s, interest in judged]
        interests = [interest for _, interest in judged]
        scores = scorer.score(interests)
        scored: dict[int | None, list[tuple[Profile, Sequence[Score]]]] = {}
        for (subscriber, profile), profile_scores in zip(pairs, scores, strict=True):
            scored.setdefault(subscriber.id, []).append((profile, profile_scores))
        digests = [
            digest_of(s, slot, items, self._window, self._outlook, self._now)
            for s in subscribers
            if (slot := owed[s.id].serve)
            for items in [self._items(s, scored.get(s.id, []), known)]
        ]
        nearest = self._nearest(scorer, pairs, interests, digests)
        versions = self._store.saved.new_versions([s.stored_id for s in subscribers])
        sends_empty = {s.stored_id for s in subscribers if _sends_empty(s)}
        for at, digest in enumerate(digests):
            number = digest.subscriber_id
            digest = with_nearest(digest, nearest.get(number, ()))
            if digest.skip is None or (digest.skip in EMPTY_DAYS and number in sends_empty):
                digest = with_new_versions(digest, versions.get(number, ()), _NEW_VERSIONS)
            digests[at] = digest
        return {digest.subscriber_id: digest for digest in digests}

    def _interest(self, s: Subscriber, profile: Profile, known: ReadingHistory) -> Interest:
        return personal_interest(interest_of(s, profile, self._window, self._positions, known))

    def trending(self, subscriber: Subscriber, profile: Profile) -> list[TrendingPaper]:
        """Return the trending papers of a profile, the best first, known to its reader or not."""
        return list(self._trending().of(profile, self._span(subscriber)))

    def _span(self, subscriber: Subscriber) -> DigestSpan:
        weekly = subscriber.schedule.is_weekly
        return span_of(subscriber.papers_since, self._now, is_weekly=weekly)

    def _items(
        self,
        subscriber: Subscriber,
        scored: Sequence[tuple[Profile, Sequence[Score]]],
        known: ReadingHistory,
    ) -> tuple[DigestItem, ...]:
        """Return the papers of a digest: what its profiles picked, then the trending ones."""
        items = merged(scored, self._window.papers)
        profiles = [profile for profile in subscriber.profiles if profile.trending]
        if not profiles:
            return items
        blocked = known_papers(subscriber, self._positions, known)
        papers = self._window.papers
        span = self._span(subscriber)
        return with_trending(items, profiles, self._trending(), papers, span, blocked)

    def _trending(self) -> TrendingRankings:
        """Return the rankings of the run; who liked and saved papers is read once."""
        if self._rankings is None:
            scorer, since = self._ready(), self._now - TRENDING.window
            readers = self._store.feedback.readers(since, TRENDING.least_readers)
            papers = self._window.papers
            self._rankings = TrendingRankings(
                papers, readers, self._now, scorer.permitted, scorer.central
            )
        return self._rankings

    def _nearest(
        self,
        scorer: Scorer,
        pairs: Sequence[tuple[Subscriber, Profile]],
        interests: Sequence[Interest],
        digests: Sequence[Digest],
    ) -> dict[int, tuple[DigestItem, ...]]:
        """Return the nearest papers of those who want them on a day below the threshold."""
        below = {d.subscriber_id: d for d in digests if d.skip is SkipReason.BELOW_THRESHOLD}
        wide = [
            (s, p, replace(i, profile=replace(p, threshold=0.0, max_papers=_NEAREST)))
            for (s, p), i in zip(pairs, interests, strict=True)
            if s.id in below and _sends_empty(s)
        ]
        scored: dict[int, list[tuple[Profile, Sequence[Score]]]] = {}
        for (s, p, _), scores in zip(wide, scorer.score([i for *_, i in wide]), strict=True):
            scored.setdefault(s.stored_id, []).append((p, scores))
        papers = self._window.papers
        return {s: merged(scores, papers)[:_NEAREST] for s, scores in scored.items()}

    def interests(self, subscriber: Subscriber) -> tuple[Any, list[Interest]]:
        """Return what scores the papers that are news, and what a subscriber asks of it."""
        scorer, known = self._ready(), self._known([subscriber])
        return scorer, [self._interest(subscriber, p, known) for p in subscriber.profiles]

    def _ready(self) -> Scorer:
        if self._scorer is None:
            since = self._now - self._rules.window
            news = self._store.papers.news(since)
            papers = [paper for _, paper in news]
            self._window = Window(papers, since, self._now, [arrival for arrival, _ in news])
            self._positions = {paper.stored_id: place for place, paper in enumerate(papers)}
            older = self._store.papers.before(since, BACKGROUND)
            background = [paper for paper in older if paper.id not in self._positions]
            self._scorer = self._make_scorer(papers, background)
        return self._scorer

    def _known(self, subscribers: Sequence[Subscriber]) -> ReadingHistory:
        ids = [s.id for s in subscribers if s.id is not None]
        feedback: dict[int, list[Feedback]] = {}
        for verdict in self._store.feedback.of(ids):
            feedback.setdefault(verdict.subscriber_id, []).append(verdict)
        damped: dict[int, list[DampedPaper]] = {}
        for paper in self._store.damped.of(ids, self._now - FEEDBACK_WEIGHTS.damped_lifetime):
            damped.setdefault(paper.subscriber_id, []).append(paper)
        judged = {verdict.paper_id for verdicts in feedback.values() for verdict in verdicts}
        judged |= {paper.paper_id for papers in damped.values() for paper in papers}
        return ReadingHistory(
            papers_shown=self._store.digests.shown(ids, self._window.since),
            feedback=feedback,
            damped=damped,
            by_id=self._store.papers.by_ids(judged) if judged else {},
            by_key=examples(self._store, subscribers),
        )


def _sends_empty(subscriber: Subscriber) -> bool:
    """Return whether a digest without papers is mailed: the first one always is, as it awaited."""
    return subscriber.schedule.send_empty or subscriber.awaits_first_digest


def prepare(
    store: Store,
    planner: Planner,
    now: datetime,
    *,
    day: date | None = None,
    progress: Callable[[int], None] = lambda _: None,
    stop: threading.Event | None = None,
    at_once: int = BLOCK,
    share: Share = ALL,
) -> PrepareReport:
    """Plan and store the digests of all subscribers who are due, or everyone's of one date.

    Who waits for late papers stays due, until they come or the subscriber's latest hour; so does
    everyone else once ``stop`` is set.
    """
    report, planned = PrepareReport(), 0
    for block in due_blocks(store, now, day, at_once, share):
        if stop is not None and stop.is_set():
            break
        report.count(store.digests.record(planner.plan(block, day)))
        report.waiting = planner.waiting
        planned += len(block)
        progress(planned)
    return report


def due_blocks(
    store: Store, now: datetime, day: date | None, size: int = BLOCK, share: Share = ALL
) -> Iterator[list[Subscriber]]:
    """Yield blocks of subscribers to plan for; with ``day`` those who lack that day's digest."""
    after = 0
    limit = None if day is not None else now
    while block := store.subscribers.active(after=after, limit=size, due=limit, share=share):
        after = max(s.stored_id for s in block)
        if day is not None:
            prepared = store.digests.dates([s.stored_id for s in block], day)
            block = [s for s in block if (s.stored_id, day) not in prepared]
        if block:
            yield block
