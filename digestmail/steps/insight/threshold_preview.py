"""What other settings would have meant last week, from one scoring of the week's papers."""

import threading
from collections import Counter, OrderedDict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from digestmail.domain import Interest, Paper, Profile, ReasonKind, Score, Subscriber
from digestmail.steps.daily.plan import Known, Window, interest_of
from digestmail.steps.insight.preview import LENGTH, Judge, Week
from digestmail.steps.subscribers.seed_papers import examples
from digestmail.store import Store

_MOST_PICKED = 400  # of a week; beyond that every mail would be full
_REMEMBERED = 500  # subscribers


@dataclass(frozen=True, slots=True)
class Meant:
    """What the mails of a week would have held: ``papers`` in all, on ``days`` days with news."""

    papers: int
    days: int

    @property
    def a_day(self) -> int:
        """How many papers a mail would have held, about."""
        return round(self.papers / self.days) if self.days else 0


ByProfile = Mapping[int, Mapping[float, Meant]]


class Hindsight:
    """Tells what thresholds would have meant, and remembers it: a scoring may take a second."""

    def __init__(self, store: Store, week: Week) -> None:
        self._store = store
        self._week = week
        self._known: OrderedDict[int, tuple[object, ByProfile]] = OrderedDict()
        self._made_at: datetime | None = None  # the judge that all of it is of
        self._lock = threading.Lock()

    def of(self, subscriber: Subscriber, thresholds: Collection[float]) -> ByProfile:
        """See ``hindsight``. Empty until the week's papers were read, which nobody waits for."""
        judge = self._week.judge()
        if judge is None or not judge.papers:
            return {}
        feedback = tuple(self._store.feedback.of([subscriber.id or 0]))
        weekly = subscriber.schedule.is_weekly
        asked = (subscriber.profiles, weekly, feedback, frozenset(thresholds))
        with self._lock:
            if self._made_at != judge.made_at:
                self._known.clear()
                self._made_at = judge.made_at
            known = self._known.get(subscriber.id or 0)
        if known and known[0] == asked:
            return known[1]
        told = hindsight(self._store, judge, subscriber, thresholds)
        with self._lock:
            if self._made_at == judge.made_at:
                self._known[subscriber.id or 0] = (asked, told)
            if len(self._known) > _REMEMBERED:
                self._known.popitem(last=False)
        return told

    def forget(self, subscriber: Subscriber) -> None:
        """Remember nothing of a subscriber; of one erased elsewhere, until the judge is new."""
        with self._lock:
            self._known.pop(subscriber.id or 0, None)

    def said(self, subscriber: Subscriber, profile: Profile) -> Interest | None:
        """A profile with the papers its subscriber spoke of; None until the week was read."""
        judge = self._week.judge()
        return _interests(self._store, judge, subscriber, [profile])[0] if judge else None


def hindsight(
    store: Store, judge: Judge, subscriber: Subscriber, thresholds: Collection[float]
) -> ByProfile:
    """For each profile of a subscriber, by its id, what each threshold would have meant.

    Papers that were shown count as if they had not been. As in the mails there are at most
    ``max_papers`` each time: a day, or the week for a weekly digest.
    """
    asked = [profile for profile in subscriber.profiles if not profile.is_empty]
    least, days = min(thresholds), max(judge.days, 1)
    wide = [
        replace(p, threshold=least, max_papers=min(2 * days * p.max_papers, _MOST_PICKED))
        for p in asked
    ]
    scored = judge.score(_interests(store, judge, subscriber, wide))
    weekly = subscriber.schedule.is_weekly
    return {
        profile.id or 0: {
            threshold: _meant(judge, profile, scores, threshold, weekly=weekly)
            for threshold in thresholds
        }
        for profile, scores in zip(asked, scored, strict=True)
    }


def _interests(
    store: Store, judge: Judge, subscriber: Subscriber, profiles: Sequence[Profile]
) -> list[Interest]:
    feedback = store.feedback.of([subscriber.id or 0])
    known = Known(
        shown={},
        feedback={subscriber.id or 0: feedback},
        by_id=store.papers.by_ids({given.paper_id for given in feedback}),
        by_key=examples(store, [subscriber]),
    )
    window = Window(judge.papers, judge.made_at - LENGTH, judge.made_at)
    interests = [interest_of(subscriber, p, window, {}, known) for p in profiles]
    return [replace(interest, first=0) for interest in interests]


def _meant(
    judge: Judge, profile: Profile, scores: Sequence[Score], threshold: float, *, weekly: bool
) -> Meant:
    counts: Counter[date | None] = Counter()
    for score in scores:
        if score.pinned or (score.value >= threshold and not _is_exploration(score)):
            counts[None if weekly else _day(judge.papers[score.paper])] += 1
    papers = sum(min(count, profile.max_papers) for count in counts.values())
    return Meant(papers, judge.days)


def _is_exploration(score: Score) -> bool:
    return any(reason.kind is ReasonKind.EXPLORATION for reason in score.reasons)


def _day(paper: Paper) -> date | None:
    return paper.first_seen_at.date() if paper.first_seen_at else None
