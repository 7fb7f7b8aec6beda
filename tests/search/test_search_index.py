"""The search index: what is found, in which order, and that it may be filled bit by bit."""

import math
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest

from digestmail.domain import Paper
from digestmail.relevance.features.terms import Features, hash_of
from digestmail.search import Hits, Index, holds, parsed, written_by
from digestmail.search.index import Similarity
from digestmail.search.inverted_index import extended, postings

NOW = datetime(2026, 11, 20, tzinfo=UTC)
PAPERS = [
    ("Sparse autoencoders find features", "We train dictionaries on a network.", ["Ada Marsh"]),
    ("Autoencoders for speech", "Sparse codes are not needed.", ["Bo Lindqvist"]),
    ("Protein design by diffusion", "A generative model of proteins.", ["Geoffrey E. Hinton"]),
    ("The C++ of protein folding", "Fast folding, described.", ["G. Hinton", "Wei Zhang"]),
    ("Glaciers melt", "We measure ice with lasers.", ["Lise Meitner"]),
]


def paper(number: int, title: str, abstract: str = "", **more: Any) -> Paper:
    """A paper first seen ``number`` days ago."""
    more |= {"first_seen_at": NOW - timedelta(days=number)}
    return Paper(key=f"t:{number}", id=number, title=title, abstract=abstract, **more)


def index_of(*papers: Paper) -> Index:
    index = Index()
    index.add(zip(papers, Features().terms(papers), strict=True))
    return index


@pytest.fixture
def index() -> Index:
    """Five papers; the first is the newest."""
    return index_of(
        *(
            paper(n, title, text, authors=tuple(names), categories=("cs.LG", "stat.ML")[n % 2 :])
            for n, (title, text, names) in enumerate(PAPERS, 1)
        )
    )


def found(index: Index, text: str, **more: Any) -> list[int]:
    """The papers that have all words of a text."""
    hits = index.search(parsed(text), **({"limit": 10} | more))
    return hits.ids[: hits.exact]


def test_all_words_are_there_in_any_form(index: Index) -> None:
    assert found(index, "sparse AUTOENCODER") == [1, 2]
    assert found(index, "sparse autoencoder dictionary") == [1]


def test_the_nearest_follow_those_with_all_words(index: Index) -> None:
    hits = index.search(parsed("sparse autoencoder dictionary"), limit=10)
    assert hits == Hits([1, 2], total=2, exact=1)


def test_where_no_paper_has_all_words_the_nearest_are_found(index: Index) -> None:
    hits = index.search(parsed("sparse autoencoders zebra"), limit=10)
    assert hits == Hits([1, 2], total=2, exact=0)
    strict = index.search(parsed("sparse autoencoders zebra"), limit=10, strict=True)
    assert strict == Hits([], total=0, exact=0)


def near(*likely: int) -> Similarity:
    """What finds these papers alike in meaning, the first most."""
    return lambda ids: np.array(
        [0.9 - likely.index(i) / 10 if i in likely else 0 for i in ids.tolist()], dtype=np.float32
    )


def test_papers_of_another_wording_are_found_by_meaning(index: Index) -> None:
    hits = index.search(parsed("cryosphere"), limit=10, similarity=near(5, 2))
    assert hits == Hits([5, 2], total=2, exact=0)
    hits = index.search(parsed("protein"), limit=10, similarity=near(5, 4))
    assert hits == Hits([4, 3, 5], total=3, exact=2)


def test_words_and_meaning_are_fused(index: Index) -> None:
    assert index.search(parsed("sparse autoencoders"), limit=10).ids == [1, 2]
    swapped = index.search(parsed("sparse autoencoders"), limit=10, similarity=near(2))
    assert swapped.ids == [2, 1]


@pytest.mark.parametrize(
    "options", [{"strict": True}, {"newest": True}, {"category": "cs.LG"}, {"since": NOW}]
)
def test_meaning_never_widens_what_is_filtered(index: Index, options: dict[str, Any]) -> None:
    hits = index.search(parsed("protein"), limit=10, similarity=near(1, 5), **options)
    assert set(hits.ids) <= {3, 4}


