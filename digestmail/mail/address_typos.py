"""Slips in the domain of an address, by the names of the large providers of mailboxes."""

from rapidfuzz.distance import OSA

# The most frequent first. Shorter names than these are one letter away from too many others.
_PROVIDERS = (
    "gmail.com", "hotmail.com", "outlook.com", "yahoo.com", "icloud.com", "googlemail.com",
    "protonmail.com", "hotmail.co.uk", "hotmail.fr", "hotmail.de", "hotmail.it", "hotmail.es",
    "outlook.de", "outlook.fr", "outlook.es", "yahoo.co.uk", "yahoo.co.jp", "yahoo.co.in",
    "yahoo.fr", "yahoo.de", "yahoo.it", "yahoo.es", "proton.me", "fastmail.com", "yandex.com",
    "yandex.ru", "tutanota.com", "foxmail.com",
)  # fmt: skip
_NAMES = frozenset(domain.partition(".")[0] for domain in _PROVIDERS)
# Domains of mailboxes that are one letter away from another's.
_OTHERS = frozenset(("email.com", "fmail.com", "jmail.com", "mail.com", "ymail.com"))
_COM = frozenset(("clm", "cmo", "comm", "con", "coom", "cpm", "ocm", "vom", "xom"))  # no such ends
_COM_OF_PROVIDERS = frozenset(("c", "cm", "co", "om"))  # such ends exist, but not of these names


def likely_address(address: str) -> str:
    """Return the address that one with a slip in its domain is meant to be; empty for none.

    ``ada@gmial.com`` is ``ada@gmail.com``. Only a single slip counts: a letter too many, too few
    or wrong, or two letters the wrong way round.
    """
    local, _, domain = address.rpartition("@")
    meant = _likely_domain(domain.lower())
    return f"{local}@{meant}" if local and meant else ""


def _likely_domain(domain: str) -> str:
    if domain in _PROVIDERS or domain in _OTHERS:
        return ""
    name, _, ending = domain.rpartition(".")
    if name and (ending in _COM or (ending in _COM_OF_PROVIDERS and name in _NAMES)):
        return _likely_domain(f"{name}.com") or f"{name}.com"
    if domain.partition(".")[0] in _NAMES:
        return ""
    return next((known for known in _PROVIDERS if OSA.distance(domain, known) == 1), "")
