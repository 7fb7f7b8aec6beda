"""The whole sum, what a profile learned, and the paper shown to learn from."""

import math
from dataclasses import replace
from typing import Any

import pytest
from relevance_samples import CELLS, FILLERS, LASERS, interest, paper, trending, with_fillers

from digestmail.domain import Explanation, ReasonKind, Score
from digestmail.relevance import Model

PAPERS = with_fillers(
    replace(LASERS, upvotes=40), replace(CELLS, authors=("Ada Byron",), categories=("q-bio.CB",))
)
MODEL = Model(PAPERS)


def explained(position: int, **values: Any) -> Explanation:
    return MODEL.explain(interest(**values), position)


SIX = tuple(paper(f"Laser light {n}", f"Cold atoms {n}.") for n in "abcdef")
WISHES = [
    {"keywords": ("laser", "cold atoms")},
    {"interests": "cooling atoms by light"},
    {"interests": "laser"},
    {"liked": (paper("Laser light", "Cold atoms."),), "keywords": ("lattice",)},
    {"liked": (*SIX, SIX[0]), "seeds": (SIX[1],)},
    {"liked": (LASERS,), "disliked": (paper("Laser cooling of atoms again"),)},
    {"categories": ("q-bio",)},
    {"disliked": (LASERS,)},
    {},
]


@pytest.mark.parametrize("values", WISHES)
@pytest.mark.parametrize("position", [0, 1, 2])
def test_the_parts_add_up_to_the_value(values: dict[str, Any], position: int) -> None:
    explanation = explained(position, **values)
    total = sum(part.weight for part in explanation.parts)
    assert explanation.value == pytest.approx(1 / (1 + math.exp(-total)), abs=1e-4)


@pytest.mark.parametrize("values", WISHES)
def test_the_value_explained_is_the_score(values: dict[str, Any]) -> None:
    wish = interest(**values, threshold=0, max_papers=50)
    for score in MODEL.score([wish])[0]:
        assert MODEL.explain(wish, score.paper).value == pytest.approx(score.value, abs=2e-4)


@pytest.mark.parametrize(
    "values", [{"keywords": ("graph neural network",)}, {"interests": "graph"}]
)
def test_a_score_does_not_depend_on_the_threshold(values: dict[str, Any]) -> None:
    model = Model(trending()[:300])
    by_threshold = [
        {
            s.paper: s.value
            for s in model.score([interest(**values, threshold=t, max_papers=300)])[0]
        }
        for t in (0.3, 0.1, 0.02, 0.0)
    ]
    assert by_threshold[-1]
    for some in by_threshold:
        assert some.items() <= by_threshold[-1].items()


@pytest.mark.parametrize(
    ("values", "kinds"),
    [
        ({"keywords": ("laser",)}, {"keyword", "term", "text", "start", "trending"}),
        ({"interests": "cold atoms"}, {"term", "start", "trending"}),
        ({"liked": SIX}, {"term", "like", "start", "trending"}),
        ({"liked": SIX, "disliked": FILLERS[:1]}, {"term", "like", "dislike", "start", "trending"}),
        ({"interests": "zebra"}, {"start", "trending"}),
        ({}, {"start", "trending"}),
    ],
)
def test_parts_are_of_all_kinds_that_count(values: dict[str, Any], kinds: set[str]) -> None:
    assert {part.kind for part in explained(0, **values).parts if part.weight} == kinds


def test_chosen_categories_are_a_part() -> None:
    (category,) = (p for p in explained(1, categories=("q-bio",)).parts if p.kind == "category")
    assert (category.what, category.weight > 0) == ("the chosen categories", True)


@pytest.mark.parametrize(
    ("values", "rule"),
    [
        ({"excluded_keywords": ("yeast",)}, "never shown: it has an excluded keyword"),
        ({"excluded_categories": ("q-bio",)}, "never shown: it is in an excluded category"),
        ({"categories": ("cs",)}, "not shown: it isn't in any of the chosen categories"),
        ({"required_keywords": ("laser",)}, "not shown: it has none of the required keywords"),
        ({"authors": ("A. Byron",)}, "shown unless excluded: by Ada Byron, who you follow"),
    ],
)
def test_rules_are_told_in_words(values: dict[str, Any], rule: str) -> None:
    assert explained(1, **values).rules == (rule,)
    assert explained(1, keywords=("cell",)).rules == ()


# --- reasons ---------------------------------------------------------------------------------


def test_reasons_weigh_no_more_than_what_they_tell_of() -> None:
    papers = trending()[:400]
    model = Model(papers[40:])
    wishes = [
        interest(
            liked=tuple(papers[n : n + 4 + 3 * n % 20]),
            keywords=("diffusion", "agents")[: n % 3],
            threshold=0.02,
        )
        for n in range(20)
    ]
    kinds = {
        ReasonKind.KEYWORD: "keyword",
        ReasonKind.TERMS: "term",
        ReasonKind.SIMILAR: "like",
        ReasonKind.MEANING: "text",
    }
    compared = 0
    for wish, scores in zip(wishes, model.score(wishes), strict=True):
        for score in scores[::3]:
            parts = model.explain(wish, score.paper).parts
            for one in score.reasons:
                of_kind = (p.weight for p in parts if p.kind == kinds[one.kind])
                assert 0 < one.weight <= sum(w for w in of_kind if w > 0) + 0.001
                compared += 1
    assert compared > 40


def test_what_hardly_counted_is_not_told() -> None:
    lemmas = tuple(f"lemma{n}" for n in range(40))
    sure = paper(" ".join(lemmas), "Then atoms are trapped.")
    wish = interest(keywords=lemmas, interests="atoms")
    (score, *_) = Model(with_fillers(sure, LASERS)).score([wish])[0]
    assert "atoms" not in [d for one in score.reasons for d in one.details]


