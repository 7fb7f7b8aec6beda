"""Fetching over HTTP the way a polite and careful guest does."""

import fcntl
import json
import math
import ssl
import threading
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import cache
from http import HTTPStatus
from pathlib import Path
from types import TracebackType
from typing import IO, Self
from urllib.parse import quote

import httpx

from digestmail.errors import SourceError
from digestmail.sources.http.ssrf_guard import PinnedTransport, refuse_private
from digestmail.text import one_line

_AGAIN = "will try again at the next poll"
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_BUSY = frozenset({429, 503})
_LONGEST_RETRY_AFTER = 60.0
_ENCODINGS = frozenset({"", "identity", "gzip", "deflate"})
_TRANSFER_TIMEOUTS = 10  # a whole answer may take this many times the timeout of one wait
_FIRST_PAUSE = 600.0  # shorter ones have led arXiv to block addresses
_LONGEST_PAUSE = 6 * 3600.0
_LONGEST_OBEYED = 24 * 3600.0
_LOCK_POLL = 0.1


@dataclass(frozen=True, slots=True)
class Validators:
    """What a server gave to ask later whether a document changed (RFC 9110, 8.8); empty: none."""

    etag: str = ""
    last_modified: str = ""


@dataclass(frozen=True, slots=True)
class Response:
    """An answer, decoded and whole; ``url`` is where it came from after redirects."""

    content: bytes
    status: int
    headers: Mapping[str, str]  # case-insensitive
    url: str
    validators: Validators = Validators()


@cache
def _trusted() -> ssl.SSLContext:
    """The authorities whose certificates hold. Read once, as it takes 45 ms."""
    return httpx.create_ssl_context()


