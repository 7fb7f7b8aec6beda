"""Evidence: what likes, dislikes, words and their weights make of a paper."""

from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from relevance_samples import CELLS, FILLERS, LASERS, interest, paper, trending

from digestmail.domain import Paper
from digestmail.relevance import PARAMETERS, Model

TWIN = paper("Laser cooling of cold atoms", "Atoms are trapped by laser light in a lattice.")
FIELD = paper("Atoms seen by light", "We photograph single atoms with blue light.")
PAPERS = [LASERS, TWIN, FIELD, CELLS, *FILLERS]
MODEL = Model(PAPERS)
INTERCEPT = PARAMETERS.lexical.intercept


def odds(**values: Any) -> dict[str, float]:
    """The log-odds of each of PAPERS for a profile, by title."""
    (row,) = MODEL.log_odds([interest(**values)])
    return {one.title: float(value) for one, value in zip(PAPERS, row, strict=True)}


def news() -> list[Paper]:
    return trending()[:400]


def test_an_average_paper_says_nothing() -> None:
    papers = news()
    model = Model(papers)
    profiles = [interest(liked=tuple(papers[:3])), interest(interests="diffusion models")]
    assert model.log_odds(profiles).mean(axis=1) == pytest.approx(INTERCEPT, abs=0.25)


def test_dislikes_lower_near_twins_but_not_the_field() -> None:
    before, after = odds(liked=(FIELD,)), odds(liked=(FIELD,), disliked=(TWIN,))
    assert after[LASERS.title] < before[LASERS.title]
    assert after[FIELD.title] > before[FIELD.title] - 1


@pytest.mark.parametrize("values", [{}, {"interests": "laser light"}, {"categories": ("cs",)}])
def test_the_first_dislike_counts_with_nothing_liked(values: dict[str, Any]) -> None:
    papers = [replace(one, categories=("cs.LG",)) for one in news()]
    model = Model(papers[1:])
    before, after = model.log_odds([interest(**values), interest(**values, disliked=papers[:1])])
    near = int(model.log_odds([interest(liked=papers[:1])])[0].argmax())
    change = after - before
    assert change.argmin() == near
    assert -3 < change[near] < -0.1
    assert np.quantile(change, 0.1) > -0.1


def test_three_dislikes_do_not_bury_a_field() -> None:
    papers = news()
    model = Model(papers)
    text = "code generation by large language models"
    (before,) = model.log_odds([interest(interests=text)])
    best = before.argsort()[::-1]
    disliked = tuple(papers[at] for at in best[:6:2])
    (after,) = model.log_odds([interest(interests=text, disliked=disliked)])
    assert all(after[at] < before[at] for at in best[:6:2])
    assert len(set(after.argsort()[::-1][:20]) & set(best[:20])) >= 12


def test_of_two_likes_the_heavier_counts_for_more() -> None:
    fresh, old = (odds(liked=(TWIN, CELLS), weights=both) for both in ((1.0, 0.2), (0.2, 1.0)))
    assert fresh[LASERS.title] > old[LASERS.title]
    assert fresh[CELLS.title] < old[CELLS.title]


def test_weights_of_dislikes_stand_behind_those_of_likes() -> None:
    values = {"liked": (FIELD,), "disliked": (TWIN, CELLS)}
    twin, cells = (odds(**values, weights=(1.0, *rest)) for rest in ((1.0, 0.1), (0.1, 1.0)))
    assert twin[LASERS.title] < cells[LASERS.title]


def test_no_weights_are_full_weights() -> None:
    assert odds(liked=(TWIN,), disliked=(CELLS,)) == odds(
        liked=(TWIN,), disliked=(CELLS,), weights=(1.0, 1.0)
    )


def test_agreeing_likes_are_not_less_sure_than_one() -> None:
    sure = [
        odds(liked=tuple(replace(TWIN, key=f"twin {n}") for n in range(count)))[LASERS.title]
        for count in (1, 2, 3, 5, 10)
    ]
    assert all(more >= fewer for fewer, more in pairwise(sure))