def test_meaning_adds_nothing_to_phrases_names_and_what_is_excluded(index: Index) -> None:
    everything = near(1, 2, 3, 4, 5)
    for text in ('"sparse autoencoders"', "Geoffrey Hinton", "melt -protein -codes -sparse"):
        hits = index.search(parsed(text), limit=10, similarity=everything)
        assert hits.total == hits.exact > 0


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("protein -folding", [3]),
        ("protein NOT folding", [3]),
        ("protein -folds", [3, 4]),
        ("sparse -state-of-the-art", [1, 2]),
        ("protein - folding", [4]),
        ("protein AND folding", [4]),
        ("-protein", [1, 2, 5]),
    ],
)
def test_what_is_not_wanted_is_left_out(index: Index, text: str, ids: list[int]) -> None:
    assert sorted(found(index, text)) == ids


@pytest.mark.parametrize("text", ["", "   ", "zebra", "the of", "?!", '""', '"', "\x00\x07"])
def test_what_no_paper_has_or_every_text_has_finds_nothing_or_all(index: Index, text: str) -> None:
    empty = parsed(text).is_empty
    assert found(index, text) == ([1, 2, 3, 4, 5] if empty else [])
    assert empty is (text != "zebra")


def test_papers_of_a_name_come_first_with_initials_too(index: Index) -> None:
    assert found(index, "Geoffrey Hinton") == [3, 4]
    assert set(found(index, "G Hinton protein")) == {3, 4}
    assert found(index, "hinton folding") == [4]
    assert found(index, "Paul Hinton", strict=True) == []


def test_a_name_in_quotes_is_looked_for_among_authors(index: Index) -> None:
    assert found(index, '"Geoffrey Hinton"') == [3, 4]
    assert found(index, '"Lise Meitner"') == [5]


def test_phrases_need_their_words_side_by_side(index: Index) -> None:
    assert found(index, '"sparse autoencoders"') == [1]
    assert found(index, '"sparse autoencoders" speech', strict=True) == []


def test_categories_and_their_groups(index: Index) -> None:
    assert found(index, "", category="cs.LG") == [2, 4]
    assert found(index, "", category="CS.*") == [2, 4]
    assert found(index, "protein", category="cs") == [4]
    assert found(index, "", category="nowhere") == []


def test_since_and_newest(index: Index) -> None:
    assert found(index, "", since=NOW - timedelta(days=2, seconds=1)) == [1, 2]
    assert found(index, "protein folding", newest=True) == [4]
    assert found(index, "protein", newest=True) == [3, 4]


def test_only_the_best_are_told_but_all_are_counted(index: Index) -> None:
    assert index.search(parsed("protein"), limit=1) == Hits([3], total=2, exact=2)


def test_categories_are_counted(index: Index) -> None:
    assert dict(index.categories) == {"stat.ML": 5, "cs.LG": 2}


def test_neighbours_share_telling_words() -> None:
    some = [paper(n, f"{a} {b} lattices", "") for n, (a, b) in enumerate(_PAIRS, 1)]
    index = index_of(*some)
    (terms,) = Features().terms([some[0]])
    assert index.similar(1, terms, 2)[0] == 2
    assert 1 not in index.similar(1, terms, 10)


_PAIRS = [("cold", "atoms"), ("cold", "atoms"), ("warm", "yeast"), ("old", "ice"), ("new", "sand")]


def test_papers_may_come_one_by_one_and_in_many_segments() -> None:
    every = [paper(n, f"Paper about topic{n % 7} and {word}") for n, word in _words(40)]
    whole = index_of(*every)
    bit = Index(segment_size=16)
    for n in range(0, 40, 3):
        bit.add(zip(every[n : n + 3], Features().terms(every[n : n + 3]), strict=True))
    assert (len(bit), bit.newest) == (len(whole), 40)
    for text in ("topic3", "paper about", "ice"):
        assert set(found(bit, text, limit=40)) == set(found(whole, text, limit=40)) != set()


