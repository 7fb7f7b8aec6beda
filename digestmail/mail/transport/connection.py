"""One connection to the relay: opened, used for message after message, ended."""

import asyncio
import re
import ssl
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import cast

import aiosmtplib

from digestmail.domain import Message, Outcome, Phase, SendResult
from digestmail.mail.transport.adaptive_timeout import AdaptiveTimeout
from digestmail.mail.transport.protocol import Dialogue, Reply
from digestmail.mail.transport.relay_settings import SmtpSettings
from digestmail.mail.transport.replies import classify

_QUIT_SECONDS = 5.0  # a farewell is a courtesy: nothing depends on its answer
_OK, _START_INPUT = 250, 354
_UNAVAILABLE = 421
_SIZE = re.compile(r"[0-9]{1,20}")  # RFC 1870 3; more digits than int() takes are no size
# How long we listen whether the server has left amid a message: three times as long as its answer
# to DATA took, within these seconds. Of 84 mails whose server left amid them, 2 to 5 were ended.
_MOMENT = (0.002, 0.25)
_NO_STARTTLS = (
    "the server does not offer STARTTLS: set tls to tls (often port 465), or none if local"
)


class PhaseError(Exception):
    """The conversation failed at ``phase``; ``code`` is below 1 when no proper reply came."""

    def __init__(self, phase: Phase, code: int, text: str) -> None:
        super().__init__(phase, code, text)
        self.phase = phase
        self.code = code
        self.text = text

    @property
    def in_step(self) -> bool:
        """Return whether both sides still agree on whose turn it is."""
        return 400 <= self.code < 600 and self.code != _UNAVAILABLE


