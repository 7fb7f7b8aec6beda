"""Searching by meaning: papers are embedded once, in the background, by one process."""

from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from needs import needs
from steps_world import arrive

from digestmail.errors import ConfigError
from digestmail.relevance import Embedder, embedder_of
from digestmail.steps.search_service import SearchRequest, SearchService
from digestmail.steps.search_vectors import SearchVectors
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


def follow_to_the_end(service: SearchService) -> None:
    """Do all that is done in the background."""
    service.start()
    service.finish()


def keys(service: SearchService, text: str) -> list[str]:
    results = service.search(SearchRequest(text=text), 0, 10)
    return [paper.key[-1] for paper in results.papers]


def test_a_sentence_finds_papers_of_other_words(service: SearchService) -> None:
    assert keys(service, "melting of the cryosphere") == []
    follow_to_the_end(service)
    assert keys(service, "melting of the cryosphere")[:1] == ["1"]
    assert keys(service, "language models")[:1] == ["2"]


def test_what_searches_find_changes_with_the_embeddings(service: SearchService) -> None:
    before = service.state
    follow_to_the_end(service)
    assert service.state != before


def test_each_paper_is_embedded_once(store: Store, tmp_path: Path, service: SearchService) -> None:
    follow_to_the_end(service)
    service.stop()
    again = SearchVectors(store, embedder, tmp_path / "other")
    again.read(store.catalogue.after(0, 10))
    assert not again.embed_some()
    assert again.similarity("glaciers") is not None


def test_another_process_reads_what_one_has_embedded(
    store: Store, tmp_path: Path, service: SearchService
) -> None:
    other = SearchService(store, SearchVectors(store, embedder, tmp_path))
    other.follow()
    follow_to_the_end(service)
    assert keys(other, "melting of the cryosphere")[:1] == ["1"]
    assert other.state[2] == 0
    other.stop()


def test_changed_papers_are_embedded_again(store: Store, service: SearchService) -> None:
    follow_to_the_end(service)
    arrive(store, 2, title="Yeast ferments sugar", abstract="Bakers and brewers.", version=2)
    again = SearchService(store, service.vectors)
    follow_to_the_end(again)
    assert keys(again, "beer")[:1] == ["2"]


def test_without_a_model_words_are_enough(store: Store, tmp_path: Path) -> None:
    arrive(store, 1, title="Glaciers retreat")
    service = SearchService(store, SearchVectors(store, lambda: None, tmp_path))
    follow_to_the_end(service)
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