def test_terms_are_told_as_the_paper_writes_them() -> None:
    physics = paper("Bayes and the physics of analyses", "Physically. Physics, Bayes, analysis.")
    wish = interest(interests="Bayesian physics of Bayes, analysis", threshold=0)
    (score, *_) = Model(with_fillers(physics, LASERS)).score([wish])[0]
    (terms,) = (one for one in score.reasons if one.kind is ReasonKind.TERMS)
    assert {"bayes", "physics"} <= set(" ".join(terms.details).split())
    assert not {"baye", "physic"} & set(" ".join(terms.details).split())


def test_one_word_shared_with_a_like_is_no_reason() -> None:
    papers = with_fillers(paper("Sea", "Sea ferries."), paper("Winter wheat", "Wheat yields."))
    wish = interest(liked=(paper("Sea ice drift"),), threshold=0.0, max_papers=len(papers))
    scores = {score.paper: score for score in Model(papers).score([wish])[0]}
    assert not any(
        reason.kind is ReasonKind.TERMS and len(" ".join(reason.details).split()) < 2
        for score in scores.values()
        for reason in score.reasons
    )


def test_without_topics_one_shared_word_names_the_liked_paper() -> None:
    papers = [paper("Sea ferries", "Ferries."), paper("Winter wheat", "Wheat yields.")]
    model = Model(papers)
    assert not model._ground.day.dense_spaces
    wish = interest(liked=(paper("Sea ice drift"),), threshold=0.0)
    (score,) = model.score([wish])[0]
    assert score.paper == 0
    assert [reason.words for reason in score.reasons] == ["like “Sea ice drift”, which you liked"]


def test_a_likeness_that_brought_nothing_is_no_reason() -> None:
    ice = paper("Sea of nothing else", "Icebergs drift with care.", authors=("Ada Byron",))
    wish = interest(liked=(LASERS,), authors=("Ada Byron",), threshold=0)
    scores = Model([ice, LASERS, *trending()[:200]]).score([wish])[0]
    (followed,) = (one for one in scores if one.paper == 0)
    assert [one.kind for one in followed.reasons] == [ReasonKind.AUTHOR]


# --- what a profile learned ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "first"),
    [
        ({"interests": "yeast spindle"}, {"yeast", "spindle"}),
        ({"liked": (paper("Cold atoms"),)}, {"cold", "atom", "cold atom"}),
    ],
)
def test_what_was_typed_and_liked_is_strongest(values: dict[str, Any], first: set[str]) -> None:
    parts = MODEL.strongest(interest(**values), 2)
    assert {part.what for part in parts[:2]} <= first
    assert all(part.weight > 0 for part in parts)


def test_what_was_disliked_stands_last_and_against() -> None:
    wish = interest(interests="yeast cells", disliked=(paper("Laser cooling"),))
    parts = MODEL.strongest(wish)
    assert parts == sorted(parts[: len(parts)], key=lambda part: part.weight < 0)
    assert {"laser", "cooling", "laser cooling"} <= {p.what for p in parts if p.weight < 0}


def test_keywords_are_told_by_what_a_title_with_them_would_gain() -> None:
    model = Model(PAPERS)
    parts = model.strongest(interest(keywords=("sea ice", "laser")))
    assert {"sea ice", "laser"} <= {part.what for part in parts if part.kind == "keyword"}
    (matched,) = (
        part.weight
        for part in model.explain(interest(keywords=("laser cooling",)), 0).parts
        if part.kind == "keyword"
    )
    (strongest,) = (
        part.weight
        for part in model.strongest(interest(keywords=("laser cooling",)))
        if part.kind == "keyword"
    )
    assert strongest >= matched > 0


def test_at_most_so_many_terms_are_told() -> None:
    assert len(MODEL.strongest(interest(liked=(LASERS, CELLS)), 3)) == 3
    assert MODEL.strongest(interest(), 3) == []


# --- required keywords -----------------------------------------------------------------------


def test_of_required_keywords_a_paper_must_have_one() -> None:
    wish = {"interests": "laser atoms, yeast cells", "threshold": 0}
    found = MODEL.score([interest(**wish, required_keywords=("spindle", "xylophone"))])[0]
    assert [score.paper for score in found] == [1]
    assert len(MODEL.score([interest(**wish)])[0]) > 1


# --- exploration -----------------------------------------------------------------------------


def explored(most: int = 20, explore: int = 1, **values: Any) -> list[Score]:
    papers = trending()[:300]
    wish = interest(liked=tuple(papers[:5]), max_papers=most, **values)
    return list(Model(papers[5:], explore=explore).score([wish])[0])


def trials(scores: list[Score]) -> list[Score]:
    return [s for s in scores if s.reasons[0].kind is ReasonKind.EXPLORATION]


def test_one_paper_below_the_threshold_is_shown_to_learn_from() -> None:
    found = explored(threshold=0.08, explore=3)
    (trial,) = trials(found)
    assert trial is found[-1]
    assert len(trial.reasons) == 1
    assert trial.reasons[0].details
    assert trial.value < 0.08
    assert found[:-1] == explored(threshold=0.08, explore=0)


@pytest.mark.parametrize(
    ("most", "threshold", "explore"), [(4, 0.08, 1), (20, 0.9, 1), (20, 0.08, 0)]
)
def test_there_is_no_trial_without_room_picks_or_leave(
    most: int, threshold: float, explore: int
) -> None:
    found = explored(most, explore, threshold=threshold)
    assert trials(found) == []
    assert len(found) <= most
