"""A real SMTP server on loopback whose answers follow a rule, and that knows what it has taken."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

# Of the verb (CONNECT, MAIL, RCPT, DATA or a dot), envelope sender and recipient: a reply, or
# nothing where all is well.
Rule = Callable[[str, str, str], str]


@dataclass
class Ruled:
    """An SMTP server with PIPELINING for mails to one recipient each."""

    rule: Rule
    port: int = 0
    accepted: Counter[str] = field(default_factory=Counter)  # by recipient
    senders: list[str] = field(default_factory=list)  # of the mails it took
    tried: Counter[str] = field(default_factory=Counter)  # by verb

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection."""
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            await _Session(self, reader, writer).talk()
        writer.close()


@dataclass
class _Session:
    relay: Ruled
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    sender: str = ""
    recipient: str = ""

    async def talk(self) -> None:
        going = self._agrees("CONNECT", "220 relay.test")
        while going and (line := (await self.reader.readline()).decode().strip()):
            going = await self._answer(line.split(" ")[0], line.partition("<")[2].partition(">")[0])

    async def _answer(self, verb: str, path: str) -> bool:
        if verb == "EHLO":
            self._say("250-relay.test\r\n250-PIPELINING\r\n250 SIZE 100000")
        elif verb == "MAIL":
            self.sender = path
            self.sender = path if self._agrees("MAIL", "250 ok") else ""
        elif verb == "RCPT" and self.sender:
            self.recipient = path
            self.recipient = path if self._agrees("RCPT", "250 ok") else ""
        elif verb == "DATA" and self.sender and self.recipient:
            if self._agrees("DATA", "354 go"):
                await self._take()
        else:
            self._say("503 5.5.1 not now" if verb in ("RCPT", "DATA") else "250 ok")
        return verb != "QUIT"

    async def _take(self) -> None:
        await self.reader.readuntil(b"\r\n.\r\n")
        if self._agrees(".", "250 2.0.0 queued"):
            self.relay.accepted[self.recipient] += 1
            self.relay.senders.append(self.sender)
        self.sender = self.recipient = ""

    def _agrees(self, verb: str, polite: str) -> bool:
        self.relay.tried[verb] += 1
        reply = self.relay.rule(verb, self.sender, self.recipient)
        self._say(reply or polite)
        return not reply

    def _say(self, text: str) -> None:
        self.writer.write(text.encode() + b"\r\n")


@asynccontextmanager
async def ruled(rule: Rule) -> AsyncIterator[Ruled]:
    """A Ruled server on a port of its own."""
    relay = Ruled(rule)
    async with await asyncio.start_server(relay.serve, "127.0.0.1", 0) as server:
        relay.port = server.sockets[0].getsockname()[1]
        yield relay
