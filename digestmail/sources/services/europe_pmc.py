"""Europe PMC: articles and preprints of the life sciences that match a query.

https://europepmc.org/RestfulWebService. New is the day on which Europe PMC first listed a record
(FIRST_IDATE); publication dates lie months ahead or years back.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, datetime
from functools import partial
from urllib.parse import quote, urlencode

from digestmail.domain import BadRecord, Paper
from digestmail.sources import options
from digestmail.sources.http.client import WebClient
from digestmail.sources.kind import Kind, PastDays, Setup
from digestmail.sources.normalise.authors import joined_name
from digestmail.sources.normalise.dates import utc
from digestmail.sources.normalise.headings import with_plain_headings
from digestmail.sources.normalise.identifiers import doi, pubmed_key
from digestmail.sources.options import Options
from digestmail.sources.services.json_api import (
    JsonObject,
    Service,
    as_object,
    as_objects,
    as_text,
    cursor_rows,
    exact_date,
    first_day,
    is_backfile,
    paper_of,
)
from digestmail.text import one_line

BASE_URL = "https://www.ebi.ac.uk/europepmc/webservices/rest/"
KEY_PREFIX = "epmc"
_PAGE = "https://europepmc.org/article"
_OVERLAP_DAYS = 3  # requested again, since some records are listed late
_PAGE_SIZE = 200  # of up to 1,000; a record with its abstract and authors has some 6 kB
_NOTICES = frozenset(  # types of publications that report no work of their own
    {"published erratum", "retraction of publication", "retracted publication", "correction"}
)


class EuropePmcSource:
    """The records that match ``query``, in Europe PMC's own syntax; ``today`` returns the date."""

    def __init__(
        self,
        query: str,
        web: WebClient,
        name: str = "europe_pmc",
        base_url: str = BASE_URL,
        *,
        today: Callable[[], date],
    ) -> None:
        self._query = query
        self._url = f"{base_url.rstrip('/')}/search"
        self._service = Service("Europe PMC", web)
        self._name = name
        self._today = today

    def fetch(self, since: datetime | None) -> Iterator[Paper | BadRecord]:
        """Yield the records listed since a few days before ``since``; see Source."""
        today = self._today()
        return self._papers(first_day(since, today, _OVERLAP_DAYS), today)

    def fetch_day(self, day: date) -> Iterator[Paper | BadRecord]:
        """Yield the records first listed on ``day``."""
        return self._papers(day, day)

    def _papers(self, first: date, last: date) -> Iterator[Paper | BadRecord]:
        rows = cursor_rows(
            partial(self._page, f"({self._query}) AND FIRST_IDATE:[{first} TO {last}]")
        )
        return self._service.papers_of_query(rows, self._paper, "id", "title")

    def _page(self, query: str, cursor: str) -> tuple[list[object], str]:
        form = {"format": "json", "resultType": "core", "pageSize": str(_PAGE_SIZE)}
        parameters = urlencode({"query": query, "cursorMark": cursor} | form)
        answer = self._service.get_object(f"{self._url}?{parameters}")
        if problem := one_line(as_text(answer.get("errMsg"))):
            raise self._service.error(f"it refuses the query: {problem[:200]}")
        rows = self._service.rows(as_object(answer.get("resultList")), "result")
        following = as_text(answer.get("nextCursorMark"))
        return rows, "" if following == cursor else following

    def _paper(self, row: JsonObject) -> Paper | None:
        types = as_object(row.get("pubTypeList")).get("pubType")
        if isinstance(types, list) and _NOTICES & {as_text(name).lower() for name in types}:
            return None
        listed, published = utc(row.get("firstIndexDate")), utc(row.get("firstPublicationDate"))
        if is_backfile(published, listed):
            return None
        record_id, database = as_text(row.get("id")), as_text(row.get("source"))
        own_key = f"{KEY_PREFIX}:{database.lower()}/{record_id}" if record_id and database else ""
        work_doi, pmid = doi(as_text(row.get("doi"))), pubmed_key(row.get("pmid"))
        journal = as_object(as_object(row.get("journalInfo")).get("journal"))
        record = {
            "id": pmid or own_key,
            "doi": work_doi,
            "title": row.get("title"),
            "abstract": with_plain_headings(as_text(row.get("abstractText"))),
            "authors": list(_authors(row)) or row.get("authorString"),
            "categories": [journal.get("title")],
            "url": f"{_PAGE}/{quote(database)}/{quote(record_id)}" if own_key else "",
            "pdf_url": _pdf_address(row),
            "version": row.get("versionNumber"),
        }
        paper = paper_of(record, work_doi, pmid, own_key, source=self._name)
        return replace(
            paper,
            published_at=exact_date(published, self._today()) or listed,
            announced_on=listed.date() if listed else None,
        )


def _authors(row: JsonObject) -> Iterator[str]:
    for author in as_objects(as_object(row.get("authorList")).get("author")):
        given_names, family = as_text(author.get("firstName")), as_text(author.get("lastName"))
        if family:
            yield joined_name(given_names or as_text(author.get("initials")), family)
        else:
            yield as_text(author.get("collectiveName")) or as_text(author.get("fullName"))


def _pdf_address(row: JsonObject) -> str:
    """Return the address of a PDF that everybody may read; empty without one."""
    for address in as_objects(as_object(row.get("fullTextUrlList")).get("fullTextUrl")):
        is_open = address.get("availabilityCode") in ("OA", "F")
        if is_open and address.get("documentStyle") == "pdf":
            return as_text(address.get("url"))
    return ""


# --- the kind --------------------------------------------------------------------------------


def _check(values: Options) -> None:
    options.required(values, "query")
    options.web_address(values, "url", BASE_URL)


def _build(setup: Setup) -> EuropePmcSource:
    return EuropePmcSource(
        options.required(setup.options, "query"),
        setup.web,
        setup.name,
        options.web_address(setup.options, "url", BASE_URL),
        today=setup.today,
    )


def _past_days(setup: Setup) -> PastDays:
    return PastDays(_build(setup).fetch_day)


KIND = Kind(
    name="europe_pmc",
    summary="articles and preprints of the life sciences that match a Europe PMC query",
    options={
        "query": "in Europe PMC's own syntax: malaria AND SRC:PPR",
        "url": f"address of the API (default {BASE_URL})",
    },
    check=_check,
    build=_build,
    key_prefix=KEY_PREFIX,
    past_days=_past_days,
)
