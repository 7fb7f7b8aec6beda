"""What stands between the network and the pages: headers, size limits, errors, networks.

There are no cookies, so there is no CSRF token: a form that changes something of a subscriber's
is posted to an address that holds their token, which no other site knows.
"""

import logging
import re
from collections.abc import Mapping

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

log = logging.getLogger(__name__)

_TOKEN_PAGES = (
    "/confirm/",
    "/digest/",
    "/feed/",
    "/feedback/",
    "/never/",
    "/options/",
    "/preferences/",
    "/return/",
    "/save/",
    "/unsubscribe/",
    "/why/",
)
_PUBLIC = ("/static/", "/robots.txt")
_SLASHES = re.compile("/{2,}")
_AFTER_LINKS = re.compile(
    "(?:&(?:[a-z]{2,6}|#[0-9]{2,4});|[=%](?:3D|2E|20|0D|0A)|[^0-9a-z])+$", re.IGNORECASE | re.ASCII
)
_MAX_ADDITION = 100  # letters, as looking for the end takes their square
_MENDED = (*_TOKEN_PAGES, "/help")

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
    """Return the headers that every answer for ``path`` carries."""
    public = path.startswith(_PUBLIC)
    headers = _HEADERS | {"Cache-Control": "public, max-age=600" if public else "no-store"}
    if path.startswith(_TOKEN_PAGES):
        headers["X-Robots-Tag"] = "noindex, nofollow"
    return headers


class SecurityHeaders:
    """Middleware that adds the missing ``headers_for`` its path to each answer, errors too."""

    def __init__(self, app: ASGIApp, extra: Mapping[str, str]) -> None:
        self._app = app
        self._extra = extra

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        path = scope["path"].removeprefix(scope.get("root_path", ""))
        headers = {**headers_for(path), **self._extra}

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                present = MutableHeaders(scope=message)
                for name, value in headers.items():
                    present.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, send_with_headers)


class BelowPath:
    """Middleware that serves under the path of ``public_url``.

    It does so whether or not the proxy in front cuts that path off. The settings see to it that
    no page's address begins with that path.
    """

    def __init__(self, app: ASGIApp, path: str) -> None:
        self._app = app
        self._path = path

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        path = scope.get("path", "")
        full_path = path if f"{path}/".startswith(f"{self._path}/") else self._path + path
        await self._app({**scope, "root_path": self._path, "path": full_path}, receive, send)


class TokenPaths:
    """Middleware that removes what mail programs and copying add to a page's address.

    A full stop or bracket of the sentence around it, a slash, the end of a quoted-printable line,
    a bracket as HTML writes it.
    Damage within the token itself is for ``tokens.Signer``.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        path = path_of(scope) if scope["type"] == "http" else ""
        if path.startswith(_MENDED):
            plain = _SLASHES.sub("/", path)
            end = plain[-_MAX_ADDITION:]
            mended = plain[: len(plain) - len(end)] + _AFTER_LINKS.sub("", end)
            if mended.startswith(_MENDED):  # something is left of the token
                scope = {**scope, "path": str(scope.get("root_path", "")) + mended}
        await self._app(scope, receive, send)


class UnexpectedErrors:
    """Middleware that answers ``page`` to a failure, and logs it without the address."""

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


def path_of(scope: Scope) -> str:
    """Return the path below the address of the service."""
    return str(scope["path"]).removeprefix(str(scope.get("root_path", "")))
