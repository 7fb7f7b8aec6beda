"""The model: what raises a score, what does not, and that each reason is true."""

import copy
import math
import pickle
import threading
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from relevance_samples import (
    CELLS,
    FILLERS,
    LASERS,
    interest,
    paper,
    picks,
    reason,
    scored,
    trending,
    untrue,
    with_fillers,
)

from digestmail.domain import Interest, Paper, ReasonKind, Score
from digestmail.relevance import PARAMETERS, Embedder, Features, Model, embedder_of
from digestmail.text import phrase, readable, spans

# --- keywords --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("keyword", "title"),
    [
        ("graph neural network", "Graph Neural Networks"),
        ("graph neural networks", "A graph-neural network"),
        ("retrieval augmented generation", "Retrieval-Augmented Generation"),
        ("El Nino", "El Niño in winter"),
        ("Schrödinger bridge", r"Schr\"odinger bridges"),
        ("H₂O", r"Pure $H_2O$"),
        ('"word embeddings"', "Word Embeddings"),
        ("GPU", "Many GPUs"),
    ],
)
def test_a_keyword_in_a_title_picks_the_paper(keyword: str, title: str) -> None:
    found = scored(with_fillers(paper(title)), keywords=(keyword,))
    assert list(found) == [title]
    told = reason(found[title], ReasonKind.KEYWORD)
    assert told is not None
    assert told.details == (keyword.strip('"'),)


@pytest.mark.parametrize(
    ("keyword", "title"),
    [
        ('"word embeddings"', "A word embedding for every day"),
        ("graph neural network", "Graphs are no neural network"),
        ("ion", "Nation and station"),
    ],
)
def test_what_is_not_the_keyword_gives_no_keyword_reason(keyword: str, title: str) -> None:
    found = scored(with_fillers(paper(title)), keywords=(keyword,), threshold=0)
    assert title not in found or reason(found[title], ReasonKind.KEYWORD) is None


def test_a_title_beats_an_abstract_and_often_beats_once() -> None:
    papers = with_fillers(
        paper("One", "Here a zeolite stands among many other words of chemistry."),
        paper("Two", "Zeolite, zeolite and again zeolite among words of chemistry."),
        paper("Three zeolite", "Nothing but other words of plain chemistry in this text."),
    )
    found = scored(papers, keywords=("zeolite",), threshold=0)
    told = {title: reason(score, ReasonKind.KEYWORD) for title, score in found.items()}
    weights = [r.weight if (r := told[t]) else 0 for t in ("Three zeolite", "Two", "One")]
    assert weights == sorted(weights, reverse=True)
    assert len(set(weights)) == 3
    assert [title for title in found if told.get(title)][-1] == "One"


def test_a_keyword_is_found_beside_examples_of_another_field() -> None:
    wanted = paper("Sparse autoencoders of language models")
    examples = [paper(f"Laser cooling of atoms in lattice {n}") for n in range(3)]
    papers = with_fillers(wanted, LASERS)
    found = scored(papers, keywords=("sparse autoencoder",), seeds=tuple(examples))
    assert wanted.title in found
    alone = scored(papers, keywords=("sparse autoencoder",))
    assert found[wanted.title].value < alone[wanted.title].value


@pytest.mark.parametrize("examples", [1, 4, 60])
def test_a_keyword_that_no_example_has_keeps_a_say(examples: int) -> None:
    wanted = paper("Sparse autoencoders")
    model = Model(with_fillers(wanted, LASERS, *[paper(f"Other things {n}") for n in range(300)]))
    lasers = tuple(paper(f"Laser cooling of atoms in lattice {n}") for n in range(examples))
    beside, alone = (
        {p.what: p.weight for p in model.explain(one, 0).parts if p.kind == "keyword"}
        for one in (
            interest(keywords=("sparse autoencoders", "laser"), seeds=lasers),
            interest(keywords=("sparse autoencoders", "laser")),
        )
    )
    share = beside["sparse autoencoders"] / alone["sparse autoencoders"]
    assert PARAMETERS.least_keyword_weight <= share < 1


def test_of_a_keyword_that_many_papers_have_less_is_made() -> None:
    def weight(same: int) -> float:
        papers = [paper(f"Sparse autoencoders {n}") for n in range(same)]
        parts = Model([*papers, *FILLERS]).explain(interest(keywords=("autoencoder",)), 0).parts
        return sum(part.weight for part in parts if part.kind == "keyword")

    assert weight(1) > weight(5) > weight(20) > weight(1) / 4


