"""Addresses: what is accepted as one, and how one is counted by abuse limits."""

import email_validator

from digestmail.errors import InputError
from digestmail.messages import N_, Worded
from digestmail.text import one_line

_MAX_LENGTH = 254  # RFC 5321 4.5.3.1.3, less the angle brackets
_DOTLESS = {"gmail.com": "gmail.com", "googlemail.com": "gmail.com"}

# RFC 6761 and 6762 leave "test", "local" and "localhost" to the site: a lab's own network and a
# trial on one machine mail to them. These three can never receive mail.
email_validator.SPECIAL_USE_DOMAIN_NAMES[:] = ["arpa", "invalid", "onion"]


def checked_address(text: str) -> str:
    """The address in ``text``: trimmed, lower case, an international domain in its ASCII form.

    Raises InputError("email", ...) for anything a relay without SMTPUTF8 could not be given.
    No name server is asked.
    """
    address = text.strip()
    if len(address) > _MAX_LENGTH:
        long = N_("An email address has at most %(most)s characters.")
        raise InputError("email", Worded(long, most=_MAX_LENGTH))
    try:
        checked = email_validator.validate_email(
            address,
            allow_smtputf8=False,
            check_deliverability=False,
            strict=True,
            globally_deliverable=not address.lower().endswith("@localhost"),
        )
    except email_validator.EmailNotValidError as error:
        wrong = N_("“%(address)s” is no address that mail can be sent to")
        closer = one_line(str(error))  # which of many things is wrong, in the library's English
        raise InputError("email", Worded(wrong, english=closer, address=address)) from None
    return (checked.ascii_email or checked.normalized).lower()


def rate_key(address: str) -> str:
    """The mailbox behind ``address``, so that its spellings share one limit.

    Without the +tag, and where the provider ignores them without the dots of the local part.
    For counting only: never mail to it.
    """
    local, _, domain = address.lower().rpartition("@")
    local = local.partition("+")[0] or local
    if domain in _DOTLESS:
        local, domain = local.replace(".", ""), _DOTLESS[domain]
    return f"{local}@{domain}"
