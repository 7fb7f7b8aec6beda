"""Signed tokens for links: one purpose each, nothing secret stored.

A token is ``<key id>-<numbers in base 36>-<mac>``: lower-case letters, digits and dashes, so it
survives mail clients, local parts of addresses and careless copying. The MAC is HMAC-SHA256
(RFC 2104) over purpose and numbers, cut to 128 bits.
"""

import hashlib
import hmac
from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum

from digestmail.errors import TokenError

_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
_BASE32 = "abcdefghijklmnopqrstuvwxyz234567"  # RFC 4648 6
_PAIRS = [first + second for first in _BASE32 for second in _BASE32]


class Purpose(StrEnum):
    """What a token lets its holder do; a token of one purpose is worthless for another."""

    CONFIRM = "confirm"  # subscriber, serial, issued
    PREFERENCES = "preferences"  # subscriber, issued
    UNSUBSCRIBE = "unsubscribe"  # subscriber
    FEEDBACK = "feedback"  # digest
    DIGEST = "digest"  # digest
    FEED = "feed"  # profile, serial
    BOUNCE = "bounce"  # delivery
    FORM = "form"  # issued, in seconds
    NEVER = "never"  # subscriber


class Signer:
    """Makes and reads tokens with the first of ``keys``; the others are old ones still honoured."""

    def __init__(self, keys: Sequence[str]) -> None:
        # Begun once and copied for each token, as hmac.digest takes three times as long.
        begun = {key: hmac.new(key.encode(), digestmod="sha256") for key in keys}
        self._keys = {_key_id(key): begun[key] for key in reversed(keys) if key}
        self._current, self._signing = _key_id(keys[0]), begun[keys[0]]

    def sign(self, purpose: Purpose, *numbers: int) -> str:
        """The token of ``purpose`` for these numbers, each >= 0; the same ones give the same."""
        body = "-".join((self._current, *map(_base36, numbers)))
        return f"{body}-{_mac(self._signing, purpose, body)}"

    def read(self, purpose: Purpose, token: str) -> tuple[int, ...]:
        """The numbers of a token; TokenError unless it is one of ours for this purpose."""
        token = token.strip().lower()
        body, _, mac = token.rpartition("-")
        key_id, *parts = body.split("-")
        key = self._keys.get(key_id) if token.isascii() else None
        if key is None or not hmac.compare_digest(_mac(key, purpose, body), mac):
            raise TokenError("this link is damaged or was not made here")
        return tuple(int(part, 36) for part in parts)


def minutes(when: datetime) -> int:
    """``when`` as tokens carry it: whole minutes since 1970."""
    return int(when.timestamp()) // 60


def refuse_aged(issued: int, now: datetime, lifetime: timedelta) -> None:
    """TokenError, marked ``aged``, when ``issued`` (minutes) is more than ``lifetime`` ago."""
    if minutes(now) - issued > lifetime / timedelta(minutes=1):
        raise TokenError("this link has grown too old", aged=True)


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
        number, rest = divmod(number, 36)
        digits = _DIGITS[rest] + digits
        if not number:
            return digits
