"""Senders in processes of their own, which a test may kill."""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from digestmail.store import Store

# Imports once, then forks a sender for each line read (the minutes its clock is ahead).
_SENDERS = """
import os, sys
from datetime import timedelta
from pathlib import Path
from digestmail.app import App
from digestmail.calendar import utc_now
from digestmail.config import load
settings = load(Path(sys.argv[1]))
App.open(settings).renderer.check()
for line in sys.stdin:
    pid = os.fork()
    if not pid:
        ahead = timedelta(minutes=int(line))
        app = App.open(settings, lambda: utc_now() + ahead)
        import signal
        signal.signal(signal.SIGTERM, lambda *_: app.stopping.set())
        app.deliver()
        os._exit(0)
    print(pid, flush=True)
    print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), flush=True)
"""

_SETTINGS = """
public_url = "https://digest.example.org"
secret_key = "a key of more than thirty-two letters"
database_url = "{database}"
[mail]
from_address = "daily@digest.example.org"
[digest]
latest_hours = 24
[smtp]
host = "127.0.0.1"
port = {port}
tls = "none"
connections = {connections}
"""


def write_settings(folder: Path, store: Store, *, port: int, connections: int) -> Path:
    """A settings file for senders of a store's mails, by a relay on a port of this machine."""
    database = store.database.url.render_as_string(hide_password=False)
    settings = folder / "digestmail.toml"
    settings.write_text(_SETTINGS.format(database=database, port=port, connections=connections))
    return settings


@dataclass
class Forker:
    """Starts one sender after another."""

    process: asyncio.subprocess.Process

    async def start(self, ahead: int = 0) -> int:
        """The process id of a new sender, whose clock is so many minutes ahead."""
        assert self.process.stdin
        self.process.stdin.write(f"{ahead}\n".encode())
        return await self._line()

    async def ended(self) -> int:
        """How the sender ended: its exit code, negative for a signal."""
        return await self._line()

    async def _line(self) -> int:
        assert self.process.stdout
        return int(await self.process.stdout.readline())


@asynccontextmanager
async def forking(settings: Path) -> AsyncIterator[Forker]:
    """A process that forks senders."""
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", _SENDERS, str(settings), stdin=pipe, stdout=pipe
    )
    try:
        yield Forker(process)
    finally:
        assert process.stdin
        process.stdin.close()
        await process.wait()
