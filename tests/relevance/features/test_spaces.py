"""Vector spaces: terms and topics, measured against a background."""

import numpy as np
import pytest
from relevance_samples import CELLS, LASERS, paper, trending, two_fields, with_fillers

from digestmail.domain import Paper
from digestmail.relevance.features.day import DayFeatures, day_features
from digestmail.relevance.features.dense_space import dense_space
from digestmail.relevance.features.terms import Features, hash_of
from digestmail.relevance.features.vectors import Vectorizer
from digestmail.relevance.parameters import PARAMETERS

NEWS = with_fillers(LASERS, CELLS)


def day_of(
    papers: list[Paper], background: list[Paper] | None = None
) -> tuple[DayFeatures, Vectorizer]:
    return day_features(papers, background or [], Features(), None, PARAMETERS)


def weight(vectorizer: Vectorizer, text: str, term: str) -> float:
    """What a term weighs in the vector of a text."""
    (column,) = vectorizer.weights.columns_of(np.array([hash_of(term)], dtype=np.uint32))
    return float(vectorizer.texts([text]).terms[0, column]) if column >= 0 else 0.0


def test_vectors_have_unit_length_or_none() -> None:
    day, _ = day_of([*NEWS, paper("?")])
    lengths = np.sqrt(np.asarray(day.units.multiply(day.units).sum(axis=1)).ravel())
    assert lengths[:-1] == pytest.approx(1, abs=1e-5)
    assert lengths[-1] == 0
    assert day.without_terms.tolist() == [False] * len(NEWS) + [True]


def test_a_paper_of_the_day_and_the_same_from_elsewhere_have_one_vector() -> None:
    day, vectorizer = day_of(NEWS)
    again = vectorizer.papers([LASERS])
    assert (again.terms != day.units[0]).nnz == 0
    assert again.topics[0] == pytest.approx(day.topics.units[0], abs=1e-5)


def test_a_term_that_many_papers_of_the_background_have_weighs_less() -> None:
    _, plain = day_of(NEWS)
    _, full = day_of(NEWS, [paper(f"Laser {n}") for n in range(50)])
    before, after = (weight(one, "laser cooling", "laser") for one in (plain, full))
    assert 0 < after < before


def test_of_many_papers_a_term_of_one_or_of_most_weighs_nothing() -> None:
    papers = [paper(f"Growth of unique{n} {'laser' if n % 3 else 'yeast'}") for n in range(600)]
    _, vectorizer = day_of(papers)
    for term, weighs in (("yeast", True), ("laser", False), ("unique7", False), ("growth", False)):
        assert (weight(vectorizer, term, term) > 0) is weighs


def test_words_that_no_paper_has_are_left_out() -> None:
    _, vectorizer = day_of(NEWS)
    assert vectorizer.texts(["xylophone", "xylophone laser"]).terms.getnnz(1).tolist() == [0, 1]


def test_topics_are_the_same_each_time() -> None:
    papers = trending()[:200]
    (first, _), (second, _) = day_of(papers), day_of(papers)
    assert np.array_equal(first.topics.units, second.topics.units)
    assert 0 < first.topics.size <= PARAMETERS.topics


def test_words_of_one_field_are_near_each_other_without_a_common_paper() -> None:
    _, vectorizer = day_of(two_fields())
    atom, qubit, genome = vectorizer.texts(["atom", "qubit", "genome"]).topics
    assert atom @ qubit > atom @ genome


@pytest.mark.parametrize("papers", [[], [paper("")], [LASERS]])
def test_too_few_papers_have_no_topics(papers: list[Paper]) -> None:
    day, _ = day_of(papers)
    assert day.topics.size == 0
    assert day.dense_spaces == ()


def test_a_discriminant_is_fishers_with_the_backgrounds_shrunk_covariance() -> None:
    rng = np.random.default_rng(1)
    rows = rng.normal(size=(300, 4)).astype(np.float32) * [1, 2, 3, 4]
    space = dense_space(rows, rows, shrinkage=0.0)
    mean = np.array([[1, 1, 1, 1]], dtype=np.float32) - space.centre
    expected = np.linalg.solve(np.cov(rows.T, bias=True), mean[0])
    assert space.discriminant_weights(mean)[0] == pytest.approx(expected, rel=1e-3)


def test_directions_are_seen_from_the_centre_and_unknown_rows_have_none() -> None:
    rows = np.array([[1, 0], [0, 1], [0, 0]], dtype=np.float32)
    space = dense_space(rows, rows, shrinkage=0.3)
    assert space.centre == pytest.approx([0.5, 0.5])
    assert space.directions[0] @ space.directions[1] == pytest.approx(-1)
    assert not space.directions[2].any()


def test_scores_of_a_diagonal_discriminant_tell_a_profiles_papers_from_the_rest() -> None:
    day, vectorizer = day_of(two_fields())
    centroid = vectorizer.papers([paper("atom laser, optics")]).terms
    scores = day.terms.cosines(day.terms.discriminant_weights(centroid))[0]
    scores -= day.terms.background_scores
    assert scores[:30].mean() > 0 > scores[30:60].mean()
