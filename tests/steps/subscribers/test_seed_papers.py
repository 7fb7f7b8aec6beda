"""Seed papers that nobody has are asked for once, and are no news to anybody."""

import base64
import json
import time
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import replace

import pytest
from steps_world import DAY, GRAPHS, NOW, arrive, join, paper

from digestmail.domain import FIELDS, Paper, Subscriber, SubscriberStatus
from digestmail.errors import InputError
from digestmail.steps.daily.plan import ReadingHistory, Window, interest_of
from digestmail.steps.subscribers.seed_papers import (
    Seeds,
    examples,
    fetch_seeds,
    keep_uploads,
    lines_of,
    own_uploads,
    packed,
    read_seeds,
    unpacked,
)
from digestmail.steps.subscribers.uploaded_library import with_file
from digestmail.store import Store
from digestmail.store.pending_texts import MAX_WAITING
from digestmail.store.uploads import own_key
from digestmail.text import readable

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
    with pytest.raises(InputError, match="don’t know the paper “Some unknown title”"):
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


def uploader(store: Store, *papers: Paper, email: str = "ada@example.net") -> Subscriber:
    """A reader whose profile names papers that their file tells of."""
    wish = replace(GRAPHS, seed_papers=tuple(one.key for one in papers))
    reader = join(store, email, profiles=(wish,), confirmed_at=NOW)
    keep_uploads(store, reader.stored_id, papers, NOW)
    return reader


def test_an_upload_is_known_but_no_news_and_no_word_on_others(store: Store) -> None:
    arrive(store, 1, title="Graph networks of the north")
    lie = replace(paper(1), title="Buy now", version=9, doi="10.1000/other")
    ada = uploader(store, MINE, lie)
    assert [p.title for p in store.papers.seen_after(NOW - DAY)] == ["Graph networks of the north"]
    titles = [one.title for one in examples(store, [ada]).values()]
    assert sorted(titles) == ["Graph networks of the north", "On my own work"]


def test_a_source_takes_the_place_of_an_upload_and_is_news(store: Store) -> None:
    ada = uploader(store, replace(paper(1), title="Buy now", abstract="Spam."))
    arrive(store, 1)
    (news,) = store.papers.seen_after(NOW - DAY)
    assert (news.title, news.abstract, news.source) == (paper(1).title, "", "test")
    assert list(examples(store, [ada]).values()) == [news]


def test_arxiv_takes_the_place_of_an_upload(store: Store) -> None:
    uploader(store, replace(paper(7), title="Buy now"))
    assert fetch_seeds(store, _Arxiv(), NOW) == 1
    assert store.papers.by_keys([paper(7).key])[paper(7).key].title == paper(7).title
    assert fetch_seeds(store, _Arxiv(), NOW) == 0


def test_few_uploads_wait_and_the_oldest_goes(store: Store) -> None:
    for number in range(MAX_WAITING + 2):
        store.pending_uploads.keep(number, f"text {number}", NOW + number * DAY)
    assert [store.pending_uploads.take(number) for number in (0, 1, 2)] == ["", "", "text 2"]
    assert store.pending_uploads.take(2) == ""
    store.pending_uploads.forget(NOW + (MAX_WAITING + 1) * DAY)
    assert [store.pending_uploads.take(number) for number in (MAX_WAITING, MAX_WAITING + 1)] == [
        "",
        f"text {MAX_WAITING + 1}",
    ]


def test_nobody_else_reads_an_upload(store: Store) -> None:
    uploader(store, MINE)
    assert store.catalogue.after(0, 10) == []
    assert store.catalogue.newest() == 0
    assert store.catalogue.holding(["work"], 10) == []
    assert store.papers.by_titles([MINE.title]) == {}
    assert store.papers.by_keys([MINE.key]) == {}
    assert store.papers.before(NOW, 10) == []


def test_each_reader_learns_from_their_own_upload(store: Store) -> None:
    work = Paper(key="doi:10.1000/x", title="On ice", abstract="Ada's.")
    ada = uploader(store, work)
    eve = uploader(store, replace(work, abstract="Spam."), email="eve@example.net")
    bob = join(store, "bob@example.net", profiles=ada.profiles)
    known = ReadingHistory({}, {}, {}, examples(store, [ada, eve, bob]))
    window = Window((), NOW - DAY, NOW)
    learnt = [interest_of(s, s.profiles[0], window, {}, known).seeds for s in (ada, eve, bob)]
    assert [[one.abstract for one in seeds] for seeds in learnt] == [["Ada's."], ["Spam."], []]
    assert len({one.key for seeds in learnt for one in seeds}) == 2  # models know papers by keys


def test_a_visitor_is_told_nothing_of_an_upload(store: Store) -> None:
    work = Paper(key="doi:10.1000/x", title="On ice", abstract="Secret.")
    ada = uploader(store, work)
    own = own_key(ada.stored_id, work.key)
    assert read_seeds(store, "10.1000/x") == Seeds((work.key,))
    for name in (own, work.title):
        with pytest.raises(InputError):
            read_seeds(store, name)
    mine = read_seeds(store, "10.1000/x", list(own_uploads(store, ada).values()))
    assert [(one.key, one.abstract) for one in mine.papers] == [(work.key, "Secret.")]


def test_the_last_word_of_a_reader_on_a_paper_counts(store: Store) -> None:
    ada = uploader(store, MINE)
    keep_uploads(store, ada.stored_id, [replace(MINE, abstract="Better.")], NOW)
    assert [one.abstract for one in store.uploads.of(ada.stored_id)] == ["Better."]


def test_what_no_profile_names_any_more_is_erased(store: Store) -> None:
    ada, eve = uploader(store, MINE), uploader(store, MINE, email="eve@example.net")
    store.subscribers.save_profile(replace(ada.profiles[0], seed_papers=()))
    keep_uploads(store, ada.stored_id, (), NOW)
    assert store.uploads.of(ada.stored_id) == []
    assert [one.key for one in store.uploads.of(eve.stored_id)] == [MINE.key]


@pytest.mark.parametrize("typed", ["Über das EIS", "ÜBER das Eis", "Über das Eis\nÜBER DAS EIS"])
def test_titles_are_found_whatever_their_case(store: Store, typed: str) -> None:
    (known,) = arrive(store, 1, title="Über das Eis")
    assert read_seeds(store, typed).keys == (known.key,)


def test_what_is_made_up_of_many_formulas_is_cut_to_what_an_upload_keeps() -> None:
    made_up = [{"title": f"On rivers {n}", "abstract": "$a" * 2_000} for n in range(500)]
    packed_up = zlib.compress(json.dumps(made_up).encode(), 9)
    start = time.process_time()
    papers = unpacked(base64.b64encode(packed_up).decode())
    assert {len(paper.abstract) for paper in papers} == {1_200}
    assert len({readable(paper.abstract) for paper in papers}) == 1
    assert time.process_time() - start < 1


def test_the_examples_of_a_profile_are_carried_in_any_script() -> None:
    many = [
        Paper(key=f"library:{n}", title=f"河流与三角洲的沉积 {n}", abstract="河流与三角洲" * 200)
        for n in range(FIELDS["seed_papers"].maximum)
    ]
    assert [paper.title for paper in unpacked(packed(many))] == [paper.title for paper in many]
