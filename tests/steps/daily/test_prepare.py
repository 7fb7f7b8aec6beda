"""Preparing, with the real store and scorer: each due digest once, no paper twice."""

from dataclasses import replace
from datetime import timedelta
from email import message_from_bytes, policy

import pytest
from steps_world import (
    DAY,
    GRAPHS,
    HOUR,
    LINKS,
    NOW,
    arrive,
    at_once,
    composer,
    digest,
    join,
    paper,
    planned,
    prepare_at,
    release_digest,
)

from digestmail.domain import (
    Batch,
    BatchState,
    DampedPaper,
    DeliveryState,
    Feedback,
    Profile,
    Schedule,
    SkipReason,
    SourceReport,
    SourceSpec,
    SubscriberStatus,
    Verdict,
)
from digestmail.relevance import Model
from digestmail.render.day_notes import day_note
from digestmail.render.locale import ENGLISH
from digestmail.steps.daily.prepare import Planner, PrepareRules, due_blocks, prepare
from digestmail.steps.daily.status import status
from digestmail.steps.subscribers.subscription import SubscriptionService
from digestmail.store import Store

ADA = "ada@example.net"


def _shown(store: Store, email: str = ADA) -> list[list[str]]:
    """The numbers of the papers of each digest, oldest first."""
    found = store.digests.of_subscriber(store.subscribers.by_email(email).stored_id)
    return [[item.paper.key[-2:] for item in d.items] for d in reversed(found)]


def _skips(store: Store, email: str = ADA) -> list[SkipReason | None]:
    found = store.digests.of_subscriber(store.subscribers.by_email(email).stored_id, limit=99)
    return [d.skip for d in reversed(found)]


def test_a_due_digest_is_stored_with_its_delivery(store: Store) -> None:
    ada = join(store)
    arrive(store, 1, 2)
    prepared = prepare_at(store, NOW)
    assert (prepared.digests, prepared.papers, prepared.skipped) == (1, 2, {})
    (delivery,) = store.ledger.of_subscriber(ada.stored_id)
    assert (delivery.state, delivery.address) == (DeliveryState.PLANNED, ADA)
    assert (delivery.due_at, delivery.next_attempt_at) == (NOW, NOW)


def test_preparing_twice_does_nothing_more(store: Store) -> None:
    join(store)
    arrive(store, 1)
    prepare_at(store, NOW)
    again = prepare_at(store, NOW + HOUR)
    assert (again.digests, again.skipped) == (0, {})
    assert _shown(store) == [["01"]]


def test_nobody_is_served_before_their_hour(store: Store) -> None:
    join(store)
    arrive(store, 1)
    assert prepare_at(store, NOW - HOUR / 60).digests == 0


@pytest.mark.parametrize("status", [s for s in SubscriberStatus if s != "active"])
def test_only_the_active_are_served(store: Store, status: SubscriberStatus) -> None:
    join(store, status=status)
    arrive(store, 1)
    assert prepare_at(store, NOW).digests == 0
    assert prepare_at(store, NOW, day=NOW.date()).digests == 0


def test_five_days_of_downtime(store: Store) -> None:
    join(store)
    arrive(store, 1)
    arrive(store, 2, at=NOW + 3 * DAY)
    prepared = prepare_at(store, NOW + 4 * DAY + HOUR)
    assert (prepared.digests, prepared.skipped) == (1, {SkipReason.MISSED: 4})
    assert _skips(store) == [SkipReason.MISSED] * 4 + [None]
    assert sorted(_shown(store)[-1]) == ["01", "02"]


def test_too_late_keeps_the_papers_for_tomorrow(store: Store) -> None:
    join(store)
    arrive(store, 1)
    assert prepare_at(store, NOW + 13 * HOUR).skipped == {SkipReason.TOO_LATE: 1}
    prepare_at(store, NOW + DAY)
    assert _skips(store) == [SkipReason.TOO_LATE, None]
    assert _shown(store) == [[], ["01"]]


def test_every_quiet_day_has_its_reason(store: Store) -> None:
    join(store)
    join(store, "nobody@example.net", profiles=())
    join(store, "blank@example.net", profiles=(Profile(),))
    assert prepare_at(store, NOW).skipped == {
        SkipReason.NO_PAPERS: 1,
        SkipReason.NO_PROFILE: 2,
    }
    arrive(store, 1, at=NOW + HOUR, title="Nothing of the kind")
    assert prepare_at(store, NOW + DAY).skipped[SkipReason.BELOW_THRESHOLD] == 1


