import json
import logging
from datetime import date

import pytest
from directory_answers import (
    ADA,
    Pages,
    as_json,
    directory,
    pid,
    problem,
    scholar_author,
    scholar_paper,
)
from query_server import JSON_TROUBLES, SECRET, Query
from sources_server import RECORDINGS, Answer

from digestmail.directories.semantic_scholar import KIND
from digestmail.domain import DirectoryName, Person
from digestmail.errors import NotFoundError

RECORDED = RECORDINGS / "semanticscholar"
OWN = pid(DirectoryName.SEMANTIC_SCHOLAR, "1723755")
SINCE = date(2024, 6, 1)


def rows(*values: object, following: int | None = None) -> Answer:
    return as_json({"offset": 0, "next": following, "data": values})


def test_people_of_a_name() -> None:
    with directory(KIND, rows(scholar_author(), {"authorId": None, "name": "X"}, None)) as (
        it,
        service,
    ):
        people = it.people("Anne-Marie Kettle")
    assert people == [
        Person(
            name="Ada Kettle",
            ids=(ADA, OWN),
            institution="University of Tea",
            fields=("Physics", "Computer Science"),
            titles=("New tea", "Tea", "Old tea"),
            works_count=12,
        )
    ]
    assert service.asked[0].path == "/author/search"
    assert service.asked[0].options["query"] == "Anne Marie Kettle"


def test_nulls() -> None:
    row = {
        "authorId": "1723755",
        "name": "Ada",
        "papers": None,
        "affiliations": None,
        "externalIds": None,
    }
    with directory(KIND, rows(row)) as (it, _):
        assert it.people("Ada") == [Person(name="Ada", ids=(OWN,))]


def test_a_person_by_id() -> None:
    with directory(KIND, Pages({"/author/1723755": as_json(scholar_author())})) as (it, _):
        assert it.person(OWN).name == "Ada Kettle"
        with pytest.raises(NotFoundError, match="does not list a person with the id 999"):
            it.person(pid(DirectoryName.SEMANTIC_SCHOLAR, "999"))


def test_pages_of_works() -> None:
    def answer(query: Query) -> Answer:
        offset = int(query.options["offset"])
        papers = [scholar_paper(n) for n in range(offset, offset + 100)]
        return rows(*papers, following=offset + 100 if offset < 200 else None)

    with directory(KIND, answer) as (it, service):
        works = it.works(Person(name="Ada Kettle", ids=(OWN,)), SINCE)
    assert len(works) == 300
    assert [query.options["offset"] for query in service.asked] == ["0", "100", "200"]
    assert service.asked[0].options["publicationDateOrYear"] == "2024-06-01:"
    assert [author.ids for author in works[0].authors] == [
        (OWN,),
        (pid(DirectoryName.SEMANTIC_SCHOLAR, "42000"),),
        (),
    ]


def test_pages_without_end_are_left() -> None:
    with directory(KIND, rows(scholar_paper(), following=100)) as (it, service):
        it.works(Person(name="Ada", ids=(OWN,)), SINCE)
    assert len(service.asked) == 2


def test_works_with_a_year_only_and_bad_ones() -> None:
    papers = [
        scholar_paper(1, publicationDate=None),
        scholar_paper(2, publicationDate=None, year=2020),
        scholar_paper(3, title=None),
        scholar_paper(4, publicationDate="2026-10-05"),
    ]
    with directory(KIND, rows(*papers)) as (it, _):
        works = it.works(Person(name="Ada", ids=(OWN,)), SINCE)
    assert [(work.paper.doi[-1], work.year) for work in works] == [("4", 2026), ("1", 2026)]


def test_the_key_is_a_header_and_never_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with directory(KIND, rows(), key=SECRET) as (it, service):
        it.people("Ada")
    assert service.asked[0].headers["x-api-key"] == SECRET
    assert SECRET not in caplog.text


@pytest.mark.parametrize(
    ("answer", "line"), [*JSON_TROUBLES, (as_json({"total": 0}), "its response has no list “data”")]
)
def test_trouble_is_one_line(answer: Answer, line: str) -> None:
    with directory(KIND, answer) as (it, _):
        message = problem(lambda: it.people("Ada"))
    assert message.startswith("Semantic Scholar")
    assert line in message


@pytest.mark.skipif(not RECORDED.exists(), reason="the shared data are not beside this checkout")
def test_recorded_answers() -> None:
    (search,) = RECORDED.glob("*search_author*")
    with directory(KIND, Answer(search.read_bytes())) as (it, _):
        people = it.people("turing")
    assert len(people) == len(json.loads(search.read_text())["data"])
    (missing,) = RECORDED.glob("*not_found*")
    with (
        directory(KIND, Answer(missing.read_bytes(), status=404)) as (it, _),
        pytest.raises(NotFoundError),
    ):
        it.person(OWN)
