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
    """Return ``v=DKIM1; k=rsa; p=...`` as a dict by lower-case name; the first value counts."""
    values: dict[str, str] = {}
    for tag in record.split(";"):
        name, separator, value = tag.partition("=")
        if separator:
            values.setdefault(name.strip().lower(), value.strip())
    return values


def key_trouble(texts: list[str], key: DkimKey) -> str:
    """Return why receivers cannot check signatures of ``key`` with these records, or ""."""
    if not texts:
        return "the record does not exist"
    if len(texts) > 1:
        return f"there are {len(texts)} records, and receivers may use any of them: keep one"
    values = tags(texts[0])
    published = "".join(values.get("p", "").split())
    if values.get("v", "DKIM1") != "DKIM1" or "p" not in values:
        return "it is not a DKIM record"
    if not published:
        return "the key is revoked (p= is empty)"
    if values.get("k", "rsa").lower() != key.kind:
        return f"it is for an {values.get('k', 'rsa')} key, ours is {key.kind}"
    if "sha256" not in values.get("h", "sha256").lower().split(":"):
        return "h= does not allow sha256"
    return "" if _raw_key(published) == key.public_key else "it is for a different key"


def _raw_key(text: str) -> bytes:
    """Return a published key as DkimKey.public_key has it; RSA keys come in two forms."""
    try:
        der = base64.b64decode(text, validate=True)
        public = load_der_public_key(der)
    except (binascii.Error, UnsupportedAlgorithm):
        return b""
    except ValueError:  # an Ed25519 key is published without its DER
        return der
    return public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def policies(texts: list[str]) -> list[dict[str, str]]:
    """Return the DMARC records among TXT records."""
    return [tags(text) for text in texts if text.replace(" ", "").lower().startswith("v=dmarc1")]


def find_policy(dns: Dns, domain: str) -> tuple[str, list[dict[str, str]]]:
    """Return the nearest domain at or above ``domain`` that has a policy, and the policy.

    Without one, ``domain`` and nothing. Raises DnsError.
    """
    walk = _policies_above(dns, domain)
    return walk[0] if walk else (domain, [])


def organisation(dns: Dns, domain: str) -> str:
    """Return the topmost domain with a policy, whose names are aligned. Raises DnsError.

    As the tree walk of DMARC's revision finds it, without a list of public suffixes.
    """
    walk = _policies_above(dns, domain)
    return walk[-1][0] if walk else domain


def _policies_above(dns: Dns, domain: str) -> list[tuple[str, list[dict[str, str]]]]:
    labels = domain.lower().rstrip(".").split(".")[-_MOST_LABELS:]
    names = [".".join(labels[first:]) for first in range(max(len(labels) - 1, 1))]
    walked = ((name, policies(dns.texts(f"_dmarc.{name}"))) for name in names)
    return [(name, records) for name, records in walked if records]


def aligned(dns: Dns, domain: str, with_from: str, mode: str) -> bool:
    """Return whether ``domain`` is aligned with the one in From; ``mode`` is ``r`` or ``s``.

    Raises DnsError.
    """
    domain, with_from = domain.lower(), with_from.lower()
    if domain == with_from or mode == "s":
        return domain == with_from
    below = domain.endswith(f".{with_from}") or with_from.endswith(f".{domain}")
    return below or organisation(dns, domain) == organisation(dns, with_from)
