"""The lists of the latest papers."""

from dataclasses import replace

import pytest
from steps_world import DAY, HOUR, NOW, arrive, join, paper, rate

from digestmail.domain import Paper, TrendingBasis, Verdict
from digestmail.relevance import Model
from digestmail.services.trending import Listing, Order, Span, TrendingService
from digestmail.steps.insight.recent_model import RecentModel
from digestmail.store import Store


class Seconds:
    """A monotonic clock that is moved by hand."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def papers(store: Store) -> list[Paper]:
    """Two of today, one of this week, one of long ago."""
    return [
        *arrive(store, 1, at=NOW - 9 * DAY, upvotes=99),
        *arrive(store, 2, at=NOW - 2 * DAY, upvotes=5, categories=("cs.LG",)),
        *arrive(store, 3, at=NOW - 2 * HOUR, upvotes=7, categories=("cs.CL", "cs.LG")),
        *arrive(store, 4, at=NOW - HOUR, upvotes=5, categories=("cs.CL", "stat.ML")),
    ]


def listed(store: Store, span: Span = Span.WEEK, **more: object) -> list[str]:
    return [p.key[-1] for p in listing(store, span, **more).papers]


def listing(store: Store, span: Span = Span.WEEK, **more: object) -> Listing:
    return TrendingService(store).list(span, NOW, **({"size": 10} | more))  # type: ignore[arg-type]


@pytest.mark.usefixtures("papers")
def test_the_most_upvoted_come_first_and_of_equals_the_newest(store: Store) -> None:
    assert listed(store) == ["3", "4", "2"]
    assert listed(store, order=Order.NEWEST) == ["4", "3", "2"]
    assert listed(store, Span.TODAY) == ["3", "4"]


@pytest.mark.usefixtures("papers")
def test_a_list_is_read_in_parts(store: Store) -> None:
    assert listed(store, first=1, size=1) == ["4"]
    assert listing(store, first=50).total == 3
    assert listed(store, first=50) == []


@pytest.mark.usefixtures("papers")
def test_categories_with_counts_of_the_span(store: Store) -> None:
    week = listing(store)
    assert week.primary == {"cs.CL": 2, "cs.LG": 2}
    assert week.other == {"stat.ML": 1}
    assert week.bases == (TrendingBasis.VOTES,)
    assert listing(store, Span.TODAY).primary == {"cs.CL": 2, "cs.LG": 1}
    assert listed(store, category="cs.LG") == ["3", "2"]
    assert listed(store, category="no.such") == []


def test_an_empty_store_has_empty_lists(store: Store) -> None:
    assert listing(store) == Listing([], 0, {}, {})
    assert TrendingService(store).papers(Span.TODAY, NOW) == 0


@pytest.mark.usefixtures("papers")
def test_what_is_new_is_seen_within_seconds(store: Store) -> None:
    seconds = Seconds()
    trending = TrendingService(store, monotonic=seconds)
    before = trending.states(NOW)
    store.papers.add([replace(paper(4), upvotes=50), paper(5)], NOW)
    assert trending.states(NOW) == before
    seconds.now += 5
    assert trending.states(NOW) != before
    assert [p.key[-1] for p in trending.list(Span.WEEK, NOW, size=2).papers] == ["4", "3"]


def test_a_list_of_a_month(store: Store) -> None:
    arrive(store, 1, at=NOW - 29 * DAY, upvotes=9)
    assert listed(store, Span.MONTH) == ["1"]
    assert listed(store, Span.WEEK) == []


def test_readers_here_count_from_five_on(store: Store) -> None:
    one, two = arrive(store, 1, 2, at=NOW - HOUR)
    for number in range(5):
        reader = join(store, f"reader{number}@example.net")
        rate(store, reader, one.stored_id, Verdict.MORE)
        if number:
            store.saved.add(reader.stored_id, two.stored_id, NOW)
    week = listing(store)
    assert [p.key[-1] for p in week.papers] == ["1", "2"]
    assert week.bases == (TrendingBasis.READERS,)


def test_today_is_adjusted_for_age_as_digests_are(store: Store) -> None:
    arrive(store, 1, at=NOW - 20 * HOUR, upvotes=12)
    arrive(store, 2, at=NOW - HOUR, upvotes=10)
    assert listed(store, Span.TODAY) == ["2", "1"]
    assert listed(store, Span.WEEK) == ["1", "2"]


def test_without_votes_the_most_central_papers_come_first(store: Store) -> None:
    for number in range(1, 7):
        title = "Ice sheets and the sea level" if number < 5 else f"A curiosity, the {number}th"
        arrive(store, number, at=NOW - number * HOUR, title=title, categories=("physics.ao-ph",))
    arrive(store, 7, at=NOW - HOUR, upvotes=2, categories=("cs.CL",))
    papers = store.papers.seen_after(NOW - 7 * DAY)
    recent = RecentModel(papers, Model(papers), NOW)
    trending = TrendingService(store, lambda: recent)
    central = trending.list(Span.WEEK, NOW, category="physics.ao-ph", size=10)
    assert central.bases == (TrendingBasis.CENTRAL,)
    assert central.papers[0].title.startswith("Ice")
    assert central.total == len({paper.id for paper in central.papers}) == 6
    few = trending.list(Span.WEEK, NOW, category="cs.CL", size=10)
    assert (few.total, few.bases) == (1, ())


def test_before_the_model_is_there_the_newest_come_first(store: Store) -> None:
    arrive(store, 1, at=NOW - 2 * HOUR)
    arrive(store, 2, at=NOW - HOUR)
    assert listed(store) == ["2", "1"]
    assert listing(store).bases == ()