def test_a_keyword_that_most_titles_have_still_fills_a_mail() -> None:
    titles = [f"Lattice of {thing}" for thing in "abcdefghijklmnopqrstuvwxyz"]
    found = scored([*map(paper, titles), *FILLERS], keywords=("lattice",))
    assert len(found) == 10
    assert found.keys() <= set(titles)


def test_two_keywords_beat_one() -> None:
    papers = with_fillers(paper("Zeolite"), paper("Zeolite catalyst"))
    found = scored(papers, keywords=("zeolite", "catalyst"))
    assert list(found) == ["Zeolite catalyst", "Zeolite"]
    told = reason(found["Zeolite catalyst"], ReasonKind.KEYWORD)
    assert told is not None
    assert set(told.details) == {"zeolite", "catalyst"}


@pytest.mark.parametrize("keyword", ["music generation", "Music-Generation"])
def test_an_unknown_word_does_not_leave_a_wish_for_the_rest(keyword: str) -> None:
    abstract = (
        "Long stories lose their thread. We study the generation of coherent texts with a planner"
        " that outlines chapters before sentences are written, and let readers compare drafts of"
        " three systems; the outlined ones please most, above all where many figures appear."
    )
    papers = with_fillers(paper("Text generation by outlines", abstract))
    papers += [paper(f"Cells {n}", f"Each generation of cell {n} was seen.") for n in range(200)]
    assert picks(papers, keywords=("text generation",)) == ["Text generation by outlines"]
    assert picks(papers, keywords=(keyword,)) == []


def test_neighbours_in_a_list_make_no_phrase() -> None:
    """Neither the last word of one keyword and the first of the next, nor title and title."""
    papers = with_fillers(paper("Optical tweezers", "They hold beads."))
    found = scored(papers, keywords=("cold tweezers", "optical clock"), threshold=0, max_papers=50)
    told = reason(found["Optical tweezers"], ReasonKind.TERMS)
    assert told is not None
    assert set(told.details) == {"tweezers", "optical"}


@pytest.mark.parametrize("count", [1, 2, 3])
def test_on_a_day_of_few_papers_a_keyword_in_the_abstract_is_enough(count: int) -> None:
    abstract = "We propose a method. " * 10 + "It grows zeolite crystals in ovens."
    papers = [paper(f"Number {n}", abstract) for n in range(count)]
    assert len(picks(papers, keywords=("zeolite crystals",))) == count


# --- interests, seeds, likes and dislikes ----------------------------------------------------


def value(title: str, **values: Any) -> float:
    found = scored(with_fillers(LASERS, CELLS), threshold=0, max_papers=50, **values)
    return found[title].value if title in found else 0.0


@pytest.mark.parametrize("kind", ["seeds", "liked"])
def test_what_resembles_a_good_paper_rises_with_a_true_reason(kind: str) -> None:
    known = paper("Laser light for cold atoms", "A lattice of laser light traps atoms.")
    found = scored(with_fillers(LASERS, CELLS), **{kind: (known,)})
    assert next(iter(found)) == LASERS.title
    told = reason(found[LASERS.title], ReasonKind.SIMILAR)
    assert told is not None
    assert told.details == (known.title,)
    assert CELLS.title not in found


def test_a_like_lifts_what_the_words_only_hint_at() -> None:
    liked = (paper("Trapped atoms", "Laser light, a lattice, cooling."),)
    plain = value(LASERS.title, interests="cold atoms and molecules")
    assert value(LASERS.title, interests="cold atoms and molecules", liked=liked) > plain > 0


def test_a_dislike_lowers_what_resembles_it_and_leaves_the_rest() -> None:
    wish = {"interests": "laser cooling, cell division"}
    disliked = (paper("Laser cooling again", "Laser cooling of atoms in a lattice."),)
    assert value(LASERS.title, **wish, disliked=disliked) < value(LASERS.title, **wish)
    assert value(CELLS.title, **wish, disliked=disliked) >= value(CELLS.title, **wish)


def test_dislikes_put_in_order_what_categories_bring() -> None:
    papers = [replace(p, categories=("cs.LG",)) for p in with_fillers(LASERS, CELLS)]
    disliked = (paper("Laser cooling", "Atoms in a lattice of laser light."),)
    found = picks(papers, categories=("cs",), disliked=disliked, max_papers=50)
    assert set(found) == {p.title for p in papers}
    assert found.index(LASERS.title) > found.index(CELLS.title)


def test_interests_find_their_papers() -> None:
    found = scored(with_fillers(LASERS, CELLS), interests="I film dividing yeast cells.")
    assert list(found) == [CELLS.title]


