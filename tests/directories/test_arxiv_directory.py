from datetime import date

import pytest
from directory_answers import ADA, ADA_ORCID, Pages, arxiv_feed, directory, pid, problem
from query_server import HTML
from sources_server import Answer

from digestmail.directories.arxiv import KIND
from digestmail.domain import DirectoryName, Person
from digestmail.errors import NotFoundError

OWN = pid(DirectoryName.ARXIV, "kettle_a_1")
FEED = Answer(arxiv_feed("2609.00001", "2609.00002"))


def test_a_person_by_id() -> None:
    with directory(KIND, Pages({"/a/kettle_a_1.atom2": FEED})) as (it, _):
        assert it.person(OWN) == Person(
            name="Ada Kettle",
            ids=(OWN,),
            fields=("cs.AI",),
            titles=("On cups 2609.00002", "On cups 2609.00001"),
            works_count=2,
        )
        with pytest.raises(NotFoundError, match="arXiv does not list"):
            it.person(ADA)


def test_works() -> None:
    with directory(KIND, FEED) as (it, _):
        works = it.works(Person(name="Ada Kettle", ids=(OWN,)), date(2026, 9, 2))
    assert [work.paper.key for work in works] == ["arxiv:2609.00002"]
    assert [author.name for author in works[0].authors] == ["Ada Kettle", "Bo Spout"]
    assert works[0].paper.abstract == "We lift cups."


def test_the_feed_of_an_orcid_id() -> None:
    person = Person(name="Ada Kettle", ids=(ADA,))
    with directory(KIND, Pages({f"/a/{ADA_ORCID}.atom2": FEED})) as (it, _):
        assert len(it.works(person, date(2026, 1, 1))) == 2
    with directory(KIND, Pages()) as (it, _):  # not linked
        assert it.works(person, date(2026, 1, 1)) == []


def test_arxiv_has_no_search_by_name() -> None:
    with directory(KIND, FEED) as (it, service):
        assert it.people("Ada Kettle") == []
    assert service.asked == []


@pytest.mark.parametrize(
    ("page", "line"),
    [(HTML, "is not a <feed> document"), (arxiv_feed("2609.00001")[:300], "broken or truncated")],
)
def test_a_page_that_is_none(page: str, line: str) -> None:
    with directory(KIND, Answer(page)) as (it, _):
        assert line in problem(lambda: it.person(OWN))