def test_each_day_has_its_own_papers(store: Store) -> None:
    join(store)
    for day in range(4):
        arrive(store, day * 2, day * 2 + 1, at=NOW + day * DAY - HOUR)
        prepare_at(store, NOW + day * DAY)
    assert sorted(number for day in _shown(store) for number in day) == [f"0{n}" for n in range(8)]
    assert [len(some) for some in _shown(store)] == [2, 2, 2, 2]


def test_a_paper_committed_a_little_late_is_not_lost(store: Store) -> None:
    join(store)
    prepare_at(store, NOW)
    arrive(store, 1, at=NOW - HOUR / 10)  # first seen before, visible after the digest was made
    prepare_at(store, NOW + DAY)
    assert _shown(store) == [[], ["01"]]


def test_a_new_version_is_not_a_new_paper(store: Store) -> None:
    join(store)
    arrive(store, 1)
    prepare_at(store, NOW)
    arrive(store, 1, at=NOW + HOUR, version=2)
    assert prepare_at(store, NOW + DAY).skipped == {SkipReason.NO_PAPERS: 1}


def test_profiles_share_one_digest_without_repeating(store: Store) -> None:
    other = Profile(name="Networks", keywords=("networks",), threshold=0.1)
    join(store, profiles=(GRAPHS, other))
    arrive(store, 1)
    arrive(store, 2, title="Networks of rivers")
    prepare_at(store, NOW)
    assert sorted(_shown(store)[0]) == ["01", "02"]


def test_what_a_subscriber_named_is_never_recommended(store: Store) -> None:
    (seed, liked, *_) = arrive(store, 1, 2, 3)
    ada = join(store, profiles=(GRAPHS, replace(GRAPHS, name="Seeded", seed_papers=(seed.key,))))
    store.feedback.give(Feedback(ada.stored_id, None, liked.stored_id, Verdict.MORE, NOW - HOUR))
    prepare_at(store, NOW)
    assert _shown(store) == [["03"]]


def test_followed_authors_come_first(store: Store) -> None:
    join(store, profiles=(replace(GRAPHS, authors=("Emmy Noether",)),))
    arrive(store, 1)
    arrive(store, 2, title="Rivers", authors=("Emmy Noether",))
    prepare_at(store, NOW)
    assert _shown(store) == [["02", "01"]]


def test_a_date_is_planned_once_for_everyone(store: Store) -> None:
    join(store, next_due_at=NOW + 3 * HOUR, schedule=Schedule(hour=9))
    arrive(store, 1)
    assert prepare_at(store, NOW, day=NOW.date()).digests == 1
    arrive(store, 2)
    assert prepare_at(store, NOW, day=NOW.date()).digests == 0
    assert prepare_at(store, NOW + 3 * HOUR).digests == 0
    assert store.subscribers.by_email(ADA).next_due_at == NOW + 3 * HOUR + DAY


def test_a_digest_asked_for_in_the_evening_still_goes(store: Store) -> None:
    ada = join(store, next_due_at=NOW + DAY)
    arrive(store, 1)
    prepare_at(store, NOW + 15 * HOUR, day=NOW.date())
    (delivery,) = store.ledger.of_subscriber(ada.stored_id)
    assert delivery.due_at == NOW + 15 * HOUR


def test_a_later_hour_on_the_same_day_loses_no_paper(store: Store) -> None:
    ada = join(store)
    arrive(store, 1)
    prepare_at(store, NOW)
    store.subscribers.set_schedule(ada.stored_id, Schedule(hour=20), NOW + 14 * HOUR)
    arrive(store, 2, at=NOW + 6 * HOUR)
    prepare_at(store, NOW + 14 * HOUR)
    prepare_at(store, NOW + 14 * HOUR + DAY)
    assert _shown(store) == [["01"], ["02"]]


def test_threads_that_prepare_at_once_store_each_digest_once(store: Store) -> None:
    for n in range(30):
        join(store, f"{n}@example.net")
    arrive(store, *range(5))
    runs = at_once(*[lambda: prepare_at(store, NOW)] * 3)
    assert sum(run.digests for run in runs) == 30
    assert sum(run.papers for run in runs) == 150
    assert store.ledger.count(NOW, NOW + HOUR) == [(True, DeliveryState.PLANNED, "", 30)]


def test_one_who_leaves_after_planning_gets_nothing(store: Store) -> None:
    ada = join(store)
    arrive(store, 1)
    planner = Planner(store, Model, PrepareRules(), NOW)
    plans = planner.plan([ada])
    store.subscribers.set_status(ada.stored_id, SubscriberStatus.UNSUBSCRIBED, None)
    assert store.digests.record(plans) == []
    assert store.ledger.of_subscriber(ada.stored_id) == []
    assert store.subscribers.by_email(ADA).next_due_at is None


