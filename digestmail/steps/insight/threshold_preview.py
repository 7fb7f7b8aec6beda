"""What other thresholds would have brought last week, from one scoring of the week's papers."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from digestmail.domain import Interest, Profile, ReasonKind, Score, Subscriber
from digestmail.steps.daily.plan import ReadingHistory, Window, interest_of, is_judged
from digestmail.steps.insight.recent_model import SPAN, RecentModel, day_of
from digestmail.steps.subscribers.seed_papers import examples
from digestmail.store import Store

_MAX_PICKED = 400  # of a week; beyond that every mail would be full


@dataclass(frozen=True, slots=True)
class ThresholdPreview:
    """What the mails of a week would have held: ``papers`` in all, on ``days`` days with news."""

    papers: int
    days: int

    @property
    def a_day(self) -> int:
        """Return how many papers an email would have held, about."""
        return round(self.papers / self.days) if self.days else 0


ThresholdPreviews = Mapping[int, Mapping[float, ThresholdPreview]]  # by profile id and threshold


def preview_thresholds(
    store: Store, recent: RecentModel, subscriber: Subscriber, thresholds: Collection[float]
) -> ThresholdPreviews:
    """Return for each profile that papers are scored by what each threshold would have brought.

    Papers that were shown count as if they had not been. As in the mails there are at most
    ``max_papers`` each time: a day, or the week for a weekly digest.
    """
    least, days = min(thresholds), max(recent.days, 1)
    interests = recent_interests(store, recent, subscriber, subscriber.profiles)
    judged = [interest for interest in interests if is_judged(interest)]
    profiles = [interest.profile for interest in judged]
    scored = recent.score([_wide(interest, least, days) for interest in judged])
    weekly = subscriber.schedule.is_weekly
    return {
        profile.stored_id: {
            threshold: _preview(recent, profile, scores, threshold, weekly=weekly)
            for threshold in thresholds
        }
        for profile, scores in zip(profiles, scored, strict=True)
    }


def _wide(interest: Interest, threshold: float, days: int) -> Interest:
    most = min(2 * days * interest.profile.max_papers, _MAX_PICKED)
    return replace(
        interest, profile=replace(interest.profile, threshold=threshold, max_papers=most)
    )


def recent_interests(
    store: Store, recent: RecentModel, subscriber: Subscriber, profiles: Sequence[Profile]
) -> list[Interest]:
    """Return profiles with the papers that their subscriber liked and disliked."""
    subscriber_id = subscriber.stored_id
    feedback = store.feedback.of([subscriber_id])
    known = ReadingHistory(
        papers_shown={},
        feedback={subscriber_id: feedback},
        by_id=store.papers.by_ids({verdict.paper_id for verdict in feedback}),
        by_key=examples(store, [subscriber]),
    )
    window = Window(recent.papers, recent.made_at - SPAN, recent.made_at)
    interests = [interest_of(subscriber, p, window, {}, known) for p in profiles]
    return [replace(interest, first=0) for interest in interests]


def _preview(
    recent: RecentModel,
    profile: Profile,
    scores: Sequence[Score],
    threshold: float,
    *,
    weekly: bool,
) -> ThresholdPreview:
    counts: Counter[date | None] = Counter()
    for score in scores:
        explores = any(reason.kind is ReasonKind.EXPLORATION for reason in score.reasons)
        if score.pinned or (score.value >= threshold and not explores):
            counts[None if weekly else day_of(recent.papers[score.paper])] += 1
    papers = sum(min(count, profile.max_papers) for count in counts.values())
    return ThresholdPreview(papers, recent.days)
