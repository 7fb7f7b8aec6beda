"""What stands between the network and the pages: headers, size limits, errors, networks.

There are no cookies, so there is no CSRF token: a form that changes something of a subscriber's
is posted to an address that holds their token, which no other site knows.
"""

import logging
import re
from collections.abc import Callable, Mapping

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from digestmail.sources.library import LARGEST
from digestmail.text import one_line

log = logging.getLogger(__name__)

LARGEST_REPORT = 4 * 1024 * 1024  # many bounces in one post of a mail service
LARGEST_FORM = LARGEST + 1536 * 1024  # a library, and what an earlier one told beside it
LARGEST_BODY = 256 * 1024  # 5,000 letters of an interest, percent-encoded, are 60 kB
_NEVER = 10**18  # bytes: the length of a body that does not tell it
_WITH_FILES = ("/subscribe", "/preferences/")
_FILENAME = re.compile(rb'; name="library"; filename="([^"\r\n]{1,300})"')
_MOST_DRAINED = 100_000_000  # bytes read and dropped, so that the browser comes to hear the answer
_TOKEN_PAGES = (
    "/confirm/",
    "/digest/",
    "/feed/",
    "/feedback/",
    "/never/",
    "/preferences/",
    "/return/",
    "/save/",
    "/unsubscribe/",
    "/why/",
)
_PUBLIC = ("/static/", "/robots.txt")
_SLASHES = re.compile("/{2,}")
_AFTER_LINKS = re.compile("(?:[=%](?:3D|2E|20|0D|0A)|[^0-9a-z])+$", re.IGNORECASE | re.ASCII)

_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; "
        "connect-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "Referrer-Policy": "no-referrer",  # the address of a page holds a token
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}


def headers_for(path: str) -> dict[str, str]:
    """The headers that every answer for ``path`` carries."""
    public = path.startswith(_PUBLIC)
    headers = _HEADERS | {"Cache-Control": "public, max-age=600" if public else "no-store"}
    if path.startswith(_TOKEN_PAGES):
        headers["X-Robots-Tag"] = "noindex, nofollow"
    return headers


class SecurityHeaders:
    """Puts ``headers_for`` its path on every answer that has not chosen its own, errors too."""

    def __init__(self, app: ASGIApp, more: Mapping[str, str]) -> None:
        self._app = app
        self._more = more

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        path = scope["path"].removeprefix(scope.get("root_path", ""))
        headers = {**headers_for(path), **self._more}

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                present = MutableHeaders(scope=message)
                for name, value in headers.items():
                    present.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, send_with_headers)


class BelowPath:
    """Serves under the path of ``public_url``, whether or not the proxy in front cuts it off.

    The settings see to it that no page's address begins with that path.
    """

    def __init__(self, app: ASGIApp, path: str) -> None:
        self._app = app
        self._path = path

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        path = scope.get("path", "")
        whole = path if f"{path}/".startswith(f"{self._path}/") else self._path + path
        await self._app({**scope, "root_path": self._path, "path": whole}, receive, send)


class TokenPaths:
    """Forgives what mail programs and copying add to the address of a page with a token.

    A full stop or bracket of the sentence around it, a slash, the end of a quoted-printable line.
    Damage within the token itself is for ``tokens.Signer``.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        path = _path(scope) if scope["type"] == "http" else ""
        if path.startswith(_TOKEN_PAGES):
            mended = _AFTER_LINKS.sub("", _SLASHES.sub("/", path))
            if mended.startswith(_TOKEN_PAGES):  # something is left of the token
                scope = {**scope, "path": str(scope.get("root_path", "")) + mended}
        await self._app(scope, receive, send)


class UnexpectedErrors:
    """Answers ``page`` where the program fails, and logs the traceback without the address."""

    def __init__(self, app: ASGIApp, page: ASGIApp) -> None:
        self._app = app
        self._page = page

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        started = False

        async def watch(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self._app(scope, receive, watch)
        except Exception:
            route = getattr(scope.get("route"), "path", "a page")  # the pattern: no token in it
            log.exception("%s %s failed", scope.get("method", ""), route)
            if not started and scope["type"] == "http":
                await self._page(scope, receive, send)


class BodyLimit:
    """Reads each body before anyone else does, and answers ``page`` to one that is too large.

    To a form with a file it answers ``file_page``, made of the file's name.
    """

    def __init__(self, app: ASGIApp, page: ASGIApp, file_page: Callable[[str], ASGIApp]) -> None:
        self._app = app
        self._page = page
        self._file_page = file_page

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        path = _path(scope)
        most = _most(path)
        has_file = path.startswith(_WITH_FILES)
        is_announced = _announced(scope) <= most
        body, is_whole = await _read(receive, most) if is_announced or has_file else (b"", False)
        if not (is_whole and is_announced):
            name = _filename(body) if has_file else ""
            if name:
                await _drain(receive)
            await (self._file_page(name) if name else self._page)(scope, receive, send)
            return
        unread: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

        async def receive_again() -> Message:
            return unread.pop() if unread else await receive()

        await self._app(scope, receive_again, send)


def _filename(body: bytes) -> str:
    """The name of the file in a form; empty where it has none."""
    found = _FILENAME.search(body)
    return one_line(found[1].decode("utf-8", "replace")) if found else ""


async def _drain(receive: Receive) -> None:
    size = 0
    while size < _MOST_DRAINED:
        message = await receive()
        size += len(message.get("body", b""))
        if message["type"] != "http.request" or not message.get("more_body", False):
            return


def _most(path: str) -> int:
    if path.startswith("/hooks/"):
        return LARGEST_REPORT
    return LARGEST_FORM if path.startswith(_WITH_FILES) else LARGEST_BODY


def _path(scope: Scope) -> str:
    """The path below the address of the service."""
    return str(scope["path"]).removeprefix(str(scope.get("root_path", "")))


def _announced(scope: Scope) -> int:
    length = Headers(scope=scope).get("content-length", "0")
    return int(length) if length.isdecimal() and len(length) < 19 else _NEVER


async def _read(receive: Receive, most: int) -> tuple[bytes, bool]:
    """The body, and whether it is whole: no larger than ``most``, and come to its end."""
    body = bytearray()
    more = True
    while more:
        message = await receive()
        if message["type"] != "http.request":
            return bytes(body), False  # gone before the end: half a form must not count
        body += message.get("body", b"")
        more = message.get("more_body", False)
        if len(body) > most:
            return bytes(body), False
    return bytes(body), True
