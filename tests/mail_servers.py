"""Real SMTP servers on loopback: one that works (aiosmtpd), one that misbehaves as scripted."""

import asyncio
import subprocess
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import SMTP as Server  # noqa: N811
from aiosmtpd.smtp import AuthResult, Envelope, LoginPassword
from patience import skip, turns

from digestmail.domain import Message

PIPELINING = "250-relay.test\r\n250-PIPELINING\r\n250 SIZE 1000"  # to EHLO, where it is spoken
DROP = "drop"  # close the connection instead of answering
STALL = "stall"  # let an hour of the loop's clock pass without an answer
HOLD = "hold"  # answer when the test says so; "hold 550 no" with that
RAW = b"From: a@digest.example\r\nSubject: Hi\r\n\r\none. two.\r\nend\r\n"


def mail(recipient: str = "alice@example.net", raw: bytes = RAW) -> Message:
    return Message("b@bounce.example", recipient, "<1@digest.example>", raw)


async def yes() -> bool:
    return True


async def no() -> bool:
    return False


@dataclass
class Recorder:
    """An aiosmtpd handler that keeps what it was sent."""

    envelopes: list[Envelope] = field(default_factory=list)

    async def handle_DATA(self, server: Any, session: Any, envelope: Envelope) -> str:  # noqa: N802
        self.envelopes.append(envelope)
        return "250 2.0.0 queued as 7F3A"

    @property
    def received(self) -> list[bytes]:
        return [bytes(e.original_content or b"") for e in self.envelopes]


def _accepts(server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
    good = isinstance(data, LoginPassword) and data.password == b"sesame"
    return AuthResult(success=good, handled=False)


@asynccontextmanager
async def working(
    recorder: Recorder, *, implicit_tls: Any = None, **options: Any
) -> AsyncIterator[int]:
    """An aiosmtpd server; yields its port."""
    loop = asyncio.get_running_loop()

    def make() -> Server:
        return Server(recorder, loop=loop, hostname="relay.test", **options)

    server = await loop.create_server(make, "127.0.0.1", 0, ssl=implicit_tls)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        await server.wait_closed()
        await asyncio.sleep(0)


def with_login(**options: Any) -> dict[str, Any]:
    return {"auth_required": True, "authenticator": _accepts, **options}


@dataclass
class Scripted:
    """An SMTP server that answers each command as told, else politely.

    A list gives one answer after another, over all connections; its last one stays. An answer
    may be DROP, STALL, HOLD, or "later 20 250 ok" to let so many seconds of the loop's clock pass
    first. ``held`` is set when it comes to HOLD, and ``going_on`` ends that.
    """

    answers: Mapping[str, str | list[str]]
    sessions: list[list[str]] = field(default_factory=list)
    port: int = 0
    held: asyncio.Event = field(default_factory=asyncio.Event)
    going_on: asyncio.Event = field(default_factory=asyncio.Event)

    _polite = {  # noqa: RUF012
        "CONNECT": "220 relay.test",
        "EHLO": "250-relay.test\r\n250 SIZE 1000",
        "DATA": "354 go",
        "QUIT": "221 bye",
    }

    def _answer(self, verb: str) -> str:
        answer = self.answers.get(verb, self._polite.get(verb, "250 ok"))
        if isinstance(answer, str):
            return answer
        return answer.pop(0) if len(answer) > 1 else answer[0]

    async def _say(self, verb: str, writer: asyncio.StreamWriter) -> bool:
        answer = self._answer(verb)
        if answer == DROP:
            return False
        if answer == STALL:
            await _pass(3600)
            await asyncio.Event().wait()
        if answer.startswith(HOLD):
            self.held.set()
            await self.going_on.wait()
            answer = answer.removeprefix(HOLD).strip() or "250 ok"
        if answer.startswith("later "):
            _, seconds, answer = answer.split(" ", 2)
            await _pass(float(seconds))
        writer.write(answer.encode() + b"\r\n")
        return verb != "QUIT"

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        session: list[str] = []
        self.sessions.append(session)
        going = await self._say("CONNECT", writer)
        while going and (line := await reader.readline()):
            text = line.decode().strip()
            session.append(text)
            going = await self._say(text.split(" ")[0], writer)
            if going and text == "DATA" and self._got_354:
                await reader.readuntil(b"\r\n.\r\n")
                session.append(".")
                going = await self._say(".", writer)

    @property
    def _got_354(self) -> bool:
        return "DATA" not in self.answers

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await self._talk(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()


async def _pass(seconds: float) -> None:
    """Let time pass for the client, which is on the same loop, once it waits for our answer."""
    await turns()
    skip(seconds)
    await turns()


@asynccontextmanager
async def scripted(
    *, implicit_tls: Any = None, **answers: str | list[str]
) -> AsyncIterator[Scripted]:
    """A Scripted server; ``dot`` is what it says after the message."""
    if "dot" in answers:
        answers["."] = answers.pop("dot")
    script = Scripted(answers)
    running: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        running.add(task)
        await script.serve(reader, writer)

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=implicit_tls)
    script.port = server.sockets[0].getsockname()[1]
    try:
        yield script
    finally:
        server.close()
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)


def make_certificate(folder: Path) -> tuple[Path, Path]:
    """A self-signed certificate for localhost and 127.0.0.1, with its key."""
    certificate, key = folder / "cert.pem", folder / "key.pem"
    names = "subjectAltName=DNS:localhost,IP:127.0.0.1"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"]
    command += ["-subj", "/CN=localhost", "-addext", names]
    command += ["-keyout", str(key), "-out", str(certificate)]
    subprocess.run(command, check=True, capture_output=True)
    return certificate, key
