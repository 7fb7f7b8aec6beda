"""A signal to the real commands with mails on the wire: they are finished, and nothing is lost."""

import asyncio
import signal
import socket
from collections import Counter
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from chaos_world import CONNECTIONS, populate
from commands import HoldingRelay, listening, running
from patience import LONG
from senders import write_settings

from digestmail.app import App
from digestmail.calendar import utc_now
from digestmail.config import load
from digestmail.domain import DeliveryState, Profile, Schedule
from digestmail.store import LeaseName, Store
from digestmail.web.shared.form_token import form_tokens

MAILS = 20
A_MINUTE = timedelta(minutes=1)
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
            await asyncio.wait_for(relay.wait_for(CONNECTIONS), LONG)
            process.send_signal(number)
            relay.released.set()
            assert await asyncio.wait_for(process.wait(), LONG) == 0
            assert process.stderr is not None
            assert b"Traceback" not in await process.stderr.read()
    sent = len(relay.taken)
    assert _states(store) == {DeliveryState.SENT: sent, DeliveryState.PLANNED: MAILS - sent}
    assert sent >= CONNECTIONS
    assert [store.leases.holder(name) for name in (LeaseName.DIGESTS, LeaseName.INGEST)] == [
        None,
        None,
    ]


async def test_a_letter_that_a_page_sends_is_finished_though_the_pages_have_ended(
    store: Store, tmp_path: Path
) -> None:
    relay = HoldingRelay()
    now = utc_now()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        number = listener.getsockname()[1]
    async with listening(relay.serve) as port:
        settings = write_settings(tmp_path, store, port=port, connections=CONNECTIONS)
        app = App.open(load(settings))
        app.subscriptions.add(
            "ada@example.net", [Profile(keywords=("graph",))], Schedule(), now, active=True
        )
        form = {
            "email": "ada@example.net",
            "form_token": form_tokens(app.settings).issue(now - A_MINUTE),
        }
        serve = ("serve", "--only", "web", "--host", "127.0.0.1", "--port", str(number))
        async with running(settings, *serve) as process, httpx.AsyncClient() as browser:
            home = f"http://127.0.0.1:{number}"
            await asyncio.wait_for(_served(browser, home), LONG)
            assert (await browser.post(f"{home}/preferences", data=form)).is_redirect
            await asyncio.wait_for(relay.wait_for(1), LONG)
            process.send_signal(signal.SIGTERM)
            assert process.stderr is not None
            while b"timeout graceful shutdown exceeded" not in await process.stderr.readline():
                assert not process.stderr.at_eof()  # the page that sent it is cut off
            relay.released.set()
            assert await asyncio.wait_for(process.wait(), LONG) == 0
        app.close()
    assert _states(store) == {DeliveryState.SENT: 1}


async def _served(browser: httpx.AsyncClient, home: str) -> None:
    while True:
        try:
            await browser.get(f"{home}/robots.txt")
        except httpx.TransportError:
            await asyncio.sleep(0.1)
        else:
            return
