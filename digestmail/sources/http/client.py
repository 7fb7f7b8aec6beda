"""An HTTP client for sources: polite to servers, careful with their answers."""

import json
import logging
import ssl
import threading
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import asdict, dataclass, replace
from functools import cache
from http import HTTPStatus
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx

from digestmail.errors import SourceError
from digestmail.sources.http.ssrf_guard import PinnedTransport, refuse_private
from digestmail.sources.http.throttle import (
    AGAIN,
    BUSY,
    LIMITS,
    DomainThrottle,
    ThrottleLimits,
    retry_after,
)
from digestmail.text import one_line

# httpx logs the address of each request, and some services want their keys in it.
logging.getLogger("httpx").setLevel(logging.WARNING)

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_ENCODINGS = frozenset({"", "identity", "gzip", "deflate"})
_TRANSFER_TIMEOUTS = 10  # a complete answer may take this many times the timeout of one wait
_VALIDATOR_LIMIT = 1_000  # characters


@dataclass(frozen=True, slots=True)
class Validators:
    """The validators of a document (RFC 9110, 8.8), to ask later whether it changed."""

    etag: str = ""
    last_modified: str = ""

    @classmethod
    def load(cls, state: Mapping[str, Any], url: str) -> Self | None:
        """Return those that a source's state holds for ``url``; None where it holds none."""
        values = state.get("validators", {})
        return cls(values["etag"], values["last_modified"]) if values.get("url") == url else None

    def store(self, state: dict[str, Any], url: str) -> None:
        """Put them into a source's state, in place of any earlier ones."""
        state["validators"] = {"url": url, **asdict(self)}


@dataclass(frozen=True, slots=True)
class Response:
    """A complete answer, decoded; ``url`` is where it came from after redirects."""

    content: bytes
    status: int
    headers: Mapping[str, str]  # case-insensitive
    url: str
    validators: Validators = Validators()


@cache
def _certificate_authorities() -> ssl.SSLContext:
    """Return the trusted authorities, read once, as it takes 45 ms."""
    return httpx.create_ssl_context()


