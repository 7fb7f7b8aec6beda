"""Bodies of requests: read before anyone else does, within limits of size, time and memory."""

import asyncio
import re
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from digestmail.sources.files.reference_library import LARGEST
from digestmail.text import one_line
from digestmail.web.shared.middleware import path_of
from digestmail.web.shared.networks import Networks

LARGEST_REPORT = 4 * 1024 * 1024  # many bounces in one post of a mail service
LARGEST_FORM = LARGEST + 1536 * 1024  # a library, and what an earlier one told beside it
LARGEST_BODY = 256 * 1024  # 5,000 letters of an interest, percent-encoded, are 60 kB
_UNKNOWN_LENGTH = 10**18  # bytes: the length of a body that does not tell it
_WITH_FILES = ("/subscribe", "/preferences/")
_FILENAME = re.compile(rb'; name="library"; filename="([^"\r\n]{1,300})"')
_MAX_DRAINED = 100_000_000  # bytes read and dropped, so that the browser comes to hear the answer
_RETRY_AFTER = "10"  # seconds, where there was no room


@dataclass(frozen=True, slots=True)
class BodyLimits:
    """The room and time that all bodies together may take."""

    seconds: float = 120.0  # for a whole body: 5 MB at 0.35 Mbit/s
    held: int = 96 * 1024 * 1024  # bytes in memory at once: some 20 of the largest forms
    per_network: int = 32 * 1024 * 1024
    free: int = 64 * 1024  # bytes of each that are not counted: to leave must always be possible


class RefusedError(Exception):
    """A body is not read to its end; ``status`` says why."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


class BodyMemory:
    """The bytes of bodies that are held at once; safe to share between event loops."""

    def __init__(self, limits: BodyLimits) -> None:
        self._limits = limits
        self._lock = threading.Lock()
        self._held: Counter[str] = Counter()

    @property
    def held(self) -> int:
        """The bytes that are counted now."""
        return self._held.total()

    def reserve(self, network: str, size: int) -> None:
        """Reserve bytes; RefusedError when there is no room for them."""
        with self._lock:
            if self._held[network] + size > self._limits.per_network:
                raise RefusedError(429)
            if self._held.total() + size > self._limits.held:
                raise RefusedError(503)
            self._held[network] += size

    def release(self, network: str, size: int) -> None:
        """Give reserved bytes back."""
        with self._lock:
            self._held[network] -= size
            self._held += Counter()  # drops who holds nothing any more


class BodyReader:
    """The reader of one body: its bytes so far, and how many of them are counted."""

    def __init__(self, memory: BodyMemory, network: str, max_size: int, free: int) -> None:
        self.body = bytearray()
        self._memory, self._network = memory, network
        self._max_size, self._free = max_size, free
        self._counted = 0

    async def read(self, receive: Receive) -> None:
        """Read to the end; RefusedError when there is none in time, or no room."""
        is_complete = False
        while not is_complete:
            message = await receive()
            if message["type"] != "http.request":
                raise RefusedError(400)  # gone before the end: half a form must not count
            self._add(message.get("body", b""))
            is_complete = not message.get("more_body", False)

    def _add(self, chunk: bytes) -> None:
        size = len(self.body) + len(chunk)
        counted = max(size - self._free, 0)
        if counted > self._counted:
            self._memory.reserve(self._network, counted - self._counted)
            self._counted = counted
        self.body += chunk
        if size > self._max_size:
            raise RefusedError(413)

    def close(self) -> None:
        """Give the room back."""
        self._memory.release(self._network, self._counted)


class BodyLimit:
    """Middleware that reads each body first, and answers one that is refused with a page.

    ``error`` gives the page of a status. To a form with a file that is too large it answers
    ``file_page``, made of the file's name.
    """

    def __init__(
        self,
        app: ASGIApp,
        error: Callable[[int], ASGIApp],
        file_page: Callable[[str], ASGIApp],
        networks: Networks,
        limits: BodyLimits | None = None,
    ) -> None:
        self._app = app
        self._pages = {status: error(status) for status in (400, 408, 413, 429, 503)}
        self._file_page = file_page
        self._networks = networks
        self._limits = limits or BodyLimits()
        self._memory = BodyMemory(self._limits)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        network = self._networks.of(Request(scope))
        reader = BodyReader(self._memory, network, _max_size(path_of(scope)), self._limits.free)
        try:
            answer = await self._answer(scope, receive, reader)
            if answer is None:
                await self._serve(scope, bytes(reader.body), receive, send)
            else:
                await answer(scope, receive, _closing(send))
        finally:
            reader.close()

    async def _answer(self, scope: Scope, receive: Receive, reader: BodyReader) -> ASGIApp | None:
        """Read the body; the page that refuses it, if one does."""
        try:
            async with asyncio.timeout(self._limits.seconds):
                return await self._refusal(scope, receive, reader)
        except TimeoutError:
            return self._pages[408]

    async def _refusal(self, scope: Scope, receive: Receive, reader: BodyReader) -> ASGIApp | None:
        path = path_of(scope)
        has_file, is_large = path.startswith(_WITH_FILES), _announced(scope) > _max_size(path)
        if is_large and not has_file:
            return self._pages[413]
        try:
            await reader.read(receive)
        except RefusedError as error:
            name = _filename(reader.body) if has_file and error.status == 413 else ""
            if not name:
                return self._pages[error.status]
            await _drain(receive)
            return self._file_page(name)
        return self._pages[413] if is_large else None

    async def _serve(self, scope: Scope, body: bytes, receive: Receive, send: Send) -> None:
        unread: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

        async def receive_again() -> Message:
            return unread.pop() if unread else await receive()

        await self._app(scope, receive_again, send)


def _closing(send: Send) -> Send:
    """Return a sender that closes the connection after an answer to an unread body."""

    async def send_and_close(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            headers["Connection"] = "close"
            if message["status"] in (429, 503):
                headers["Retry-After"] = _RETRY_AFTER
        await send(message)

    return send_and_close


def _filename(body: bytearray) -> str:
    """Return the name of the file in a form; empty where it has none."""
    match = _FILENAME.search(body)
    return one_line(match[1].decode("utf-8", "replace")) if match else ""


async def _drain(receive: Receive) -> None:
    size = 0
    while size < _MAX_DRAINED:
        message = await receive()
        size += len(message.get("body", b""))
        if message["type"] != "http.request" or not message.get("more_body", False):
            return


def _max_size(path: str) -> int:
    if path.startswith("/hooks/"):
        return LARGEST_REPORT
    return LARGEST_FORM if path.startswith(_WITH_FILES) else LARGEST_BODY


def _announced(scope: Scope) -> int:
    length = Headers(scope=scope).get("content-length", "0")
    return int(length) if length.isdecimal() and len(length) < 19 else _UNKNOWN_LENGTH
