"""Lookups in all directories at once, for a page that waits only so long.

Each directory has one thread and its own client. One that fails, is slow or is busy costs its own
answer: the others are returned, and what comes later is kept for the next lookup.
"""

import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Generic, TypeVar

from cachetools import TTLCache

from digestmail.directories.merge import merged_people, merged_works, ranked
from digestmail.domain import AuthorDirectory, DirectoryName, Person, PersonId, Work
from digestmail.errors import DigestmailError, InputError, NotFoundError
from digestmail.i18n import N_, Translatable
from digestmail.text import one_line

_T = TypeVar("_T")
_Question = tuple[Any, ...]  # the method and its arguments
_NAME_LIMIT = 100  # characters
_LEAST_LETTERS = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class LookupLimits:
    """The limits of lookups; seconds and counts."""

    wait_seconds: float = 6.0  # for which a visitor looks at a form that does not answer
    cache_seconds: float = 24 * 3600.0  # directories change by the week
    cache_records: int = 20_000  # people and works, of 3 kB each with an abstract: 60 MB
    requests_per_minute: int = 60  # to all directories, by all visitors
    backlog: int = 4  # lookups that may wait for one directory
    people: int = 20  # in an answer: more namesakes than anybody reads


@dataclass(frozen=True, slots=True)
class Lookup(Generic[_T]):
    """The answer of all directories, and the problem of each that has none."""

    result: _T
    problems: dict[DirectoryName, str] = field(default_factory=dict)


