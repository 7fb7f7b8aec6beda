"""Who may send for a domain: SPF records (RFC 7208), read for what a sender should know."""

import ipaddress
import re
from collections.abc import Iterator
from dataclasses import dataclass

from digestmail.mail.dns import Dns

MOST_LOOKUPS = 10  # RFC 7208 4.6.4: with more, receivers take the record for broken
_ASKS = frozenset({"include", "a", "mx", "ptr", "exists", "redirect"})
_TERM = re.compile(
    r"(?P<sign>[+?~-]?)(?P<kind>all|include|a|mx|ptr|ip4|ip6|exists)"
    r"(?::(?P<value>[^/\s]+))?(?P<size>(?:/\d{1,3})?(?://\d{1,3})?)",
    re.I,
)
_MODIFIER = re.compile(r"(?P<name>[a-z][a-z0-9._-]*)=(?P<value>\S*)", re.I)


class SpfError(Exception):
    """A record that receivers cannot use; says why."""


@dataclass(frozen=True, slots=True)
class Term:
    """One mechanism, or ``redirect``: ``sign`` is what a match means (+, -, ~ or ?)."""

    sign: str
    kind: str
    value: str = ""
    size: str = ""


def record_of(texts: list[str]) -> str:
    """The one SPF record among TXT records; empty without one, SpfError with several."""
    found = [text for text in texts if text.lower() == "v=spf1" or text.lower()[:7] == "v=spf1 "]
    if len(found) > 1:
        raise SpfError(f"{len(found)} records, of which receivers heed none: join them in one")
    return found[0] if found else ""


def terms(record: str) -> list[Term]:
    """What a record says, as far as it is heeded, in order; SpfError for what is no SPF."""
    found, redirects = [], []
    for word in record.split()[1:]:
        modifier = _MODIFIER.fullmatch(word)
        if not modifier:
            found.append(_mechanism(word))
        elif modifier["name"].lower() == "redirect":
            redirects.append(Term("+", "redirect", modifier["value"]))
    catch_all = next((place for place, term in enumerate(found, 1) if term.kind == "all"), 0)
    return found[:catch_all] if catch_all else found + redirects


def ending(record: str) -> str:
    """What is said of all other senders: ``-``, ``~``, ``?``, ``+``, ``redirect`` or nothing."""
    last = (terms(record) or [Term("", "")])[-1]
    return {"all": last.sign, "redirect": "redirect"}.get(last.kind, "")


def _mechanism(word: str) -> Term:
    match = _TERM.fullmatch(word)
    if match is None:
        raise SpfError(f"{word!r} is no SPF: correct it")
    kind, value, size = match["kind"].lower(), match["value"] or "", match["size"]
    if not value and kind in ("include", "ip4", "ip6", "exists"):
        raise SpfError(f"{word!r} lacks a value: correct it")
    if kind == "ip6" and size:
        size = f"/{size}"
    if kind in ("ip4", "ip6"):
        _network(value, size)
    return Term(match["sign"] or "+", kind, value, size)


class Evaluation:
    """What a domain's SPF says of some addresses, with the questions that it costs to know it.

    Goes through all terms, also behind one that matches: receivers may have to. Raises DnsError.
    """

    def __init__(self, dns: Dns, domain: str) -> None:
        self._dns = dns
        self._domain = domain
        self.lookups = 0

    def result(self, address: str) -> str:
        """``+``, ``-``, ``~`` or ``?``, of the first term that matches. Raises SpfError."""
        self.lookups = 0
        return self._result(self._domain, ipaddress.ip_address(address)) or "?"

    def _result(self, domain: str, address: "_Address") -> str:
        record = record_of(self._dns.texts(domain))
        if not record:
            raise SpfError(f"it names {domain}, which has no SPF record: correct it")
        results = [self._of_term(term, domain, address) for term in terms(record)]
        return next(filter(None, results), "")

    def _of_term(self, term: Term, domain: str, address: "_Address") -> str:
        """What a term says of an address; nothing when it does not match."""
        self.lookups += term.kind in _ASKS
        if self.lookups > MOST_LOOKUPS:
            raise SpfError(f"it takes more than {MOST_LOOKUPS} DNS lookups: name fewer includes")
        if "%" in term.value:  # a macro: depends on the single mail
            return ""
        if term.kind == "redirect":
            return self._result(term.value, address)
        return term.sign if self._matches(term, domain, address) else ""

    def _matches(self, term: Term, domain: str, address: "_Address") -> bool:
        if term.kind == "include":
            return self._result(term.value, address) == "+"
        if term.kind == "exists":
            return bool(self._dns.addresses(term.value))
        if term.kind == "ptr":  # receivers are told not to heed it
            return False
        return term.kind == "all" or any(
            address in network for network in self._networks(term, term.value or domain)
        )

    def _networks(self, term: Term, name: str) -> Iterator["_Network"]:
        if term.kind in ("ip4", "ip6"):
            yield _network(term.value, term.size)
            return
        hosts = self._dns.exchangers(name) if term.kind == "mx" else [name]
        for host in hosts:
            for address in self._dns.addresses(host):
                yield _network(address, term.size)


_Address = ipaddress.IPv4Address | ipaddress.IPv6Address
_Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def _network(address: str, size: str) -> _Network:
    """The network of an address; ``size`` is ``/24`` for IPv4, ``//64`` for IPv6, or both."""
    four, _, six = size.partition("//")
    length = (f"/{six}" if six else "") if ":" in address else four
    try:
        return ipaddress.ip_network(address + length, strict=False)
    except ValueError:
        raise SpfError(f"{address}{length} is no network: correct it") from None
