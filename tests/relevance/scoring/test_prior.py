"""The prior: upvotes and age move a little, and only what something else speaks for."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from relevance_samples import paper, picks, reason, scored

from digestmail.domain import Paper, ReasonKind
from digestmail.relevance.prior import Prior

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def seen(title: str, days: float = 0, upvotes: int = 0) -> Paper:
    return paper(title, upvotes=upvotes, first_seen_at=NOON - timedelta(days=days))


def added(evidence: float, *papers: Paper) -> list[float]:
    row = np.full((1, len(papers)), evidence, dtype=np.float32)
    return [float(value) for value in Prior(papers).evidence(row)[0]]


def test_upvotes_lift_and_more_of_them_more() -> None:
    few, many = added(1.0, seen("a", upvotes=5), seen("b", upvotes=50))
    assert 0 < few < many < 0.26


@pytest.mark.parametrize("evidence", [0.0, 0.01, 0.1, 5.0])
def test_what_is_added_or_taken_is_at_most_half_of_the_evidence(evidence: float) -> None:
    found = added(evidence, seen("a", upvotes=100_000), seen("old", days=300), seen("new"))
    assert all(abs(one) <= evidence / 2 + 1e-6 for one in found)


def test_old_upvotes_count_for_less_and_age_takes_a_little() -> None:
    fresh, old, forgotten = added(
        1.0, seen("a", upvotes=20), seen("b", 10, upvotes=20), seen("c", 10)
    )
    assert fresh > old > forgotten
    assert forgotten == pytest.approx(-0.1)


def test_papers_without_a_date_are_as_fresh_as_the_newest() -> None:
    assert added(1.0, paper("a"), paper("b")) == [0, 0]


def test_the_trending_part_is_what_is_left_without_age() -> None:
    papers = [seen("a", upvotes=20), seen("b", 10, upvotes=20)]
    row = np.ones((1, 2), dtype=np.float32)
    prior = Prior(papers)
    assert (prior.trending(row) >= prior.evidence(row)).all()
    assert prior.trending(row)[0, 0] == pytest.approx(prior.evidence(row)[0, 0])


@pytest.mark.parametrize(("upvotes", "told"), [(0, False), (4, False), (5, True), (900, True)])
def test_from_five_upvotes_a_paper_is_said_to_be_trending(upvotes: int, told: bool) -> None:
    found = scored([paper("Zeolites", upvotes=upvotes)], keywords=("zeolite",))
    said = reason(found["Zeolites"], ReasonKind.TRENDING)
    assert (said is not None) is told
    assert said is None or (said.details == (str(upvotes),) and said.weight > 0)


def test_upvotes_speak_for_nothing_by_themselves() -> None:
    papers = [paper("Zeolites", upvotes=9_000), paper("Yeast")]
    assert picks(papers, keywords=("yeast",), threshold=0) == ["Yeast"]
    assert picks(papers, threshold=0) == []


def test_of_equal_papers_the_trending_one_is_first() -> None:
    papers = [paper("Zeolites alpha"), paper("Zeolites gamma", upvotes=30)]
    assert picks(papers, keywords=("zeolite",)) == ["Zeolites gamma", "Zeolites alpha"]
