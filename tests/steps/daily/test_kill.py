"""A sender is killed again and again, at any moment: nobody gets a digest twice, none is lost."""

import asyncio
import os
import random
import signal
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP, Envelope
from senders import Forker, forking, write_settings
from steps_world import arrive, join, prepare_at

from digestmail.calendar import utc_now
from digestmail.domain import DeliveryState
from digestmail.store import Store

SUBSCRIBERS = 90
CONNECTIONS = 4
LEASED = CONNECTIONS * 5  # the most that a killed sender had taken up
KILLS = 8
SECONDS_A_MAIL = 0.02


@dataclass
class Relay:
    """A slow relay that knows what it has taken; a mail is taken before its answer is given."""

    accepted: Counter[str] = field(default_factory=Counter)
    grown: asyncio.Event = field(default_factory=asyncio.Event)

    async def handle_DATA(self, server: Any, session: Any, envelope: Envelope) -> str:  # noqa: N802
        self.accepted.update(envelope.rcpt_tos)
        self.grown.set()
        await asyncio.sleep(SECONDS_A_MAIL)
        return "250 queued"

    async def wait_for(self, total: int) -> None:
        """Until so many mails were taken."""
        while self.accepted.total() < total:
            self.grown.clear()
            await self.grown.wait()


@asynccontextmanager
async def _serving(relay: Relay) -> AsyncIterator[int]:
    loop, connections = asyncio.get_running_loop(), list[SMTP]()

    def make() -> SMTP:
        connections.append(SMTP(relay, loop=loop, hostname="relay.test"))
        return connections[-1]

    server = await loop.create_server(make, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        while any(one.transport for one in connections):  # those of the dead
            await asyncio.sleep(0.01)


async def _killed(senders: Forker, relay: Relay, rng: random.Random) -> bool:
    """Start a sender and kill it at some moment; False when it was done before."""
    pid = await senders.start()
    more = relay.accepted.total() + rng.randint(0, 9)
    waiting = asyncio.ensure_future(relay.wait_for(more))
    await asyncio.wait({waiting}, timeout=5)
    waiting.cancel()
    await asyncio.sleep(rng.uniform(0, 2 * SECONDS_A_MAIL))
    os.kill(pid, signal.SIGKILL)
    return await senders.ended() == -signal.SIGKILL


def _prepared(store: Store) -> dict[str, int]:
    """Everybody's address with their subscriber id, a digest planned for each."""
    now = utc_now()
    people = [join(store, f"{n}@example.net", papers_since=None) for n in range(SUBSCRIBERS)]
    arrive(store, 1, 2, at=now)
    assert prepare_at(store, now, day=now.date()).digests == SUBSCRIBERS
    return {person.email: person.stored_id for person in people}


def _states(store: Store, people: dict[str, int]) -> dict[str, DeliveryState]:
    return {email: store.ledger.of_subscriber(number)[0].state for email, number in people.items()}


@pytest.mark.slow
async def test_killed_again_and_again(store: Store, tmp_path: Path) -> None:
    people, relay, rng = _prepared(store), Relay(), random.Random(7)
    kills = 0
    async with _serving(relay) as port:
        settings = write_settings(tmp_path, store, port=port, connections=CONNECTIONS)
        async with forking(settings) as senders:
            for _ in range(KILLS):
                kills += await _killed(senders, relay, rng)
                left = Counter(_states(store, people).values())
                assert left[DeliveryState.ON_WIRE] <= CONNECTIONS
                assert left[DeliveryState.ON_WIRE] + left[DeliveryState.LEASED] <= LEASED
                assert left[DeliveryState.UNKNOWN] <= kills * CONNECTIONS
            await senders.start()
            assert await senders.ended() == 0
    assert kills >= 6
    _agree(_states(store, people), relay.accepted, kills)


def _agree(states: dict[str, DeliveryState], accepted: Counter[str], kills: int) -> None:
    """The ledger and the relay tell the same of every address."""
    counts = Counter(states.values())
    assert set(counts) <= {DeliveryState.SENT, DeliveryState.UNKNOWN}
    assert counts[DeliveryState.UNKNOWN] <= kills * CONNECTIONS
    assert counts.total() == SUBSCRIBERS
    assert set(accepted) <= set(states)
    for address, state in states.items():
        assert accepted[address] <= 1, address
        assert state is DeliveryState.UNKNOWN or accepted[address] == 1, address


async def test_two_senders_and_one_is_killed(store: Store, tmp_path: Path) -> None:
    people, relay = _prepared(store), Relay()
    async with _serving(relay) as port:
        settings = write_settings(tmp_path, store, port=port, connections=CONNECTIONS)
        async with forking(settings) as first, forking(settings) as second:
            victim, _ = await asyncio.gather(first.start(), second.start())
            await relay.wait_for(15)
            os.kill(victim, signal.SIGKILL)
            assert await first.ended() == -signal.SIGKILL
            assert await second.ended() == 0
            await second.start()
            assert await second.ended() == 0
    _agree(_states(store, people), relay.accepted, 1)
