"""The ledger of what was sent to whom, and how each attempt ended."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from digestmail.domain.mails import DeliveryKind


class DeliveryState(StrEnum):
    """planned -> leased -> on_wire -> sent | deferred | failed | unknown.

    ``on_wire`` is committed before the message is handed over. ``skipped`` ends a delivery that
    was withdrawn before it went: its subscriber left, or it became too late.
    """

    PLANNED = "planned"
    LEASED = "leased"
    ON_WIRE = "on_wire"
    SENT = "sent"
    DEFERRED = "deferred"
    FAILED = "failed"
    UNKNOWN = "unknown"
    SKIPPED = "skipped"


class Phase(StrEnum):
    """The phase of a conversation with the relay."""

    CONNECT = "connect"
    HELLO = "hello"
    AUTH = "auth"
    MAIL = "mail"
    RCPT = "rcpt"
    DATA = "data"
    END_OF_DATA = "end-of-data"
    RENDER = "render"


class Outcome(StrEnum):
    """The end of one attempt."""

    SENT = "sent"
    DEFERRED = "deferred"  # try again later
    BOUNCED = "bounced"  # this address does not exist or takes no mail
    REJECTED = "rejected"  # this message was refused for good; the address is not to blame
    UNKNOWN = "unknown"  # the server may have it: never sent again unasked
    WITHDRAWN = "withdrawn"  # the subscriber left meanwhile; nothing was handed over
    SERVER = "server"  # the relay is in trouble; says nothing about message or address


@dataclass(frozen=True, slots=True)
class Message:
    """A rendered mail: ``raw`` is the exact bytes, 7-bit, with CRLF line ends.

    No line of it begins with a dot, so it goes over SMTP as it is.
    """

    sender: str  # the envelope's
    recipient: str
    message_id: str  # with its angle brackets
    raw: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class SendResult:
    """The reply of the relay to one message."""

    outcome: Outcome
    phase: Phase
    code: int = 0  # SMTP reply code; 0 when there was no reply
    enhanced: str = ""  # RFC 3463 status code, "5.1.1"
    text: str = ""  # one line, without control characters


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """The ledger row of one message to one address."""

    id: int
    kind: DeliveryKind
    subscriber_id: int
    digest_id: int | None
    address: str
    state: DeliveryState
    due_at: datetime
    attempts: int = 0
    next_attempt_at: datetime
    detail: str = ""

    @property
    def stored_digest_id(self) -> int:
        """Return the id of the digest that a daily mail brings; ValueError for any other mail."""
        if self.digest_id is None:
            raise ValueError(f"delivery {self.id} ({self.kind}) brings no digest")
        return self.digest_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One try of a delivery."""

    delivery_id: int
    at: datetime
    seconds: float
    result: SendResult
