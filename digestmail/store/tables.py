"""The tables. They describe the schema and never leave this package.

Every change here needs a revision in ``migrations/``. ``table=True`` models do not validate, so
nothing is written that the domain has not checked. Times are aware and in UTC.
"""

from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Text,
    UniqueConstraint,
    text,
)
from sqlmodel import Field

from digestmail.store.table_base import Base, json_column, owner_column, table

# Ids of erased rows must not come back: links in old mails name them.
_NEVER_REUSED = {"sqlite_autoincrement": True}


class PaperRow(Base, table=True):
    __tablename__ = "paper"
    # All that tells whether a list of the latest papers has changed, without reading the papers.
    __table_args__ = (Index("ix_paper_state", "first_seen_at", "upvotes", "id"),)

    id: int = Field(primary_key=True)
    key: str = Field(unique=True)
    title: str = Field(sa_type=Text)
    abstract: str = Field(sa_type=Text)
    authors: list[str] = json_column()
    categories: list[str] = json_column()
    url: str
    doi: str = Field(index=True)
    upvotes: int
    summary: str = Field(sa_type=Text)
    summary_source: str
    pdf_url: str
    code_url: str
    project_url: str
    version: int
    published_at: datetime | None
    updated_at: datetime | None
    announced_on: date | None
    source: str = Field(index=True)
    first_seen_at: datetime = Field(index=True)
    arrival: int = Field(index=True)  # the place in the order of commits; 0: never was news


class PaperNameRow(Base, table=True):
    """All that one work is known by: keys, DOIs, PMIDs and the print of its title."""

    __tablename__ = "paper_name"

    name: str = Field(primary_key=True)
    paper_id: int = owner_column("paper", nullable=False, index=True)


class DeletedNameRow(Base, table=True):
    """The names of papers that were deleted for their age, hashed: they never are news again."""

    __tablename__ = "deleted_name"

    hash: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))


class PaperFeatureRow(Base, table=True):
    """What a model computes of a paper once in its life; ``kind`` names the model's version."""

    __tablename__ = "paper_feature"

    paper_id: int = owner_column("paper", primary_key=True)
    kind: str = Field(primary_key=True)
    data: bytes = Field(sa_type=LargeBinary)


class TextFeatureRow(Base, table=True):
    """What a model computes of a text that people typed; the text itself is not told by it."""

    __tablename__ = "text_feature"

    name: str = Field(primary_key=True)  # a hash of the text
    kind: str = Field(primary_key=True)
    data: bytes = Field(sa_type=LargeBinary)
    used_at: datetime = Field(index=True)  # within a few days


class SourceRow(Base, table=True):
    __tablename__ = "source"

    name: str = Field(primary_key=True)
    kind: str
    options: dict[str, str] = json_column()
    every_minutes: int
    enabled: bool
    next_fetch_at: datetime | None
    fetching_until: datetime | None  # somebody fetches it now, unless they died
    last_fetch_at: datetime | None
    last_new_at: datetime | None
    last_report: dict[str, Any] | None = Field(default=None, sa_column=Column(JSON))
    failures: int  # in succession
    failing_since: datetime | None
    memory: dict[str, Any] = json_column()


class BatchRow(Base, table=True):
    __tablename__ = "batch"

    source: str = Field(
        sa_column=Column(String, ForeignKey("source.name", ondelete="CASCADE"), primary_key=True)
    )
    day: date = Field(primary_key=True)
    state: str
    reason: str = Field(sa_type=Text)
    noted_at: datetime


class SubscriberRow(Base, table=True):
    __tablename__ = "subscriber"
    __table_args__ = (_NEVER_REUSED,)

    id: int = Field(primary_key=True)
    email: str = Field(unique=True)
    status: str = Field(index=True)
    hour: int
    timezone: str
    weekdays: str  # ISO digits, "12345"
    wait_hours: int
    send_empty: bool
    layout: str
    created_at: datetime
    confirmed_at: datetime | None
    next_due_at: datetime | None = Field(default=None, index=True)
    papers_since: datetime | None
    judged_arrival: int | None  # papers up to this arrival have been judged
    releases: int  # raised when papers of a digest become news again
    confirm_serial: int  # raised by each confirmation, which uses up the links before it
    unconfirmed: int  # confirm mails asked for since the last confirmation
    language: str
    resume_on: date | None
    unsubscribe_serial: int  # raised by each new subscription: links to leave the one before end
    awaits_first_digest: bool  # until the digest that comes with the confirmation was prepared


class ProfileRow(Base, table=True):
    __tablename__ = "profile"
    __table_args__ = (UniqueConstraint("subscriber_id", "name"), _NEVER_REUSED)

    id: int = Field(primary_key=True)
    subscriber_id: int = owner_column("subscriber", nullable=False)
    name: str
    keywords: list[str] = json_column()
    required_keywords: list[str] = json_column()
    excluded_keywords: list[str] = json_column()
    interests: str = Field(sa_type=Text)
    categories: list[str] = json_column()
    excluded_categories: list[str] = json_column()
    authors: list[str] = json_column()
    excluded_authors: list[str] = json_column()
    seed_papers: list[str] = json_column()
    max_papers: int
    threshold: float
    trending: int
    feed_serial: int  # raised by each new address of its feed, which ends the one before


class DigestRow(Base, table=True):
    __tablename__ = "digest"
    __table_args__ = (UniqueConstraint("subscriber_id", "date"), _NEVER_REUSED)

    id: int = Field(primary_key=True)
    subscriber_id: int = owner_column("subscriber", nullable=False)
    date: date
    due_at: datetime = Field(index=True)
    prepared_at: datetime
    papers_from: datetime | None
    papers_until: datetime | None
    arrival_from: int | None
    arrival_until: int | None
    judged: int
    skip: str | None
    note: str = Field(sa_type=Text)
    notes: list[Any] = json_column()


