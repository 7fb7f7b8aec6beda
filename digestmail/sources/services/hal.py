"""HAL: the open archive of French research, by query and by domain.

https://api.archives-ouvertes.fr/docs/search, a Solr server. New is the day on which a document
went online ("released").
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime
from functools import partial
from urllib.parse import urlencode

from digestmail.domain import BadRecord, Paper
from digestmail.errors import InputError
from digestmail.sources import options
from digestmail.sources.http.client import WebClient
from digestmail.sources.kind import Kind, PastDays, Setup
from digestmail.sources.normalise.dates import utc
from digestmail.sources.normalise.identifiers import arxiv_id, doi, pubmed_key
from digestmail.sources.options import Options
from digestmail.sources.services.json_api import (
    JsonObject,
    Service,
    as_object,
    as_text,
    cursor_rows,
    first_day,
    is_backfile,
    paper_of,
)
from digestmail.text import one_line

BASE_URL = "https://api.archives-ouvertes.fr/"
KEY_PREFIX = "hal"
_OVERLAP_DAYS = 3  # requested again, since some documents are indexed late
_PAGE_SIZE = 200
# Articles, talks, chapters, books, preprints, reports and theses; no images, software or lectures.
_TYPES = "ART OR COMM OR COUV OR OUV OR UNDEFINED OR PREPRINT OR REPORT OR THESE OR HDR"
_FIELDS = (
    "halId_s,version_i,uri_s,title_s,en_title_s,abstract_s,en_abstract_s,authFullName_s,doiId_s"
    ",arxivId_s,pubmedId_s,domainAllCode_s,en_domainAllCodeLabel_fs,producedDate_s"
    ",producedDate_tdate,releasedDate_tdate,fileMain_s"
)
_DOMAIN = re.compile(r"[a-z][a-z-]{1,11}(?:\.[a-z-]{2,20}){0,2}", re.ASCII)
_ARXIV_CATEGORY = re.compile(r"\[([a-z-]+(?:\.[A-Za-z-]+)?)\]$", re.ASCII)
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)


class HalSource:
    """The documents that match ``query`` (Solr syntax) in any of ``domains``, or only one of both.

    ``domains`` are codes of HAL: ``info``, ``info.info-ai``. ``today`` returns the date.
    """

    def __init__(
        self,
        web: WebClient,
        name: str = "hal",
        base_url: str = BASE_URL,
        *,
        today: Callable[[], date],
        query: str = "",
        domains: Sequence[str] = (),
    ) -> None:
        self._url = f"{base_url.rstrip('/')}/search/"
        self._query = query or "*:*"
        self._filters = [f"docType_s:({_TYPES})"]
        if domains:
            terms = (f"level{code.count('.')}_domain_s:{code}" for code in domains)
            self._filters.append(f"({' OR '.join(terms)})")
        self._service = Service("HAL", web)
        self._name = name
        self._today = today

    def fetch(self, since: datetime | None) -> Iterator[Paper | BadRecord]:
        """Yield the documents that went online since a few days before ``since``; see Source."""
        first = first_day(since, self._today(), _OVERLAP_DAYS)
        return self._papers(f"[{first}T00:00:00Z TO *]")

    def fetch_day(self, day: date) -> Iterator[Paper | BadRecord]:
        """Yield the documents that went online on ``day``."""
        return self._papers(f"[{day}T00:00:00Z TO {day}T23:59:59Z]")

    def _papers(self, days: str) -> Iterator[Paper | BadRecord]:
        filters = " AND ".join([f"releasedDate_tdate:{days}", *self._filters])
        rows = cursor_rows(partial(self._page, filters))
        return self._service.papers_of_query(rows, self._paper, "halId_s")

    def _page(self, filters: str, cursor: str) -> tuple[list[object], str]:
        query = {"q": self._query, "fq": filters, "fl": _FIELDS, "wt": "json"}
        paging = {"rows": str(_PAGE_SIZE), "sort": "docid asc", "cursorMark": cursor}
        answer = self._service.get_object(f"{self._url}?{urlencode(query | paging)}")
        if problem := one_line(as_text(as_object(answer.get("error")).get("msg"))):
            raise self._service.error(f"it refuses the query: {problem[:200]}")
        rows = self._service.rows(as_object(answer.get("response")), "docs")
        following = as_text(answer.get("nextCursorMark"))
        return rows, "" if following == cursor else following

    def _paper(self, row: JsonObject) -> Paper | None:
        released, produced = utc(row.get("releasedDate_tdate")), utc(row.get("producedDate_tdate"))
        if is_backfile(produced, released):
            return None
        hal_id = one_line(as_text(row.get("halId_s")))
        own_key = f"{KEY_PREFIX}:{hal_id}" if hal_id else ""
        arxiv, work_doi = as_text(row.get("arxivId_s")), doi(as_text(row.get("doiId_s")))
        pmid = pubmed_key(row.get("pubmedId_s"))
        record = {
            "arxiv_id": arxiv if arxiv_id(arxiv) else "",
            "id": own_key or pmid,
            "doi": work_doi,
            "title": _text(row, "en_title_s", "title_s"),
            "abstract": _text(row, "en_abstract_s", "abstract_s"),
            "authors": row.get("authFullName_s"),
            "categories": list(_categories(row)),
            "url": row.get("uri_s"),
            "pdf_url": row.get("fileMain_s"),
            "version": row.get("version_i"),
        }
        paper = paper_of(record, arxiv, work_doi, pmid, own_key, source=self._name)
        is_exact = _DAY.fullmatch(as_text(row.get("producedDate_s")))
        is_past = is_exact and produced and released and produced <= released
        return replace(
            paper,
            published_at=produced if is_past else released,
            announced_on=released.date() if released else None,
        )


def _text(row: JsonObject, *names: str) -> str:
    """Return the first text of the first field that has one; texts are lists, by language."""
    for name in names:
        value = row.get(name)
        if text := as_text(value[0] if isinstance(value, list) and value else value):
            return text
    return ""


def _categories(row: JsonObject) -> Iterator[str]:
    """Yield arXiv's code of each domain where HAL names one ("Databases [cs.DB]"), else HAL's."""
    labels = row.get("en_domainAllCodeLabel_fs") or row.get("domainAllCode_s")
    for label in labels if isinstance(labels, list) else ():
        code, _, title = as_text(label).partition("_FacetSep_")
        category = _ARXIV_CATEGORY.search(title)
        yield category[1] if category else code


# --- the kind --------------------------------------------------------------------------------


def domain_codes(values: Options) -> tuple[str, ...]:
    """Return the codes of the option ``domains``; InputError for what cannot be one."""
    codes = options.listed(values, "domains")
    for code in codes:
        if not _DOMAIN.fullmatch(code):
            raise InputError(
                "domains", f"“{code[:40]}” is not a HAL domain. Try info or info.info-ai."
            )
    return codes


def _check(values: Options) -> None:
    if not domain_codes(values):
        options.required(values, "query")
    options.web_address(values, "url", BASE_URL)


def _build(setup: Setup) -> HalSource:
    return HalSource(
        setup.web,
        setup.name,
        options.web_address(setup.options, "url", BASE_URL),
        today=setup.today,
        query=options.optional(setup.options, "query"),
        domains=domain_codes(setup.options),
    )


def _past_days(setup: Setup) -> PastDays:
    return PastDays(_build(setup).fetch_day)


KIND = Kind(
    name="hal",
    summary="the French open archive HAL, by query or domain",
    options={
        "query": "in HAL's own syntax: title_t:tea OR abstract_t:tea",
        "domains": "codes of HAL's domains, separated by commas: info.info-ai, math",
        "url": f"address of the API (default {BASE_URL})",
    },
    check=_check,
    build=_build,
    key_prefix=KEY_PREFIX,
    past_days=_past_days,
)
