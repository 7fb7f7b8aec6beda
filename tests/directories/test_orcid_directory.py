from datetime import date

import pytest
from directory_answers import (
    ADA,
    ADA_ORCID,
    BO,
    Pages,
    as_json,
    directory,
    orcid_found,
    orcid_group,
    orcid_record,
    problem,
)
from query_server import JSON_TROUBLES, on
from sources_server import RECORDINGS, Answer

from digestmail.directories.orcid import KIND
from digestmail.domain import DirectoryName, Person
from digestmail.errors import NotFoundError

RECORDED = RECORDINGS / "orcid"
SINCE = date(2025, 1, 1)


def search(*rows: object) -> Answer:
    return as_json({"expanded-result": list(rows) or None, "num-found": len(rows)})


def test_people_of_a_name() -> None:
    wrong = orcid_found(**{"orcid-id": "0000-0002-1825-0098"})
    with directory(KIND, search(orcid_found(), wrong, None)) as (it, service):
        people = it.people('Ada "Kettle) OR (x: Jean-Paul')
    assert people == [Person(name="Ada Kettle", ids=(ADA,), institution="University of Tea")]
    (query,) = service.asked
    assert query.path == "/expanded-search/"
    assert query.headers["accept"] == "application/json"
    assert query.options["q"] == (
        'given-and-family-names:("Ada" AND "Kettle" AND "OR" AND "x" AND "Jean" AND "Paul")'
        ' OR other-names:"Ada Kettle OR x Jean Paul" OR credit-name:"Ada Kettle OR x Jean Paul"'
    )


def test_names_with_accents_and_in_other_scripts() -> None:
    rows = [
        orcid_found(**{"given-names": "José", "family-names": "Núñez Ortega"}),
        orcid_found(**{"given-names": "小明", "family-names": "王"}),
        orcid_found(**{"credit-name": "A. K. Kettle"}),
        orcid_found(**{"given-names": "Plato", "family-names": None, "institution-name": None}),
    ]
    with directory(KIND, search(*rows)) as (it, _):
        names = [person.name for person in it.people("José Núñez")]
    assert names == ["José Núñez Ortega", "王小明", "A. K. Kettle", "Plato"]


def test_nobody() -> None:
    with directory(KIND, search()) as (it, service):
        assert it.people("Nobody Atall") == []
        assert it.people("!!!") == []
    assert len(service.asked) == 1


def test_a_person_by_id() -> None:
    with directory(KIND, Pages({f"/{ADA_ORCID}/record": as_json(orcid_record())})) as (it, _):
        assert it.person(ADA) == Person(
            name="Ada Kettle",
            ids=(ADA,),
            institution="University of Tea",
            fields=("tea", "heat"),
            titles=("On tea 2", "On tea 1"),
            works_count=2,
        )
        with pytest.raises(NotFoundError, match=BO.value):
            it.person(BO)


def test_a_record_that_is_not_public() -> None:
    hidden = as_json({"orcid-identifier": {"path": ADA_ORCID}, "person": {"name": None}})
    with directory(KIND, hidden) as (it, _):
        assert problem(lambda: it.person(ADA)) == f"ORCID: the record {ADA_ORCID} is not public"


def test_works() -> None:
    groups = [
        orcid_group(1),
        orcid_group(2, ("2026", "10")),
        orcid_group(3, ("2020", "10", "02")),
        orcid_group(4, ()),
        orcid_group(5, type="data-set"),
        orcid_group(6, title=None),
        {"work-summary": []},
        None,
    ]
    with directory(KIND, Pages({f"/{ADA_ORCID}/works": as_json({"group": groups})})) as (it, _):
        works = it.works(Person(name="Ada Kettle", ids=(ADA,)), SINCE)
    assert [(work.paper.key, work.year) for work in works] == [
        ("doi:10.5555/tea.1", 2026),
        ("doi:10.5555/tea.2", 2026),
    ]
    assert works[0].paper.published_at == on(2026, 9, 1)
    assert works[0].paper.categories == ("Journal of Tea",)
    assert works[1].paper.published_at is None


def test_all_identifiers_of_a_group_are_names_of_the_work() -> None:
    def names(*pairs: tuple[str, str, str]) -> object:
        keys = ("external-id-type", "external-id-value", "external-id-relationship")
        return {"external-id": [dict(zip(keys, pair, strict=True)) for pair in pairs]}

    group = orcid_group(1)
    assert isinstance(group, dict)
    external_ids = names(("arxiv", "2610.00001", "self"), ("pmid", "7", "SELF"))
    group["work-summary"][0]["external-ids"] = external_ids
    with directory(KIND, as_json({"group": [group]})) as (it, _):
        (work,) = it.works(Person(name="Ada", ids=(ADA,)), SINCE)
    assert work.paper.key == "arxiv:2610.00001"
    assert set(work.paper.aliases) == {"doi:10.5555/tea.1", "pmid:7"}


@pytest.mark.parametrize("answer", [as_json({}), as_json({"expanded-result": 7, "num-found": 1})])
def test_an_answer_of_another_form(answer: Answer) -> None:
    with directory(KIND, answer) as (it, _):
        assert "its response has no results" in problem(lambda: it.people("Ada"))


@pytest.mark.parametrize(("answer", "line"), JSON_TROUBLES)
def test_trouble_is_one_line(answer: Answer, line: str) -> None:
    with directory(KIND, answer) as (it, _):
        message = problem(lambda: it.people("Ada"))
    assert message.startswith("ORCID")
    assert line in message


@pytest.mark.skipif(not RECORDED.exists(), reason="the shared data are not beside this checkout")
def test_recorded_works() -> None:
    (path,) = RECORDED.glob("*works-0000-0003-1444-9135.json")
    with directory(KIND, Answer(path.read_bytes())) as (it, _):
        works = it.works(Person(name="Scott Chamberlain", ids=(ADA,)), date(2000, 1, 1))
    assert len(works) > 20
    assert all(work.paper.title for work in works)
    assert sum(work.paper.key.startswith("doi:") for work in works) > len(works) / 2
    assert all(work.paper.source == DirectoryName.ORCID for work in works)
    (empty,) = RECORDED.glob("*works-empty*.json")
    with directory(KIND, Answer(empty.read_bytes())) as (it, _):
        assert it.works(Person(name="Nobody", ids=(ADA,)), SINCE) == []
    (missing,) = RECORDED.glob("*person-404.json")
    with (
        directory(KIND, Answer(missing.read_bytes(), status=404)) as (it, _),
        pytest.raises(NotFoundError),
    ):
        it.person(ADA)
    (record,) = RECORDED.glob("*orcid_person_raw.json")
    with directory(KIND, Answer(record.read_bytes())) as (it, _):
        assert it.person(ADA).name == "John Doe"
