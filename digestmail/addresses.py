"""Addresses as they are stored, in ASCII, and as people write them."""

from functools import lru_cache

import idna


def ascii_address(text: str) -> str:
    """Return an address as it is stored: trimmed, in small letters, its domain in ASCII.

    Nothing is checked; what is no address comes back changed as little as can be.
    """
    local, at, domain = text.strip().lower().rpartition("@")
    if domain.isascii():
        return f"{local}{at}{domain}"
    try:
        return f"{local}{at}{idna.encode(domain, uts46=True).decode()}"
    except idna.IDNAError:
        return f"{local}{at}{domain}"


@lru_cache(maxsize=4096)
def readable_address(address: str) -> str:
    """Return an address as its owner writes it: an international domain in its own letters."""
    local, at, domain = address.rpartition("@")
    if "xn--" not in domain:
        return address
    try:
        return f"{local}{at}{idna.decode(domain)}"
    except idna.IDNAError:
        return address


def masked(address: str) -> str:
    """Return an address for somebody who need not know all of it: ``a…@example.org``."""
    local, _, domain = readable_address(address).rpartition("@")
    return f"{local[:1] if len(local) > 1 else ''}…@{domain}"
