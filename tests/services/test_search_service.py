"""Searching the stored papers, and following what comes."""

import threading
from collections.abc import Iterator
from typing import Any

import pytest
from patience import LONG, until
from steps_world import DAY, NOW, arrive

from digestmail.domain import Paper
from digestmail.errors import StoreError
from digestmail.relevance.features.terms import KIND
from digestmail.services.search import SearchPatience, SearchRequest, SearchService
from digestmail.store import Store


class Seconds:
    """A monotonic clock that is moved by hand."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def seconds() -> Seconds:
    return Seconds()


def opened(store: Store, seconds: Seconds | None = None, **patience: float) -> SearchService:
    chosen = SearchPatience(**patience)  # type: ignore[arg-type]
    return SearchService(store, monotonic=seconds or Seconds(), patience=chosen)


@pytest.fixture
def service(store: Store, seconds: Seconds) -> Iterator[SearchService]:
    """A search of a store with two papers; who asks waits until there is an index."""
    arrive(store, 1, title="Melting ice", abstract="Ice melts.", authors=("Jane Q. Doe",))
    arrive(store, 2, title="Sand dunes wander", abstract="Melting is not meant.")
    service = opened(store, seconds, first_index=LONG)
    yield service
    service.stop()


@pytest.fixture
def unready(store: Store, service: SearchService, monkeypatch: pytest.MonkeyPatch) -> SearchService:
    """The same before it has an index."""
    service = opened(store, first_index=0.0)
    monkeypatch.setattr(service, "start", lambda: None)
    return service


def found(service: SearchService, text: str = "", *, first: int = 0, **more: object) -> list[str]:
    """The papers that have all of a text."""
    request = SearchRequest(text=text, **more)  # type: ignore[arg-type]
    results = service.search(request, first, 10)
    return [paper.key[-1] for paper in results.papers[: max(results.exact - first, 0)]]


def wait_for(service: SearchService, papers: int) -> None:
    """Until the index that is made in the background has so many papers."""
    until(lambda: service.state[1] == papers)


def test_the_first_search_has_the_index_made(service: SearchService) -> None:
    assert service.state == (0, 0, 0)
    assert found(service, "melting ice") == ["1"]
    assert service.state[1] == 2
    assert service.bytes > 0


def test_terms_are_kept_for_the_next_time(store: Store, service: SearchService) -> None:
    assert service.follow() == 2
    ids = [paper.stored_id for paper in store.catalogue.after(0, 9)]
    assert store.papers.features(KIND, ids).keys() == set(ids)
    assert SearchService(store).follow() == 2


def test_new_papers_are_found_within_seconds(
    store: Store, service: SearchService, seconds: Seconds
) -> None:
    assert found(service, "salt") == []
    arrive(store, 3, title="Salt lakes")
    seconds.now += 5
    found(service, "salt")  # starts what follows in the background
    wait_for(service, 3)
    assert found(service, "salt") == ["3"]


def test_all_is_read_anew_after_a_day(
    store: Store, service: SearchService, seconds: Seconds
) -> None:
    service.follow()
    arrive(store, 1, title="Frozen ponds", version=2)
    assert (service.follow(), found(service, "frozen ponds")) == (2, [])
    seconds.now += 25 * 3600
    assert (service.follow(), found(service, "frozen ponds")) == (2, ["1"])


def test_following_twice_at_once_adds_nothing_twice(service: SearchService) -> None:
    threads = [threading.Thread(target=service.follow) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert service.follow() == 2


def test_until_there_is_an_index_letters_are_looked_for(unready: SearchService) -> None:
    assert found(unready, "melting") == ["2", "1"]
    assert found(unready, '"ice melts"') == ["1"]
    assert unready.categories == {}


@pytest.mark.parametrize(
    ("text", "options"),
    [
        ("melting", {"category": "cs"}),
        ("melting", {"strict": True}),
        ("melting", {"since": NOW - DAY}),
        ("melting -ice", {}),
    ],
)
def test_until_there_is_an_index_nothing_wrong_is_found(
    unready: SearchService, text: str, options: dict[str, Any]
) -> None:
    with pytest.raises(StoreError, match="try again in a moment"):
        found(unready, text, **options)


def test_a_failure_is_logged_and_tried_again(
    store: Store, service: SearchService, seconds: Seconds, monkeypatch: pytest.MonkeyPatch
) -> None:
    service = opened(store, seconds, first_index=0.2)
    with monkeypatch.context() as broken:
        broken.setattr(store.catalogue, "after", _fails)
        assert found(service, "ice") == ["1"]  # by its letters
        service.stop()
    seconds.now += 5
    found(service, "ice")
    wait_for(service, 2)
    service.stop()


def _fails(_: int, __: int) -> list[Paper]:
    raise StoreError("the disk is on fire")


def test_phrases_are_checked_to_the_letter(service: SearchService) -> None:
    assert found(service, '"ice melts"') == ["1"]
    assert found(service, '"ice melt"') == []
    assert found(service, '"sand dunes" wander') == ["2"]


def test_only_exact_phrases_are_counted(store: Store, service: SearchService) -> None:
    arrive(store, 3, title="Ice melt in sand")
    results = service.search(SearchRequest(text='"ice melts" -sand'), 0, 10)
    assert (results.total, results.exact, len(results.papers)) == (1, 1, 1)
    results = service.search(SearchRequest(text='melt -"ice melts"'), 0, 10)
    assert (results.exact, results.papers[0].key[-1]) == (1, "3")


def test_phrases_are_counted_as_far_as_texts_were_read(
    store: Store, service: SearchService
) -> None:
    service = opened(store, batch=5, first_index=LONG)
    arrive(store, *range(10, 40), title="Ice melts slowly")
    exact = service.search(SearchRequest(text='"ice melts"'), 0, 100)
    assert (exact.total, exact.about, len(exact.papers)) == (31, False, 31)
    first = service.search(SearchRequest(text='"ice melts"'), 0, 5)
    assert (first.about, len(first.papers)) == (True, 5)


def test_a_name_is_known_for_one(service: SearchService) -> None:
    assert service.search(SearchRequest(text="J. Doe"), 0, 5).person
    assert service.search(SearchRequest(text='"Jane Doe"'), 0, 5).person
    assert not service.search(SearchRequest(text="melting ice"), 0, 5).person


def test_papers_are_found_by_their_names(service: SearchService) -> None:
    named = service.named("https://arxiv.org/abs/2611.00001v3")
    assert named is not None
    assert named.title == "Melting ice"
    assert service.named("10.1000/none") is None
    assert service.named("melting ice") is None


def test_a_search_is_read_in_parts_and_filtered(store: Store, service: SearchService) -> None:
    arrive(store, 3, title="Ice age", at=NOW - 9 * DAY, categories=("cs.LG",))
    assert found(service, "ice", newest=True) == ["1", "3"]
    assert found(service, "ice", newest=True, first=1) == ["3"]
    assert found(service, "ice", since=NOW - DAY) == ["1"]
    assert found(service, category="cs") == ["3"]
    assert service.categories == {"cs.LG": 1}


def test_words_that_tell_nothing_find_nothing(service: SearchService) -> None:
    assert found(service, "the of and") == []
    assert service.search(SearchRequest(text="?"), 0, 5).total == 0


def test_similar_papers(store: Store, service: SearchService) -> None:
    (other,) = arrive(store, 5, title="Ice that melts", abstract="Melting of ice.")
    assert [paper.key[-1] for paper in service.similar(other, 3)][:1] == ["1"]
    assert other.key not in [paper.key for paper in service.similar(other, 3)]
