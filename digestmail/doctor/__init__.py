"""The checks of an installation: each says what it found and what to do."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, suppress
from datetime import datetime
from ipaddress import ip_address
from urllib.parse import urlsplit

from digestmail.app import App
from digestmail.calendar import utc_now
from digestmail.config import Settings
from digestmail.doctor.check import Check
from digestmail.doctor.dns.lookups import Dns
from digestmail.doctor.model_check import examine_model
from digestmail.doctor.one_click import examine_one_click
from digestmail.doctor.records import Sending, examine_records
from digestmail.doctor.relay_check import examine_relays, examine_sender, examine_tls, own_addresses
from digestmail.doctor.settings_check import examine_settings
from digestmail.doctor.sources_check import examine_sources
from digestmail.doctor.store_check import examine_store
from digestmail.doctor.summaries_check import examine_summaries
from digestmail.doctor.templates_check import examine_templates
from digestmail.domain import Clock
from digestmail.errors import DigestmailError
from digestmail.mail.message import envelope_sender
from digestmail.mailing import dkim_key, identity, relay_settings

__all__ = ["Check", "examine"]

_NOBODY = 0  # no subscriber has this id


def examine(
    settings: Settings,
    dns: Dns | None = None,
    clock: Clock = utc_now,
    public_addresses: Callable[[], Sequence[str]] = own_addresses,
) -> Iterator[Check]:
    """Make all checks in turn; none of them changes anything or raises for what it finds."""
    yield from examine_store(settings)
    yield from examine_templates(settings, clock())
    yield from examine_sender(settings)
    yield from examine_settings(settings)
    yield from examine_relays(settings)
    yield from _unless_broken(_way_out(settings, dns or Dns(), clock(), public_addresses))
    yield _public_url(settings)
    yield from _unless_broken(_one_click(settings))
    yield examine_model(settings)
    yield from examine_summaries(settings)
    yield from examine_sources(settings)


def _unless_broken(checks: Iterator[Check]) -> Iterator[Check]:
    """Make the checks as far as their settings can be read; what is wrong was told before."""
    with suppress(DigestmailError):
        yield from checks


def _way_out(
    settings: Settings, dns: Dns, now: datetime, public_addresses: Callable[[], Sequence[str]]
) -> Iterator[Check]:
    """Check the way to the relays and our DNS records; nothing where no mail goes out."""
    if settings.mail.outbox:
        return
    sender, key, relays = identity(settings), dkim_key(settings), relay_settings(settings)
    yield from (examine_tls(relay, now) for relay in relays)
    sending = Sending(
        from_domain=sender.domain,
        bounce_domain=envelope_sender(sender, "").rpartition("@")[2],
        key=key,
        relays=[relay.host for relay in relays],
        public_addresses=public_addresses(),
    )
    yield from examine_records(dns, sending)


def _public_url(settings: Settings) -> Check:
    url = urlsplit(settings.public_url)
    if url.scheme != "https":
        text = f"{settings.public_url} is not https: one-click unsubscribe needs it"
        return Check("public url", None if _is_local(settings.host) else False, text)
    if _is_local(settings.host):
        text = f"{settings.public_url} is only this machine: links in emails won't work"
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
