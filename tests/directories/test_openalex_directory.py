import json
import logging
from datetime import date

import pytest
from directory_answers import (
    ADA,
    Pages,
    as_json,
    directory,
    openalex,
    openalex_author,
    openalex_work,
    pid,
    problem,
)
from query_server import JSON_TROUBLES, SECRET
from sources_server import RECORDINGS, Answer

from digestmail.directories.openalex import KIND
from digestmail.domain import DirectoryName, Person
from digestmail.errors import NotFoundError

RECORDED = RECORDINGS / "openalex"
OWN = pid(DirectoryName.OPENALEX, "A5000000001")
SINCE = date(2024, 1, 1)


def test_people_of_a_name() -> None:
    works = [openalex_work(2, "2026-10-01"), openalex_work(1)]
    with directory(
        KIND, openalex([openalex_author(1), openalex_author(2, topics=None)], works)
    ) as (it, service):
        people = it.people("Ada Kettle")
    assert people[0] == Person(
        name="Ada Kettle",
        ids=(ADA, OWN),
        institution="University of Tea & Cake",
        fields=("Thermodynamics", "Ceramics"),
        titles=("On tea 2", "On tea 1"),
        works_count=39,
    )
    assert (people[1].ids, people[1].titles) == ((pid(DirectoryName.OPENALEX, "A5000000002"),), ())
    search, titles = service.asked
    assert search.options["search"] == "Ada Kettle"
    assert search.options["mailto"] == "ops@example.org"
    assert titles.options["filter"] == "author.id:A5000000001|A5000000002"


def test_forty_namesakes_and_nobody() -> None:
    with directory(KIND, openalex([openalex_author(n) for n in range(1, 10)] * 4, [])) as (it, _):
        assert len(it.people("Y. Wang")) == 36
    with directory(KIND, openalex([], [])) as (it, service):
        assert it.people("Nobody Atall") == []
    assert len(service.asked) == 1


def test_without_titles_people_are_still_there() -> None:
    pages = openalex([openalex_author()], [])
    failing = Pages({**pages.pages, "/works": Answer(status=500)})
    with directory(KIND, failing) as (it, _):
        (person,) = it.people("Ada Kettle")
    assert (person.name, person.titles) == ("Ada Kettle", ())


@pytest.mark.parametrize("person_id", [OWN, ADA])
def test_a_person_by_id(person_id: object) -> None:
    with directory(KIND, openalex([openalex_author()], [openalex_work()])) as (it, _):
        person = it.person(person_id)  # type: ignore[arg-type]
    assert (person.ids, person.titles) == ((ADA, OWN), ("On tea 1",))


def test_an_unknown_person() -> None:
    with directory(KIND, openalex([], [])) as (it, _), pytest.raises(NotFoundError) as caught:
        it.person(OWN)
    assert str(caught.value) == "OpenAlex does not list a person with the id A5000000001"


def test_works_have_ids_of_their_authors() -> None:
    rows = [
        openalex_work(1),
        openalex_work(2, "2026-10-01"),
        openalex_work(3, "2020-01-02"),
        None,
        7,
    ]
    person = Person(name="Ada Kettle", ids=(ADA, OWN, pid(DirectoryName.OPENALEX, "A77777")))
    with directory(KIND, openalex([], rows)) as (it, service):
        works = it.works(person, SINCE)
    assert [work.paper.key for work in works] == ["doi:10.5555/tea.2", "doi:10.5555/tea.1"]
    assert works[0].paper.abstract == "We pour."
    assert [author.name for author in works[0].authors] == ["Ada Kettle", "Bo Spout"]
    assert works[0].authors[0].ids == (ADA, OWN)
    assert works[0].authors[1].ids == (pid(DirectoryName.OPENALEX, "A5000000009"),)
    assert service.asked[0].options["filter"] == (
        "author.id:A5000000001|A77777,from_publication_date:2024-01-01"
    )


def test_somebody_without_an_id_here_has_no_works() -> None:
    with directory(KIND, openalex([], [])) as (it, service):
        assert it.works(Person(name="Ada", ids=(ADA,)), SINCE) == []
    assert service.asked == []


def test_the_key_is_sent_and_never_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with directory(KIND, openalex([openalex_author()], []), key=SECRET) as (it, service):
        it.people("Ada Kettle")
    assert service.asked[0].options["api_key"] == SECRET
    assert SECRET not in caplog.text
    refusal = Answer(json.dumps({"message": f"{SECRET} is unknown"}), status=403)
    with directory(KIND, refusal, key=SECRET) as (it, _):
        assert "*** is unknown" in problem(lambda: it.people("Ada"))
        assert SECRET not in repr(it)


@pytest.mark.parametrize(
    ("answer", "line"),
    [*JSON_TROUBLES, (as_json({"meta": {}}), "its response has no list “results”")],
)
def test_trouble_is_one_line(answer: Answer, line: str) -> None:
    with directory(KIND, answer) as (it, _):
        message = problem(lambda: it.people("Ada"))
    assert message.startswith("OpenAlex")
    assert line in message


def test_an_answer_without_an_author() -> None:
    with directory(KIND, Pages({"/authors/A5000000001": as_json({})})) as (it, _):
        assert "its format may have changed" in problem(lambda: it.person(OWN))


@pytest.mark.skipif(not RECORDED.exists(), reason="the shared data are not beside this checkout")
def test_recorded_authors_and_works() -> None:
    authors = [json.loads(path.read_text()) for path in sorted(RECORDED.glob("*author.json"))]
    people = [author for author in authors if "works_count" in author]
    works = [
        row
        for path in RECORDED.glob("*works-by-author.json")
        for row in json.loads(path.read_text())["results"]
    ]
    with directory(KIND, openalex(people, works)) as (it, _):
        names = {person.name: person for person in it.people("any")}
        priem = names["Jason Priem"]
        gomez = names["María Teresa Gómez Pérez"]
        assert priem.works_count == 60
        assert len(priem.ids) == 2
        assert gomez.institution == "Universidad de Colima"
        assert gomez.titles
        found = it.works(gomez, date(2000, 1, 1))
    assert len(found) >= 10
    assert all(work.paper.title and work.authors for work in found)
    dates = [work.paper.published_at for work in found if work.paper.published_at]
    assert dates == sorted(dates, reverse=True)
