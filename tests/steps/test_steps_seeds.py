"""Seed papers that nobody has are asked for once, and are no news to anybody."""

import base64
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import replace

import pytest
from steps_world import DAY, GRAPHS, NOW, arrive, join, paper

from digestmail.domain import Paper, SubscriberStatus
from digestmail.errors import InputError
from digestmail.steps.library import with_file
from digestmail.steps.seeds import (
    fetch_seeds,
    keep_uploads,
    lines_of,
    packed,
    read_seeds,
    unpacked,
)
from digestmail.store import Store
from digestmail.store.uploads import MOST

MINE = Paper(key="library:abc", title="On my own work", abstract="Mine.", authors=("Jane Doe",))


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


def test_seeds_of_who_has_not_confirmed_are_not_asked_for(store: Store) -> None:
    wish = (replace(GRAPHS, seed_papers=(paper(7).key,)),)
    join(store, profiles=wish, status=SubscriberStatus.PENDING)
    assert fetch_seeds(store, _Arxiv(), NOW) == 0


# --- lists and files -------------------------------------------------------------------------


def test_a_list_names_papers_in_many_ways(store: Store) -> None:
    (known,) = arrive(store, 1)
    text = f"https://arxiv.org/abs/2611.00001v2, doi:10.1000/X\n{known.title.upper()}\n"
    seeds = read_seeds(store, f"{text}On my OWN works\n", [MINE])
    assert seeds.keys == (known.key, "doi:10.1000/x", MINE.key)
    assert [one.key for one in seeds.papers] == [known.key, MINE.key]
    assert seeds.uploads == (MINE,)


def test_what_nobody_knows_is_named(store: Store) -> None:
    with pytest.raises(InputError, match="“Some unknown title” is not a paper"):
        read_seeds(store, "2611.00001\nSome unknown title")


def test_papers_of_a_file_are_known_by_their_other_names(store: Store) -> None:
    arrive(store, 1, doi="10.1000/j", title="Graph networks of the north", authors=("Jane Doe",))
    own = Paper(key="doi:10.1000/j", title="x", doi="10.1000/j")
    twin = Paper(key="library:1", title="Graph Network of the North.", authors=("J. Doe",))
    seeds = read_seeds(store, "\n".join(lines_of([own, twin])), [own, twin])
    assert seeds.keys == (paper(1).key,)
    assert seeds.uploads == ()


def test_a_file_becomes_lines_that_name_the_same_papers(store: Store) -> None:
    bibtex = b"@misc{a,title={One title}}@misc{b,eprint={2301.00001},title={Two}}"
    filled = with_file({"seed_papers": "10.1000/x "}, bibtex, "x.bib")
    assert filled.texts["seed_papers"] == "10.1000/x\nOne title\narXiv:2301.00001"
    seeds = read_seeds(store, filled.texts["seed_papers"], filled.papers)
    assert len(seeds.keys) == 3
    assert [one.title for one in seeds.uploads] == ["One title", "Two"]


def test_a_large_file_fills_what_room_there_is() -> None:
    lines = "".join(f"2301.{n:05}\n" for n in range(600)).encode()
    filled = with_file({"seed_papers": "10.1000/x"}, lines, "")
    assert (len(filled.papers), filled.unused) == (499, 101)


# --- what is carried and kept ----------------------------------------------------------------


def test_papers_survive_packing() -> None:
    (back,) = unpacked(packed([replace(MINE, source="library")]))
    assert back == replace(MINE, source="library")


def test_hostile_packages_are_nothing() -> None:
    bomb = base64.b64encode(zlib.compress(b"[" * 50_000_000)).decode()
    numbers = base64.b64encode(zlib.compress(b"[1, {}, null]")).decode()
    assert [unpacked(text) for text in ("", "x", "é", "eJw=", bomb, numbers)] == [()] * 6


def test_an_upload_is_known_but_no_news_and_no_word_on_others(store: Store) -> None:
    arrive(store, 1, title="Graph networks of the north")
    lie = replace(paper(1), title="Buy now", version=9, doi="10.1000/other")
    assert keep_uploads(store, [MINE, lie]) == 1
    assert [p.title for p in store.papers.seen_after(NOW - DAY)] == ["Graph networks of the north"]
    assert store.papers.by_keys([MINE.key, "doi:10.1000/other"]).keys() == {MINE.key}


def test_a_source_takes_the_place_of_an_upload_and_is_news(store: Store) -> None:
    keep_uploads(store, [replace(paper(1), title="Buy now", abstract="Spam.")])
    arrive(store, 1)
    (news,) = store.papers.seen_after(NOW - DAY)
    assert (news.title, news.abstract, news.source) == (paper(1).title, "", "test")


def test_arxiv_takes_the_place_of_an_upload(store: Store) -> None:
    keep_uploads(store, [replace(paper(7), title="Buy now")])
    join(store, profiles=(replace(GRAPHS, seed_papers=(paper(7).key,)),))
    assert fetch_seeds(store, _Arxiv(), NOW) == 1
    assert store.papers.by_keys([paper(7).key])[paper(7).key].title == paper(7).title
    assert fetch_seeds(store, _Arxiv(), NOW) == 0


def test_few_uploads_wait_and_the_oldest_goes(store: Store) -> None:
    for number in range(MOST + 2):
        store.uploads.keep(number, f"text {number}", NOW + number * DAY)
    assert [store.uploads.take(number) for number in (0, 1, 2)] == ["", "", "text 2"]
    assert store.uploads.take(2) == ""
    store.uploads.forget(NOW + (MOST + 1) * DAY)
    assert [store.uploads.take(number) for number in (MOST, MOST + 1)] == [
        "",
        f"text {MOST + 1}",
    ]


def test_nobody_else_reads_an_upload(store: Store) -> None:
    keep_uploads(store, [MINE])
    assert store.catalogue.after(0, 10) == []
    assert store.catalogue.newest() == 0
    assert store.catalogue.holding(["work"], 10) == []
    assert store.papers.by_titles([MINE.title.lower()]) == {}
