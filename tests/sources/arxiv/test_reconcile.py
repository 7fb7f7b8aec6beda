from datetime import date

import pytest

from digestmail.domain import BatchState, Paper
from digestmail.sources.arxiv.feed import FeedSummary
from digestmail.sources.arxiv.reconcile import Decision, Harvest, decide, is_newer, updated_newest

DAY = date(2026, 11, 20)
BEFORE = date(2026, 11, 19)


def key(number: int) -> str:
    return f"arxiv:2611.{number:05}"


def keys(*numbers: int) -> frozenset[str]:
    return frozenset(map(key, numbers))


def told(*new: int, others: tuple[int, ...] = (), day: date | None = DAY) -> FeedSummary:
    return FeedSummary(day, keys(*new), keys(*new, *others))


def harvest(*fresh: int, others: tuple[int, ...] = (), category: str = "cs.AI") -> Harvest:
    return Harvest(dict.fromkeys(keys(*fresh, *others), category), set(keys(*fresh)))


def again(feed: FeedSummary, oai: Harvest, *, feed_failed: bool = False) -> Decision:
    """What is decided when OAI-PMH answers the same for the second time."""
    return decide(DAY, feed, oai, earlier=oai.fingerprint, feed_failed=feed_failed)


# --- complete --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("feed", "oai"),
    [
        (told(1, 2), harvest(1, 2)),
        (told(1, 2), harvest(1, others=(2, 7))),  # 2 was held too long to look new
        (told(1, others=(2,)), harvest(1, 2)),  # 2 is a cross-list
        (told(others=(2,)), harvest(2)),
    ],
)
def test_both_agree(feed: FeedSummary, oai: Harvest) -> None:
    assert decide(DAY, feed, oai) == Decision(BatchState.COMPLETE)


@pytest.mark.parametrize(
    ("feed", "reason"),
    [
        (told(1), "the feed lacked 2 papers of cs.AI, which OAI-PMH had"),
        (told(1, 2), "the feed lacked 1 paper of cs.AI, which OAI-PMH had"),
        (told(9, day=BEFORE), "the feed still had 2026-11-19"),
        (told(day=None), "the feed was empty"),
    ],
)
def test_two_equal_answers_outweigh_the_feed(feed: FeedSummary, reason: str) -> None:
    assert again(feed, harvest(1, 2, 3)) == Decision(BatchState.COMPLETE, reason)


def test_two_equal_answers_outweigh_a_feed_that_failed() -> None:
    reason = "the feed could not be read"
    told_before = told(9, day=BEFORE)
    assert again(told_before, harvest(1), feed_failed=True).reason == reason


def test_a_feed_without_new_papers_in_small_categories() -> None:
    feed, oai = told(others=(7,)), harvest()
    reason = "neither the feed nor OAI-PMH has new papers of 2026-11-20 so far"
    assert decide(DAY, feed, oai) == Decision(BatchState.OPEN, reason)
    assert again(feed, oai) == Decision(BatchState.COMPLETE)


# --- open ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("feed", "oai", "reason"),
    [
        (told(1), harvest(1, 2), "the feed lacks 1 paper of cs.AI, which OAI-PMH has"),
        (told(1, 2, 3), harvest(1), "OAI-PMH lacks 2 of the feed's 3 new papers"),
        (told(1), harvest(), "OAI-PMH lacks 1 of the feed's 1 new paper"),
        (
            told(day=None),
            harvest(others=(7,)),
            "the feed is empty so far and OAI-PMH has nothing of 2026-11-20",
        ),
        (
            told(9, day=BEFORE),
            harvest(1, 2),
            "the feed still has 2026-11-19 and OAI-PMH has 2 new papers of 2026-11-20",
        ),
    ],
)
def test_what_is_waited_for(feed: FeedSummary, oai: Harvest, reason: str) -> None:
    assert decide(DAY, feed, oai) == Decision(BatchState.OPEN, reason)
    assert decide(DAY, feed, oai, earlier="another").state is BatchState.OPEN


def test_a_feed_that_failed_is_told() -> None:
    reason = "the feed could not be read and OAI-PMH has 1 new paper of 2026-11-20"
    assert decide(DAY, told(day=None), harvest(1), feed_failed=True).reason == reason


@pytest.mark.parametrize("feed", [told(day=None), told(9, day=BEFORE)])
def test_nothing_twice_is_no_announcement(feed: FeedSummary) -> None:
    assert again(feed, harvest(others=(7,))).state is BatchState.OPEN


def test_papers_that_oai_lacks_keep_the_day_open() -> None:
    assert again(told(1, 2), harvest(1, 3)).state is BatchState.OPEN


def test_many_categories_are_not_all_named() -> None:
    codes = ["cs.AI", "cs.CL", "cs.LG", "math.CO"]
    oai = Harvest({key(n): code for n, code in enumerate(codes)}, set(keys(0, 1, 2, 3)))
    assert "4 papers of cs.AI, cs.CL and others," in decide(DAY, told(9), oai_with(oai, 9)).reason


def oai_with(oai: Harvest, number: int) -> Harvest:
    return Harvest({**oai.primaries, key(number): "cs.AI"}, oai.new)


def test_fingerprints_tell_harvests_apart() -> None:
    assert harvest(1, 2).fingerprint == harvest(2, 1, others=(3,)).fingerprint
    assert harvest(1, 2).fingerprint != harvest(1).fingerprint


# --- watermarks ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("newest", "beyond"),
    [
        ({}, True),
        ({"cs.LG": key(99)}, True),
        ({"cs.AI": key(4)}, True),
        ({"cs.AI": key(5)}, False),
        ({"cs.AI": "arxiv:2610.99999"}, True),
        ({"cs.AI": "arxiv:cs/0703999"}, True),
    ],
)
def test_what_came_after_the_newest(newest: dict[str, str], beyond: bool) -> None:
    paper = Paper(key=key(5), title="T", categories=("cs.AI", "cs.LG"))
    assert is_newer(paper, newest) is beyond


def test_watermarks_rise_and_never_fall() -> None:
    oai = Harvest({key(5): "cs.AI", key(6): "cs.LG", key(7): "cs.LG"}, set(keys(5, 6)))
    before = {"cs.AI": key(9), "cs.CL": key(1)}
    marks = {"cs.AI": key(9), "cs.CL": key(1)}
    assert updated_newest(before, DAY, told(day=None), oai) == {**marks, "cs.LG": key(6)}
    assert updated_newest(before, DAY, told(7, 8), oai) == {**marks, "cs.LG": key(7)}
    assert updated_newest(before, DAY, told(7, day=BEFORE), oai) == {**marks, "cs.LG": key(6)}
