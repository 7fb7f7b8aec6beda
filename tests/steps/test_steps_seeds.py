"""Seed papers that nobody has are asked for once, and are no news to anybody."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from steps_world import DAY, GRAPHS, NOW, arrive, join, paper

from digestmail.domain import Paper
from digestmail.steps.seeds import fetch_seeds
from digestmail.store import Store


class _Arxiv:
    """Knows one paper."""

    def __init__(self) -> None:
        self.asked: list[list[str]] = []

    def __call__(self, ids: Sequence[str]) -> Mapping[str, Paper]:
        self.asked.append(list(ids))
        known = paper(7, published_at=NOW - 400 * DAY)
        return {"2611.00007": known} if "2611.00007" in ids else {}


def test_missing_seeds_are_asked_for_once_a_week(store: Store) -> None:
    arrive(store, 1)
    seeds = (paper(1).key, paper(7).key, "arxiv:2611.99999", "doi:10.1/x")
    join(store, profiles=(replace(GRAPHS, seed_papers=seeds), replace(GRAPHS, name="None")))
    arxiv = _Arxiv()
    assert fetch_seeds(store, arxiv, NOW) == 1
    assert fetch_seeds(store, arxiv, NOW + DAY) == 0
    assert arxiv.asked == [["2611.00007", "2611.99999"]]
    assert fetch_seeds(store, arxiv, NOW + 8 * DAY) == 0
    assert arxiv.asked[1:] == [["2611.99999"]]


def test_a_seed_is_known_but_no_news(store: Store) -> None:
    join(store, profiles=(replace(GRAPHS, seed_papers=(paper(7).key,)),))
    fetch_seeds(store, _Arxiv(), NOW)
    assert paper(7).key in store.papers.by_keys([paper(7).key])
    assert store.papers.seen_after(NOW - 30 * DAY) == []
