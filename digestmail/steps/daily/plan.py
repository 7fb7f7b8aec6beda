"""Deciding digests: pure functions from subscribers, scores and the time to plans."""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from itertools import accumulate

from digestmail.calendar import (
    MOST_MISSED,
    Slot,
    due_slots,
    local_date,
    moved_slot,
    next_slot,
    slot_on,
)
from digestmail.domain import (
    DampedPaper,
    DayNote,
    Digest,
    DigestItem,
    Feedback,
    Interest,
    ItemRole,
    NoteKind,
    Paper,
    Profile,
    Reason,
    ReasonKind,
    Score,
    SkipReason,
    Subscriber,
    Verdict,
)
from digestmail.steps.daily.batches import Outlook
from digestmail.store import NewVersion
from digestmail.store.uploads import own_key

# Of a subscriber whose last digest was made before papers were numbered, only a time is known. A
# paper may have become visible a moment after its first_seen_at, when its batch was committed.
OVERLAP = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class FeedbackWeights:
    """How much what readers said still counts, as 1 is a verdict of today.

    Interests change over months, so a verdict halves in ``half_life``. "Fewer like these today" is
    about a day and not about an interest: it begins at ``damped``, halves in ``damped_half_life``
    and is forgotten after ``damped_lifetime``, when less than 2 % of a verdict is left of it.
    """

    half_life: timedelta = timedelta(days=180)
    damped: float = 0.4
    damped_half_life: timedelta = timedelta(days=5)
    damped_lifetime: timedelta = timedelta(days=21)


FEEDBACK_WEIGHTS = FeedbackWeights()


@dataclass(frozen=True, slots=True)
class Due:
    """What a subscriber is owed now: one digest at most, and the record of those missed."""

    serve: Slot | None
    missed: tuple[Slot, ...]
    late: bool  # the slot to serve is past its useful hours
    next_due_at: datetime
    reason: SkipReason = SkipReason.MISSED  # why the others were missed


def due_now(subscriber: Subscriber, now: datetime, latest: timedelta) -> Due:
    """Return what is owed to a subscriber whose ``next_due_at`` has come.

    After a downtime only the last slot is served, and not even that when it is more than
    ``latest`` ago; the others are recorded as missed. Where the reader or new time zone data
    have moved the hour of a date to before ``next_due_at``, that date is still due since then.
    """
    since = subscriber.next_due_at or now
    slots = due_slots(subscriber.schedule, since, now)
    following = next_slot(subscriber.schedule, now).at
    if since <= now and (moved := moved_slot(subscriber.schedule, since)):
        slots.insert(0, moved)
    if not slots:  # the schedule was changed since next_due_at was set
        return Due(None, (), False, following)
    *missed, last = slots
    return Due(last, tuple(missed), now - last.at > latest, following)


def due_first(subscriber: Subscriber, now: datetime) -> Due:
    """Return the digest that comes with the confirmation, as that of the subscriber's date.

    It comes at once, and the next one on a later date: so nobody gets two digests of one date.
    """
    first = Slot(now, local_date(subscriber.schedule, now))
    following = next_slot(subscriber.schedule, now)
    while following.date <= first.date:
        following = next_slot(subscriber.schedule, following.at)
    return Due(first, (), False, following.at)


def due_unreadable(subscriber: Subscriber, now: datetime) -> Due:
    """Return what is recorded for a subscriber whose schedule cannot be read: a miss for each day.

    The days are those of UTC, since no others are known.
    """
    following = subscriber.next_due_at or now
    missed: list[Slot] = []
    while following <= now:
        missed.append(Slot(following, following.date()))
        following += timedelta(days=1)
    return Due(None, tuple(missed[-MOST_MISSED:]), False, following, SkipReason.BAD_SCHEDULE)


def due_on(subscriber: Subscriber, day: date, now: datetime) -> Due:
    """Return what is owed when an operator asks for the digest of a date, whatever the hour."""
    slot = slot_on(subscriber.schedule, day)
    following = subscriber.next_due_at
    if following is None or following <= slot.at:
        following = next_slot(subscriber.schedule, max(slot.at, now)).at
    # Due now: counted from an hour long past, its mail would be too late before it is sent.
    return Due(Slot(now, day), (), False, following)