class WebClient:
    """Gets documents, one at a time, with a pause between two requests to the same domain.

    The pause of ``min_interval`` seconds runs from the end of one request to the start of the
    next; the hosts of one domain share it, as arXiv asks for (one request each 3 s over all its
    services). ``max_bytes`` bounds the decoded answer. May be shared between threads.

    With ``shared_folder`` all processes that name the same folder keep these pauses together, one
    request to a domain at a time, by a locked file for each domain; ``wall`` is their common time,
    in seconds since 1970. ``sleep`` is what the client itself waits by. ``public_only`` is for
    addresses given by strangers: hosts inside private networks are refused, see guard.
    """

    def __init__(
        self,
        *,
        user_agent: str,
        monotonic: Callable[[], float],
        sleep: Callable[[float], None],
        min_interval: float = 3.0,
        timeout: float = 30.0,
        max_bytes: int = 50_000_000,
        max_redirects: int = 3,
        shared_folder: Path | None = None,
        wall: Callable[[], float] = time.time,
        public_only: bool = False,
    ) -> None:
        self._monotonic = monotonic
        self.sleep = sleep
        self._wall = wall
        self._min_interval = min_interval
        self._timeout = timeout
        self._max_bytes = max_bytes
        self._max_redirects = max_redirects
        self._folder = shared_folder
        # A monotonic clock cannot be set back, but means nothing to other processes after a boot.
        self._now = wall if shared_folder else monotonic
        self._owed: dict[str, _Owed] = {}
        self._lock = threading.Lock()
        headers = {"User-Agent": user_agent, "Accept-Encoding": "gzip, deflate"}
        trusted = _trusted()
        transport = PinnedTransport(refuse_private, verify=trusted) if public_only else None
        self._client = httpx.Client(
            headers=headers, timeout=timeout, transport=transport, verify=trusted
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End all connections."""
        self._client.close()

    def get(
        self,
        url: str,
        *,
        expected: Collection[int] = (200,),
        validators: Validators | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Response:
        """The document at ``url``; SourceError for every fault and any status not ``expected``.

        A server that is busy and says for how long (Retry-After, up to a minute) is asked once
        more. One that keeps refusing, or answers 429 without saying for how long, is left alone
        for a while, see ``pause_after``: until then every request to its domain fails at once.

        With the ``validators`` of an earlier response, a document that has not changed since is
        answered with status 304, no content and the validators to keep. ``headers`` may hold a
        secret: they do not follow a redirect to another server.
        """
        asked = _conditions(validators)
        wanted = {*expected, 304} if asked else set(expected)
        with self._lock:
            target = first = _web_url(url)
            for _ in range(self._max_redirects + 1):
                own = headers if headers and _origin(target) == _origin(first) else {}
                response = self._request_twice(target, wanted, {**asked, **own})
                location = response.headers.get("location", "")
                if response.status not in _REDIRECTS or not location:
                    checked = _checked(response, target, wanted)
                    return replace(checked, validators=_validators(checked, validators))
                target = _web_url(location, target)
        raise SourceError(f"{_host(url)} redirects more than {self._max_redirects} times")

    def _request_twice(
        self, url: httpx.URL, expected: Collection[int], asked: Mapping[str, str]
    ) -> Response:
        response = self._request(url, expected, asked)
        delay = retry_after(response.headers) if response.status in _BUSY else None
        if delay is None or delay > _LONGEST_RETRY_AFTER:
            return response
        self.sleep(delay)
        return self._request(url, expected, asked)

    def _request(
        self, url: httpx.URL, expected: Collection[int], asked: Mapping[str, str]
    ) -> Response:
        with self._turn(domain_of(url.host)) as owed:
            self._wait(owed, _host(url))
            owed.last_end = self._now()  # told now too, in case that this process is killed
            owed.save()
            try:
                response = self._exchange(url, expected, asked)
                owed.note(response.status, response.headers, self._now())
                return response
            finally:
                owed.last_end = self._now()
                owed.save()

    def _exchange(
        self, url: httpx.URL, expected: Collection[int], asked: Mapping[str, str]
    ) -> Response:
        try:
            with self._client.stream("GET", url, headers=asked) as answer:
                content = self._body(answer, url) if answer.status_code in expected else b""
                return Response(content, answer.status_code, answer.headers, str(url))
        except (httpx.HTTPError, UnicodeError) as error:  # the latter from odd host names
            raise SourceError(f"{_host(url)} {self._told(error)}; {_AGAIN}") from error

    def _body(self, answer: httpx.Response, url: httpx.URL) -> bytes:
        host = _host(url)
        # A stack of encodings grows a thousandfold at each level before its size can be seen.
        if answer.headers.get("content-encoding", "").strip().lower() not in _ENCODINGS:
            raise SourceError(f"{host} answered in an encoding that was not asked for")
        content = bytearray()
        latest = self._monotonic() + self._timeout * _TRANSFER_TIMEOUTS
        for chunk in answer.iter_bytes():
            content += chunk
            if len(content) > self._max_bytes:
                raise SourceError(f"{host} sent more than {self._max_bytes:,} bytes: refused")
            if self._monotonic() > latest:
                raise SourceError(f"{host} sends too slowly; {_AGAIN}")
        return bytes(content)

    def _told(self, error: Exception) -> str:
        if isinstance(error, httpx.TimeoutException):
            return f"did not answer within {self._timeout:g} s"
        detail = one_line(str(error))[:200] or type(error).__name__
        if isinstance(error, httpx.ConnectError):
            return f"could not be reached ({detail})"
        return f"gave no proper answer ({detail})"

    # --- one's turn --------------------------------------------------------------------------

    @contextmanager
    def _turn(self, domain: str) -> Iterator["_Owed"]:
        """What is owed to ``domain``, while nobody else asks it anything."""
        if self._folder is None:
            yield self._owed.setdefault(domain, _Owed())
            return
        path = self._folder / f"{quote(domain, safe='')[:200]}.json"
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            # Closing the file gives the lock up, as the end of the process does.
            with path.open("a+", encoding="utf-8") as file:
                self._lock_file(file, domain)
                yield _Owed.load(file)
        except OSError as error:
            raise SourceError(f"{path}: {error.strerror or error}") from error

    def _lock_file(self, file: IO[str], domain: str) -> None:
        tries = (self._timeout * _TRANSFER_TIMEOUTS + _LONGEST_RETRY_AFTER) / _LOCK_POLL
        for _ in range(math.ceil(tries)):
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return
            except BlockingIOError:
                self.sleep(_LOCK_POLL)
        raise SourceError(f"another process does not finish with {domain}; {_AGAIN}")

    def _wait(self, owed: "_Owed", host: str) -> None:
        now = self._now()
        closed = owed.closed_for(now)
        if closed > _LONGEST_RETRY_AFTER:
            until = datetime.fromtimestamp(self._wall(), UTC) + timedelta(seconds=closed)
            raise SourceError(f"{host} was too busy: it is left alone until {until:%F %H:%M} UTC")
        # A clock that was set back must not make the pause longer.
        pause = min(owed.last_end + self._min_interval - now, self._min_interval)
        if max(pause, closed) > 0:
            self.sleep(max(pause, closed))


@dataclass(slots=True)
class _Owed:
    """What is owed to a domain: a pause since ``last_end``, no request until ``not_before``."""

    last_end: float = -math.inf
    not_before: float = -math.inf
    refusals: int = 0  # in succession
    file: IO[str] | None = None

    @classmethod
    def load(cls, file: IO[str]) -> Self:
        file.seek(0)
        try:
            kept = json.loads(file.read(1_000))
            times = float(kept["last_end"]), float(kept["not_before"])
            return cls(*times, int(kept["refusals"]), file)
        except (ValueError, TypeError, KeyError, OverflowError):  # new, or cut short by a crash
            return cls(file=file)

    def save(self) -> None:
        if self.file:
            kept = {name: getattr(self, name) for name in ("last_end", "not_before", "refusals")}
            self.file.seek(0)
            self.file.truncate()
            self.file.write(json.dumps(kept))
            self.file.flush()

    def note(self, status: int, headers: Mapping[str, str], now: float) -> None:
        self.refusals = self.refusals + 1 if status in _BUSY else 0
        pause = pause_after(status, retry_after(headers), self.refusals)
        self.not_before = now + pause

    def closed_for(self, now: float) -> float:
        """The seconds in which no request may be made."""
        remaining = self.not_before - now
        return (
            max(0.0, remaining) if remaining <= _LONGEST_OBEYED else 0.0
        )  # the clock was set back


def pause_after(status: int, told: float | None, refusals: int) -> float:
    """The seconds to leave a server alone that answered ``status``, the last of ``refusals``.

    10 minutes after a 429 that does not tell how long, doubled at each further refusal up to 6
    hours. A 429 that tells, and a 503, which often passes by itself, get one refusal for free. What
    the server tells (Retry-After) is the least, up to a day.
    """
    if status not in _BUSY:
        return 0.0
    counted = refusals if status == 429 and told is None else refusals - 1
    grown = min(_FIRST_PAUSE * 2 ** min(counted - 1, 20), _LONGEST_PAUSE) if counted > 0 else 0.0
    return max(grown, min(told or 0.0, _LONGEST_OBEYED))


def domain_of(host: str) -> str:
    """The last two labels of a host name: whom the pause between requests is owed."""
    return ".".join(host.split(".")[-2:])


def retry_after(headers: Mapping[str, str]) -> float | None:
    """The seconds a server asks to wait (RFC 9110, 10.2.3), by its own clock; None if mute."""
    value = headers.get("retry-after", "").strip()
    if value.isascii() and value.isdigit():
        return float(value)
    until, now = _http_date(value), _http_date(headers.get("date", ""))
    return max(0.0, (until - now).total_seconds()) if until and now else None


def _http_date(value: str) -> datetime | None:
    try:
        read = parsedate_to_datetime(value)
    except (ValueError, OverflowError):
        return None
    return read if read.tzinfo else None


# --- conditional requests --------------------------------------------------------------------


def _conditions(validators: Validators | None) -> dict[str, str]:
    kept = validators or Validators()
    headers = {"If-None-Match": kept.etag, "If-Modified-Since": kept.last_modified}
    return {name: value for name, value in headers.items() if value}


def _validators(response: Response, kept: Validators | None) -> Validators:
    """Those of the response; a 304 need not repeat the ones that were sent."""
    old = kept if kept and response.status == 304 else Validators()
    new = (_sendable(response.headers.get(name, "")) for name in ("etag", "last-modified"))
    etag, last_modified = new
    return Validators(etag or old.etag, last_modified or old.last_modified)


def _sendable(value: str) -> str:
    """``value`` where it can be sent back as it is, else empty."""
    return value if value.isascii() and value.isprintable() and len(value) <= 1_000 else ""


# --- addresses and messages ------------------------------------------------------------------


def _web_url(url: str, base: httpx.URL | None = None) -> httpx.URL:
    shown = one_line(url.partition("?")[0])[:80]  # a query may hold a secret
    try:
        result = base.join(url) if base else httpx.URL(url)
    except (httpx.InvalidURL, ValueError) as error:
        raise SourceError(f"“{shown}” is not a web address: {error}") from error
    if result.scheme not in ("http", "https") or not result.host:
        where = f"{_host(base)} redirects to " if base else ""
        raise SourceError(f"{where}“{shown}”, which is not an http or https address")
    return result


def _origin(url: httpx.URL) -> tuple[str, str, int | None]:
    return url.scheme, url.host, url.port


def _checked(response: Response, url: httpx.URL, expected: Collection[int]) -> Response:
    if response.status in expected:
        return response
    raise SourceError(f"{_host(url)} answered {status_line(response.status)}; {_AGAIN}")


def status_line(status: int) -> str:
    """A status with its standard phrase: ``503 Service Unavailable``."""
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)


def _host(url: httpx.URL | str) -> str:
    return httpx.URL(url).netloc.decode("ascii", "replace")
