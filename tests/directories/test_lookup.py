"""Lookups in real directories on real servers, some of which fail."""

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import date

import pytest
from directory_answers import (
    ADA,
    ADA_ORCID,
    DBLP_PAGE,
    Pages,
    arxiv_feed,
    as_json,
    dblp_hit,
    dblp_hits,
    directory,
    openalex,
    openalex_author,
    openalex_work,
    orcid_found,
    orcid_group,
    orcid_record,
    pid,
    scholar_author,
    scholar_paper,
)
from query_server import Interface, Query
from sources_server import Answer, Time

from digestmail.directories import arxiv, dblp, orcid, semantic_scholar
from digestmail.directories import openalex as openalex_directory
from digestmail.directories.lookup import DirectoryLookup, LookupLimits
from digestmail.directories.registry import KINDS
from digestmail.domain import DirectoryName, Person
from digestmail.errors import InputError

OPENALEX, ORCID, DBLP = DirectoryName.OPENALEX, DirectoryName.ORCID, DirectoryName.DBLP
SCHOLAR, ARXIV = DirectoryName.SEMANTIC_SCHOLAR, DirectoryName.ARXIV
Answers = dict[DirectoryName, Callable[[Query], Answer] | Answer]


def usual() -> Answers:
    """All directories know Ada."""
    return {
        ORCID: Pages(
            {
                "/expanded-search/": as_json({"expanded-result": [orcid_found()], "num-found": 1}),
                f"/{ADA_ORCID}/record": as_json(orcid_record()),
                f"/{ADA_ORCID}/works": as_json({"group": [orcid_group(1)]}),
            }
        ),
        OPENALEX: openalex([openalex_author()], [openalex_work(1), openalex_work(2, "2026-10-01")]),
        SCHOLAR: Pages(
            {
                "/author/search": as_json({"data": [scholar_author()]}),
                "/author/1723755": as_json(scholar_author()),
                "/author/1723755/papers": as_json({"data": [scholar_paper(2), scholar_paper(3)]}),
            }
        ),
        DBLP: Pages(
            {
                "/search/author/api": dblp_hits(dblp_hit()),
                "/pid/65/9612.xml": Answer(DBLP_PAGE),
            }
        ),
        ARXIV: Pages({f"/a/{ADA_ORCID}.atom2": Answer(arxiv_feed("2609.00001"))}),
    }


@dataclass
class World:
    lookup: DirectoryLookup
    services: dict[DirectoryName, Interface]
    time: Time

    def asked(self) -> int:
        return sum(len(service.asked) for service in self.services.values())


@contextmanager
def world(answers: Answers, limits: LookupLimits | None = None) -> Iterator[World]:
    with ExitStack() as stack:
        directories, services = [], {}
        for kind in KINDS:
            built, service = stack.enter_context(directory(kind, answers.get(kind.name, Pages())))
            directories.append(built)
            services[kind.name] = service
        time = Time()
        lookup = DirectoryLookup(directories, monotonic=time.monotonic, limits=limits)
        stack.callback(lookup.close)
        yield World(lookup, services, time)


def test_the_registry_has_every_directory() -> None:
    assert {kind.name for kind in KINDS} == set(DirectoryName)
    modules = (orcid, openalex_directory, semantic_scholar, dblp, arxiv)
    assert [kind.name for kind in KINDS] == [module.KIND.name for module in modules]


def test_a_name_becomes_people() -> None:
    with world(usual()) as it:
        found = it.lookup.people(" Ada  Kettle ")
    assert found.problems == {}
    (ada,) = found.result
    assert ada.ids == (
        ADA,
        pid(OPENALEX, "A5000000001"),
        pid(SCHOLAR, "1723755"),
        pid(DBLP, "65/9612"),
    )
    assert (ada.works_count, ada.institution) == (39, "University of Tea")


@pytest.mark.parametrize("name", ["", " ", "A", "2026", "x" * 101, "?!"])
def test_what_is_no_name_is_refused(name: str) -> None:
    with world(usual()) as it:
        with pytest.raises(InputError, match="is not a name") as caught:
            it.lookup.people(name)
        assert it.asked() == 0
    assert caught.value.field == "person"


def test_at_most_so_many_namesakes() -> None:
    authors = [
        openalex_author(n, orcid=None, id=f"https://openalex.org/A90{n:03}") for n in range(40)
    ]
    with world({OPENALEX: openalex(authors, [])}) as it:
        assert len(it.lookup.people("Ada Kettle").result) == 20


def test_an_id_becomes_a_person_of_all_directories() -> None:
    with world(usual()) as it:
        found = it.lookup.person(pid(SCHOLAR, "1723755"))
        assert found.result
        assert {i.directory for i in found.result.ids} == {SCHOLAR, ORCID, OPENALEX}
        assert found.result.fields == ("tea", "heat")  # of ORCID, which is asked by the iD
        assert found.problems == {}


def test_nobody_has_the_id() -> None:
    with world({}) as it:
        found = it.lookup.person(ADA)
    assert (found.result, found.problems) == (None, {})


