"""OpenReview: the papers of conferences, workshops and journals that review there.

https://docs.openreview.net, API 2: ``notes`` with ``content.venueid``. A paper gets the venue's id
when it is accepted, months after its submission, so the notes changed last are read: whoever
stores them knows which are new. Programs must log in; an account is free.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time
from urllib.parse import quote, urlencode

from digestmail.domain import BadRecord, Paper, Source
from digestmail.errors import InputError, SourceError
from digestmail.sources import options
from digestmail.sources.http.client import WebClient, status_line
from digestmail.sources.kind import Kind, Setup
from digestmail.sources.options import Options
from digestmail.sources.services.json_api import (
    JsonObject,
    Service,
    as_object,
    as_text,
    first_day,
    paper_of,
)

BASE_URL = "https://api2.openreview.net/"
KEY_PREFIX = "openreview"
_PAGES_URL = "https://openreview.net"
_OVERLAP_DAYS = 14  # changed notes are requested again, since decisions are undone and redone
_PAGE_SIZE = 500  # of up to 1,000
_REFUSED_LOGINS = frozenset({400, 401, 403, 429})
_VENUE = re.compile(r"[A-Za-z][\w.-]*(?:/[\w.-]+)+", re.ASCII)
_FIRST_MOMENT = 1_000_000_000_000  # milliseconds: of 2001
_LAST_MOMENT = 250_000_000_000_000  # years have four digits until then
_NOTE_ID = re.compile(r"[\w-]{1,60}", re.ASCII)


class OpenReviewSource:
    """The papers at ``venues`` (``ICLR.cc/2026/Conference``, ``TMLR``) that everybody may read.

    ``username`` and ``password`` are those of an account, or empty. ``today`` returns the date.
    """

    def __init__(
        self,
        venues: Sequence[str],
        web: WebClient,
        name: str = "openreview",
        base_url: str = BASE_URL,
        *,
        today: Callable[[], date],
        username: str = "",
        password: str = "",
    ) -> None:
        self._venues = venues
        self._base_url = base_url.rstrip("/")
        self._service = Service("OpenReview", web, secret=password)
        self._credentials = {"id": username, "password": password} if username else None
        self._name = name
        self._today = today

    def fetch(self, since: datetime | None) -> Iterator[Paper | BadRecord]:
        """Yield the papers changed since some days before ``since``; see Source."""
        first = first_day(since, self._today(), _OVERLAP_DAYS)
        service = self._signed_in() if self._credentials else self._service
        rows = (row for venue in self._venues for row in self._rows(service, venue, first))
        return service.papers_of_query(rows, self._paper, "id")

    def _signed_in(self) -> Service:
        """Return the service with a token, which OpenReview lends for a day."""
        expected = {200, *_REFUSED_LOGINS}
        try:
            answer = self._service.web.post_json(
                f"{self._base_url}/login", self._credentials, expected=expected
            )
        except SourceError as error:
            raise self._service.error(str(error)) from error
        if answer.status in _REFUSED_LOGINS:
            raise self._service.error(f"it refuses the login ({status_line(answer.status)})")
        token = as_text(as_object(self._service.parsed(answer.content)).get("token"))
        if not token:
            raise self._service.error("its login brought no token: its format may have changed")
        return replace(self._service, secret=token, headers={"Authorization": f"Bearer {token}"})

    def _rows(self, service: Service, venue: str, first: date) -> Iterator[object]:
        """Yield the notes of a venue, the last changed first, until a page has none since."""
        limit = datetime.combine(first, time(), UTC)
        offset, previous = 0, list[object]()
        while True:
            paging = {"limit": str(_PAGE_SIZE), "offset": str(offset), "sort": "tmdate:desc"}
            query = urlencode({"content.venueid": venue} | paging)
            rows = service.rows(self._answer(service, query), "notes")
            recent = [row for row in rows if (_changed(row) or limit) >= limit]
            if not recent or rows == previous:  # the latter from a server that does not move on
                return
            yield from recent
            offset, previous = offset + len(rows), rows

    def _answer(self, service: Service, query: str) -> JsonObject:
        try:
            return service.get_object(f"{self._base_url}/notes?{query}")
        except SourceError as error:
            if self._credentials:
                raise
            advice = "set username and password of a free account, without which it rarely answers"
            raise SourceError(f"{error}; {advice}") from error

    def _paper(self, note: JsonObject) -> Paper | None:
        content = as_object(note.get("content"))
        if note.get("ddate"):  # deleted
            return None
        note_id = as_text(note.get("forum")) or as_text(note.get("id"))
        is_named = bool(_NOTE_ID.fullmatch(note_id))
        has_pdf = is_named and bool(_value(content, "pdf"))
        record = {
            "id": f"{KEY_PREFIX}:{note_id}" if is_named else "",
            "title": _value(content, "title"),
            "abstract": _value(content, "abstract"),
            "authors": _value(content, "authors"),
            "categories": [_value(content, "venue")],
            "url": f"{_PAGES_URL}/forum?id={quote(note_id)}" if is_named else "",
            "tldr": _value(content, "TLDR"),
            "tldr_source": "the authors",
            "pdf_url": f"{_PAGES_URL}/pdf?id={quote(note_id)}" if has_pdf else "",
        }
        return replace(paper_of(record, source=self._name), published_at=self._published(note))

    def _published(self, note: JsonObject) -> datetime | None:
        """Return when the paper was published or became visible; None where it is yet to be."""
        moment = _moment(note, "pdate", "odate", "cdate", "tcdate")
        return moment if moment and moment.date() <= self._today() else None


def _value(content: JsonObject, name: str) -> object:
    """Return the value of a field, which API 2 wraps in an object; older notes do not."""
    field = content.get(name)
    return field.get("value") if isinstance(field, dict) else field


def _changed(note: object) -> datetime | None:
    return _moment(as_object(note), "tmdate", "mdate", "tcdate", "cdate")


def _moment(note: JsonObject, *names: str) -> datetime | None:
    """Return the first of the dates that the note has, in milliseconds since 1970."""
    for name in names:
        value = note.get(name)
        if isinstance(value, int) and _FIRST_MOMENT < value < _LAST_MOMENT:
            return datetime.fromtimestamp(value / 1000, UTC)
    return None


# --- the kind --------------------------------------------------------------------------------


def venue_ids(values: Options) -> tuple[str, ...]:
    """Return the ids of the option ``venues``; InputError for what cannot be one."""
    options.required(values, "venues")
    venues = options.listed(values, "venues")
    for venue in venues:
        if not _VENUE.fullmatch(venue) and venue != "TMLR":
            raise InputError(
                "venues",
                f"“{venue[:60]}” is not an OpenReview venue. Try ICLR.cc/2026/Conference or TMLR.",
            )
    return venues


def _check(values: Options) -> None:
    venue_ids(values)
    if options.optional(values, "username"):
        options.required(values, "password")
    elif options.optional(values, "password"):
        options.required(values, "username")
    options.web_address(values, "url", BASE_URL)


def _build(setup: Setup) -> Source:
    return OpenReviewSource(
        venue_ids(setup.options),
        setup.web,
        setup.name,
        options.web_address(setup.options, "url", BASE_URL),
        today=setup.today,
        username=options.optional(setup.options, "username"),
        password=options.optional(setup.options, "password"),
    )


KIND = Kind(
    name="openreview",
    summary="papers of venues that review at OpenReview, such as ICLR, NeurIPS and TMLR",
    options={
        "venues": "ids of venues, separated by commas: ICLR.cc/2026/Conference, TMLR",
        "username": "email address of a free OpenReview account, which programs need",
        "password": "its password",
        "url": f"address of the API (default {BASE_URL})",
    },
    check=_check,
    build=_build,
    key_prefix=KEY_PREFIX,
    secrets=frozenset({"password"}),
)
