"""bioRxiv and medRxiv: the preprints posted in some days, from their common interface.

https://api.biorxiv.org: ``details/{server}/{from}/{to}/{cursor}``. Its totals count versions and
are too large at times, so pages are requested until one is empty.
"""

import re
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta

from digestmail.domain import BadRecord, Paper, Source
from digestmail.sources import options
from digestmail.sources.http.client import WebClient
from digestmail.sources.kind import Kind, Setup
from digestmail.sources.normalise.clean import clean
from digestmail.sources.normalise.dates import utc
from digestmail.sources.normalise.identifiers import doi
from digestmail.sources.normalise.paper import ABSTRACT_LIMIT, RecordError, unique_papers
from digestmail.sources.options import Options
from digestmail.sources.services.json_api import (
    JsonObject,
    Service,
    as_object,
    as_objects,
    as_text,
    first_day,
    paper_of,
)
from digestmail.text import one_line

BASE_URL = "https://api.biorxiv.org/"
SERVERS = {"biorxiv": "bioRxiv", "medrxiv": "medRxiv"}
_OVERLAP_DAYS = 3  # requested again, since some papers are listed late
_SLICE_DAYS = 7  # held in memory while the versions of a preprint are collapsed
_NO_RESULTS = re.compile(r"no \w+ found", re.IGNORECASE)

# Remains of typesetting tags in abstracts, glued to the words beside them.
_FIGURE = re.compile(r"O_(FIG|TBL).{0,3000}?C_\1")
_HEADING = re.compile(r"O_ST_ABS(.{0,200}?)C_ST_ABS")
_SMALL_CAPITALS = re.compile(r"[OC]_SCP(?:LOW|CAP)")
_LIST = re.compile(r"[OC]_LI")


class BiorxivSource:
    """The preprints on ``server`` (biorxiv or medrxiv), of all or only of ``categories``.

    All versions of a preprint share a DOI; the highest is yielded. ``today`` returns the date.
    """

    def __init__(
        self,
        server: str,
        web: WebClient,
        name: str = "biorxiv",
        base_url: str = BASE_URL,
        *,
        today: Callable[[], date],
        categories: Collection[str] = (),
    ) -> None:
        self._url = f"{base_url.rstrip('/')}/details/{server}"
        self._service = Service(SERVERS[server], web)
        self._name = name
        self._today = today
        self._categories = frozenset(map(category_name, categories))

    def fetch(self, since: datetime | None) -> Iterator[Paper | BadRecord]:
        """Yield the preprints posted since a few days before ``since``; see Source."""
        today = self._today()
        return unique_papers(self._papers(first_day(since, today, _OVERLAP_DAYS), today))

    def _papers(self, first: date, last: date) -> Iterator[Paper | BadRecord]:
        """Yield the latest days first, so that the first version of a DOI is the highest."""
        while last >= first:
            start = max(first, last - timedelta(days=_SLICE_DAYS - 1))
            results = self._service.papers(self._rows(start, last), self._paper, "doi", "title")
            yield from _latest_versions(list(results))
            last = start - timedelta(days=1)

    def _rows(self, first: date, last: date) -> Iterator[object]:
        cursor, seen = 0, set[str]()
        while rows := self._page(f"{self._url}/{first}/{last}/{cursor}"):
            names = {f"{as_object(row).get('doi')} {as_object(row).get('version')}" for row in rows}
            if names <= seen:  # a server that does not move on
                return
            yield from rows
            seen |= names
            cursor += len(rows)

    def _page(self, url: str) -> list[object]:
        answer = self._service.get_object(url)
        messages = as_objects(answer.get("messages"))
        status = one_line(as_text(messages[0].get("status"))) if messages else ""
        if _NO_RESULTS.search(status):
            return []
        if status not in ("", "ok"):
            raise self._service.error(f"it refuses the query: {status[:200]}")
        return self._service.rows(answer, "collection")

    def _paper(self, row: JsonObject) -> Paper | None:
        category = one_line(as_text(row.get("category")))
        if self._categories and category_name(category) not in self._categories:
            return None
        preprint = doi(as_text(row.get("doi")))
        if not preprint:
            raise RecordError("it has no DOI")
        record = {
            "id": preprint,
            "title": row.get("title"),
            "abstract": _abstract(as_text(row.get("abstract"))),
            "authors": clean(as_text(row.get("authors"))).split(";"),
            "categories": [category],
            "version": row.get("version"),
        }
        published = doi(as_text(row.get("published")))  # "NA" while it is not
        paper = paper_of(record, published, source=self._name)
        return _dated(paper, utc(row.get("date")))


def category_name(category: str) -> str:
    """Return a category as it is compared: ``cell biology`` for ``Cell_Biology``."""
    return one_line(category.replace("_", " ")).lower()


def _abstract(raw: str) -> str:
    raw = _FIGURE.sub(" ", raw[:ABSTRACT_LIMIT])
    raw = _HEADING.sub(r" \1: ", raw)
    return _LIST.sub(" ", _SMALL_CAPITALS.sub("", raw))


def _dated(paper: Paper, posted: datetime | None) -> Paper:
    day = posted.date() if posted else None
    if paper.version > 1:
        return replace(paper, updated_at=posted, announced_on=day)
    return replace(paper, published_at=posted, announced_on=day)


def _latest_versions(results: Sequence[Paper | BadRecord]) -> list[Paper | BadRecord]:
    """Return each paper once, in its highest version, dated by its first where that is there."""
    latest: dict[str, Paper] = {}
    for result in results:
        if isinstance(result, Paper):
            known = latest.get(result.key, result)
            newer, older = (known, result) if known.version > result.version else (result, known)
            published = newer.published_at or older.published_at
            latest[result.key] = replace(newer, published_at=published)
    return [result for result in results if isinstance(result, BadRecord)] + [*latest.values()]


# --- the kind --------------------------------------------------------------------------------


def _check(values: Options) -> None:
    options.choice(values, "server", tuple(SERVERS))
    options.web_address(values, "url", BASE_URL)


def _build(setup: Setup) -> Source:
    return BiorxivSource(
        options.choice(setup.options, "server", tuple(SERVERS)),
        setup.web,
        setup.name,
        options.web_address(setup.options, "url", BASE_URL),
        today=setup.today,
        categories=options.listed(setup.options, "categories"),
    )


KIND = Kind(
    name="biorxiv",
    summary="preprints from bioRxiv or medRxiv",
    options={
        "server": "biorxiv (default) or medrxiv",
        "categories": "only these, separated by commas: cell biology, genetics (default all)",
        "url": f"address of the API (default {BASE_URL})",
    },
    check=_check,
    build=_build,
)
