"""DBLP: the publications of computer science at some venues, or that match a query.

https://dblp.org/faq/13501473.html: ``search/publ/api``. DBLP knows only the year of a publication
and no abstract, so all of the year are requested: whoever stores them knows which are new.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime
from urllib.parse import urlencode

from digestmail.domain import BadRecord, Paper
from digestmail.errors import InputError
from digestmail.sources import options
from digestmail.sources.http.client import WebClient
from digestmail.sources.kind import Kind, Setup
from digestmail.sources.normalise.identifiers import arxiv_id, doi
from digestmail.sources.options import Options
from digestmail.sources.services.json_api import (
    JsonObject,
    Service,
    as_object,
    as_text,
    first_day,
    paper_of,
)
from digestmail.text import one_line

BASE_URL = "https://dblp.org/"
KEY_PREFIX = "dblp"
_OVERLAP_DAYS = 60  # publications of a year are added until some weeks after its end
_PAGE_SIZE = 1000  # the most that DBLP sends
_NO_PAPERS = frozenset({"Editorship", "Withdrawn Items", "Reference Works"})
_VENUE = re.compile(
    r"(?:https?://dblp\.org/)?(?:db/|streams/)?((?:conf|journals)/[\w-]+)/?", re.ASCII
)


class DblpSource:
    """The publications at ``venues`` (``conf/icml``, ``journals/jmlr``) that match ``query``.

    Either may be empty. ``today`` returns the date.
    """

    def __init__(
        self,
        web: WebClient,
        name: str = "dblp",
        base_url: str = BASE_URL,
        *,
        today: Callable[[], date],
        query: str = "",
        venues: Sequence[str] = (),
    ) -> None:
        self._url = f"{base_url.rstrip('/')}/search/publ/api"
        streams = [f"stream:streams/{venue}:" for venue in venues] or [""]
        self._queries = [f"{query} {stream}".strip() for stream in streams]
        self._service = Service("DBLP", web)
        self._name = name
        self._today = today

    def fetch(self, since: datetime | None) -> Iterator[Paper | BadRecord]:
        """Yield the publications of this year, and in its first weeks of the last; see Source."""
        today = self._today()
        years = range(today.year, first_day(since, today, _OVERLAP_DAYS).year - 1, -1)
        queries = (f"{query} year:{year}:" for query in self._queries for year in years)
        rows = (row for query in queries for row in self._rows(query))
        return self._service.papers_of_query(rows, self._paper, "key", "title")

    def _rows(self, query: str) -> Iterator[object]:
        offset, total = 0, 1
        while offset < total:
            paging = {"format": "json", "h": str(_PAGE_SIZE), "f": str(offset)}
            answer = self._service.get_object(f"{self._url}?{urlencode({'q': query} | paging)}")
            hits = as_object(as_object(answer.get("result")).get("hits"))
            count = as_text(hits.get("@total"))
            if not (count.isascii() and count.isdigit()):
                raise self._service.error("its response has no total: its format may have changed")
            rows, total = as_list(hits.get("hit")), int(count)
            if not rows:
                return
            yield from (as_object(row).get("info", row) for row in rows)
            offset += len(rows)

    def _paper(self, info: JsonObject) -> Paper | None:
        if as_text(info.get("type")) in _NO_PAPERS:
            return None
        record_key = one_line(as_text(info.get("key")))
        own_key = f"{KEY_PREFIX}:{record_key}" if record_key else ""
        addresses = [as_text(address) for address in as_list(info.get("ee"))]
        work_doi = next(filter(None, map(doi, [as_text(info.get("doi")), *addresses])), "")
        arxiv = next(filter(arxiv_id, [work_doi, *addresses]), "")
        record = {
            "arxiv_id": arxiv,
            "id": own_key,
            "doi": work_doi,
            "title": info.get("title"),
            "authors": [
                author_text(a) for a in as_list(as_object(info.get("authors")).get("author"))
            ],
            "categories": as_list(info.get("venue"))[:1],
            "url": next(iter(addresses), "") or info.get("url"),
        }
        return paper_of(record, arxiv, work_doi, own_key, source=self._name)


def as_list(value: object) -> list[object]:
    """Return the items of a list; DBLP sends a single one without its list."""
    return value if isinstance(value, list) else [] if value is None else [value]


def author_text(author: object) -> str:
    """Return the name of an author, an object or a string; namesakes have a number ("0001")."""
    return as_text(as_object(author).get("text", author))


# --- the kind --------------------------------------------------------------------------------


def venue_names(values: Options) -> tuple[str, ...]:
    """Return the venues of the option ``venues`` as DBLP names them; InputError for others."""
    names = []
    for venue in options.listed(values, "venues"):
        match = _VENUE.fullmatch(venue)
        if not match:
            raise InputError(
                "venues", f"“{venue[:60]}” is not a DBLP venue. Try conf/icml or journals/jmlr."
            )
        names.append(match[1])
    return tuple(dict.fromkeys(names))


def _check(values: Options) -> None:
    if not venue_names(values):
        options.required(values, "query")
    options.web_address(values, "url", BASE_URL)


def _build(setup: Setup) -> DblpSource:
    return DblpSource(
        setup.web,
        setup.name,
        options.web_address(setup.options, "url", BASE_URL),
        today=setup.today,
        query=options.optional(setup.options, "query"),
        venues=venue_names(setup.options),
    )


KIND = Kind(
    name="dblp",
    summary="publications of computer science, by venue or query; without abstracts",
    options={
        "venues": "DBLP's names of venues, separated by commas: conf/icml, journals/jmlr",
        "query": "in DBLP's own syntax: graph|tree neural$",
        "url": f"address of the API (default {BASE_URL})",
    },
    check=_check,
    build=_build,
    key_prefix=KEY_PREFIX,
)
