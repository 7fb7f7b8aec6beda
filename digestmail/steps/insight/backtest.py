"""Replaying past digests: what feedback says of other settings than those in use.

Each digest of the last days is scored again on the papers that were news then, with only the
feedback that was there when it was prepared, and compared with what its reader said later. Papers,
profiles and the model are those of today. Subscribers who never judged a paper are left out.
"""

from bisect import bisect_right
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from operator import attrgetter

from digestmail.domain import (
    Digest,
    Feedback,
    Interest,
    Paper,
    Profile,
    Score,
    ScorerFactory,
    Subscriber,
    Verdict,
)
from digestmail.evaluation.calibration import Calibration, calibration
from digestmail.steps.daily.plan import ReadingHistory, Window, interest_of
from digestmail.steps.daily.prepare import BACKGROUND
from digestmail.steps.insight.metrics import (
    SETTINGS,
    Day,
    Offers,
    Replayed,
    Setting,
    Tally,
    explores,
    measured,
    total,
)
from digestmail.steps.subscribers.seed_papers import examples
from digestmail.store import Store
from digestmail.store.uploads import own_key


@dataclass(frozen=True, slots=True)
class Backtest:
    """What a replay found. ``readers``: the subscribers who judged a paper at any time."""

    readers: int
    days: tuple[Day, ...]

    @property
    def sent(self) -> Tally:
        """Return what was really sent."""
        return total(day.sent for day in self.days)

    @property
    def settings(self) -> dict[Setting, Tally]:
        """Return what each setting would have given."""
        return {each: total(day.settings[each] for day in self.days) for each in SETTINGS}

    @property
    def calibration(self) -> Calibration:
        """Return the calibration of the papers that were judged; days count as independent."""
        return calibration(day.points for day in self.days)


@dataclass(frozen=True, slots=True)
class _Reader:
    """A subscriber who gave feedback, with their past."""

    subscriber: Subscriber
    feedback: Sequence[Feedback]
    digests: Mapping[date, Digest]  # those to replay
    shown_on: Mapping[int, date]  # paper id -> of the digest that brought it

    @property
    def profiles(self) -> list[Profile]:
        """Return those that papers can be judged by."""
        return [profile for profile in self.subscriber.profiles if not profile.is_empty]


def replay(
    store: Store,
    make_scorer: ScorerFactory,
    *,
    since: date,
    now: datetime,
    window: timedelta,
    progress: Callable[[int], None] = lambda _: None,
) -> Backtest:
    """Replay the digests of the local dates from ``since`` on; stores nothing.

    ``window``: how long papers are news, as for ``prepare``. ``progress`` is called with the
    number of dates done.
    """
    readers = _readers(store, since, now, window)
    past = _Replay(store, make_scorer, readers, window)
    days: list[Day] = []
    for day in sorted({day for reader in readers for day in reader.digests}):
        days.append(measured(day, past.day(day)))
        progress(len(days))
    return Backtest(len(readers), tuple(days))


def _readers(store: Store, since: date, now: datetime, window: timedelta) -> list[_Reader]:
    subscribers = {s.stored_id: s for s in store.subscribers.all()}
    feedback: dict[int, list[Feedback]] = {}
    for verdict in store.feedback.of(subscribers):
        feedback.setdefault(verdict.subscriber_id, []).append(verdict)
    # One digest a date at most; the days before tell what had been shown, the last is tomorrow's.
    days = (now.date() - since + window).days + 2
    shown_papers = store.digests.shown(list(feedback), now - timedelta(days=days) - window)
    readers = []
    for subscriber_id, verdicts in feedback.items():
        digests = store.digests.of_subscriber(subscriber_id, limit=days)
        shown_on = _shown_on(digests, shown_papers.get(subscriber_id, set()))
        replayed = {d.date: d for d in digests if d.date >= since and _went(d, shown_on)}
        readers.append(_Reader(subscribers[subscriber_id], verdicts, replayed, shown_on))
    return readers


def _shown_on(digests: Iterable[Digest], papers: Collection[int]) -> dict[int, date]:
    """Return when each paper was shown last: one of a digest that never went may come again."""
    in_order = sorted(digests, key=lambda digest: digest.date)
    return {
        item.paper.stored_id: digest.date
        for digest in in_order
        for item in digest.items
        if item.paper.id in papers
    }


def _went(digest: Digest, shown_on: Mapping[int, date]) -> bool:
    """Return whether a digest was made of papers, and its papers were not given back."""
    if digest.papers_from is None or digest.papers_until is None:
        return False
    is_latest = [shown_on.get(item.paper.stored_id) == digest.date for item in digest.items]
    return not is_latest or any(is_latest)


