"""The Mailer over all relays: each message has its own order of them, by weight.

The order follows from the message's id (weighted rendezvous hashing), so that a message tried
again goes to the relay that the receiver's greylist already knows, unless that one is in trouble.
"""

import asyncio
import hashlib
import math
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import datetime

from digestmail.domain import Message, Outcome, Phase, SendResult
from digestmail.errors import ConfigError
from digestmail.mail.transport.circuit_breaker import Lane, Shared
from digestmail.mail.transport.refusals import BREAKER, BreakerParameters, is_refusal
from digestmail.mail.transport.relay_settings import SmtpSettings
from digestmail.mail.transport.replies import Fault, fault

_FULL = "the relay has had as many mails as its limits allow"
_MOST_TRIES = 3  # of one message on one relay, as long as nothing was handed over


class RelaysMailer:
    """A Mailer that hands each message to one of several relays.

    It tries again, on the same relay and then on the others, what failed before the recipient was
    named; and on the others what a relay refused for the sake of our quota or reputation there.
    The outcome SERVER means that all relays are in trouble. ``pause`` is the seconds between two
    tries, growing.
    """

    def __init__(
        self,
        relays: Sequence[SmtpSettings],
        shared: Shared,
        *,
        pause: float = 0.5,
        breaker: BreakerParameters = BREAKER,
    ) -> None:
        twice = [name for name, n in Counter(r.address for r in relays).items() if n > 1]
        if not relays or twice:
            told = f"{twice[0]} stands there twice" if twice else "there is none"
            raise ConfigError(f"relays: {told}; name each relay (host and port) once")
        self.lanes = [Lane(settings, shared, breaker) for settings in relays]
        self.concurrency = sum(settings.connections for settings in relays)
        self._shared = shared
        self._pause = pause
        self._probed = False

    async def send(self, message: Message, claim: Callable[[], Awaitable[bool]]) -> SendResult:
        """Send one message by the first relay of its order that can. See the Mailer seam."""
        lanes = ranked(self.lanes, message.message_id)
        failed: SendResult | None = None
        for lane in lanes:
            result = await self._try(lane, message, claim)
            if result is not None and not _may_go_elsewhere(result):
                return result
            failed = result or failed
        if failed is None:
            failed = await self._probe(lanes, message, claim)
        return await self._told(failed)

    async def close(self) -> None:
        """End all connections."""
        await asyncio.gather(*(lane.close() for lane in self.lanes))

    async def _try(
        self, lane: Lane, message: Message, claim: Callable[[], Awaitable[bool]]
    ) -> SendResult | None:
        result = None
        for number in range(_MOST_TRIES):
            if not await lane.usable():
                break
            await asyncio.sleep(self._pause * number)
            tried = await lane.send(message, claim)
            if tried is None or tried.outcome is not Outcome.SERVER:
                return tried or result
            result = tried
        return result

    async def _probe(
        self, lanes: Sequence[Lane], message: Message, claim: Callable[[], Awaitable[bool]]
    ) -> SendResult | None:
        """Where all relays rest since an earlier run, try one: it may just have been mended."""
        resting = [lane for lane in lanes if lane.trouble and not lane.was_tried]
        if self._probed or not resting:
            return None
        self._probed = True
        return await resting[0].send(message, claim, probe=True)

    async def _told(self, failed: SendResult | None) -> SendResult:
        """What it means that no relay took the message."""
        if failed is not None and failed.outcome is not Outcome.SERVER:
            return failed
        now = self._shared.clock()
        full = [lane.full_until for lane in self.lanes if lane.full_until and lane.is_full(now)]
        working = [lane for lane in self.lanes if not lane.trouble]
        if full and len(full) == len(working):  # else one that rests may work again before
            return _full(min(full), now)
        if failed is not None:
            # Some relay works, or works for others: this one message may go later.
            return replace(failed, outcome=Outcome.DEFERRED) if working else failed
        text = "; ".join(f"{lane.name} rests: {lane.trouble}" for lane in self.lanes)
        return SendResult(outcome=Outcome.SERVER, phase=Phase.CONNECT, text=text[:500])


def _may_go_elsewhere(result: SendResult) -> bool:
    """Whether another relay may take what this one did not for its own reasons."""
    if result.outcome is Outcome.DEFERRED and is_refusal(result):
        return fault(result) is Fault.RELAY
    return result.outcome is Outcome.SERVER


def is_full(result: SendResult) -> bool:
    """Whether it was not tried because of the limits an hour or a day; the text says how long."""
    return result.phase is Phase.CONNECT and result.text.startswith(_FULL)


def _full(until: datetime, now: datetime) -> SendResult:
    seconds = max(1, math.ceil((until - now).total_seconds()))
    text = f"{_FULL}; try again in {seconds} seconds"
    return SendResult(outcome=Outcome.DEFERRED, phase=Phase.CONNECT, text=text)


def ranked(lanes: Sequence[Lane], message_id: str) -> list[Lane]:
    """The lanes in this message's own order; each comes first for its weight's share of all."""
    return sorted(lanes, key=lambda lane: _draw(lane, message_id))


def _draw(lane: Lane, message_id: str) -> float:
    digest = hashlib.sha256(f"{lane.name} {message_id}".encode()).digest()
    uniform = (int.from_bytes(digest[:8]) + 1) / 2**64
    return -math.log(uniform) / lane.weight
