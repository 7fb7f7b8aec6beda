"""The addresses in a cell, however programs dress them up."""

import re

_IN_BRACKETS = re.compile(r"<\s*(?:mailto:)?\s*([^<>\s]{0,100}@[^<>\s]*)\s*>", re.IGNORECASE)
_BARE = re.compile(r"(?<![^\s,;<>()\[\]\"“”„|])[^\s,;<>()\[\]\"“”„|]{1,100}@[^\s,;<>()\[\]\"“”|]+")
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u2060\ufeff]")
_MAILTO = re.compile(r"^mailto:", re.IGNORECASE)


def addresses_in(cell: str) -> list[str]:
    """Return what looks like addresses in ``cell``, each once, unchecked.

    Understood are ``Ada Winter <ada@example.org>``, ``ada@example.org (Ada)``, ``mailto:`` and
    lists of several. Those in angle brackets come first: what else there is may be a name.
    """
    text = _INVISIBLE.sub("", cell).replace("\xa0", " ")
    raw = _IN_BRACKETS.findall(text) + _BARE.findall(_IN_BRACKETS.sub(" ", text))
    trimmed = (_MAILTO.sub("", address).partition("?")[0].strip(".:'‘’`") for address in raw)
    return list(dict.fromkeys(address for address in trimmed if address))


def is_address_like(cell: str) -> bool:
    """Return whether a cell holds an address and hardly anything else."""
    return "@" in cell and bool(addresses_in(cell))
