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
_NEVER = 10**18  # bytes: the length of a body that does not tell it
_WITH_FILES = ("/subscribe", "/preferences/")
_FILENAME = re.compile(rb'; name="library"; filename="([^"\r\n]{1,300})"')
_MOST_DRAINED = 100_000_000  # bytes read and dropped, so that the browser comes to hear the answer
_SOON = "10"  # seconds, where there was no room


@dataclass(frozen=True, slots=True)
class BodyLimits:
    """What all bodies together may take."""

    seconds: float = 120.0  # for a whole body: 5 MB at 0.35 Mbit/s
    held: int = 96 * 1024 * 1024  # bytes in memory at once: some 20 of the largest forms
    of_a_network: int = 32 * 1024 * 1024
    free: int = 64 * 1024  # bytes of each that are not counted: to leave must always be possible


class RefusedError(Exception):
    """A body is not read to its end; ``status`` says why."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


class Memory:
    """The bytes of bodies that are held at once; safe to share between event loops."""

    def __init__(self, limits: BodyLimits) -> None:
        self._limits = limits
        self._lock = threading.Lock()
        self._held: Counter[str] = Counter()

    @property
    def held(self) -> int:
        """The bytes that are counted now."""
        return self._held.total()

    def take(self, network: str, size: int) -> None:
        """Count bytes; RefusedError when there is no room for them."""
        with self._lock:
            if self._held[network] + size > self._limits.of_a_network:
                raise RefusedError(429)
            if self._held.total() + size > self._limits.held:
                raise RefusedError(503)
            self._held[network] += size

    def give_back(self, network: str, size: int) -> None:
        """Count bytes no more."""
        with self._lock:
            self._held[network] -= size
            self._held += Counter()  # drops who holds nothing any more


class Reading:
    """One body on its way: its size so far, and how much of it is counted."""

    def __init__(self, memory: Memory, network: str, most: int, free: int) -> None:
        self.body = bytearray()
        self._memory, self._network = memory, network
        self._most, self._free = most, free
        self._counted = 0

    async def read(self, receive: Receive) -> None:
        """Read to the end; RefusedError when there is none in time, or no room."""
        more = True
        while more:
            message = await receive()
            if message["type"] != "http.request":
                raise RefusedError(400)  # gone before the end: half a form must not count
            self._add(message.get("body", b""))
            more = message.get("more_body", False)

    def _add(self, chunk: bytes) -> None:
        size = len(self.body) + len(chunk)
        counted = max(size - self._free, 0)
        if counted > self._counted:
            self._memory.take(self._network, counted - self._counted)
            self._counted = counted
        self.body += chunk
        if size > self._most:
            raise RefusedError(413)

    def close(self) -> None:
        """Give the room back."""
        self._memory.give_back(self._network, self._counted)


class BodyLimit:
    """Reads each body before anyone else does, and answers a page to one that is refused.

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
        self._memory = Memory(self._limits)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        network = self._networks.of(Request(scope))
        reading = Reading(self._memory, network, _most(path_of(scope)), self._limits.free)
        try:
            answer = await self._answer(scope, receive, reading)
            if answer is None:
                await self._serve(scope, bytes(reading.body), receive, send)
            else:
                await answer(scope, receive, _closing(send))
        finally:
            reading.close()

    async def _answer(self, scope: Scope, receive: Receive, reading: Reading) -> ASGIApp | None:
        """Read the body; the page that refuses it, if one does."""
        try:
            async with asyncio.timeout(self._limits.seconds):
                return await self._refusal(scope, receive, reading)
        except TimeoutError:
            return self._pages[408]

    async def _refusal(self, scope: Scope, receive: Receive, reading: Reading) -> ASGIApp | None:
        path = path_of(scope)
        has_file, is_large = path.startswith(_WITH_FILES), _announced(scope) > _most(path)
        if is_large and not has_file:
            return self._pages[413]
        try:
            await reading.read(receive)
        except RefusedError as error:
            name = _filename(reading.body) if has_file and error.status == 413 else ""
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
    """An answer to a body that is not read: the connection ends with it."""

    async def send_and_close(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            headers["Connection"] = "close"
            if message["status"] in (429, 503):
                headers["Retry-After"] = _SOON
        await send(message)

    return send_and_close


def _filename(body: bytearray) -> str:
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


def _announced(scope: Scope) -> int:
    length = Headers(scope=scope).get("content-length", "0")
    return int(length) if length.isdecimal() and len(length) < 19 else _NEVER
