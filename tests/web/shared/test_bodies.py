"""Bodies that are slow, large or many: memory and time have an end, and who leaves is served."""

import asyncio
from collections.abc import Callable

import pytest
from fastapi.responses import PlainTextResponse
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from digestmail.web.shared.bodies import BodyLimit, BodyLimits
from digestmail.web.shared.networks import Networks

KB = 1024


async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer how many bytes came."""
    body = await Request(scope, receive).body()
    await PlainTextResponse(str(len(body)))(scope, receive, send)


def page(status: int) -> ASGIApp:
    return PlainTextResponse("refused", status)


def file_page(name: str) -> ASGIApp:
    return PlainTextResponse(name, 413)


def limited(**limits: float) -> BodyLimit:
    chosen = BodyLimits(**limits)  # type: ignore[arg-type]
    return BodyLimit(echo, page, file_page, Networks([]), chosen)


class Visitor:
    """A client that sends its body piece by piece."""

    def __init__(
        self, app: BodyLimit, network: str = "203.0.113.1", path: str = "/subscribe"
    ) -> None:
        self._app = app
        self._scope: Scope = {
            "type": "http",
            "method": "POST",
            "path": path,
            "headers": [],
            "client": (network, 1),
        }
        self._pieces: asyncio.Queue[Message] = asyncio.Queue()
        self.answer: list[Message] = []
        self.done = asyncio.create_task(self._ask())

    async def _ask(self) -> None:
        async def send(message: Message) -> None:
            self.answer.append(message)

        await self._app(self._scope, self._pieces.get, send)

    async def send(self, size: int, *, more: bool = True) -> None:
        """Send a piece, and let the server take it in."""
        self._pieces.put_nowait({"type": "http.request", "body": b"x" * size, "more_body": more})
        for _ in range(9):
            await asyncio.sleep(0)

    async def leave(self) -> None:
        self._pieces.put_nowait({"type": "http.disconnect"})
        await self.done

    @property
    def status(self) -> int | None:
        return self.answer[0]["status"] if self.answer else None

    @property
    def headers(self) -> dict[bytes, bytes]:
        return dict(self.answer[0]["headers"])


async def test_many_half_sent_bodies_take_no_more_memory_than_there_is() -> None:
    app = limited(held=1000 * KB, per_network=400 * KB, free=10 * KB)
    visitors = [Visitor(app, f"203.0.113.{at}") for at in range(20)]
    for visitor in visitors:
        await visitor.send(100 * KB)
    assert app._memory.held <= 1000 * KB
    assert [visitor.status for visitor in visitors] == [None] * 11 + [503] * 9
    assert visitors[-1].headers[b"connection"] == b"close"
    assert b"retry-after" in visitors[-1].headers
    for visitor in visitors[:11]:
        await visitor.leave()
    assert app._memory.held == 0
    late = Visitor(app)
    await late.send(100 * KB, more=False)
    assert late.status == 200


async def test_one_network_leaves_room_for_others() -> None:
    app = limited(held=1000 * KB, per_network=200 * KB, free=10 * KB)
    crowd = [Visitor(app, "203.0.113.1") for _ in range(5)]
    for visitor in crowd:
        await visitor.send(100 * KB)
    assert [visitor.status for visitor in crowd] == [None, None, 429, 429, 429]
    other = Visitor(app, "203.0.113.2")
    await other.send(100 * KB, more=False)
    assert other.status == 200


async def test_who_leaves_is_served_when_there_is_no_room() -> None:
    app = limited(held=0, per_network=0, free=10 * KB)
    leaver = Visitor(app, path="/unsubscribe/x")
    await leaver.send(30, more=False)
    assert leaver.status == 200


async def test_a_body_that_does_not_end_in_time_is_refused() -> None:
    app = limited(seconds=0.01)
    slow = Visitor(app)
    await slow.send(10)
    await slow.done
    assert slow.status == 408
    assert slow.headers[b"connection"] == b"close"


@pytest.mark.parametrize("end", [lambda v: v.send(10, more=False), lambda v: v.leave()])
async def test_room_is_given_back(end: Callable[[Visitor], "asyncio.Future[None]"]) -> None:
    app = limited(free=0)
    visitor = Visitor(app)
    await visitor.send(100 * KB)
    assert app._memory.held == 100 * KB
    await end(visitor)
    await visitor.done
    assert app._memory.held == 0


async def test_a_large_body_is_refused_before_it_is_whole() -> None:
    app = limited()
    visitor = Visitor(app, path="/preferences")
    for _ in range(30):
        await visitor.send(10 * KB)
    assert visitor.status == 413
