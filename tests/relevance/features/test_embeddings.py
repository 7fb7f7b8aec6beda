"""PaperEmbeddings: a sentence model's vectors, each computed once in a paper's life."""

import sys
import threading
from collections.abc import Collection, Mapping
from pathlib import Path

import numpy as np
import pytest
from relevance_samples import interest, paper
from sentence_models import write_model

from digestmail.domain import Paper
from digestmail.errors import ConfigError
from digestmail.relevance import Embedder, Features, Model, embedder_of
from digestmail.relevance.features.embeddings import embedded_text

SEA, STARS = (1.0, 0.0), (0.0, 1.0)
WORDS = {
    **dict.fromkeys(("ocean", "tide", "wave"), SEA),
    **dict.fromkeys(("galaxy", "nova", "orbit"), STARS),
}
PAPERS = [paper(f"{word} {n}") for word in ("Ocean", "Tide", "Galaxy", "Nova") for n in range(8)]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a model that knows the sea and the stars."""
    return write_model(tmp_path_factory.mktemp("model"), WORDS)


def loaded(place: Path) -> Embedder:
    embedder = embedder_of(str(place))
    assert embedder is not None
    return embedder


class Shelf:
    """Stores features as a database does, and counts those stored by kind."""

    def __init__(self) -> None:
        self.stored: dict[tuple[str, int], bytes] = {}
        self.stores: list[tuple[str, int]] = []

    def load(self, kind: str, ids: Collection[int]) -> Mapping[int, bytes]:
        return {one: self.stored[kind, one] for one in ids if (kind, one) in self.stored}

    def keep(self, kind: str, features: Mapping[int, bytes]) -> None:
        self.stores += [(kind, one) for one in features]
        self.stored |= {(kind, one): data for one, data in features.items()}


def test_vectors_have_unit_length_and_empty_texts_none(place: Path) -> None:
    vectors = loaded(place).texts(["ocean tide galaxy", "wave", "", "  "])
    assert np.linalg.norm(vectors, axis=1) == pytest.approx([1, 1, 0, 0], abs=1e-3)
    assert vectors[1] == pytest.approx([1, 0, 0], abs=1e-3)


def test_a_vector_does_not_depend_on_the_texts_beside_it(place: Path) -> None:
    texts = ["ocean", " ".join(["galaxy", "tide"] * 60), "nova wave"]
    alone = np.concatenate([loaded(place).texts([text]) for text in texts])
    assert loaded(place).texts(texts) == pytest.approx(alone, abs=1e-3)


def test_pooling_is_read_from_the_folder(tmp_path: Path) -> None:
    folder = write_model(tmp_path / "first", WORDS)
    (folder / "1_Pooling").mkdir()
    options = folder / "1_Pooling" / "config.json"
    options.write_text('{"pooling_mode_cls_token": true}')
    assert loaded(folder).texts(["ocean nova"])[0] == pytest.approx([1, 0, 0], abs=1e-3)
    options.write_text("[1")
    with pytest.raises(
        ConfigError, match=r"1_Pooling.config\.json is not a valid pooling configuration"
    ):
        embedder_of(str(folder))


def test_papers_of_one_meaning_are_near_without_a_word_in_common(place: Path) -> None:
    model = Model(PAPERS, embedder=loaded(place))
    (odds,) = model.log_odds([interest(liked=(paper("Ocean"),))])
    assert odds[8:16].min() > odds[16:].max() + 1
    (odds,) = model.log_odds([interest(interests="orbit")])
    assert odds[16:].min() > odds[:16].max() + 1


def test_a_paper_is_embedded_once_in_its_life(place: Path) -> None:
    shelf = Shelf()
    stored = [Paper(key=f"p:{n}", id=n, title="Ocean") for n in (1, 2)]
    vectors = loaded(place).papers(stored, Features(shelf.load, shelf.keep))
    again = loaded(place).papers(stored, Features(shelf.load, shelf.keep))
    assert np.array_equal(again, vectors)
    assert shelf.stores == [(loaded(place).kind, 1), (loaded(place).kind, 2)]


def test_another_text_is_embedded_anew(place: Path) -> None:
    shelf = Shelf()
    before, after = (
        loaded(place).papers(
            [Paper(key="p:1", id=1, title="A", abstract=text)], Features(shelf.load, shelf.keep)
        )
        for text in ("The ocean.", "A galaxy.")
    )
    assert before.tolist() != after.tolist()
    assert len(shelf.stores) == 2


def test_another_model_in_the_same_place_has_another_kind(tmp_path: Path) -> None:
    kind = loaded(write_model(tmp_path, WORDS)).kind
    assert loaded(tmp_path).kind == kind
    assert loaded(write_model(tmp_path, {**WORDS, "comet": STARS})).kind != kind


def test_no_papers_need_no_embedder(place: Path) -> None:
    model = Model([], embedder=loaded(place))
    assert model.score([interest(keywords=("tide",), liked=(paper("Ocean"),))]) == [()]
    assert model.strongest(interest(interests="tide", liked=(paper("Ocean"),))) == []


def test_threads_share_one_embedder(place: Path) -> None:
    embedder = loaded(place)
    texts = [f"{a} {b} {n}" for n, (a, b) in enumerate(zip(WORDS, WORDS, strict=True))]
    expected = loaded(place).texts(texts).tolist()
    answers: list[list[list[float]]] = []
    threads = [
        threading.Thread(target=lambda: answers.append(embedder.texts(texts).tolist()))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [expected] * 8


@pytest.mark.parametrize("place", ["no/such/folder", "json", "…"])
def test_a_model_that_is_not_there_is_refused(place: str) -> None:
    with pytest.raises(ConfigError, match=r"semantic\.model: .* needs tokenizer\.json"):
        embedder_of(place)


def test_a_broken_model_is_refused_in_one_line(tmp_path: Path) -> None:
    folder = write_model(tmp_path, WORDS)
    (folder / "model.onnx").write_bytes(b"not a network")
    with pytest.raises(ConfigError, match=r"semantic\.model"):
        loaded(folder).texts(["a"])


@pytest.mark.parametrize("place", ["none", ""])
def test_none_is_no_model(place: str) -> None:
    assert embedder_of(place) is None


def test_a_missing_extra_is_named(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(ConfigError, match=r"digestmail\[semantic\]"):
        loaded(place).texts(["a"])


def test_formulas_and_accents_are_read_as_people_read_them() -> None:
    assert embedded_text(paper(r"Schr\"odinger $x^2$", "An <i>ocean</i>.")).startswith(
        "Schrödinger"
    )


# --- the packaged model ----------------------------------------------------------------------


@pytest.fixture(scope="module")
def packaged() -> Embedder:
    """The model of the extra ``semantic``."""
    embedder = embedder_of("auto")
    if embedder is None:
        pytest.skip("the extra digestmail[semantic] is not installed")
    return embedder


def test_the_packaged_model_knows_what_words_mean(packaged: Embedder) -> None:
    heart, cardiac, stars = packaged.texts(["heart attack", "myocardial infarction", "galaxies"])
    assert packaged.size == 384
    assert heart @ cardiac > 0.5 > 0.3 > heart @ stars


def test_the_packaged_model_finds_a_sentence_without_its_words(packaged: Embedder) -> None:
    papers = [
        paper("Myocardial infarction in young adults", "Coronary artery disease is reviewed."),
        *(paper(f"{word} of {thing}") for word in ("Growth", "Colour", "Weight", "Sound")
          for thing in ("galaxies", "glaciers", "markets", "tides", "lasers")),
    ]  # fmt: skip
    (scores,) = Model(papers, embedder=packaged).score([interest(interests="heart attacks")])
    assert scores[0].paper == 0
    assert scores[0].reasons[0].words == "close in meaning to “heart attacks”"