def _words(count: int) -> list[tuple[int, str]]:
    return [(n, ("ice", "sand", "salt")[n % 3]) for n in range(1, count + 1)]


def test_the_oldest_papers_leave_a_full_index() -> None:
    index = Index(capacity=8, segment_size=4)
    some = [paper(n, f"Ice core {n}") for n in range(1, 15)]
    index.add(zip(some, Features().terms(some), strict=True))
    assert 8 <= len(index) < 12
    assert found(index, "ice core", limit=20)[0] > 2
    assert index.newest == 14


def test_an_index_without_papers_finds_nothing() -> None:
    index = Index()
    assert (found(index, "ice"), found(index, ""), len(index), index.newest) == ([], [], 0, 0)
    (terms,) = Features().terms([paper(1, "Ice")])
    assert index.similar(1, terms, 5) == []


def test_a_text_without_any_term_is_no_trouble() -> None:
    index = index_of(paper(1, "?"), paper(2, "1 + 1"), paper(3, "Ice ice"))
    assert found(index, "ice") == [3]
    assert found(index, "") == [1, 2, 3]


def test_postings_know_who_has_a_term_and_how_often() -> None:
    some = Features().terms([paper(1, "Ice", "ice ice"), paper(2, "Sand")])
    made = extended(postings(some[:1]), postings(some[1:]))
    whole = postings(some)
    assert (made.hashes == whole.hashes).all()
    assert (made.places == whole.places).all()
    places, weights = made.weights_of(hash_of("sand"))
    assert (places.tolist(), weights.tolist()) == ([1], [pytest.approx(1 + math.log(2))])
    assert made.weights_of(hash_of("salt"))[0].tolist() == []


# --- to the letter ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "phrase", "stands"),
    [
        ("Neural networks learn", "neural networks", True),
        ("Neural network learning", "neural networks", False),
        ("Neural-networks learn", "neural networks", True),
        ("neural_networks", "neural networks", True),
        ("Unneural networks", "neural networks", False),
        ("Fast C++ code", "c", False),
        ("Fast C++ code", "C++", True),
        ("Fast C# code", "c", False),
        ("Fast C# code", "c# code", True),
        ("Fast C code", "c code", True),
        ("Naïve Bayes", "naive bayes", True),
        (r"Schr\"odinger's cat", "schrodinger's cat", True),
        ("GPT-4 is here", "gpt-4", True),
        ("GPT-40 is here", "gpt-4", False),
    ],
)
def test_a_phrase_stands_as_it_is(text: str, phrase: str, stands: bool) -> None:
    assert holds(paper(1, text), phrase) is stands
    assert holds(paper(1, "-", text), phrase) is stands


@pytest.mark.parametrize(
    ("asked", "is_one"),
    [
        ("Jane Q. Doe", True),
        ("J. Doe", True),
        ("Doe, Jane", True),
        ("Jane R. Doe", False),
        ("Doe", True),
        ("oe", False),
        ("Jane", False),
        ("John Doe", False),
    ],
)
def test_a_phrase_may_be_an_author(asked: str, is_one: bool) -> None:
    by = paper(1, "Ice", authors=("Jane Q. Doe",))
    assert holds(by, asked) is is_one
    assert written_by(by, asked) is (is_one and " " in asked)


def test_what_was_typed_is_taken_apart() -> None:
    query = parsed('deep "chain of thought” networks  of the “G. Hinton"')
    assert [word.plain for word in query.words] == ["deep", "networks"]
    assert [e.text for e in query.required] == ['"chain of thought”', '“G. Hinton"']
    assert "deep network" not in query.terms


def test_marks_join_words_that_stand_together() -> None:
    assert [mark.words for mark in parsed("sparse codes").marks] == [
        ("sparse",),
        ("code",),
        ("sparse", "code"),
    ]


@pytest.mark.parametrize("text", ["x" * 10_000, "a " * 5_000, '"' * 999, '"a ' * 300, "é\ud800$\\"])
def test_no_query_is_too_much(index: Index, text: str) -> None:
    assert len(index.search(parsed(text), limit=10).ids) <= 5
