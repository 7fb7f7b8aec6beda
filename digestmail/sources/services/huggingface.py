"""Hugging Face Daily Papers: arXiv papers that readers recommend, with their upvotes.

https://huggingface.co/docs/hub/api, ``GET /api/daily_papers``: one list for each day (UTC), most
of them empty at weekends. Upvotes keep rising for days after.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from urllib.parse import urlencode

from digestmail.domain import BadRecord, Paper, Source
from digestmail.sources import options
from digestmail.sources.http.client import WebClient
from digestmail.sources.kind import Kind, Setup
from digestmail.sources.normalise.identifiers import arxiv_id
from digestmail.sources.normalise.paper import RecordError, unique_papers
from digestmail.sources.options import Options
from digestmail.sources.services.json_api import (
    JsonObject,
    RefusedError,
    Service,
    as_object,
    as_objects,
    as_text,
    paper_of,
)

BASE_URL = "https://huggingface.co/api/"
REPOLL_DAYS = 7  # as long as a paper can be trending: upvotes grow for days
_PAGE_SIZE = 100
_UPVOTE_LIMIT = 1_000_000_000  # the count must fit a database's integer


class HuggingFaceSource:
    """The daily lists since the last fetch, and always those of today and ``repoll_days`` before.

    ``today`` returns the date in UTC.
    """

    def __init__(
        self,
        web: WebClient,
        name: str = "huggingface",
        base_url: str = BASE_URL,
        *,
        today: Callable[[], date],
        repoll_days: int = REPOLL_DAYS,
    ) -> None:
        self._url = f"{base_url.rstrip('/')}/daily_papers"
        self._service = Service("Hugging Face", web)
        self._name = name
        self._today = today
        self._repoll_days = repoll_days

    def fetch(self, since: datetime | None) -> Iterator[Paper | BadRecord]:
        """Yield the papers of each day's list, oldest first, each paper once; see Source."""
        today = self._today()
        day = today - timedelta(days=self._repoll_days)
        if since:
            day = min(day, since.astimezone(UTC).date())
        rows = self._rows(day, today)
        return unique_papers(self._service.papers(rows, self._paper, "id", "title"))

    def _rows(self, day: date, today: date) -> Iterator[object]:
        """Yield the rows of each day's list, page after page."""
        while day <= today:
            page, seen = 0, set[str]()
            while rows := self._page(day, today, page):
                names = {str(as_object(row).get("id", row)) for row in rows}
                if names <= seen:  # a server that knows no pages repeats the first
                    break
                yield from rows
                seen |= names
                page += 1
            day += timedelta(days=1)

    def _page(self, day: date, today: date, page: int) -> list[object]:
        query = urlencode({"date": day.isoformat(), "p": page, "limit": _PAGE_SIZE})
        try:
            answer = self._service.get_json(f"{self._url}?{query}")
        except RefusedError as error:
            if error.status == 400 and day == today:
                return []  # by the server's clock the day has not begun
            raise
        if not isinstance(answer, list):
            raise self._service.error("its response is not a list: its format may have changed")
        return [_flattened(row) for row in answer]

    def _paper(self, row: JsonObject) -> Paper | None:
        if row.get("withdrawnAt"):
            return None
        identifier = as_text(row.get("id"))
        if not arxiv_id(identifier):
            raise RecordError("it has no arXiv id")
        record = {
            "arxiv_id": identifier,
            "title": row.get("title"),
            "abstract": row.get("summary"),
            "authors": [
                a.get("name") for a in as_objects(row.get("authors")) if not a.get("hidden")
            ],
            "published": row.get("publishedAt"),
            "tldr": row.get("ai_summary"),
            "tldr_source": "Hugging Face",
            "code_url": row.get("githubRepo"),
            "project_url": row.get("projectPage"),
        }
        return replace(paper_of(record, source=self._name), upvotes=_upvotes(row.get("upvotes")))


def _flattened(row: object) -> object:
    """Return the inner paper, with the title and summary from outside where it has none."""
    if not isinstance(row, dict) or not isinstance(row.get("paper"), dict):
        return row
    outer = {name: row.get(name) for name in ("title", "summary")}
    return outer | {name: value for name, value in row["paper"].items() if value is not None}


def _upvotes(value: object) -> int:
    return min(max(value, 0), _UPVOTE_LIMIT) if isinstance(value, int) else 0


# --- the kind --------------------------------------------------------------------------------


def _check(values: Options) -> None:
    _repoll_days(values)
    options.web_address(values, "url", BASE_URL)


def _repoll_days(values: Options) -> int:
    return options.number(values, "repoll_days", default=REPOLL_DAYS, minimum=1, maximum=30)


def _build(setup: Setup) -> Source:
    return HuggingFaceSource(
        setup.web,
        setup.name,
        options.web_address(setup.options, "url", BASE_URL),
        today=setup.today,
        repoll_days=_repoll_days(setup.options),
    )


KIND = Kind(
    name="huggingface",
    summary="Hugging Face Daily Papers, with upvotes",
    options={
        "repoll_days": "days to fetch again, because upvotes rise (default 3)",
        "url": f"address of the API (default {BASE_URL})",
    },
    check=_check,
    build=_build,
)
