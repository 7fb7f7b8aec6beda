"""OpenAlex: authors of all fields, with their institutions, topics and works.

https://docs.openalex.org/api-entities/authors. One person may be several authors there.
"""

from collections.abc import Iterator, Sequence
from datetime import date
from functools import partial
from typing import ClassVar
from urllib.parse import urlencode

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
from digestmail.errors import SourceError
from digestmail.sources.options import check_api_key
from digestmail.sources.services.json_api import JsonObject, as_object, as_objects, as_text
from digestmail.sources.services.openalex import BASE_URL, WORK_FIELDS, paper_of_work

_PEOPLE = 25  # in one answer; OpenAlex's own default
_WORKS = 100  # in one answer, and the most that a profile learns from
_AUTHOR_FIELDS = "id,orcid,display_name,works_count,last_known_institutions,topics"


class OpenalexDirectory(WebDirectory):
    """The authors of OpenAlex, also by ORCID iD."""

    name: ClassVar = DirectoryName.OPENALEX
    title: ClassVar = "OpenAlex"
    readable: ClassVar = frozenset({DirectoryName.OPENALEX, DirectoryName.ORCID})

    def __init__(self, setup: DirectorySetup) -> None:
        super().__init__(setup)
        query = {"mailto": setup.contact, "api_key": check_api_key(setup.key)}
        self._query = {name: value for name, value in query.items() if value}

    def people(self, name: str) -> list[Person]:
        """Return the authors whose name is like ``name``; see AuthorDirectory."""
        query = {"search": name, "per_page": str(_PEOPLE), "select": _AUTHOR_FIELDS}
        answer = self._service.get_object(self._address("authors", query))
        authors = as_objects(self._service.rows(answer, "results"))
        people = [person for author in authors if (person := _person(author))]
        titles = self._titles([value for person in people for value in self._ids(person)])
        return [_with_titles(person, titles) for person in people]

    def person(self, person_id: PersonId) -> Person:
        """Return the author with an id; see AuthorDirectory."""
        prefix = "orcid:" if person_id.directory is DirectoryName.ORCID else ""
        url = self._address(f"authors/{prefix}{person_id.value}", {"select": _AUTHOR_FIELDS})
        person = _person(self._get_person(url, person_id))
        if not person:
            raise self._service.error("its response has no author: its format may have changed")
        return _with_titles(person, self._titles(self._ids(person)))

    def works(self, person: Person, since: date) -> list[Work]:
        """Return the works of a person published since a day; see AuthorDirectory."""
        if not self._ids(person):
            return []
        rows = self._works(self._ids(person), WORK_FIELDS, f",from_publication_date:{since}")
        return works_of(rows, partial(_work, today=self._today()), since)

    def _titles(self, authors: Sequence[str]) -> dict[str, list[str]]:
        """Return the latest titles of each author; none where OpenAlex does not tell them now."""
        titles: dict[str, list[str]] = {}
        try:
            rows = self._works(authors, "display_name,authorships", "") if authors else []
        except SourceError:
            return {}
        for row in as_objects(rows):
            for author, _ in _authors(row):
                titles.setdefault(author, []).append(plain(row.get("display_name")))
        return titles

    def _works(self, authors: Sequence[str], fields: str, filters: str) -> list[object]:
        query = {
            "filter": f"author.id:{'|'.join(authors)}{filters}",
            "sort": "publication_date:desc",
            "per_page": str(_WORKS),
            "select": fields,
        }
        return self._service.rows(
            self._service.get_object(self._address("works", query)), "results"
        )

    def _address(self, path: str, query: dict[str, str]) -> str:
        return f"{self._url}/{path}?{urlencode(query | self._query)}"


def _person(author: JsonObject) -> Person | None:
    own_id, name = _openalex_id(author.get("id")), plain(author.get("display_name"))
    if not own_id or not name:
        return None
    institutions = as_objects(author.get("last_known_institutions"))
    topics = (topic.get("display_name") for topic in as_objects(author.get("topics")))
    return Person(
        name=name,
        ids=tuple(filter(None, [orcid(author.get("orcid")), own_id])),
        institution=plain(institutions[0].get("display_name")) if institutions else "",
        fields=plain_texts(list(topics), FIELDS),
        works_count=count_of(author.get("works_count")),
    )


def _with_titles(person: Person, titles: dict[str, list[str]]) -> Person:
    latest = [title for i in person.ids_in(DirectoryName.OPENALEX) for title in titles.get(i, [])]
    return Person(
        name=person.name,
        ids=person.ids,
        institution=person.institution,
        fields=person.fields,
        titles=plain_texts(latest, TITLES),
        works_count=person.works_count,
    )


def _openalex_id(value: object) -> PersonId | None:
    address = as_text(value)
    parsed = person_id(address) if address.startswith(("https://openalex.org/A", "A")) else None
    return parsed if parsed and parsed.directory is DirectoryName.OPENALEX else None


def _authors(row: JsonObject) -> Iterator[tuple[str, JsonObject]]:
    """Yield the OpenAlex id of each author of a work, empty without one, and the author."""
    for authorship in as_objects(row.get("authorships")):
        author = as_object(authorship.get("author"))
        own_id = _openalex_id(author.get("id"))
        yield own_id.value if own_id else "", author


def _work(row: JsonObject, today: date) -> Work | None:
    paper = paper_of_work(row, source=DirectoryName.OPENALEX, today=today)
    if not paper:
        return None
    authors = (
        (
            plain(author.get("display_name")),
            (orcid(author.get("orcid")), _openalex_id(author.get("id"))),
        )
        for _, author in _authors(row)
    )
    return work(paper, authors, year_of(as_text(row.get("publication_date"))[:4]))


KIND = DirectoryKind(
    name=DirectoryName.OPENALEX,
    url=BASE_URL,
    min_interval=0.2,  # it allows ten requests a second
    build=OpenalexDirectory,
)
