"""Zotero libraries of users and groups, read by library version.

https://www.zotero.org/support/dev/web_api/v3/start: ``items/top`` with ``since``, ``deleted`` and
``items/trash``. Each answer names the version of the library that it belongs to.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from urllib.parse import urlencode

from digestmail.domain import LibraryChanges, LibraryCollection, LibraryItem
from digestmail.errors import InputError, SourceError
from digestmail.i18n import N_, Translatable
from digestmail.sources.files.json_items import record_of_item
from digestmail.sources.files.reference_library import SOURCE
from digestmail.sources.http.client import Response, WebClient, status_line
from digestmail.sources.normalise.clean import clean
from digestmail.sources.normalise.paper import RecordError, paper_from_record
from digestmail.sources.options import check_api_key
from digestmail.sources.services.json_api import JsonObject, Service, as_object, as_objects, as_text
from digestmail.text import one_line

BASE_URL = "https://api.zotero.org"
_PAGE_SIZE = 100  # the most that Zotero sends
_LONGEST_BACKOFF = 60.0  # seconds that are waited; Zotero is left alone for longer ones
_REFUSALS = (403, 404)
_ATTEMPTS = 2
_LIBRARY = re.compile(
    r"(?:(?:https?://)?(?:www\.)?zotero\.org/)?(?P<kind>users|groups)/(?P<id>[1-9][0-9]{0,11})"
    r"(?:[/?#]\S*)?",
    re.IGNORECASE | re.ASCII,
)
_USER = re.compile(r"[1-9][0-9]{0,11}", re.ASCII)
_NEXT = re.compile(r"<([^<>]{1,2000})>\s*;\s*rel=\"next\"")
_SCHOLARLY = frozenset(
    {
        "journalArticle",
        "conferencePaper",
        "preprint",
        "manuscript",
        "report",
        "thesis",
        "book",
        "bookSection",
        "document",
        "presentation",
    }
)


@dataclass(frozen=True, slots=True)
class ZoteroKey:
    """An API key as Zotero describes it: whose it is, and which groups it may read."""

    user: str  # the path of the user's library, such as "users/475425"
    username: str
    may_read: bool  # the user's own library


def library_path(text: str) -> str:
    """Return the path of a library, ``users/475425`` or ``groups/169947``; InputError for others.

    Understands the path, the address of a group's page and a user's number.
    """
    text = one_line(text)
    if match := _LIBRARY.fullmatch(text):
        return f"{match['kind'].lower()}/{match['id']}"
    if _USER.fullmatch(text):
        return f"users/{text}"
    message = N_(
        "“%(text)s” is not a Zotero library. Try your user ID, the number on the page "
        "zotero.org/settings/keys, or the address of a group."
    )
    raise InputError("library", Translatable(message, text=text[:80]))


def describe_key(web: WebClient, key: str, base_url: str = BASE_URL) -> ZoteroKey:
    """Return whose library a key opens; InputError where Zotero does not accept the key."""
    try:
        answer = as_object(_Zotero(web, key, base_url).json("/keys/current"))
    except _RefusedError as error:
        message = N_(
            "Zotero does not accept this key. Create a new one at zotero.org/settings/keys."
        )
        raise InputError("key", Translatable(message)) from error
    user = answer.get("userID")
    if not isinstance(user, int):
        raise SourceError("Zotero: its response has no user: its format may have changed")
    access = as_object(as_object(answer.get("access")).get("user"))
    username = clean(as_text(answer.get("username")))
    return ZoteroKey(f"users/{user}", username, access.get("library") is True)


class ZoteroLibrary:
    """The library at ``path``; ``key`` may be empty for a public one.

    At most ``limit`` items are read at once, those added last.
    """

    def __init__(
        self,
        web: WebClient,
        path: str,
        key: str = "",
        base_url: str = BASE_URL,
        *,
        limit: int = 5_000,
    ) -> None:
        self._zotero = _Zotero(web, key, base_url)
        self._path = f"/{path}"
        self._limit = limit

    def collections(self) -> list[LibraryCollection]:
        """Return the collections; see OnlineLibrary."""
        collections = []
        for row in self._rows(self._zotero.get(self._url("collections"))):
            data = as_object(row.get("data"))
            key, parent = as_text(data.get("key")), as_text(data.get("parentCollection"))
            if key:
                collections.append(LibraryCollection(key, clean(as_text(data.get("name"))), parent))
        return collections

    def changes(self, since: str = "") -> LibraryChanges:
        """Return the changes since a version; see OnlineLibrary."""
        since = since if since.isdecimal() else ""
        for _ in range(_ATTEMPTS):
            if changes := self._changes(since):
                return changes
        raise self._zotero.error("the library changes while it is read; will try again later")

    def _changes(self, since: str) -> LibraryChanges | None:
        """Return the changes; None where the library got another version while it was read."""
        versions: set[str] = set()
        order = {"sort": "dateAdded", "direction": "desc"}
        query = order | ({"since": since} if since else {})
        first = self._zotero.get(self._url("items/top", query), since)
        if first.status == 304:
            return LibraryChanges(version=since)
        items, other_keys, problems = _items(self._rows(first, versions))
        removed = self._removed(since, versions) | other_keys if since else frozenset()
        if len(versions) > 1:
            return None
        return LibraryChanges(
            version=next(iter(versions), since),
            items=tuple(items),
            removed=removed,
            is_whole=not since,
            problems=tuple(problems),
        )

    def _removed(self, since: str, versions: set[str]) -> frozenset[str]:
        """Return the keys of items that were deleted, or put into the trash, since a version."""
        response = self._zotero.get(self._url("deleted", {"since": since}))
        _note_version(response, versions)
        deleted = as_object(self._zotero.parsed(response)).get("items")
        trash = self._zotero.get(self._url("items/trash", {"since": since}))
        trashed = {as_text(row.get("key")) for row in self._rows(trash, versions)}
        keys = deleted if isinstance(deleted, list) else ()
        return frozenset({as_text(key) for key in keys} | trashed) - {""}

    def _rows(self, response: Response, versions: set[str] | None = None) -> Iterator[JsonObject]:
        """Yield the rows of a page and of those after it, and note the version of each page."""
        count = 0
        while True:
            _note_version(response, versions if versions is not None else set())
            rows = self._zotero.parsed(response)
            if not isinstance(rows, list):
                raise self._zotero.error("its response is not a list: its format may have changed")
            yield from as_objects(rows)
            count += len(rows)
            url = self._zotero.next_page(response) if rows else ""
            if not url or count >= self._limit:
                return
            response = self._zotero.get(url)

    def _url(self, name: str, query: Mapping[str, str] | None = None) -> str:
        paging = {"format": "json", "limit": str(_PAGE_SIZE)} if name != "deleted" else {}
        return self._zotero.url(f"{self._path}/{name}", {**(query or {}), **paging})


def _note_version(response: Response, versions: set[str]) -> None:
    version = response.headers.get("last-modified-version", "").strip()
    if version.isdecimal():
        versions.add(version)


def _items(rows: Iterable[JsonObject]) -> tuple[list[LibraryItem], frozenset[str], list[str]]:
    """Return the papers among rows, the keys of what is none, and the problems of records."""
    items: list[LibraryItem] = []
    other_keys: set[str] = set()
    problems: list[str] = []
    for row in rows:
        key = as_text(row.get("key"))
        try:
            item = _item(key, as_object(row.get("data")))
        except RecordError as error:
            problems.append(f"item {key}: {error}")
            item = None
        if item:
            items.append(item)
        else:
            other_keys.add(key)
    return items, frozenset(other_keys), problems


def _item(key: str, data: JsonObject) -> LibraryItem | None:
    """Return the paper of an item; None where it is a note, a film, a page and the like."""
    record = record_of_item(dict(data))
    if not key or isinstance(record, str):
        return None
    has_identifier = any(record.get(name) for name in ("arxiv_id", "doi", "pmid"))
    if as_text(data.get("itemType")) not in _SCHOLARLY and not has_identifier:
        return None
    names = data.get("collections")
    collections = [n for n in names if isinstance(n, str)] if isinstance(names, list) else []
    return LibraryItem(key, paper_from_record(record, source=SOURCE), frozenset(collections))


# --- the service -----------------------------------------------------------------------------


class _RefusedError(SourceError):
    """Zotero refuses the key, or does not have the library."""


@dataclass(frozen=True, slots=True)
class _Zotero:
    """Requests to Zotero with a key, which no error quotes and which never leaves its host."""

    web: WebClient
    key: str = field(repr=False)
    base_url: str

    def url(self, path: str, query: Mapping[str, str]) -> str:
        return f"{self.base_url.rstrip('/')}{path}?{urlencode(query)}"

    def json(self, path: str) -> object:
        return self.parsed(self.get(self.url(path, {})))

    def parsed(self, response: Response) -> object:
        return self._service.parsed(response.content)

    def error(self, problem: str) -> SourceError:
        return self._service.error(problem)

    def get(self, url: str, since: str = "") -> Response:
        """Return the answer, of status 200, or 304 where nothing changed since a version.

        Waits as long as Zotero asks for afterwards (``Backoff``).
        """
        key = check_api_key(self.key, "key")
        headers = {"Zotero-API-Version": "3"} | ({"Zotero-API-Key": key} if key else {})
        conditions = {"If-Modified-Since-Version": since} if since else {}
        try:
            response = self.web.get(
                url, expected=(200, 304, *_REFUSALS), headers=headers | conditions
            )
        except SourceError as error:
            raise self.error(str(error)) from error
        if response.status in _REFUSALS:
            status = status_line(response.status)
            raise _RefusedError(
                f"Zotero: the key may not read this library, or it is gone ({status})"
            )
        self._back_off(response)
        return response

    def next_page(self, response: Response) -> str:
        """Return the address of the next page, empty after the last; SourceError for elsewhere."""
        match = _NEXT.search(response.headers.get("link", ""))
        if not match:
            return ""
        if not match[1].startswith(f"{self.base_url.rstrip('/')}/"):
            raise self.error("its next page is at another address: refused")
        return match[1]

    @property
    def _service(self) -> Service:
        return Service("Zotero", self.web, secret=self.key)

    def _back_off(self, response: Response) -> None:
        seconds = response.headers.get("backoff", "").strip()
        if not (seconds.isascii() and seconds.isdigit()):
            return
        if int(seconds) > _LONGEST_BACKOFF:
            raise self.error(f"it is busy and asks for {seconds} seconds; will try again later")
        self.web.sleep(float(seconds))
