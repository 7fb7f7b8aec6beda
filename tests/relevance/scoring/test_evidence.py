"""Learning: what likes, dislikes, words and their weights make of a linear model."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from relevance_samples import CELLS, FILLERS, LASERS, interest, paper, trending

from digestmail.domain import Paper
from digestmail.relevance.learn import MOST_TERMS, Learner
from digestmail.relevance.space import Space
from digestmail.relevance.features.terms import Features
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


def test_more_likes_of_the_same_are_trusted_more() -> None:
    again = tuple(replace(TWIN, key=f"twin {n}") for n in range(3))
    assert found(liked=again)[LASERS.title] > found(liked=(TWIN,))[LASERS.title]


def test_a_paper_next_to_one_of_many_likes_is_found() -> None:
    papers = trending()[:300]
    ale = paper("Zymurgy of ale", "Hops and yeast of ale ferment.")
    news = [paper("Ale brewed anew", "The yeast of ale ferments without hops."), *papers[:100]]
    space = Space(news, papers, Features())
    liked = (*papers[100:280:5], ale)
    wishes = Learner(space).learn([interest(liked=liked)])
    near = wishes.near
    cosines = (space.papers @ space.of_papers(liked).T).toarray()
    brought = near.brought(0, near.parts(0, liked), cosines)
    assert brought.sum(axis=1) == pytest.approx(near.evidence[0], rel=1e-4)
    assert brought[0].argmax() == len(liked) - 1
    assert near.evidence[0, 0] > 1.5 * near.evidence[0, 1:].max()


def test_of_few_likes_their_mean_tells_all() -> None:
    assert not LEARNER.learn([interest(liked=(TWIN, *FILLERS[:3]))]).near.weight.any()
    assert LEARNER.learn([interest(liked=(TWIN, *FILLERS[:4]))]).near.weight.any()


def test_a_like_that_fades_gives_the_words_their_say_back() -> None:
    typed = {"interests": "laser cooling of atoms", "keywords": ("atoms",)}
    alone = LEARNER.learn([interest(**typed)])
    gone = LEARNER.learn([interest(**typed, liked=(CELLS,), weights=(1e-6,))])
    fresh = LEARNER.learn([interest(**typed, liked=(CELLS,))])
    assert gone.evidence(SPACE) == pytest.approx(alone.evidence(SPACE), abs=0.02)
    assert gone.said == pytest.approx(alone.said, abs=1e-3)
    assert fresh.said[0] < 0.5


@pytest.mark.parametrize("liked", [(), (FIELD,)])
def test_dislikes_fade(liked: tuple[Paper, ...]) -> None:
    values = {"liked": liked, "interests": "laser light"}
    none = found(**values)[LASERS.title]
    fresh, old, gone = (
        found(**values, disliked=(TWIN,), weights=(*[1.0] * len(liked), weight))[LASERS.title]
        for weight in (1.0, 0.3, 1e-6)
    )
    assert fresh < old < gone
    assert gone == pytest.approx(none, abs=1e-3)


def test_a_seed_that_is_liked_too_counts_once() -> None:
    once = found(seeds=(TWIN, CELLS))
    assert found(seeds=(TWIN, CELLS), liked=(TWIN,)) == once
    assert found(seeds=(TWIN, CELLS), liked=(TWIN,), weights=(0.1,)) == once


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
