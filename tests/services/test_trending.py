"""The lists of the latest papers."""

from dataclasses import replace

import pytest
from steps_world import DAY, HOUR, NOW, arrive, paper

from digestmail.domain import Paper
from digestmail.services.trending import Listing, Span, TrendingService
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
    assert listed(store, upvoted=False) == ["4", "3", "2"]
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
    assert listing(store, Span.TODAY).primary == {"cs.CL": 2, "cs.LG": 1}
    assert listed(store, category="cs.LG") == ["3", "2"]
    assert listed(store, category="no.such") == []


def test_an_empty_store_has_empty_lists(store: Store) -> None:
    assert listing(store) == Listing([], 0, {}, {})
    assert TrendingService(store).papers(Span.TODAY, NOW) == 0


@pytest.mark.usefixtures("papers")
def test_what_is_new_is_seen_within_seconds(store: Store) -> None:
    seconds = Seconds()
    trending = TrendingService(store, seconds)
    before = trending.states(NOW)
    store.papers.add([replace(paper(4), upvotes=50), paper(5)], NOW)
    assert trending.states(NOW) == before
    seconds.now += 5
    assert trending.states(NOW) != before
    assert [p.key[-1] for p in trending.list(Span.WEEK, NOW, size=2).papers] == ["4", "3"]