@pytest.mark.parametrize(
    "text",
    ["black holes, gravitational waves, LIGO", "Arctic sea ice, ocean heat", "music generation"],
)
def test_one_word_of_a_text_is_no_match(text: str) -> None:
    assert picks(trending(), interests=text) == []


def test_the_threshold_is_a_floor() -> None:
    papers = with_fillers(LASERS, CELLS)
    everything = scored(papers, interests="laser light and cells", threshold=0, max_papers=50)
    for threshold in (0.1, 0.3, 0.6, 0.9):
        found = picks(papers, interests="laser light and cells", threshold=threshold, max_papers=50)
        assert found == [t for t, s in everything.items() if s.value >= threshold]


# --- nothing to go by ------------------------------------------------------------------------


def test_without_papers_there_are_no_picks() -> None:
    assert Model([]).score([interest(keywords=("a",)), interest()]) == [(), ()]


def test_without_interests_there_is_nothing_to_say() -> None:
    assert Model(FILLERS).score([]) == []


@pytest.mark.parametrize(
    "values",
    [{}, {"interests": "the and of"}, {"keywords": ("++", '""')}, {"interests": "xylophone"},
     {"disliked": (LASERS,)}, {"seed_papers": ("arxiv:1",)}],
)  # fmt: skip
def test_nothing_speaks_for_any_paper_even_without_a_threshold(values: dict[str, Any]) -> None:
    assert picks(with_fillers(LASERS), threshold=0, **values) == []


@pytest.mark.parametrize("papers", [[paper("?")], [paper("42"), paper("")], [paper("the"), LASERS]])
def test_papers_without_words_do_no_harm(papers: list[Paper]) -> None:
    assert [t for t in picks(papers, keywords=("laser",), threshold=0) if "Laser" not in t] == []


def test_a_paper_without_an_abstract_is_found_by_its_title() -> None:
    assert picks(with_fillers(paper("Yeast cell cycle")), keywords=("yeast",)) == [
        "Yeast cell cycle"
    ]


# --- the same every time ---------------------------------------------------------------------


def test_scores_do_not_depend_on_who_else_is_scored() -> None:
    wishes = [
        interest(keywords=("laser", "yeast", "growth"), interests="cold atoms", threshold=0),
        interest(keywords=("yeast", "spindle", "laser"), liked=(LASERS,), threshold=0),
        interest(categories=("cs",), authors=("A. Nobody",), threshold=0),
    ]
    crowd = [
        interest(keywords=(f"word{n}", "spindle", "growth", "laser")[n % 3 :], seeds=(CELLS,))
        for n in range(1500)
    ]
    papers = with_fillers(LASERS, CELLS)
    alone = [Model(papers).score([wish])[0] for wish in wishes]
    among = Model(papers).score([*crowd, *wishes, *crowd])[1500:1503]
    for found in (Model(papers).score(wishes), among):
        assert [told(mine) for mine in found] == [told(mine) for mine in alone]


def told(scores: Sequence[Score]) -> list[tuple[object, ...]]:
    """All but the last digits: the sums of BLAS differ in them by how many rows it multiplies."""
    near = partial(pytest.approx, abs=1e-4)
    return [
        (s.paper, near(s.value), [(r.kind, r.details, near(r.weight)) for r in s.reasons])
        for s in scores
    ]


# --- every reason is true --------------------------------------------------------------------

WORDS = ["graph", "graphs", "neural", "network", "networks", "laser", "d", "x1", "the", "model",
         "models", "Poincar\\'e", "café", "C++", ".", ",", "-", "$x_1$", "analysis"]  # fmt: skip
texts = st.lists(st.sampled_from(WORDS), max_size=12).map(" ".join)
names = st.sampled_from(["Jane Doe", "J. Doe", "Doe, Jane", "Al Roe", "Roe", "A. van Roe"])
categories = st.sampled_from(["cs.CL", "cs.LG", "math.GR", "cs", "csx.A", "math.*"])
papers_ = st.builds(
    Paper,
    key=st.uuids().map(str),
    title=texts,
    abstract=texts,
    authors=st.lists(names, max_size=3).map(tuple),
    categories=st.lists(categories, max_size=2).map(tuple),
)
keyword_lists = st.lists(st.one_of(texts, texts.map('"{}"'.format)), max_size=4).map(tuple)
interests_ = st.builds(
    interest,
    keywords=keyword_lists,
    excluded_keywords=st.lists(texts, max_size=1).map(tuple),
    interests=texts,
    categories=st.lists(categories, max_size=2).map(tuple),
    excluded_categories=st.lists(categories, max_size=1).map(tuple),
    authors=st.lists(names, max_size=2).map(tuple),
    liked=st.lists(papers_, max_size=2).map(tuple),
    disliked=st.lists(papers_, max_size=1).map(tuple),
    threshold=st.sampled_from([0, 0.1, 0.3, 0.9]),
    max_papers=st.integers(1, 6),
)


