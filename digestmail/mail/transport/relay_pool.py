"""The connection pool of one relay, behind a circuit breaker and the relay's rate limits."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from digestmail.domain import Clock, Message, Outcome, SendResult
from digestmail.mail.transport.circuit_breaker import CircuitBreaker, is_ahead, is_trouble
from digestmail.mail.transport.refusals import BREAKER, BreakerParameters, is_refusal, reply_line
from digestmail.mail.transport.relay_settings import SmtpSettings
from digestmail.mail.transport.replies import Fault, fault
from digestmail.mail.transport.smtp import SmtpMailer

log = logging.getLogger(__name__)

_LONGEST_WINDOW = timedelta(hours=26)  # of a rate limit: a day, and two hours for the clock


@dataclass(frozen=True, slots=True)
class SharedRelayState:
    """The state of the relays that all processes share; each call may wait for a database.

    ``take`` counts a mail to a relay under its limits a second, an hour and a day, and returns the
    seconds to wait, or the instant at which a mail may go again. ``mark_down`` notes a trouble and
    returns whether it is a new one; ``mark_up`` whether there was one.
    """

    clock: Clock
    take: Callable[[str, int, int, int, datetime], float | datetime]
    trouble: Callable[[str], tuple[str, datetime] | None]
    mark_down: Callable[[str, str, datetime], bool]
    mark_up: Callable[[str], bool]


class RelayPool:
    """The connections to one relay, as many at a time as its circuit breaker allows."""

    def __init__(
        self,
        settings: SmtpSettings,
        shared: SharedRelayState,
        parameters: BreakerParameters = BREAKER,
    ) -> None:
        self.name = settings.address
        self.weight = settings.weight
        self.full_until: datetime | None = None  # by the limit an hour or a day
        self.was_tried = False
        self._settings = settings
        self._shared = shared
        self._refresh_every = parameters.refresh_every
        self._breaker = CircuitBreaker(settings.connections, parameters)
        self._mailer = SmtpMailer(settings)
        self._busy = 0
        self._free = asyncio.Condition()
        self._refreshed_at = float("-inf")  # on the monotonic clock
        self._refreshing = asyncio.Lock()

    @property
    def limit(self) -> int:
        """Return how many mails may be under way now."""
        return self._breaker.limit

    @property
    def trouble(self) -> str:
        """Return the reply that opened the breaker; empty while it is closed."""
        return self._breaker.trouble

    async def usable(self) -> bool:
        """Return whether it neither rests after trouble nor has used up its hour or day."""
        async with self._refreshing:  # nobody goes on before the refresh of another has ended
            if time.monotonic() - self._refreshed_at > self._refresh_every:
                await self._refresh()
        now = self._shared.clock()
        return not (self._breaker.rests(now) or self.is_full(now))

    def is_full(self, now: datetime) -> bool:
        """Return whether its hour or day is used up."""
        return is_ahead(self.full_until, now, _LONGEST_WINDOW)

    async def send(
        self, message: Message, claim: Callable[[], Awaitable[bool]], *, probe: bool = False
    ) -> SendResult | None:
        """Send one message when its turn has come; None when it must not be tried (any more).

        ``probe``: although the breaker is open.
        """
        async with self._slot():
            if not (probe or await self.usable()) or not await self._turn():
                return None
            bursts, self.was_tried = self._breaker.bursts, True
            result = await self._mailer.send(message, claim)
            return await self._recorded(result, message.recipient, bursts)

    async def close(self) -> None:
        """End the connections; a relay that refused all of few mails is marked down."""
        await self._mailer.close()
        if trouble := self._breaker.unnoticed_trouble:
            await self._open(trouble)

    @asynccontextmanager
    async def _slot(self) -> AsyncIterator[None]:
        async with self._free:
            await self._free.wait_for(lambda: self._busy < self.limit)
            self._busy += 1
        try:
            yield
        finally:
            self._busy -= 1
            async with self._free:
                self._free.notify_all()

    async def _turn(self) -> bool:
        """Wait for this mail's turn; False when the hour's or the day's are used up."""
        limits = self._settings.per_second, self._settings.per_hour, self._settings.per_day
        if not any(limits):
            return True
        turn = await asyncio.to_thread(self._shared.take, self.name, *limits, self._shared.clock())
        if isinstance(turn, datetime):
            self.full_until = turn
            return False
        await asyncio.sleep(turn)
        return True

    async def _recorded(self, result: SendResult, recipient: str, bursts: int) -> SendResult:
        """Let the breaker know of a result; return it, as SERVER where everybody is refused."""
        breaker = self._breaker
        if is_trouble(result):
            if breaker.on_failure(result, bursts):
                await self._open(reply_line(result))
            return result
        if is_refusal(result):
            if breaker.on_refusal(result, recipient, bursts):
                await self._open(reply_line(result))
                return replace(result, outcome=Outcome.SERVER)
            if fault(result) is Fault.RELAY:
                return result
        if breaker.on_success(result, bursts) and await self._mark_up():
            log.info("relay %s works again", self.name)
        return result

    async def _mark_up(self) -> bool:
        return await asyncio.to_thread(self._shared.mark_up, self.name)

    async def _refresh(self) -> None:
        """Learn whether another process, or an earlier run, marked this relay down."""
        self._refreshed_at = time.monotonic()
        trouble = await asyncio.to_thread(self._shared.trouble, self.name)
        if trouble is None:
            self._breaker.close()
        else:
            self._breaker.adopt(*trouble)

    async def _open(self, trouble: str) -> None:
        now = self._shared.clock()
        self._breaker.open(trouble, now)
        self._refreshed_at = time.monotonic()
        if await asyncio.to_thread(self._shared.mark_down, self.name, trouble, now):
            log.error("problem with relay %s: %s", self.name, trouble)
