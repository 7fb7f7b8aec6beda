"""DKIM signatures (RFC 6376, RFC 8463) that cover one-click unsubscription (RFC 8058)."""

import base64
import binascii
import importlib.util
from dataclasses import dataclass, field
from pathlib import Path

import dkim

from digestmail.errors import ConfigError

_SIGNED = (
    b"from",
    b"to",
    b"reply-to",
    b"subject",
    b"date",
    b"message-id",
    b"list-id",
    b"list-unsubscribe",
    b"list-unsubscribe-post",
    b"list-help",
    b"list-post",
    b"feedback-id",
    b"auto-submitted",
    b"mime-version",
    b"content-type",
)
_ED25519_OID = b"\x06\x03\x2b\x65\x70"  # RFC 8410, as it stands in the key's DER
_SEED_LENGTH = 32
_MIN_RSA_BITS = 1024  # RFC 8301 3.2: a verifier must not accept less


@dataclass(frozen=True, slots=True)
class DkimKey:
    """A signing key: ``private_key`` is an RSA key in PEM, or an Ed25519 seed in base64."""

    selector: str
    domain: str
    private_key: bytes = field(repr=False)

    @property
    def algorithm(self) -> bytes:
        """The DKIM name of the algorithm the key is for."""
        return b"rsa-sha256" if b"-----BEGIN" in self.private_key else b"ed25519-sha256"


def load_key(path: Path, selector: str, domain: str) -> DkimKey:
    """The key in the file at ``path``, tried once.

    Read are RSA keys in PEM (PKCS#1 or PKCS#8) and Ed25519 keys in PEM or as a base64 seed.
    Raises ConfigError when it cannot be read or cannot sign.
    """
    try:
        content = path.read_bytes().replace(b"\r\n", b"\n").strip()
    except OSError as error:
        raise ConfigError(f"DKIM key {path}: {error.strerror}") from None
    try:
        key = DkimKey(selector, domain, _private_key(content))
        _try(key)
    except (dkim.DKIMException, ValueError) as error:
        raise ConfigError(f"DKIM key {path}: {error}") from None
    return key


def sign(raw: bytes, key: DkimKey) -> bytes:
    """``raw`` with its DKIM-Signature put first.

    About 10 ms with a 2048-bit RSA key: in an event loop, call it in a thread.
    """
    message = dkim.DKIM(raw, signature_algorithm=key.algorithm)
    present = {name.lower() for name, _ in message.headers}
    # From is named twice, so that a second one added on the way breaks the signature.
    headers = [name for name in _SIGNED if name in present] + [b"from"]
    signature: bytes = message.sign(
        key.selector.encode("ascii"),
        key.domain.encode("ascii"),
        key.private_key,
        canonicalize=(b"relaxed", b"relaxed"),
        include_headers=headers,
    )
    return signature + raw


def _private_key(content: bytes) -> bytes:
    if b"ENCRYPTED" in content:
        raise ValueError("the key is encrypted; store it without a passphrase")
    if not content.startswith(b"-----BEGIN"):
        return _seed(content)
    der = base64.b64decode(b"".join(content.splitlines()[1:-1]))
    if _ED25519_OID in der[:16]:
        return base64.b64encode(der[-_SEED_LENGTH:])
    bits = _rsa_bits(content)
    if bits < _MIN_RSA_BITS:
        raise ValueError(f"an RSA key needs {_MIN_RSA_BITS} bits or more, this has {bits}")
    return content + b"\n"


def _rsa_bits(pem: bytes) -> int:
    try:
        modulus: int = dkim.crypto.parse_pem_private_key(pem)["modulus"]
    except (dkim.crypto.UnparsableKeyError, IndexError, TypeError):
        raise ValueError("not an RSA or Ed25519 private key") from None
    return modulus.bit_length()


def _seed(content: bytes) -> bytes:
    try:
        seed = base64.b64decode(content, validate=True)
    except binascii.Error:
        seed = b""
    if len(seed) != _SEED_LENGTH:
        raise ValueError("neither a PEM private key nor a base64 Ed25519 seed")
    return content


def _try(key: DkimKey) -> None:
    if not (key.selector and key.domain):
        raise ValueError("a selector and a domain must be set with it")
    if key.algorithm == b"ed25519-sha256" and importlib.util.find_spec("nacl") is None:
        raise ValueError("Ed25519 needs PyNaCl (pip install 'dkimpy[ed25519]'); or use an RSA key")
    sign(f"From: a@{key.domain}\r\n\r\n\r\n".encode("ascii"), key)
