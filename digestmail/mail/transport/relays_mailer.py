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
from digestmail.mail.transport.refusals import BREAKER, BreakerParameters, is_refusal
from digestmail.mail.transport.relay_pool import RelayPool, SharedRelayState
from digestmail.mail.transport.relay_settings import SmtpSettings
from digestmail.mail.transport.replies import Fault, fault

_FULL = "the relay has reached its sending limit"
_MAX_TRIES = 3  # of one message on one relay, as long as nothing was handed over


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
        shared: SharedRelayState,
        *,
        pause: float = 0.5,
        breaker: BreakerParameters = BREAKER,
    ) -> None:
        twice = [name for name, n in Counter(r.address for r in relays).items() if n > 1]
        if not relays or twice:
            problem = f"{twice[0]} is listed twice" if twice else "the list is empty"
            raise ConfigError(f"relays: {problem}; name each relay (host and port) once")
        self.pools = [RelayPool(settings, shared, breaker) for settings in relays]
        self.concurrency = sum(settings.connections for settings in relays)
        self._shared = shared
        self._pause = pause
        self._probed = False

    async def send(self, message: Message, claim: Callable[[], Awaitable[bool]]) -> SendResult:
        """Send one message by the first relay of its order that can. See the Mailer seam."""
        pools = ranked(self.pools, message.message_id)
        failed: SendResult | None = None
        for pool in pools:
            result = await self._try(pool, message, claim)
            if result is not None and not _may_go_elsewhere(result):
                return result
            failed = result or failed
        if failed is None:
            failed = await self._probe(pools, message, claim)
        return await self._final_result(failed)

    async def close(self) -> None:
        """End all connections."""
        await asyncio.gather(*(pool.close() for pool in self.pools))

    async def _try(
        self, pool: RelayPool, message: Message, claim: Callable[[], Awaitable[bool]]
    ) -> SendResult | None:
        result = None
        for number in range(_MAX_TRIES):
            if not await pool.usable():
                break
            await asyncio.sleep(self._pause * number)
            tried = await pool.send(message, claim)
            if tried is None or tried.outcome is not Outcome.SERVER:
                return tried or result
            result = tried
        return result

    async def _probe(
        self, pools: Sequence[RelayPool], message: Message, claim: Callable[[], Awaitable[bool]]
    ) -> SendResult | None:
        """Try one relay where all rest since an earlier run: it may have been mended."""
        resting = [pool for pool in pools if pool.trouble and not pool.was_tried]
        if self._probed or not resting:
            return None
        self._probed = True
        return await resting[0].send(message, claim, probe=True)

    async def _final_result(self, failed: SendResult | None) -> SendResult:
        """Return the result of a message that no relay took."""
        if failed is not None and failed.outcome is not Outcome.SERVER:
            return failed
        now = self._shared.clock()
        full = [pool.full_until for pool in self.pools if pool.full_until and pool.is_full(now)]
        working = [pool for pool in self.pools if not pool.trouble]
        if full and len(full) == len(working):  # else one that rests may work again before
            return _full(min(full), now)
        if failed is not None:
            # Some relay works, or works for others: this one message may go later.
            return replace(failed, outcome=Outcome.DEFERRED) if working else failed
        text = "; ".join(f"{pool.name} is paused: {pool.trouble}" for pool in self.pools)
        return SendResult(outcome=Outcome.SERVER, phase=Phase.CONNECT, text=text[:500])


def _may_go_elsewhere(result: SendResult) -> bool:
    """Return whether another relay may take what this one did not for its own reasons."""
    if result.outcome is Outcome.DEFERRED and is_refusal(result):
        return fault(result) is Fault.RELAY
    return result.outcome is Outcome.SERVER


def is_full(result: SendResult) -> bool:
    """Return whether it was not tried because a limit is used up; the text says until when."""
    return result.phase is Phase.CONNECT and result.text.startswith(_FULL)


def _full(until: datetime, now: datetime) -> SendResult:
    seconds = max(1, math.ceil((until - now).total_seconds()))
    text = f"{_FULL}; try again in {seconds} seconds"
    return SendResult(outcome=Outcome.DEFERRED, phase=Phase.CONNECT, text=text)


def ranked(pools: Sequence[RelayPool], message_id: str) -> list[RelayPool]:
    """Return the pools in a message's own order; each is first for its weight's share of all."""
    return sorted(pools, key=lambda pool: _draw(pool, message_id))


def _draw(pool: RelayPool, message_id: str) -> float:
    digest = hashlib.sha256(f"{pool.name} {message_id}".encode()).digest()
    uniform = (int.from_bytes(digest[:8]) + 1) / 2**64
    return -math.log(uniform) / pool.weight
