"""DBLP: authors of computer science, told apart by hand, with all their publications.

https://dblp.org/faq/13501473.html and https://dblp.org/xml/docu/dblpxml.pdf. Only the year of a
publication is known, and no abstract.
"""

from collections.abc import Iterator
from datetime import date
from typing import ClassVar
from urllib.parse import quote, urlencode
from xml.etree.ElementTree import Element, tostring

from digestmail.directories.kind import DirectoryKind, WebDirectory
from digestmail.directories.person_ids import orcid, person_id
from digestmail.directories.records import (
    TITLES,
    count_of,
    is_since,
    listed,
    newest_first,
    plain,
    plain_texts,
    work,
    year_of,
)
from digestmail.domain import DirectoryName, Person, PersonId, Work
from digestmail.errors import DigestmailError
from digestmail.sources.normalise.authors import author_name
from digestmail.sources.normalise.identifiers import arxiv_id, doi
from digestmail.sources.normalise.paper import RecordError
from digestmail.sources.services.dblp import BASE_URL, KEY_PREFIX
from digestmail.sources.services.json_api import (
    JsonObject,
    RefusedError,
    as_object,
    as_text,
    paper_of,
)
from digestmail.sources.services.medline import document

_PEOPLE = 25  # in one response
_DETAILED = 2  # people whose page is read at once, as each costs a second
_NO_WORKS = frozenset({"proceedings", "www", "data"})


class DblpDirectory(WebDirectory):
    """The authors of DBLP."""

    name: ClassVar = DirectoryName.DBLP
    title: ClassVar = "DBLP"
    readable: ClassVar = frozenset({DirectoryName.DBLP})

    def people(self, name: str) -> list[Person]:
        """Return the authors whose name is like ``name``; see AuthorDirectory."""
        query = urlencode({"q": name, "format": "json", "h": str(_PEOPLE)})
        answer = self._service.get_object(f"{self._url}/search/author/api?{query}")
        hits = as_object(as_object(answer.get("result")).get("hits"))
        if "@total" not in hits:
            raise self._service.error("its response has no total: its format may have changed")
        infos = (as_object(as_object(hit).get("info")) for hit in listed(hits.get("hit")))
        people = [person for info in infos if (person := _person_of_hit(info))]
        return [*map(self._in_detail, people[:_DETAILED]), *people[_DETAILED:]]

    def _in_detail(self, person: Person) -> Person:
        """Return a person with the ORCID iD and titles of their page, if it can be read."""
        try:
            return self.person(person.ids[0])
        except DigestmailError:
            return person

    def person(self, person_id: PersonId) -> Person:
        """Return the author with an id; see AuthorDirectory."""
        return _person(self._page(person_id), person_id)

    def works(self, person: Person, since: date) -> list[Work]:
        """Return the works of a person published since the year of a day; see AuthorDirectory."""
        pages = (self._page(i) for i in person.ids if i.directory is DirectoryName.DBLP)
        works = (item for page in pages for item in _works(page))
        return newest_first(item for item in works if is_since(item, since))

    def _page(self, person_id: PersonId) -> Element:
        url = f"{self._url}/pid/{quote(person_id.value)}.xml"
        try:
            root = document(self._service.get(url).content, self._service)
        except RefusedError as error:
            raise self._missing(person_id, error) from error
        if root.tag != "dblpperson":
            raise self._service.error(f"its response is not a dblpperson but “{root.tag[:40]}”")
        return root


def _person_of_hit(info: JsonObject) -> Person | None:
    """Return the person of a hit of the search, which knows neither works nor fields."""
    own_id, name = _own_id(as_text(info.get("url"))), _name(as_text(info.get("author")))
    notes = (as_object(note) for note in listed(as_object(info.get("notes")).get("note")))
    places = [note.get("text") for note in notes if note.get("@type") == "affiliation"]
    if not own_id or not name:
        return None
    return Person(name=name, ids=(own_id,), institution=next(iter(plain_texts(places, 1)), ""))


def _person(page: Element, own_id: PersonId) -> Person:
    affiliations = [note.text for note in page.iterfind("person/note[@type='affiliation']")]
    orcids = (orcid(address.text) for address in page.iterfind("person/url"))
    works = newest_first(_works(page))
    return Person(
        name=_name(page.get("name", "")) or own_id.value,
        ids=tuple(filter(None, [next(filter(None, orcids), None), own_id])),
        institution=next(iter(plain_texts(affiliations, 1)), ""),
        titles=plain_texts([item.paper.title for item in works], TITLES),
        works_count=count_of(int(page.get("n", "0")))
        if page.get("n", "").isdecimal()
        else len(works),
    )


def _works(page: Element) -> Iterator[Work]:
    """Yield the works of a page; one that cannot be read is passed over."""
    for record in page.iterfind("r/*"):
        if record.tag in _NO_WORKS or record.get("publtype") == "withdrawn":
            continue
        try:
            yield _work(record)
        except RecordError:
            continue


def _work(record: Element) -> Work:
    addresses = [address.text or "" for address in record.iterfind("ee")]
    work_doi = next(filter(None, map(doi, addresses)), "")
    arxiv = next(filter(arxiv_id, [work_doi, *addresses]), "")
    own_key = f"{KEY_PREFIX}:{record.get('key', '')}"
    title = record.find("title")
    authors = [(_name(author.text or ""), _ids(author)) for author in record.iterfind("author")]
    fields = {
        "arxiv_id": arxiv,
        "id": own_key,
        "doi": work_doi,
        "title": tostring(title, "unicode") if title is not None else "",  # may hold markup
        "authors": [name for name, _ in authors],
        "categories": [record.findtext("journal") or record.findtext("booktitle")],
        "url": next(iter(addresses), ""),
    }
    paper = paper_of(fields, arxiv, work_doi, own_key, source=DirectoryName.DBLP)
    return work(paper, authors, year_of(record.findtext("year")))


def _ids(author: Element) -> tuple[PersonId | None, ...]:
    pid = author.get("pid", "")
    return orcid(author.get("orcid")), _own_id(f"dblp:{pid}") if pid else None


def _own_id(address: str) -> PersonId | None:
    is_own = address.startswith(("dblp:", "https://dblp.org/pid/"))
    parsed = person_id(address) if is_own and " " not in address else None
    return parsed if parsed and parsed.directory is DirectoryName.DBLP else None


def _name(text: str) -> str:
    """Return a name without the number by which DBLP tells namesakes apart ("0001")."""
    return author_name(plain(text))


KIND = DirectoryKind(
    name=DirectoryName.DBLP,
    url=BASE_URL,
    min_interval=1.0,  # it asks for a second or two
    build=DblpDirectory,
)
