"""Mail through a relay: a Mailer over a small pool of connections, and the doctor's look at it."""

import asyncio
from collections.abc import Awaitable, Callable

from digestmail.domain import Message, Phase, SendResult
from digestmail.errors import MailServerError
from digestmail.mail.connection import Connection, PhaseError
from digestmail.mail.relay import SmtpSettings, tls_context
from digestmail.mail.replies import classify

__all__ = ["SmtpMailer", "SmtpSettings", "check"]

_ADVICE = {
    Phase.CONNECT: "check host, port, tls and the firewall",
    Phase.HELLO: "check tls and the server's certificate (ca_file)",
    Phase.AUTH: "check username and password",
}
_TLS_NAMES = {"starttls": "STARTTLS ", "tls": "TLS ", "none": "unencrypted"}


class SmtpMailer:
    """A Mailer that keeps at most ``settings.connections`` connections, and uses them again.

    A message is never tried twice, except when a connection that had been idle proves dead
    before the message was begun.
    """

    def __init__(self, settings: SmtpSettings) -> None:
        self.concurrency = settings.connections
        self._settings = settings
        self._context = tls_context(settings)
        self._slots = asyncio.Semaphore(settings.connections)
        self._idle: list[Connection] = []

    async def send(self, message: Message, claim: Callable[[], Awaitable[bool]]) -> SendResult:
        """Send one message; waits for a free connection. See the Mailer seam."""
        async with self._slots:
            reused = await self._reusable()
            if reused is not None:
                result = await self._deliver(reused, message, claim)
                if result.phase is not Phase.MAIL or reused.is_open:
                    return result
            try:
                connection = await Connection.open(self._settings, self._context)
            except PhaseError as error:
                return classify(error.phase, error.code, error.text)
            return await self._deliver(connection, message, claim)

    async def close(self) -> None:
        """End the connections; call it when no send is under way."""
        idle, self._idle = self._idle, []
        await asyncio.gather(*(connection.quit() for connection in idle))

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
    parts = [
        settings.address,
        _TLS_NAMES[settings.tls] + connection.tls_version,
        "authenticated" if settings.username else "no authentication",
        f"SIZE {connection.size_limit}" if connection.size_limit else "no SIZE limit",
    ]
    return ", ".join(parts)
