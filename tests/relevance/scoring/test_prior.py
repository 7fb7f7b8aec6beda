"""The prior: upvotes and age move a little, and only what something else speaks for."""

from datetime import UTC, datetime, timedelta

import pytest
from relevance_samples import paper, picks, reason, scored

from digestmail.domain import Paper, ReasonKind
from digestmail.relevance import PARAMETERS
from digestmail.relevance.scoring.prior import prior_of

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def seen(title: str, days: float = 0, upvotes: int = 0) -> Paper:
    return paper(title, upvotes=upvotes, first_seen_at=NOON - timedelta(days=days))


def added(*papers: Paper) -> list[float]:
    return [float(value) for value in prior_of(papers, PARAMETERS).log_odds]


def test_upvotes_lift_and_more_of_them_more_up_to_a_bound() -> None:
    none, few, many, most = added(*(seen("a", upvotes=n) for n in (0, 5, 50, 10**9)))
    assert 0 == none < few < many < most == pytest.approx(PARAMETERS.most_trending)


def test_old_upvotes_count_for_less_and_age_takes_a_little() -> None:
    _, fresh, old, forgotten, ancient = added(
        seen("new"), seen("a", upvotes=20), seen("b", 10, upvotes=20), seen("c", 3), seen("d", 900)
    )
    assert fresh > old
    assert forgotten == pytest.approx(-3 * PARAMETERS.age_weight)
    assert ancient == pytest.approx(-PARAMETERS.most_age)


def test_papers_without_a_date_are_as_fresh_as_the_newest() -> None:
    assert added(paper("a"), paper("b")) == [0, 0]


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
