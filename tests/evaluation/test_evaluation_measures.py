"""The measures against values worked out by hand."""

import math

import numpy as np
import pytest

from digestmail.evaluation.measures import (
    Calibration,
    Mail,
    Measures,
    Sent,
    SentMail,
    daily,
    lead,
    mail_of,
    mean,
    mean_mail,
    mean_sent,
    measure,
    sent_mail,
)


def test_a_perfect_ranking_has_all_measures_at_one() -> None:
    assert measure(["a", "b", "x"], {"a", "b"}) == Measures(1, 1, 1, 1)


def test_measures_of_hits_at_ranks_2_and_4_of_three_relevant_papers() -> None:
    found = measure(["x", "a", "y", "b"], {"a", "b", "c"})
    ideal = 1 + 1 / math.log2(3) + 1 / 2
    assert found.ndcg == pytest.approx((1 / math.log2(3) + 1 / math.log2(5)) / ideal)
    assert found.recall == pytest.approx(2 / 3)
    assert found.mrr == pytest.approx(1 / 2)
    assert found.ap == pytest.approx((1 / 2 + 2 / 4) / 3)


@pytest.mark.parametrize("ranked", [[], ["x", "y"]])
def test_a_ranking_without_a_hit_is_worth_nothing(ranked: list[str]) -> None:
    assert measure(ranked, {"a"}) == Measures(0, 0, 0, 0)


@pytest.mark.parametrize(
    ("rank", "ndcg", "recall", "mrr"),
    [(10, 1 / math.log2(11), 1, 0.1), (11, 0, 1, 1 / 11), (50, 0, 1, 0.02), (51, 0, 0, 1 / 51)],
)
def test_each_measure_looks_only_so_far(rank: int, ndcg: float, recall: float, mrr: float) -> None:
    ranked = [str(n) for n in range(1, 101)]
    assert measure(ranked, {str(rank)}) == pytest.approx((ndcg, recall, mrr, 1 / rank))


def test_what_stands_after_the_hundredth_place_does_not_count() -> None:
    assert measure([str(n) for n in range(1, 102)], {"101"}) == Measures(0, 0, 0, 0)


def test_more_than_ten_relevant_papers_can_still_gain_all() -> None:
    ranked = [str(n) for n in range(20)]
    assert measure(ranked, set(ranked)).ndcg == pytest.approx(1)


def test_means_are_taken_over_readers() -> None:
    rows = [Measures(1, 0, 0.5, 0.25), Measures(0, 0, 1, 0.75)]
    assert mean(rows) == Measures(0.5, 0, 0.75, 0.5)


def test_a_lead_is_as_sure_as_the_readers_agree() -> None:
    others = [Measures(0.5, 0.3, 0, 0), Measures(0.1, 0.3, 0, 0), Measures(0.6, 0.3, 0, 0)]
    steps = (0, 0.1, 0.2)
    ahead = [Measures(o.ndcg + by, 0.4, 0, 0) for o, by in zip(others, steps, strict=True)]
    found = lead(ahead, others)
    assert found.by == pytest.approx((0.1, 0.1, 0, 0))
    assert found.error == pytest.approx((0.1 / math.sqrt(3), 0, 0, 0), abs=1e-12)
    assert lead(others, ahead).by == pytest.approx((-0.1, -0.1, 0, 0))


def calibration(*judged: tuple[float, bool]) -> Calibration:
    found = Calibration()
    for value, relevant in judged:
        found.add(np.array([value], dtype=np.float32), np.array([relevant]))
    return found


def test_values_that_come_true_have_no_error() -> None:
    right = calibration((0.5, True), (0.5, False), (0.0, False), (1.0, True))
    assert right.error == pytest.approx(0)


def test_the_error_weighs_bins_by_their_papers() -> None:
    # three papers of mean .85 with none relevant, one of .25 that is
    wrong = calibration((0.8, False), (0.85, False), (0.9, False), (0.25, True))
    expected = (abs(0.8 + 0.85 - 0) + abs(0.9 - 0) + abs(0.25 - 1)) / 4
    assert wrong.error == pytest.approx(expected)


def test_bins_are_ten_and_the_last_holds_one() -> None:
    bins = calibration((1.0, True), (0.95, False), (0.05, False)).bins
    assert len(bins) == 10
    assert (bins[0].papers, bins[9].papers) == (1, 2)
    assert bins[9].value == pytest.approx(0.975)
    assert (bins[9].start, bins[9].end, bins[9].relevant) == (0.9, 1.0, 0.5)


def test_nothing_judged_is_no_error() -> None:
    assert calibration().error == 0
    assert [one.papers for one in calibration().bins] == [0] * 10


def test_a_mail_shows_the_ten_best_of_each_day() -> None:
    days = np.array(["2026-03-01"] * 12 + ["2026-03-02"] * 2)
    scores = np.array([*range(12, 0, -1), 0, 0], dtype=float)
    relevant = np.zeros(14, dtype=bool)
    relevant[[0, 9, 10, 13]] = True  # first, tenth, eleventh of their day; alone on the next
    every = np.ones(14, dtype=bool)
    assert daily(days, scores, every, relevant) == (6, 0, 3 / 4)
    assert daily(days, -scores, every, relevant) == (6, 0, 3 / 4)  # now the two best are cut off
    assert daily(days, -scores, every, np.arange(14) < 2) == (6, 0, 0)


def test_a_mail_leaves_out_what_does_not_pass() -> None:
    days = np.array(["2026-03-01"] * 12 + ["2026-03-02"] * 2)
    scores = np.array([*range(12, 0, -1), 0, 0], dtype=float)
    relevant = scores > 9
    assert daily(days, scores, scores > 10, relevant) == (1, 1 / 2, 2 / 3)


def test_a_mail_is_as_alike_as_two_of_its_papers_are_on_average() -> None:
    alike = np.array([[1, 0.6, 0.3], [0.6, 1, 0.0], [0.3, 0.0, 1]])
    assert mail_of(["a", "b", "c"], {"a"}, alike) == pytest.approx(Mail(1, 0.3))


@pytest.mark.parametrize("size", [0, 1])
def test_less_than_two_papers_are_not_alike(size: int) -> None:
    assert mail_of(["a", "b"][:size], {"z"}, np.ones((size, size))) == Mail(0, 0)


def test_means_of_mails_are_over_readers() -> None:
    assert mean_mail([Mail(1, 0.2), Mail(0, 0.4)], 2) == pytest.approx(Mail(0.5, 0.3))
    assert mean_mail([Mail(1, 0.2)], 2) == pytest.approx(Mail(0.5, 0.1))


def test_a_mail_is_measured_by_its_first_five_and_by_all() -> None:
    papers = ["a", "x", "b", "x2", "x3", "c"]
    mail = sent_mail(papers, {"a", "b", "c"})
    assert (mail.first, mail.right) == (2 / 3, 0.5)
    assert sent_mail([], {"a"}) == SentMail(0.0, None)


def test_who_gets_no_mail_misses_all_but_where_nothing_fits() -> None:
    mails = [SentMail(1.0, 0.5), SentMail(0.0, None)]
    assert mean_sent(mails, []) == Sent(0.5, 0.5, 0.5, None)
    assert mean_sent(mails, [True, False, True]).silent == pytest.approx(2 / 3)