def test_planning_stores_nothing(store: Store) -> None:
    ada = join(store)
    arrive(store, 1)
    Planner(store, Model, PrepareRules(), NOW).plan([ada])
    assert store.subscribers.by_email(ADA) == ada
    assert store.digests.of_subscriber(ada.stored_id) == []


def test_blocks_cover_everybody(store: Store) -> None:
    for n in range(7):
        join(store, f"{n}@example.net")
    arrive(store, 1)
    seen: list[int] = []
    planner = Planner(store, Model, PrepareRules(), NOW)
    assert prepare(store, planner, NOW, progress=seen.append, at_once=3).digests == 7
    assert seen == [3, 6, 7]


def test_papers_out_of_the_window_are_no_news(store: Store) -> None:
    join(store, papers_since=None)
    arrive(store, 1, at=NOW - 9 * DAY)
    arrive(store, 2, at=NOW - 7 * DAY)
    prepare_at(store, NOW)
    assert _shown(store) == [["02"]]


def test_a_released_digest_is_offered_again_the_next_day(store: Store) -> None:
    ada = join(store)
    arrive(store, 1)
    prepare_at(store, NOW)
    (first,) = store.digests.of_subscriber(ada.stored_id)
    release_digest(store, first.stored_id)
    arrive(store, 2, at=NOW + HOUR)
    prepare_at(store, NOW + DAY)
    assert sorted(_shown(store)[1]) == ["01", "02"]


def test_a_digest_stored_by_another_process_is_not_planned_again(store: Store) -> None:
    ada = join(store)
    one, _ = arrive(store, 1, 2)
    planner = Planner(store, Model, PrepareRules(), NOW)
    late = planner.plan([ada])
    store.digests.record([planned(ada, digest(ada, [one]))])
    assert store.digests.record(late) == []
    assert _shown(store) == [["01"]]


# --- papers that may still come --------------------------------------------------------------

SOURCE = SourceSpec(name="lab", kind="file", options={"path": "lab.csv"})
ARXIV = SourceSpec(name="cs", kind="arxiv", options={"categories": "cs.AI"})


def test_nobody_is_told_of_no_papers_while_a_source_is_being_fetched(store: Store) -> None:
    join(store)
    store.sources.add(SOURCE, NOW)
    waiting = prepare_at(store, NOW)
    assert (waiting.digests, waiting.skipped, waiting.waiting) == (0, {}, 1)
    arrive(store, 1, at=NOW)
    assert prepare_at(store, NOW + HOUR).digests == 1


@pytest.mark.parametrize(("error", "skips"), [("down", []), ("", [SkipReason.NO_PAPERS])])
def test_a_failed_source_is_waited_for_and_a_quiet_one_is_not(
    store: Store, error: str, skips: list[SkipReason]
) -> None:
    join(store)
    store.sources.add(SOURCE, NOW)
    store.sources.report(SourceReport(source="lab", error=error), NOW)
    prepare_at(store, NOW)
    assert _skips(store) == skips


def _arxiv(store: Store, state: BatchState) -> None:
    store.sources.add(ARXIV, NOW)
    store.sources.report(SourceReport(source="cs"), NOW)
    noted = Batch(source="cs", day=NOW.date(), state=state, reason="no feed yet")
    store.batches.note([noted], NOW)


def test_a_digest_waits_for_the_days_batch(store: Store) -> None:
    join(store)
    _arxiv(store, BatchState.OPEN)
    arrive(store, 1)
    assert prepare_at(store, NOW).waiting == 1
    _note(store, BatchState.COMPLETE)
    assert (prepare_at(store, NOW + HOUR).digests, _shown(store)) == (1, [["01"]])
    assert _notes(store) == [""]


def _note(store: Store, state: BatchState) -> None:
    store.batches.note([Batch(source="cs", day=NOW.date(), state=state)], NOW)


def _notes(store: Store) -> list[str]:
    found = store.digests.of_subscriber(store.subscribers.by_email(ADA).stored_id)
    return [day_note(one, ENGLISH) for one in found]


def test_at_the_latest_hour_it_goes_and_says_what_is_missing(store: Store) -> None:
    join(store)
    _arxiv(store, BatchState.OPEN)
    arrive(store, 1)
    assert prepare_at(store, NOW + 3 * HOUR - HOUR / 60).waiting == 1
    assert prepare_at(store, NOW + 3 * HOUR).digests == 1
    (note,) = _notes(store)
    assert "Friday, 20 November 2026 were incomplete." in note


