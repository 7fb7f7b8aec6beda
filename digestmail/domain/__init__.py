"""The words of digestmail as values: frozen dataclasses, enums and the four seams."""

from digestmail.domain.delivery import (
    Attempt,
    Delivery,
    DeliveryKind,
    DeliveryState,
    Message,
    Outcome,
    Phase,
    SendResult,
)
from digestmail.domain.digests import Digest, DigestItem, Reason, ReasonKind, Score, SkipReason
from digestmail.domain.papers import BadRecord, Paper, SourceReport, SourceSpec, SourceState
from digestmail.domain.seams import Clock, Interest, Mailer, Scorer, ScorerFactory, Source
from digestmail.domain.subscribers import (
    EVERY_DAY,
    PROFILE_LISTS,
    PROFILE_VALUES,
    Feedback,
    Profile,
    Schedule,
    Subscriber,
    SubscriberStatus,
    Verdict,
)

__all__ = [
    "EVERY_DAY",
    "PROFILE_LISTS",
    "PROFILE_VALUES",
    "Attempt",
    "BadRecord",
    "Clock",
    "Delivery",
    "DeliveryKind",
    "DeliveryState",
    "Digest",
    "DigestItem",
    "Feedback",
    "Interest",
    "Mailer",
    "Message",
    "Outcome",
    "Paper",
    "Phase",
    "Profile",
    "Reason",
    "ReasonKind",
    "Schedule",
    "Score",
    "Scorer",
    "ScorerFactory",
    "SendResult",
    "SkipReason",
    "Source",
    "SourceReport",
    "SourceSpec",
    "SourceState",
    "Subscriber",
    "SubscriberStatus",
    "Verdict",
]
