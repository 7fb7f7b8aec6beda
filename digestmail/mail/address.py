"""Addresses: what is accepted as one, and how one is counted by abuse limits."""

from dataclasses import dataclass

import email_validator

from digestmail.errors import InputError
from digestmail.i18n import N_, Translatable
from digestmail.text import one_line

_MAX_LENGTH = 254  # RFC 5321 4.5.3.1.3, less the angle brackets


@dataclass(frozen=True, slots=True)
class _Provider:
    """A provider of mailboxes, and the spellings that it takes for one address.

    ``domains`` are all one, the first, or each their own where ``separate``.
    """

    domains: tuple[str, ...]
    separate: bool = False
    ignored: str = ""  # characters of the local part
    tag: str = "+"  # what begins the part that is its owner's to choose
    subdomains: bool = False  # whether anything@name.example.org is name@example.org


_PROVIDERS = (
    _Provider(("gmail.com", "googlemail.com"), ignored="."),
    _Provider(("proton.me", "protonmail.com", "protonmail.ch", "pm.me"), ignored=".-_"),
    _Provider(("icloud.com", "me.com", "mac.com")),
    _Provider(("yandex.ru", "yandex.com", "yandex.by", "yandex.kz", "ya.ru"), ignored=".-"),
    _Provider(("ymail.com", "rocketmail.com", "myyahoo.com"), separate=True, tag="-"),
    _Provider(
        ("fastmail.com", "fastmail.fm", "fastmail.net", "fastmail.org", "messagingengine.com"),
        separate=True,
        subdomains=True,
    ),
)
_BY_DOMAIN = {domain: provider for provider in _PROVIDERS for domain in provider.domains}
_YAHOO = _Provider((), separate=True, tag="-")  # under many countries' domains
_UNKNOWN = _Provider((), separate=True)

# RFC 6761 and 6762 leave "test", "local" and "localhost" to the site: a lab's own network and a
# trial on one machine mail to them. These three can never receive mail.
email_validator.SPECIAL_USE_DOMAIN_NAMES[:] = ["arpa", "invalid", "onion"]


def checked_address(text: str, *, local: bool = True) -> str:
    """Return the address in ``text``: trimmed, lower case, its domain in ASCII.

    Raises InputError("email", ...) for anything a relay without SMTPUTF8 could not be given.
    No name server is asked. ``local``: whether a mailbox of this machine is one, as an operator
    may type it for a trial.
    """
    address = text.strip()
    if len(address) > _MAX_LENGTH:
        long = N_("An email address has at most %(most)s characters")
        raise InputError("email", Translatable(long, most=_MAX_LENGTH))
    try:
        checked = email_validator.validate_email(
            address,
            allow_smtputf8=False,
            check_deliverability=False,
            strict=True,
            globally_deliverable=not (local and address.lower().endswith("@localhost")),
        )
    except email_validator.EmailNotValidError as error:
        wrong = N_("“%(address)s” is not a valid email address")
        closer = one_line(str(error))  # which of many things is wrong, in the library's English
        raise InputError("email", Translatable(wrong, english=closer, address=address)) from None
    return (checked.ascii_email or checked.normalized).lower()


def rate_key(address: str) -> str:
    """Return the mailbox behind ``address``, so that its spellings share one limit.

    Without the tag that many providers let their users add, and with what a provider takes for
    the same written in one way. For counting only: never mail to it.
    """
    local, _, domain = address.lower().rpartition("@")
    below, _, above = domain.partition(".")
    provider = _provider(domain) or _UNKNOWN
    if (fastmail := _provider(above)) and fastmail.subdomains:
        local, domain, provider = below, above, fastmail
    for tag in dict.fromkeys(("+", provider.tag)):
        local = local.partition(tag)[0] or local
    local = local.translate(dict.fromkeys(map(ord, provider.ignored))) or local
    return f"{local}@{domain if provider.separate else provider.domains[0]}"


def _provider(domain: str) -> _Provider | None:
    return _YAHOO if domain.startswith("yahoo.") else _BY_DOMAIN.get(domain)
