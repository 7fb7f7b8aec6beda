from datetime import UTC, datetime

import pytest
from directory_answers import ADA, BO, pid

from digestmail.directories.merge import coauthors, merged_people, merged_works, ranked
from digestmail.domain import DirectoryName, Paper, Person, PersonId, Work

ADA_OPENALEX = pid(DirectoryName.OPENALEX, "A5000000001")
ADA_DBLP = pid(DirectoryName.DBLP, "65/9612")
CY = pid(DirectoryName.OPENALEX, "A5000000009")


def person(name: str, *ids: PersonId, works: int = 0, **fields: object) -> Person:
    return Person(name=name, ids=ids, works_count=works, **fields)  # type: ignore[arg-type]


def work(
    key: str, *authors: Person, abstract: str = "", day: int = 1, aliases: tuple[str, ...] = ()
) -> Work:
    paper = Paper(
        key=key,
        title=key,
        abstract=abstract,
        aliases=aliases,
        published_at=datetime(2026, 10, day, tzinfo=UTC),
    )
    return Work(paper=paper, authors=authors, year=2026)


def test_one_orcid_id_is_one_person() -> None:
    by_orcid = [person("Ada Kettle", ADA, institution="University of Tea")]
    by_openalex = [
        person("A. Kettle", ADA, ADA_OPENALEX, works=40, institution="Old", titles=("a", "b")),
        person("Ada Kettle", CY, works=3),
    ]
    by_dblp = [person("Ada Kettle 2", ADA, ADA_DBLP, works=12, fields=("cs",), titles=("a",))]
    assert merged_people([by_orcid, by_openalex, by_dblp]) == [
        Person(
            name="Ada Kettle",
            ids=(ADA, ADA_OPENALEX, ADA_DBLP),
            institution="University of Tea",
            fields=("cs",),
            titles=("a", "b"),
            works_count=40,
        ),
        person("Ada Kettle", CY, works=3),
    ]


def test_one_name_is_not_one_person() -> None:
    assert len(merged_people([[person("Wei Wang", ADA)], [person("Wei Wang", CY)]])) == 2


def test_a_third_one_joins_two() -> None:
    lists = [
        [person("A", ADA_OPENALEX)],
        [person("B", ADA_DBLP)],
        [person("C", ADA_OPENALEX, ADA_DBLP)],
    ]
    (one,) = merged_people(lists)
    assert (one.name, one.ids) == ("A", (ADA_OPENALEX, ADA_DBLP))


def test_who_is_meant_stands_first() -> None:
    people = [
        person("Turing Award", CY, works=900),
        person("Alan Turing", BO, works=5),
        person("A. Turing", ADA, ADA_DBLP, works=1),
        person("A. M. Turing", ADA_OPENALEX, works=70),
    ]
    names = [p.name for p in ranked(people, "Alan Turing")]
    assert names == ["A. Turing", "A. M. Turing", "Alan Turing", "Turing Award"]


def test_one_work_of_two_directories() -> None:
    ada, bo = person("Ada Kettle", ADA), person("Bo Spout")
    first = work("doi:10.5555/1", ada, aliases=("pmid:7",))
    second = work(
        "arxiv:2610.00001",
        person("Ada Kettle", ADA_DBLP),
        bo,
        abstract="We pour.",
        aliases=("pmid:7",),
    )
    (one,) = merged_works([[first], [second]])
    assert one.paper.key == "arxiv:2610.00001"
    assert set(one.paper.aliases) == {"doi:10.5555/1", "pmid:7"}
    assert one.paper.abstract == "We pour."
    assert [author.ids for author in one.authors] == [(ADA_DBLP, ADA), ()]


def test_works_are_sorted_newest_first() -> None:
    lists = [[work("a:1", day=1), work("a:3", day=3)], [work("a:2", day=2)]]
    assert [w.paper.key for w in merged_works(lists)] == ["a:3", "a:2", "a:1"]


def test_works_without_authors_get_those_of_another_directory() -> None:
    bare, full = work("a:1"), work("a:1", person("Ada Kettle", ADA), abstract="We pour.")
    for lists in ([[bare], [full]], [[full], [bare]]):
        (one,) = merged_works(lists)
        assert [author.name for author in one.authors] == ["Ada Kettle"]


def test_coauthors_are_counted_by_id() -> None:
    ada = person("Ada Kettle", ADA)
    bo, other_bo = person("Bo Spout", BO), person("Bo Spout", CY)
    works = [
        work("a:1", ada, bo, other_bo),
        work("a:2", ada, bo),
        work("a:3", person("A. Kettle"), person("Bo Spout", BO, ADA_DBLP), person("Cy Lid")),
    ]
    found = coauthors(works, ada)
    assert [(c.person.name, c.works) for c in found] == [
        ("Bo Spout", 3),
        ("Bo Spout", 1),
        ("Cy Lid", 1),
    ]
    assert found[0].person.ids == (BO, ADA_DBLP)


@pytest.mark.parametrize("author", [person("Ada Kettle", ADA_OPENALEX), person("A. Kettle")])
def test_nobody_is_their_own_coauthor(author: Person) -> None:
    me = person("Ada Kettle", ADA, ADA_OPENALEX)
    assert coauthors([work("a:1", author)], me) == []


def test_a_namesake_with_another_id_is_a_coauthor() -> None:
    me, namesake = person("Wei Wang", ADA), person("Wei Wang", BO)
    assert [c.person for c in coauthors([work("a:1", me, namesake)], me)] == [namesake]
