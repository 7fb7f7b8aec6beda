"""One connection to the relay: opened, used for message after message, ended."""

import asyncio
import re
import ssl
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from typing import cast

import aiosmtplib

from digestmail.domain import Message, Outcome, Phase, SendResult
from digestmail.mail.relay import SmtpSettings
from digestmail.mail.replies import classify

_DOT = re.compile(rb"\n\.")
_QUIT_SECONDS = 5.0  # a farewell is a courtesy: nothing depends on its answer
_DONE, _START_INPUT = 250, 354
_UNAVAILABLE = 421
_NO_STARTTLS = "the server offers no STARTTLS: set tls to tls (often port 465), or none if local"


class PhaseError(Exception):
    """The conversation failed at ``phase``; ``code`` is below 1 when no proper reply came."""

    def __init__(self, phase: Phase, code: int, text: str) -> None:
        super().__init__(phase, code, text)
        self.phase = phase
        self.code = code
        self.text = text

    @property
    def in_step(self) -> bool:
        """Whether both sides still agree on whose turn it is."""
        return 400 <= self.code < 600 and self.code != _UNAVAILABLE


class Connection:
    """A connection that has said hello and logged in; for one task at a time."""

    def __init__(self, client: aiosmtplib.SMTP, settings: SmtpSettings) -> None:
        self._client = client
        self._settings = settings
        self._transport: asyncio.BaseTransport | None = None
        self.used = 0  # messages tried
        self.tls_version = ""  # such as "TLSv1.3"; empty when not encrypted

    @classmethod
    async def open(cls, settings: SmtpSettings, context: ssl.SSLContext | None) -> "Connection":
        """A new connection. Raises PhaseError with what stood in the way."""
        client = aiosmtplib.SMTP(
            hostname=settings.host,
            port=settings.port,
            local_hostname=settings.local_hostname or None,
            timeout=settings.connect_timeout,
            use_tls=settings.tls == "tls",
            start_tls=False,  # done below, where its refusal is an error
            tls_context=context,
        )
        connection = cls(client, settings)
        try:
            await connection._greet()
        except BaseException:
            connection.abort()
            raise
        return connection

    @property
    def is_open(self) -> bool:
        """Whether another message may be tried on it."""
        return self._client.is_connected

    @property
    def size_limit(self) -> int:
        """The most bytes of a message the server takes (RFC 1870); 0 when it names no limit."""
        limit = self._client.esmtp_extensions.get("size", "")
        return int(limit) if limit.isascii() and limit.isdigit() else 0

    async def deliver(self, message: Message, claim: Callable[[], Awaitable[bool]]) -> SendResult:
        """Send one message, as the Mailer seam has it.

        Afterwards the connection is clean for the next message, or closed.
        """
        self.used += 1
        try:
            return await self._transaction(message, claim)
        except PhaseError as error:
            await self._recover(error)
            return classify(error.phase, error.code, error.text)
        except BaseException:
            # A reply that is still under way would be taken for the next recipient's.
            self.abort()
            raise

    async def quit(self) -> None:
        """Say goodbye and close, whatever the server answers."""
        try:
            with suppress(aiosmtplib.SMTPException, OSError):
                await self._client.quit(timeout=_QUIT_SECONDS)
        finally:
            self.abort()

    def abort(self) -> None:
        """Close at once; what is still in the buffer is not sent."""
        transport = self._transport or self._client.transport
        if transport is not None:
            cast(asyncio.WriteTransport, transport).abort()
        self._client.close()

    async def _greet(self) -> None:
        settings, client = self._settings, self._client
        with _during(Phase.CONNECT):
            await client.connect()
        with _during(Phase.HELLO):
            await client.ehlo()
            if settings.tls == "starttls":
                await self._start_tls()
            tls = client.get_transport_info("ssl_object")
        self._transport = client.transport
        self.tls_version = tls.version() if tls is not None else ""
        if settings.username:
            with _during(Phase.AUTH):
                await client.login(settings.username, settings.password)

    async def _start_tls(self) -> None:
        if not self._client.supports_extension("starttls"):
            raise PhaseError(Phase.HELLO, 0, _NO_STARTTLS)
        await self._client.starttls()
        await self._client.ehlo()

    async def _transaction(
        self, message: Message, claim: Callable[[], Awaitable[bool]]
    ) -> SendResult:
        size = len(message.raw)
        if 0 < self.size_limit < size:
            text = f"the message has {size} bytes, the server takes {self.size_limit}"
            return SendResult(outcome=Outcome.REJECTED, phase=Phase.MAIL, text=text)
        options = [b"SIZE=%d" % size] if self._client.supports_extension("size") else []
        # aiosmtplib's mail() and rcpt() parse the addresses, which takes longer than the sending.
        await self._command(Phase.MAIL, b"MAIL", b"FROM:" + _path(message.sender), *options)
        await self._command(Phase.RCPT, b"RCPT", b"TO:" + _path(message.recipient))
        if not await claim():
            await self._reset()
            return SendResult(outcome=Outcome.WITHDRAWN, phase=Phase.RCPT)
        return await self._hand_over(message.raw)

    async def _hand_over(self, raw: bytes) -> SendResult:
        # Not aiosmtplib's data(): it has one timeout for both steps, and a lost connection means
        # "send it again" before the final dot but "nobody knows" after it.
        await self._command(Phase.DATA, b"DATA", wanted=_START_INPUT)
        with _during(Phase.DATA):
            self._write(_stuffed(raw))
        timeout = self._settings.data_timeout
        reply = await self._command(Phase.END_OF_DATA, b".", timeout=timeout)
        return classify(Phase.END_OF_DATA, reply.code, reply.message)

    async def _command(
        self, phase: Phase, *words: bytes, wanted: int = _DONE, timeout: float = 0
    ) -> aiosmtplib.SMTPResponse:
        """The reply to a command; PhaseError unless its code is ``wanted`` or of that hundred."""
        with _during(phase):
            reply = await self._client.execute_command(
                *words, timeout=timeout or self._settings.command_timeout
            )
        if reply.code // 100 != wanted // 100:
            raise PhaseError(phase, reply.code, reply.message)
        return reply

    def _write(self, content: bytes) -> None:
        if self._client.protocol is None:
            raise aiosmtplib.SMTPServerDisconnected("connection lost")
        self._client.protocol.write(content)

    async def _recover(self, error: PhaseError) -> None:
        if not error.in_step:
            self.abort()
        elif error.phase is not Phase.END_OF_DATA:  # there the server has reset itself
            await self._reset()

    async def _reset(self) -> None:
        try:
            await self._client.rset(timeout=self._settings.connect_timeout)
        except (aiosmtplib.SMTPException, OSError):
            self.abort()
        except BaseException:
            self.abort()
            raise


def _path(address: str) -> bytes:
    return b"<%s>" % address.encode("ascii")


def _stuffed(raw: bytes) -> bytes:
    """``raw`` with dots at line starts doubled (RFC 5321 4.5.2)."""
    # A pattern that begins with its line end is found 20 times as fast as one with (?m)^; and the
    # line ends are as Message promises, so there is no need to go over them again.
    return _DOT.sub(b"\n..", raw)


@contextmanager
def _during(phase: Phase) -> Iterator[None]:
    try:
        yield
    except aiosmtplib.SMTPResponseException as error:
        raise PhaseError(phase, error.code, error.message) from error
    except (aiosmtplib.SMTPException, OSError, UnicodeError) as error:
        raise PhaseError(phase, 0, str(error) or type(error).__name__) from error
