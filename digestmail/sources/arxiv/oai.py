"""arXiv's records by OAI-PMH: for reconciling the daily feed, and for backfilling.

http://www.openarchives.org/OAI/openarchivesprotocol.html and
https://info.arxiv.org/help/oa/index.html. Records are selected by their datestamp, the UTC day on
which their metadata last changed for whatever reason; ``is_new`` says whether that was an
announcement.
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from urllib.parse import urlencode
from xml.etree.ElementTree import Element

from digestmail.domain import BadRecord, Paper
from digestmail.errors import SourceError
from digestmail.sources.arxiv.oai_records import OaiRecord, parse_record, read_record
from digestmail.sources.arxiv.xml import children, document, texts
from digestmail.sources.http.client import Response, WebClient, status_line
from digestmail.sources.http.throttle import LIMITS, pause_after, retry_after
from digestmail.text import one_line

BASE_URL = "https://oaipmh.arxiv.org/oai"
_PREFIX = "arXiv"
_FIRST_WAIT = 30.0  # seconds after a first 503 that does not say for how long


@dataclass(frozen=True, slots=True)
class _Page:
    records: Sequence[OaiRecord]
    token: str  # empty on the last page


class _TokenExpiredError(Exception):
    """The resumption token is of no more use."""


class OaiHarvester:
    """A harvester of ``sets`` (see ``oai_sets``; none means all of arXiv), page by page.

    A page may take arXiv a minute and more: ``web`` should wait at least 120 s for an answer. A
    server that is busy (503) is waited for, ``patience`` seconds for one page at most.
    """

    def __init__(
        self,
        web: WebClient,
        base_url: str = BASE_URL,
        sets: Sequence[str] = (),
        *,
        source: str = "arxiv",
        patience: float = 900.0,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._web = web
        self._base_url = base_url
        self._sets = tuple(sets) or ("",)
        self._source = source
        self._patience = patience
        self._sleep = sleep

    def fetch_between(self, first: date, last: date | None) -> Iterator[Paper | BadRecord]:
        """Yield the records with a datestamp from ``first`` to ``last``, both days included.

        Without ``last`` up to now, as arXiv advises for keeping up. Start a day too
        early then: arXiv keeps the answer "no records" for the rest of the UTC day. One set
        follows the other, each ordered by datestamp. A paper in two sets, or read again after a
        token expired, comes again. Deleted and withdrawn records are left out. Raises SourceError
        where arXiv fails or refuses; the records before that are good.
        """
        for name in self._sets:
            yield from self._harvest(name, first, last)

    def _harvest(self, name: str, first: date, last: date | None) -> Iterator[Paper | BadRecord]:
        """Yield one set; when its token expires, anew from the day reached, once for each day."""
        start, restarted_on = first, None
        while True:
            try:
                for page in self._pages(_selection(name, start, last)):
                    yield from self._read(page)
                    start = max([start, *(r.datestamp for r in page.records if r.datestamp)])
            except _TokenExpiredError as error:
                if restarted_on == start:
                    raise SourceError(
                        f"{self._base_url}: the list for {start} ends early each time; arXiv "
                        f"refuses to resume it ({error})"
                    ) from error
                restarted_on = start
            else:
                return

    def _read(self, page: _Page) -> list[Paper | BadRecord]:
        results = [read_record(r, self._source) for r in page.records if not r.is_gone]
        errors = [result for result in results if isinstance(result, BadRecord)]
        if errors and len(errors) == len(results) > 1:
            raise SourceError(
                f"{self._base_url}: 0 of {len(errors)} records could be read"
                f" ({errors[0].where}: {errors[0].problem}): their format may have changed"
            )
        return results

    # --- pages -------------------------------------------------------------------------------

    def _pages(self, query: Mapping[str, str]) -> Iterator[_Page]:
        while True:
            page = self._page({"verb": "ListRecords", **query})
            yield page
            if not page.token:
                return
            if page.token == query.get("resumptionToken"):
                raise SourceError(f"{self._base_url}: its resumption token repeats")
            query = {"resumptionToken": page.token}

    def _page(self, query: Mapping[str, str]) -> _Page:
        response = self._answer(f"{self._base_url}?{urlencode(query)}")
        root = document(response.content, "OAI-PMH", url=self._base_url)
        for error in root.findall("{*}error"):
            self._raise_error(error, resumed="resumptionToken" in query)
            return _Page((), "")
        listed = children(root).get("ListRecords")
        records = [] if listed is None else listed.findall("{*}record")
        if response.status != 200 or not records:
            raise SourceError(
                f"{self._base_url}: answered {status_line(response.status)} with neither records"
                " nor the reason why; will try again at the next poll"
            )
        token = one_line(texts(listed).get("resumptionToken", ""))
        return _Page([parse_record(record) for record in records], token)

    def _raise_error(self, error: Element, *, resumed: bool) -> None:
        """Raise the error of an answer, unless there are just no records.

        A token promises at least one record more: where none comes, it has led astray.
        """
        code, message = error.get("code", ""), one_line("".join(error.itertext()))[:200]
        if code == "noRecordsMatch" and not resumed:
            return
        if code in ("noRecordsMatch", "badResumptionToken"):
            raise _TokenExpiredError(message)
        raise SourceError(f"{self._base_url}: arXiv refuses the query: {code} ({message})")

    def _answer(self, url: str) -> Response:
        """Return the answer, once the server is no longer busy; OAI-PMH 2.0, 3.1.2.2."""
        waited, refusals = 0.0, 0
        while True:
            response = self._web.get(url, expected=(200, 400, 503))
            if response.status != 503:
                return response
            delay = retry_after(response.headers)
            # After a short delay the WebClient itself has repeated the request.
            refusals += 2 if delay is not None and delay <= LIMITS.max_retry_after else 1
            wait = pause_after(503, delay, refusals) or _FIRST_WAIT
            if waited + wait > self._patience:
                raise SourceError(
                    f"{self._base_url}: still busy (503) after {waited:.0f} s of waiting;"
                    " will try again at the next poll"
                )
            self._sleep(wait)
            waited += wait


def _selection(name: str, first: date, last: date | None) -> dict[str, str]:
    query = {"metadataPrefix": _PREFIX, "from": first.isoformat()}
    if last:
        query["until"] = last.isoformat()
    return query | ({"set": name} if name else {})
