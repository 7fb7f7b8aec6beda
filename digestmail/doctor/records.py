"""Checks of the DNS records that receivers look at: SPF, DKIM, DMARC, MX and PTR."""

import ipaddress
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from digestmail.doctor.check import Check
from digestmail.doctor.dns.dmarc import POLICIES, aligned, find_policy, key_trouble, tags
from digestmail.doctor.dns.lookups import Dns, DnsError
from digestmail.doctor.dns.spf import MOST_LOOKUPS, Evaluation, SpfError, ending, record_of
from digestmail.mail.dkim import DkimKey

_ANY_ADDRESS = "192.0.2.1"  # of nobody (RFC 5737)
_INSIDE = tuple(  # RFC 1918, RFC 6598, RFC 4193, RFC 4291
    map(
        ipaddress.ip_network,
        ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7", "fe80::/10"),
    )
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sending:
    """The domains, key and relays that mail goes out with, and this machine's addresses."""

    from_domain: str
    bounce_domain: str  # of the envelope sender: what receivers check SPF of
    key: DkimKey | None
    relays: Sequence[str]  # hosts
    public_addresses: Sequence[str]

    @property
    def by_itself(self) -> bool:
        """Return whether a relay on this machine sends, so that its addresses are ours."""
        return any(map(is_loopback, self.relays))


def examine_records(dns: Dns, sending: Sending) -> Iterator[Check]:
    """Yield the checks in turn. Where DNS does not answer, they say so and blame nobody."""
    for domain in dict.fromkeys((sending.bounce_domain, sending.from_domain)):
        yield _dns_check("spf", lambda domain=domain: _spf(dns, domain, sending))  # type: ignore[misc]
    yield _dns_check("dkim", lambda: _dkim(dns, sending))
    yield _dns_check("dmarc", lambda: _dmarc(dns, sending))
    yield _dns_check("mx", lambda: _mx(dns, sending.bounce_domain))
    if sending.by_itself:
        yield _dns_check("ptr", lambda: _ptr(dns, sending.public_addresses))


def _dns_check(name: str, look: Callable[[], tuple[bool | None, str]]) -> Check:
    try:
        return Check(name, *look())
    except DnsError as error:
        return Check(name, None, str(error))


def is_loopback(host: str) -> bool:
    """Return whether a host is this machine."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


# --- SPF ------------------------------------------------------------------------------------


def _spf(dns: Dns, domain: str, sending: Sending) -> tuple[bool | None, str]:
    try:
        record = record_of(dns.texts(domain))
        if not record:
            return _no_spf(domain, sending)
        of_others = ending(record)
        evaluation = Evaluation(dns, domain)
        senders = _senders(dns, sending)
        left_out = [sender for sender in senders if evaluation.result(sender) != "+"]
        evaluation.result(_ANY_ADDRESS)
    except SpfError as error:
        return False, f"{domain}: {error}"
    if of_others == "+":
        return False, f"{domain}: allows any sender; end it with -all or ~all"
    if of_others in ("", "?"):
        return None, f"{domain}: does not exclude other senders; end it with -all or ~all"
    if left_out:
        where = " and ".join(left_out)
        return (
            None,
            f"{domain}: does not include {where}; add it, unless the relay sends from elsewhere",
        )
    covered = (
        "includes the relay"
        if senders
        else "whether it includes the relay cannot be checked from here"
    )
    return True, f"{domain}: {covered}; {evaluation.lookups} of {MOST_LOOKUPS} lookups"


def _no_spf(domain: str, sending: Sending) -> tuple[bool | None, str]:
    if domain != sending.bounce_domain:  # of the envelope sender alone is asked for one
        return None, f"{domain}: no SPF record; publish one, so that nobody else can send for it"
    return False, f'{domain}: no SPF record; publish a TXT record such as "v=spf1 a mx -all"'


def _senders(dns: Dns, sending: Sending) -> list[str]:
    """Return the addresses that mail seems to leave from."""
    addresses: list[str] = []
    for host in sending.relays:
        addresses += sending.public_addresses if is_loopback(host) else dns.addresses(host)
    return [address for address in dict.fromkeys(addresses) if not _is_inside(address)]


def _is_inside(address: str) -> bool:
    """Return whether no receiver ever sees mail from this address."""
    ip = ipaddress.ip_address(address)
    return ip.is_loopback or any(ip in network for network in _INSIDE)


# --- DKIM and DMARC -------------------------------------------------------------------------


def _dkim(dns: Dns, sending: Sending) -> tuple[bool | None, str]:
    key = sending.key
    if key is None:
        return None, f"not signed here; make sure that the relay signs for {sending.from_domain}"
    texts = dns.texts(key.name)
    if trouble := key_trouble(texts, key):
        return False, f"{key.name}: {trouble}; publish there as TXT: {key.record}"
    if "y" in tags(texts[0]).get("t", "").split(":"):
        return None, f"{key.name}: marked as a test (t=y); remove the mark"
    if key.kind == "ed25519":
        return None, f"{key.name}: correct, but many receivers support only RSA keys"
    return True, f"{key.name}: matches the signing key"


def _dmarc(dns: Dns, sending: Sending) -> tuple[bool | None, str]:
    where, records = find_policy(dns, sending.from_domain)
    record = f"_dmarc.{where}"
    if not records:
        return False, f'{record}: no DMARC record; publish at least this as TXT: "v=DMARC1; p=none"'
    if len(records) > 1:
        return False, f"{record}: {len(records)} records, so receivers ignore all of them: keep one"
    policy = records[0].get("p", "").lower()
    if where != sending.from_domain:
        policy = records[0].get("sp", policy).lower()
    if policy not in POLICIES:
        return False, f"{record}: p={policy or 'nothing'}; must be one of {', '.join(POLICIES)}"
    return _alignment(dns, sending, records[0], f"{record}: policy {policy}")


def _alignment(
    dns: Dns, sending: Sending, policy: dict[str, str], summary: str
) -> tuple[bool | None, str]:
    us = sending.from_domain
    key = sending.key
    signed = key and aligned(dns, key.domain, us, policy.get("adkim", "r").lower())
    spf = aligned(dns, sending.bounce_domain, us, policy.get("aspf", "r").lower())
    if signed and spf:
        return True, f"{summary}; DKIM and SPF are aligned with {us}"
    if signed:
        return True, f"{summary}; DKIM is aligned with {us}, SPF of {sending.bounce_domain} is not"
    if key is not None and not spf:
        advice = "set dkim.domain to the domain of mail.from_address"
        return (
            False,
            f"{summary}; neither DKIM of {key.domain} nor SPF is aligned with {us}: {advice}",
        )
    by = f"DKIM of {key.domain} is not" if key else "DKIM is up to the relay"
    return None, f"{summary}; SPF is {'' if spf else 'not '}aligned with {us}, {by}"


# --- MX and PTR -----------------------------------------------------------------------------


def _mx(dns: Dns, domain: str) -> tuple[bool | None, str]:
    hosts = dns.exchangers(domain)
    if hosts == ["."]:
        return (
            False,
            f"{domain}: accepts no email (null MX), so bounces are lost; publish an MX record",
        )
    if not hosts and not dns.addresses(domain):
        return False, f"{domain}: has no MX record, so bounces are lost; publish one"
    if not hosts:
        return (
            None,
            f"{domain}: has no MX record; bounces go to the domain's address, if it accepts email",
        )
    lost = [host for host in hosts if not dns.addresses(host)]
    if lost:
        return False, f"{domain}: its MX {lost[0]} has no address; correct it"
    return True, f"{domain}: bounces go to {hosts[0]}"


def _ptr(dns: Dns, public_addresses: Sequence[str]) -> tuple[bool | None, str]:
    if not public_addresses:
        return None, (
            "this machine's public address cannot be determined from here; make sure it has a "
            "PTR record"
        )
    for address in public_addresses:
        names = dns.names_of(address)
        if not names:
            return False, f"{address}: has no name (PTR record); ask your hosting provider for one"
        if not any(address in dns.addresses(name) for name in names):
            return False, f"{address}: its name {names[0]} has a different address; make them match"
    return True, ", ".join(
        f"{address} is {dns.names_of(address)[0]}" for address in public_addresses
    )
