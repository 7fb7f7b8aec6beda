"""Mail through a relay: a Mailer over a small pool of connections, and the doctor's look at it."""

import asyncio
from collections.abc import Awaitable, Callable

from digestmail.domain import Message, Phase, SendResult
from digestmail.errors import MailServerError
from digestmail.mail.transport.adaptive_timeout import AdaptiveTimeout
from digestmail.mail.transport.connection import Connection, PhaseError
from digestmail.mail.transport.refusals import is_silent
from digestmail.mail.transport.relay_settings import SmtpSettings, tls_context
from digestmail.mail.transport.replies import Fault, classify, fault

__all__ = ["SmtpMailer", "SmtpSettings", "check"]

_ADVICE = {
    Phase.CONNECT: "check host, port, tls and the firewall",
    Phase.HELLO: "check tls and the server's certificate (ca_file)",
    Phase.AUTH: "check username and password",
}
_TLS_NAMES = {"starttls": "STARTTLS ", "tls": "TLS ", "none": "unencrypted"}


class SmtpMailer:
    """A Mailer that keeps at most ``settings.connections`` connections, and uses them again.

    A message is never tried twice, except when it was not begun: a connection that had been idle
    proves dead or used up, or no reply tells the sender from the recipient.
    """

    def __init__(self, settings: SmtpSettings) -> None:
        self.concurrency = settings.connections
        self._settings = settings
        self._context = tls_context(settings)
        self._rcpt_timeout = AdaptiveTimeout(settings.rcpt_timeout)
        self._slots = asyncio.Semaphore(settings.connections)
        self._idle: list[Connection] = []

    async def send(self, message: Message, claim: Callable[[], Awaitable[bool]]) -> SendResult:
        """Send one message; waits for a free connection. See the Mailer seam."""
        async with self._slots:
            reused, pipelines = await self._reusable(), True
            if reused is not None:
                result = await self._deliver(reused, message, claim)
                if not await self._is_used_up(reused, result):
                    return result
                pipelines = not (reused.pipelines and is_silent(result))
            result, pipelined = await self._send_anew(message, claim, pipelines)
            if pipelined and is_silent(result):
                # A server may hold its word on the sender back until it has one on the recipient.
                result, _ = await self._send_anew(message, claim, pipelines=False)
            return result

    async def close(self) -> None:
        """End the connections; call it when no send is under way."""
        idle, self._idle = self._idle, []
        await asyncio.gather(*(connection.quit() for connection in idle))

    async def _is_used_up(self, reused: Connection, result: SendResult) -> bool:
        """Return whether a connection used before, and nothing else, stood in the way of a message.

        So it is when the server has left, or wants a new one after some mails or recipients.
        """
        if result.phase is Phase.MAIL and not reused.is_open:
            return True
        counted = result.phase in (Phase.MAIL, Phase.RCPT) and result.code > 0
        if not (counted and fault(result) is Fault.RELAY and reused in self._idle):
            return False
        self._idle.remove(reused)
        await reused.quit()
        return True

    async def _send_anew(
        self, message: Message, claim: Callable[[], Awaitable[bool]], pipelines: bool
    ) -> tuple[SendResult, bool]:
        """Send by a fresh connection; also whether sender and recipient were named together."""
        try:
            connection = await Connection.open(
                self._settings, self._context, self._rcpt_timeout, pipelines=pipelines
            )
        except PhaseError as error:
            return classify(error.phase, error.code, error.text), False
        return await self._deliver(connection, message, claim), connection.pipelines

    async def _deliver(
        self, connection: Connection, message: Message, claim: Callable[[], Awaitable[bool]]
    ) -> SendResult:
        result = await connection.deliver(message, claim)
        if connection.is_open:
            self._idle.append(connection)
        return result

    async def _reusable(self) -> Connection | None:
        while self._idle:
            connection = self._idle.pop()
            if connection.is_open and connection.used < self._settings.messages_per_connection:
                return connection
            # Only now, not after its last message: a result must not wait for a farewell.
            await connection.quit()
        return None


async def check(settings: SmtpSettings) -> str:
    """Connect, secure, log in and leave; one line on what was found.

    Raises MailServerError when a step fails, saying which and what to look at.
    """
    try:
        connection = await Connection.open(settings, tls_context(settings))
    except PhaseError as error:
        result = classify(error.phase, error.code, error.text)
        reply = f"{result.code} {result.text}" if result.code else result.text
        advice = _ADVICE[error.phase]
        raise MailServerError(f"{settings.address}: {error.phase}: {reply} ({advice})") from None
    line = _description(connection, settings)
    await connection.quit()
    return line


def _description(connection: Connection, settings: SmtpSettings) -> str:
    facts = [
        settings.address,
        _TLS_NAMES[settings.tls] + connection.tls_version,
        "authenticated" if settings.username else "no authentication",
        f"SIZE {connection.size_limit}" if connection.size_limit else "no SIZE limit",
    ]
    return ", ".join(facts)
