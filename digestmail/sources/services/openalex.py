"""OpenAlex: works of all publishers by search words, concepts or topics, with their identifiers.

https://docs.openalex.org. Only subscribers learn when a work was added, so works are requested
by publication date, some weeks back: whoever stores them knows which are new.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime
from functools import partial
from urllib.parse import urlencode

from digestmail.domain import BadRecord, Paper, Source
from digestmail.errors import InputError
from digestmail.sources import options
from digestmail.sources.http.client import WebClient
from digestmail.sources.kind import Kind, Setup
from digestmail.sources.normalise.identifiers import arxiv_id, doi, pubmed_key
from digestmail.sources.normalise.paper import ABSTRACT_LIMIT
from digestmail.sources.options import Options, check_api_key
from digestmail.sources.services.json_api import (
    JsonObject,
    Service,
    as_object,
    as_objects,
    as_text,
    exact_date,
    first_day,
    paper_of,
)

BASE_URL = "https://api.openalex.org/"
KEY_PREFIX = "openalex"
_OVERLAP_DAYS = 14  # works are added up to weeks after they were published
_PAGE_SIZE = 100
_LAST_PAGE = 500  # OpenAlex answers none beyond
WORK_FIELDS = (
    "id,doi,ids,display_name,publication_date,authorships,topics,primary_location,locations,"
    "best_oa_location,abstract_inverted_index,is_retracted"
)
_WORK = re.compile(r"(?:https?://openalex\.org/)?(W[0-9]{1,15})", re.ASCII)
_TERM = re.compile(r"(?:https?://openalex\.org/)?([CT][0-9]{1,15})", re.ASCII)


class OpenalexSource:
    """The works that match ``search``, or ``concepts`` (``C...``, or topics ``T...``), or both.

    Without ``api_key`` OpenAlex answers few requests a day, and no cursor. ``email`` is the
    contact for OpenAlex; ``today`` returns the date.
    """

    def __init__(
        self,
        web: WebClient,
        name: str = "openalex",
        base_url: str = BASE_URL,
        *,
        today: Callable[[], date],
        search: str = "",
        concepts: Sequence[str] = (),
        email: str = "",
        api_key: str = "",
    ) -> None:
        self._url = f"{base_url.rstrip('/')}/works"
        self._filters = _filters(concepts)
        query = {"search": search, "mailto": email, "api_key": check_api_key(api_key)}
        self._query = {name: value for name, value in query.items() if value}
        self._service = Service("OpenAlex", web, secret=api_key)
        self._name = name
        self._today = today

    def fetch(self, since: datetime | None) -> Iterator[Paper | BadRecord]:
        """Yield the works published since some weeks before ``since``; see Source."""
        today = self._today()
        rows = self._rows(first_day(since, today, _OVERLAP_DAYS))
        read = partial(paper_of_work, source=self._name, today=today)
        return self._service.papers_of_query(rows, read, "id", "display_name")

    def _rows(self, first: date) -> Iterator[object]:
        filters = ",".join([f"from_publication_date:{first}", *self._filters])
        query = {
            "filter": filters,
            "per_page": str(_PAGE_SIZE),
            "select": WORK_FIELDS,
        } | self._query
        page, cursor = 1, "*"
        while cursor:
            step = {"cursor": cursor} if "api_key" in query else {"page": str(page)}
            answer = self._service.get_object(f"{self._url}?{urlencode(query | step)}")
            rows = self._service.rows(answer, "results")
            yield from rows
            page += 1
            if "api_key" in query:
                cursor = as_text(as_object(answer.get("meta")).get("next_cursor"))
            if not rows or page > _LAST_PAGE:
                return


def concept_ids(value: str) -> tuple[str, ...]:
    """Return the ids in ``C41008148, T10032``; raise InputError for anything else."""
    names = value.replace(",", " ").split()
    for name in names:
        if not _TERM.fullmatch(name):
            raise InputError(
                "concepts", f"“{name}” is not an OpenAlex id of a concept (C...) or topic (T...)"
            )
    return tuple(dict.fromkeys(name.rpartition("/")[2] for name in names))


def _filters(concepts: Sequence[str]) -> list[str]:
    """Return the filters for works of any of the concepts, and of any of the topics."""
    kinds = {"concepts.id": "C", "topics.id": "T"}
    ids = {name: [c for c in concepts if c.startswith(kind)] for name, kind in kinds.items()}
    return [f"{name}:{'|'.join(values)}" for name, values in ids.items() if values]


def paper_of_work(work: JsonObject, *, source: str, today: date) -> Paper | None:
    """Return the paper of a work, None where it was retracted; RecordError where it is unusable."""
    if work.get("is_retracted") is True:
        return None
    ids = as_object(work.get("ids"))
    work_id = _WORK.fullmatch(as_text(work.get("id")))
    own_key = f"{KEY_PREFIX}:{work_id[1]}" if work_id else ""
    work_doi = doi(as_text(work.get("doi")))
    arxiv = next(filter(arxiv_id, [work_doi, *_addresses(work)]), "")
    pmid = pubmed_key(ids.get("pmid"))
    record = {
        "arxiv_id": arxiv,
        "id": own_key or pmid,
        "doi": work_doi,
        "title": work.get("display_name") or work.get("title"),
        "abstract": abstract(work.get("abstract_inverted_index")),
        "authors": list(_authors(work)),
        "categories": [topic.get("display_name") for topic in as_objects(work.get("topics"))],
        "url": next(iter(_addresses(work)), ""),
        "published": work.get("publication_date"),
        "pdf_url": _pdf_address(work),
    }
    paper = paper_of(record, arxiv, work_doi, pmid, own_key, source=source)
    return replace(paper, published_at=exact_date(paper.published_at, today))


def _addresses(work: JsonObject) -> list[str]:
    places = [as_object(work.get("primary_location")), *as_objects(work.get("locations"))]
    return [address for place in places if (address := as_text(place.get("landing_page_url")))]


def _pdf_address(work: JsonObject) -> str:
    """Return the address of the free PDF that OpenAlex thinks best, else of any it knows."""
    locations = [as_object(work.get("best_oa_location")), *as_objects(work.get("locations"))]
    return next(filter(None, (as_text(place.get("pdf_url")) for place in locations)), "")


def _authors(work: JsonObject) -> Iterator[object]:
    for authorship in as_objects(work.get("authorships")):
        name = as_object(authorship.get("author")).get("display_name")
        yield name or authorship.get("raw_author_name")


def abstract(index: object) -> str:
    """Return the text of an inverted index, which maps words to their positions."""
    placed = [
        (position, word)
        for word, positions in as_object(index).items()
        if isinstance(positions, list)
        for position in positions
        if isinstance(position, int)
    ]
    return " ".join(word for _, word in sorted(placed)[:ABSTRACT_LIMIT])


# --- the kind --------------------------------------------------------------------------------


def _check(values: Options) -> None:
    if not concept_ids(options.optional(values, "concepts")):
        options.required(values, "search")
    options.email(values)
    check_api_key(options.optional(values, "api_key"))
    options.web_address(values, "url", BASE_URL)


def _build(setup: Setup) -> Source:
    return OpenalexSource(
        setup.web,
        setup.name,
        options.web_address(setup.options, "url", BASE_URL),
        today=setup.today,
        search=options.optional(setup.options, "search"),
        concepts=concept_ids(options.optional(setup.options, "concepts")),
        email=options.email(setup.options),
        api_key=options.optional(setup.options, "api_key"),
    )


KIND = Kind(
    name="openalex",
    summary="works from all publishers, by words or concepts",
    options={
        "search": "words to search for",
        "concepts": "ids of concepts (C…) or topics (T…), separated by commas",
        "api_key": "OpenAlex key; without it, only a few requests a day",
        "email": "contact address for OpenAlex",
        "url": f"address of the API (default {BASE_URL})",
    },
    check=_check,
    build=_build,
    key_prefix=KEY_PREFIX,
    secrets=frozenset({"api_key"}),
)
