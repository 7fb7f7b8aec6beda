"""The signed token of a public form: it tells that the form was made here, and how long ago."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from itsdangerous import BadSignature, Signer

from digestmail.config import Settings
from digestmail.web.shared.altcha import ProofOfWork

FORM_LIFETIME = timedelta(hours=2)
MIN_FILLING_TIME = timedelta(seconds=3)  # no person fills in a form so fast
MIN_FILLING_TIME_OF_ADDRESS = timedelta(seconds=1)  # which browsers fill in at the first letter


@dataclass(frozen=True, slots=True)
class FormToken:
    """The hidden fields of a public form; ``challenge`` is empty without proof of work."""

    token: str
    challenge: str = ""


class FormTokens:
    """A signer of form tokens: the first of ``keys`` signs, the others are former ones."""

    def __init__(self, keys: Sequence[str]) -> None:
        oldest_first = list(reversed(keys))
        self._signer = Signer(oldest_first, salt="digestmail.form", digest_method=sha256)

    def issue(self, now: datetime) -> str:
        """Return the token of a form made now."""
        return self._signer.sign(str(int(now.timestamp()))).decode()

    def age(self, token: str, now: datetime) -> timedelta | None:
        """Return how long ago, to the second, a form was made; None when not made here."""
        try:
            issued = int(self._signer.unsign(token.encode(errors="replace")))
        except BadSignature:
            return None
        return timedelta(seconds=int(now.timestamp()) - issued)


def form_tokens(settings: Settings) -> FormTokens:
    """Return the form tokens of a service's keys."""
    keys = (settings.secret_key, *settings.old_secret_keys)
    return FormTokens([key.get_secret_value() for key in keys])


@dataclass(frozen=True, slots=True)
class FormGuard:
    """The checks that keep robots and other sites from the public forms."""

    tokens: FormTokens
    proof_of_work: ProofOfWork | None = None

    def issue(self, now: datetime) -> FormToken:
        """Return the hidden fields of a public form about to be shown."""
        return self._with_challenge(self.tokens.issue(now))

    def reissue(self, texts: Mapping[str, str], now: datetime) -> FormToken:
        """Return those of a form that is shown again: its token while it is good, else a new one.

        A challenge is good once, so it is always new.
        """
        token = texts.get("form_token", "")
        age = self.tokens.age(token, now)
        is_young = age is not None and timedelta(0) <= age <= FORM_LIFETIME / 2
        return self._with_challenge(token) if is_young else self.issue(now)

    def is_issued_here(self, texts: Mapping[str, str], now: datetime) -> bool:
        """Return whether a posted form was made here, however long ago."""
        return self.tokens.age(texts.get("form_token", ""), now) is not None

    def is_fresh(
        self,
        texts: Mapping[str, str],
        now: datetime,
        min_filling_time: timedelta = MIN_FILLING_TIME,
    ) -> bool:
        """Return whether a form was made here lately, by a person's pace, its challenge solved.

        Call it once for a post, as a challenge is good once.
        """
        token = texts.get("form_token", "")
        age = self.tokens.age(token, now)
        if age is None or not min_filling_time <= age <= FORM_LIFETIME:
            return False
        solution = texts.get("altcha", "")
        return not self.proof_of_work or self.proof_of_work.verify(
            solution, token, FORM_LIFETIME, now
        )

    def _with_challenge(self, token: str) -> FormToken:
        return FormToken(token, self.proof_of_work.challenge(token) if self.proof_of_work else "")


def is_robot(texts: Mapping[str, str]) -> bool:
    """Return whether the field was filled in that nobody can see (a honeypot)."""
    return bool(texts.get("website"))
