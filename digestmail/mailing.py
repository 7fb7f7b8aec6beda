"""From the settings to what mails are made and sent with: identity, keys, relays."""

import logging
from email.utils import parseaddr
from functools import lru_cache

from digestmail.config import Settings, SmtpSection
from digestmail.domain import Clock, Mailer
from digestmail.errors import ConfigError, InputError
from digestmail.mail.address import checked_address
from digestmail.mail.dkim import DkimKey, load_key
from digestmail.mail.message import Identity
from digestmail.mail.outbox import OutboxMailer
from digestmail.mail.transport.relay_pool import SharedRelayState
from digestmail.mail.transport.relay_settings import SmtpSettings
from digestmail.mail.transport.relays_mailer import RelaysMailer
from digestmail.store import Store

log = logging.getLogger(__name__)


def identity(settings: Settings) -> Identity:
    """Return the sender of the mails."""
    mail = settings.mail
    return Identity(
        from_address=mail.from_address,
        from_name=mail.from_name,
        reply_to=mail.reply_to,
        bounce_address=mail.bounce_address,
        list_id=mail.list_id or f"daily.{settings.host}",
        list_name=f"{settings.service_name} daily papers",
        sender_id="digestmail",
        help_url=f"{settings.public_url}/help",
    )


def operator_address(settings: Settings) -> str:
    """Return the address in ``Ops <ops@example.org>``; empty where it is none: mail goes on."""
    return _usable(settings.operator_email)


@lru_cache  # one warning is enough
def _usable(address: str) -> str:
    try:
        return checked_address(parseaddr(address)[1]) if address else ""
    except InputError:
        log.warning("operator_email: %r is not an email address, so nobody gets alerts", address)
        return ""


def unsubscribe_address(settings: Settings) -> str:
    """Return the mailbox that takes unsubscribe requests; empty without one."""
    address = settings.mail.unsubscribe_address
    try:
        return checked_address(address) if address else ""
    except InputError as error:
        raise ConfigError(f"mail.unsubscribe_address: {error.message}") from None


def dkim_key(settings: Settings) -> DkimKey | None:
    """Return the signing key, unless the relay signs."""
    dkim = settings.dkim
    if not dkim.key_file:
        return None
    return load_key(settings.path(dkim.key_file), dkim.selector, dkim.domain)


def relay_settings(settings: Settings) -> list[SmtpSettings]:
    """Return the relays: that of [smtp], unless only [[relays]] are named, and those."""
    first = [] if settings.relays and "smtp" not in settings.model_fields_set else [settings.smtp]
    return [_relay(settings, section) for section in (*first, *settings.relays)]


def relay_names(settings: Settings) -> list[str]:
    """Return the names of what takes the mail."""
    if settings.mail.outbox:
        return ["outbox"]
    return [relay.address for relay in relay_settings(settings)]


def _relay(settings: Settings, smtp: SmtpSection) -> SmtpSettings:
    try:
        return _smtp_settings(settings, smtp)
    except ConfigError as error:
        raise ConfigError(f"relay {smtp.host}:{smtp.port}: {error}") from None


def _smtp_settings(settings: Settings, smtp: SmtpSection) -> SmtpSettings:
    return SmtpSettings(
        host=smtp.host,
        port=smtp.port,
        tls=smtp.tls,
        username=smtp.username,
        password=_password(settings, smtp),
        verify_tls=smtp.verify_tls,
        ca_file=str(settings.path(smtp.ca_file)) if smtp.ca_file else "",
        connections=smtp.connections,
        messages_per_connection=smtp.messages_per_connection,
        rcpt_timeout=smtp.rcpt_timeout,
        per_second=smtp.per_second,
        per_hour=smtp.per_hour,
        per_day=smtp.per_day,
        weight=smtp.weight,
    )


def _password(settings: Settings, smtp: SmtpSection) -> str:
    password = smtp.password.get_secret_value()
    if not smtp.password_file:
        return password
    file = settings.path(smtp.password_file)
    if password:
        raise ConfigError("password and password_file are both set: remove one")
    try:
        return file.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise ConfigError(f"password_file {file}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise ConfigError(f"password_file {file}: not text; write the password in it") from None


def make_mailer(settings: Settings, store: Store, clock: Clock) -> Mailer:
    """Return the Mailer of the settings: the relays, or a folder of .eml files."""
    if settings.mail.outbox:
        return OutboxMailer(settings.path(settings.mail.outbox))
    relays = store.relays
    shared = SharedRelayState(clock, relays.take, relays.trouble, relays.mark_down, relays.mark_up)
    return RelaysMailer(relay_settings(settings), shared)