class Connection:
    """A connection that has said hello and logged in; for one task at a time."""

    def __init__(
        self, client: aiosmtplib.SMTP, settings: SmtpSettings, rcpt_timeout: AdaptiveTimeout
    ) -> None:
        self._client = client  # opens it; from then on the dialogue is our own
        self._settings = settings
        self._rcpt_timeout = rcpt_timeout
        self._dialogue: Dialogue | None = None
        self.pipelines = False  # RFC 2920
        self.used = 0  # messages tried
        self.tls_version = ""  # such as "TLSv1.3"; empty when not encrypted

    @classmethod
    async def open(
        cls,
        settings: SmtpSettings,
        context: ssl.SSLContext | None,
        rcpt_timeout: AdaptiveTimeout | None = None,
        *,
        pipelines: bool = True,
    ) -> "Connection":
        """Return a new connection. Raises PhaseError with what stood in the way.

        ``pipelines``: whether several commands may go at once, where the server allows it.
        """
        client = aiosmtplib.SMTP(
            hostname=settings.host,
            port=settings.port,
            local_hostname=settings.local_hostname or None,
            timeout=settings.connect_timeout,
            use_tls=settings.tls == "tls",
            start_tls=False,  # done below, where its refusal is an error
            tls_context=context,
        )
        connection = cls(client, settings, rcpt_timeout or AdaptiveTimeout(settings.rcpt_timeout))
        try:
            await connection._greet()
            connection.pipelines = pipelines and client.supports_extension("pipelining")
        except BaseException:
            connection.abort()
            raise
        return connection

    @property
    def is_open(self) -> bool:
        """Return whether another message may be tried on it."""
        return self._dialogue is not None and self._dialogue.is_open

    @property
    def size_limit(self) -> int:
        """Return the largest message, in bytes, that the server takes (RFC 1870); 0: no limit."""
        limit = self._client.esmtp_extensions.get("size", "")
        return int(limit) if _SIZE.fullmatch(limit) else 0

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
            with suppress(PhaseError):
                await self._command(Phase.CONNECT, b"QUIT", timeout=_QUIT_SECONDS)
        finally:
            self.abort()

    def abort(self) -> None:
        """Close at once; what is still in the buffer is not sent."""
        if self._dialogue is not None:
            self._dialogue.abort()
        elif self._client.transport is not None:
            cast(asyncio.WriteTransport, self._client.transport).abort()
        self._client.close()

    async def _greet(self) -> None:
        settings, client = self._settings, self._client
        with _DURING[Phase.CONNECT]:
            await client.connect()
        with _DURING[Phase.HELLO]:
            await client.ehlo()
            if settings.tls == "starttls":
                await self._start_tls()
            tls = client.get_transport_info("ssl_object")
        self.tls_version = tls.version() if tls is not None else ""
        if settings.username:
            with _DURING[Phase.AUTH]:
                await client.login(settings.username, settings.password)
        # aiosmtplib's own dialogue takes five times as long, and puts an end to the message only
        # after looking through it for line ends.
        self._dialogue = Dialogue(cast(asyncio.Transport, client.transport))

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
            text = f"the message has {size} bytes; the server accepts {self.size_limit}"
            return SendResult(outcome=Outcome.REJECTED, phase=Phase.MAIL, text=text)
        options = [b"SIZE=%d" % size] if self._client.supports_extension("size") else []
        await self._envelope(
            b"MAIL FROM:" + b" ".join((_path(message.sender), *options)),
            b"RCPT TO:" + _path(message.recipient),
        )
        if not await claim():
            await self._reset()
            return SendResult(outcome=Outcome.WITHDRAWN, phase=Phase.RCPT)
        return await self._hand_over(message.raw)

    async def _envelope(self, mail: bytes, rcpt: bytes) -> None:
        """Name the sender and the recipient, in one go where the server allows it."""
        if not self.pipelines:
            await self._command(Phase.MAIL, mail)
            with self._rcpt_timeout.measured() as seconds:
                await self._command(Phase.RCPT, rcpt, timeout=seconds)
            return
        self._write(Phase.MAIL, mail + b"\r\n" + rcpt + b"\r\n")
        with self._rcpt_timeout.measured() as seconds:  # a server may hold both answers back
            first = await self._reply(Phase.MAIL, seconds)
            try:
                second = await self._reply(Phase.RCPT, seconds)
            except PhaseError:
                self.abort()  # a reply still under way would be taken for the next command's
                _expect(Phase.MAIL, first)  # who refuses the sender may leave before the recipient
                raise
        _expect(Phase.MAIL, first)
        _expect(Phase.RCPT, second)

    async def _hand_over(self, raw: bytes) -> SendResult:
        """Give the message away, and its final dot when the server seems to have read the rest.

        Until the dot has gone the server cannot have accepted anything, so a connection lost up to
        then means "send it again", and "nobody knows" after that. Who leaves amid the message is
        heard while we listen for a moment.
        """
        timeout, begun = self._settings.data_timeout, time.monotonic()
        await self._command(Phase.DATA, b"DATA", expected=_START_INPUT)
        shortest, longest = _MOMENT
        moment = min(max(3 * (time.monotonic() - begun), shortest), longest)
        await self._stop_if_refused(0)
        self._write(Phase.DATA, raw)
        with _DURING[Phase.DATA]:
            await self._live_dialogue.written(timeout)
        await self._stop_if_refused(moment)
        self._write(Phase.DATA, b".\r\n")
        with _DURING[Phase.DATA]:
            await self._live_dialogue.written(timeout)
        reply = await self._reply(Phase.END_OF_DATA, timeout)
        _expect(Phase.END_OF_DATA, reply)
        return classify(Phase.END_OF_DATA, reply.code, reply.text)

    async def _stop_if_refused(self, seconds: float) -> None:
        """Heed a reply that comes amid the message."""
        with _DURING[Phase.DATA]:
            early = await self._live_dialogue.unsolicited(seconds)
        if early is not None:
            self.abort()  # it still takes all that we say for the message
            raise PhaseError(Phase.DATA, *early)

    async def _command(
        self, phase: Phase, command: bytes, *, expected: int = _OK, timeout: float = 0
    ) -> Reply:
        """Return the reply to a command; PhaseError unless its class is that of ``expected``."""
        self._write(phase, command + b"\r\n")
        reply = await self._reply(phase, timeout)
        _expect(phase, reply, expected)
        return reply

    def _write(self, phase: Phase, data: bytes) -> None:
        with _DURING[phase]:
            self._live_dialogue.write(data)

    async def _reply(self, phase: Phase, timeout: float = 0) -> Reply:
        """Return the next reply; PhaseError when the server announces that it closes."""
        with _DURING[phase]:
            reply = await self._live_dialogue.reply(timeout or self._settings.command_timeout)
        if reply.code == _UNAVAILABLE:
            raise PhaseError(phase, *reply)
        return reply

    @property
    def _live_dialogue(self) -> Dialogue:
        if self._dialogue is None:
            raise ConnectionResetError("connection lost")
        return self._dialogue

    async def _recover(self, error: PhaseError) -> None:
        if not error.in_step:
            self.abort()
        elif error.phase is not Phase.END_OF_DATA:  # there the server has reset itself
            await self._reset()

    async def _reset(self) -> None:
        try:
            await self._command(Phase.MAIL, b"RSET", timeout=self._settings.connect_timeout)
        except BaseException as error:
            self.abort()
            if not isinstance(error, PhaseError):
                raise


def _expect(phase: Phase, reply: Reply, expected: int = _OK) -> None:
    if reply.code // 100 != expected // 100:
        raise PhaseError(phase, *reply)


def _path(address: str) -> bytes:
    return b"<%s>" % address.encode("ascii")


class _During:
    """A context that turns whatever goes wrong within into a PhaseError of its phase."""

    # Not a generator, which takes three times as long, and a mail has eight.
    def __init__(self, phase: Phase) -> None:
        self._phase = phase

    def __enter__(self) -> None:
        pass

    def __exit__(self, _: object, error: BaseException | None, __: object) -> None:
        if isinstance(error, aiosmtplib.SMTPResponseException):
            raise PhaseError(self._phase, error.code, error.message) from error
        if isinstance(error, aiosmtplib.SMTPException | OSError | UnicodeError):
            raise PhaseError(self._phase, 0, str(error) or type(error).__name__) from error


_DURING = {phase: _During(phase) for phase in Phase}
