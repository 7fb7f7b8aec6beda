"""SMTP's dialogue as bytes come and go, over real sockets."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from patience import skip, stop_clock, turns

from digestmail.mail.transport.protocol import Dialogue, Reply

SOON = 60.0


@asynccontextmanager
async def spoken() -> AsyncIterator[tuple[Dialogue, socket.socket]]:
    """A dialogue, and the socket of the server it is held with."""
    here, there = socket.socketpair()
    there.setblocking(False)
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_connection(asyncio.Protocol, sock=here)
    dialogue = Dialogue(transport)
    try:
        yield dialogue, there
    finally:
        dialogue.abort()
        there.close()
        await asyncio.sleep(0)


async def say(there: socket.socket, data: bytes) -> None:
    await asyncio.get_running_loop().sock_sendall(there, data)


@given(cuts=st.lists(st.integers(1, 60), max_size=8))
@settings(max_examples=50)
def test_replies_are_whole_however_they_come(cuts: list[int]) -> None:
    said = b"250-first\r\n250 second\r\n354\r\n550-5.1.1 no\n550 5.1.1 such us\xe9r\r\n"

    async def hear() -> list[Reply]:
        async with spoken() as (dialogue, there):
            rest = said
            for cut in cuts:
                await say(there, rest[:cut])
                rest = rest[cut:]
                await asyncio.sleep(0)
            await say(there, rest)
            return [await dialogue.reply(SOON) for _ in range(3)]

    assert asyncio.run(hear()) == [
        Reply(250, "first\nsecond"),
        Reply(354, ""),
        Reply(550, "5.1.1 no\n5.1.1 such us\ufffdr"),
    ]


@pytest.mark.parametrize(
    "said",
    [
        *(b"hello\r\n", b"25 ok\r\n", b"250+ok\r\n", b"\r\n", b"250-" + b"x" * 70_000),
        b"250-\r\n" * 70_000,
    ],
)
async def test_what_is_no_reply_ends_it(said: bytes) -> None:
    async with spoken() as (dialogue, there):
        await say(there, said)
        with pytest.raises(ConnectionAbortedError):
            await dialogue.reply(SOON)
        assert not dialogue.is_open


async def test_a_server_that_does_not_stop_answering_is_left() -> None:
    async with spoken() as (dialogue, there):
        await say(there, b"250 ok\r\n" * 1000)
        await turns()
        assert not dialogue.is_open
        with pytest.raises(ConnectionAbortedError, match="sent data before"):
            dialogue.write(b"QUIT\r\n")


async def test_late_is_an_error_of_its_own() -> None:
    async with spoken() as (dialogue, _):
        with pytest.raises(TimeoutError, match=r"no reply for 0\.05 seconds"):
            await dialogue.reply(0.05)


async def test_each_wait_has_its_own_patience() -> None:
    stop_clock()
    async with spoken() as (dialogue, there):
        assert await heard(dialogue, 60, there, after=1) == Reply(250, "ok")
        with pytest.raises(TimeoutError, match=r"for 20 seconds"):  # sooner than the first one's
            await heard(dialogue, 20, there, after=30)
    async with spoken() as (dialogue, there):
        assert await heard(dialogue, 20, there, after=1) == Reply(250, "ok")
        assert await heard(dialogue, 60, there, after=40) == Reply(250, "ok")  # past the first's
        with pytest.raises(TimeoutError, match=r"for 20 seconds"):
            await heard(dialogue, 20, there, after=30)


async def heard(
    dialogue: Dialogue, patience: float, there: socket.socket, *, after: float
) -> Reply:
    """What is heard when the server answers after some seconds."""
    waiting = asyncio.create_task(dialogue.reply(patience))
    await turns()
    skip(after)
    await turns()
    await say(there, b"250 ok\r\n")
    return await waiting


async def test_a_reply_that_came_before_the_end_is_heard() -> None:
    async with spoken() as (dialogue, there):
        await say(there, b"421 bye\r\n")
        there.close()
        assert await dialogue.reply(SOON) == Reply(421, "bye")
        with pytest.raises(ConnectionResetError):
            await dialogue.reply(SOON)
        with pytest.raises(ConnectionResetError):
            dialogue.write(b"QUIT\r\n")


async def test_nothing_is_said_to_a_server_that_spoke_unasked() -> None:
    async with spoken() as (dialogue, there):
        await say(there, b"421 too long idle\r\n")
        await turns()
        assert not dialogue.is_open
        with pytest.raises(ConnectionResetError, match="421 too long idle"):
            dialogue.write(b"MAIL\r\n")
        with pytest.raises(BlockingIOError):
            there.recv(10)


async def test_written_waits_until_all_has_gone() -> None:
    data = b"x" * 5_000_000
    async with spoken() as (dialogue, there):
        dialogue.write(data)
        with pytest.raises(TimeoutError, match="accepts no more data"):
            await dialogue.written(0.05)
        waiting = asyncio.create_task(dialogue.written(SOON))
        got = 0
        while got < len(data):
            assert not waiting.done() or got > len(data) / 2
            got += len(await asyncio.get_running_loop().sock_recv(there, 1 << 20))
        await waiting


async def test_what_was_lost_on_the_way_was_not_written() -> None:
    async with spoken() as (dialogue, there):
        dialogue.write(b"x" * 5_000_000)
        waiting = asyncio.create_task(dialogue.written(SOON))
        await asyncio.sleep(0)
        there.close()
        with pytest.raises(OSError, match=r"."):
            await waiting


async def test_a_write_that_fails_at_once_says_so() -> None:
    async with spoken() as (dialogue, there):
        there.close()  # of which the loop has not heard yet
        with pytest.raises(OSError, match="connection lost"):
            dialogue.write(b"x\r\n")