@dataclass(frozen=True, slots=True)
class Window:
    """The papers that are news at one moment, in the order in which they came to be known.

    ``arrivals`` are their numbers in that order. Without them the order is that of first sight.
    """

    papers: Sequence[Paper]
    since: datetime
    until: datetime
    arrivals: Sequence[int] = ()
    # For each paper the latest time up to it: one may be older than another before it.
    _latest: Sequence[datetime] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        latest = list(accumulate(map(_first_seen, self.papers), max))
        object.__setattr__(self, "_latest", latest)

    def opens(self, subscriber: Subscriber) -> datetime:
        """Return from when on papers are new to a subscriber, by the clock."""
        if subscriber.papers_since is None:
            return self.since
        return max(self.since, subscriber.papers_since - OVERLAP)

    def first(self, subscriber: Subscriber) -> int:
        """Return the position of the first paper that is new to a subscriber."""
        if subscriber.judged_arrival is not None and self.arrivals:
            return bisect_right(self.arrivals, subscriber.judged_arrival)
        return bisect_right(self._latest, self.opens(subscriber))

    def unjudged(self, subscriber: Subscriber) -> int:
        """Return how many papers came since the last digest, with those of the overlap."""
        if subscriber.judged_arrival is not None and self.arrivals:
            return len(self.papers) - self.first(subscriber)
        since = max(self.since, subscriber.papers_since or self.since)
        return len(self.papers) - bisect_right(self._latest, since)

    def judges(self, subscriber: Subscriber) -> tuple[int, int]:
        """Return the arrivals that a digest judges: those after the first, up to the second."""
        last = max(self.arrivals[-1] if self.arrivals else 0, subscriber.judged_arrival or 0)
        if subscriber.judged_arrival is not None:
            return subscriber.judged_arrival, last
        first = self.first(subscriber)
        return (self.arrivals[first] - 1 if first < len(self.arrivals) else last), last


def _first_seen(paper: Paper) -> datetime:
    assert paper.first_seen_at is not None  # noqa: S101 - the store gives it to every paper
    return paper.first_seen_at


@dataclass(frozen=True, slots=True)
class ReadingHistory:
    """What the store knows that bears on scoring, looked up once for many subscribers."""

    papers_shown: Mapping[int, set[int]]  # subscriber id -> ids of papers shown
    feedback: Mapping[int, Sequence[Feedback]]  # by subscriber id
    by_id: Mapping[int, Paper]
    by_key: Mapping[str, Paper]  # see ``seeds.examples``
    damped: Mapping[int, Sequence[DampedPaper]] = field(default_factory=dict)  # by subscriber id

    def example(self, subscriber: Subscriber, key: str) -> Paper | None:
        """Return what a subscriber may learn from by a key that their profile names."""
        return self.by_key.get(key) or self.by_key.get(own_key(subscriber.stored_id, key))


def interest_of(
    subscriber: Subscriber,
    profile: Profile,
    window: Window,
    positions: Mapping[int, int],
    known: ReadingHistory,
) -> Interest:
    """Return a profile with the papers it names; those that its subscriber knows are blocked."""
    seeds = tuple(p for key in profile.seed_papers if (p := known.example(subscriber, key)))
    verdicts = [
        f for f in known.feedback.get(subscriber.stored_id, ()) if f.paper_id in known.by_id
    ]
    profile_verdicts = [v for v in verdicts if v.profile_id == profile.id]
    liked = [v for v in profile_verdicts if v.verdict is Verdict.MORE]
    disliked = [v for v in profile_verdicts if v.verdict is Verdict.LESS]
    damped = [
        d
        for d in known.damped.get(subscriber.stored_id, ())
        if d.paper_id in known.by_id and d.profile_id == profile.id
    ]
    return Interest(
        profile=profile,
        seeds=seeds,
        liked=tuple(known.by_id[verdict.paper_id] for verdict in liked),
        disliked=(
            *(known.by_id[verdict.paper_id] for verdict in disliked),
            *(known.by_id[paper.paper_id] for paper in damped),
        ),
        weights=(
            *(_weight(verdict, window.until) for verdict in (*liked, *disliked)),
            *(_damped_weight(paper, window.until) for paper in damped),
        ),
        first=window.first(subscriber),
        blocked=known_papers(subscriber, positions, known),
    )


def known_papers(
    subscriber: Subscriber, positions: Mapping[int, int], known: ReadingHistory
) -> frozenset[int]:
    """Return the positions of the papers that a subscriber named, judged or was shown."""
    keys = {key for each in subscriber.profiles for key in each.seed_papers}
    ids = {known.by_key[key].stored_id for key in keys & known.by_key.keys()}
    ids |= {verdict.paper_id for verdict in known.feedback.get(subscriber.stored_id, ())}
    ids |= known.papers_shown.get(subscriber.stored_id, set())
    return frozenset(positions[paper_id] for paper_id in ids if paper_id in positions)


def is_judged(interest: Interest) -> bool:
    """Return whether a profile has anything that papers are scored by.

    One with nothing but trending papers has it from the first liked paper on.
    """
    profile = interest.profile
    return not profile.is_empty and (not profile.is_trending_only or bool(interest.liked))


def _weight(verdict: Feedback, now: datetime) -> float:
    """Return how much a verdict still counts: interests change."""
    return _faded(now - verdict.given_at, FEEDBACK_WEIGHTS.half_life)


def _damped_weight(paper: DampedPaper, now: datetime) -> float:
    """Return how much "fewer like these today" still counts."""
    weights = FEEDBACK_WEIGHTS
    return weights.damped * _faded(now - paper.damped_at, weights.damped_half_life)


def _faded(age: timedelta, half_life: timedelta) -> float:
    return float(0.5 ** (max(age, timedelta(0)) / half_life))


def may_wait(subscriber: Subscriber, due: Due, now: datetime) -> bool:
    """Return whether a digest that is due may be held back for late papers a little longer."""
    patience = timedelta(hours=subscriber.schedule.wait_hours)
    return due.serve is not None and now - due.serve.at < patience