class DigestItemRow(Base, table=True):
    __tablename__ = "digest_item"
    __table_args__ = (
        # The promise "no paper twice": released items are those of a digest that never went out,
        # and a new version of a paper is none that is shown twice.
        Index(
            "uq_digest_item_shown",
            "subscriber_id",
            "paper_id",
            unique=True,
            sqlite_where=text("NOT released AND role <> 'new-version'"),
            postgresql_where=text("NOT released AND role <> 'new-version'"),
        ),
    )

    digest_id: int = owner_column("digest", primary_key=True)
    position: int = Field(primary_key=True)
    subscriber_id: int = owner_column("subscriber", nullable=False)
    paper_id: int = owner_column("paper", nullable=False, index=True)
    profile_id: int | None = Field(
        sa_column=Column(Integer, ForeignKey("profile.id", ondelete="SET NULL"), index=True)
    )
    profile_name: str
    score: float
    pinned: bool
    reasons: list[Any] = json_column()
    released: bool
    role: str


class DeliveryRow(Base, table=True):
    __tablename__ = "delivery"
    __table_args__ = (
        Index("ix_delivery_state_next_attempt_at", "state", "next_attempt_at"),
        _NEVER_REUSED,
    )

    id: int = Field(primary_key=True)
    kind: str
    subscriber_id: int = owner_column("subscriber", nullable=False, index=True)
    digest_id: int | None = owner_column("digest", index=True)
    address: str
    once: str = Field(unique=True)  # what must not be delivered twice: "digest:17", "confirm:3:1"
    state: str
    due_at: datetime = Field(index=True)
    attempts: int
    next_attempt_at: datetime
    lease_owner: str | None
    lease_until: datetime | None
    ended_at: datetime | None = Field(default=None, index=True)
    detail: str = Field(sa_type=Text)


class AttemptRow(Base, table=True):
    __tablename__ = "attempt"

    id: int = Field(primary_key=True)
    delivery_id: int = owner_column("delivery", nullable=False, index=True)
    at: datetime
    seconds: float
    outcome: str
    phase: str
    code: int
    enhanced: str
    text: str = Field(sa_type=Text)


class SuppressionRow(Base, table=True):
    __tablename__ = "suppression"

    address_hash: str = Field(primary_key=True)
    reason: str
    created_at: datetime


class BounceRow(Base, table=True):
    """One report of a failure or complaint; the id is the message's, so that it counts once."""

    __tablename__ = "bounce"

    id: str = Field(primary_key=True)
    at: datetime = Field(index=True)
    kind: str
    subscriber_id: int | None = owner_column("subscriber", index=True)  # None: nothing proved it
    delivery_id: int | None = owner_column("delivery", index=True)
    enhanced: str
    text: str = Field(sa_type=Text)
    gave_up: bool  # whether it made us stop mailing the address


class FeedbackRow(Base, table=True):
    __tablename__ = "feedback"

    subscriber_id: int = owner_column("subscriber", primary_key=True)
    paper_id: int = owner_column("paper", primary_key=True, index=True)
    profile_id: int | None = Field(
        sa_column=Column(Integer, ForeignKey("profile.id", ondelete="SET NULL"), index=True)
    )
    verdict: str
    given_at: datetime = Field(index=True)


class DampedRow(Base, table=True):
    """A paper of a day that brought a reader too many alike."""

    __tablename__ = "damped"

    subscriber_id: int = owner_column("subscriber", primary_key=True)
    paper_id: int = owner_column("paper", primary_key=True, index=True)
    profile_id: int | None = Field(
        sa_column=Column(Integer, ForeignKey("profile.id", ondelete="SET NULL"), index=True)
    )
    damped_at: datetime = Field(index=True)


class SavedRow(Base, table=True):
    """A paper on a reading list."""

    __tablename__ = "saved"

    subscriber_id: int = owner_column("subscriber", primary_key=True)
    paper_id: int = owner_column("paper", primary_key=True, index=True)
    saved_at: datetime = Field(index=True)
    version: int  # of the paper as its reader knows it
    doi: str  # likewise


class TapRow(Base, table=True):
    """The last time that a link of a mail did something; see ``taps``."""

    __tablename__ = "tap"

    subscriber_id: int = owner_column("subscriber", primary_key=True)
    paper_id: int = owner_column("paper", primary_key=True, index=True)
    action: str = Field(primary_key=True)  # "more", "less", "save"
    origin: str = Field(primary_key=True)  # "page", "button"
    at: datetime = Field(index=True)
    replaced_at: datetime | None


ATTEMPT = table(AttemptRow)
BATCH = table(BatchRow)
BOUNCE = table(BounceRow)
DELETED_NAME = table(DeletedNameRow)
DAMPED = table(DampedRow)
DELIVERY = table(DeliveryRow)
DIGEST = table(DigestRow)
FEEDBACK = table(FeedbackRow)
ITEM = table(DigestItemRow)
PAPER = table(PaperRow)
PAPER_FEATURE = table(PaperFeatureRow)
PAPER_NAME = table(PaperNameRow)
PROFILE = table(ProfileRow)
SAVED = table(SavedRow)
SOURCE = table(SourceRow)
SUBSCRIBER = table(SubscriberRow)
SUPPRESSION = table(SuppressionRow)
TAP = table(TapRow)
TEXT_FEATURE = table(TextFeatureRow)
