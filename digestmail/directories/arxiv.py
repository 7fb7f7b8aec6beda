"""arXiv: the papers of authors who claimed an author identifier or linked an ORCID iD.

https://info.arxiv.org/help/author_identifiers.html. The feed of an identifier has all papers that
its owner claims. There is no search by name.
"""

from collections import Counter
from datetime import date
from typing import ClassVar
from urllib.parse import quote
from xml.etree.ElementTree import Element

from digestmail.directories.kind import DirectoryKind, WebDirectory
from digestmail.directories.records import (
    FIELDS,
    TITLES,
    is_since,
    newest_first,
    plain,
    plain_texts,
    work,
)
from digestmail.domain import DirectoryName, Person, PersonId, Work
from digestmail.errors import NotFoundError
from digestmail.sources.arxiv.api import read_entry
from digestmail.sources.arxiv.xml import document
from digestmail.sources.services.json_api import RefusedError
from digestmail.text import one_line

BASE_URL = "https://arxiv.org/"
_OF_TITLE = ("'s articles on arXiv", "’s articles on arXiv")


class ArxivDirectory(WebDirectory):
    """The author identifiers of arXiv, also by ORCID iD."""

    name: ClassVar = DirectoryName.ARXIV
    title: ClassVar = "arXiv"
    readable: ClassVar = frozenset({DirectoryName.ARXIV, DirectoryName.ORCID})

    def people(self, name: str) -> list[Person]:  # noqa: ARG002 - arXiv has no search by name
        """Return nobody, since arXiv lists its authors by identifier only."""
        return []

    def person(self, person_id: PersonId) -> Person:
        """Return the person with an identifier or ORCID iD; see AuthorDirectory."""
        feed = self._feed(person_id)
        works = _works(feed)
        categories = Counter(name for item in works for name in item.paper.categories[:1])
        return Person(
            name=_name(feed) or person_id.value,
            ids=(person_id,),
            fields=plain_texts([name for name, _ in categories.most_common()], FIELDS),
            titles=plain_texts([item.paper.title for item in works], TITLES),
            works_count=len(works),
        )

    def works(self, person: Person, since: date) -> list[Work]:
        """Return the works of a person submitted since a day; see AuthorDirectory."""
        own_ids = [i for i in person.ids if i.directory is DirectoryName.ARXIV]
        ids = own_ids or [i for i in person.ids if i.directory in self.readable]
        works: list[Work] = []
        for i in ids:
            try:
                works += _works(self._feed(i))
            except NotFoundError:  # an ORCID iD that its owner has not linked
                continue
        return newest_first(item for item in works if is_since(item, since))

    def _feed(self, person_id: PersonId) -> Element:
        url = f"{self._url}/a/{quote(person_id.value)}.atom2"
        try:
            return document(self._service.get(url).content, "feed", url=url)
        except RefusedError as error:
            raise self._missing(person_id, error) from error


def _works(feed: Element) -> list[Work]:
    papers = (read_entry(entry, DirectoryName.ARXIV) for entry in feed.findall("{*}entry"))
    return newest_first(
        work(paper, ((name, ()) for name in paper.authors), 0) for paper in papers if paper
    )


def _name(feed: Element) -> str:
    title = one_line(feed.findtext("{*}title", ""))
    for suffix in _OF_TITLE:
        title = title.removesuffix(suffix)
    return plain(title)


KIND = DirectoryKind(
    name=DirectoryName.ARXIV,
    url=BASE_URL,
    min_interval=3.0,  # arXiv asks for it, over all its services
    build=ArxivDirectory,
)
