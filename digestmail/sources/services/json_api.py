"""What services answer to a query, read with care: shared by the sources that ask one."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from itertools import islice

from digestmail.domain import BadRecord, Paper
from digestmail.errors import SourceError
from digestmail.sources.http.client import Response, WebClient, status_line
from digestmail.sources.normalise.identifiers import arxiv_id, doi, is_own_key
from digestmail.sources.normalise.paper import RecordError, paper_from_record
from digestmail.text import one_line

MOST_RECORDS = 10_000  # of one fetch: a query that finds more is too broad for a digest
JsonObject = Mapping[str, object]

_REFUSALS = (400, 401, 403)
_REASON_LIMIT = 200


class RefusedError(SourceError):
    """The service says that the query or the key is wrong."""

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True, slots=True)
class Service:
    """An interface on the web that a source asks; ``name`` begins every error about it.

    ``secret`` is whatever must never be shown, such as an API key; ``headers`` go with each
    request.
    """

    name: str
    web: WebClient
    secret: str = field(default="", repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)

    def get(self, url: str) -> Response:
        """The answer, of status 200; else RefusedError with the reason given, or SourceError."""
        try:
            response = self.web.get(url, expected=(200, *_REFUSALS), headers=self.headers)
        except SourceError as error:
            raise self.error(str(error)) from error
        if response.status in _REFUSALS:
            reason = self._safe(_reason(response.content))
            told = f"{self.name} refuses the query ({status_line(response.status)})"
            raise RefusedError(f"{told}: {reason}" if reason else told, response.status)
        return response

    def get_json(self, url: str) -> object:
        """The JSON value at ``url``; SourceError where the answer is none."""
        content = self.get(url).content
        try:
            value: object = json.loads(content)
        except (ValueError, RecursionError) as error:
            if content.lstrip()[:1] in (b"{", b"["):
                raise self.error("its JSON is broken or cut short") from error
            start = one_line(content[:200].decode("utf-8", "replace"))[:40]
            raise self.error(f"its answer is not JSON: it begins with '{start}'") from error
        return value

    def get_object(self, url: str) -> JsonObject:
        """The JSON object at ``url``; SourceError where the answer is none."""
        answer = self.get_json(url)
        if not isinstance(answer, Mapping):
            raise self.error("its answer is not a JSON object: its format may have changed")
        return answer

    def rows(self, answer: JsonObject, name: str) -> list[object]:
        """The list that ``answer`` holds under ``name``; SourceError where there is none."""
        rows = answer.get(name)
        if not isinstance(rows, list):
            raise self.error(f"its answer has no list “{name}”: its format may have changed")
        return rows

    def error(self, problem: str) -> SourceError:
        """The error that tells ``problem`` on one line, without the secret."""
        return SourceError(f"{self.name}: {self._safe(problem)}")

    def read(
        self, rows: Iterable[object], read: Callable[[JsonObject], Paper | None], *names: str
    ) -> Iterator[Paper | BadRecord]:
        """Each row read; a ``null`` and what ``read`` answers with None are passed over.

        ``names`` are the fields that may tell which row was bad; see ``judged``.
        """
        return self.judged(
            _read(row, read, _where(row, names, number)) for number, row in enumerate(rows, 1)
        )

    def read_query(
        self, rows: Iterator[object], read: Callable[[JsonObject], Paper | None], *names: str
    ) -> Iterator[Paper | BadRecord]:
        """As ``read``, each paper once, and of at most MOST_RECORDS rows, where it tells so."""
        yield from each_once(self.read(islice(rows, MOST_RECORDS), read, *names))
        if any(True for _ in islice(rows, 1)):
            yield too_many()

    def judged(self, results: Iterable[Paper | BadRecord | None]) -> Iterator[Paper | BadRecord]:
        """``results`` as they come, without None; SourceError at their end where all were bad."""
        first, read_well, bad = None, 0, 0
        for result in results:
            if isinstance(result, BadRecord):
                first, bad = first or result, bad + 1
            else:
                read_well += 1
            if result:
                yield result
        if first and not read_well:
            raise self.error(
                f"0 of {bad} records could be read ({first.where}: {first.problem}):"
                " its format may have changed"
            )

    def _safe(self, problem: str) -> str:
        secret = self.secret.strip()
        return one_line(problem.replace(secret, "***") if secret else problem)


def _reason(content: bytes) -> str:
    try:
        answer = json.loads(content)
    except (ValueError, RecursionError):
        return ""
    fields = answer if isinstance(answer, Mapping) else {}
    reason = text(fields.get("message")) or text(fields.get("error"))
    return one_line(reason)[:_REASON_LIMIT]


# --- JSON values -----------------------------------------------------------------------------


def text(value: object) -> str:
    """``value`` where it is a string, else empty."""
    return value if isinstance(value, str) else ""


def fields(value: object) -> JsonObject:
    """``value`` where it is an object, else an empty one."""
    return value if isinstance(value, Mapping) else {}


def objects(value: object) -> list[JsonObject]:
    """The objects of ``value`` where it is a list."""
    return [item for item in value if isinstance(item, Mapping)] if isinstance(value, list) else []


# --- records ---------------------------------------------------------------------------------


def _where(row: object, names: Iterable[str], number: int) -> str:
    values = (one_line(text(fields(row).get(name)))[:100] for name in names)
    name = next(filter(None, values), "")
    return f"paper {name}" if name else f"record {number}"


def _read(
    row: object, read: Callable[[JsonObject], Paper | None], where: str
) -> Paper | BadRecord | None:
    if row is None:
        return None
    if not isinstance(row, Mapping):
        return BadRecord(where, "it is not a JSON object")
    try:
        return read(row)
    except RecordError as error:
        return BadRecord(where, str(error))


def each_once(results: Iterable[Paper | BadRecord]) -> Iterator[Paper | BadRecord]:
    """``results`` without the papers that came before."""
    seen: set[str] = set()
    for result in results:
        if isinstance(result, BadRecord):
            yield result
        elif result.key not in seen:
            seen.add(result.key)
            yield result


def paper_of(record: JsonObject, *names: str, source: str) -> Paper:
    """``paper_from_record`` with what ``names`` say as aliases.

    A name is a DOI, an arXiv id, or a key such as ``pmid:123``; any other is left out.
    """
    paper = paper_from_record(record, source=source)
    keys = dict.fromkeys([*paper.aliases, *filter(None, map(_key, names))])
    return replace(paper, aliases=tuple(key for key in keys if key != paper.key))


def _key(name: str) -> str:
    if found := arxiv_id(name):
        return f"arxiv:{found[0]}"
    if work_doi := doi(name):
        return f"doi:{work_doi}"
    return name if is_own_key(name) else ""


def too_many(found: str = f"more than {MOST_RECORDS:,}") -> BadRecord:
    """Tells that a query was cut off."""
    return BadRecord(
        "the query", f"it finds {found} papers; {MOST_RECORDS:,} were read: narrow the query"
    )


# --- days ------------------------------------------------------------------------------------


def first_day(since: datetime | None, today: date, back: int) -> date:
    """The day to ask from: ``back`` days before ``since``, or before today where that is earlier.

    Services date by the day, in zones of their own, and list some papers late.
    """
    asked = min(since.astimezone(UTC).date(), today) if since else today
    return asked - timedelta(days=back)


def certain_day(published: datetime | None, today: date) -> datetime | None:
    """``published``, unless it is yet to come or stands for a year: the first of January."""
    if published is None or published.date() > today:
        return None
    return None if (published.month, published.day) == (1, 1) else published
