"""The space: vectors, what the background tells, and themes."""

import numpy as np
import pytest
from relevance_samples import CELLS, LASERS, paper, trending, two_fields, with_fillers

from digestmail.domain import Paper
from digestmail.relevance.space import THEMES, Space
from digestmail.relevance.features.terms import Features, analyse, counted, hash_of

NEWS = with_fillers(LASERS, CELLS)


def space(papers: list[Paper], background: list[Paper] | None = None) -> Space:
    return Space(papers, background or [], Features())


def column(found: Space, term: str) -> int:
    """Where the term of the lasers' paper stands."""
    return {name: at for at, name in found.names([LASERS]).items()}[term]


def test_vectors_have_unit_length_or_none() -> None:
    found = space([*NEWS, paper("?")])
    lengths = np.asarray(found.papers.multiply(found.papers).sum(axis=1)).ravel()
    assert lengths[:-1] == pytest.approx(1, abs=1e-5)
    assert lengths[-1] == 0


def test_a_paper_of_the_space_and_the_same_from_elsewhere_are_one() -> None:
    found = space(NEWS)
    assert (found.of_papers([LASERS]) != found.papers[0]).nnz == 0


def test_what_the_background_is_full_of_weighs_less() -> None:
    full = [paper(f"Laser {n}") for n in range(50)]
    texts = [counted(analyse("laser cooling"))]
    plain = space(NEWS).of_terms(texts)[0, column(space(NEWS), "laser")]
    there = space(NEWS, full)
    assert there.of_terms(texts)[0, column(there, "laser")] < plain


def test_of_many_papers_what_only_one_has_weighs_nothing() -> None:
    papers = [paper(f"Growth of unique{n} {'laser' if n % 3 else 'yeast'}") for n in range(600)]
    found = space(papers)
    weighing = {
        name for column, name in found.names(papers).items() if column in found.papers.indices
    }
    assert weighing == {"yeast"}  # one in three: neither alone nor everywhere


def test_words_no_paper_has_are_left_out() -> None:
    found = space(NEWS)
    assert found.of_terms(
        [counted(analyse("xylophone")), counted(analyse("xylophone laser"))]
    ).getnnz(1).tolist() == [
        0,
        1,
    ]
    assert not found.has([hash_of("xylophone")]).any()


def test_of_what_was_typed_a_pair_weighs_less_than_its_words() -> None:
    found, terms = space(NEWS), analyse("laser cooling")
    typed, read = found.of_typed([terms]), found.of_terms([counted(terms)])
    pair = column(found, "laser cooling")
    assert typed[0, pair] < typed[0, column(found, "laser")]
    assert typed[0, pair] < read[0, pair]
    assert float(typed.multiply(typed).sum()) == pytest.approx(1, abs=1e-5)
    assert not found.of_typed([[], analyse("xylophone")]).nnz


def test_names_are_of_the_terms_that_are_in_the_space() -> None:
    found = space(NEWS)
    names = found.names([LASERS, paper("xylophone laser")])
    assert "xylophone" not in names.values()
    assert names[column(found, "laser")] == "laser"


def test_themes_are_the_same_each_time() -> None:
    papers = trending()[:200]
    first, second = space(papers), space(papers)
    assert np.array_equal(first.paper_themes, second.paper_themes)
    assert 0 < first.paper_themes.shape[1] <= THEMES


def test_the_background_lies_around_the_middle_of_the_themes() -> None:
    found = space(trending()[:200])
    assert np.abs(found.background_themes.mean(axis=0)).max() < 1e-5


def test_papers_of_one_theme_are_near_each_other_without_a_word_in_common() -> None:
    found = space(two_fields())
    themes = found.themes_of_texts(
        ["", "", ""], found.of_terms([counted([t]) for t in ("atom", "qubit", "genome")])
    )
    assert themes[0] @ themes[1] > themes[0] @ themes[2]


@pytest.mark.parametrize("papers", [[], [paper("")], [LASERS]])
def test_too_few_papers_have_no_themes(papers: list[Paper]) -> None:
    assert space(papers).paper_themes.shape == (len(papers), 0)
