from datetime import date

import pytest
from directory_answers import (
    ADA,
    DBLP_PAGE,
    Pages,
    as_json,
    dblp_hit,
    dblp_hits,
    directory,
    pid,
    problem,
)
from query_server import HTML, JSON_TROUBLES
from sources_server import Answer

from digestmail.directories.dblp import KIND
from digestmail.domain import DirectoryName, Person
from digestmail.errors import NotFoundError

OWN = pid(DirectoryName.DBLP, "65/9612")
PAGE = Pages({"/pid/65/9612.xml": Answer(DBLP_PAGE)})


def test_people_of_a_name() -> None:
    award = {"@type": "award", "text": "Cup"}
    notes = {"note": [award, {"@type": "affiliation", "text": "Kettle &amp; Co"}]}
    hits = [dblp_hit(), dblp_hit(2, notes=notes), dblp_hit(3, notes=None, url=None), None]
    search = Pages({"/search/author/api": dblp_hits(hits, 4)})
    with directory(KIND, search) as (it, service):
        people = it.people("Ada Kettle")
    assert people == [
        Person(name="Ada Kettle", ids=(OWN,), institution="University of Tea"),
        Person(
            name="Ada Kettle", ids=(pid(DirectoryName.DBLP, "65/2"),), institution="Kettle & Co"
        ),
    ]
    assert service.asked[0].path == "/search/author/api"


def test_the_first_people_have_the_details_of_their_pages() -> None:
    pages = {**PAGE.pages, "/search/author/api": dblp_hits([dblp_hit(n) for n in (9612, 2, 3)], 3)}
    with directory(KIND, Pages(pages)) as (it, service):
        first, *others = it.people("Ada Kettle")
    assert (first.ids, first.titles[0]) == ((ADA, OWN), "H₂O at scale")
    assert [person.titles for person in others] == [(), ()]
    assert len(service.asked) == 3


def test_a_single_hit_is_an_object_and_none_is_missing() -> None:
    with directory(KIND, dblp_hits(dblp_hit())) as (it, _):
        assert len(it.people("Ada Kettle")) == 1
    with directory(KIND, dblp_hits(None, 0)) as (it, _):
        assert it.people("Nobody Atall") == []


def test_a_person_by_id() -> None:
    with directory(KIND, PAGE) as (it, _):
        assert it.person(OWN) == Person(
            name="Ada Kettle",
            ids=(ADA, OWN),
            institution="University of Tea",
            titles=("H₂O at scale", "Cups", "Old tea"),
            works_count=4,
        )
        with pytest.raises(NotFoundError, match="DBLP does not list a person with the id 1/2"):
            it.person(pid(DirectoryName.DBLP, "1/2"))


def test_works() -> None:
    with directory(KIND, PAGE) as (it, _):
        works = it.works(Person(name="Ada Kettle", ids=(OWN,)), date(2025, 6, 1))
    assert [(work.paper.key, work.year) for work in works] == [
        ("doi:10.5555/tea.1", 2026),
        ("arxiv:2610.00001", 2026),
    ]
    first = works[0]
    assert first.paper.aliases == ("dblp:conf/tea/Kettle26",)
    assert first.paper.authors == ("Ada Kettle", "José Núñez")
    assert first.paper.categories == ("TEA",)
    assert [author.ids for author in first.authors] == [
        (ADA, OWN),
        (pid(DirectoryName.DBLP, "70/1"),),
    ]


@pytest.mark.parametrize(
    ("answer", "line"), [*JSON_TROUBLES, (as_json({"result": {}}), "its response has no total")]
)
def test_trouble_is_one_line(answer: Answer, line: str) -> None:
    with directory(KIND, answer) as (it, _):
        message = problem(lambda: it.people("Ada"))
    assert message.startswith("DBLP")
    assert line in message


@pytest.mark.parametrize(
    ("page", "line"),
    [
        (HTML, "is not XML"),
        (DBLP_PAGE[:500], "is not XML"),
        ("<other/>", "its response is not a dblpperson but “other”"),
        ('<!DOCTYPE x [<!ENTITY e "boom">]><dblpperson>&e;</dblpperson>', "DTD or entities"),
    ],
)
def test_a_page_that_is_none(page: str, line: str) -> None:
    with directory(KIND, Answer(page)) as (it, _):
        assert line in problem(lambda: it.person(OWN))
