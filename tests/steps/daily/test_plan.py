"""Planning: who is owed what, pure and without a store."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from steps_world import DAY, GRAPHS, HOUR, NOW, paper, someone

from digestmail.calendar import local_date, next_slot
from digestmail.domain import (
    EVERY_DAY,
    DayNote,
    Digest,
    Feedback,
    NoteKind,
    Paper,
    Profile,
    Schedule,
    Score,
    SkipReason,
    Strength,
    Verdict,
    trending_profile,
)
from digestmail.render.day_notes import day_note
from digestmail.render.locale import ENGLISH
from digestmail.steps.daily.batches import Outlook
from digestmail.steps.daily.plan import (
    OVERLAP,
    ReadingHistory,
    Window,
    digest_of,
    due_now,
    due_on,
    due_unreadable,
    interest_of,
    may_wait,
    merged,
    skipped,
)

FRIDAY = NOW.date()
LATEST = 12 * HOUR
ADA = someone(id=1)
ALL_THERE = Outlook()


def _utc(day: int, hour: int = 0, minute: int = 0, month: int = 11) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=UTC)


# --- due -------------------------------------------------------------------------------------


def test_on_time() -> None:
    owed = due_now(ADA, NOW, LATEST)
    assert owed.serve is not None
    assert (owed.serve.at, owed.serve.date) == (NOW, NOW.date())
    assert (owed.missed, owed.late, owed.next_due_at) == ((), False, NOW + DAY)


@pytest.mark.parametrize(("after", "late"), [(LATEST, False), (LATEST + HOUR / 60, True)])
def test_too_late(after: timedelta, late: bool) -> None:
    owed = due_now(ADA, NOW + after, LATEST)
    assert owed.late == late
    assert owed.next_due_at == NOW + DAY


def test_five_days_of_downtime_owe_one_digest_and_four_records() -> None:
    owed = due_now(ADA, NOW + 4 * DAY + HOUR, LATEST)
    assert owed.serve is not None
    assert owed.serve.date == NOW.date() + 4 * DAY
    assert [slot.date for slot in owed.missed] == [NOW.date() + n * DAY for n in range(4)]
    assert owed.next_due_at == NOW + 5 * DAY


def test_a_year_of_downtime_is_told_for_a_month() -> None:
    owed = due_now(ADA, NOW + 365 * DAY, LATEST)
    assert len(owed.missed) <= 31
    assert owed.next_due_at == NOW + 366 * DAY


def test_days_off_are_not_missed() -> None:
    weekdays = Schedule(hour=6, weekdays=frozenset({1, 5}))
    owed = due_now(replace(ADA, schedule=weekdays), NOW + 3 * DAY, LATEST)  # a Monday
    assert [slot.date for slot in owed.missed] == [NOW.date()]
    assert owed.next_due_at == NOW + 7 * DAY


def test_a_changed_schedule_may_owe_nothing() -> None:
    later = replace(ADA, schedule=Schedule(hour=9))
    owed = due_now(later, NOW + HOUR, LATEST)
    assert (owed.serve, owed.missed, owed.next_due_at) == (None, (), NOW + 3 * HOUR)


@pytest.mark.parametrize(
    ("hour", "zone"),
    [(4, "UTC"), (6, "Asia/Tokyo"), (6, "Europe/Rome"), (0, "UTC"), (12, "Pacific/Kiritimati")],
)
def test_a_date_whose_hour_was_moved_to_before_is_still_due(hour: int, zone: str) -> None:
    earlier = replace(ADA, schedule=Schedule(hour=hour, timezone=zone))
    owed = due_now(earlier, NOW + HOUR, LATEST)
    assert owed.serve is not None
    assert (owed.serve.at, owed.serve.date) == (NOW, local_date(earlier.schedule, NOW))
    assert (owed.missed, owed.late) == ((), False)
    assert owed.next_due_at == next_slot(earlier.schedule, NOW + HOUR).at


def test_after_a_downtime_the_date_that_was_moved_is_missed() -> None:
    owed = due_now(replace(ADA, schedule=Schedule(hour=4)), NOW + 2 * DAY, LATEST)
    assert [slot.date for slot in owed.missed] == [NOW.date(), NOW.date() + DAY]
    assert owed.serve is not None
    assert owed.serve.date == NOW.date() + 2 * DAY


def test_a_day_that_is_no_day_of_theirs_any_more_is_not_due() -> None:
    mondays = replace(ADA, schedule=Schedule(hour=4, weekdays=frozenset({1})))
    owed = due_now(mondays, NOW + HOUR, LATEST)
    assert (owed.serve, owed.missed) == (None, ())


def test_who_has_a_schedule_that_cannot_be_read_misses_each_day() -> None:
    owed = due_unreadable(ADA, NOW + 2 * DAY + HOUR)
    assert [slot.date for slot in owed.missed] == [NOW.date() + n * DAY for n in range(3)]
    assert (owed.serve, owed.reason) == (None, SkipReason.BAD_SCHEDULE)
    assert owed.next_due_at == NOW + 3 * DAY
    assert len(due_unreadable(ADA, NOW + 400 * DAY).missed) == 31


def test_a_clock_that_jumps_back_owes_nothing_twice() -> None:
    owed = due_now(replace(ADA, next_due_at=NOW + DAY), NOW, LATEST)
    assert (owed.serve, owed.next_due_at) == (None, NOW + DAY)


@pytest.mark.parametrize(
    ("zone", "hour", "first", "days"),
    [
        ("Europe/Berlin", 2, _utc(27, month=3), 4),  # 02:00 does not exist on the 29th
        ("Europe/Berlin", 2, _utc(23, month=10), 4),  # 02:00 comes twice on the 25th
        ("America/New_York", 0, _utc(6, month=3), 4),
        ("America/New_York", 1, _utc(30, month=10), 4),
        ("Africa/Cairo", 0, _utc(22, month=4), 5),  # midnight does not exist on the 24th
        ("Pacific/Apia", 23, _utc(1), 4),
    ],
)
def test_each_local_date_is_served_once_across_the_change_of_clocks(
    zone: str, hour: int, first: datetime, days: int
) -> None:
    schedule = Schedule(hour=hour, timezone=zone)
    ada = replace(ADA, schedule=schedule, next_due_at=next_slot(schedule, first).at)
    dates: list[date] = []
    for minute in range(0, days * 24 * 60, 30):
        now = first + timedelta(minutes=minute)
        if ada.next_due_at and ada.next_due_at <= now:
            owed = due_now(ada, now, LATEST)
            dates += [owed.serve.date] if owed.serve else []
            assert owed.missed == ()
            ada = replace(ada, next_due_at=owed.next_due_at)
    assert dates == [dates[0] + n * DAY for n in range(len(dates))]
    assert len(dates) in (days, days - 1)


# --- due_on ----------------------------------------------------------------------------------


def test_a_date_asked_for_is_due_now_and_not_again() -> None:
    owed = due_on(replace(ADA, next_due_at=NOW + HOUR, schedule=Schedule(hour=7)), NOW.date(), NOW)
    assert owed.serve is not None
    assert (owed.serve.at, owed.serve.date, owed.late) == (NOW, NOW.date(), False)
    assert owed.next_due_at == NOW + HOUR + DAY


@pytest.mark.parametrize("after", [13 * HOUR, 17 * HOUR])
def test_asked_for_late_it_is_due_at_that_moment(after: timedelta) -> None:
    owed = due_on(replace(ADA, next_due_at=NOW + DAY), NOW.date(), NOW + after)
    assert owed.serve is not None
    assert owed.serve.at == NOW + after
    assert owed.next_due_at == NOW + DAY


def test_a_date_of_the_past_leaves_todays_digest() -> None:
    owed = due_on(ADA, NOW.date() - DAY, NOW - HOUR)
    assert owed.next_due_at == NOW


def test_a_day_off_may_be_asked_for() -> None:
    monday = replace(ADA, schedule=Schedule(hour=6, weekdays=frozenset({1})))
    assert due_on(monday, NOW.date(), NOW).serve is not None


# --- windows ---------------------------------------------------------------------------------


def _seen(*minutes: int) -> list[Paper]:
    """Papers first seen so many minutes before NOW, oldest first."""
    ages = sorted(minutes, reverse=True)
    return [
        paper(n, id=n + 1, first_seen_at=NOW - timedelta(minutes=m)) for n, m in enumerate(ages)
    ]


def _window(papers: Sequence[Paper]) -> Window:
    return Window(papers, NOW - 8 * DAY, NOW)


def test_a_newcomer_sees_the_whole_window() -> None:
    window = _window(_seen(5, 60, 7 * 1440))
    assert window.first(replace(ADA, papers_since=None)) == 0


def test_news_begin_after_what_was_judged_less_the_overlap() -> None:
    window = _window(_seen(5, 60, 74, 75, 76))
    ada = replace(ADA, papers_since=NOW - HOUR)
    assert window.opens(ada) == NOW - HOUR - OVERLAP
    assert len(window.papers) - window.first(ada) == 3  # the 75th minute is out


def test_a_long_pause_does_not_open_the_window_wider() -> None:
    assert _window([]).opens(replace(ADA, papers_since=NOW - 90 * DAY)) == NOW - 8 * DAY


# --- interests -------------------------------------------------------------------------------


def _interest(profile: Profile, *others: Profile, **known: Any) -> frozenset[int]:
    papers = _seen(*range(6))
    ada = replace(ADA, profiles=(profile, *others))
    facts: dict[str, Any] = {
        "papers_shown": {},
        "feedback": {},
        "by_id": {p.id: p for p in papers},
        "by_key": {p.key: p for p in papers},
    }
    window, places = _window(papers), {p.stored_id: n for n, p in enumerate(papers)}
    return interest_of(ada, profile, window, places, ReadingHistory(**(facts | known))).blocked


def _said(paper_id: int, verdict: Verdict, profile_id: int | None) -> dict[int, list[Feedback]]:
    return {1: [Feedback(1, profile_id, paper_id, verdict, NOW)]}


def test_papers_shown_are_blocked() -> None:
    assert _interest(GRAPHS, papers_shown={1: {2, 3, 99}, 2: {4}}) == {1, 2}


def test_seeds_are_blocked_also_those_of_other_profiles() -> None:
    seeded = replace(GRAPHS, id=7, seed_papers=(paper(2).key, "arxiv:unknown"))
    assert _interest(seeded) == {2}
    assert _interest(replace(GRAPHS, id=8), seeded) == {2}


@pytest.mark.parametrize("verdict", list(Verdict))
@pytest.mark.parametrize("profile_id", [None, 7, 8])
def test_papers_spoken_of_are_blocked(verdict: Verdict, profile_id: int | None) -> None:
    assert _interest(replace(GRAPHS, id=7), feedback=_said(4, verdict, profile_id)) == {3}


@pytest.mark.parametrize(("profile_id", "counts"), [(None, False), (7, True), (8, False)])
def test_feedback_teaches_the_profile_it_was_given_on(profile_id: int | None, counts: bool) -> None:
    papers = _seen(1)
    feedback = _said(1, Verdict.MORE, profile_id)
    known = ReadingHistory({}, feedback, {1: papers[0]}, {})
    interest = interest_of(ADA, replace(GRAPHS, id=7), _window(papers), {1: 0}, known)
    assert bool(interest.liked) == counts
    assert interest.disliked == ()


# --- digests ---------------------------------------------------------------------------------


def _digest(
    *scored: tuple[Profile, Sequence[Score]], papers: int = 4, outlook: Outlook = ALL_THERE
) -> Digest:
    slot = due_now(ADA, NOW, LATEST).serve
    assert slot is not None
    window = _window(_seen(*range(papers)))
    reader = replace(ADA, profiles=tuple(profile for profile, _ in scored))
    return digest_of(reader, slot, merged(scored, window.papers), window, outlook, NOW)


def _score(place: int, value: float, *, pinned: bool = False) -> Score:
    return Score(place, value, pinned, ())


A, B = replace(GRAPHS, id=1, name="A"), replace(GRAPHS, id=2, name="B")


def test_profiles_are_merged_by_their_best_scores() -> None:
    made = _digest((A, [_score(0, 0.9), _score(1, 0.4)]), (B, [_score(1, 0.8), _score(2, 0.5)]))
    found = [(item.paper.id, item.profile_name, item.position) for item in made.items]
    assert found == [(1, "A", 1), (2, "B", 2), (3, "B", 3)]
    assert (made.judged, made.skip) == (4, None)


def test_pinned_papers_come_first_whatever_their_score() -> None:
    made = _digest((A, [_score(0, 0.9)]), (B, [_score(3, 0.0, pinned=True), _score(0, 0.95)]))
    assert [(i.paper.id, i.pinned) for i in made.items] == [(4, True), (1, False)]


def test_a_pinned_score_wins_over_a_better_one() -> None:
    made = _digest((A, [_score(0, 0.9)]), (B, [_score(0, 0.1, pinned=True)]))
    assert [(i.profile_name, i.pinned) for i in made.items] == [("B", True)]


@pytest.mark.parametrize(
    ("scored", "papers", "why"),
    [
        ([], 4, SkipReason.NO_PROFILE),
        ([(A, [])], 0, SkipReason.NO_PAPERS),
        ([(A, [])], 4, SkipReason.BELOW_THRESHOLD),
        ([(trending_profile(), [])], 4, SkipReason.NOTHING_TRENDING),
        ([(trending_profile(), [])], 0, SkipReason.NO_PAPERS),
    ],
)
def test_why_a_day_is_quiet(
    scored: list[tuple[Profile, list[Score]]], papers: int, why: SkipReason
) -> None:
    assert _digest(*scored, papers=papers).skip is why


@pytest.mark.parametrize(
    ("outlook", "why", "told"),
    [
        (Outlook(quiet="weekend"), SkipReason.QUIET_DAY, "Friday and Saturday evenings"),
        (
            Outlook(quiet="x", holiday=(FRIDAY, "Day")),
            SkipReason.QUIET_DAY,
            "2026: Day",
        ),
        (Outlook(missing=FRIDAY, quiet="x"), SkipReason.SOURCE_LATE, "20 November 2026 were"),
        (Outlook(unsettled=True, quiet="x"), SkipReason.SOURCE_LATE, "did not respond"),
        (Outlook(), SkipReason.NO_PAPERS, "since your last digest"),
    ],
)
def test_a_day_without_papers_is_explained(outlook: Outlook, why: SkipReason, told: str) -> None:
    made = _digest((A, []), papers=0, outlook=outlook)
    assert made.skip is why
    assert told in day_note(made, ENGLISH)


def test_a_digest_tells_what_was_missing() -> None:
    made = _digest((A, [_score(0, 0.9)]), outlook=Outlook(missing=FRIDAY, holds=True))
    assert made.skip is None
    assert made.notes == (DayNote(NoteKind.PAPERS_MISSING, ("2026-11-20",)),)


def test_maybes_alone_are_a_quiet_day() -> None:
    quiet = _digest((A, [_score(0, 0.15), _score(1, 0.11)]))
    assert quiet.skip is SkipReason.BELOW_THRESHOLD
    assert quiet.items == ()
    good = _digest((A, [_score(0, 0.25), _score(1, 0.11)]))
    assert good.skip is None
    assert [item.strength for item in good.items] == [Strength.GOOD, Strength.MAYBE]


@pytest.mark.parametrize(
    ("hours", "patience", "waits"), [(0, 3, True), (3, 3, False), (0, 0, False)]
)
def test_a_subscriber_waits_for_late_papers(hours: int, patience: int, waits: bool) -> None:
    ada = someone(id=1, schedule=Schedule(hour=6, wait_hours=patience))
    now = NOW + hours * HOUR
    assert may_wait(ada, due_now(ada, now, LATEST), now) is waits


def test_a_skipped_digest_has_judged_nothing() -> None:
    slot = due_now(ADA, NOW, LATEST).serve
    assert slot is not None
    made = skipped(ADA, slot, NOW, SkipReason.MISSED)
    assert (made.judged, made.items, made.papers_until) == (0, (), None)
    assert ADA.schedule.weekdays == EVERY_DAY
