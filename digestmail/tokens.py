"""Signed tokens for links: one purpose each, nothing secret stored.

A token is ``<key id>-<numbers in base 36>-<mac>``: lower-case letters, digits and dashes, so it
survives mail clients, local parts of addresses and careless copying. The MAC is HMAC-SHA256
(RFC 2104) over purpose and numbers, cut to 128 bits.
"""

import hashlib
import hmac
import re
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from enum import StrEnum

from digestmail.errors import TokenError

_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
_BASE32 = "abcdefghijklmnopqrstuvwxyz234567"  # RFC 4648 6
_PAIRS = [first + second for first in _BASE32 for second in _BASE32]
_OCTET = re.compile("[=%]([0-9A-Fa-f]{2})")  # as quoted-printable and addresses write one
_FOREIGN = re.compile("[^0-9A-Za-z-]+")  # what no token holds
_LONGEST = 400  # letters of what may be one of ours, with the damage it has taken


class Purpose(StrEnum):
    """The right that a token gives; a token of one purpose is worthless for another."""

    CONFIRM = "confirm"  # subscriber, serial, issued
    PREFERENCES = "preferences"  # subscriber, issued
    UNSUBSCRIBE = "unsubscribe"  # subscriber, serial where it is not 0
    RETURN = "return"  # subscriber, unsubscribe serial, until
    FEEDBACK = "feedback"  # digest
    OPTIONS = "options"  # digest
    DIGEST = "digest"  # digest
    FEED = "feed"  # profile, serial
    BOUNCE = "bounce"  # delivery
    SENDER = "sender"  # subscriber, part of their address's hash, period
    NEVER = "never"  # subscriber


class Signer:
    """A signer of tokens with the first of ``keys``; the others are old ones still honoured.

    Short as they are, the ids of two keys may be equal: then both are tried.
    """

    def __init__(self, keys: Sequence[str]) -> None:
        # Begun once and copied for each token, as hmac.digest takes three times as long.
        begun = {key: hmac.new(key.encode(), digestmod="sha256") for key in keys}
        self._keys: dict[str, list[hmac.HMAC]] = {}
        for key in filter(None, begun):
            self._keys.setdefault(_key_id(key), []).append(begun[key])
        self._current, self._signing = _key_id(keys[0]), begun[keys[0]]

    def sign(self, purpose: Purpose, *numbers: int) -> str:
        """Return the token of ``purpose`` for numbers >= 0, always the same for the same ones."""
        body = "-".join((self._current, *map(_base36, numbers)))
        return f"{body}-{_mac(self._signing, purpose, body)}"

    def read(self, purpose: Purpose, token: str) -> tuple[int, ...]:
        """Return the numbers of a token; TokenError unless it is one of ours for this purpose.

        What mail programs and copying do to addresses is forgiven: see ``_mended``.
        """
        for candidate in _mended(token):
            body, _, mac = candidate.rpartition("-")
            key_id, *numbers = body.split("-")
            for key in self._keys.get(key_id, ()):
                if hmac.compare_digest(_mac(key, purpose, body), mac):
                    return tuple(int(number, 36) for number in numbers)
        raise TokenError("this link is damaged or was not created here")


def _mended(token: str) -> Iterator[str]:
    """Yield what a token may have been before it was copied or sent about.

    Letters become lower case; punctuation around it, spaces, soft line breaks and encoded octets
    within it go. Whether one of these is a token its MAC decides.
    """
    token = token[:_LONGEST]
    decoded = _OCTET.sub(lambda octet: chr(int(octet[1], 16)), token)
    for text in dict.fromkeys([token, decoded]):
        yield _FOREIGN.sub("", text).strip("-").lower()


def minutes(when: datetime) -> int:
    """Return ``when`` as tokens carry it: whole minutes since 1970."""
    return int(when.timestamp()) // 60


def refuse_aged(issued: int, now: datetime, lifetime: timedelta) -> None:
    """Raise TokenError, marked ``aged``, when ``issued`` (minutes) is older than ``lifetime``."""
    if minutes(now) - issued > lifetime / timedelta(minutes=1):
        raise TokenError("this link has expired", aged=True)


def _key_id(key: str) -> str:
    # A letter first, so that a token can stand where an identifier must begin with one.
    return "k" + hashlib.sha256(b"key-id:" + key.encode()).hexdigest()[:3]


def _mac(key: hmac.HMAC, purpose: Purpose, body: str) -> str:
    mac = key.copy()
    mac.update(f"{purpose}:{body}".encode())
    # To 130 bits, of which base 32 takes ten at a time.
    number = int.from_bytes(mac.digest()[:16]) << 2
    # By hand, as base64.b32encode takes 8 times as long and a mail has seven tokens.
    return "".join([_PAIRS[number >> shift & 1023] for shift in range(120, -1, -10)])


def _base36(number: int) -> str:
    if number < 0:
        raise ValueError("a token's numbers are not negative")
    digits = ""
    while True:
        number, digit = divmod(number, 36)
        digits = _DIGITS[digit] + digits
        if not number:
            return digits
