"""The real commands are killed and stopped at any moment, and their clock jumps meanwhile."""

import asyncio
import os
import random
import signal
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from chaos_world import CONNECTIONS, OPEN, ChaosRelay, Report, compare, cut_off, serving
from senders import write_settings

from digestmail.domain import DeliveryState
from digestmail.store import Store

_PORT = ("--host", "127.0.0.1", "--port", "0")
COMMANDS = (
    ("serve", *_PORT),
    ("serve", "--only", "scheduler"),
    ("deliver",),
    ("run",),
)
_JUMPS = (-26 * 60, -130, -5, 0, 0, 20, 130, 26 * 60)  # minutes
_ROUND = 3  # minutes the clock is ahead more in each round, for what was deferred
_CALM = 6  # the same once nothing fails any more

# Imports once, then forks a process for each line read (the words of a command). Its clock is
# ahead by the minutes in a file, which may change while it runs.
_FORKER = """
import os, sys
from datetime import datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
import apscheduler.schedulers.base
import uvicorn
from digestmail import cli, scheduler, web
from digestmail.app import App
from digestmail.calendar import utc_now
from digestmail.cli import shell
from digestmail.config import load
from digestmail.relevance import Model
from digestmail.web import server
settings, ahead = sys.argv[1:]
def clock():
    return utc_now() + timedelta(minutes=int(Path(ahead).read_text()))
class Clock(datetime):
    @classmethod
    def now(cls, tz=None):
        return clock()
apscheduler.schedulers.base.datetime = Clock
scheduler.datetime = Clock
shell.App = SimpleNamespace(open=lambda settings: App.open(settings, clock))
App.open(load(Path(settings))).renderer.check()
for line in sys.stdin:
    pid = os.fork()
    if not pid:
        sys.argv = ["digestmail", "--config", settings, *line.split()]
        nothing = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nothing, 1)
        try:
            cli.main()
        except SystemExit as ended:
            code = ended.code or 0
        sys.stderr.flush()
        os._exit(code)
    print(pid, flush=True)
    print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), flush=True)
"""


@dataclass
class Commands:
    """Starts one command after another."""

    process: asyncio.subprocess.Process

    async def start(self, words: Sequence[str]) -> int:
        """The process id of a command that was begun."""
        assert self.process.stdin
        self.process.stdin.write(f"{' '.join(words)}\n".encode())
        return await self._line()

    async def ended(self) -> int:
        """How the command ended: its exit code, negative for a signal."""
        return await self._line()

    async def _line(self) -> int:
        assert self.process.stdout
        return int(await self.process.stdout.readline())


@asynccontextmanager
async def forking(settings: Path, clock: Path) -> AsyncIterator[Commands]:
    """A process that forks commands, whose clock is ahead by the minutes in a file."""
    pipe = asyncio.subprocess.PIPE
    log = (settings.parent / "log.txt").open("ab")
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", _FORKER, str(settings), str(clock)),
        stdin=pipe,
        stdout=pipe,
        stderr=log,
    )
    try:
        yield Commands(process)
    finally:
        assert process.stdin
        process.stdin.close()
        await process.wait()
        log.close()


@dataclass
class _World:
    """What one run of chaos has at hand."""

    store: Store
    relay: ChaosRelay
    rng: random.Random
    clock: Path
    forkers: list[Commands]
    ahead: int = 0
    killed: int = 0
    stopped: int = 0
    wrong: list[str] = field(default_factory=list)

    def jump(self, minutes: int) -> None:
        """Set the clock of all commands, those that run too."""
        new = self.clock.with_suffix(".new")
        new.write_text(str(self.ahead + minutes))
        os.replace(new, self.clock)


async def run_commands(
    store: Store, folder: Path, *, kills: int, stops: int, seed: int, most_mails: int = 30
) -> Report:
    """Start commands and end each at some moment, so many by SIGKILL and by SIGTERM; then finish.

    ``Report.wrong`` tells every disagreement of relay and ledger, whatever is unknown beyond the
    mails that were on the wire at a kill, and what a gentle stop has cut off.
    """
    relay, rng = ChaosRelay(random.Random(seed)), random.Random(seed + 1)
    planned = {delivery.id for delivery in store.ledger.latest()}
    async with AsyncExitStack() as stack:
        port = await stack.enter_async_context(serving(relay))
        settings = write_settings(folder, store, port=port, connections=CONNECTIONS)
        clock = folder / "clock"
        clock.write_text("0")
        forkers = [await stack.enter_async_context(forking(settings, clock)) for _ in range(2)]
        world = _World(store, relay, rng, clock, forkers)
        signals = [signal.SIGKILL] * kills + [signal.SIGTERM] * stops
        rng.shuffle(signals)
        for number in signals:
            await _round(world, number, most_mails)
        await _finish(world)
    report = compare(store, relay, world.killed)
    report.stops = world.stopped
    report.wrong.extend(world.wrong)
    gone = planned - {delivery.id for delivery in store.ledger.latest()}
    report.wrong.extend(f"delivery {number} is not there any more" for number in sorted(gone))
    lost = [d.address for d in store.ledger.latest() if d.state is DeliveryState.SKIPPED]
    report.wrong.extend(f"{address}: withdrawn, though nobody left" for address in lost)
    return report


async def _round(world: _World, number: int, most_mails: int) -> None:
    """Start commands at once, let their clock jump, and end them all at some moment."""
    rng, relay = world.rng, world.relay
    world.ahead += _ROUND
    world.jump(rng.choice(_JUMPS))
    before = cut_off(world.store)
    chosen = world.forkers if rng.random() < 0.25 else world.forkers[:1]
    pids = [await forker.start(rng.choice(COMMANDS)) for forker in chosen]
    ends = [asyncio.ensure_future(forker.ended()) for forker in chosen]
    more = relay.accepted.total() + rng.randint(0, most_mails)
    waiting = asyncio.ensure_future(relay.wait_for(more))
    await asyncio.wait({waiting, *ends}, timeout=5, return_when=asyncio.FIRST_COMPLETED)
    waiting.cancel()
    if rng.random() < 0.5:
        world.jump(rng.choice(_JUMPS))
    await asyncio.sleep(rng.uniform(0, 0.05))
    for pid, end in zip(pids, ends, strict=True):
        if not end.done():
            with suppress(ProcessLookupError):
                os.kill(pid, number)
    codes = await asyncio.gather(*ends)
    killed = codes.count(-signal.SIGKILL)
    world.killed += killed
    world.stopped += len(codes) if number == signal.SIGTERM else 0
    # Stopped before they had begun, they end by the signal; 1 is for a relay in trouble.
    if not {*codes} <= {0, 1, -number}:
        world.wrong.append(f"exit codes {codes}")
    if (cut := cut_off(world.store) - before) > killed * CONNECTIONS:
        world.wrong.append(f"{cut} more cut off on the wire by {killed} kills")


async def _finish(world: _World) -> None:
    """Let commands run in peace, their clock right, until nothing is open."""
    world.relay.calm = True
    for _ in range(40):
        world.ahead += _CALM
        world.jump(0)
        await world.forkers[0].start(("run", "--no-wait"))
        if (code := await world.forkers[0].ended()) not in (0, 1):
            world.wrong.append(f"exit code {code}")
        if not any(d.state in OPEN for d in world.store.ledger.latest()):
            return
