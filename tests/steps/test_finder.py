"""Searching the stored papers, and following what comes."""

import threading
from collections.abc import Iterator
from typing import Any

import pytest
from patience import LONG, until
from steps_world import DAY, NOW, IdleFinder, arrive

from digestmail.domain import Paper
from digestmail.errors import StoreError
from digestmail.relevance.features.terms import KIND
from digestmail.steps.finder import Asked, Finder, FinderParameters
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


@pytest.fixture
def finder(store: Store, seconds: Seconds) -> Iterator[Finder]:
    """A finder of a store with two papers, in which a search waits until there is an index."""
    arrive(store, 1, title="Melting ice", abstract="Ice melts.", authors=("Jane Q. Doe",))
    arrive(store, 2, title="Sand dunes wander", abstract="Melting is not meant.")
    opened = Finder(store, seconds, FinderParameters(patience=LONG))
    yield opened
    opened.stop()


@pytest.fixture
def idle(store: Store, finder: Finder) -> Finder:
    """An idle finder of the same store."""
    return IdleFinder(store, parameters=FinderParameters(patience=0))


def found(finder: Finder, text: str = "", *, first: int = 0, **more: object) -> list[str]:
    asked = Asked(text=text, **more)  # type: ignore[arg-type]
    return [paper.key[-1] for paper in finder.search(asked, first, 10).papers]


def wait_for(finder: Finder, papers: int) -> None:
    """Until the index that is made in the background has so many papers."""
    until(lambda: finder.state[1] == papers)


def test_the_first_search_has_the_index_made(finder: Finder) -> None:
    assert finder.state == (0, 0)
    assert found(finder, "melting ice") == ["1"]
    assert finder.state[1] == 2
    assert finder.bytes > 0


def test_terms_are_kept_for_the_next_time(store: Store, finder: Finder) -> None:
    assert finder.follow() == 2
    ids = [paper.id or 0 for paper in store.catalogue.after(0, 9)]
    assert store.papers.features(KIND, ids).keys() == set(ids)
    assert Finder(store).follow() == 2


def test_new_papers_are_found_within_seconds(
    store: Store, finder: Finder, seconds: Seconds
) -> None:
    assert found(finder, "salt") == []
    arrive(store, 3, title="Salt lakes")
    seconds.now += 5
    found(finder, "salt")  # starts what follows in the background
    wait_for(finder, 3)
    assert found(finder, "salt") == ["3"]


def test_all_is_read_anew_after_a_day(store: Store, finder: Finder, seconds: Seconds) -> None:
    finder.follow()
    arrive(store, 1, title="Frozen ponds", version=2)
    assert (finder.follow(), found(finder, "frozen ponds")) == (2, [])
    seconds.now += 25 * 3600
    assert (finder.follow(), found(finder, "frozen ponds")) == (2, ["1"])


def test_following_twice_at_once_adds_nothing_twice(finder: Finder) -> None:
    threads = [threading.Thread(target=finder.follow) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert finder.follow() == 2


def test_until_there_is_an_index_letters_are_looked_for(idle: Finder) -> None:
    assert found(idle, "melting") == ["2", "1"]
    assert found(idle, '"ice melts"') == ["1"]
    assert idle.categories == {}


@pytest.mark.parametrize("asked", [{"category": "cs"}, {"strict": True}, {"since": NOW - DAY}])
def test_until_there_is_an_index_nothing_wrong_is_found(
    idle: Finder, asked: dict[str, Any]
) -> None:
    with pytest.raises(StoreError, match="try again in a moment"):
        found(idle, "melting", **asked)


def test_a_failure_is_logged_and_tried_again(
    store: Store, finder: Finder, seconds: Seconds, monkeypatch: pytest.MonkeyPatch
) -> None:
    finder = Finder(store, seconds, FinderParameters(patience=0.2))
    with monkeypatch.context() as broken:
        broken.setattr(store.catalogue, "after", _fails)
        assert found(finder, "ice") == ["1"]  # by its letters
    seconds.now += 5
    found(finder, "ice")
    wait_for(finder, 2)


def _fails(_: int, __: int) -> list[Paper]:
    raise StoreError("the disk is on fire")


def test_phrases_are_checked_to_the_letter(finder: Finder) -> None:
    assert found(finder, '"ice melts"') == ["1"]
    assert found(finder, '"ice melt"') == []
    assert found(finder, '"sand dunes" wander') == ["2"]


def test_phrases_are_counted_as_far_as_texts_were_read(store: Store, finder: Finder) -> None:
    finder = Finder(store, parameters=FinderParameters(patience=LONG, read_at_once=5))
    arrive(store, *range(10, 40), title="Ice melts slowly")
    exact = finder.search(Asked(text='"ice melts"'), 0, 100)
    assert (exact.total, exact.about, len(exact.papers)) == (31, False, 31)
    first = finder.search(Asked(text='"ice melts"'), 0, 5)
    assert (first.about, len(first.papers)) == (True, 5)


def test_a_name_is_known_for_one(finder: Finder) -> None:
    assert finder.search(Asked(text="J. Doe"), 0, 5).person
    assert finder.search(Asked(text='"Jane Doe"'), 0, 5).person
    assert not finder.search(Asked(text="melting ice"), 0, 5).person


def test_papers_are_found_by_their_names(finder: Finder) -> None:
    named = finder.named("https://arxiv.org/abs/2611.00001v3")
    assert named is not None
    assert named.title == "Melting ice"
    assert finder.named("10.1000/none") is None
    assert finder.named("melting ice") is None


def test_a_search_is_read_in_parts_and_filtered(store: Store, finder: Finder) -> None:
    arrive(store, 3, title="Ice age", at=NOW - 9 * DAY, categories=("cs.LG",))
    assert found(finder, "ice", newest=True) == ["1", "3"]
    assert found(finder, "ice", newest=True, first=1) == ["3"]
    assert found(finder, "ice", since=NOW - DAY) == ["1"]
    assert found(finder, category="cs") == ["3"]
    assert finder.categories == {"cs.LG": 1}


def test_words_that_tell_nothing_find_nothing(finder: Finder) -> None:
    assert found(finder, "the of and") == []
    assert finder.search(Asked(text="?"), 0, 5).total == 0


def test_similar_papers(store: Store, finder: Finder) -> None:
    (other,) = arrive(store, 5, title="Ice that melts", abstract="Melting of ice.")
    assert [paper.key[-1] for paper in finder.near(other, 3)][:1] == ["1"]
    assert other.key not in [paper.key for paper in finder.near(other, 3)]