def test_works_of_all_directories() -> None:
    with world(usual()) as it:
        ada = it.lookup.person(pid(SCHOLAR, "1723755")).result
        assert ada
        found = it.lookup.works(ada, date(2025, 1, 1))
    keys = [work.paper.key for work in found.result]
    assert keys[0] == "doi:10.5555/tea.2"
    assert sorted(keys) == [
        "arxiv:2609.00001",
        "doi:10.5555/tea.1",
        "doi:10.5555/tea.2",
        "doi:10.5555/tea.3",
    ]
    second = found.result[0]
    assert second.paper.abstract == "We pour."
    assert {i.directory for i in second.authors[0].ids} == {ORCID, OPENALEX, SCHOLAR}


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        (Answer(status=503), "answered 503"),
        (Answer(status=429), "answered 429"),
        (Answer("<html>"), "is not JSON"),
        (Answer('{"data": [{'), "its JSON is broken"),
    ],
)
def test_one_that_fails_costs_its_own_answer(answer: Answer, problem: str) -> None:
    with world(usual() | {SCHOLAR: answer}) as it:
        found = it.lookup.people("Ada Kettle")
    assert [person.name for person in found.result] == ["Ada Kettle"]
    assert found.problems.keys() == {SCHOLAR}
    assert problem in found.problems[SCHOLAR]


def test_a_slow_one_is_not_waited_for_and_its_answer_is_kept() -> None:
    release, answered = threading.Event(), threading.Event()
    fast = usual()[SCHOLAR]
    assert callable(fast)

    def slow(query: Query) -> Answer:
        release.wait(30)
        answered.set()
        return fast(query)

    limits = LookupLimits(wait_seconds=0.3)
    with world(usual() | {SCHOLAR: slow}, limits) as it:
        first = it.lookup.people("Ada Kettle")
        release.set()
        assert answered.wait(30)
        later = it.lookup.people("Ada Kettle")
        while SCHOLAR in later.problems:  # its answer is on its way
            later = it.lookup.people("Ada Kettle")
        assert len(it.services[SCHOLAR].asked) == 1
    assert first.problems[SCHOLAR] == "Semantic Scholar is slow"
    assert pid(SCHOLAR, "1723755") not in [i for person in first.result for i in person.ids]
    assert pid(SCHOLAR, "1723755") in [i for person in later.result for i in person.ids]


def test_answers_are_kept_for_a_day() -> None:
    with world(usual()) as it:
        it.lookup.people("Ada Kettle")
        count = it.asked()
        it.lookup.people("ada KETTLE")
        assert it.asked() == count
        it.time.sleep(24 * 3600 + 1)
        it.lookup.people("Ada Kettle")
        assert it.asked() == 2 * count


def test_the_cache_has_room_for_so_many_records() -> None:
    with world(usual(), LookupLimits(cache_records=5)) as it:
        it.lookup.people("Ada Kettle")
        it.lookup.people("Bo Spout")
        count = it.asked()
        it.lookup.people("Bo Spout")
        assert it.asked() == count
        it.lookup.people("Ada Kettle")
        assert it.asked() > count


def test_failures_are_not_kept() -> None:
    answers = [Answer(status=500)] * 20 + [as_json({"data": [scholar_author()]})]
    with world({SCHOLAR: lambda _: answers.pop(0)}) as it:
        for _ in range(20):  # at once, when the failure has only just come
            assert SCHOLAR in it.lookup.people("Ada Kettle").problems
            it.time.sleep(60)
        assert len(it.lookup.people("Ada Kettle").result) == 1


def test_strangers_have_a_budget() -> None:
    with world(usual(), LookupLimits(requests_per_minute=7)) as it:
        assert it.lookup.people("Ada Kettle").problems == {}
        assert it.lookup.people("Bo Spout").problems == {
            SCHOLAR: "Semantic Scholar is busy",
            DBLP: "DBLP is busy",
            ARXIV: "arXiv is busy",
        }
        it.time.sleep(60)
        assert it.lookup.people("Cy Lid").problems == {}


def test_a_backlog_is_refused_at_once() -> None:
    release = threading.Event()

    def slow(_: Query) -> Answer:
        release.wait(30)
        return as_json({"data": []})

    with world({SCHOLAR: slow}, LookupLimits(wait_seconds=0.05, backlog=2)) as it:
        for name in ("Ada Kettle", "Bo Spout"):
            assert it.lookup.people(name).problems[SCHOLAR] == "Semantic Scholar is slow"
        assert it.lookup.people("Cy Lid").problems[SCHOLAR] == "Semantic Scholar is busy"
        assert it.lookup.people("Ada Kettle").problems[SCHOLAR] == "Semantic Scholar is slow"
        release.set()


def test_a_fault_of_the_program_is_not_a_problem_of_a_directory() -> None:
    class Broken:
        name = OPENALEX
        title = "OpenAlex"
        readable = frozenset({OPENALEX})

        def people(self, name: str) -> list[Person]:
            raise ZeroDivisionError(name)

        person = works = people

    lookup = DirectoryLookup([Broken()], monotonic=Time().monotonic)  # type: ignore[list-item]
    with pytest.raises(ZeroDivisionError):
        lookup.people("Ada Kettle")
    lookup.close()
