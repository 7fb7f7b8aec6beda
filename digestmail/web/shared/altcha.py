"""Sums for visitors' browsers: proof of work as ALTCHA has it, without anybody else's servers.

``static/page.js`` solves them; https://altcha.org describes the format (PoW v2).
"""

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime, timedelta

from altcha import Payload, create_challenge, verify_solution

from digestmail.store import Store

_ALGORITHM = "PBKDF2/SHA-256"
_COST = 1_000  # iterations of a try; 256 tries on average are about half a second of a laptop
_LONGEST = 4_000  # letters of a payload


@dataclass(frozen=True, slots=True)
class Sums:
    """Sets sums and checks them, each good once and for the form that it came with."""

    store: Store
    secret: str  # signs the sums

    def ask(self, form_token: str) -> str:
        """The sum of a form, as JSON."""
        challenge = create_challenge(
            _ALGORITHM, _COST, data={"form": form_token}, hmac_secret=self._key
        )
        return json.dumps(challenge.to_dict())

    def accept(self, answer: str, form_token: str, lifetime: timedelta, now: datetime) -> bool:
        """Whether an answer is right and new. Older forms than ``lifetime`` are for the caller."""
        if len(answer) > _LONGEST or not verify_solution(answer, self._key).verified:
            return False
        asked = Payload.from_base64(answer).challenge.parameters
        if (asked.data or {}).get("form") != form_token:
            return False
        return self.store.rate_limits.allow(
            self.store.salt.hash(f"sum:{asked.nonce}"), 1, lifetime, now
        )

    @property
    def _key(self) -> str:
        return hashlib.sha256(f"altcha:{self.secret}".encode()).hexdigest()
