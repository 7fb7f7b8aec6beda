"""Likeness of meaning: an embedder's vectors are themes too, computed once for each paper."""

import sys
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

import numpy as np
import pytest
from relevance_samples import interest, paper

from digestmail.domain import Paper
from digestmail.errors import ConfigError
from digestmail.relevance import Embedder, Features, Model
from digestmail.relevance.dense import Dense
from digestmail.relevance.learn import Learner
from digestmail.relevance.space import Space


class Words(Embedder):
    """Embeds by whether a text is of the sea or of the stars, whatever its words."""

    def __init__(self) -> None:
        self.kind = "dense:words"
        self.asked: list[str] = []
        self._known = {}

    def texts(self, texts: Sequence[str]) -> Dense:
        self.asked += texts
        sea, stars = ({"ocean", "tide", "wave"}, {"galaxy", "nova", "orbit"})
        found = [[len(sea & words), len(stars & words)] for words in map(_words, texts)]
        vectors = np.array(found, dtype=np.float32)
        even: Dense = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1)
        return even


def _words(text: str) -> set[str]:
    return set(text.lower().replace(".", " ").split())


PAPERS = [paper(f"{word} {n}") for word in ("Ocean", "Tide", "Galaxy", "Nova") for n in range(8)]


def test_meaning_finds_what_shares_no_word() -> None:
    space = Space(PAPERS, (), Features(), Words())
    (found,) = Learner(space).learn([interest(liked=(paper("Ocean"),))]).evidence(space)
    assert found[8:16].mean() > found[16:].mean() + 0.1


def test_without_words_the_model_still_scores() -> None:
    (scores,) = Model(PAPERS, embedder=Words()).score([interest(keywords=("tide",))])
    assert {PAPERS[score.paper].title.split()[0] for score in scores} == {"Tide"}


def test_a_paper_is_embedded_once_in_its_life() -> None:
    kept: dict[int, bytes] = {}

    def load(_: str, ids: Collection[int]) -> Mapping[int, bytes]:
        return {key: kept[key] for key in ids if key in kept}

    features = Features(load, lambda kind, data: kept.update(data) if "dense" in kind else None)
    stored = [Paper(key=f"p:{n}", id=n, title="Ocean") for n in (1, 2)]
    first = Words()
    vectors = first.papers(stored, features)
    again = Words()
    assert np.array_equal(again.papers(stored, features), vectors)
    assert (len(first.asked), again.asked) == (2, [])


def test_another_text_is_embedded_anew() -> None:
    words = Words()
    before = words.papers([paper("A", "The ocean.")], Features())
    after = words.papers([paper("A", "A galaxy.")], Features())
    assert before.tolist() != after.tolist()
    assert len(words.asked) == 2


def test_another_model_in_the_same_place_is_known(tmp_path: Path) -> None:
    (tmp_path / "model.bin").write_bytes(b"12")
    first = Embedder(str(tmp_path)).kind
    assert Embedder(str(tmp_path)).kind == first
    (tmp_path / "model.bin").write_bytes(b"123")
    assert Embedder(str(tmp_path)).kind != first


def test_no_papers_need_no_embedder() -> None:
    model = Model([], embedder=Words())
    assert model.score([interest(keywords=("tide",), liked=(paper("Ocean"),))]) == [()]
    assert model.strongest(interest(interests="tide", liked=(paper("Ocean"),))) == []


@pytest.mark.parametrize("place", ["no/such/folder", "no_such_package", "json", "…"])
def test_a_model_that_is_not_there_is_told(place: str) -> None:
    with pytest.raises(ConfigError, match="neither a folder nor a package"):
        Embedder(place)


def test_a_missing_extra_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sentence_transformers", None)
    with pytest.raises(ConfigError, match=r"digestmail\[semantic\]"):
        Embedder(str(tmp_path)).texts(["a"])