def test_who_would_not_wait_is_served_at_once(store: Store) -> None:
    join(store, schedule=Schedule(hour=6, wait_hours=0))
    _arxiv(store, BatchState.OPEN)
    assert prepare_at(store, NOW).waiting == 0
    assert _skips(store) == [SkipReason.SOURCE_LATE]


def test_an_operator_need_not_wait(store: Store) -> None:
    join(store)
    _arxiv(store, BatchState.OPEN)
    arrive(store, 1)
    planner = Planner(store, Model, PrepareRules(), NOW, patient=False)
    assert prepare(store, planner, NOW).digests == 1


def test_a_quiet_day_is_told_by_mail_to_who_wants_it(store: Store) -> None:
    saturday = NOW + DAY
    for email, wanted in ((ADA, True), ("bob@example.net", False)):
        schedule = Schedule(hour=6, send_empty=wanted)
        join(store, email, schedule=schedule, next_due_at=saturday)
    _arxiv(store, BatchState.COMPLETE)
    prepared = prepare_at(store, saturday)
    assert prepared.skipped == {SkipReason.QUIET_DAY: 2}
    (delivery,) = store.ledger.claim("me", saturday, HOUR, 9)
    message = composer(store).message(delivery, store.subscribers.by_email(ADA).recipient, saturday)
    assert b"Subject: No new papers, 21 Nov 2026" in message.raw
    assert b"nothing on Friday" in message.raw


def test_what_came_nearest_is_told_below_the_threshold(store: Store) -> None:
    strict = replace(GRAPHS, threshold=1.0)
    join(store, schedule=Schedule(hour=6, send_empty=True), profiles=(strict,))
    arrive(store, 1, 2)
    assert prepare_at(store, NOW).skipped == {SkipReason.BELOW_THRESHOLD: 1}
    ada = store.subscribers.by_email(ADA)
    (digest,) = store.digests.of_subscriber(ada.stored_id)
    assert (digest.items, [item.position for item in digest.nearest]) == ((), [1, 2])
    (delivery,) = store.ledger.claim("me", NOW, HOUR, 9)
    message = composer(store).message(delivery, ada.recipient, NOW)
    assert b"Subject: No close matches, " in message.raw
    text = message_from_bytes(message.raw, policy=policy.default).get_body(("plain",))
    assert text
    for words in ("There were 2 new papers", "The closest papers", "Graph networks, part 2"):
        assert words in text.get_content()


def test_waiting_for_a_failed_source_ends_at_the_latest_hour(store: Store) -> None:
    join(store)
    store.sources.add(SOURCE, NOW)
    prepare_at(store, NOW + 2 * HOUR)
    assert _skips(store) == []
    prepare_at(store, NOW + 3 * HOUR)
    assert _skips(store) == [SkipReason.SOURCE_LATE]


def test_waiting_ends_when_it_is_too_late(store: Store) -> None:
    join(store)
    store.sources.add(SOURCE, NOW)
    prepare_at(store, NOW)
    prepare_at(store, NOW + 13 * HOUR)
    assert _skips(store) == [SkipReason.TOO_LATE]


def test_one_schedule_that_cannot_be_read_stops_nobody_else(store: Store) -> None:
    broken = join(store, "broken@example.net")
    store.subscribers.set_schedule(broken.stored_id, Schedule(hour=6, timezone="No/Where"), NOW)
    join(store)
    arrive(store, 1)
    assert prepare_at(store, NOW).digests == 1
    assert _shown(store) == [["01"]]


