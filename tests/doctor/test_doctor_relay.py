"""The way to the relay, looked at over real connections."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP
from certificates import certificate

from digestmail.doctor.check import Check
from digestmail.doctor.relay_check import examine_tls, own_addresses
from digestmail.mail.transport.relay_settings import SmtpSettings

Look = Callable[..., Check]


@pytest.fixture
def look(tmp_path: Path) -> Look:
    """What is said of a relay with a certificate of so many days."""

    def look(
        days: float = 90, name: str = "127.0.0.1", trusted: bool = True, **values: Any
    ) -> Check:
        made = certificate(tmp_path, name, days=days)
        wanted = values.setdefault("tls", "starttls")
        context = made.server if values.pop("offered", True) else None
        at_once, later = (context, None) if wanted == "tls" else (None, context)

        async def served() -> Check:
            loop = asyncio.get_running_loop()
            server = await loop.create_server(
                lambda: SMTP(None, loop=loop, tls_context=later), "127.0.0.1", 0, ssl=at_once
            )
            async with server:
                port = server.sockets[0].getsockname()[1]
                ca_file = str(made.file) if trusted else ""
                relay = SmtpSettings(host="127.0.0.1", port=port, ca_file=ca_file, **values)
                return await asyncio.to_thread(examine_tls, relay, datetime.now(UTC))

        return asyncio.run(served())

    return look


@pytest.mark.parametrize("tls", ["starttls", "tls"])
def test_a_good_certificate_has_days_left(look: Look, tls: str) -> None:
    check = look(tls=tls)
    assert check.ok
    assert "certificate is valid for 89 days" in check.text


@pytest.mark.parametrize("tls", ["starttls", "tls"])
def test_one_that_ends_soon_is_told(look: Look, tls: str) -> None:
    check = look(days=5, tls=tls)
    assert (check.ok, "expires in 4 days; renew it" in check.text) == (None, True)


@pytest.mark.parametrize(
    ("values", "why"),
    [
        ({"days": -1}, "certificate has expired"),
        ({"name": "mail.example.org"}, "IP address mismatch"),
        ({"trusted": False}, "self-signed certificate"),
    ],
)
def test_one_that_does_not_hold_is_wrong(look: Look, values: dict[str, Any], why: str) -> None:
    check = look(**values)
    assert check.ok is False
    assert why in check.text
    assert look(**values, verify_tls=False).ok is None


def test_no_starttls_is_wrong(look: Look) -> None:
    check = look(offered=False)
    assert (check.ok, "does not offer STARTTLS" in check.text) == (False, True)


def test_no_tls_is_fine_on_this_machine_only() -> None:
    now = datetime.now(UTC)
    assert examine_tls(SmtpSettings(host="localhost", tls="none"), now).ok
    there = examine_tls(SmtpSettings(host="relay.example.org", tls="none"), now)
    assert (there.ok, "unencrypted" in there.text) == (None, True)


@pytest.mark.parametrize("tls", ["starttls", "tls"])
def test_nobody_there_is_left_to_the_check_of_the_relay(tls: Any) -> None:
    check = examine_tls(SmtpSettings(host="127.0.0.1", port=1, tls=tls), datetime.now(UTC))
    assert (check.ok, "could not be checked" in check.text) == (None, True)


def test_own_addresses_are_such_as_others_can_see() -> None:
    assert all(ip_address(address).is_global for address in own_addresses())
