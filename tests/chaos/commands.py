"""The real commands in processes of their own, and a relay that holds its answers back."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path


@dataclass
class HoldingRelay:
    """An SMTP server that takes each mail and answers its final dot once it is released."""

    taken: list[str] = field(default_factory=list)
    released: asyncio.Event = field(default_factory=asyncio.Event)
    _changed: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection."""
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            writer.write(b"220 relay.test\r\n")
            while line := await reader.readline():
                verb = line.split()[0].upper() if line.split() else b""
                if verb == b"RCPT":
                    recipient = line[line.index(b"<") + 1 : line.index(b">")].decode()
                if verb == b"DATA":
                    writer.write(b"354 go\r\n")
                    await reader.readuntil(b"\r\n.\r\n")
                    await self._take(recipient)
                writer.write(b"221 bye\r\n" if verb == b"QUIT" else b"250 ok\r\n")
        writer.close()

    async def _take(self, recipient: str) -> None:
        async with self._changed:
            self.taken.append(recipient)
            self._changed.notify_all()
        await self.released.wait()

    async def wait_for(self, number: int) -> None:
        """Until so many mails were taken."""
        async with self._changed:
            await self._changed.wait_for(lambda: len(self.taken) >= number)


Connection = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def listening(serve: Connection) -> AsyncIterator[int]:
    """An SMTP server on a port of loopback."""
    server = await asyncio.start_server(serve, "127.0.0.1", 0, limit=1 << 20)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


def _heed_signals() -> None:
    """Undo what nohup and a shell's ``&`` do to all that they start, these tests among them."""
    for number in (signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)


@asynccontextmanager
async def running(settings: Path, *command: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """The program at work on one command; killed at the end if it has not ended."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "digestmail", "--config", str(settings), *command),
        cwd=settings.parent,
        env={name: value for name, value in os.environ.items() if name != "COVERAGE_PROCESS_START"},
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
        preexec_fn=_heed_signals,
    )
    try:
        yield process
    finally:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()