def test_whose_schedule_cannot_be_read_is_counted_each_day_and_served_again(
    store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    ada = join(store, schedule=Schedule(hour=6, timezone="No/Where"))
    arrive(store, 1)
    for hour in (0, 1, 24):
        prepare_at(store, NOW + hour * HOUR)
    assert _skips(store) == [SkipReason.BAD_SCHEDULE] * 2
    assert [r.levelname for r in caplog.records] == ["WARNING"] * 2
    assert "'No/Where'" in caplog.text
    assert "Traceback" not in caplog.text
    assert status(store, NOW + DAY).skipped == {"bad-schedule": 1}
    SubscriptionService(store, LINKS).reschedule(
        store.subscribers.by_email(ada.email), Schedule(hour=6), NOW + DAY + HOUR
    )
    prepare_at(store, NOW + 2 * DAY)
    assert _shown(store) == [[], [], ["01"]]


# --- each paper is offered once --------------------------------------------------------------


def test_papers_committed_long_after_their_time_was_taken_are_offered(store: Store) -> None:
    join(store)
    arrive(store, 1)
    prepare_at(store, NOW)
    arrive(store, 2, at=NOW - 2 * HOUR)  # its transaction took until now
    prepare_at(store, NOW + DAY)
    prepare_at(store, NOW + 2 * DAY)
    assert _shown(store) == [["01"], ["02"], []]


@pytest.mark.parametrize("jump", [3 * DAY, -3 * DAY, 2 * HOUR, -2 * HOUR])
def test_each_paper_is_offered_once_though_the_clock_jumped(store: Store, jump: timedelta) -> None:
    join(store)
    arrive(store, 1, at=NOW - HOUR)
    prepare_at(store, NOW)
    arrive(store, 2, at=NOW + HOUR + jump)
    prepare_at(store, NOW + 2 * HOUR + jump)
    arrive(store, 3, at=NOW + 3 * HOUR)
    for day in range(1, 6):
        prepare_at(store, NOW + day * DAY)
    assert sorted(key for keys in _shown(store) for key in keys) == ["01", "02", "03"]


def test_papers_that_another_process_withdrew_come_with_the_next_digest(store: Store) -> None:
    join(store)
    arrive(store, 1)
    prepare_at(store, NOW)
    (first,) = store.ledger.latest()
    arrive(store, 2, at=NOW + HOUR)
    (block,) = due_blocks(store, NOW + DAY, None)
    plans = Planner(store, Model, PrepareRules(), NOW + DAY).plan(block)
    release_digest(
        store, first.stored_digest_id
    )  # withdrawn as too late, while the next was planned
    store.digests.record(plans)
    prepare_at(store, NOW + 2 * DAY)
    assert _shown(store) == [["01"], ["02"], ["01"]]


# --- fewer like these ------------------------------------------------------------------------


def _damped_weights(store: Store, days: int) -> tuple[float, ...]:
    planner = Planner(store, Model, PrepareRules(), NOW + days * DAY)
    (interest,) = planner.interests(store.subscribers.by_email(ADA))[1]
    assert len(interest.disliked) == len(interest.weights)
    return tuple(round(weight, 3) for weight in interest.weights)


def test_fewer_like_these_counts_a_little_and_fades(store: Store) -> None:
    ada = join(store)
    papers = arrive(store, 1, 2)
    profile = ada.profiles[0].id
    store.damped.add([DampedPaper(ada.stored_id, profile, p.stored_id, NOW) for p in papers])
    assert [_damped_weights(store, days) for days in (0, 5, 10)] == [
        (0.4,) * 2,
        (0.2,) * 2,
        (0.1,) * 2,
    ]
    assert _damped_weights(store, 22) == ()
    store.damped.remove(ada.stored_id, [papers[0].stored_id])
    assert _damped_weights(store, 0) == (0.4,)
    store.damped.forget(NOW + DAY)
    assert _damped_weights(store, 0) == ()


def test_fewer_like_these_ranks_papers_like_them_lower(store: Store) -> None:
    ada = join(store, profiles=(replace(GRAPHS, max_papers=20),))
    arrive(store, *range(1, 4), abstract="Message passing on molecules and atoms.")
    arrive(store, *range(4, 8), abstract="Opinions spread in communities of people.")
    arrive(store, *range(20, 40), title="Permafrost", abstract="Frozen ground thaws in Siberia.")

    def scores() -> dict[str, float]:
        planner = Planner(store, Model, PrepareRules(), NOW)
        (plan,) = planner.plan([store.subscribers.by_email(ADA)], NOW.date())
        return {item.paper.key[-2:]: item.score for item in plan.digests[-1].items}

    before = scores()
    known = store.papers.by_keys([paper(number).key for number in (1, 2)])
    profile = ada.profiles[0].id
    store.damped.add(
        [DampedPaper(ada.stored_id, profile, p.stored_id, NOW) for p in known.values()]
    )
    after = scores()
    assert before["03"] - before["04"] > after["03"] - after["04"]


def test_papers_of_an_excluded_author_never_appear_even_if_followed(store: Store) -> None:
    profile = replace(GRAPHS, authors=("Ada Lovelace",), excluded_authors=("A. Lovelace",))
    join(store, profiles=(profile,))
    arrive(store, 1, authors=("Lovelace, Ada", "Bo Stone"))
    arrive(store, 2, authors=("Bo Stone",))
    prepare_at(store, NOW)
    assert _shown(store) == [["02"]]
