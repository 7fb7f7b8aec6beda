"""The links of mails and pages, each with a token that can do one thing."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from digestmail.domain import Verdict
from digestmail.errors import TokenError
from digestmail.tokens import Purpose, Signer, minutes, refuse_aged

CONFIRM_LIFETIME = timedelta(hours=72)
PREFERENCES_LIFETIME = timedelta(days=45)
FRESH = timedelta(hours=1)


# Then a new one, which greylists learn at one late mail; who finds an old mail cannot use it long.
_SENDER_LIFETIME = timedelta(days=64)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class SenderToken:
    """Whom an envelope sender was made for."""

    subscriber_id: int
    address: int  # part of its hash

    def is_of(self, address_hash: str) -> bool:
        """Return whether it was made for this address."""
        return self.address == _part_of(address_hash)


class Links:
    """Makes links under the public address, and reads the tokens that come back in them."""

    def __init__(self, public_url: str, signer: Signer) -> None:
        self.home = public_url
        self.help = f"{public_url}/help"
        self._signer = signer

    def confirm(self, subscriber_id: int, serial: int, issued: datetime) -> str:
        """Return the link of a confirm mail."""
        token = self._signer.sign(Purpose.CONFIRM, subscriber_id, serial, minutes(issued))
        return f"{self.home}/confirm/{token}"

    def read_confirm(self, token: str, now: datetime) -> tuple[int, int]:
        """Return (subscriber id, serial) of a confirm token; TokenError after 72 hours."""
        subscriber_id, serial, issued = self._signer.read(Purpose.CONFIRM, token)
        refuse_aged(issued, now, CONFIRM_LIFETIME)
        return subscriber_id, serial

    def preferences(self, subscriber_id: int, issued: datetime) -> str:
        """Return the link to one's preferences."""
        token = self._signer.sign(Purpose.PREFERENCES, subscriber_id, minutes(issued))
        return f"{self.home}/preferences/{token}"

    def read_preferences(self, token: str, now: datetime) -> int:
        """Return the subscriber id of a preferences token; TokenError once it has aged."""
        subscriber_id, issued = self._signer.read(Purpose.PREFERENCES, token)
        refuse_aged(issued, now, PREFERENCES_LIFETIME)
        return subscriber_id

    def is_fresh(self, token: str, now: datetime) -> bool:
        """Return whether a preferences token is young enough to hand out or erase everything by it.

        That of a daily mail, which may be forwarded, is not for long.
        """
        _, issued = self._signer.read(Purpose.PREFERENCES, token)
        return minutes(now) - issued <= FRESH / timedelta(minutes=1)

    def unsubscribe(self, subscriber_id: int, serial: int = 0) -> str:
        """Return the link to leave by; it never ages and ends with the subscription."""
        return f"{self.home}/unsubscribe/{self.unsubscribe_token(subscriber_id, serial)}"

    def unsubscribe_token(self, subscriber_id: int, serial: int = 0) -> str:
        """Return the token of that link, for an address such as unsubscribe+TOKEN@."""
        numbers = (subscriber_id, serial) if serial else (subscriber_id,)  # as all once were
        return self._signer.sign(Purpose.UNSUBSCRIBE, *numbers)

    def read_unsubscribe(self, token: str) -> tuple[int, int]:
        """Return (subscriber id, serial) of an unsubscribe token."""
        subscriber_id, *serial = self._signer.read(Purpose.UNSUBSCRIBE, token)
        return subscriber_id, serial[0] if serial else 0

    def way_back(self, subscriber_id: int, serial: int, until: datetime) -> str:
        """Return the link that undoes leaving, and nothing else, until an instant."""
        token = self._signer.sign(Purpose.RETURN, subscriber_id, serial, minutes(until))
        return f"{self.home}/return/{token}"

    def read_way_back(self, token: str, now: datetime) -> tuple[int, int]:
        """Return (subscriber id, unsubscribe serial) of such a token; TokenError once it is old."""
        subscriber_id, serial, until = self._signer.read(Purpose.RETURN, token)
        refuse_aged(until, now, timedelta(0))
        return subscriber_id, serial

    def feedback(self, digest_id: int, position: int, verdict: Verdict) -> str:
        """Return the link to say more or less about one paper of a digest."""
        return f"{self.judging(self.feedback_token(digest_id))}{position}/{verdict}"

    def feedback_token(self, digest_id: int) -> str:
        """Return the token that serves all papers of a digest."""
        return self._signer.sign(Purpose.FEEDBACK, digest_id)

    def judging(self, token: str) -> str:
        """Return what the links of ``feedback`` begin with, up to the position."""
        return f"{self.home}/feedback/{token}/"

    def saving(self, token: str) -> str:
        """Return what those of ``save`` begin with."""
        return f"{self.home}/save/{token}/"

    def read_feedback(self, token: str) -> int:
        """Return the digest id of a feedback token."""
        return self._signer.read(Purpose.FEEDBACK, token)[0]

    def save(self, digest_id: int, position: int) -> str:
        """Return the link that puts a paper of a digest on the reading list."""
        return f"{self.saving(self.feedback_token(digest_id))}{position}"

    def options(self, digest_id: int, position: int) -> str:
        """Return the link to what may be said of a paper of a digest beside more, less and save."""
        return f"{self.choosing(self.options_token(digest_id))}{position}"

    def options_token(self, digest_id: int) -> str:
        """Return the token of the pages of options of all papers of a digest."""
        return self._signer.sign(Purpose.OPTIONS, digest_id)

    def choosing(self, token: str) -> str:
        """Return the beginning of the links of ``options``, up to the position."""
        return f"{self.home}/options/{token}/"

    def read_options(self, token: str) -> int:
        """Return the digest id of an options token."""
        return self._signer.read(Purpose.OPTIONS, token)[0]

    def digest(self, digest_id: int) -> str:
        """Return the link to a digest as a page."""
        return f"{self.home}/digest/{self._signer.sign(Purpose.DIGEST, digest_id)}"

    def read_digest(self, token: str) -> int:
        """Return the digest id of such a token."""
        return self._signer.read(Purpose.DIGEST, token)[0]

    def feed(self, profile_id: int, serial: int) -> str:
        """Return the private address of a profile's feed, without its ending (.atom, .json)."""
        return f"{self.home}/feed/{self._signer.sign(Purpose.FEED, profile_id, serial)}"

    def read_feed(self, token: str) -> tuple[int, int]:
        """Return (profile id, serial) of a feed's token."""
        profile_id, serial = self._signer.read(Purpose.FEED, token)
        return profile_id, serial

    def sender_token(self, subscriber_id: int, address_hash: str, now: datetime) -> str:
        """Return the token in the envelope sender of all mails to an address, for months.

        Greylists know a sender and a recipient together.
        """
        period, _ = _period(subscriber_id, now)
        return self._signer.sign(Purpose.SENDER, subscriber_id, _part_of(address_hash), period)

    def read_sender(self, token: str, now: datetime, lifetime: timedelta) -> "SenderToken":
        """Return what an envelope sender carries; TokenError when it was last used too long ago."""
        subscriber_id, address, period = self._signer.read(Purpose.SENDER, token)
        current, begun = _period(subscriber_id, now)
        if period < current - 1 or (period < current and begun > lifetime):
            raise TokenError("this sender address has expired", aged=True)
        return SenderToken(subscriber_id, address)

    def bounce_token(self, delivery_id: int) -> str:
        """Return the token in a mail's header, which names its delivery."""
        return self._signer.sign(Purpose.BOUNCE, delivery_id)

    def read_bounce(self, token: str) -> int:
        """Return the delivery id of a bounce token."""
        return self._signer.read(Purpose.BOUNCE, token)[0]

    def never(self, subscriber_id: int) -> str:
        """Return the link by which somebody who did not ask for a mail refuses all others."""
        return f"{self.home}/never/{self._signer.sign(Purpose.NEVER, subscriber_id)}"

    def read_never(self, token: str) -> int:
        """Return the subscriber id of such a token."""
        return self._signer.read(Purpose.NEVER, token)[0]


def _part_of(address_hash: str) -> int:
    """Return three bytes that tell two addresses of one subscriber apart."""
    return int(address_hash[:5], 16)


def _period(subscriber_id: int, now: datetime) -> tuple[int, timedelta]:
    """Return a subscriber's period of one envelope sender, by number, and how long ago it began.

    They do not begin on the same day, on which else everybody's mail would be greylisted.
    """
    shift = timedelta(days=37 * subscriber_id % _SENDER_LIFETIME.days)
    return divmod(now - _EPOCH + shift, _SENDER_LIFETIME)
