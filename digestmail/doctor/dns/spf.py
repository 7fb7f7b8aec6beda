"""Who may send for a domain: SPF records (RFC 7208), read for what a sender should know."""

import ipaddress
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from digestmail.doctor.dns.lookups import Dns

# RFC 7208 4.6.4: beyond these, receivers take the record for broken.
MOST_LOOKUPS = 10
MOST_VOID_LOOKUPS = 2
MOST_MX = 10

_ASKS = frozenset({"include", "a", "mx", "ptr", "exists", "redirect"})
_ALNUM = "[a-z0-9]"
# RFC 7208 7.1; c, r and t are for explanations only, but no fault elsewhere that receivers tell.
_EXPAND = r"%(?:\{[slodiphv](?:[1-9]\d*)?r?[.\-+,/_=]*\}|[%_-])"
_MACRO_STRING = rf"(?:{_EXPAND}|[!-$&-~])*"
_TOP_LABEL = rf"(?:{_ALNUM}*[a-z]{_ALNUM}*|{_ALNUM}+-(?:{_ALNUM}|-)*{_ALNUM})"
_DOMAIN = rf"(?:{_MACRO_STRING}(?:\.{_TOP_LABEL}\.?|{_EXPAND}))"
_FOUR = r"(?:0|[1-9]\d?)"
_SIX = r"(?:0|[1-9]\d{0,2})"
_DUAL = rf"(?:/{_FOUR})?(?://{_SIX})?"
_KINDS = {
    "all": "",
    "include": rf":(?P<include>{_DOMAIN})",
    "exists": rf":(?P<exists>{_DOMAIN})",
    "a": rf"(?::(?P<a>{_DOMAIN}))?(?P<a_size>{_DUAL})",
    "mx": rf"(?::(?P<mx>{_DOMAIN}))?(?P<mx_size>{_DUAL})",
    "ptr": rf"(?::(?P<ptr>{_DOMAIN}))?",
    "ip4": rf":(?P<ip4>[\d.]+)(?P<ip4_size>(?:/{_FOUR})?)",
    "ip6": rf":(?P<ip6>[\da-f:.]+)(?P<ip6_size>(?:/{_SIX})?)",
}
_TERM = re.compile(
    r"(?P<sign>[+?~-]?)(?:"
    + "|".join(rf"(?P<is_{kind}>{kind}){pattern}" for kind, pattern in _KINDS.items())
    + ")",
    re.I | re.A,
)
_MODIFIER = re.compile(r"(?P<name>[a-z][a-z0-9._-]*)=(?P<value>.*)", re.I | re.A)
_ONCE = ("redirect", "exp")
_NAME = re.compile(r"(?=.{1,253}\.?$)(?:[^.]{1,63}\.)*[^.]{1,63}\.?")


class SpfError(Exception):
    """A record that receivers cannot use; says why."""


@dataclass(frozen=True, slots=True)
class Term:
    """A mechanism, or ``redirect``; ``sign`` is the result of a match (+, -, ~ or ?)."""

    sign: str
    kind: str
    value: str = ""
    size: str = ""


def record_of(texts: list[str]) -> str:
    """Return the one SPF record among TXT records; empty without one, SpfError with several."""
    records = [text for text in texts if text.lower() == "v=spf1" or text.lower()[:7] == "v=spf1 "]
    if len(records) > 1:
        raise SpfError(
            f"{len(records)} records, so receivers ignore all of them: merge them into one"
        )
    return records[0] if records else ""


def terms(record: str) -> list[Term]:
    """Return the terms of a record that count, in order; SpfError for a text that is not SPF."""
    mechanisms: list[Term] = []
    modifiers: dict[str, str] = {}
    for word in filter(None, record.split(" ")[1:]):
        modifier = _MODIFIER.fullmatch(word)
        if modifier is None:
            mechanisms.append(_mechanism(word))
            continue
        name = modifier["name"].lower()
        if name in _ONCE and name in modifiers:
            raise SpfError(f"{name}= appears twice: keep one")
        _check_modifier(word, name, modifier["value"])
        modifiers[name] = modifier["value"]
    kinds = [term.kind for term in mechanisms]
    if "all" in kinds:
        return mechanisms[: kinds.index("all") + 1]
    redirects = [Term("+", "redirect", modifiers["redirect"])] if "redirect" in modifiers else []
    return mechanisms + redirects


def ending(record: str) -> str:
    """Return what is said of all other senders: -, ~, ?, +, ``redirect`` or nothing."""
    last = (terms(record) or [Term("", "")])[-1]
    return {"all": last.sign, "redirect": "redirect"}.get(last.kind, "")


def _check_modifier(word: str, name: str, value: str) -> None:
    form = _DOMAIN if name in _ONCE else _MACRO_STRING
    if not re.fullmatch(form, value, re.I | re.A):
        raise SpfError(f"{word!r} does not have a valid value: correct it")


def _mechanism(word: str) -> Term:
    match = _TERM.fullmatch(word)
    if match is None:
        raise SpfError(f"{word!r} is not valid in SPF: correct it")
    kind = next(kind for kind in _KINDS if match[f"is_{kind}"])
    groups = match.groupdict()
    value, size = groups.get(kind) or "", groups.get(f"{kind}_size") or ""
    if kind in ("ip4", "ip6"):
        network = _network(value, f"/{size}" if kind == "ip6" and size else size)
        if network.version != int(kind[-1]):
            raise SpfError(f"{word!r} is not an {kind} address: correct it")
    else:
        _check_sizes(word, size)
    return Term(match["sign"] or "+", kind, value, size)


