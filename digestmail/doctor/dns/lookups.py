"""Questions to DNS, asked through a resolver that never makes anybody wait for long."""

import ipaddress
from contextlib import suppress
from typing import Any

import dns.exception
import dns.resolver
import dns.reversename

from digestmail.errors import DigestmailError, InputError

_SECONDS = 4.0  # for one question, whichever of the nameservers is asked
_UDP_BYTES = 1232  # a DKIM key of 2048 bits needs more than the 512 of RFC 1035


class DnsError(DigestmailError):
    """An error for DNS without an answer, which says nothing about whether there is a record."""


class Dns:
    """The records of names, each asked once. An empty answer is one: there are none.

    ``nameserver`` is ``192.0.2.53`` or ``127.0.0.1:5353``; empty: those of this machine. Once a
    question has stayed without an answer no other is asked, so that being offline is soon known.
    Raises InputError for what is no address.
    """

    def __init__(self, nameserver: str = "", seconds: float = _SECONDS) -> None:
        self._nameserver = _address_and_port(nameserver) if nameserver else None
        self._seconds = seconds
        self._silent = ""
        self._known: dict[tuple[str, str], list[Any]] = {}

    def texts(self, name: str) -> list[str]:
        """Return the TXT records, each as one string (RFC 7208 3.3)."""
        return [b"".join(r.strings).decode("latin-1") for r in self._query(name, "TXT")]

    def exchangers(self, name: str) -> list[str]:
        """Return the MX hosts, the preferred first; ``.`` is the null MX of RFC 7505."""
        records = sorted(self._query(name, "MX"), key=lambda record: int(record.preference))
        return [str(record.exchange).rstrip(".") or "." for record in records]

    def addresses(self, name: str) -> list[str]:
        """Return the IPv4 and IPv6 addresses of a host name, or of an address itself."""
        try:
            return [str(ipaddress.ip_address(name))]
        except ValueError:
            return [r.address for kind in ("A", "AAAA") for r in self._query(name, kind)]

    def names_of(self, address: str) -> list[str]:
        """Return the PTR records of an address."""
        reverse = dns.reversename.from_address(address).to_text()
        return [str(record.target).rstrip(".") for record in self._query(reverse, "PTR")]

    def _query(self, name: str, kind: str) -> list[Any]:
        """Return the records of a kind; DnsError when nobody answers."""
        key = (name.lower().rstrip("."), kind)
        if key not in self._known:
            if self._silent:
                raise DnsError(self._silent)
            self._known[key] = self._resolved(*key)
        return self._known[key]

    def _resolved(self, name: str, kind: str) -> list[Any]:
        try:
            return list(self._resolver().resolve(f"{name}.", kind))
        except dns.resolver.NXDOMAIN:
            if name:
                self._query("", "NS")
                return []
            # For a nameserver of the world, its root exists.
            self._silent = "DNS lookup failed: the nameserver only knows this network"
        except dns.resolver.NoAnswer:
            return []
        except (dns.exception.Timeout, dns.resolver.NoResolverConfiguration, OSError):
            self._silent = "DNS lookup failed: no nameserver responds"
        except dns.exception.DNSException as error:
            if not name:  # one that answers for its own domains only
                return []
            raise DnsError(f"DNS lookup for {name} failed: {type(error).__name__}") from None
        raise DnsError(self._silent)

    def _resolver(self) -> dns.resolver.Resolver:
        resolver = dns.resolver.Resolver(configure=self._nameserver is None)
        if self._nameserver:
            address, resolver.port = self._nameserver
            resolver.nameservers = [address]
        resolver.lifetime = self._seconds
        resolver.use_edns(0, 0, _UDP_BYTES)
        return resolver


def _address_and_port(nameserver: str) -> tuple[str, int]:
    for address, port in ((nameserver, "53"), nameserver.rpartition(":")[::2]):
        with suppress(ValueError):
            return str(ipaddress.ip_address(address.strip("[]"))), int(port)
    raise InputError("nameserver", "write an address such as 9.9.9.9 or 127.0.0.1:5353")
