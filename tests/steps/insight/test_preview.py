"""What a profile would have brought: true to the model, and ready when a visitor asks."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from conftest import FakeClock
from patience import LONG
from steps_world import DAY, HOUR, NOW, paper

from digestmail.domain import Interest, Paper, Profile, ReasonKind
from digestmail.relevance import Model
from digestmail.services.preview import PreviewService
from digestmail.steps.insight.preview import LISTED, Preview, preview
from digestmail.steps.insight.recent_model import RecentModel
from digestmail.steps.insight.suggestions import suggested_keywords
from digestmail.store import Store
from digestmail.store.papers import UPLOADS

RIVERS = Profile(keywords=("rivers",), threshold=0.2)


def rivers(number: int, **values: Any) -> Paper:
    return paper(number, title=f"Rivers and their delta sediments, {number}", **values)


def others(number: int) -> Paper:
    return paper(number, title=f"Graph networks of kind {number}", abstract="Message passing.")


def arrive(store: Store, papers: Sequence[Paper], at: datetime = NOW - HOUR) -> None:
    store.papers.add(papers, at)


def previews_of(
    store: Store, clock: FakeClock, make: Callable[..., Model] = Model
) -> PreviewService:
    return PreviewService(store, make, clock)


def recent_of(papers: Sequence[Paper]) -> RecentModel:
    seen = [replace(one, first_seen_at=one.first_seen_at or NOW - HOUR) for one in papers]
    places = {one.key: place for place, one in enumerate(seen)}
    return RecentModel(seen, Model(seen), NOW, places)


# --- one profile -----------------------------------------------------------------------------


def test_the_best_papers_come_with_their_reasons() -> None:
    found = preview(recent_of([others(1), rivers(2), others(3)]), RIVERS)
    (item,) = found.items
    assert item.paper.key == rivers(2).key
    assert any("rivers" in reason.words for reason in item.reasons)
    assert (found.matches, found.mailed, found.days, found.judged) == (1, 1, 1, 3)


def test_ten_are_shown_and_all_counted() -> None:
    papers = [
        rivers(n, abstract=f"About {n}.", first_seen_at=NOW - (n % 3) * DAY) for n in range(24)
    ]
    found = preview(recent_of([*papers, *map(others, range(30, 90))]), RIVERS)
    assert len(found.items) == LISTED
    assert (found.days, found.matches, found.mailed, found.a_day) == (3, 24, 24, 8)


def test_a_mail_holds_no_more_than_the_profile_wants() -> None:
    papers = [rivers(n, abstract=f"About {n}.") for n in range(12)]
    found = preview(recent_of(papers), replace(RIVERS, max_papers=3))
    assert (found.matches, found.mailed) == (12, 3)
    assert found.is_broad


@pytest.mark.parametrize(
    ("matches", "mailed", "is_broad"),
    [(9, 9, False), (10, 10, False), (15, 10, False), (20, 10, True), (5, 5, False), (0, 0, False)],
)
def test_a_profile_is_broad_if_most_of_its_matches_are_left_out(
    matches: int, mailed: int, is_broad: bool
) -> None:
    assert Preview(matches=matches, mailed=mailed, days=1).is_broad == is_broad


def test_matches_are_counted_beyond_what_the_mails_hold() -> None:
    papers = [rivers(n, abstract=f"About {n}.") for n in range(150)]
    found = preview(recent_of([*papers, *map(others, range(200, 230))]), RIVERS)
    assert (found.matches, found.mailed, found.is_counted) == (150, 10, True)


def test_examples_are_not_proposed_to_who_named_them() -> None:
    papers = [rivers(n, abstract=f"Of the delta {n}.") for n in range(4)]
    recent = recent_of([*papers, *map(others, range(10, 60))])
    found = preview(recent, replace(RIVERS, seed_papers=(papers[0].key,)), papers[:1])
    assert papers[0].key not in [item.paper.key for item in found.items]
    assert len(found.items) == 3


def test_a_weekly_mail_is_one_mail() -> None:
    papers = [rivers(n, abstract=f"{n}", first_seen_at=NOW - n * DAY) for n in range(6)]
    recent, few = (
        recent_of([*papers, *map(others, range(30, 60))]),
        replace(RIVERS, max_papers=4),
    )
    assert preview(recent, few).mailed == 6
    weekly = preview(recent, few, weekly=True)
    assert (weekly.matches, weekly.mailed, weekly.days) == (6, 4, 1)


def test_what_its_owner_liked_counts_but_is_no_reason_for_itself() -> None:
    papers = [*map(rivers, range(1, 6)), *map(others, range(30, 60))]
    curious = Profile(interests="Sediments", threshold=0.1)
    found = preview(
        recent_of(papers), curious, interest=Interest(profile=curious, liked=(rivers(1),))
    )
    like = {
        item.paper.key: [r.details for r in item.reasons if r.kind is ReasonKind.SIMILAR]
        for item in found.items
    }
    assert like[rivers(1).key] == []
    assert like[rivers(2).key] == [(rivers(1).title,)]


def test_nothing_is_asked_for_and_nothing_comes() -> None:
    recent = recent_of([rivers(1)])
    assert preview(recent, Profile()) == Preview(days=1, judged=1)
    assert preview(recent_of([]), RIVERS) == Preview()


def test_excluded_words_are_obeyed() -> None:
    found = preview(recent_of([rivers(1)]), replace(RIVERS, excluded_keywords=("delta",)))
    assert found.items == ()


# --- suggestions -----------------------------------------------------------------------------


def test_what_examples_have_in_common_is_suggested_as_it_is_spelled() -> None:
    recent = recent_of([*map(rivers, range(5)), *map(others, range(10, 60))])
    seeds = [Paper(key=f"x:{n}", title=f"The Delta Sediments of {n} rivers") for n in range(3)]
    assert suggested_keywords(recent, seeds)[0] == "delta sediments"


def test_keywords_are_not_suggested_again() -> None:
    recent = recent_of([*map(rivers, range(5)), *map(others, range(10, 60))])
    seeds = [Paper(key="x:1", title="Delta sediments")]
    assert suggested_keywords(recent, seeds, ["Delta Sediments"]) == ()


def test_without_examples_nothing_is_suggested() -> None:
    assert suggested_keywords(recent_of([rivers(1)]), []) == ()
    assert suggested_keywords(recent_of([]), [rivers(1)]) == ()


def test_two_visitors_with_one_key_do_not_meet() -> None:
    recent = recent_of([*map(rivers, range(5)), *map(others, range(10, 60))])
    liar = Paper(key="arxiv:2611.77777", title="Message passing graph networks")
    honest = Paper(key="arxiv:2611.77777", title="Rivers and delta sediments")
    wish = Profile(seed_papers=(liar.key,), threshold=0.1)
    preview(recent, wish, [liar])
    found = preview(recent, wish, [honest])
    assert found.items
    assert all("Rivers" in item.paper.title for item in found.items)


# --- the week --------------------------------------------------------------------------------


def test_the_week_is_of_the_last_seven_days(store: Store, clock: FakeClock) -> None:
    arrive(store, [rivers(1)], NOW - 8 * DAY)
    arrive(store, [rivers(2)], NOW - 6 * DAY)
    recent = previews_of(store, clock).ready()
    assert [one.key for one in recent.papers] == [rivers(2).key]
    assert recent.places == {rivers(2).key: 0}


def test_a_judge_is_made_in_the_background(store: Store, clock: FakeClock) -> None:
    go = threading.Event()

    def slow(papers: Sequence[Paper], background: Sequence[Paper]) -> Model:
        assert go.wait(LONG)
        return Model(papers, background)

    arrive(store, [rivers(1)])
    previews = previews_of(store, clock, slow)
    assert previews.recent_model() is None
    assert previews.recent_model() is None  # and no second one is begun
    go.set()
    previews.close()
    recent = previews.recent_model()
    assert recent
    assert len(recent.papers) == 1


@pytest.mark.parametrize(
    ("minutes", "arrives", "papers"), [(4, True, 1), (6, True, 2), (6, False, 1)]
)
def test_newer_papers_are_looked_for_now_and_then(
    store: Store, clock: FakeClock, minutes: int, arrives: bool, papers: int
) -> None:
    arrive(store, [rivers(1)])
    previews = previews_of(store, clock)
    first = previews.ready()
    clock.move(minutes=minutes)
    if arrives:
        arrive(store, [rivers(2)], clock())
    assert len(previews.ready().papers) == papers
    assert (previews.ready() is first) == (papers == 1)


def test_an_empty_week_is_looked_at_each_time(store: Store, clock: FakeClock) -> None:
    previews = previews_of(store, clock)
    assert previews.ready().papers == []
    arrive(store, [rivers(1)])
    assert len(previews.ready().papers) == 1


def test_a_new_day_has_a_new_week(store: Store, clock: FakeClock) -> None:
    arrive(store, [rivers(1)], NOW - timedelta(days=6, hours=12))
    previews = previews_of(store, clock)
    assert len(previews.ready().papers) == 1
    clock.move(days=1)
    assert previews.ready().papers == []


def test_a_failure_is_told_and_tried_again(
    store: Store, clock: FakeClock, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(papers: Sequence[Paper], background: Sequence[Paper]) -> Model:
        raise RuntimeError("out of memory")

    previews = previews_of(store, clock, broken)
    assert previews.recent_model() is None
    previews.close()
    assert "the next request will try again" in caplog.text
    assert previews.recent_model() is None
    previews.close()
    assert len(caplog.records) == 2


def test_a_readers_own_word_on_a_paper_is_theirs_in_the_model_too() -> None:
    recent = recent_of([rivers(1)])
    mine = replace(rivers(7), id=3, source=UPLOADS)
    assert (
        recent.with_private_key(mine).key
        != recent.with_private_key(replace(mine, id=4, abstract="Ice.")).key
    )
    assert recent.with_private_key(replace(mine, source="test")).key == mine.key
