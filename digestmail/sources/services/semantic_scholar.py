"""Semantic Scholar: the papers that match a query, with their identifiers in other services.

https://api.semanticscholar.org/api-docs/graph, ``GET /paper/search/bulk``: pages of up to 1,000
papers, each with the token of the next. Without a key most requests are turned away (429). It
sends no summaries (``tldr``); ``POST /paper/batch`` does, for up to 500 papers.
"""

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from functools import partial
from urllib.parse import urlencode

from digestmail.domain import BadRecord, Paper, Source
from digestmail.errors import SourceError
from digestmail.sources import options
from digestmail.sources.http.client import WebClient
from digestmail.sources.kind import Kind, Setup
from digestmail.sources.normalise.identifiers import arxiv_id, doi, pubmed_key
from digestmail.sources.options import Options, check_api_key
from digestmail.sources.services.json_api import (
    RECORD_LIMIT,
    JsonObject,
    Service,
    as_object,
    as_objects,
    as_text,
    exact_date,
    first_day,
    paper_of,
)

BASE_URL = "https://api.semanticscholar.org/graph/v1/"
KEY_PREFIX = "s2"
_BATCH = 500  # papers of a request for summaries, as many as the service allows
_OVERLAP_DAYS = 14  # papers are added up to weeks after they were published
PAPER_FIELDS = "externalIds,url,title,abstract,authors,publicationDate,fieldsOfStudy,openAccessPdf"

log = logging.getLogger(__name__)


class SemanticScholarSource:
    """The papers that match ``query``, in the syntax of the bulk search.

    Its operators are ``+`` (and), ``|`` (or), ``-`` (not) and quotes. ``today`` returns the date.
    """

    def __init__(
        self,
        query: str,
        web: WebClient,
        name: str = "semantic_scholar",
        base_url: str = BASE_URL,
        *,
        today: Callable[[], date],
        api_key: str = "",
    ) -> None:
        self._url = f"{base_url.rstrip('/')}/paper"
        self._query = query
        key = check_api_key(api_key)
        headers = {"x-api-key": key} if key else {}
        self._service = Service("Semantic Scholar", web, secret=key, headers=headers)
        self._name = name
        self._today = today

    def fetch(self, since: datetime | None) -> Iterator[Paper | BadRecord]:
        """Yield the papers published since some weeks before ``since``; see Source."""
        today = self._today()
        rows = self._rows(first_day(since, today, _OVERLAP_DAYS))
        read = partial(paper_of_row, source=self._name, today=today)
        return self._service.papers_of_query(rows, read, "paperId", "title")

    def _rows(self, first: date) -> Iterator[object]:
        """Yield the rows of all pages; those before a failure come before its error."""
        rows: list[object] = []
        try:
            for page in self._pages(first):
                rows += page
                if len(rows) > RECORD_LIMIT:
                    break
        except SourceError:
            yield from rows
            raise
        yield from self._with_summaries(rows)

    def _pages(self, first: date) -> Iterator[list[object]]:
        query = {"query": self._query, "fields": PAPER_FIELDS, "publicationDateOrYear": f"{first}:"}
        tokens = set[str]()
        while True:
            answer = self._service.get_object(f"{self._url}/search/bulk?{urlencode(query)}")
            yield self._service.rows(answer, "data")
            token = as_text(answer.get("token"))
            if not token:
                return
            if token in tokens:
                raise self._service.error("it repeats its pages endlessly")
            tokens.add(token)
            query["token"] = token

    def _with_summaries(self, rows: Sequence[object]) -> Sequence[object]:
        """Return rows with the summaries that the bulk search does not send.

        Without a key the service would refuse so many requests. A failure costs summaries only.
        """
        ids = [as_text(as_object(row).get("paperId")) for row in rows]
        summaries = self._summaries(list(filter(None, ids))) if self._service.headers else {}
        return [
            {**row, "tldr": summaries[key]}
            if isinstance(row, Mapping) and key in summaries
            else row
            for row, key in zip(rows, ids, strict=True)
        ]

    def _summaries(self, ids: Sequence[str]) -> dict[str, object]:
        summaries: dict[str, object] = {}
        for start in range(0, len(ids), _BATCH):
            asked = {"ids": ids[start : start + _BATCH]}
            try:
                answer = self._service.post_json(f"{self._url}/batch?fields=tldr", asked)
            except SourceError as error:
                log.info("papers come without summaries: %s", error)
                break
            summaries |= {
                as_text(row.get("paperId")): row.get("tldr") for row in as_objects(answer)
            }
        return summaries


def paper_of_row(row: JsonObject, *, source: str, today: date) -> Paper:
    """Return the paper of a row; RecordError where it is unusable."""
    ids = as_object(row.get("externalIds"))
    arxiv, work_doi = as_text(ids.get("ArXiv")), doi(as_text(ids.get("DOI")))
    pmid = pubmed_key(ids.get("PubMed"))
    paper_id = as_text(row.get("paperId"))
    own_key = f"{KEY_PREFIX}:{paper_id}" if paper_id else ""
    record = {
        "arxiv_id": arxiv if arxiv_id(arxiv) else "",
        "id": own_key or pmid,
        "doi": work_doi,
        "title": row.get("title"),
        "abstract": row.get("abstract"),
        "authors": row.get("authors"),
        "categories": row.get("fieldsOfStudy"),
        "url": row.get("url"),
        "published": row.get("publicationDate"),
        "tldr": as_object(row.get("tldr")).get("text"),
        "tldr_source": "Semantic Scholar",
        "pdf_url": as_object(row.get("openAccessPdf")).get("url"),
    }
    paper = paper_of(record, arxiv, work_doi, pmid, own_key, source=source)
    return replace(paper, published_at=exact_date(paper.published_at, today))


# --- the kind --------------------------------------------------------------------------------


def _check(values: Options) -> None:
    options.required(values, "query")
    check_api_key(options.optional(values, "api_key"))
    options.web_address(values, "url", BASE_URL)


def _build(setup: Setup) -> Source:
    return SemanticScholarSource(
        options.required(setup.options, "query"),
        setup.web,
        setup.name,
        options.web_address(setup.options, "url", BASE_URL),
        today=setup.today,
        api_key=options.optional(setup.options, "api_key"),
    )


KIND = Kind(
    name="semantic_scholar",
    summary="papers that match a Semantic Scholar query",
    options={
        "query": 'bulk-search syntax: +teapot | "tea pot" -coffee',
        "api_key": "API key; without it, most requests are refused",
        "url": f"address of the API (default {BASE_URL})",
    },
    check=_check,
    build=_build,
    key_prefix=KEY_PREFIX,
    secrets=frozenset({"api_key"}),
)
