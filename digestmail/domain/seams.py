"""The seams: what may be exchanged without the rest noticing. Only these are Protocols."""

from collections.abc import Awaitable, Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar, Protocol

from digestmail.domain.delivery import Message, SendResult
from digestmail.domain.digests import Score
from digestmail.domain.libraries import LibraryChanges, LibraryCollection
from digestmail.domain.papers import BadRecord, Paper
from digestmail.domain.people import DirectoryName, Person, PersonId, Work
from digestmail.domain.subscribers import Profile


class Clock(Protocol):
    """Tells the time, always aware and in UTC."""

    def __call__(self) -> datetime: ...


class Source(Protocol):
    """Where papers come from."""

    def fetch(self, since: datetime | None) -> Iterator[Paper | BadRecord]:
        """Yield what the source has, at least all that appeared after ``since``.

        A record that cannot be used is yielded as a BadRecord, never raised. Raises SourceError
        when the source as a whole cannot be read.
        """
        ...


class AuthorDirectory(Protocol):
    """Where people who write papers are listed with their works.

    All methods raise SourceError when the directory cannot be read.
    """

    name: ClassVar[DirectoryName]
    title: ClassVar[str]  # as people know it
    readable: ClassVar[frozenset[DirectoryName]]  # whose ids ``person`` can look up

    def people(self, name: str) -> list[Person]:
        """Return the people whose name is like ``name``, the best match first; none is normal."""
        ...

    def person(self, person_id: PersonId) -> Person:
        """Return the person with an id of a ``readable`` directory; NotFoundError without one."""
        ...

    def works(self, person: Person, since: date) -> list[Work]:
        """Return the works of a person published since a day, newest first.

        Empty where the person has no id in this directory.
        """
        ...


class OnlineLibrary(Protocol):
    """A person's library of papers at another service.

    Both methods raise SourceError when it cannot be read.
    """

    def collections(self) -> list[LibraryCollection]:
        """Return the collections of the library; none where it has no such thing."""
        ...

    def changes(self, since: str = "") -> LibraryChanges:
        """Return the changes since the version of earlier ones; with an empty one, the whole."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Interest:
    """A profile with the papers it speaks of, ready to be scored.

    ``weights`` tell how much each of ``liked``, then each of ``disliked`` still counts, in (0, 1];
    empty: all fully. Of the papers scored (in order of first sight), those from position
    ``first`` on are allowed, except the positions in ``blocked``, which the subscriber has been
    shown before.
    """

    profile: Profile
    seeds: tuple[Paper, ...] = ()
    liked: tuple[Paper, ...] = ()
    disliked: tuple[Paper, ...] = ()
    weights: tuple[float, ...] = ()
    first: int = 0
    blocked: frozenset[int] = frozenset()


class Scorer(Protocol):
    """Judges the papers it was made for."""

    def score(self, interests: Sequence[Interest]) -> list[tuple[Score, ...]]:
        """Return for each interest its best papers, best first, at most ``profile.max_papers``.

        All are at or above the profile's threshold, or pinned. Hard rules have been applied.
        """
        ...

    def permitted(self, profile: Profile) -> Collection[int]:
        """Return the positions of the papers that a profile's hard rules permit."""
        ...

    def central(self, positions: Sequence[int], limit: int) -> Sequence[int]:
        """Return at most ``limit`` papers that stand best for all of these, the best first."""
        ...


# From the papers to be judged, and others that show how rare words are and what nobody asked for.
ScorerFactory = Callable[[Sequence[Paper], Sequence[Paper]], Scorer]


class Mailer(Protocol):
    """Hands messages to whoever delivers them."""

    concurrency: int  # how many sends may run at the same time

    async def send(self, message: Message, claim: Callable[[], Awaitable[bool]]) -> SendResult:
        """Send one message; never raises for what a server or network did.

        ``claim`` is awaited once the recipient was accepted and before the message is handed
        over: it records that the message is on the wire. When it answers False nothing is handed
        over and the outcome is WITHDRAWN.
        """
        ...

    async def close(self) -> None:
        """End all connections."""
        ...
