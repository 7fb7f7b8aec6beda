"""Searching by meaning: papers are embedded once, in the background, by one process."""

import threading
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from needs import needs
from steps_world import NOW, arrive

from digestmail.errors import ConfigError
from digestmail.relevance import Embedder, embedder_of
from digestmail.services.search import SearchRequest, SearchService
from digestmail.services.search_vectors import SearchVectors
from digestmail.steps.daily.embed import PaperEmbeddings
from digestmail.store import Store


@cache
def embedder() -> Embedder | None:
    return embedder_of("auto")


@pytest.fixture
def service(store: Store, tmp_path: Path) -> Iterator[SearchService]:
    """A search by meaning of a store with two papers."""
    needs(embedder(), "the extra semantic is not installed")
    arrive(store, 1, title="Glaciers retreat", abstract="We measure the loss of ice with lasers.")
    arrive(store, 2, title="Sparse attention", abstract="A transformer reads long documents.")
    service = SearchService(store, SearchVectors(store, embedder, tmp_path))
    service.follow()
    yield service
    service.stop()


def embed(store: Store) -> None:
    """Embed what is not embedded yet, as it is done beside the search."""
    meaning = PaperEmbeddings(store, "auto", lambda: NOW, threading.Event())
    meaning.embed(meaning.lacking())


def keys(service: SearchService, text: str) -> list[str]:
    results = service.search(SearchRequest(text=text), 0, 10)
    return [paper.key[-1] for paper in results.papers]


def test_a_sentence_finds_papers_of_other_words(store: Store, service: SearchService) -> None:
    assert keys(service, "melting of the cryosphere") == []
    embed(store)
    service.follow()
    assert keys(service, "melting of the cryosphere")[:1] == ["1"]
    assert keys(service, "language models")[:1] == ["2"]


def test_similar_papers_are_near_in_meaning(store: Store, service: SearchService) -> None:
    arrive(store, 3, title="Alpine ice shrinks", abstract="Snow masses vanish in warm summers.")
    embed(store)
    service.follow()
    (glaciers,) = store.papers.by_keys(["arxiv:2611.00001"]).values()
    assert [paper.key[-1] for paper in service.similar(glaciers, 5)] == ["3"]


def test_papers_embedded_since_are_found_in_a_while(store: Store, tmp_path: Path) -> None:
    needs(embedder(), "the extra semantic is not installed")
    seconds = iter(range(0, 10_000, 100))  # each look at the clock finds it further on
    vectors = SearchVectors(store, embedder, tmp_path)
    service = SearchService(store, vectors, monotonic=lambda: next(seconds))
    arrive(store, 1, title="Glaciers retreat", abstract="We measure the loss of ice with lasers.")
    service.follow()
    embed(store)
    keys(service, "melting of the cryosphere")
    service.finish()
    assert keys(service, "melting of the cryosphere") == ["1"]
    service.stop()


def test_what_searches_find_changes_with_the_embeddings(
    store: Store, service: SearchService
) -> None:
    before = service.state
    embed(store)
    service.follow()
    assert service.state != before


def test_another_process_reads_what_one_has_written(
    store: Store, tmp_path: Path, service: SearchService
) -> None:
    other = SearchService(store, SearchVectors(store, embedder, tmp_path))
    other.follow()
    embed(store)
    service.follow()
    assert keys(other, "melting of the cryosphere")[:1] == ["1"]
    assert other.state[2] == 0
    other.stop()


def test_changed_papers_are_not_found_by_what_they_were(
    store: Store, tmp_path: Path, service: SearchService
) -> None:
    embed(store)
    service.follow()
    service.stop()
    arrive(store, 2, title="Yeast ferments sugar", abstract="Bakers and brewers.", version=2)
    again = SearchService(store, SearchVectors(store, embedder, tmp_path))
    again.follow()
    assert keys(again, "language models") == []
    assert keys(again, "yeast") == ["2"]
    again.stop()


def test_without_a_model_words_are_enough(store: Store, tmp_path: Path) -> None:
    arrive(store, 1, title="Glaciers retreat")
    service = SearchService(store, SearchVectors(store, lambda: None, tmp_path))
    service.follow()
    assert keys(service, "the retreat of ice") == ["1"]
    assert list(tmp_path.glob("*.bin")) == []


def test_a_model_that_cannot_be_read_is_told_once(
    store: Store, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    def fails() -> Embedder | None:
        raise ConfigError("semantic.model: nothing there")

    arrive(store, 1, title="Glaciers retreat")
    service = SearchService(store, SearchVectors(store, fails, tmp_path))
    service.follow()
    service.follow()
    assert keys(service, "glacier") == ["1"]
    assert caplog.text.count("semantic.model: nothing there") == 1