class _Replay:
    """The papers of all dates, read once, and what all readers speak of."""

    def __init__(
        self,
        store: Store,
        make_scorer: ScorerFactory,
        readers: Sequence[_Reader],
        window: timedelta,
    ) -> None:
        self._store, self._make_scorer, self._window = store, make_scorer, window
        self._readers = readers
        digests = [digest for reader in readers for digest in reader.digests.values()]
        self._papers = store.papers.seen_after(_opens(digests, window)) if digests else []
        self._by_key = examples(store, [reader.subscriber for reader in readers])
        self._by_id = store.papers.by_ids({f.paper_id for r in readers for f in r.feedback})

    def day(self, day: date) -> list[Replayed]:
        """Score the digests of one date again, all at once."""
        pairs = [(reader, reader.digests[day]) for reader in self._readers if day in reader.digests]
        opens = _opens([digest for _, digest in pairs], self._window)
        closes = max(digest.papers_until for _, digest in pairs if digest.papers_until)
        papers = self._papers[_place(self._papers, opens) : _place(self._papers, closes)]
        views = [_View(reader, digest, papers) for reader, digest in pairs]
        learnt = [i for view in views for i in view.interests(self._known(view))]
        unlearnt = [replace(i, liked=(), disliked=(), weights=()) for i in learnt]
        scorer = self._make_scorer(papers, self._store.papers.before(opens, BACKGROUND))
        scores = iter(scorer.score([*learnt, *unlearnt]))
        offers = [view.offers(scores) for view in views]
        return [v.replayed(offer, v.offers(scores)) for v, offer in zip(views, offers, strict=True)]

    def _known(self, view: "_View") -> ReadingHistory:
        """Return what was known of a reader when a digest was prepared."""
        reader, subscriber_id = view.reader, view.reader.subscriber.stored_id
        verdicts = [v for v in reader.feedback if v.given_at < view.digest.prepared_at]
        named = {key for profile in reader.profiles for key in profile.seed_papers}
        seeds = named | {own_key(subscriber_id, key) for key in named}
        by_key = {key: self._by_key[key] for key in seeds & self._by_key.keys()}
        # A paper that this digest or a later one brought was no seed yet.
        earlier = {key: p for key, p in by_key.items() if not view.is_later(p.stored_id)}
        return ReadingHistory(
            {subscriber_id: view.elsewhere}, {subscriber_id: verdicts}, self._by_id, earlier
        )


class _View:
    """One digest among the papers that are scored on its date."""

    def __init__(self, reader: _Reader, digest: Digest, papers: Sequence[Paper]) -> None:
        assert digest.papers_from is not None  # noqa: S101 - see _went
        assert digest.papers_until is not None  # noqa: S101
        self.reader, self.digest = reader, digest
        self.elsewhere = {paper for paper, day in reader.shown_on.items() if day != digest.date}
        self._window = Window(papers, digest.papers_from, digest.papers_until)
        self._positions = {paper.stored_id: place for place, paper in enumerate(papers)}
        self._news = range(_place(papers, digest.papers_from), _place(papers, digest.papers_until))

    def is_later(self, paper_id: int) -> bool:
        """Return whether this digest or a later one brought a paper."""
        return self.reader.shown_on.get(paper_id, date.min) >= self.digest.date

    def interests(self, known: ReadingHistory) -> list[Interest]:
        """Return the reader's profiles as they were taught then, without limits."""
        subscriber = replace(self.reader.subscriber, papers_since=None)
        limit = max(1, len(self._news))
        later = range(self._news.stop, len(self._window.papers))
        interests = [
            interest_of(
                subscriber,
                replace(profile, threshold=0.0, max_papers=limit),
                self._window,
                self._positions,
                known,
            )
            for profile in self.reader.profiles
        ]
        return [replace(each, blocked=each.blocked.union(later)) for each in interests]

    def offers(self, scores: Iterator[Sequence[Score]]) -> Offers:
        """Take this digest's share of all scores."""
        return [(profile, next(scores)) for profile in self.reader.profiles]

    def replayed(self, offers: Offers, unlearnt: Offers) -> Replayed:
        """Return all that the measures need."""
        items = [i for i in self.digest.items if i.paper.stored_id not in self.elsewhere]
        excluded = [i for i in items if i.pinned or i.is_trending or explores(i)]
        return Replayed(
            offers=offers,
            unlearnt=unlearnt,
            sent=self._places(item.paper.stored_id for item in items),
            verdicts=self._verdicts(),
            excluded=self._places(item.paper.stored_id for item in excluded),
        )

    def _verdicts(self) -> dict[int, Verdict]:
        """Return what the reader said later of the papers that were news in this digest."""
        return {
            place: feedback.verdict
            for feedback in self.reader.feedback
            if feedback.given_at >= self.digest.prepared_at
            and feedback.paper_id not in self.elsewhere
            and (place := self._positions.get(feedback.paper_id, -1)) in self._news
        }

    def _places(self, paper_ids: Iterable[int]) -> frozenset[int]:
        return frozenset(self._positions[each] for each in paper_ids if each in self._positions)


def _opens(digests: Sequence[Digest], window: timedelta) -> datetime:
    """Return the beginning of the first of the windows that these digests were scored in."""
    ends = [(d.papers_from, d.papers_until) for d in digests if d.papers_from and d.papers_until]
    return min(min(since, until - window) for since, until in ends)


def _place(papers: Sequence[Paper], moment: datetime) -> int:
    """Return the position of the first paper first seen after an instant."""
    return bisect_right(papers, moment, key=attrgetter("first_seen_at"))
