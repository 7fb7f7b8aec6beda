"""Connections that are left half open end, and leave room for others: on real sockets."""

import socket
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from patience import LONG
from web_apps import Watch, open_app

from digestmail.web.application import make_web
from digestmail.web.server import ConnectionLimits, run_until_stopped

HALF = b"GET /help HTTP/1.1\r\nHost: digest.test\r\n"


@contextmanager
def served(folder: Path, limits: ConnectionLimits) -> Iterator[int]:
    """The port of a server in a thread of its own."""
    app, stop = open_app(folder, Watch()), threading.Event()
    listener = socket.create_server(("127.0.0.1", 0))
    serving = (make_web(app), listener, stop, limits)
    thread = threading.Thread(target=run_until_stopped, args=serving)
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        stop.set()
        thread.join(60)
        app.close()


def connect(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), timeout=LONG)


def answer(connection: socket.socket) -> bytes:
    """All that the server sends until it closes the connection."""
    received = b""
    while chunk := connection.recv(65536):
        received += chunk
    return received


@pytest.mark.parametrize("sent", [b"", b"GET", HALF])
def test_a_head_that_does_not_come_ends_its_connection(tmp_path: Path, sent: bytes) -> None:
    with served(tmp_path, ConnectionLimits(seconds=0.2)) as port, closing(connect(port)) as half:
        half.sendall(sent)
        assert answer(half) == b""


def test_the_second_head_of_a_connection_has_to_come_too(tmp_path: Path) -> None:
    with served(tmp_path, ConnectionLimits(seconds=0.2)) as port, closing(connect(port)) as half:
        half.sendall(HALF + b"\r\n" + HALF)
        assert answer(half).count(b"HTTP/1.1 200 OK") == 1


def test_no_more_connections_than_there_may_be(tmp_path: Path) -> None:
    with served(tmp_path, ConnectionLimits(maximum=3)) as port:
        first = [connect(port) for _ in range(3)]
        for connection in first:
            connection.sendall(HALF)
        with closing(connect(port)) as refused:
            assert answer(refused) == b""
        for connection in first:
            connection.sendall(b"Connection: close\r\n\r\n")
            assert b"200 OK" in answer(connection)
            connection.close()
