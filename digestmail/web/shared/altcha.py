"""Proof of work of visitors' browsers, as ALTCHA has it, without anybody else's servers.

``static/page.js`` solves the challenges; https://altcha.org describes the format (PoW v2).
"""

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime, timedelta

from altcha import Payload, create_challenge, verify_solution

from digestmail.store import Counted, Store

_ALGORITHM = "PBKDF2/SHA-256"
_COST = 1_000  # iterations of a try; 256 tries on average are about half a second of a laptop
_MAX_PAYLOAD = 4_000  # letters


@dataclass(frozen=True, slots=True)
class ProofOfWork:
    """Challenges and checks of solutions, each good once and for the form that it came with."""

    store: Store
    secret: str  # signs the challenges

    def challenge(self, form_token: str) -> str:
        """Return the challenge of a form, as JSON."""
        challenge = create_challenge(
            _ALGORITHM, _COST, data={"form": form_token}, hmac_secret=self._key
        )
        return json.dumps(challenge.to_dict())

    def verify(self, solution: str, form_token: str, lifetime: timedelta, now: datetime) -> bool:
        """Return whether a solution is right and new.

        Forms older than ``lifetime`` are for the caller to refuse.
        """
        if len(solution) > _MAX_PAYLOAD or not verify_solution(solution, self._key).verified:
            return False
        parameters = Payload.from_base64(solution).challenge.parameters
        if (parameters.data or {}).get("form") != form_token:
            return False
        key = self.store.salt.hash(Counted.PROOF_OF_WORK.of(parameters.nonce))
        return self.store.rate_limits.allow(key, 1, lifetime, now)

    @property
    def _key(self) -> str:
        return hashlib.sha256(f"altcha:{self.secret}".encode()).hexdigest()