@given(st.lists(papers_, max_size=8), st.lists(interests_, max_size=4))
def test_whatever_is_picked_keeps_the_rules_and_tells_the_truth(
    papers: list[Paper], wishes: list[Interest]
) -> None:
    for wish, scores in zip(wishes, Model(papers).score(wishes), strict=True):
        assert [untrue(papers[s.paper], wish, s) for s in scores] == [[] for _ in scores]
        assert sum(not s.pinned for s in scores) <= max(
            wish.profile.max_papers - sum(s.pinned for s in scores), 0
        )
        assert list(scores) == sorted(scores, key=lambda s: (not s.pinned, -s.value))
        for score in scores:
            assert score.pinned or score.value >= wish.profile.threshold - 1e-4
            excluded = [phrase(keyword) for keyword in wish.profile.excluded_keywords]
            picked = papers[score.paper]
            assert not any(spans(readable(t), excluded) for t in (picked.title, picked.abstract))


# --- real papers -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "keyword",
    ["music generation", "zebra learning", "quantum error correction", "sparse autoencoder"],
)
def test_among_real_papers_a_part_of_a_keyword_is_worth_less_than_the_whole(keyword: str) -> None:
    first = keyword.split()[0]
    papers = [p for p in trending() if first not in f"{p.title} {p.abstract}".lower()]
    whole = paper(f"On {keyword}")
    found = scored([whole, *papers], keywords=(keyword,), threshold=0.05)
    best, *others = found
    assert best == whole.title
    assert reason(found[best], ReasonKind.KEYWORD) is not None
    assert all(reason(found[title], ReasonKind.KEYWORD) is None for title in others)


def test_a_like_does_not_make_a_part_of_a_keyword_a_match() -> None:
    liked = paper(
        "Low-latency decoding of surface codes",
        "Fault-tolerant computers need quantum error correction, whose decoder must keep pace with"
        " the hardware. We present one for surface codes that finds a matching in a microsecond.",
    )
    papers = [p for p in trending() if "quantum" not in f"{p.title} {p.abstract}".lower()]
    without = scored(papers, liked=(liked,))
    beside = scored(papers, keywords=("quantum error correction",), liked=(liked,))
    best = max(score.value for score in without.values())
    assert max(score.value for score in beside.values()) < best + 0.1


KEYWORDS = ["retrieval-augmented generation", "diffusion model", "reinforcement learning",
            "graph neural network", "speech recognition", "object detection", "knowledge graph",
            "time series", "code generation", "federated learning"]  # fmt: skip


def test_the_best_of_real_papers_have_the_keyword_and_true_reasons() -> None:
    papers = trending()
    wishes = [interest(keywords=(keyword,)) for keyword in KEYWORDS]
    for keyword, wish, scores in zip(KEYWORDS, wishes, Model(papers).score(wishes), strict=True):
        texts = [f"{readable(p.title)} | {readable(p.abstract)}" for p in papers]
        having = {n for n, text in enumerate(texts) if spans(text, [phrase(keyword)])}
        assert len(scores) >= min(10, len(having))
        best = [s.paper for s in scores[: len(having)]]
        assert set(best[:3]) <= having
        assert len(set(best) - having) <= 1  # behind the first three one may, for variety
        assert not [wrong for s in scores if (wrong := untrue(papers[s.paper], wish, s))]


def test_reasons_of_real_papers_for_likes_and_texts_are_true() -> None:
    papers = trending()
    wishes = [
        interest(liked=tuple(papers[n : n + 3]), interests=papers[-n].title, threshold=0)
        for n in range(1, 60, 2)
    ]
    for wish, scores in zip(wishes, Model(papers).score(wishes), strict=True):
        assert len(scores) == 10
        assert not [wrong for s in scores if (wrong := untrue(papers[s.paper], wish, s))]


# --- shared by threads and blocks ------------------------------------------------------------


