"""How much costly work the pages do at once: further requests wait their turn, and not for long.

A waiting request holds no thread, so that all other pages are served meanwhile.
"""

import asyncio
import threading
from collections import Counter, deque
from collections.abc import AsyncIterator
from concurrent.futures import Future
from contextlib import asynccontextmanager
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CapacityLimits:
    """The numbers of requests that a Capacity allows.

    A preview takes one processor some 50 to 500 ms, and the model serves one at a time, so that
    two at once keep it busy while one of them reads a file. The others wait in memory, each with
    a body of up to 6.5 MB.
    """

    running: int = 2
    waiting: int = 16
    per_network: int = 12  # running or waiting: scholars share addresses
    patience: float = 15.0  # seconds that a request waits


class CapacityError(Exception):
    """A request has to come again; ``network``: because its own network asks for so much."""

    def __init__(self, *, network: bool) -> None:
        super().__init__("too many requests at once")
        self.network = network


class Capacity:
    """Turns for costly work, first come, first served; safe to share between event loops."""

    def __init__(self, limits: CapacityLimits | None = None) -> None:
        self._limits = limits or CapacityLimits()
        self._lock = threading.Lock()
        self._running = 0
        self._waiting: deque[Future[None]] = deque()
        self._networks: Counter[str] = Counter()

    @asynccontextmanager
    async def turn(self, network: str) -> AsyncIterator[None]:
        """Wait for a turn and hold it; CapacityError when there is none to be had."""
        ready = self._enter(network)
        try:
            await self._wait(ready)
            try:
                yield
            finally:
                self._pass_on()
        finally:
            self._leave(network)

    def _enter(self, network: str) -> Future[None]:
        """Queue up; the future is done once it is this request's turn."""
        ready: Future[None] = Future()
        with self._lock:
            if self._networks[network] >= self._limits.per_network:
                raise CapacityError(network=True)
            if self._running < self._limits.running:
                self._running += 1
                ready.set_result(None)
            elif len(self._waiting) < self._limits.waiting:
                self._waiting.append(ready)
            else:
                raise CapacityError(network=False)
            self._networks[network] += 1
        return ready

    async def _wait(self, ready: Future[None]) -> None:
        if ready.done():
            return
        try:
            async with asyncio.timeout(self._limits.patience):
                await asyncio.wrap_future(ready)
        except (TimeoutError, asyncio.CancelledError) as error:
            self._give_up(ready)
            if isinstance(error, TimeoutError):
                raise CapacityError(network=False) from None
            raise

    def _give_up(self, ready: Future[None]) -> None:
        """Leave the queue; a turn that came in the last moment goes to the next."""
        with self._lock:
            if ready in self._waiting:
                self._waiting.remove(ready)
                return
            if ready.cancelled():  # found so by who wanted to pass a turn on to it
                return
        self._pass_on()

    def _pass_on(self) -> None:
        """Give a turn to the request that has waited longest."""
        with self._lock:
            while self._waiting:
                ready = self._waiting.popleft()
                if ready.set_running_or_notify_cancel():
                    ready.set_result(None)
                    return
            self._running -= 1

    def _leave(self, network: str) -> None:
        with self._lock:
            self._networks[network] -= 1
            if not self._networks[network]:
                del self._networks[network]
