"""The guard against server-side request forgery (SSRF): no request into our own network.

A feed's address may point at a router, a database or a cloud's metadata service instead of a
feed. Names are judged by the addresses that they resolve to, at the moment of connecting, and the
connection goes to the very address that was judged: a name that resolves
differently a moment later (DNS rebinding) gains nothing.
"""

import socket
import ssl
from collections.abc import Callable, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

import httpx

from digestmail.errors import SourceError
from digestmail.text import one_line

# The type of socket.getaddrinfo.
SocketAddress = tuple[str, int] | tuple[str, int, int, int] | tuple[int, bytes]
Resolve = Callable[..., Sequence[tuple[int, int, int, str, SocketAddress]]]

_GLOBAL_UNICAST = IPv6Network("2000::/3")
_NAT64 = IPv6Network("64:ff9b::/96")  # RFC 6052: an IPv4 address in the last 32 bits
_INTERNAL = (  # in ranges that count as public, or did in older Pythons
    IPv4Network("168.63.129.16/32"),  # Azure's host agent
    IPv4Network("192.0.0.0/24"),  # protocol assignments; Oracle's metadata service
)


class PrivateAddressError(SourceError):
    """The host lies inside a private network."""


def refuse_private(url: str, resolve: Resolve = socket.getaddrinfo) -> str:
    """Return the IP address to connect to for ``url``; SourceError if any of its host is private.

    Refused (PrivateAddressError) are loopback, private, link-local (a cloud's metadata service),
    multicast, reserved and carrier-grade NAT addresses and IPv6 forms that carry one of these;
    also schemes beside http(s).
    """
    host, port = _host_and_port(url)
    try:
        entries = resolve(host, port, type=socket.SOCK_STREAM)
        addresses = [ip_address(str(entry[4][0]).partition("%")[0]) for entry in entries]
    except (OSError, UnicodeError, ValueError) as error:
        raise SourceError(f"{host} has no address ({one_line(str(error))[:200]})") from error
    for address in addresses:
        if not is_public(address):
            raise PrivateAddressError(
                f"{host} is inside a private network ({address}), which is not allowed"
            )
    if not addresses:
        raise SourceError(f"{host} has no address")
    return str(addresses[0])


def _host_and_port(url: str) -> tuple[str, int]:
    excerpt = one_line(url)[:80]
    try:
        parsed = httpx.URL(url)
    except (httpx.InvalidURL, ValueError) as error:
        raise SourceError(f"“{excerpt}” is not a web address: {error}") from error
    if parsed.scheme not in ("http", "https") or not parsed.host:
        raise SourceError(f"“{excerpt}” is not an http or https address")
    return _ascii_host(parsed), parsed.port or (443 if parsed.scheme == "https" else 80)


def _ascii_host(url: httpx.URL) -> str:
    return url.raw_host.decode("ascii")


def is_public(address: IPv4Address | IPv6Address) -> bool:
    """Return whether ``address`` is a host on the public internet."""
    if isinstance(address, IPv6Address):
        inner = _embedded_ipv4(address)
        if inner is None:
            return address in _GLOBAL_UNICAST and address.is_global
        return is_public(inner)
    is_internal = any(address in network for network in _INTERNAL)
    return address.is_global and not address.is_multicast and not is_internal


def _embedded_ipv4(address: IPv6Address) -> IPv4Address | None:
    """Return the IPv4 address that ``address`` leads to: mapped, 6to4, Teredo or NAT64."""
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    teredo = address.teredo
    return address.ipv4_mapped or address.sixtofour or (teredo[1] if teredo else None)


class PinnedTransport(httpx.HTTPTransport):
    """A transport that connects each request to the IP address that ``pin`` returns for its URL.

    The Host header and the name that TLS verifies stay the URL's. A redirect is a request of its
    own, so it is judged as well. No connection stays open: it could be shared by another name that
    leads to the same address, whose certificate would then go unverified.
    """

    def __init__(self, pin: Callable[[str], str], verify: ssl.SSLContext | bool = True) -> None:
        super().__init__(verify, limits=httpx.Limits(max_keepalive_connections=0))
        self._pin = pin

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send ``request`` to the address pinned for it; an error of ``pin`` passes through."""
        address = self._pin(str(request.url))
        pinned = httpx.Request(
            request.method,
            request.url.copy_with(host=address),
            headers=request.headers,
            stream=request.stream,
            extensions={**request.extensions, "sni_hostname": _ascii_host(request.url)},
        )
        return super().handle_request(pinned)
