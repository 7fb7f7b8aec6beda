"""Crossref: the articles of journals, from the day on which their publishers register the DOIs.

https://api.crossref.org: ``journals/{ISSN}/works``. New is a DOI's own date ("created");
publication dates lie months ahead or years back.
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
from digestmail.sources.normalise.authors import joined_name
from digestmail.sources.normalise.clean import clean
from digestmail.sources.normalise.dates import utc
from digestmail.sources.normalise.headings import with_plain_headings
from digestmail.sources.normalise.identifiers import doi
from digestmail.sources.normalise.paper import RecordError
from digestmail.sources.options import Options
from digestmail.sources.services.json_api import (
    REFUSALS,
    JsonObject,
    RefusedError,
    Service,
    as_object,
    as_objects,
    as_text,
    cursor_rows,
    first_day,
    is_backfile,
    paper_of,
)

BASE_URL = "https://api.crossref.org/"
_OVERLAP_DAYS = 3  # requested again, since records are indexed late
_PAGE_SIZE = 200
_FIELDS = (
    "DOI,type,title,subtitle,abstract,author,created,issued,container-title,relation,update-to"
)
_ISSN = re.compile(r"[0-9]{4}-?[0-9]{3}[0-9X]", re.ASCII)
_OTHER_TYPES = frozenset(  # what a journal has beside articles
    {"journal", "journal-issue", "journal-volume", "component", "grant", "peer-review", "database"}
)
_FRONT_MATTER = re.compile(
    r"(?:back|front) ?matter|(?:(?:inside )?(?:back|front) )?cover(?: image| picture)?|masthead"
    r"|editorial board|issue (?:publication )?information|table of contents|title page",
    re.IGNORECASE,
)
_ONE_WORK = ("has-preprint", "is-preprint-of", "is-identical-to", "is-same-as")


class CrossrefSource:
    """The articles of the journals with the ``issns``; ``today`` returns the date.

    ``email`` is the contact for Crossref, which serves those with one in a pool of their own.
    """

    def __init__(
        self,
        issns: Sequence[str],
        web: WebClient,
        name: str = "crossref",
        base_url: str = BASE_URL,
        *,
        today: Callable[[], date],
        email: str = "",
    ) -> None:
        self._issns = issns
        self._base_url = base_url.rstrip("/")
        self._contact = {"mailto": email} if email else {}
        self._service = Service("Crossref", web, refusals=REFUSALS | {404})
        self._name = name
        self._today = today

    def fetch(self, since: datetime | None) -> Iterator[Paper | BadRecord]:
        """Yield the articles registered since a few days before ``since``; see Source."""
        first = first_day(since, self._today(), _OVERLAP_DAYS)
        return self._papers(f"from-created-date:{first}")

    def fetch_day(self, day: date) -> Iterator[Paper | BadRecord]:
        """Yield the articles registered on ``day``."""
        return self._papers(f"from-created-date:{day},until-created-date:{day}")

    def _papers(self, dates: str) -> Iterator[Paper | BadRecord]:
        unknown: list[str] = []
        rows = self._rows(dates, unknown)
        yield from self._service.papers_of_query(rows, self._paper, "DOI")
        if len(unknown) == len(self._issns):
            raise self._service.error(f"it has no journal with the ISSN {' or '.join(unknown)}")
        for issn in unknown:
            yield BadRecord(f"ISSN {issn}", "Crossref has no journal with it")

    def _rows(self, dates: str, unknown: list[str]) -> Iterator[object]:
        """Yield the rows of all journals, and add the ISSNs that Crossref lacks to ``unknown``."""
        for issn in self._issns:
            try:
                yield from cursor_rows(partial(self._page, issn, dates))
            except RefusedError as error:
                if error.status != 404:
                    raise
                unknown.append(issn)

    def _page(self, issn: str, dates: str, cursor: str) -> tuple[list[object], str]:
        query = {"filter": dates, "select": _FIELDS, "rows": str(_PAGE_SIZE), "cursor": cursor}
        url = f"{self._base_url}/journals/{issn}/works?{urlencode(query | self._contact)}"
        message = as_object(self._service.get_object(url).get("message"))
        return self._service.rows(message, "items"), as_text(message.get("next-cursor"))

    def _paper(self, work: JsonObject) -> Paper | None:
        title = _title(work)
        if as_text(work.get("type")) in _OTHER_TYPES or _FRONT_MATTER.fullmatch(title):
            return None
        if work.get("update-to"):  # a correction or retraction of another article
            return None
        work_doi = doi(as_text(work.get("DOI")))
        if not work_doi:
            raise RecordError("it has no DOI")
        created = utc(as_object(work.get("created")).get("date-time"))
        issued = _issued(work)
        if is_backfile(issued, created):
            return None
        record = {
            "id": work_doi,
            "title": title,
            "abstract": with_plain_headings(as_text(work.get("abstract"))),
            "authors": list(_authors(work)),
            "categories": _texts(work.get("container-title"))[:1],
        }
        paper = paper_of(record, *_versions(work), source=self._name)
        is_past = issued and created and issued <= created
        return replace(
            paper,
            published_at=issued if is_past else created,
            announced_on=created.date() if created else None,
        )


# --- fields ----------------------------------------------------------------------------------


def _texts(value: object) -> list[str]:
    return [text for text in value if isinstance(text, str)] if isinstance(value, list) else []


def _title(work: JsonObject) -> str:
    """Return the title with its subtitle, which many publishers repeat in the title."""
    title, subtitle = (clean(" ".join(_texts(work.get(k))[:1])) for k in ("title", "subtitle"))
    return f"{title.rstrip(':')}: {subtitle}" if title and subtitle not in title else title


def _authors(work: JsonObject) -> Iterator[str]:
    for author in as_objects(work.get("author")):
        given_names, family = as_text(author.get("given")), as_text(author.get("family"))
        yield joined_name(given_names, family) or as_text(author.get("name"))  # a group has a name


def _issued(work: JsonObject) -> datetime | None:
    """Return the day of publication; None where only its month or year is known."""
    dates = as_object(work.get("issued")).get("date-parts")
    day = dates[0] if isinstance(dates, list) and dates else None
    return utc("-".join(map(str, day))) if isinstance(day, list) and len(day) == 3 else None


def _versions(work: JsonObject) -> Iterator[str]:
    """Yield the identifiers under which the same work is a preprint or was published."""
    relations = as_object(work.get("relation"))
    for name in _ONE_WORK:
        for relation in as_objects(relations.get(name)):
            if relation.get("id-type") in ("doi", "arxiv"):
                yield as_text(relation.get("id"))


# --- the kind --------------------------------------------------------------------------------


def issn_list(values: Options) -> tuple[str, ...]:
    """Return the ISSNs of the option ``issn``, each with its hyphen; InputError for others."""
    options.required(values, "issn")
    names = [name.upper() for name in options.listed(values, "issn")]
    for name in names:
        if not _ISSN.fullmatch(name):
            raise InputError("issn", f"“{name[:20]}” is not a valid ISSN. Try 2041-1723.")
        if not _has_check_digit(name.replace("-", "")):
            raise InputError("issn", f"“{name}” is not a valid ISSN: its last digit does not fit")
    return tuple(dict.fromkeys(f"{name[:4]}-{name[-4:]}" for name in names))


def _has_check_digit(issn: str) -> bool:
    """Return whether the last digit is right (ISO 3297: weights of 8 to 2, modulo 11)."""
    total = sum(int(digit) * weight for digit, weight in zip(issn, range(8, 1, -1), strict=False))
    return issn[-1] == "0123456789X"[-total % 11]


def _check(values: Options) -> None:
    issn_list(values)
    options.email(values)
    options.web_address(values, "url", BASE_URL)


def _build(setup: Setup) -> CrossrefSource:
    return CrossrefSource(
        issn_list(setup.options),
        setup.web,
        setup.name,
        options.web_address(setup.options, "url", BASE_URL),
        today=setup.today,
        email=options.email(setup.options),
    )


def _past_days(setup: Setup) -> PastDays:
    return PastDays(_build(setup).fetch_day)


KIND = Kind(
    name="crossref",
    summary="new articles of journals, by ISSN, from all publishers",
    options={
        "issn": "ISSNs of the journals, separated by commas: 2041-1723, 1476-4687",
        "email": "contact address for Crossref; with it, responses are faster",
        "url": f"address of the API (default {BASE_URL})",
    },
    check=_check,
    build=_build,
    past_days=_past_days,
)