def _check_sizes(word: str, size: str) -> None:
    four, _, six = size.partition("//")
    if int(four.strip("/") or 0) > 32 or int(six or 0) > 128:
        raise SpfError(f"{word!r} has a prefix length that is not valid: correct it")


class Evaluation:
    """An evaluation of a domain's SPF for addresses, with a count of its DNS lookups.

    Goes through all terms, also behind one that matches: receivers may have to. Raises DnsError.
    """

    def __init__(self, dns: Dns, domain: str) -> None:
        self._dns = dns
        self._domain = domain
        self.lookups = 0
        self.void_lookups = 0

    def result(self, address: str) -> str:
        """Return +, -, ~ or ?, of the first term that matches. Raises SpfError."""
        self.lookups = self.void_lookups = 0
        return self._result(self._domain, ipaddress.ip_address(address)) or "?"

    def _result(self, domain: str, address: "_Address") -> str:
        record = record_of(self._dns.texts(domain))
        if not record:
            raise SpfError(f"it refers to {domain}, which has no SPF record: correct it")
        results = [self._of_term(term, domain, address) for term in terms(record)]
        return next(filter(None, results), "")

    def _of_term(self, term: Term, domain: str, address: "_Address") -> str:
        """Return what a term says of an address; nothing when it does not match."""
        self.lookups += term.kind in _ASKS
        if self.lookups > MOST_LOOKUPS:
            raise SpfError(f"it needs more than {MOST_LOOKUPS} DNS lookups: use fewer includes")
        name = expanded(term.value, domain, address)
        if name is None:
            return ""
        if term.kind in _ASKS and name and not _NAME.fullmatch(name):
            raise SpfError(f"it refers to {name}, which is not a domain name: correct it")
        term = replace(term, value=name)
        if term.kind == "redirect":
            return self._result(term.value, address)
        return term.sign if self._matches(term, domain, address) else ""

    def _matches(self, term: Term, domain: str, address: "_Address") -> bool:
        if term.kind == "include":
            return self._result(term.value, address) == "+"
        if term.kind == "exists":
            return bool(self._addresses(term.value, 4))
        if term.kind == "ptr":  # receivers are told not to heed it
            return False
        return term.kind == "all" or any(
            address in network for network in self._networks(term, term.value or domain, address)
        )

    def _networks(self, term: Term, name: str, address: "_Address") -> Iterator["_Network"]:
        if term.kind in ("ip4", "ip6"):
            yield _network(term.value, f"/{term.size}" if term.kind == "ip6" else term.size)
            return
        for host in self._exchangers(name) if term.kind == "mx" else [name]:
            for address_of_host in self._addresses(host, address.version):
                yield _network(address_of_host, term.size)

    def _exchangers(self, name: str) -> list[str]:
        hosts = self._dns.exchangers(name)
        if len(hosts) > MOST_MX:
            raise SpfError(f"{name} has more than {MOST_MX} MX records: list addresses instead")
        self._count(hosts, name)
        return hosts

    def _addresses(self, name: str, version: int) -> list[str]:
        """Return the addresses of a name, of the kind that the sender's is of."""
        addresses = self._dns.addresses(name)
        matching = [text for text in addresses if ipaddress.ip_address(text).version == version]
        self._count(matching, name)
        return matching

    def _count(self, answers: list[str], name: str) -> None:
        """Count a question that brought nothing."""
        self.void_lookups += not answers
        if self.void_lookups > MOST_VOID_LOOKUPS:
            raise SpfError(
                f"more than {MOST_VOID_LOOKUPS} of its names do not exist, such as {name}: remove "
                "them"
            )


def expanded(text: str, domain: str, address: "_Address") -> str | None:
    """Return a name with its macros replaced (RFC 7208 7); None where they need the single mail."""
    if re.search(r"%\{[slohp]", text, re.I):
        return None
    values = {"d": domain, "i": _dotted(address), "v": "in-addr" if address.version == 4 else "ip6"}

    def value(match: re.Match[str]) -> str:
        letter, digits, reverse, delimiters = match.groups()
        labels = re.split(f"[{re.escape(delimiters or '.')}]", values[letter.lower()])
        labels = labels[::-1] if reverse else labels
        return ".".join(labels[-int(digits) :] if digits else labels)

    named = re.sub(r"%\{([div])(\d*)(r?)([.\-+,/_=]*)\}", value, text, flags=re.I)
    return named.replace("%_", " ").replace("%-", "%20").replace("%%", "%")


def _dotted(address: "_Address") -> str:
    if address.version == 4:
        return str(address)
    return ".".join(address.exploded.replace(":", ""))


_Address = ipaddress.IPv4Address | ipaddress.IPv6Address
_Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def _network(address: str, size: str) -> _Network:
    """Return the network of an address; ``size`` is /24 for IPv4, //64 for IPv6, or both."""
    four, _, six = size.partition("//")
    length = (f"/{six}" if six else "") if ":" in address else four
    try:
        return ipaddress.ip_network(address + length, strict=False)
    except ValueError:
        raise SpfError(f"{address}{length} is not a network: correct it") from None
