"""A fast SMTP server in a process of its own, that takes every mail and keeps none."""

import asyncio
import multiprocessing
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection


class _Sink(asyncio.Protocol):
    """Takes every mail; the least of SMTP that a client may expect."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._data = bytearray()
        self._in_mail = False
        transport.write(b"220 sink\r\n")

    def data_received(self, data: bytes) -> None:
        self._data += data
        while end := self._end():
            command = b"." if self._in_mail else bytes(self._data[:4]).upper()
            del self._data[:end]
            self._in_mail = command == b"DATA"
            self._transport.write(_ANSWERS.get(command, b"250 OK\r\n"))
            if command == b"QUIT":
                self._transport.close()

    def _end(self) -> int:
        """Where the mail or the command ends; 0 when it has yet to come."""
        if self._in_mail:
            return len(self._data) if self._data.endswith(b"\r\n.\r\n") else 0
        return self._data.find(b"\r\n") + 2 if b"\r\n" in self._data else 0


_ANSWERS = {
    b"EHLO": b"250-sink\r\n250-SIZE 50000000\r\n250-PIPELINING\r\n250 8BITMIME\r\n",
    b"DATA": b"354 go on\r\n",
    b"QUIT": b"221 bye\r\n",
}


def _serve(port_pipe: Connection) -> None:
    async def serve() -> None:
        server = await asyncio.get_running_loop().create_server(_Sink, "127.0.0.1", 0)
        port_pipe.send(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    asyncio.run(serve())


@contextmanager
def sink() -> Iterator[int]:
    """The port of a sink in a process of its own."""
    spawn = multiprocessing.get_context("spawn")
    parent_end, child_end = spawn.Pipe()
    process = spawn.Process(target=_serve, args=(child_end,), daemon=True)
    process.start()
    try:
        yield parent_end.recv()
    finally:
        process.terminate()
        process.join()
