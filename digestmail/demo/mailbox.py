"""A local mail server for the demo: real SMTP in, a Maildir folder to look at."""

import asyncio
import mailbox
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

from aiosmtpd.smtp import SMTP, Envelope, Session


class LocalMailbox:
    """All mail that was delivered here, newest last, one folder for all addresses."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._maildir = mailbox.Maildir(folder, create=True)
        self._lock = threading.Lock()

    def add(self, raw: bytes) -> None:
        """Store one message."""
        with self._lock:
            self._maildir.add(raw)

    def messages(self) -> list[EmailMessage]:
        """Return all messages in the order they came."""
        with self._lock:
            keys = sorted(self._maildir.keys(), key=_arrival)
            raws = [self._maildir.get_bytes(key) for key in keys]
        return [message_from_bytes(raw, policy=policy.default) for raw in raws]


def _arrival(key: str) -> tuple[int, ...]:
    """Return the order of a Maildir key: seconds, then M<microseconds>P<pid>Q<count>."""
    seconds, _, unique = key.partition(".")
    count = unique.partition("Q")[2].partition(".")[0]
    return int(seconds), int(count or 0)


class _Handler:
    def __init__(self, target: LocalMailbox) -> None:
        self._target = target

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        content = envelope.content or b""
        self._target.add(content if isinstance(content, bytes) else content.encode())
        return "250 2.0.0 kept in the mailbox"


@contextmanager
def mail_server(target: LocalMailbox) -> Iterator[int]:
    """Run a mail server on this machine that stores all mails; yield its port."""
    loop = asyncio.new_event_loop()
    listener = socket.create_server(("127.0.0.1", 0))
    thread = threading.Thread(target=loop.run_forever, name="mail-server", daemon=True)
    thread.start()

    async def start() -> asyncio.Server:
        def protocol() -> SMTP:
            return SMTP(_Handler(target), hostname="localhost", loop=loop)

        return await loop.create_server(protocol, sock=listener)

    server = asyncio.run_coroutine_threadsafe(start(), loop).result()
    try:
        yield listener.getsockname()[1]
    finally:
        asyncio.run_coroutine_threadsafe(_stop(server), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


async def _stop(server: asyncio.Server) -> None:
    server.close()
    tasks = asyncio.all_tasks() - {asyncio.current_task()}
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
