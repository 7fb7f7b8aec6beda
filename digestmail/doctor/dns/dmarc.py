"""What DNS says of a domain's mail: DKIM keys (RFC 6376 3.6.1), DMARC policies (RFC 7489). Pure
but for the questions that finding a policy takes."""

import base64
import binascii

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_der_public_key,
)

from digestmail.doctor.dns.lookups import Dns
from digestmail.mail.dkim import DkimKey

POLICIES = ("none", "quarantine", "reject")
_MOST_LABELS = 8


def tags(record: str) -> dict[str, str]:
    """``v=DKIM1; k=rsa; p=...`` as a dict; names in lower case, the first of several counts."""
    found: dict[str, str] = {}
    for part in record.split(";"):
        name, separator, value = part.partition("=")
        if separator:
            found.setdefault(name.strip().lower(), value.strip())
    return found


def key_trouble(texts: list[str], key: DkimKey) -> str:
    """Why receivers could not check signatures of ``key`` with these records; empty: they can."""
    if not texts:
        return "there is no such record"
    if len(texts) > 1:
        return f"there are {len(texts)} records, and receivers may take any: leave one"
    found = tags(texts[0])
    published = "".join(found.get("p", "").split())
    if found.get("v", "DKIM1") != "DKIM1" or "p" not in found:
        return "it is no DKIM record"
    if not published:
        return "the key is revoked (p= is empty)"
    if found.get("k", "rsa").lower() != key.kind:
        return f"it is of an {found.get('k', 'rsa')} key, ours is {key.kind}"
    if "sha256" not in found.get("h", "sha256").lower().split(":"):
        return "h= does not allow sha256"
    return "" if _raw_key(published) == key.public_key else "it is of another key than ours"


def _raw_key(text: str) -> bytes:
    """A published key as DkimKey.public_key has it; RSA keys come in two forms."""
    try:
        der = base64.b64decode(text, validate=True)
        public = load_der_public_key(der)
    except (binascii.Error, UnsupportedAlgorithm):
        return b""
    except ValueError:  # an Ed25519 key is published without its DER
        return der
    return public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def policies(texts: list[str]) -> list[dict[str, str]]:
    """The DMARC records among TXT records."""
    return [tags(text) for text in texts if text.replace(" ", "").lower().startswith("v=dmarc1")]


def find_policy(dns: Dns, domain: str) -> tuple[str, list[dict[str, str]]]:
    """The domain whose policy counts for ``domain``, its own or the nearest above, and the policy.

    Without one, ``domain`` and nothing. Raises DnsError.
    """
    found = _policies_above(dns, domain)
    return found[0] if found else (domain, [])


def organisation(dns: Dns, domain: str) -> str:
    """The topmost domain with a policy: whose names are aligned with each other. Raises DnsError.

    As the tree walk of DMARC's revision finds it, without a list of public suffixes.
    """
    found = _policies_above(dns, domain)
    return found[-1][0] if found else domain


def _policies_above(dns: Dns, domain: str) -> list[tuple[str, list[dict[str, str]]]]:
    labels = domain.lower().rstrip(".").split(".")[-_MOST_LABELS:]
    names = [".".join(labels[first:]) for first in range(max(len(labels) - 1, 1))]
    walked = ((name, policies(dns.texts(f"_dmarc.{name}"))) for name in names)
    return [(name, records) for name, records in walked if records]


def aligned(dns: Dns, domain: str, with_from: str, mode: str) -> bool:
    """Whether ``domain`` stands for the one in From. ``mode``: ``s`` if only the very same does.

    Raises DnsError.
    """
    domain, with_from = domain.lower(), with_from.lower()
    if domain == with_from or mode == "s":
        return domain == with_from
    below = domain.endswith(f".{with_from}") or with_from.endswith(f".{domain}")
    return below or organisation(dns, domain) == organisation(dns, with_from)
