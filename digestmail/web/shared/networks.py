"""From which network a request comes, behind proxies too."""

import re
from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from starlette.requests import Request

from digestmail.errors import ConfigError

_Address = IPv4Address | IPv6Address
_WITH_PORT = re.compile(r"\[(?P<six>[^\]]*)\](:[0-9]+)?|(?P<four>[0-9.]+):[0-9]+")


class Networks:
    """The networks of requests; ``trusted_proxies`` are addresses or networks."""

    def __init__(self, trusted_proxies: Sequence[str]) -> None:
        self._trusted = [_proxy(text) for text in trusted_proxies]

    def of(self, request: Request) -> str:
        """Return the IPv4 address or IPv6 /64 of the visitor.

        X-Forwarded-For is read from its end, and only as far as trusted proxies wrote it.
        """
        hops = ",".join(request.headers.getlist("x-forwarded-for")).split(",")
        address = _address(request.client.host) if request.client else None
        while self._is_trusted(address) and any(map(str.strip, hops)):
            if hop := hops.pop().strip():
                address = _address(hop)
        return _network(address)

    def _is_trusted(self, address: _Address | None) -> bool:
        return address is not None and any(address in network for network in self._trusted)


def _proxy(text: str) -> IPv4Network | IPv6Network:
    try:
        network = ip_network(text, strict=False)
        mapped = _address(str(network.network_address))
        if isinstance(network, IPv6Network) and isinstance(mapped, IPv4Address):
            return IPv4Network((int(mapped), max(network.prefixlen - 96, 0)), strict=False)
        return network
    except ValueError:
        raise ConfigError(
            f"web.trusted_proxies: {text!r} is not an address or network; write 10.0.0.7 or "
            "10.0.0.0/8"
        ) from None


def _address(text: str) -> _Address | None:
    """Parse an address as sockets and proxies write it: with a port, in brackets or mapped."""
    host = text.strip().strip('"')
    if match := _WITH_PORT.fullmatch(host):
        host = match["six"] or match["four"] or ""
    try:
        address = ip_address(host.partition("%")[0])
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address


def _network(address: _Address | None) -> str:
    if isinstance(address, IPv6Address):
        return str(IPv6Network((int(address) >> 64 << 64, 64)))
    return str(address) if address else "unknown"
