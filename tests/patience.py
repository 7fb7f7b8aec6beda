"""Waiting in tests for what must come: only what hangs takes longer, also on a busy machine."""

import asyncio
import threading
from collections.abc import Callable

LONG = 300.0  # seconds
A_PAGE = 60_000  # milliseconds; shorter, as a page that is not as expected never comes
_TURNS = 30  # of an event loop: more than any exchange on it takes from one await to the next


def until(holds: Callable[[], bool]) -> None:
    """Wait until something holds that tells nobody when it begins to."""
    pause = threading.Event()
    for _ in range(int(LONG / 0.05)):
        if holds():
            return
        pause.wait(0.05)
    raise AssertionError("it never came")


async def turns() -> None:
    """Let all that runs on this event loop go on until it waits for something new."""
    for _ in range(_TURNS):
        await asyncio.sleep(0)


def stop_clock() -> None:
    """Stop the running event loop's clock: no timeout strikes but by ``skip``."""
    loop = asyncio.get_running_loop()
    now = loop.time()
    vars(loop)["time"] = lambda: now


def skip(seconds: float) -> None:
    """Move the running event loop's clock, without anybody having to wait."""
    loop = asyncio.get_running_loop()
    time = loop.time
    vars(loop)["time"] = lambda: time() + seconds
