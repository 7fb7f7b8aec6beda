"""The measures against values worked out by hand."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from digestmail.evaluation.measures import (
    DailyMails,
    Diversity,
    MailMeasures,
    MailSummary,
    RankingMeasures,
    daily_mails,
    diversity,
    in_daily_mails,
    mail_measures,
    mail_summary,
    mean_diversity,
    mean_measures,
    paired_difference,
    ranking_measures,
)


def measure(ranked: Sequence[str], relevant: set[str]) -> RankingMeasures:
    return ranking_measures(ranked, relevant, frozenset(ranked[:10]))


def test_a_perfect_ranking_has_all_measures_at_one() -> None:
    assert measure(["a", "b", "x"], {"a", "b"}) == RankingMeasures(1, 1, 1, 1, 1, 1)


def test_measures_of_hits_at_ranks_2_and_4_of_three_relevant_papers() -> None:
    found = measure(["x", "a", "y", "b"], {"a", "b", "c"})
    ideal = 1 + 1 / math.log2(3) + 1 / 2
    assert found.ndcg == pytest.approx((1 / math.log2(3) + 1 / math.log2(5)) / ideal)
    assert found.recall == pytest.approx(2 / 3)
    assert found.mrr == pytest.approx(1 / 2)
    assert found.ap == pytest.approx((1 / 2 + 2 / 4) / 3)
    assert found.first_five == pytest.approx(2 / 3)


def test_the_mail_of_ten_is_the_share_of_relevant_papers_in_mails() -> None:
    assert ranking_measures(["x"], {"a", "b"}, {"a", "x"}).mail == 1 / 2


@pytest.mark.parametrize("ranked", [[], ["x", "y"]])
def test_a_ranking_without_a_hit_is_worth_nothing(ranked: list[str]) -> None:
    assert measure(ranked, {"a"}) == RankingMeasures(0, 0, 0, 0, 0, 0)


@pytest.mark.parametrize(
    ("rank", "ndcg", "recall", "mrr"),
    [(10, 1 / math.log2(11), 1, 0.1), (11, 0, 1, 1 / 11), (50, 0, 1, 0.02), (51, 0, 0, 1 / 51)],
)
def test_each_measure_looks_only_so_far(rank: int, ndcg: float, recall: float, mrr: float) -> None:
    ranked = [str(n) for n in range(1, 101)]
    assert measure(ranked, {str(rank)})[:4] == pytest.approx((ndcg, recall, mrr, 1 / rank))


def test_what_stands_after_the_hundredth_place_does_not_count() -> None:
    assert measure([str(n) for n in range(1, 102)], {"101"}) == RankingMeasures(0, 0, 0, 0, 0, 0)


def test_more_than_ten_relevant_papers_can_still_gain_all() -> None:
    ranked = [str(n) for n in range(20)]
    assert measure(ranked, set(ranked)).ndcg == pytest.approx(1)


def test_means_are_taken_over_readers() -> None:
    rows = [RankingMeasures(1, 0, 0.5, 0.25, 0, 1), RankingMeasures(0, 0, 1, 0.75, 0, 0)]
    assert mean_measures(rows) == RankingMeasures(0.5, 0, 0.75, 0.5, 0, 0.5)


def test_a_difference_is_as_sure_as_the_readers_agree() -> None:
    second = [RankingMeasures(ndcg, 0.3, 0, 0, 0, 0) for ndcg in (0.5, 0.1, 0.6)]
    steps = (0, 0.1, 0.2)
    first = [m._replace(ndcg=m.ndcg + by, recall=0.4) for m, by in zip(second, steps, strict=True)]
    difference = paired_difference(first, second)
    assert difference.mean == pytest.approx((0.1, 0.1, 0, 0, 0, 0))
    assert difference.error == pytest.approx((0.1 / math.sqrt(3), 0, 0, 0, 0, 0), abs=1e-12)
    assert paired_difference(second, first).mean == pytest.approx((-0.1, -0.1, 0, 0, 0, 0))


def mails(days: Any, scores: Any, passing: Any, hits: Any) -> DailyMails:
    return daily_mails(days, in_daily_mails(days, scores) & passing, hits)


def test_a_mail_shows_the_ten_best_of_each_day() -> None:
    days = np.array(["2026-03-01"] * 12 + ["2026-03-02"] * 2)
    scores = np.array([*range(12, 0, -1), 0, 0], dtype=float)
    relevant = np.zeros(14, dtype=bool)
    relevant[[0, 9, 10, 13]] = True  # first, tenth, eleventh of their day; alone on the next
    every = np.ones(14, dtype=bool)
    assert mails(days, scores, every, relevant) == (6, 0, 3 / 4)
    assert mails(days, -scores, every, relevant) == (6, 0, 3 / 4)  # now the two best are cut off
    assert mails(days, -scores, every, np.arange(14) < 2) == (6, 0, 0)


def test_a_mail_leaves_out_what_does_not_pass() -> None:
    days = np.array(["2026-03-01"] * 12 + ["2026-03-02"] * 2)
    scores = np.array([*range(12, 0, -1), 0, 0], dtype=float)
    relevant = scores > 9
    assert mails(days, scores, scores > 10, relevant) == (1, 1 / 2, 2 / 3)


def test_a_mail_is_as_alike_as_two_of_its_papers_are_on_average() -> None:
    cosines = np.array([[1, 0.6, 0.3], [0.6, 1, 0.0], [0.3, 0.0, 1]])
    assert diversity(["a", "b", "c"], {"a"}, cosines) == pytest.approx(Diversity(1, 0.3))


@pytest.mark.parametrize("size", [0, 1])
def test_less_than_two_papers_are_not_alike(size: int) -> None:
    assert diversity(["a", "b"][:size], {"z"}, np.ones((size, size))) == Diversity(0, 0)


def test_means_of_mails_are_over_readers() -> None:
    rows = [Diversity(1, 0.2), Diversity(0, 0.4)]
    assert mean_diversity(rows, 2) == pytest.approx(Diversity(0.5, 0.3))
    assert mean_diversity(rows[:1], 2) == pytest.approx(Diversity(0.5, 0.1))


def test_a_mail_is_measured_by_its_first_five_by_all_and_by_what_is_clearly_relevant() -> None:
    papers = ["a", "x", "b", "x2", "x3", "c"]
    assert mail_measures(papers, {"a", "b", "c"}, {"c", "d"}) == (2 / 3, 0.5, 1 / 2)
    assert mail_measures([], {"a"}, set()) == MailMeasures(0.0, None, None)


def test_who_gets_no_mail_misses_all_but_where_nothing_fits() -> None:
    rows = [MailMeasures(1.0, 0.5, 1.0), MailMeasures(0.0, None, None)]
    assert mail_summary(rows, []) == MailSummary(0.5, 0.5, 1.0, 0.5, None)
    assert mail_summary(rows, [True, False, True]).silence == pytest.approx(2 / 3)
