"""One work is one paper, under whatever name, source or spelling it comes."""

from dataclasses import replace

import pytest
from steps_world import DAY, HOUR, NOW, at_once

from digestmail.domain import Paper
from digestmail.store import Added, Store
from digestmail.store.paper_identity import names_of

PREPRINT = Paper(
    key="arxiv:2611.00001",
    title="Étale covers of $\\alpha$-graphs and their limits",
    authors=("Jane Q. Doe", "Li Wei"),
    source="arxiv",
)
JOURNAL = Paper(
    key="doi:10.5555/x.1",
    title="Etale Covers of α-Graphs, and Their Limits",
    authors=("J. Doe",),
    doi="10.5555/X.1",
    source="journal",
)


@pytest.mark.parametrize(
    "again",
    [
        replace(PREPRINT, version=2),
        replace(JOURNAL, title="Another title altogether, really", aliases=("arxiv:2611.00001",)),
        JOURNAL,
        replace(JOURNAL, key="pmid:7", doi="", authors=("Doe, Jane",)),
    ],
    ids=["version", "alias", "title", "title of another key"],
)
def test_what_is_met_again_stays_one(store: Store, again: Paper) -> None:
    again = replace(again, authors=PREPRINT.authors) if again.key == "pmid:7" else again
    assert store.papers.add([PREPRINT], NOW) == Added(new=1)
    assert store.papers.add([again], NOW + DAY).new == 0
    (paper,) = store.papers.seen_after(NOW - DAY)
    assert (paper.key, paper.first_seen_at) == (PREPRINT.key, NOW)


def test_in_one_batch_too(store: Store) -> None:
    bridge = replace(PREPRINT, key="s2:9", title="Bridge", doi="10.5555/x.1", authors=())
    told = replace(JOURNAL, title="Something else that was renamed", authors=())
    added = store.papers.add([PREPRINT, JOURNAL, told, bridge], NOW)
    assert added == Added(new=1, known=3)


def test_it_is_found_by_every_name(store: Store) -> None:
    store.papers.add([replace(PREPRINT, aliases=("doi:10.5555/x.1", "pmid:7"))], NOW)
    names = ["arxiv:2611.00001", "doi:10.5555/x.1", "pmid:7"]
    found = store.papers.by_keys([*names, "pmid:8"])
    assert sorted(found) == sorted(names)
    assert {paper.key for paper in found.values()} == {PREPRINT.key}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (replace(PREPRINT, title="Editorial"), replace(JOURNAL, title="Editorial")),
        (PREPRINT, replace(JOURNAL, authors=("Ada Stone",))),
        (PREPRINT, replace(JOURNAL, title="Etale covers of β-graphs and their limits")),
        (replace(PREPRINT, authors=()), replace(JOURNAL, authors=())),
    ],
    ids=["short title", "other author", "other title", "no authors"],
)
def test_what_only_looks_alike_stays_two(store: Store, one: Paper, other: Paper) -> None:
    assert store.papers.add([one, other], NOW).new == 2


def test_upvotes_only_rise(store: Store) -> None:
    store.papers.add([replace(PREPRINT, upvotes=5)], NOW)
    assert store.papers.add([replace(PREPRINT, upvotes=9)], NOW + HOUR).updated == 1
    assert store.papers.add([replace(PREPRINT, upvotes=2)], NOW + HOUR).known == 1
    (paper,) = store.papers.seen_after(NOW - DAY)
    assert paper.upvotes == 9


def test_two_processes_that_bring_one_work_by_two_names(store: Store) -> None:
    many = [
        replace(PREPRINT, key=f"arxiv:{n}", title=f"A paper of its own, {n}") for n in range(40)
    ]
    other = [replace(p, key=f"doi:10.1/{n}", aliases=(p.key,)) for n, p in enumerate(many)]
    added = at_once(lambda: store.papers.add(many, NOW), lambda: store.papers.add(other, NOW))
    assert sum(one.new for one in added) == 40
    assert len(store.papers.seen_after(NOW - DAY)) == 40


def test_the_key_comes_first() -> None:
    assert names_of(JOURNAL)[:1] == ("doi:10.5555/x.1",)
    assert len(names_of(replace(PREPRINT, title="A B C"))) == 1


TEXT = (
    "We present limits of covers of graphs and show that they exist whenever the graphs are"
    " connected and have no leaves."
)
LONG = f"{TEXT} {TEXT.replace('covers', 'quotients')} Applications to networks are given."


@pytest.mark.parametrize("title", [PREPRINT.title, "Covers revisited"], ids=["long", "short"])
def test_the_same_title_and_abstract_are_one_work(store: Store, title: str) -> None:
    spellings = [("Nina Falk", "Bo Stone"), ("Falk N", "Stone B"), (), ("Bo Stone", "Nina Falk")]
    texts = [LONG, f"Abstract {LONG}", LONG.replace("limits", "\\textit{limits}"), LONG.upper()]
    papers = [
        replace(PREPRINT, key=f"lab:{n}", title=title, authors=names, abstract=text)
        for n, (names, text) in enumerate(zip(spellings, texts, strict=True))
    ]
    assert store.papers.add(papers[:2], NOW).new == 1
    assert store.papers.add(papers[2:], NOW + HOUR).new == 0


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (replace(PREPRINT, abstract=TEXT), replace(JOURNAL, abstract=TEXT[3:], authors=())),
        (
            replace(PREPRINT, title="Erratum", abstract=TEXT),
            replace(JOURNAL, title="Erratum", abstract=TEXT),
        ),
        (
            replace(PREPRINT, abstract="A reply."),
            replace(JOURNAL, abstract="A reply.", authors=("Al B",)),
        ),
    ],
    ids=["other abstract", "short title, short abstract", "short abstract, other author"],
)
def test_a_common_title_or_a_short_text_is_not_enough(
    store: Store, one: Paper, other: Paper
) -> None:
    assert store.papers.add([one, replace(other, key="lab:2", doi="")], NOW).new == 2


@pytest.mark.parametrize(
    "author",
    ["Nina Falk", "Falk, Nina", "Falk, N. J.", "Falk N", "Falk NJ", "N. J. Falk", "Nina Falk Jr."],
)
def test_the_first_author_may_be_written_in_any_way(store: Store, author: str) -> None:
    store.papers.add([replace(PREPRINT, authors=("Nina Falk",))], NOW)
    again = replace(PREPRINT, key="lab:2", authors=(author, "Bo Stone"))
    assert store.papers.add([again], NOW).new == 0


def test_a_later_record_brings_the_authors(store: Store) -> None:
    store.papers.add([replace(PREPRINT, authors=())], NOW)
    assert store.papers.add([PREPRINT], NOW + HOUR).updated == 1
    (paper,) = store.papers.seen_after(NOW - DAY)
    assert paper.authors == PREPRINT.authors


def test_a_record_that_joins_two_works_of_a_batch(store: Store) -> None:
    renamed = replace(JOURNAL, title="Something else that was renamed", authors=())
    bridge = replace(PREPRINT, key="s2:9", title="Bridge", doi=renamed.doi, authors=())
    bridge = replace(bridge, aliases=(PREPRINT.key,))
    assert store.papers.add([PREPRINT, renamed, bridge], NOW) == Added(new=1, known=2)
    (paper,) = store.papers.seen_after(NOW - DAY)
    assert (paper.key, paper.doi) == (PREPRINT.key, renamed.doi)
