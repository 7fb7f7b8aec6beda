"""Runs the pages on a socket that was bound before, with the two settings that must not vary."""

import asyncio
import socket
from contextlib import suppress

import uvicorn
from fastapi import FastAPI


def run_until_stopped(web: FastAPI, listener: socket.socket) -> None:
    """Serve until SIGINT or SIGTERM."""
    options = uvicorn.Config(
        web,
        log_level="warning",
        access_log=False,  # addresses of pages hold tokens
        proxy_headers=False,  # web.trusted_proxies decides whose X-Forwarded-For is believed
        timeout_graceful_shutdown=10,
    )
    with suppress(KeyboardInterrupt, asyncio.CancelledError):
        uvicorn.Server(options).run(sockets=[listener])
