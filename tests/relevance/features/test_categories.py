"""What papers' categories add to their words: a little, by how rare they are."""

from dataclasses import replace

import pytest
from relevance_samples import (
    FILLERS,
    LASERS,
    interest,
    paper,
    reason,
    scored,
    untrue,
)

from digestmail.domain import Paper, ReasonKind
from digestmail.relevance import Model
from digestmail.relevance.features.categories import Categories

GROWTH = "Lenses, prisms, mirrors: what the tides do to lasers, cables and harbours at night."
COMMON = [paper(f"Common {n}", categories=("cs.LG",)) for n in range(8)]
RARE = [paper(f"Rare {n}", categories=("cs.LG", "math.KT")) for n in range(2)]


def likeness(known: Categories, first: Paper, second: Paper) -> float:
    rows = known.of([first, second])
    return float((rows[0] @ rows[1].T).toarray()[0, 0])


def test_a_rare_category_makes_papers_more_alike_than_one_that_most_are_in() -> None:
    known = Categories([*COMMON, *RARE])
    assert likeness(known, RARE[0], RARE[1]) == pytest.approx(1)
    both = paper("Both", categories=("cs.LG", "q-bio.PE"))
    rarer = Categories([*COMMON, *RARE, both])
    assert likeness(rarer, RARE[0], both) < 0.3


@pytest.mark.parametrize("categories", [(), ("hep-th",)])
def test_without_a_known_category_there_is_no_vector(categories: tuple[str, ...]) -> None:
    found = Categories([*COMMON, *RARE]).of([paper("Other", categories=categories)])
    assert found.shape == (1, 2)
    assert found.nnz == 0


def test_what_all_are_in_tells_nothing() -> None:
    assert Categories(COMMON).of(COMMON).nnz == 0


def test_no_papers_have_no_categories() -> None:
    known = Categories([])
    assert known.size == 0
    assert known.of([]).shape == (0, 0)
    assert known.of(COMMON).nnz == 0


def test_case_is_no_other_category_and_a_paper_is_told_in_its_own_spelling() -> None:
    known = Categories([paper("Here", categories=("CS.lg",)), paper("There")])
    same = paper("There", categories=("cs.LG", "cs.LG"))
    assert list(known.named(same).values()) == ["cs.LG"]
    assert known.of([same]).nnz == 1


# --- in the model ----------------------------------------------------------------------------

LIKED = tuple(
    paper(
        f"Decay of old {thing}",
        f"Mirrors, clocks, scales, {thing}.",
        categories=("math.KT", "cs.LG"),
    )
    for thing in ("markets", "neurons", "glaciers")
)
HERE = paper("Decay of galaxies, alpha, iota", GROWTH, categories=("math.KT",))
THERE = paper("Decay of galaxies, beta, kappa", GROWTH, categories=("hep-th",))
UNNAMED = paper("Decay of galaxies, gamma, zeta", GROWTH)
NEWS = [HERE, THERE, UNNAMED, *FILLERS]


def test_of_papers_in_the_same_words_that_of_a_liked_category_is_first() -> None:
    values = dict(zip(NEWS, Model(NEWS).log_odds([interest(liked=LIKED)])[0], strict=True))
    assert values[HERE] > values[UNNAMED] >= values[THERE]


def test_who_only_typed_is_told_nothing_by_categories() -> None:
    values = dict(zip(NEWS, Model(NEWS).log_odds([interest(interests="galaxies")])[0], strict=True))
    assert values[HERE] == pytest.approx(values[THERE], rel=1e-3)
    assert values[HERE] == pytest.approx(values[UNNAMED], rel=1e-3)


def test_a_category_is_a_reason_where_it_made_much_of_the_likeness() -> None:
    liked = tuple(paper(f"Old {f.title}", categories=("math.KT",)) for f in FILLERS[::4])
    here = paper("Growth of yeast", "Spindles and cells divide.", categories=("math.KT",))
    there = paper("Old growth of wheat", "Stems and leaves.", categories=("hep-th",))
    found = scored([here, there, *FILLERS], liked=liked, threshold=0.0, max_papers=30)
    told = reason(found[here.title], ReasonKind.FIELD)
    assert told is not None
    assert told.details == ("math.KT",)
    assert told.words == "in math.KT, like papers you liked"
    assert told.weight > 0
    assert not untrue(here, interest(liked=liked), found[here.title])
    assert reason(found[there.title], ReasonKind.FIELD) is None


def test_a_category_that_makes_little_of_the_likeness_is_no_reason() -> None:
    near = paper(LASERS.title, LASERS.abstract, categories=("cs.LG",))
    liked = paper("Laser cooling of cold atoms", LASERS.abstract, categories=("cs.LG",))
    others = [replace(one, categories=("cs.LG",)) for one in FILLERS[2:]]
    found = scored([near, *others, *FILLERS[:2]], liked=(liked,), threshold=0.0)
    assert reason(found[near.title], ReasonKind.TERMS) is not None
    assert reason(found[near.title], ReasonKind.FIELD) is None


def test_the_whole_sum_and_the_strongest_name_categories() -> None:
    model = Model(NEWS)
    parts = model.explain(interest(liked=LIKED), 0).parts
    assert [p.what for p in parts if p.kind == "field" and p.weight > 0] == ["math.KT"]
    strongest = model.strongest(interest(liked=LIKED), 50)
    assert ("field", "math.KT") in [(p.kind, p.what) for p in strongest if p.weight > 0]


def test_of_many_categories_the_strongest_three_are_named() -> None:
    codes = ("math.KT", "math.GR", "math.AG", "math.NT")
    liked = tuple(paper(f"Old {f.title}", categories=codes) for f in FILLERS[::4])
    here = paper("Growth of yeast", "Spindles and cells divide.", categories=codes)
    found = scored([here, *FILLERS], liked=liked, threshold=0.0, max_papers=30)
    told = reason(found[here.title], ReasonKind.FIELD)
    assert told is not None
    assert len(told.details) == 3
    assert set(told.details) < set(codes)


def test_a_category_that_was_chosen_is_not_told_as_learned() -> None:
    liked = tuple(paper(f"Old {f.title}", categories=("math.KT",)) for f in FILLERS[::4])
    here = paper("Growth of yeast", "Spindles and cells divide.", categories=("math.KT",))
    found = scored([here, *FILLERS], liked=liked, categories=("math.*",), threshold=0.0)
    assert [r.kind for r in found[here.title].reasons].count(ReasonKind.CATEGORY) == 1
    assert reason(found[here.title], ReasonKind.FIELD) is None


def test_papers_are_no_more_like_each_other_for_a_category() -> None:
    liked = paper("Old growth of yeast", categories=("math.KT",))
    here, there = (
        paper("Growth of yeast", "Spindles and cells divide.", categories=codes)
        for codes in (("math.KT",), ())
    )
    alike = [
        reason(
            scored([one, *FILLERS], liked=(liked,), threshold=0.0)[one.title], ReasonKind.SIMILAR
        )
        for one in (here, there)
    ]
    assert [one and one.details for one in alike] == [(liked.title,)] * 2
