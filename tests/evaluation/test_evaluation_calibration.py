"""Calibration and its errors against values worked out by hand."""

import math
import random

import pytest

from digestmail.evaluation.calibration import Outcome, calibration, calibration_difference


def test_scores_that_come_true_have_no_error() -> None:
    right = calibration([[(0.5, True), (0.5, False), (0.0, False), (1.0, True)]])
    assert right.error == pytest.approx(0)


def test_the_error_weighs_bins_by_their_papers() -> None:
    # three papers of mean .85 with none relevant, one of .25 that is
    wrong = calibration([[(0.8, False), (0.85, False)], [(0.9, False), (0.25, True)]])
    expected = (abs(0.8 + 0.85 - 0) + abs(0.9 - 0) + abs(0.25 - 1)) / 4
    assert wrong.error == pytest.approx(expected)


def test_bins_are_ten_and_the_last_holds_one() -> None:
    bins = calibration([[(1.0, True), (0.95, False), (0.05, False)]]).bins
    assert len(bins) == 10
    assert (bins[0].papers, bins[9].papers) == (1, 2)
    assert bins[9].score == pytest.approx(0.975)
    assert (bins[9].start, bins[9].end, bins[9].relevant) == (0.9, 1.0, 0.5)
    assert (bins[4].papers, bins[4].score, bins[4].relevant) == (0, None, None)


def test_calibration_by_hand() -> None:
    found = calibration([[(0.1, False), (0.15, True)], [(0.9, True), (1.0, True), (1.0, False)]])
    low, high = found.bins[1], found.bins[9]
    assert (low.papers, low.score, low.relevant) == (2, 0.125, 0.5)
    assert high.papers == 3
    assert high.relevant == pytest.approx(2 / 3)
    assert found.error == pytest.approx((2 * 0.375 + 3 * (2.9 / 3 - 2 / 3)) / 5)
    assert (found.papers, found.bins[0].score) == (5, None)


def test_no_papers_have_no_error() -> None:
    for nothing in (calibration([]), calibration([[], []])):
        assert nothing.error is None
        assert nothing.standard_error is None
        assert [each.papers for each in nothing.bins] == [0] * 10


def test_of_one_reader_nothing_is_known_of_the_error() -> None:
    alone = calibration([[(0.5, True), (0.5, False)]])
    assert alone.error == 0
    assert alone.standard_error is None
    assert alone.bins[5].standard_error is None


def test_the_standard_error_is_that_of_readers_not_of_papers() -> None:
    # two readers of ten papers each: all of the first are relevant, none of the second
    bin_ = calibration([[(0.55, True)] * 10, [(0.55, False)] * 10]).bins[5]
    assert bin_.standard_error == pytest.approx(0.5)  # the error of the mean of 1 and 0


def test_the_standard_error_is_the_spread_of_errors_over_samples() -> None:
    rng = random.Random(7)
    samples = [calibration([_reader(rng) for _ in range(200)]) for _ in range(60)]
    errors = [each.error or 0.0 for each in samples]
    mean = sum(errors) / len(errors)
    spread = math.sqrt(sum((error - mean) ** 2 for error in errors) / (len(errors) - 1))
    told = sum(each.standard_error or 0.0 for each in samples) / len(samples)
    assert told == pytest.approx(spread, rel=0.25)


def test_models_on_the_same_readers_are_compared_in_pairs() -> None:
    rng = random.Random(3)
    rows = [_reader(rng) for _ in range(100)]
    first = calibration(rows)
    second = calibration([[(score - 0.01, hit) for score, hit in row] for row in rows])
    assert calibration_difference(first, first) == (0, 0)
    difference = calibration_difference(first, second)
    assert difference is not None
    assert difference[0] == pytest.approx(0.01, abs=1e-3)
    assert difference[1] < (first.standard_error or 0) / 10
    assert calibration_difference(first, calibration([[]] * 100)) is None


def _reader(rng: random.Random) -> list[Outcome]:
    """Five to fifteen papers with scores of .35 and .75, a tenth too high."""
    taste = rng.choice([-0.2, 0.2])
    scores = [rng.choice([0.35, 0.75]) for _ in range(rng.randrange(5, 15))]
    return [(score, rng.random() < score - 0.1 + taste) for score in scores]
