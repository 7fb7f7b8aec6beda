"""DKIM signatures (RFC 6376, RFC 8463) that cover one-click unsubscription (RFC 8058).

Written for the mails that this package builds, which are ASCII with CRLF line ends; a general
signer takes fifteen times as long.
"""

import base64
import binascii
import hashlib
import re
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from functools import lru_cache
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_private_key,
)

from digestmail.errors import ConfigError

# Named once more than they occur, absent ones too, so that another one added on the way breaks the
# signature: they change whom a mail seems to be from or answered to, what it belongs to, how its
# body is read and where its reader unsubscribes.
_SEALED = (
    b"from",
    b"sender",
    b"to",
    b"cc",
    b"reply-to",
    b"subject",
    b"date",
    b"message-id",
    b"in-reply-to",
    b"references",
    b"mime-version",
    b"content-type",
    b"content-transfer-encoding",
    b"content-disposition",
    b"list-unsubscribe",
    b"list-unsubscribe-post",
)
_SIGNED = (  # of these, relays may add their own
    b"list-id",
    b"list-help",
    b"list-post",
    b"feedback-id",
    b"auto-submitted",
    b"x-auto-response-suppress",
    b"x-delivery",
)
_SEED_LENGTH = 32
_MIN_RSA_BITS = 1024  # RFC 8301 3.2: a verifier must not accept less
_COLUMNS = 72
_LABELS = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9._-]*[A-Za-z0-9])?")
_BLANKS = re.compile(rb"[ \t]{2,}|\t")
_FOLD = re.compile(rb"\r\n(?=[ \t])")
_LINES = re.compile(rb".{1,%d}" % _COLUMNS)


@dataclass(frozen=True, slots=True)
class DkimKey:
    """A signing key, published in DNS as a TXT record at ``name``."""

    selector: str
    domain: str
    private_key: RSAPrivateKey | Ed25519PrivateKey = field(repr=False)

    def __post_init__(self) -> None:
        """Refuse a selector or domain that could not stand in DNS, with ValueError."""
        if not (_LABELS.fullmatch(self.selector) and _LABELS.fullmatch(self.domain)):
            raise ValueError("set selector and domain too, as they are in DNS")

    @property
    def kind(self) -> str:
        """Return the ``k=`` of its record: rsa or ed25519."""
        return "rsa" if isinstance(self.private_key, RSAPrivateKey) else "ed25519"

    @property
    def name(self) -> str:
        """Return the DNS name under which receivers look for its public half."""
        return f"{self.selector}._domainkey.{self.domain}"

    @property
    def public_key(self) -> bytes:
        """Return the public half, as ``p=`` of its record holds it in base64."""
        public = self.private_key.public_key()
        if isinstance(public, Ed25519PublicKey):
            return public.public_bytes_raw()  # RFC 8463 4
        return public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)

    @property
    def record(self) -> str:
        """Return the record to publish."""
        return f"v=DKIM1; k={self.kind}; p={base64.b64encode(self.public_key).decode()}"

    def _signature(self, data: bytes) -> bytes:
        if isinstance(self.private_key, Ed25519PrivateKey):
            return self.private_key.sign(hashlib.sha256(data).digest())  # RFC 8463 3
        return self.private_key.sign(data, PKCS1v15(), SHA256())


def load_key(path: Path, selector: str, domain: str) -> DkimKey:
    """Return the key in the file at ``path``.

    Read are RSA keys in PEM (PKCS#1 or PKCS#8) and Ed25519 keys in PEM or as a base64 seed.
    Raises ConfigError when it cannot be read or cannot sign.
    """
    try:
        return DkimKey(selector, domain, _private_key(path.read_bytes().strip()))
    except OSError as error:
        raise ConfigError(f"DKIM key {path}: {error.strerror}") from None
    except ValueError as error:
        raise ConfigError(f"DKIM key {path}: {error}") from None


