"""Learning: what likes, dislikes, words and their weights make of a linear model."""

from typing import Any

import numpy as np
import pytest
from relevance_samples import CELLS, FILLERS, LASERS, interest, paper, trending

from digestmail.domain import Paper
from digestmail.relevance.learn import MOST_TERMS, Learner
from digestmail.relevance.space import Space
from digestmail.relevance.terms import Features
from digestmail.relevance.wishes import Wishes

TWIN = paper("Laser cooling of cold atoms", "Atoms are trapped by laser light in a lattice.")
FIELD = paper("Atoms seen by light", "We photograph single atoms with blue light.")
PAPERS = [LASERS, TWIN, FIELD, CELLS, *FILLERS]
SPACE = Space(PAPERS, [], Features())
LEARNER = Learner(SPACE)


def found(**values: Any) -> dict[str, float]:
    """The evidence of a profile for each of PAPERS, by title."""
    evidence = LEARNER.learn([interest(**values)]).evidence(SPACE)[0].tolist()
    return {one.title: value for one, value in zip(PAPERS, evidence, strict=True)}


def learned(papers: list[Paper], **values: Any) -> Wishes:
    return Learner(Space(papers, [], Features())).learn([interest(**values)])


def test_an_average_paper_has_no_evidence() -> None:
    papers = trending()[:300]
    space = Space(papers, [], Features())
    wishes = Learner(space).learn([interest(liked=papers[:3]), interest(interests="diffusion")])
    middle = wishes.evidence(space).mean(axis=1)
    assert middle == pytest.approx(0, abs=0.1)


def test_likes_that_contradict_the_words_take_their_say() -> None:
    text = "laser cooling of atoms"
    agreeing = LEARNER.learn([interest(interests=text, liked=(TWIN,))])
    against = LEARNER.learn([interest(interests=text, liked=(CELLS, *FILLERS[:3]))])
    assert against.said[0] < agreeing.said[0]
    likes = tuple(paper(f"Yeast cells {n}", "Cell division in yeast.") for n in range(4))
    both = found(interests=text, liked=likes)
    assert found(interests=text)[LASERS.title] > found(interests=text)[CELLS.title]
    assert both[LASERS.title] < both[CELLS.title]


def test_dislikes_lower_near_twins_but_not_the_field() -> None:
    liked = (FIELD,)
    before, after = found(liked=liked), found(liked=liked, disliked=(TWIN,))
    assert after[LASERS.title] < before[LASERS.title]
    assert after[FIELD.title] > 0.8 * before[FIELD.title]


def test_of_two_likes_the_heavier_counts_for_more() -> None:
    likes = (TWIN, CELLS)
    fresh = found(liked=likes, weights=(1.0, 0.2))
    old = found(liked=likes, weights=(0.2, 1.0))
    assert fresh[LASERS.title] > old[LASERS.title]
    assert fresh[CELLS.title] < old[CELLS.title]


def test_weights_of_dislikes_stand_behind_those_of_likes() -> None:
    values = {"liked": (FIELD,), "disliked": (TWIN, CELLS)}
    twin, cells = (found(**values, weights=(1.0, *rest)) for rest in ((1.0, 0.1), (0.1, 1.0)))
    assert twin[LASERS.title] < cells[LASERS.title]


def test_no_weights_are_full_weights() -> None:
    plain = found(liked=(TWIN,), disliked=(CELLS,))
    assert plain == found(liked=(TWIN,), disliked=(CELLS,), weights=(1.0, 1.0))


def test_more_likes_are_trusted_more() -> None:
    assert found(liked=(TWIN, LASERS))[LASERS.title] > found(liked=(TWIN,))[LASERS.title]


@pytest.mark.parametrize("values", [{}, {"interests": "xylophone"}, {"keywords": ("the",)}])
def test_where_nothing_was_told_nothing_is_known(values: dict[str, Any]) -> None:
    wishes = LEARNER.learn([interest(**values)])
    assert not wishes.tells[0]
    assert not wishes.terms.nnz
    assert not wishes.evidence(SPACE).any()


def test_dislikes_alone_tell_something_but_hope_for_nothing() -> None:
    wishes = LEARNER.learn([interest(disliked=(TWIN,))])
    assert (wishes.tells[0], wishes.hopes[0]) == (True, False)


def test_models_keep_their_heaviest_terms() -> None:
    papers = trending()[:400]
    wishes = learned(papers, liked=tuple(papers[:60]))
    weights = np.abs(wishes.terms.data)
    assert MOST_TERMS - 5 <= wishes.terms.nnz <= MOST_TERMS + 5
    space = Space(papers, [], Features())
    everything = len(np.unique(space.papers[:60].indices))
    assert everything > 2 * MOST_TERMS
    assert weights.min() > 0