@pytest.mark.parametrize("size", [2, 8, 32])
def test_an_identical_like_never_lowers_a_score(size: int) -> None:
    papers = news()[:size]
    model = Model(papers)
    like = papers[0]
    likes = [
        tuple(replace(like, key=f"like {n}") for n in range(count)) for count in (1, 2, 3, 5, 10)
    ]
    scores = model.log_odds([interest(liked=liked) for liked in likes])[:, 0]
    assert all(more >= fewer - 1e-4 for fewer, more in pairwise(scores.tolist()))


def test_three_seeds_of_one_subject_are_not_less_sure_than_one() -> None:
    papers = news()
    model = Model(papers)
    (close,) = model.log_odds([interest(interests="speech recognition")])
    best = [papers[at] for at in close.argsort()[::-1][:4]]
    one, three = model.log_odds([interest(seeds=(best[0],)), interest(seeds=tuple(best[:3]))])
    at = papers.index(best[3])
    assert three[at] > one[at]


@pytest.mark.parametrize("count", [1, 3, 8])
def test_a_paper_that_says_more_of_a_keyword_is_never_less_sure(count: int) -> None:
    texts = ["Nothing of it.", "Zeolite once.", "Zeolite, zeolite and zeolite."]
    papers = [paper(f"Number {n}", text) for n, text in enumerate(texts)]
    model = Model([*papers, paper("Zeolite", "Zeolite."), *FILLERS])
    keywords = ("zeolite", *(f"word{n}" for n in range(count - 1)))
    (row,) = model.log_odds([interest(keywords=keywords)])
    assert all(more > fewer for fewer, more in pairwise(row[:4]))


def test_typed_text_fades_smoothly_with_likes() -> None:
    text = "laser cooling of atoms"
    likes = tuple(paper(f"Yeast cells {n}", "Cell division in yeast.") for n in range(12))
    lead = []
    for count in range(13):
        row = odds(interests=text, liked=likes[:count])
        lead.append(row[LASERS.title] - row[CELLS.title])
    assert lead[0] > 0 > lead[-1]
    assert all(after <= before + 0.05 for before, after in pairwise(lead[1:]))


@pytest.mark.parametrize("values", [{"interests": "laser cooling"}, {"keywords": ("laser",)}])
def test_a_like_that_has_faded_changes_nothing(values: dict[str, Any]) -> None:
    gone = odds(**values, liked=(CELLS,), weights=(1e-6,))
    assert list(gone.values()) == pytest.approx(list(odds(**values).values()), abs=0.02)


@pytest.mark.parametrize("liked", [(), (FIELD,)])
def test_dislikes_fade(liked: tuple[Paper, ...]) -> None:
    values = {"liked": liked, "interests": "laser light"}
    none = odds(**values)[LASERS.title]
    fresh, old, gone = (
        odds(**values, disliked=(TWIN,), weights=(*[1.0] * len(liked), weight))[LASERS.title]
        for weight in (1.0, 0.3, 1e-6)
    )
    assert fresh < old < gone
    assert gone == pytest.approx(none, abs=0.01)


def test_a_seed_that_is_liked_too_counts_once() -> None:
    once = odds(seeds=(TWIN, CELLS))
    assert odds(seeds=(TWIN, CELLS), liked=(TWIN,)) == once
    assert odds(seeds=(TWIN, CELLS), liked=(TWIN,), weights=(0.1,)) == once


@pytest.mark.parametrize("values", [{}, {"authors": ("A. Byron",)}, {"disliked": (TWIN,)}])
def test_without_evidence_nothing_is_wanted(values: dict[str, Any]) -> None:
    assert max(odds(**values).values()) < -20


@pytest.mark.parametrize("values", [{"interests": "xylophone"}, {"keywords": ("xylophone",)}])
def test_words_that_no_paper_has_leave_every_paper_as_it_is(values: dict[str, Any]) -> None:
    assert list(odds(**values).values()) == pytest.approx([INTERCEPT] * len(PAPERS))


def test_chosen_categories_give_way_to_likes_smoothly() -> None:
    papers = [replace(one, categories=("cs.LG",)) for one in news()]
    model = Model(papers[20:])
    rows = model.log_odds(
        [interest(categories=("cs",), liked=tuple(papers[:count])) for count in (0, 1, 2, 5, 20)]
    )
    assert rows[0] == pytest.approx(PARAMETERS.chosen_category)
    medians = np.median(rows, axis=1)
    steps = medians[:-1] - medians[1:]
    assert (steps > 0).all()
    assert steps.max() < 1
