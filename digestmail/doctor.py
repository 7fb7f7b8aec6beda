"""Whether an installation is sound: each check says what it found and what to do."""

import asyncio
import shutil
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import urlsplit

from digestmail.app import App, dkim_key, identity, open_database, relay_settings
from digestmail.config import Settings
from digestmail.errors import DigestmailError
from digestmail.mail import smtp
from digestmail.mail.outbox import OutboxMailer
from digestmail.resources import MIGRATIONS
from digestmail.store.migrate import current_revision, require_current

_FEW_BYTES = 100_000_000
_MAKE_KEY = "python3 -c 'import secrets; print(secrets.token_urlsafe(36))'"


@dataclass(frozen=True, slots=True)
class Check:
    """One finding. ``ok`` is None for something that works but deserves a thought."""

    name: str
    ok: bool | None
    text: str


def examine(settings: Settings) -> Iterator[Check]:
    """All checks in turn; none of them changes anything or raises for what it finds."""
    yield _check("database", lambda: _database(settings))
    yield _check("migrations", lambda: _migrations(settings))
    yield _check("disk", lambda: _disk(settings))
    yield _check("templates", lambda: _templates(settings))
    yield _check("sender", lambda: _sender(settings))
    yield _check("relay", lambda: _relay(settings))
    yield _public_url(settings)
    yield _secret_key(settings)
    yield _check("sources", lambda: _sources(settings))


def _check(name: str, find: Callable[[], str]) -> Check:
    try:
        return Check(name, True, find())
    except DigestmailError as error:
        return Check(name, False, str(error))


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


def _public_url(settings: Settings) -> Check:
    parts = urlsplit(settings.public_url)
    if parts.scheme != "https":
        text = f"{settings.public_url} is not https: one-click unsubscribe needs it"
        return Check("public url", None if _is_local(settings.host) else False, text)
    if _is_local(settings.host):
        text = f"{settings.public_url} is this machine only: links in mails will lead nowhere"
        return Check("public url", None, text)
    return Check("public url", True, settings.public_url)


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
