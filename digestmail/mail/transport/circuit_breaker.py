"""The way to one relay: how many mails may be under way on it, and when it is left alone.

Trouble halves the connections and success brings them back one by one, as TCP does it (additive
increase, multiplicative decrease). Trouble that does not end opens the circuit breaker, and so do
refusals that are about us. Then one mail tries the relay from time to time, until it takes one.
"""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from digestmail.domain import Clock, Message, Outcome, Phase, SendResult
from digestmail.mail.transport.refusals import (
    BREAKER,
    BreakerParameters,
    Refusals,
    described,
    essence,
    is_refusal,
    is_unanswered,
)
from digestmail.mail.transport.relay_settings import SmtpSettings
from digestmail.mail.transport.replies import Fault, fault
from digestmail.mail.transport.smtp import SmtpMailer

log = logging.getLogger(__name__)

_UNAVAILABLE = 421
_BEFORE_RECIPIENT = (Phase.CONNECT, Phase.HELLO, Phase.AUTH, Phase.MAIL)


@dataclass(frozen=True, slots=True)
class Shared:
    """What all processes that use the relays know in common; each call may wait for a database.

    ``take`` counts a mail to a relay under its limits a second, an hour and a day: the seconds to
    wait, or when one may go again. ``fell`` notes a trouble and answers whether it is a new one.
    """

    clock: Clock
    take: Callable[[str, int, int, int, datetime], float | datetime]
    trouble: Callable[[str], tuple[str, datetime] | None]
    fell: Callable[[str, str, datetime], bool]
    recovered: Callable[[str], bool]


class Lane:
    """One relay's mailer, under as many sends at a time as it bears now (``limit``)."""

    def __init__(
        self,
        settings: SmtpSettings,
        shared: Shared,
        parameters: BreakerParameters = BREAKER,
    ) -> None:
        self.name = settings.address
        self.weight = settings.weight
        self.most = settings.connections
        self.limit = settings.connections
        self.full_until: datetime | None = None  # by the limit an hour or a day
        self.trouble = ""  # while the breaker is open
        self.was_tried = False
        self._settings = settings
        self._shared = shared
        self._parameters = parameters
        self._refusals = Refusals(parameters)
        self._mailer = SmtpMailer(settings)
        self._busy = 0
        self._free = asyncio.Condition()
        self._good = 0  # answers since the limit was last changed
        self._bursts = 0  # of trouble, ever; tells the sends begun before the last one
        self._failures = 0  # bursts in succession
        self._last_refusal = ""  # that blamed us
        self._rests_until: datetime | None = None
        self._looked = float("-inf")
        self._looking = asyncio.Lock()

    async def usable(self) -> bool:
        """Whether it neither rests after trouble nor has used up its hour or day."""
        async with self._looking:  # nobody goes on before the look of another has ended
            if time.monotonic() - self._looked > self._parameters.look_every:
                await self._look()
        now = self._shared.clock()
        return not (_ahead(self._rests_until, now, self._parameters.rest) or self.is_full(now))

    async def send(
        self, message: Message, claim: Callable[[], Awaitable[bool]], *, probe: bool = False
    ) -> SendResult | None:
        """Send one message when its turn has come; None when it must not be tried (any more).

        ``probe``: although the breaker is open.
        """
        async with self._slot():
            if not (probe or await self.usable()) or not await self._turn():
                return None
            bursts, self.was_tried = self._bursts, True
            result = await self._mailer.send(message, claim)
            if _is_trouble(result):
                await self._suffer(result, bursts)
                return result
            if not is_refusal(result):
                await self._thrive(result, bursts)
            elif await self._refuses_everybody(result, message, bursts):
                return replace(result, outcome=Outcome.SERVER)
            elif fault(result) is not Fault.RELAY:
                await self._thrive(result, bursts)
            return result

    async def close(self) -> None:
        """End the connections; a relay that refused all of few mails is noted as in trouble."""
        await self._mailer.close()
        if self._refusals.are_all_there_was and not self.trouble:
            await self._break(self._last_refusal)

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

    async def _look(self) -> None:
        """See whether another process, or an earlier run, found this relay in trouble."""
        self._looked = time.monotonic()
        noted = await asyncio.to_thread(self._shared.trouble, self.name)
        if noted is None:
            self.trouble, self._rests_until = "", None
            return
        if not self.trouble:
            self.limit = 1  # whoever tries it again goes alone
        self.trouble, self._rests_until = noted[0], noted[1] + self._parameters.rest

    def is_full(self, now: datetime) -> bool:
        """Whether its hour or day is used up."""
        return _ahead(self.full_until, now, timedelta(hours=26))

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

    async def _thrive(self, result: SendResult, bursts: int) -> None:
        self._failures, self._good = 0, self._good + 1
        if self._good >= self.limit < self.most:
            self._good, self.limit = 0, self.limit + 1
        if result.outcome is Outcome.SENT:
            self._refusals.clear()
        if self.trouble and bursts == self._bursts and self._is_over(result):
            self.trouble, self._rests_until = "", None
            if await asyncio.to_thread(self._shared.recovered, self.name):
                log.info("the relay %s works again", self.name)

    def _is_over(self, result: SendResult) -> bool:
        """Whether an answer shows that the trouble has ended; a bad recipient's may not."""
        if result.outcome is Outcome.SENT:
            return True
        before_recipient = self.trouble.partition(":")[0] in _BEFORE_RECIPIENT
        return before_recipient and result.phase not in _BEFORE_RECIPIENT

    async def _suffer(self, result: SendResult, bursts: int) -> None:
        if bursts == self._bursts:
            self._failures += 1
        self._slow_down(bursts)
        if self.trouble or self._failures >= self._parameters.troubles or _is_final(result):
            await self._break(described(result))

    async def _refuses_everybody(self, result: SendResult, message: Message, bursts: int) -> bool:
        """Whether a refusal shows that the relay is in trouble (still)."""
        blames_us = fault(result) is Fault.RELAY
        if blames_us:
            self._last_refusal = described(result)
            self._slow_down(bursts)
        everybody = self._refusals.add(result, message.recipient)
        still = self.trouble and (blames_us or essence(described(result)) == essence(self.trouble))
        if everybody or still:
            await self._break(described(result))
        return bool(everybody or still)

    def _slow_down(self, bursts: int) -> None:
        """Halve the connections, once for all that were under way together."""
        if bursts == self._bursts:
            self._bursts, self._good = bursts + 1, 0
            self.limit = max(1, self.limit // 2)

    async def _break(self, words: str) -> None:
        now = self._shared.clock()
        self.trouble, self._rests_until = words, now + self._parameters.rest
        self.limit, self._looked = 1, time.monotonic()
        self._bursts += 1  # what was begun before this does not show that it is over
        if await asyncio.to_thread(self._shared.fell, self.name, self.trouble, now):
            log.error("the relay %s is in trouble: %s", self.name, self.trouble)


def _ahead(until: datetime | None, now: datetime, most: timedelta) -> bool:
    """Whether an instant is still to come, and not just because the clock was set back."""
    return until is not None and now < until <= now + most


def _is_trouble(result: SendResult) -> bool:
    """Whether an attempt failed for the relay's or the network's sake."""
    broken = result.code == 0 and result.outcome in (Outcome.DEFERRED, Outcome.UNKNOWN)
    broken = broken and not is_unanswered(result)
    return result.outcome is Outcome.SERVER or result.code == _UNAVAILABLE or broken


def _is_final(result: SendResult) -> bool:
    """Whether trying again at once would be of no use, or do harm."""
    return result.outcome is Outcome.SERVER and (result.code >= 500 or result.phase is Phase.AUTH)
