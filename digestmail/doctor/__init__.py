"""Whether an installation is sound: each check says what it found and what to do."""

import asyncio
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, suppress
from datetime import datetime
from ipaddress import ip_address
from urllib.parse import urlsplit

from digestmail.app import App, dkim_key, identity, open_database, relay_settings
from digestmail.calendar import utc_now
from digestmail.config import Settings
from digestmail.doctor.check import Check, attempt
from digestmail.doctor.one_click import examine_one_click
from digestmail.doctor.records import Sending, examine_records
from digestmail.doctor.relay import examine_tls, own_addresses
from digestmail.domain import Clock
from digestmail.errors import DigestmailError
from digestmail.mail import smtp
from digestmail.mail.dns import Dns
from digestmail.mail.message import envelope_sender
from digestmail.mail.outbox import OutboxMailer
from digestmail.resources import MIGRATIONS
from digestmail.store.migrate import current_revision, require_current

__all__ = ["Check", "examine"]

_FEW_BYTES = 100_000_000
_NOBODY = 0  # no subscriber has this id
_MAKE_KEY = "python3 -c 'import secrets; print(secrets.token_urlsafe(36))'"


def examine(
    settings: Settings,
    dns: Dns | None = None,
    clock: Clock = utc_now,
    own: Callable[[], Sequence[str]] = own_addresses,
) -> Iterator[Check]:
    """All checks in turn; none of them changes anything or raises for what it finds."""
    yield attempt("database", lambda: _database(settings))
    yield attempt("migrations", lambda: _migrations(settings))
    yield attempt("disk", lambda: _disk(settings))
    yield attempt("templates", lambda: _templates(settings))
    yield attempt("sender", lambda: _sender(settings))
    yield attempt("relay", lambda: _relay(settings))
    yield from _unless_broken(_way_out(settings, dns or Dns(), clock(), own))
    yield _public_url(settings)
    yield from _unless_broken(_one_click(settings))
    yield _secret_key(settings)
    yield attempt("sources", lambda: _sources(settings))


def _unless_broken(checks: Iterator[Check]) -> Iterator[Check]:
    """The checks, as far as the settings they need can be read; what is wrong was told before."""
    with suppress(DigestmailError):
        yield from checks


def _database(settings: Settings) -> str:
    database = open_database(settings)
    if database.path is not None and not database.path.exists():
        raise DigestmailError(f"there is none at {database.path}; run: digestmail migrate")
    with closing(database), database.connecting() as connection:
        connection.exec_driver_sql("SELECT 1")
        return database.name


def _migrations(settings: Settings) -> str:
    with closing(open_database(settings)) as database:
        require_current(database, MIGRATIONS)
        return f"at revision {current_revision(database)}, the newest"


def _disk(settings: Settings) -> str:
    free = shutil.disk_usage(settings.folder).free
    if free < _FEW_BYTES:
        raise DigestmailError(f"only {free / 1e6:.0f} MB are free; make room before it is full")
    return f"{free / 1e9:.1f} GB free"


def _templates(settings: Settings) -> str:
    with closing(App(settings)) as app:
        app.renderer.check()
    return settings.templates or "built-in"


def _sender(settings: Settings) -> str:
    who = identity(settings)
    signed = dkim_key(settings)
    by = f"signed for {signed.domain}" if signed else "not signed here (the relay should sign)"
    return f"{who.from_name} <{who.from_address}>, {by}"


def _relay(settings: Settings) -> str:
    if settings.mail.outbox:
        folder = settings.path(settings.mail.outbox)
        OutboxMailer(folder)
        return f"mails are written to {folder}, not sent"
    return "; ".join(asyncio.run(smtp.check(relay)) for relay in relay_settings(settings))


def _way_out(
    settings: Settings, dns: Dns, now: datetime, own: Callable[[], Sequence[str]]
) -> Iterator[Check]:
    """What receivers see of us, and the way to the relays; nothing where no mail goes out."""
    if settings.mail.outbox:
        return
    who, key, relays = identity(settings), dkim_key(settings), relay_settings(settings)
    yield from (examine_tls(relay, now) for relay in relays)
    sending = Sending(
        from_domain=who.domain,
        bounce_domain=envelope_sender(who, "").rpartition("@")[2],
        key=key,
        relays=[relay.host for relay in relays],
        own=own(),
    )
    yield from examine_records(dns, sending)


def _public_url(settings: Settings) -> Check:
    parts = urlsplit(settings.public_url)
    if parts.scheme != "https":
        text = f"{settings.public_url} is not https: one-click unsubscribe needs it"
        return Check("public url", None if _is_local(settings.host) else False, text)
    if _is_local(settings.host):
        text = f"{settings.public_url} is this machine only: links in mails will lead nowhere"
        return Check("public url", None, text)
    return Check("public url", True, settings.public_url)


def _one_click(settings: Settings) -> Iterator[Check]:
    with closing(App(settings)) as app:
        link = app.links.unsubscribe(_NOBODY)
    yield examine_one_click(link)


def _is_local(host: str) -> bool:
    try:
        return ip_address(host).is_private
    except ValueError:
        return host == "localhost" or "." not in host


def _secret_key(settings: Settings) -> Check:
    key = settings.secret_key.get_secret_value()
    if len(set(key)) < 10:
        return Check("secret key", False, f"repeats few characters; make one with: {_MAKE_KEY}")
    return Check("secret key", True, f"{len(key)} characters")


def _sources(settings: Settings) -> str:
    with closing(App(settings)) as app:
        sources = app.store.sources.all()
    if not sources:
        raise DigestmailError(
            "none yet; add one, such as: digestmail source add arxiv categories=cs.CL"
        )
    failing = [s for s in sources if s.last_report and s.last_report.error]
    if failing:
        report = failing[0].last_report
        raise DigestmailError(f"{failing[0].spec.name} failed: {report.error if report else ''}")
    return ", ".join(source.spec.name for source in sources)