class DirectoryLookup:
    """Lookups in ``directories``, the most reliable first. May be shared between threads.

    ``monotonic`` is the clock of cache and limits. Close it to end its threads; ``on_close`` ends
    what the directories need.
    """

    def __init__(
        self,
        directories: Sequence[AuthorDirectory],
        *,
        monotonic: Callable[[], float],
        limits: LookupLimits | None = None,
        on_close: Callable[[], object] = lambda: None,
    ) -> None:
        self._directories = directories
        self._limits = limits or LookupLimits()
        self._monotonic = monotonic
        self._on_close = on_close
        self._lock = threading.Lock()
        self._cache = TTLCache[tuple[object, ...], Future[Any]](
            self._limits.cache_records, self._limits.cache_seconds, monotonic, _record_count
        )
        self._pending: dict[tuple[object, ...], Future[Any]] = {}
        self._requests = deque[float]()
        self._threads = {
            d.name: ThreadPoolExecutor(1, thread_name_prefix=f"directory-{d.name}")
            for d in directories
        }

    def close(self) -> None:
        """End the threads, and with them the requests that run now."""
        for thread in self._threads.values():
            thread.shutdown(wait=False, cancel_futures=True)
        self._on_close()

    def people(self, name: str) -> Lookup[list[Person]]:
        """Return the people whose name is like ``name``, most likely first; InputError for none."""
        name = one_line(name)
        if sum(map(str.isalpha, name)) < _LEAST_LETTERS or len(name) > _NAME_LIMIT:
            message = N_("“%(text)s” is not a name. Type first and last name.")
            raise InputError("person", Translatable(message, text=name[:_NAME_LIMIT]))
        answers = self._answers(
            {d: ("people", name.casefold()) for d in self._directories},
            lambda directory, _: directory.people(name),
        )
        people = ranked(merged_people(answers.result.values()), name)
        return Lookup(people[: self._limits.people], answers.problems)

    def person(self, person_id: PersonId) -> Lookup[Person | None]:
        """Return the person with an id, as all directories that can read it know them.

        Directories that list the person under another id, which the first ones tell, are asked in
        the time that is left. None where nobody lists the person.
        """
        deadline = self._monotonic() + self._limits.wait_seconds
        people: dict[DirectoryName, Person] = {}
        problems: dict[DirectoryName, str] = {}
        readers, ids = set[DirectoryName](), [person_id]
        while ids and self._monotonic() < deadline:
            keys = {
                directory: ("person", readable[0])
                for directory in self._directories
                if directory.name not in readers
                and (readable := [i for i in ids if i.directory in directory.readable])
            }
            readers |= {directory.name for directory in keys}
            answers = self._answers(keys, _person_or_none, deadline - self._monotonic())
            problems |= answers.problems
            people |= {name: person for name, person in answers.result.items() if person}
            ids = [i for person in people.values() for i in person.ids] if keys else []
        names = (directory.name for directory in self._directories)
        in_order = [people[name] for name in names if name in people]
        return Lookup(next(iter(merged_people([in_order])), None), problems)

    def works(self, person: Person, since: date) -> Lookup[list[Work]]:
        """Return the works of a person published since a day, newest first, each once."""
        directories = {i.directory for i in person.ids}
        readers = [d for d in self._directories if not directories.isdisjoint(d.readable)]
        answers = self._answers(
            dict.fromkeys(readers, ("works", person.ids, since)),
            lambda directory, _: directory.works(person, since),
        )
        return Lookup(merged_works(answers.result.values()), answers.problems)

    # --- requests ---------------------------------------------------------------------------

    def _answers(
        self,
        keys: Mapping[AuthorDirectory, _Question],
        request: Callable[[AuthorDirectory, _Question], _T],
        timeout: float | None = None,
    ) -> Lookup[dict[DirectoryName, _T]]:
        """Return the answers that come in time, in the order of the directories.

        ``keys`` tell the question to each directory apart from others, for the cache.
        """
        problems: dict[DirectoryName, str] = {}
        futures: dict[DirectoryName, Future[_T]] = {}
        for directory, key in keys.items():
            future = self._future(directory, key, request)
            if future is None:
                problems[directory.name] = f"{directory.title} is busy"
            else:
                futures[directory.name] = future
        wait(futures.values(), self._limits.wait_seconds if timeout is None else timeout)
        titles = {directory.name: directory.title for directory in keys}
        results: dict[DirectoryName, _T] = {}
        for name, future in futures.items():
            if not future.done():
                problems[name] = f"{titles[name]} is slow"
            elif error := future.exception():
                problems[name] = _problem(error)
            else:
                results[name] = future.result()
        return Lookup(results, problems)

    def _future(
        self,
        directory: AuthorDirectory,
        question: _Question,
        request: Callable[[AuthorDirectory, _Question], _T],
    ) -> Future[_T] | None:
        """Return the answer from the cache, the one under way, or a new one; None when busy."""
        key = (directory.name, *question)
        with self._lock:
            known = self._cache.get(key) or self._pending.get(key)
            if known is not None and not _has_failed(known):
                return known
            waiting = sum(pending[0] == directory.name for pending in self._pending)
            if waiting >= self._limits.backlog or not self._may_request():
                return None
            future = self._threads[directory.name].submit(request, directory, question)
            self._pending[key] = future
        future.add_done_callback(lambda finished: self._store(key, finished))
        return future

    def _may_request(self) -> bool:
        now = self._monotonic()
        while self._requests and self._requests[0] <= now - 60:
            self._requests.popleft()
        if len(self._requests) >= self._limits.requests_per_minute:
            return False
        self._requests.append(now)
        return True

    def _store(self, key: tuple[object, ...], future: Future[_T]) -> None:
        with self._lock:
            if self._pending.get(key) is future:
                del self._pending[key]
            if not _has_failed(future):
                self._cache[key] = future


def _has_failed(future: Future[Any]) -> bool:
    return future.done() and (future.cancelled() or future.exception() is not None)


def _record_count(future: Future[Any]) -> int:
    """Return the number of people or works in an answer, at least one."""
    result = future.result()
    return max(1, len(result)) if isinstance(result, list) else 1


def _person_or_none(directory: AuthorDirectory, question: _Question) -> Person | None:
    try:
        return directory.person(question[1])
    except NotFoundError:
        return None


def _problem(error: BaseException) -> str:
    """Return the line of an error that a directory is to blame for; raise any other."""
    if isinstance(error, DigestmailError):
        return str(error)
    raise error
