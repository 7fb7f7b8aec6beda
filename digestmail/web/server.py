"""Runs the pages on a socket that was bound before, with the two settings that must not vary."""

import asyncio
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import uvicorn
from fastapi import FastAPI


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


def run_until_stopped(web: FastAPI, listener: socket.socket, stop: threading.Event) -> None:
    """Serve until ``stop`` is set."""
    options = uvicorn.Config(
        web,
        log_level="warning",
        access_log=False,  # addresses of pages hold tokens
        proxy_headers=False,  # web.trusted_proxies decides whose X-Forwarded-For is believed
        timeout_graceful_shutdown=10,
    )
    with suppress(KeyboardInterrupt, asyncio.CancelledError):
        _Server(options, stop).run(sockets=[listener])
