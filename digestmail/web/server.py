"""Runs the pages on a socket that was bound before, with the settings that must not vary."""

import asyncio
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from typing import Any

import uvicorn
from fastapi import FastAPI
from uvicorn.protocols.http.h11_impl import H11Protocol


@dataclass(frozen=True, slots=True)
class ConnectionLimits:
    """The limits of connections, so that those left half open keep nobody out."""

    maximum: int = 500  # below the 1,024 files that a process may often open at once
    seconds: float = 20.0  # that the head of a request may take


class _Protocol(H11Protocol):
    """HTTP over connections that have to send each head in time."""

    def __init__(self, *args: Any, limits: ConnectionLimits, **options: Any) -> None:
        super().__init__(*args, **options)
        self._limits = limits
        self._patience: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        if len(self.connections) > self._limits.maximum:
            transport.close()
            return
        self._wait()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self._is_idle():
            self._wait()
        else:
            self._wait_no_more()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if self._is_idle() and not self.transport.is_closing():
            self._wait()  # what came of the next request came before

    def connection_lost(self, exc: Exception | None) -> None:
        self._wait_no_more()
        super().connection_lost(exc)

    def _is_idle(self) -> bool:
        """Return whether no request's head is complete."""
        return self.cycle is None or self.cycle.response_complete

    def _wait(self) -> None:
        if self._patience is None:
            self._patience = self.loop.call_later(self._limits.seconds, self._give_up)

    def _wait_no_more(self) -> None:
        if self._patience is not None:
            self._patience.cancel()
            self._patience = None

    def _give_up(self) -> None:
        self._patience = None
        if self._is_idle():
            self.transport.close()


class _Server(uvicorn.Server):
    """A server that ends when an event is set and leaves signals to its caller.

    uvicorn raises each signal again at its end, which would kill the process before the
    scheduler beside it has finished the mails in flight.
    """

    def __init__(self, config: uvicorn.Config, stop: threading.Event) -> None:
        super().__init__(config)
        self._stop = stop

    async def on_tick(self, counter: int) -> bool:
        return await super().on_tick(counter) or self._stop.is_set()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def run_until_stopped(
    web: FastAPI,
    listener: socket.socket,
    stop: threading.Event,
    limits: ConnectionLimits | None = None,
) -> None:
    """Serve until ``stop`` is set."""
    options = uvicorn.Config(
        web,
        http=partial(_Protocol, limits=limits or ConnectionLimits()),  # type: ignore[arg-type]
        log_level="warning",
        access_log=False,  # addresses of pages hold tokens
        proxy_headers=False,  # web.trusted_proxies decides whose X-Forwarded-For is believed
        timeout_graceful_shutdown=10,
    )
    with suppress(KeyboardInterrupt, asyncio.CancelledError):
        _Server(options, stop).run(sockets=[listener])
