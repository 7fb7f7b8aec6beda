"""Whether an installation is sound: each check says what it found and what to do."""

import asyncio
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, suppress
from datetime import datetime
from ipaddress import ip_address
from urllib.parse import urlsplit

from digestmail.app import App, open_database
from digestmail.calendar import utc_now
from digestmail.config import Settings
from digestmail.doctor.check import Check, attempt
from digestmail.doctor.one_click import examine_one_click
from digestmail.doctor.pages import try_pages
from digestmail.doctor.records import Sending, examine_records
from digestmail.doctor.relay import examine_tls, own_addresses
from digestmail.doctor.settings_check import examine_settings
from digestmail.doctor.sources_check import examine_sources
from digestmail.domain import Clock
from digestmail.errors import DigestmailError
from digestmail.mail import smtp
from digestmail.mail.dns import Dns
from digestmail.mail.message import envelope_sender
from digestmail.mail.outbox import OutboxMailer
from digestmail.mailing import dkim_key, identity, relay_settings
from digestmail.resources import MIGRATIONS
from digestmail.store.migrate import current_revision, require_current

__all__ = ["Check", "examine"]

_NOBODY = 0  # no subscriber has this id


def examine(
    settings: Settings,
    dns: Dns | None = None,
    clock: Clock = utc_now,
    own: Callable[[], Sequence[str]] = own_addresses,
    least_free: int = 100_000_000,
) -> Iterator[Check]:
    """Make all checks in turn; none of them changes anything or raises for what it finds.

    ``least_free``: bytes that should be free on each disk; a day of 100,000 digests takes less.
    """
    yield attempt("database", lambda: _database(settings))
    yield attempt("migrations", lambda: _migrations(settings))
    yield attempt("disk", lambda: _disk(settings, least_free))
    yield attempt("templates", lambda: _templates(settings))
    yield attempt("pages", lambda: try_pages(settings, clock()))
    yield attempt("sender", lambda: _sender(settings))
    yield from examine_settings(settings)
    yield from _relays(settings)
    yield from _unless_broken(_way_out(settings, dns or Dns(), clock(), own))
    yield _public_url(settings)
    yield from _unless_broken(_one_click(settings))
    yield _model(settings)
    yield from examine_sources(settings)


def _unless_broken(checks: Iterator[Check]) -> Iterator[Check]:
    """Make the checks as far as their settings can be read; what is wrong was told before."""
    with suppress(DigestmailError):
        yield from checks


def _database(settings: Settings) -> str:
    database = open_database(settings)
    if database.path is not None and not database.path.exists():
        raise DigestmailError(f"there is none at {database.path}; run: digestmail migrate")
    with closing(database):
        # Begun as a writer begins: a database that is locked or read-only says so.
        with database.connecting(writing=True) as connection, connection.begin() as begun:
            connection.exec_driver_sql("SELECT 1")
            begun.rollback()
        return database.name


def _migrations(settings: Settings) -> str:
    with closing(open_database(settings)) as database:
        require_current(database, MIGRATIONS)
        return f"at revision {current_revision(database)}, the newest"


def _disk(settings: Settings, least_free: int) -> str:
    database = open_database(settings).path
    folders = [settings.folder, *([database.parent] if database else [])]
    folders += [settings.path(settings.mail.outbox)] if settings.mail.outbox else []
    free = {folder: shutil.disk_usage(folder).free for folder in folders if folder.exists()}
    folder = min(free, key=lambda each: free[each])
    if free[folder] < least_free:
        text = f"only {free[folder] / 1e6:.0f} MB are free at {folder}; make room"
        raise DigestmailError(f"{text} before it is full")
    return f"{free[folder] / 1e9:.1f} GB free"


def _templates(settings: Settings) -> str:
    if settings.templates and not settings.path(settings.templates).is_dir():
        folder = settings.path(settings.templates)
        raise DigestmailError(f"templates: there is no folder {folder}; copy the built-in there")
    with closing(App(settings)) as app:
        app.renderer.check()
    return settings.templates or "built-in"


def _sender(settings: Settings) -> str:
    who = identity(settings)
    signed = dkim_key(settings)
    by = f"signed for {signed.domain}" if signed else "not signed here (the relay should sign)"
    return f"{who.from_name} <{who.from_address}>, {by}"


def _relays(settings: Settings) -> Iterator[Check]:
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


def _model(settings: Settings) -> Check:
    if not settings.semantic.model:
        return Check("model", True, "words only")
    return attempt("model", lambda: _loaded(settings))


def _loaded(settings: Settings) -> str:
    with closing(App(settings)) as app:
        embedder = app.embedder
        if embedder is not None:
            try:
                embedder.texts(["sea ice"])
            except DigestmailError:
                raise
            except Exception as error:  # what the libraries raise for a damaged model varies
                text = f"semantic.model: {settings.semantic.model} cannot be loaded"
                raise DigestmailError(f"{text}: {type(error).__name__}: {error}") from None
    return f"{settings.semantic.model} works"
