"""Terms: what is read of a text, how it is kept, and that each paper is read once."""

from collections.abc import Collection, Mapping
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from relevance_samples import paper

from digestmail.domain import Paper
from digestmail.relevance.features.terms import (
    KIND,
    Features,
    analyse,
    counted,
    hash_of,
    joined,
    matrix_of,
    packed,
    stamped,
    unpacked,
)


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("Graph Networks", ["graph", "network", "graph network"]),
        ("the weight of a star", ["weight", "star"]),
        ("2 x 4 lasers in 2024", ["laser"]),
        ("Schr\\\"odinger's café", ["schrodinger", "cafe"]),
        ("", []),
    ],
)
def test_terms_are_stems_and_pairs_without_stop_words(text: str, terms: list[str]) -> None:
    assert analyse(text) == terms


def test_words_of_two_texts_are_no_neighbours() -> None:
    assert "network graph" in analyse("network graph")
    assert "network graph" not in analyse(joined(["network", "graph"]))


@pytest.mark.parametrize(
    ("term", "number"), [("graph", 155518428), ("graph network", 817057959), ("é", 235179326)]
)
def test_a_hash_is_the_same_for_ever(term: str, number: int) -> None:
    """What is kept depends on it: where this fails, KIND must change too."""
    assert hash_of(term) == number


@given(st.text(max_size=200))
def test_what_is_packed_comes_back(text: str) -> None:
    terms = counted(analyse(text))
    again = unpacked(packed(terms))
    assert again.hashes.tolist() == terms.hashes.tolist() == sorted(set(terms.hashes.tolist()))
    assert again.counts.tolist() == terms.counts.tolist()


def test_a_count_ends_at_what_a_byte_holds() -> None:
    assert counted(analyse("laser " * 300)).counts.max() == 255


class Shelf:
    """Keeps features as a store does, and remembers what it was asked."""

    def __init__(self) -> None:
        self.kept: dict[tuple[str, int], bytes] = {}
        self.asked: list[list[int]] = []

    def load(self, kind: str, papers: Collection[int]) -> Mapping[int, bytes]:
        self.asked.append(sorted(papers))
        return {one: self.kept[kind, one] for one in papers if (kind, one) in self.kept}

    def keep(self, kind: str, features: Mapping[int, bytes]) -> None:
        assert not {(kind, one) for one in features} & set(self.kept)
        self.kept |= {(kind, one): data for one, data in features.items()}


STORED = [paper("Laser cooling", "Cold atoms.", id=7), paper("Yeast", id=8), paper("Not stored")]


def test_features_are_kept_by_kind_and_paper() -> None:
    shelf = Shelf()
    found = Features(shelf.load, shelf.keep).terms(STORED)
    assert set(shelf.kept) == {(KIND, 7), (KIND, 8)}
    assert shelf.kept[KIND, 7] == stamped(STORED[0], packed(found[0]))


def test_each_paper_is_computed_and_asked_for_once() -> None:
    shelf = Shelf()
    features = Features(shelf.load, shelf.keep)
    first = features.terms(STORED)
    again = features.terms(STORED[::-1])
    assert all(a is b for a, b in zip(first, again[::-1], strict=True))
    assert shelf.asked == [[7, 8], []]


def test_what_is_kept_is_taken_instead_of_the_text() -> None:
    shelf = Shelf()
    shelf.kept[KIND, 7] = stamped(STORED[0], packed(counted(analyse("zeolite"))))
    (terms,) = Features(shelf.load, shelf.keep).terms(STORED[:1])
    assert terms.hashes.tolist() == [hash_of("zeolite")]


def test_what_was_kept_of_another_text_counts_no_more() -> None:
    shelf = Shelf()
    other = replace(STORED[0], abstract="Another abstract.")
    shelf.kept = {}
    kept = {(KIND, 7): stamped(other, packed(counted(analyse("zeolite"))))}
    features = Features(lambda kind, _: {7: kept[kind, 7]}, shelf.keep)
    (terms,) = features.terms(STORED[:1])
    assert hash_of("zeolite") not in terms.hashes.tolist()
    assert shelf.kept[KIND, 7] == stamped(STORED[0], packed(terms))


@pytest.mark.parametrize("papers", [[], [Paper(key="a", title="?")]])
def test_nothing_to_read_is_an_empty_matrix(papers: list[Paper]) -> None:
    terms = Features().terms(papers)
    assert matrix_of(terms, np.zeros(0, dtype=np.uint32)).shape == (len(papers), 0)


def test_terms_outside_the_columns_are_left_out() -> None:
    columns = np.array(sorted(map(hash_of, ["laser", "yeast"])), dtype=np.uint32)
    found = matrix_of([counted(analyse("laser laser atom")), counted(analyse("zebra"))], columns)
    assert found.toarray().sum(axis=1).tolist() == [2, 0]