def sign(raw: bytes, key: DkimKey) -> bytes:
    """Return ``raw`` with its DKIM-Signature first: relaxed/relaxed, deterministic.

    ``raw`` has CRLF line ends, a From and a body or at least the empty line before it. Its Date
    is the signature's time. For 40 kB about 0.4 ms with a 2048-bit RSA key, 0.2 ms with Ed25519.
    """
    head, _, body = raw.partition(b"\r\n\r\n")
    fields = _fields(head)
    names, signed = _covered(fields)
    date = fields.get(b"date", [b""])[-1]
    start = _start(key.kind, key.domain, key.selector, date, names) + _hash(body)
    # Our own field is signed last, without the signature and without a line end.
    unsigned = b"".join(signed) + b"dkim-signature:" + _FOLD.sub(b"", start) + b"; b="
    signature = base64.b64encode(key._signature(unsigned))
    folded = b"\r\n ".join(_LINES.findall(signature))
    return b"".join((b"DKIM-Signature: ", start, b";\r\n b=", folded, b"\r\n", raw))


def _fields(head: bytes) -> dict[bytes, list[bytes]]:
    """Return the values of the fields of each name in lower case, relaxed as in RFC 6376 3.4.2."""
    fields: dict[bytes, list[bytes]] = {}
    for line in _FOLD.sub(b"", head).split(b"\r\n"):
        name, _, value = line.partition(b":")
        relaxed = _BLANKS.sub(b" ", value).strip(b" ")
        fields.setdefault(name.lower(), []).append(relaxed)
    return fields


def _covered(fields: dict[bytes, list[bytes]]) -> tuple[tuple[bytes, ...], list[bytes]]:
    """Return the names for ``h=``, and the fields they mean: of several the last first."""
    names = tuple(
        name
        for name in (*_SEALED, *_SIGNED)
        for _ in range(len(fields.get(name, ())) + (name in _SEALED))
    )
    signed = [
        name + b":" + value + b"\r\n"
        for name in dict.fromkeys(names)
        for value in reversed(fields.get(name, ()))
    ]
    return names, signed


@lru_cache(maxsize=64)
def _start(kind: str, domain: str, selector: str, date: bytes, names: tuple[bytes, ...]) -> bytes:
    """Return the tags up to ``bh=``, folded so that unfolding leaves single blanks."""
    tags = [
        b"v=1; a=%s-sha256; c=relaxed/relaxed" % kind.encode(),
        b"d=%s; s=%s" % (domain.encode(), selector.encode()),
        *_time(date),
        _folded_names(names),
        b"bh=",
    ]
    return b";\r\n ".join(tags)


def _time(date: bytes) -> list[bytes]:
    try:
        return [b"t=%d" % parsedate_to_datetime(date.decode("ascii")).timestamp()]
    except ValueError:  # none, or none that can be read: the tag may be left out
        return []


def _folded_names(names: tuple[bytes, ...]) -> bytes:
    lines = [b"h="]
    for name in names:
        if len(lines[-1]) + len(name) > _COLUMNS:
            lines.append(b"")
        lines[-1] += name + b":"
    return b"\r\n ".join(lines).removesuffix(b":")


def _hash(body: bytes) -> bytes:
    """Return the hash of a body, relaxed as RFC 6376 3.4.4 has it, in base64."""
    body = body.replace(b"\t", b" ")
    while b"  " in body:  # a regular expression takes ten times as long
        body = body.replace(b"  ", b" ")
    body = body.replace(b" \r\n", b"\r\n")
    digest = hashlib.sha256(body := body.rstrip(b"\r\n"))
    if body:
        digest.update(b"\r\n")
    return base64.b64encode(digest.digest())


def _private_key(content: bytes) -> RSAPrivateKey | Ed25519PrivateKey:
    if not content.startswith(b"-----BEGIN"):
        return Ed25519PrivateKey.from_private_bytes(_seed(content))
    try:
        key = load_pem_private_key(content, password=None)
    except TypeError:
        raise ValueError("the key is encrypted; store it without a passphrase") from None
    except (ValueError, UnsupportedAlgorithm):
        key = None
    weak = isinstance(key, RSAPrivateKey) and key.key_size < _MIN_RSA_BITS
    if weak or not isinstance(key, RSAPrivateKey | Ed25519PrivateKey):
        raise ValueError(
            f"not an RSA private key of {_MIN_RSA_BITS} bits or more, nor an Ed25519 key"
        )
    return key


def _seed(content: bytes) -> bytes:
    try:
        seed = base64.b64decode(content, validate=True)
    except binascii.Error:
        seed = b""
    if len(seed) != _SEED_LENGTH:
        raise ValueError("neither a PEM private key nor a base64 Ed25519 seed")
    return seed
