"""Reading lists."""

from datetime import UTC, datetime, timedelta

from digestmail.domain import Paper, Subscriber
from digestmail.store import Store

NOW = datetime(2026, 11, 20, 7, tzinfo=UTC)


def reader(store: Store, papers: int) -> tuple[int, list[int]]:
    added = store.subscribers.add(Subscriber(email="ada@example.org"), NOW)
    store.papers.add(
        [Paper(key=f"arxiv:2511.0000{n}", title=f"Title {n}") for n in range(papers)], NOW
    )
    kept = store.papers.by_keys([f"arxiv:2511.0000{n}" for n in range(papers)])
    return added.stored_id, [kept[key].stored_id for key in sorted(kept)]


def test_the_last_saved_comes_first(store: Store) -> None:
    ada, (first, second) = reader(store, 2)
    store.saved.add(ada, first, NOW)
    store.saved.add(ada, second, NOW + timedelta(hours=1))
    assert [kept.paper.title for kept in store.saved.of(ada)] == ["Title 1", "Title 0"]
    assert [kept.paper.id for kept in store.saved.of(ada, limit=1)] == [second]


def test_saving_twice_keeps_the_first_moment(store: Store) -> None:
    ada, (paper,) = reader(store, 1)
    store.saved.add(ada, paper, NOW)
    store.saved.add(ada, paper, NOW + timedelta(hours=1))
    assert [kept.saved_at for kept in store.saved.of(ada)] == [NOW]


def test_a_paper_is_taken_off(store: Store) -> None:
    ada, (paper,) = reader(store, 1)
    store.saved.add(ada, paper, NOW)
    store.saved.remove(ada, paper)
    store.saved.remove(ada, paper)
    assert store.saved.of(ada) == []
    assert store.saved.count(ada) == 0


def test_a_reading_list_goes_with_its_subscriber(store: Store) -> None:
    ada, (paper,) = reader(store, 1)
    store.saved.add(ada, paper, NOW)
    assert store.saved.count(ada) == 1
    store.subscribers.remove(ada)
    assert store.saved.count(ada) == 0
