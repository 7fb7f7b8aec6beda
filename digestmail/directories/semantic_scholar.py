"""Semantic Scholar: authors, mostly of computer science and biomedicine, with their papers.

https://api.semanticscholar.org/api-docs/graph, ``author``. Fields must be asked for; without a key
many requests are turned away (429).
"""

from collections.abc import Iterator
from datetime import date
from functools import partial
from typing import ClassVar
from urllib.parse import quote, urlencode

from digestmail.directories.kind import DirectoryKind, DirectorySetup, WebDirectory
from digestmail.directories.person_ids import orcid, person_id
from digestmail.directories.records import (
    FIELDS,
    TITLES,
    count_of,
    plain,
    plain_texts,
    work,
    works_of,
    year_of,
)
from digestmail.domain import DirectoryName, Person, PersonId, Work
from digestmail.sources.options import check_api_key
from digestmail.sources.services.json_api import JsonObject, as_object, as_objects, as_text
from digestmail.sources.services.semantic_scholar import BASE_URL, PAPER_FIELDS, paper_of_row

_PEOPLE = 10  # in one answer, as each comes with all titles
_PAGE_SIZE = 100
_LAST_PAGE = 5  # of works, newest years only: more than a profile learns from
_PERSON_FIELDS = (
    "name,affiliations,paperCount,externalIds,papers.title,papers.year,papers.publicationDate"
    ",papers.fieldsOfStudy"
)


class SemanticScholarDirectory(WebDirectory):
    """The authors of Semantic Scholar."""

    name: ClassVar = DirectoryName.SEMANTIC_SCHOLAR
    title: ClassVar = "Semantic Scholar"
    readable: ClassVar = frozenset({DirectoryName.SEMANTIC_SCHOLAR})

    def __init__(self, setup: DirectorySetup) -> None:
        key = check_api_key(setup.key)
        super().__init__(setup, {"x-api-key": key} if key else None)

    def people(self, name: str) -> list[Person]:
        """Return the authors whose name is like ``name``; see AuthorDirectory."""
        # The search knows no hyphens: "Jean-Paul" finds nobody.
        query = {"query": name.replace("-", " "), "limit": str(_PEOPLE), "fields": _PERSON_FIELDS}
        answer = self._service.get_object(f"{self._url}/author/search?{urlencode(query)}")
        rows = as_objects(self._service.rows(answer, "data"))
        return [person for row in rows if (person := _person(row))]

    def person(self, person_id: PersonId) -> Person:
        """Return the author with an id; see AuthorDirectory."""
        query = urlencode({"fields": _PERSON_FIELDS})
        url = f"{self._url}/author/{quote(person_id.value)}?{query}"
        person = _person(self._get_person(url, person_id))
        if not person:
            raise self._service.error("its response has no author: its format may have changed")
        return person

    def works(self, person: Person, since: date) -> list[Work]:
        """Return the works of a person published since a day; see AuthorDirectory."""
        rows = [row for value in self._ids(person) for row in self._works(value, since)]
        return works_of(rows, partial(_work, today=self._today()), since)

    def _works(self, author: str, since: date) -> Iterator[object]:
        query = {
            "fields": f"{PAPER_FIELDS},year",
            "limit": str(_PAGE_SIZE),
            "publicationDateOrYear": f"{since}:",
        }
        url = f"{self._url}/author/{quote(author)}/papers"
        offset = 0
        for _ in range(_LAST_PAGE):
            answer = self._service.get_object(f"{url}?{urlencode(query | {'offset': str(offset)})}")
            yield from self._service.rows(answer, "data")
            following = count_of(answer.get("next"))
            if following <= offset:
                return
            offset = following


def _person(row: JsonObject) -> Person | None:
    own_id, name = _own_id(row.get("authorId")), plain(row.get("name"))
    if not own_id or not name:
        return None
    papers = as_objects(row.get("papers"))
    latest = sorted(papers, key=_published, reverse=True)
    fields = [field for paper in latest for field in _texts(paper.get("fieldsOfStudy"))]
    by_frequency = sorted(dict.fromkeys(fields), key=fields.count, reverse=True)
    return Person(
        name=name,
        ids=tuple(filter(None, [orcid(as_object(row.get("externalIds")).get("ORCID")), own_id])),
        institution=next(iter(plain_texts(row.get("affiliations"), 1)), ""),
        fields=plain_texts(by_frequency, FIELDS),
        titles=plain_texts([paper.get("title") for paper in latest], TITLES),
        works_count=count_of(row.get("paperCount")),
    )


def _published(paper: JsonObject) -> str:
    return as_text(paper.get("publicationDate")) or str(year_of(paper.get("year")) or "")


def _texts(value: object) -> list[str]:
    return [text for text in value if isinstance(text, str)] if isinstance(value, list) else []


def _own_id(value: object) -> PersonId | None:
    text = str(value) if isinstance(value, int | str) else ""
    parsed = person_id(text) if text.isascii() and text.isdigit() else None
    return parsed if parsed and parsed.directory is DirectoryName.SEMANTIC_SCHOLAR else None


def _work(row: JsonObject, today: date) -> Work:
    paper = paper_of_row(row, source=DirectoryName.SEMANTIC_SCHOLAR, today=today)
    authors = (
        (plain(author.get("name")), (_own_id(author.get("authorId")),))
        for author in as_objects(row.get("authors"))
    )
    return work(paper, authors, year_of(row.get("year")))


KIND = DirectoryKind(
    name=DirectoryName.SEMANTIC_SCHOLAR,
    url=BASE_URL,
    min_interval=1.0,  # with a key or without
    build=SemanticScholarDirectory,
    first_pause=60.0,  # it refuses often, and briefly
)