class WebClient:
    """An HTTP client that gets one document at a time, with pauses between those of one domain.

    ``limits`` are those of the throttle, and ``shared_folder`` the folder by which processes share
    it; see ``DomainThrottle``. ``max_bytes`` bounds the decoded answer. ``sleep`` is how the
    client itself waits. ``public_only`` is for addresses chosen by strangers: hosts inside
    private networks are refused; see ``ssrf_guard``. May be shared between threads.
    """

    def __init__(
        self,
        *,
        user_agent: str,
        monotonic: Callable[[], float],
        sleep: Callable[[float], None],
        limits: ThrottleLimits = LIMITS,
        timeout: float = 30.0,
        max_bytes: int = 50_000_000,
        max_redirects: int = 3,
        shared_folder: Path | None = None,
        wall: Callable[[], float] = time.time,
        public_only: bool = False,
    ) -> None:
        self._monotonic = monotonic
        self.sleep = sleep
        self._limits = limits
        self._timeout = timeout
        self._max_bytes = max_bytes
        self._max_redirects = max_redirects
        self._throttle = DomainThrottle(
            shared_folder,
            sleep=sleep,
            monotonic=monotonic,
            wall=wall,
            lock_timeout=timeout * _TRANSFER_TIMEOUTS + limits.max_retry_after,
            limits=limits,
        )
        self._lock = threading.Lock()
        verify = _certificate_authorities()
        self._client = httpx.Client(
            headers={"User-Agent": user_agent, "Accept-Encoding": "gzip, deflate"},
            timeout=timeout,
            transport=PinnedTransport(refuse_private, verify=verify) if public_only else None,
            verify=verify,
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
        """Return the document at ``url``; SourceError for a fault or a status not ``expected``.

        A busy server that says for how long (Retry-After, up to a minute) gets one more request.
        One that keeps refusing, or answers 429 without saying for how long, is left alone for a
        while, see ``pause_after``: until then every request to its domain fails at once.

        With the ``validators`` of an earlier response, a document that has not changed since is
        answered with status 304, no content and the validators to keep. ``headers`` may hold a
        secret: they do not follow a redirect to another server.
        """
        conditions = _conditions(validators)
        statuses = {*expected, 304} if conditions else set(expected)
        with self._lock:
            target = first = _web_url(url)
            for _ in range(self._max_redirects + 1):
                extra = headers if headers and _origin(target) == _origin(first) else {}
                response = self._request_twice(target, statuses, {**conditions, **extra})
                location = response.headers.get("location", "")
                if response.status not in _REDIRECTS or not location:
                    _require_status(response, target, statuses)
                    return replace(response, validators=_validators(response, validators))
                target = _web_url(location, target)
        raise SourceError(f"{_host(url)} redirects more than {self._max_redirects} times")

    def post_json(
        self,
        url: str,
        value: object,
        *,
        expected: Collection[int] = (200,),
        headers: Mapping[str, str] | None = None,
    ) -> Response:
        """Return the answer to ``value``, sent as JSON; as ``get``, but no redirect is followed.

        ``value`` may hold a secret: no error quotes it.
        """
        target = _web_url(url)
        kind = {"Content-Type": "application/json", "Accept": "application/json"}
        body = json.dumps(value).encode()
        with self._lock:
            response = self._request_twice(target, expected, {**kind, **(headers or {})}, body)
        _require_status(response, target, expected)
        return response

    def _request_twice(
        self,
        url: httpx.URL,
        expected: Collection[int],
        headers: Mapping[str, str],
        body: bytes | None = None,
    ) -> Response:
        response = self._request(url, expected, headers, body)
        delay = retry_after(response.headers) if response.status in BUSY else None
        if delay is None or delay > self._limits.max_retry_after:
            return response
        self.sleep(delay)
        return self._request(url, expected, headers, body)

    def _request(
        self,
        url: httpx.URL,
        expected: Collection[int],
        headers: Mapping[str, str],
        body: bytes | None,
    ) -> Response:
        method = "GET" if body is None else "POST"
        with self._throttle.turn(url.host, _host(url)) as state:
            try:
                with self._client.stream(method, url, headers=headers, content=body) as answer:
                    content = self._body(answer, url) if answer.status_code in expected else b""
                    response = Response(content, answer.status_code, answer.headers, str(url))
            except (httpx.HTTPError, UnicodeError) as error:  # the latter from odd host names
                raise SourceError(f"{_host(url)} {self._reason(error)}; {AGAIN}") from error
            self._throttle.record(state, response.status, response.headers)
            return response

    def _body(self, answer: httpx.Response, url: httpx.URL) -> bytes:
        host = _host(url)
        # A stack of encodings grows a thousandfold at each level before its size can be seen.
        if answer.headers.get("content-encoding", "").strip().lower() not in _ENCODINGS:
            raise SourceError(f"{host} responded in an encoding that was not requested")
        content = bytearray()
        deadline = self._monotonic() + self._timeout * _TRANSFER_TIMEOUTS
        for chunk in answer.iter_bytes():
            content += chunk
            if len(content) > self._max_bytes:
                raise SourceError(f"{host} sent more than {self._max_bytes:,} bytes, the limit")
            if self._monotonic() > deadline:
                raise SourceError(f"{host} sends too slowly; {AGAIN}")
        return bytes(content)

    def _reason(self, error: Exception) -> str:
        if isinstance(error, httpx.TimeoutException):
            return f"did not respond within {self._timeout:g} s"
        detail = one_line(str(error))[:200] or type(error).__name__
        if isinstance(error, httpx.ConnectError):
            return f"could not be reached ({detail})"
        return f"did not send a valid response ({detail})"


# --- conditional requests --------------------------------------------------------------------


def _conditions(validators: Validators | None) -> dict[str, str]:
    if validators is None:
        return {}
    headers = {"If-None-Match": validators.etag, "If-Modified-Since": validators.last_modified}
    return {name: value for name, value in headers.items() if value}


def _validators(response: Response, sent: Validators | None) -> Validators:
    """Return those of the response; a 304 need not repeat the ones that were sent."""
    old = sent if sent and response.status == 304 else Validators()
    return Validators(
        _sendable(response.headers.get("etag", "")) or old.etag,
        _sendable(response.headers.get("last-modified", "")) or old.last_modified,
    )


def _sendable(value: str) -> str:
    """Return ``value`` where it can be sent back as it is, else an empty string."""
    is_plain = value.isascii() and value.isprintable() and len(value) <= _VALIDATOR_LIMIT
    return value if is_plain else ""


# --- addresses and messages ------------------------------------------------------------------


def _web_url(url: str, base: httpx.URL | None = None) -> httpx.URL:
    excerpt = one_line(url.partition("?")[0])[:80]  # a query may hold a secret
    try:
        result = base.join(url) if base else httpx.URL(url)
    except (httpx.InvalidURL, ValueError) as error:
        raise SourceError(f"“{excerpt}” is not a web address: {error}") from error
    if result.scheme not in ("http", "https") or not result.host:
        where = f"{_host(base)} redirects to " if base else ""
        raise SourceError(f"{where}“{excerpt}”, which is not an http or https address")
    return result


def _origin(url: httpx.URL) -> tuple[str, str, int | None]:
    return url.scheme, url.host, url.port


def _require_status(response: Response, url: httpx.URL, expected: Collection[int]) -> None:
    if response.status not in expected:
        raise SourceError(f"{_host(url)} answered {status_line(response.status)}; {AGAIN}")


def status_line(status: int) -> str:
    """Return a status with its standard phrase: ``503 Service Unavailable``."""
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)


def _host(url: httpx.URL | str) -> str:
    return httpx.URL(url).netloc.decode("ascii", "replace")