def digest_of(
    subscriber: Subscriber,
    slot: Slot,
    items: tuple[DigestItem, ...],
    window: Window,
    outlook: Outlook,
    now: datetime,
) -> Digest:
    """Return the digest of one subscriber, of these papers if they make one."""
    judged = window.unjudged(subscriber)
    if not any(item.makes_a_digest for item in items):
        items = ()  # maybes alone are no digest
    skip = None if items else _why_empty(subscriber.profiles, judged, outlook)
    arrival_from, arrival_until = window.judges(subscriber)
    return Digest(
        subscriber_id=subscriber.stored_id,
        date=slot.date,
        due_at=slot.at,
        prepared_at=now,
        papers_from=window.opens(subscriber),
        papers_until=window.until,
        arrival_from=arrival_from,
        arrival_until=arrival_until,
        judged=judged,
        skip=skip,
        notes=day_notes(skip, outlook),
        items=items,
    )


def skipped(subscriber: Subscriber, slot: Slot, now: datetime, why: SkipReason) -> Digest:
    """Return the record of a digest that was due and does not go out."""
    return Digest(
        subscriber_id=subscriber.stored_id,
        date=slot.date,
        due_at=slot.at,
        prepared_at=now,
        skip=why,
    )


def _why_empty(profiles: Sequence[Profile], judged: int, outlook: Outlook) -> SkipReason:
    used = [profile for profile in profiles if not profile.is_empty]
    if not used:
        return SkipReason.NO_PROFILE
    if judged and all(profile.is_trending_only for profile in used):
        return SkipReason.NOTHING_TRENDING
    if judged:
        return SkipReason.BELOW_THRESHOLD
    if outlook.missing or outlook.unsettled:
        return SkipReason.SOURCE_LATE
    return SkipReason.QUIET_DAY if outlook.quiet else SkipReason.NO_PAPERS


_NOTES = {
    SkipReason.SOURCE_LATE: NoteKind.SOURCE_LATE,
    SkipReason.NO_PAPERS: NoteKind.NOTHING_NEW,
    SkipReason.NOTHING_TRENDING: NoteKind.NOTHING_TRENDING,
}


def day_notes(skip: SkipReason | None, outlook: Outlook) -> tuple[DayNote, ...]:
    """Return what the reader should know of the day."""
    if skip is SkipReason.QUIET_DAY:
        evening = outlook.holiday
        details = (evening[0].isoformat(), evening[1]) if evening else ()
        return (DayNote(NoteKind.QUIET_DAY, details),)
    if outlook.missing:
        return (DayNote(NoteKind.PAPERS_MISSING, (outlook.missing.isoformat(),)),)
    kind = _NOTES.get(skip) if skip else None
    return (DayNote(kind),) if kind else ()


def with_nearest(digest: Digest, nearest: Sequence[DigestItem]) -> Digest:
    """Return the digest of a day without picks with the papers that came nearest."""
    items = [item._replace(role=ItemRole.NEAREST) for item in nearest]
    return replace(digest, nearest=numbered(items, 1))


def with_new_versions(digest: Digest, versions: Sequence[NewVersion], limit: int) -> Digest:
    """Return a digest with new versions of papers that its reader saved, each told once."""
    shown = {item.paper.id for item in digest.mailed_items}
    items = [_version_item(v) for v in versions if v.paper.id not in shown][:limit]
    return replace(digest, new_versions=numbered(items, 1 + len(digest.mailed_items)))


def _version_item(version: NewVersion) -> DigestItem:
    paper = version.paper
    reason = (
        Reason(ReasonKind.NEW_VERSION, (str(paper.version),))
        if version.is_revised
        else Reason(ReasonKind.PUBLISHED, (paper.doi,))
    )
    return DigestItem(0, paper, None, "", 0.0, reasons=(reason,), role=ItemRole.NEW_VERSION)


def numbered(items: Sequence[DigestItem], first: int) -> tuple[DigestItem, ...]:
    """Return items with positions from ``first`` on."""
    return tuple(item._replace(position=place) for place, item in enumerate(items, first))


def merged(
    scored: Sequence[tuple[Profile, Sequence[Score]]], papers: Sequence[Paper]
) -> tuple[DigestItem, ...]:
    """Return the picks of all profiles as one list, each paper once, best first."""
    best: dict[int, tuple[Profile, Score]] = {}
    for profile, scores in scored:
        for score in scores:
            rival = best.get(score.paper)
            if rival is None or _rank(score) > _rank(rival[1]):
                best[score.paper] = (profile, score)
    ordered = sorted(best.values(), key=lambda pick: _rank(pick[1]), reverse=True)
    return tuple(
        DigestItem(
            position=position,
            paper=papers[score.paper],
            profile_id=profile.id,
            profile_name=profile.name,
            score=score.value,
            pinned=score.pinned,
            reasons=score.reasons,
        )
        for position, (profile, score) in enumerate(ordered, 1)
    )


def _rank(score: Score) -> tuple[bool, float]:
    return score.pinned, score.value
