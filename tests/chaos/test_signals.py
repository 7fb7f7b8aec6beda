"""A signal to the real commands with mails on the wire: they are finished, and nothing is lost."""

import asyncio
import signal
from collections import Counter
from pathlib import Path

import pytest
from chaos_world import CONNECTIONS, populate
from commands import HoldingRelay, listening, running
from senders import write_settings

from digestmail.domain import DeliveryState
from digestmail.store import Store
from digestmail.store.leases import DIGESTS, INGEST

MAILS = 20
SERVE = ("serve", "--host", "127.0.0.1", "--port", "0")


def _states(store: Store) -> Counter[DeliveryState]:
    return Counter(delivery.state for delivery in store.ledger.latest())


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
@pytest.mark.parametrize("command", [SERVE, ("serve", "--only", "scheduler"), ("run",)])
async def test_a_signal_lets_the_mails_in_flight_end(
    store: Store, tmp_path: Path, command: tuple[str, ...], number: int
) -> None:
    populate(store, MAILS, odd=False)
    relay = HoldingRelay()
    async with listening(relay.serve) as port:
        settings = write_settings(tmp_path, store, port=port, connections=CONNECTIONS)
        async with running(settings, *command) as process:
            await asyncio.wait_for(relay.wait_for(CONNECTIONS), 60)
            process.send_signal(number)
            relay.released.set()
            assert await asyncio.wait_for(process.wait(), 60) == 0
            assert process.stderr is not None
            assert b"Traceback" not in await process.stderr.read()
    sent = len(relay.taken)
    assert _states(store) == {DeliveryState.SENT: sent, DeliveryState.PLANNED: MAILS - sent}
    assert sent >= CONNECTIONS
    assert [store.leases.holder(name) for name in (DIGESTS, INGEST)] == [None, None]
