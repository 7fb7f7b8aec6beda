"""Checks that the sender can be made from the settings, and that each relay lets us in."""

import asyncio
from collections.abc import Iterator

from digestmail.config import Settings
from digestmail.doctor.check import Check, attempt
from digestmail.errors import DigestmailError
from digestmail.mail.outbox import OutboxMailer
from digestmail.mail.transport import smtp
from digestmail.mailing import dkim_key, identity, relay_settings


def examine_sender(settings: Settings) -> Iterator[Check]:
    """Check who the mails are from, and the key that signs them."""
    yield attempt("sender", lambda: _sender(settings))


def _sender(settings: Settings) -> str:
    sender = identity(settings)
    signed = dkim_key(settings)
    by = f"signed for {signed.domain}" if signed else "not signed here (the relay should sign)"
    return f"{sender.from_name} <{sender.from_address}>, {by}"


def examine_relays(settings: Settings) -> Iterator[Check]:
    """Check each relay for itself: one that fails does not hide the others."""
    if settings.mail.outbox:
        yield attempt("relay", lambda: _outbox(settings))
        return
    try:
        relays = relay_settings(settings)
    except DigestmailError as error:
        yield Check("relay", False, str(error))
        return
    for relay in relays:
        yield attempt("relay", lambda relay=relay: asyncio.run(smtp.check(relay)))  # type: ignore[misc]


def _outbox(settings: Settings) -> str:
    folder = settings.path(settings.mail.outbox)
    OutboxMailer(folder)
    return f"mails are written to {folder}, not sent"