def profiles_of(papers: list[Paper]) -> list[Interest]:
    """Profiles of every kind, by turns."""
    kinds: list[dict[str, Any]] = [
        {"keywords": ("diffusion model", "agents")},
        {"interests": "how language models reason about code"},
        {"liked": tuple(papers[:4]), "disliked": tuple(papers[4:6])},
        {"seeds": tuple(papers[7:8]), "excluded_keywords": ("video",)},
        {"disliked": tuple(papers[9:11]), "keywords": ("speech",)},
        {},
    ]
    return [interest(**kind, threshold=0.01) for kind in kinds]


@pytest.mark.parametrize("sizes", [(1, 1), (2, 20_000), (512, 3)])
def test_scores_are_the_same_in_any_blocks(sizes: tuple[int, int]) -> None:
    papers = trending()[:200]
    profiles = profiles_of(papers) * 3
    profiles_at_once, examples_at_once = sizes
    whole = Model(papers[20:]).score(profiles)
    cut = Model(
        papers[20:], block_profiles=profiles_at_once, block_examples=examples_at_once
    ).score(profiles)
    assert [told(scores) for scores in cut] == [told(scores) for scores in whole]
    assert sum(map(len, whole)) > 60


def test_eight_threads_share_one_model() -> None:
    papers = trending()[:300]
    profiles = profiles_of(papers)
    expected = Model(papers[20:]).score(profiles)
    shared = Model(papers[20:])
    answers: list[list[tuple[Score, ...]]] = []
    start = threading.Barrier(8)

    def ask() -> None:
        start.wait()
        answers.append(shared.score(profiles))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [expected] * 8


def test_scoring_changes_no_array_of_the_day() -> None:
    papers = trending()[:100]
    model = Model(papers[20:])
    before = pickle.dumps(model._ground.day)
    model.score(profiles_of(papers))
    model.explain(profiles_of(papers)[2], 0)
    assert pickle.dumps(model._ground.day) == before


def test_features_of_a_day_are_the_same_after_they_were_stored() -> None:
    papers = trending()[:300]
    profiles = profiles_of(papers)
    model = Model(papers[20:])
    expected = model.score(profiles)
    loaded, stored = copy.copy(model), pickle.dumps(model._ground.day)
    loaded._ground = replace(model._ground, day=pickle.loads(stored))  # noqa: S301
    assert loaded.score(profiles) == expected


def test_stored_features_give_the_same_scores_again() -> None:
    papers = [replace(one, id=n) for n, one in enumerate(trending()[:200], start=1)]
    stored: dict[tuple[str, int], bytes] = {}

    def load(kind: str, ids: Collection[int]) -> Mapping[int, bytes]:
        return {one: stored[kind, one] for one in ids if (kind, one) in stored}

    def keep(kind: str, features: Mapping[int, bytes]) -> None:
        stored.update({(kind, one): data for one, data in features.items()})

    first, second = (
        Model(papers[20:], features=Features(load, keep)).score(profiles_of(papers))
        for _ in range(2)
    )
    assert stored
    assert first == second


# --- with the packaged sentence model ----------------------------------------------------------


@pytest.fixture(scope="module")
def packaged() -> Embedder:
    """The model of the extra ``semantic``."""
    embedder = embedder_of("auto")
    if embedder is None:
        pytest.skip("the extra digestmail[semantic] is not installed")
    return embedder


def test_with_meaning_too_parts_add_up_and_reasons_are_true(packaged: Embedder) -> None:
    papers = trending()[:80]
    model = Model(papers[20:], embedder=packaged)
    profiles = profiles_of(papers)
    for profile, scores in zip(profiles, model.score(profiles), strict=True):
        assert not [wrong for s in scores if (wrong := untrue(papers[20 + s.paper], profile, s))]
        for score in scores[:3]:
            explanation = model.explain(profile, score.paper)
            total = sum(part.weight for part in explanation.parts)
            assert explanation.value == pytest.approx(1 / (1 + math.exp(-total)), abs=1e-4)
            assert explanation.value == pytest.approx(score.value, abs=2e-4)


def test_other_parameters_of_scorers_need_no_new_features() -> None:
    papers, parameters = (
        with_fillers(paper("Laser cooling")),
        replace(
            PARAMETERS, left_out=frozenset({("text", "topics")}), title_match=0.2, text_half_likes=1
        ),
    )
    someone = interest(keywords=("laser",), interests="Cooling of atoms")
    changed = Model(papers).with_parameters(parameters).log_odds([someone])
    assert changed.tolist() == Model(papers, parameters=parameters).log_odds([someone]).tolist()
    assert changed.tolist() != Model(papers).log_odds([someone]).tolist()
