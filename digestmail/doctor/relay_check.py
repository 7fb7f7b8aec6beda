"""Checks of the sender and the relays: whether each lets us in, how the way there is secured."""

import asyncio
import smtplib
import socket
import ssl
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from ipaddress import ip_address

from cryptography.x509 import Certificate, load_der_x509_certificate

from digestmail.config import Settings
from digestmail.doctor.check import Check, attempt
from digestmail.doctor.records import is_loopback
from digestmail.errors import ConfigError, DigestmailError
from digestmail.mail.outbox import OutboxMailer
from digestmail.mail.transport import smtp
from digestmail.mail.transport.relay_settings import SmtpSettings, tls_context
from digestmail.mailing import dkim_key, identity, relay_settings

_SECONDS = 10.0
_FEW_DAYS = 14
_FAR = ((socket.AF_INET, "192.0.2.1"), (socket.AF_INET6, "2001:db8::1"))  # of nobody


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
    return f"emails are written to {folder}, not sent"


def own_addresses() -> list[str]:
    """Return this machine's public addresses, IPv4 and IPv6. Sends nothing."""
    addresses = []
    for family, far in _FAR:
        with suppress(OSError), socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.connect((far, 25))
            addresses.append(str(probe.getsockname()[0]))
    return [address for address in addresses if ip_address(address).is_global]


def examine_tls(relay: SmtpSettings, now: datetime) -> Check:
    """Check that the way to a relay is encrypted, with a certificate that holds."""
    if relay.tls == "none":
        return _unencrypted(relay)
    try:
        certificate = _certificate(relay)
    except ssl.SSLCertVerificationError as error:
        why = error.verify_message.rstrip(".")
        text = f"{relay.address}: certificate: {why}; renew it, or set its authority in ca_file"
        return Check("tls", False if relay.verify_tls else None, text)
    except smtplib.SMTPNotSupportedError:
        return Check(
            "tls", False, f"{relay.address}: does not offer STARTTLS; set tls to tls or none"
        )
    except (OSError, smtplib.SMTPException, ConfigError) as error:
        why = " ".join(str(error).split()) or type(error).__name__
        return Check("tls", None, f"{relay.address}: could not be checked: {why}")
    days = (certificate.not_valid_after_utc - now).days
    if days < _FEW_DAYS:
        return Check("tls", None, f"{relay.address}: certificate expires in {days} days; renew it")
    return Check("tls", True, f"{relay.address}: certificate is valid for {days} days")


def _unencrypted(relay: SmtpSettings) -> Check:
    if is_loopback(relay.host):
        return Check("tls", True, f"{relay.address}: on this machine, no TLS needed")
    return Check("tls", None, f"{relay.address}: emails are sent unencrypted; set tls to starttls")


def _certificate(relay: SmtpSettings) -> Certificate:
    """Return the relay's certificate, verified whether or not the settings ask for that."""
    context = tls_context(replace(relay, verify_tls=True))
    if relay.tls == "tls":
        smtp: smtplib.SMTP = smtplib.SMTP_SSL(
            relay.host, relay.port, timeout=_SECONDS, context=context
        )
    else:
        smtp = smtplib.SMTP(relay.host, relay.port, timeout=_SECONDS)
    with smtp:
        if relay.tls == "starttls":
            smtp.starttls(context=context)
        assert isinstance(smtp.sock, ssl.SSLSocket)  # noqa: S101 - for the type checker
        der = smtp.sock.getpeercert(binary_form=True)
    assert der is not None  # noqa: S101 - it was verified
    return load_der_x509_certificate(der)
