"""ORCID: people with the iD that they registered, and the works that they list themselves.

https://info.orcid.org/documentation/api-tutorials/, public API 3.0. Works have identifiers, but
neither abstracts nor all authors.
"""

import re
from collections.abc import Iterator
from datetime import date
from typing import ClassVar
from urllib.parse import quote, urlencode

from digestmail.directories.kind import DirectoryKind, DirectorySetup, WebDirectory
from digestmail.directories.person_ids import orcid
from digestmail.directories.records import (
    FIELDS,
    TITLES,
    listed,
    newest_first,
    plain,
    plain_texts,
    work,
    works_of,
    year_of,
)
from digestmail.domain import DirectoryName, Person, PersonId, Work
from digestmail.sources.normalise.authors import joined_name
from digestmail.sources.normalise.identifiers import arxiv_id, doi, pubmed_key
from digestmail.sources.services.json_api import (
    JsonObject,
    as_object,
    as_objects,
    as_text,
    paper_of,
)

BASE_URL = "https://pub.orcid.org/v3.0/"
_PEOPLE = 25  # in one answer
_FIRST_DAY = date(1, 1, 1)
# What is no scholarly text of its own.
_OTHER_TYPES = frozenset(
    {"data-set", "software", "patent", "invention", "annotation", "review", "lecture-speech"}
)
_OPERATORS = re.compile(r"[^\w\s'.-]|_")


class OrcidDirectory(WebDirectory):
    """The public records of ORCID."""

    name: ClassVar = DirectoryName.ORCID
    title: ClassVar = "ORCID"
    readable: ClassVar = frozenset({DirectoryName.ORCID})

    def __init__(self, setup: DirectorySetup) -> None:
        super().__init__(setup, {"Accept": "application/json"})

    def people(self, name: str) -> list[Person]:
        """Return the people whose name is like ``name``; see AuthorDirectory."""
        words = _OPERATORS.sub(" ", name).replace("-", " ").split()
        if not words:
            return []
        all_words = " AND ".join(f'"{word}"' for word in words)
        phrase = f'"{" ".join(words)}"'
        query = (
            f"given-and-family-names:({all_words}) OR other-names:{phrase} OR credit-name:{phrase}"
        )
        parameters = urlencode({"q": query, "rows": str(_PEOPLE)})
        answer = self._service.get_object(f"{self._url}/expanded-search/?{parameters}")
        rows = answer.get("expanded-result") or []  # null where nobody is found
        if not isinstance(rows, list) or "num-found" not in answer:
            raise self._service.error("its response has no results: its format may have changed")
        return [person for row in as_objects(rows) if (person := _person_of_row(row))]

    def person(self, person_id: PersonId) -> Person:
        """Return the person with an iD; see AuthorDirectory."""
        record = self._get_person(f"{self._url}/{quote(person_id.value)}/record", person_id)
        person = _person(record)
        if not person:
            raise self._service.error(f"the record {person_id.value} is not public")
        return person

    def works(self, person: Person, since: date) -> list[Work]:
        """Return the works of a person published since a day; see AuthorDirectory."""
        groups: list[object] = []
        for value in self._ids(person):
            answer = self._service.get_object(f"{self._url}/{quote(value)}/works")
            groups += self._service.rows(answer, "group")
        return works_of(groups, _work, since)


def _person_of_row(row: JsonObject) -> Person | None:
    """Return the person of a row of the search, which knows neither works nor fields."""
    own_id = orcid(row.get("orcid-id"))
    given_names, family = plain(row.get("given-names")), plain(row.get("family-names"))
    name = plain(row.get("credit-name")) or joined_name(given_names, family)
    institutions = plain_texts(row.get("institution-name"), 1)
    if not own_id or not name:
        return None
    return Person(name=name, ids=(own_id,), institution=next(iter(institutions), ""))


def _person(record: JsonObject) -> Person | None:
    own_id = orcid(as_object(record.get("orcid-identifier")).get("path"))
    person = as_object(record.get("person"))
    names = as_object(person.get("name"))
    given_names, family = _value(names.get("given-names")), _value(names.get("family-name"))
    name = plain(_value(names.get("credit-name"))) or joined_name(given_names, family)
    if not own_id or not name:
        return None
    activities = as_object(record.get("activities-summary"))
    groups = as_objects(as_object(activities.get("works")).get("group"))
    works = works_of(groups, _work, _FIRST_DAY)
    keywords = as_objects(as_object(person.get("keywords")).get("keyword"))
    return Person(
        name=name,
        ids=(own_id,),
        institution=next(_institutions(activities), ""),
        fields=plain_texts([keyword.get("content") for keyword in keywords], FIELDS),
        titles=plain_texts([item.paper.title for item in newest_first(works)], TITLES),
        works_count=len(groups),
    )


def _institutions(activities: JsonObject) -> Iterator[str]:
    """Yield the employers, those of today first."""
    jobs = []
    groups = as_objects(as_object(activities.get("employments")).get("affiliation-group"))
    for group in groups:
        for summary in as_objects(group.get("summaries")):
            job = as_object(summary.get("employment-summary"))
            jobs.append((job.get("end-date") is not None, as_object(job.get("organization"))))
    for _, organization in sorted(jobs, key=lambda job: job[0]):
        if name := plain(organization.get("name")):
            yield name


def _work(group: JsonObject) -> Work | None:
    """Return the work of a group, which has the summaries of several sources of one work."""
    summaries = as_objects(group.get("work-summary"))
    if not summaries or as_text(summaries[0].get("type")) in _OTHER_TYPES:
        return None
    summary = summaries[0]
    names = list(dict.fromkeys(_identifiers(group, summaries)))
    work_doi = next(filter(None, map(doi, names)), "")
    arxiv = next(filter(arxiv_id, names), "")
    day, year = _date(as_object(summary.get("publication-date")))
    record = {
        "arxiv_id": arxiv,
        "id": work_doi or next(filter(pubmed_key, names), "") or f"orcid:{summary.get('put-code')}",
        "doi": work_doi,
        "title": _value(as_object(summary.get("title")).get("title")),
        "categories": [_value(summary.get("journal-title"))],
        "url": _value(summary.get("url")),
        "published": day,
    }
    return work(paper_of(record, *names, source=DirectoryName.ORCID), (), year)


def _identifiers(group: JsonObject, summaries: list[JsonObject]) -> Iterator[str]:
    """Yield the identifiers of the work itself, not those of its journal or book."""
    for holder in (group, *summaries):
        for item in as_objects(as_object(holder.get("external-ids")).get("external-id")):
            kind, value = (
                as_text(item.get("external-id-type")),
                as_text(item.get("external-id-value")),
            )
            relation = as_text(item.get("external-id-relationship")).lower().replace("_", "-")
            if relation not in ("self", "version-of", ""):
                continue
            if kind in ("doi", "arxiv"):
                yield value
            elif kind == "pmid":
                yield pubmed_key(value)


def _date(value: JsonObject) -> tuple[str, int]:
    """Return the day of publication in ISO 8601, empty unless it is known, and its year."""
    year, month, day = (_value(value.get(name)) for name in ("year", "month", "day"))
    return f"{year}-{month}-{day}" if year and month and day else "", year_of(year)


def _value(field: object) -> str:
    """Return the text of a field, which ORCID wraps in an object."""
    return next((as_text(item.get("value")) for item in as_objects(listed(field))), "")


KIND = DirectoryKind(
    name=DirectoryName.ORCID,
    url=BASE_URL,
    min_interval=0.2,  # it allows a dozen requests a second
    build=OrcidDirectory,
)
