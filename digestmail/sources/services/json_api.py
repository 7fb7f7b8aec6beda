"""Services with a JSON interface: requests with clear errors, and answers read with care."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from itertools import islice

from digestmail.domain import BadRecord, Paper
from digestmail.errors import SourceError
from digestmail.sources.http.client import Response, WebClient, status_line
from digestmail.sources.normalise.identifiers import arxiv_id, doi, is_own_key
from digestmail.sources.normalise.paper import RecordError, paper_from_record, unique_papers
from digestmail.text import one_line

RECORD_LIMIT = 10_000  # of one fetch: a query with more results is too broad for a digest
JsonObject = Mapping[str, object]

REFUSALS = frozenset({400, 401, 403})
_REASON_LIMIT = 200
_BACKFILE = timedelta(days=400)  # a journal may be a year late with its own issues


class RefusedError(SourceError):
    """The service says that the query or the key is wrong."""

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True, slots=True)
class Service:
    """A web interface that a source queries; ``name`` begins every error about it.

    ``secret`` is a value that must never be displayed, such as an API key. ``headers`` go with
    each request. ``refusals`` are the statuses by which the service says that a query is wrong.
    """

    name: str
    web: WebClient
    secret: str = field(default="", repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    refusals: frozenset[int] = REFUSALS

    def get(self, url: str) -> Response:
        """Return the answer, of status 200; raise RefusedError with a reason, or SourceError."""
        try:
            response = self.web.get(url, expected=(200, *self.refusals), headers=self.headers)
        except SourceError as error:
            raise self.error(str(error)) from error
        if response.status in self.refusals:
            reason = self._redacted(_reason(response.content))
            problem = f"{self.name} refuses the query ({status_line(response.status)})"
            raise RefusedError(f"{problem}: {reason}" if reason else problem, response.status)
        return response

    def get_json(self, url: str) -> object:
        """Return the JSON value at ``url``; SourceError where the answer is none."""
        return self.parsed(self.get(url).content)

    def post_json(self, url: str, value: object) -> object:
        """Return the JSON value that answers ``value``; SourceError where the answer is none."""
        try:
            return self.parsed(self.web.post_json(url, value, headers=self.headers).content)
        except SourceError as error:
            raise self.error(str(error).removeprefix(f"{self.name}: ")) from error

    def parsed(self, content: bytes) -> object:
        """Return the JSON value of an answer; SourceError where it is none."""
        try:
            value: object = json.loads(content)
        except (ValueError, RecursionError) as error:
            if content.lstrip()[:1] in (b"{", b"["):
                raise self.error("its JSON is broken or truncated") from error
            start = one_line(content[:200].decode("utf-8", "replace"))[:40]
            raise self.error(f"its response is not JSON: it begins with '{start}'") from error
        return value

    def get_object(self, url: str) -> JsonObject:
        """Return the JSON object at ``url``; SourceError where the answer is none."""
        answer = self.get_json(url)
        if not isinstance(answer, Mapping):
            raise self.error("its response is not a JSON object: its format may have changed")
        return answer

    def rows(self, answer: JsonObject, name: str) -> list[object]:
        """Return the list that ``answer`` holds under ``name``; SourceError where there is none."""
        rows = answer.get(name)
        if not isinstance(rows, list):
            raise self.error(f"its response has no list “{name}”: its format may have changed")
        return rows

    def error(self, problem: str) -> SourceError:
        """Return the error that states ``problem`` on one line, without the secret."""
        return SourceError(f"{self.name}: {self._redacted(problem)}")

    def papers(
        self,
        rows: Iterable[object],
        read_row: Callable[[JsonObject], Paper | None],
        *label_fields: str,
    ) -> Iterator[Paper | BadRecord]:
        """Yield the paper of each row; a ``null``, and a row read as None, are passed over.

        The first of ``label_fields`` that a row has names it when it is bad; see ``validated``.
        """
        return self.validated(
            _read_row(row, read_row, _label(row, label_fields, number))
            for number, row in enumerate(rows, 1)
        )

    def papers_of_query(
        self,
        rows: Iterator[object],
        read_row: Callable[[JsonObject], Paper | None],
        *label_fields: str,
    ) -> Iterator[Paper | BadRecord]:
        """Yield as ``papers`` does, each paper once, from at most RECORD_LIMIT rows.

        A BadRecord at the end reports that there were more.
        """
        yield from unique_papers(self.papers(islice(rows, RECORD_LIMIT), read_row, *label_fields))
        if any(True for _ in islice(rows, 1)):
            yield truncated_query()

    def validated(self, results: Iterable[Paper | BadRecord | None]) -> Iterator[Paper | BadRecord]:
        """Yield ``results`` without None; raise SourceError at their end where all were bad."""
        first_bad, readable, unreadable = None, 0, 0
        for result in results:
            if isinstance(result, BadRecord):
                first_bad, unreadable = first_bad or result, unreadable + 1
            else:
                readable += 1
            if result:
                yield result
        if first_bad and not readable:
            raise self.error(
                f"0 of {unreadable} records could be read ({first_bad.where}: {first_bad.problem}):"
                " its format may have changed"
            )

    def _redacted(self, problem: str) -> str:
        secret = self.secret.strip()
        return one_line(problem.replace(secret, "***") if secret else problem)


def _reason(content: bytes) -> str:
    try:
        answer = json.loads(content)
    except (ValueError, RecursionError):
        return ""
    fields = answer if isinstance(answer, Mapping) else {}
    reason = as_text(fields.get("message")) or as_text(fields.get("error"))
    return one_line(reason)[:_REASON_LIMIT]


# --- JSON values -----------------------------------------------------------------------------


def as_text(value: object) -> str:
    """Return ``value`` where it is a string, else an empty one."""
    return value if isinstance(value, str) else ""


def as_object(value: object) -> JsonObject:
    """Return ``value`` where it is an object, else an empty one."""
    return value if isinstance(value, Mapping) else {}


def as_objects(value: object) -> list[JsonObject]:
    """Return the objects in ``value`` where it is a list, else none."""
    return [item for item in value if isinstance(item, Mapping)] if isinstance(value, list) else []


# --- records ---------------------------------------------------------------------------------


def _label(row: object, names: Iterable[str], number: int) -> str:
    values = (one_line(as_text(as_object(row).get(name)))[:100] for name in names)
    name = next(filter(None, values), "")
    return f"paper {name}" if name else f"record {number}"


def _read_row(
    row: object, read_row: Callable[[JsonObject], Paper | None], label: str
) -> Paper | BadRecord | None:
    if row is None:
        return None
    if not isinstance(row, Mapping):
        return BadRecord(label, "it is not a JSON object")
    try:
        return read_row(row)
    except RecordError as error:
        return BadRecord(label, str(error))


def paper_of(record: JsonObject, *names: str, source: str) -> Paper:
    """Return the paper of a record, as ``paper_from_record``, with its other names as aliases.

    A name is a DOI, an arXiv id, or a key such as ``pmid:123``; any other is left out.
    """
    paper = paper_from_record(record, source=source)
    keys = dict.fromkeys([*paper.aliases, *filter(None, map(_key, names))])
    return replace(paper, aliases=tuple(key for key in keys if key != paper.key))


def _key(name: str) -> str:
    if number := arxiv_id(name):
        return f"arxiv:{number[0]}"
    if work_doi := doi(name):
        return f"doi:{work_doi}"
    return name if is_own_key(name) else ""


def truncated_query(count: str = f"more than {RECORD_LIMIT:,}") -> BadRecord:
    """Return the report that a query has ``count`` results, more than were read."""
    return BadRecord(
        "the query", f"it has {count} papers, {RECORD_LIMIT:,} were read; narrow the query"
    )


# --- pages ----------------------------------------------------------------------------------


def cursor_rows(page: Callable[[str], tuple[list[object], str]]) -> Iterator[object]:
    """Yield the rows of all pages; ``page`` returns those at a cursor, and the next cursor.

    The first cursor is ``*``. Ends at an empty page, without a cursor, or where a page repeats: a
    cursor may stay the same from page to page.
    """
    cursor, previous = "*", list[object]()
    while cursor:
        rows, cursor = page(cursor)
        if not rows or rows == previous:
            return
        yield from rows
        previous = rows


# --- days ------------------------------------------------------------------------------------


def first_day(since: datetime | None, today: date, overlap_days: int) -> date:
    """Return the first day to ask for: ``overlap_days`` before ``since`` or today, the earlier.

    Services date by the day, in zones of their own, and list some papers late.
    """
    reached = min(since.astimezone(UTC).date(), today) if since else today
    return reached - timedelta(days=overlap_days)


def exact_date(published: datetime | None, today: date) -> datetime | None:
    """Return ``published``; None if it is yet to come, or the first of January.

    Services give the latter where they only know the year.
    """
    if published is None or published.date() > today:
        return None
    return None if (published.month, published.day) == (1, 1) else published


def is_backfile(published: datetime | None, listed: datetime | None) -> bool:
    """Return whether a work was published long before a service listed it, and so is no news.

    Publishers and libraries enter the volumes of past years by the thousand.
    """
    return bool(published and listed and listed - published > _BACKFILE)
