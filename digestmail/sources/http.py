"""Fetching over HTTP the way a polite and careful guest does."""

import threading
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from types import TracebackType
from typing import Self

import httpx

from digestmail.errors import SourceError
from digestmail.text import one_line

_AGAIN = "will try again at the next poll"
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_BUSY = frozenset({429, 503})
_LONGEST_RETRY_AFTER = 60.0
_ENCODINGS = frozenset({"", "identity", "gzip", "deflate"})
_TRANSFER_TIMEOUTS = 10  # a whole answer may take this many times the timeout of one wait


@dataclass(frozen=True, slots=True)
class Response:
    """An answer, decoded and whole; ``url`` is where it came from after redirects."""

    content: bytes
    status: int
    headers: Mapping[str, str]  # case-insensitive
    url: str


class WebClient:
    """Gets documents, one at a time, with a pause between two requests to the same domain.

    The pause of ``min_interval`` seconds runs from the end of one request to the start of the
    next; the hosts of one domain share it, as arXiv asks for (one request each 3 s over all its
    services). ``max_bytes`` bounds the decoded answer. May be shared between threads.
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
    ) -> None:
        self._monotonic = monotonic
        self._sleep = sleep
        self._min_interval = min_interval
        self._timeout = timeout
        self._max_bytes = max_bytes
        self._max_redirects = max_redirects
        self._last_end: dict[str, float] = {}
        self._lock = threading.Lock()
        headers = {"User-Agent": user_agent, "Accept-Encoding": "gzip, deflate"}
        self._client = httpx.Client(headers=headers, timeout=timeout)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End all connections."""
        self._client.close()

    def get(self, url: str, *, expected: Collection[int] = (200,)) -> Response:
        """The document at ``url``; SourceError for every fault and any status not ``expected``.

        A server that is busy and says for how long (Retry-After, up to a minute) is asked once
        more.
        """
        with self._lock:
            target = _web_url(url)
            for _ in range(self._max_redirects + 1):
                response = self._request_twice(target, expected)
                location = response.headers.get("location", "")
                if response.status not in _REDIRECTS or not location:
                    return _checked(response, target, expected)
                target = _web_url(location, target)
        raise SourceError(f"{_host(url)} redirects more than {self._max_redirects} times")

    def _request_twice(self, url: httpx.URL, expected: Collection[int]) -> Response:
        response = self._request(url, expected)
        delay = retry_after(response.headers) if response.status in _BUSY else None
        if delay is None or delay > _LONGEST_RETRY_AFTER:
            return response
        self._sleep(delay)
        return self._request(url, expected)

    def _request(self, url: httpx.URL, expected: Collection[int]) -> Response:
        domain = domain_of(url.host)
        self._wait_for(domain)
        try:
            with self._client.stream("GET", url) as answer:
                content = self._body(answer) if answer.status_code in expected else b""
                return Response(content, answer.status_code, answer.headers, str(url))
        except (httpx.HTTPError, UnicodeError) as error:  # the latter from odd host names
            raise SourceError(f"{_host(url)} {self._told(error)}; {_AGAIN}") from error
        finally:
            self._last_end[domain] = self._monotonic()

    def _wait_for(self, domain: str) -> None:
        if domain in self._last_end:
            wait = self._last_end[domain] + self._min_interval - self._monotonic()
            if wait > 0:
                self._sleep(wait)

    def _body(self, answer: httpx.Response) -> bytes:
        host = _host(answer.url)
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


def _web_url(url: str, base: httpx.URL | None = None) -> httpx.URL:
    shown = one_line(url)[:80]
    try:
        result = base.join(url) if base else httpx.URL(url)
    except (httpx.InvalidURL, ValueError) as error:
        raise SourceError(f"“{shown}” is not a web address: {error}") from error
    if result.scheme not in ("http", "https") or not result.host:
        where = f"{_host(base)} redirects to " if base else ""
        raise SourceError(f"{where}“{shown}”, which is not an http or https address")
    return result


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
