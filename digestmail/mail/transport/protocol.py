"""SMTP's dialogue on an open connection: what is written, and the replies (RFC 5321 4.2)."""

import asyncio
from collections import deque
from typing import NamedTuple

_LONGEST = 64 * 1024  # bytes of one reply; RFC 5321 4.5.3.1.5 has 512 for a line
NO_ANSWER = "no reply"  # how the reason begins when the server is late
_MOST_REPLIES = 8  # at once; two are the most that are ever asked for


class Reply(NamedTuple):
    """A reply of the server; the lines of ``text`` are joined by newlines."""

    code: int
    text: str


class Dialogue(asyncio.Protocol):
    """The SMTP dialogue on a transport that somebody else opened; for one task at a time.

    Everything raises OSError when the connection is lost, TimeoutError (which is one) when the
    server is late. After that it is of no more use.
    """

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._loop = asyncio.get_running_loop()
        self._data = bytearray()
        self._lines: list[bytes] = []  # of a reply that is not complete
        self._replies: deque[Reply] = deque()  # that nobody has asked for yet
        self._lost: OSError | None = None
        self._full = False
        self._waiting: asyncio.Future[None] | None = None
        self._deadline = (0.0, "")  # until when the loop's clock may be, and what is said then
        self._alarm: asyncio.TimerHandle | None = None
        # So that ``written`` tells when all of it went. Not 0: over TLS asyncio would then take an
        # empty buffer for a full one at every other read or write.
        transport.set_write_buffer_limits(high=1, low=0)
        transport.set_protocol(self)

    @property
    def is_open(self) -> bool:
        """Return whether it is our turn to speak."""
        return not (self._lost or self._replies or self._transport.is_closing())

    def write(self, data: bytes) -> None:
        """Begin to send; what was written before goes first. An error means that this has not."""
        if self.is_open:
            self._transport.write(data)
        if self._lost or self._transport.is_closing():
            raise self._lost or ConnectionResetError("connection lost")
        if self._replies:
            raise ConnectionResetError(
                f"unexpected reply from the server: {self._unsolicited_replies()}"
            )

    async def written(self, timeout: float) -> None:
        """Wait until the system has taken all that was written; an error means that it has not.

        Over TLS it is the layer that encrypts which has taken it.
        """
        while self._full:
            await self._change(timeout, "the server accepts no more data")

    async def reply(self, timeout: float) -> Reply:
        """Return the next reply."""
        while not self._replies:
            await self._change(timeout, NO_ANSWER)
        return self._replies.popleft()

    async def unsolicited(self, seconds: float) -> Reply | None:
        """Return the reply that the server has given or gives for a while unasked, or None."""
        if seconds and not (self._replies or self._lost):
            over = self._loop.time() + seconds
            change = self._waiting = self._loop.create_future()
            self._deadline = over + seconds, ""  # an alarm of an earlier wait may still come
            timer = self._loop.call_at(over, self._wake)
            try:
                await change
            finally:
                timer.cancel()
                self._waiting = None
        if not self._replies and self._lost:
            raise self._lost
        return self._replies.popleft() if self._replies else None

    def abort(self) -> None:
        """Close at once; what is still in the buffer is not sent."""
        self._transport.abort()

    def _unsolicited_replies(self) -> str:
        return " ".join(f"{reply.code} {reply.text}" for reply in self._replies)

    async def _change(self, timeout: float, trouble: str) -> None:
        if self._lost:
            raise self._lost
        change = self._waiting = self._loop.create_future()
        until = self._loop.time() + timeout
        self._deadline = until, f"{trouble} for {timeout:g} seconds"
        # One alarm for many waits, as one for each takes longer than all the rest of waiting.
        if self._alarm is None or self._alarm.when() > until:
            self._set_alarm(until)
        try:
            await change
        finally:
            self._waiting = None

    def _set_alarm(self, when: float) -> None:
        if self._alarm is not None:
            self._alarm.cancel()
        self._alarm = self._loop.call_at(when, self._on_alarm)

    def _on_alarm(self) -> None:
        """End a wait whose time is up; the alarm may be of one that is long over."""
        self._alarm = None
        if self._waiting is None or self._waiting.done():
            return
        until, trouble = self._deadline
        if self._loop.time() < until:
            self._set_alarm(until)
        else:
            self._waiting.set_exception(TimeoutError(trouble))

    def _wake(self) -> None:
        if self._waiting and not self._waiting.done():
            self._waiting.set_result(None)

    # --- what the transport tells ---

    def data_received(self, data: bytes) -> None:
        """Cut into lines, and these into replies."""
        self._data += data
        *lines, incomplete = self._data.split(b"\n")
        self._data = incomplete
        for line in lines:
            self._receive_line(bytes(line).removesuffix(b"\r"))
        if len(incomplete) + sum(len(line) + 1 for line in self._lines) > _LONGEST:
            self._give_up("the server's reply does not end")
        if len(self._replies) > _MOST_REPLIES:
            self._give_up("the server sent data before we did")
        if self._replies:
            self._wake()

    def _receive_line(self, line: bytes) -> None:
        code, separator = line[:3], line[3:4]
        if self._lost or not (code.isdigit() and len(code) == 3 and separator in (b"", b" ", b"-")):
            self._give_up(f"the server's reply cannot be read: {line[:80]!r}")
            return
        self._lines.append(line[4:])
        if separator != b"-":
            text = b"\n".join(self._lines).decode("utf-8", "replace")
            self._lines.clear()
            self._replies.append(Reply(int(code), text))

    def _give_up(self, trouble: str) -> None:
        self._lost = self._lost or ConnectionAbortedError(trouble)
        self._transport.abort()
        self._wake()

    def connection_lost(self, exc: Exception | None) -> None:
        """Note that the server, the network or we ourselves have closed the connection."""
        self._lost = self._lost or ConnectionResetError(str(exc) if exc else "connection lost")
        if self._alarm is not None:
            self._alarm.cancel()
        self._wake()

    def pause_writing(self) -> None:
        """Note that the operating system takes no more for now."""
        self._full = True

    def resume_writing(self) -> None:
        """Note that the operating system has taken everything."""
        self._full = False
        self._wake()
