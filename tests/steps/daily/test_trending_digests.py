"""Trending papers: their ranking, pure, and digests of them on simulated days."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from random import Random
from typing import Any

import pytest
from steps_world import DAY, HOUR, NOW, arrive, at_once, join, paper, prepare_at, rate

from digestmail.domain import (
    Digest,
    Interest,
    Paper,
    Profile,
    ReasonKind,
    Schedule,
    SkipReason,
    Subscriber,
    TrendingBasis,
    Verdict,
    trending_profile,
)
from digestmail.steps.daily.trending import (
    PARAMETERS,
    DigestSpan,
    TrendingRankings,
    heat,
    personal_interest,
    span_of,
    trending_limit,
)
from digestmail.store import Store

TODAY = DigestSpan(1)
WEEK = DigestSpan(7, is_weekly=True)
TRENDING = trending_profile()
SUBJECTS = {
    "galaxies": "telescope redshift spiral halo cluster dwarf luminosity",
    "proteins": "folding residue binding enzyme ligand mutation crystal",
    "compilers": "register parser optimiser bytecode loop inlining typing",
    "glaciers": "ice melt moraine albedo snowfall firn calving",
    "beetles": "elytra larva antenna pollen habitat mandible pupation",
}


# --- the ranking --------------------------------------------------------------------------------


def _stored(number: int, upvotes: int = 0, days: float = 0.1, **values: Any) -> Paper:
    seen = NOW - timedelta(days=days)
    return replace(paper(number, upvotes=upvotes, **values), id=number, first_seen_at=seen)


def _rankings(
    papers: Sequence[Paper],
    readers: dict[int, int] | None = None,
    permitted: frozenset[int] | None = None,
) -> TrendingRankings:
    everything = frozenset(range(len(papers))) if permitted is None else permitted
    return TrendingRankings(
        papers,
        readers or {},
        NOW,
        lambda _: everything,
        lambda positions, limit: positions[:limit],
    )


def _positions(rankings: TrendingRankings, span: DigestSpan = TODAY) -> list[int]:
    return [trending.position for trending in rankings.of(TRENDING, span)]


def test_an_upvote_counts_half_after_two_days() -> None:
    assert heat(10, 0, 0.0) == 10
    assert heat(10, 0, 2.0) == 5


def test_readers_here_count_from_five_on() -> None:
    assert heat(0, 4, 0.0) == 0
    assert heat(0, 5, 0.0) == 5 * PARAMETERS.reader_weight


def test_the_hottest_papers_come_first_and_of_equals_the_newest() -> None:
    papers = [_stored(1, 30), _stored(2, 90), _stored(3, 30, days=0.05)]
    assert _positions(_rankings(papers))[:3] == [1, 2, 0]


def test_a_paper_that_gains_upvotes_late_still_comes() -> None:
    papers = [_stored(1, 20), _stored(2, 200, days=6)]
    assert _positions(_rankings(papers))[:2] == [1, 0]


def test_a_week_ranks_by_all_upvotes_whatever_the_day() -> None:
    papers = [_stored(1, 30), _stored(2, 40, days=6)]
    assert _positions(_rankings(papers), TODAY) == [0, 1]
    assert _positions(_rankings(papers), WEEK) == [1, 0]


def test_papers_older_than_a_week_are_not_trending() -> None:
    assert _positions(_rankings([_stored(1, 9_999, days=8)]), WEEK) == []


def test_a_few_upvotes_are_no_trend() -> None:
    assert _positions(_rankings([_stored(1, 4), _stored(2, 12, days=6)])) == []


@pytest.mark.parametrize("source", ["uploads", "seeds"])
def test_what_only_a_reader_brought_is_not_trending(source: str) -> None:
    assert _positions(_rankings([_stored(1, 50, source=source)])) == []


def test_where_nothing_is_voted_on_the_most_central_papers_come() -> None:
    rankings = _rankings([_stored(number) for number in range(1, 9)])
    trending = list(rankings.of(TRENDING, TODAY))
    assert len(trending) == 4  # half of them
    assert trending[0].reasons[0].words == "central among 8 new papers"


def test_of_two_papers_none_is_central() -> None:
    assert _positions(_rankings([_stored(1), _stored(2)])) == []


def test_central_papers_come_after_those_with_votes_and_only_once() -> None:
    papers = [_stored(1), _stored(2), _stored(3, 50), _stored(4)]
    assert _positions(_rankings(papers))[0] == 2
    assert len(_positions(_rankings(papers))) == len(set(_positions(_rankings(papers))))


def test_hard_rules_hold() -> None:
    rankings = _rankings([_stored(1, 50), _stored(2, 40)], permitted=frozenset({1}))
    assert _positions(rankings) == [1]


def test_reasons_tell_upvotes_and_readers() -> None:
    (trending,) = _rankings([_stored(1, 132)], {1: 7}).of(TRENDING, TODAY)
    words = [reason.words for reason in trending.reasons]
    assert words == ["trending: 132 upvotes", "liked or saved by 7 readers here"]


def test_a_span_is_the_days_since_the_last_digest() -> None:
    def days(since: datetime | None) -> int:
        return span_of(since, NOW, is_weekly=False).days

    assert [days(None), days(NOW - DAY), days(NOW - 3 * DAY - HOUR), days(NOW - 30 * DAY)] == [
        7,
        1,
        3,
        7,
    ]


@pytest.mark.parametrize(("likes", "papers"), [(1, 2), (3, 6), (4, 7), (20, 7)])
def test_the_personal_part_grows_with_each_like_up_to_seven(likes: int, papers: int) -> None:
    liked = tuple(paper(number) for number in range(likes))
    part = personal_interest(Interest(profile=TRENDING, liked=liked, first=50))
    assert (part.profile.max_papers, part.first) == (papers, 0)
    assert part.profile.threshold == PARAMETERS.personal_threshold


def test_a_trending_digest_keeps_room_for_three_trending_papers() -> None:
    assert [trending_limit(TRENDING, personal) for personal in (0, 4, 7)] == [10, 6, 3]


def test_a_personal_profile_adds_its_trending_papers_to_all_others() -> None:
    profile = Profile(keywords=("graph",), max_papers=10, trending=3)
    interest = Interest(profile=profile, first=50)
    assert personal_interest(interest) == interest
    assert trending_limit(profile, 10) == 3


# --- digests ------------------------------------------------------------------------------------


def _newcomer(store: Store, email: str = "ada@example.net", **values: Any) -> Subscriber:
    return join(store, email, **({"profiles": (TRENDING,)} | values))


def _digests(store: Store, reader: Subscriber) -> list[Digest]:
    return list(reversed(store.digests.of_subscriber(reader.stored_id, limit=None)))


def _numbers(digest: Digest) -> list[int]:
    return [int(item.paper.key[-5:]) for item in digest.items]


def _batch(first: int, size: int = 20, **values: Any) -> list[Paper]:
    """Invented papers on five subjects, numbered from ``first`` on."""
    return [_about(number, **values) for number in range(first, first + size)]


def _about(number: int, **values: Any) -> Paper:
    subject = list(SUBJECTS)[number % 5]
    text = Random(number).sample(SUBJECTS[subject].split(), 5)
    abstract = f"Of {subject}: {' and '.join(text)}, with {text[0]} {text[1]} of {subject}."
    return paper(number, title=f"On {subject} {number}", abstract=abstract, **values)


def _voted(papers: Sequence[Paper], factor: int) -> list[Paper]:
    """The papers with as many upvotes as their place in the batch tells."""
    return [replace(each, upvotes=place * factor) for place, each in enumerate(papers)]


def _daily(store: Store, days: int) -> None:
    """Let 20 papers come and prepare digests on so many days; upvotes grow for three days."""
    batches = [_batch(100 * day + 1, categories=("cs.CL",)) for day in range(days)]
    for day in range(days):
        now = NOW + day * DAY
        grown = [_voted(batches[day - back], 5 * back) for back in range(1, min(day, 3) + 1)]
        store.papers.add([each for batch in (batches[day], *grown) for each in batch], now - HOUR)
        prepare_at(store, now)


def test_a_trending_digest_holds_the_ten_hottest_papers(store: Store) -> None:
    ada = _newcomer(store)
    for number in range(1, 16):
        arrive(store, number, upvotes=10 * number)
    prepare_at(store, NOW)
    (digest,) = _digests(store, ada)
    assert _numbers(digest) == list(range(15, 5, -1))
    assert all(item.is_trending and item.strength is None for item in digest.items)
    assert digest.trending_bases == (TrendingBasis.VOTES,)
    assert digest.skip is None


def test_of_many_papers_with_one_title_the_hottest_comes(store: Store) -> None:
    ada = _newcomer(store)
    for number in range(1, 31):
        arrive(store, number, title="Editorial", upvotes=100 + number)
    arrive(store, 31, title="On beetles", upvotes=50)
    prepare_at(store, NOW)
    (digest,) = _digests(store, ada)
    assert _numbers(digest) == [30, 31]


def test_no_paper_comes_twice_in_thirty_days(store: Store) -> None:
    ada = _newcomer(store)
    grace = _newcomer(
        store, "grace@example.net", profiles=(Profile(keywords=("beetle",), trending=3),)
    )
    _daily(store, 30)
    for reader in (ada, grace):
        digests = _digests(store, reader)
        shown = Counter(item.paper.id for digest in digests for item in digest.items)
        assert len(digests) == 30
        assert max(shown.values()) == 1
    assert all(len(digest.items) == 10 for digest in _digests(store, ada)[1:])


def test_the_first_like_begins_a_personal_part(store: Store) -> None:
    ada = _newcomer(store)
    store.papers.add(_voted(_batch(1, 40), 5), NOW - HOUR)
    prepare_at(store, NOW)
    (first,) = _digests(store, ada)
    liked = next(item for item in first.items if "beetles" in item.paper.title)
    rate(store, ada, liked.paper.stored_id, Verdict.MORE, liked.profile_id)
    store.papers.add(_batch(101, 40), NOW + DAY - HOUR)
    prepare_at(store, NOW + DAY)
    second = _digests(store, ada)[-1].items
    personal = [item for item in second if not item.is_trending]
    assert len(second) == 10
    assert len(personal) == 2
    assert all("beetles" in item.paper.title for item in personal)
    assert all(item.reasons for item in second)
    assert list(second[: len(personal)]) == personal  # the trending ones come after them


def test_a_dislike_alone_begins_no_personal_part(store: Store) -> None:
    ada = _newcomer(store)
    for number in range(1, 41):
        arrive(store, number, upvotes=100 - number)
    prepare_at(store, NOW)
    item = _digests(store, ada)[0].items[0]
    rate(store, ada, item.paper.stored_id, Verdict.LESS, item.profile_id)
    prepare_at(store, NOW + DAY)
    assert all(item.is_trending for item in _digests(store, ada)[-1].items)


def test_a_personal_digest_has_its_trending_papers_at_the_end(store: Store) -> None:
    ada = join(store, profiles=(Profile(keywords=("beetles",), trending=2),))
    arrive(store, 1, title="Beetles", upvotes=500)
    for number in (2, 3, 4):
        arrive(store, number, title=f"Of {number} other things", upvotes=10 * number)
    prepare_at(store, NOW)
    (digest,) = _digests(store, ada)
    assert _numbers(digest) == [1, 4, 3]  # the first one only once
    assert [item.is_trending for item in digest.items] == [False, True, True]
    assert [item.position for item in digest.items] == [1, 2, 3]


def test_categories_and_excluded_keywords_hold_for_trending_papers(store: Store) -> None:
    profile = replace(
        trending_profile(("cs.CL",)), excluded_keywords=("survey",), excluded_categories=("cs.LG",)
    )
    ada = _newcomer(store, profiles=(profile,))
    arrive(store, 1, upvotes=90, categories=("cs.CV",))
    arrive(store, 2, upvotes=80, categories=("cs.CL", "cs.LG"))
    arrive(store, 3, upvotes=70, categories=("cs.CL",), title="A survey of graphs")
    arrive(store, 4, upvotes=60, categories=("cs.CL",))
    prepare_at(store, NOW)
    assert _numbers(_digests(store, ada)[0]) == [4]


def test_four_readers_tell_nothing_and_five_do(store: Store) -> None:
    ada = _newcomer(store)
    (one,) = arrive(store, 1)
    (two,) = arrive(store, 2)
    readers = [join(store, f"reader{number}@example.net") for number in range(5)]
    for number, reader in enumerate(readers):
        rate(store, reader, one.stored_id, Verdict.MORE)
        if number < 4:
            rate(store, reader, two.stored_id, Verdict.MORE)
            store.saved.add(reader.stored_id, two.stored_id, NOW)  # both count once
    prepare_at(store, NOW)
    (digest,) = _digests(store, ada)
    assert _numbers(digest) == [1]
    assert digest.items[0].reasons[0].words == "liked or saved by 5 readers here"
    assert digest.trending_bases == (TrendingBasis.READERS,)


def test_saves_and_likes_of_different_readers_add_up(store: Store) -> None:
    (one,) = arrive(store, 1)
    readers = [join(store, f"reader{number}@example.net") for number in range(5)]
    for reader in readers[:2]:
        rate(store, reader, one.stored_id, Verdict.MORE)
    for reader in readers[2:]:
        store.saved.add(reader.stored_id, one.stored_id, NOW)
    assert store.feedback.readers(NOW - DAY, 5) == {one.stored_id: 5}
    assert store.feedback.readers(NOW - DAY, 6) == {}


def test_sources_without_votes_give_the_most_central_papers_of_the_day(store: Store) -> None:
    ada = _newcomer(store, profiles=(trending_profile(("q-bio",)),))
    for number in range(1, 13):
        subject = "protein folding networks" if number < 9 else f"the {number}th curiosity"
        title = f"On {subject}, part {number}"
        arrive(store, number, title=title, categories=("q-bio.BM",))
    arrive(store, 99, title="Elsewhere", categories=("cs.CL",))
    prepare_at(store, NOW)
    (digest,) = _digests(store, ada)
    assert len(digest.items) == 6
    assert "protein" in digest.items[0].paper.title
    assert digest.trending_bases == (TrendingBasis.CENTRAL,)
    kinds = {reason.kind for item in digest.items for reason in item.reasons}
    assert kinds == {ReasonKind.CENTRAL}


def test_a_day_without_trending_papers_is_an_honest_quiet_day(store: Store) -> None:
    ada = _newcomer(store)
    prepare_at(store, NOW)
    (digest,) = _digests(store, ada)
    assert digest.skip is SkipReason.NO_PAPERS


def test_a_weekly_digest_has_the_best_of_the_week(store: Store) -> None:
    friday = Schedule(hour=6, weekdays=frozenset({5}))
    ada = _newcomer(store, schedule=friday, papers_since=NOW - 7 * DAY)
    for number in range(1, 31):
        arrive(store, number, upvotes=10 * number, at=NOW - (6.5 - number % 6) * DAY)
    prepare_at(store, NOW)
    assert _numbers(_digests(store, ada)[0]) == list(range(30, 20, -1))


def test_two_processes_prepare_one_digest(store: Store) -> None:
    ada = _newcomer(store)
    for number in range(1, 31):
        arrive(store, number, upvotes=10 * number)
    at_once(lambda: prepare_at(store, NOW), lambda: prepare_at(store, NOW))
    (digest,) = _digests(store, ada)
    assert len(digest.items) == 10
