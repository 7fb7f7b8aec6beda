"""A kind of author directory, as its module declares it, and what it is built from."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from typing import ClassVar

from digestmail.domain import AuthorDirectory, DirectoryName, Person, PersonId
from digestmail.errors import NotFoundError
from digestmail.sources.http.client import WebClient
from digestmail.sources.http.throttle import LIMITS
from digestmail.sources.services.json_api import REFUSALS, JsonObject, RefusedError, Service

_MISSING = frozenset({404, 410})


@dataclass(frozen=True, slots=True, kw_only=True)
class DirectorySetup:
    """What one directory is built from: ``key`` and ``contact`` may be empty."""

    web: WebClient
    url: str
    today: Callable[[], date]
    contact: str = ""  # email address of the operator
    key: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class DirectoryKind:
    """A directory, declared at the end of its module and listed in ``registry``.

    ``min_interval`` are the seconds between two requests that the directory asks for, and
    ``first_pause`` those in which it is left alone after it refused one.
    """

    name: DirectoryName
    url: str
    min_interval: float
    build: Callable[[DirectorySetup], AuthorDirectory] = field(repr=False)
    first_pause: float = LIMITS.first_pause


class WebDirectory:
    """What the directories share: their service, and how they say that a person is missing."""

    name: ClassVar[DirectoryName]
    title: ClassVar[str]
    readable: ClassVar[frozenset[DirectoryName]]

    def __init__(self, setup: DirectorySetup, headers: dict[str, str] | None = None) -> None:
        self._url = setup.url.rstrip("/")
        self._today = setup.today
        self._service = Service(
            self.title,
            setup.web,
            secret=setup.key,
            headers=headers or {},
            refusals=REFUSALS | _MISSING,
        )

    def _get_person(self, url: str, person_id: PersonId) -> JsonObject:
        """Return the object at ``url``; NotFoundError where it is not there."""
        try:
            return self._service.get_object(url)
        except RefusedError as error:
            raise self._missing(person_id, error) from error

    def _missing(self, person_id: PersonId, error: RefusedError) -> Exception:
        """Return the error that the person is missing, or else the refusal."""
        if error.status in _MISSING:
            return NotFoundError(
                f"{self.title} does not list a person with the id {person_id.value}"
            )
        return error

    def _ids(self, person: Person) -> tuple[str, ...]:
        return person.ids_in(self.name)
