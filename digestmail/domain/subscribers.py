"""Subscribers, their profiles and what they say about papers."""

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import NamedTuple

from digestmail.domain.papers import Paper
from digestmail.domain.stored import Stored


class SubscriberStatus(StrEnum):
    """Where a subscriber stands; only ``active`` ones are mailed a digest."""

    PENDING = "pending"
    ACTIVE = "active"
    PAUSED = "paused"
    UNSUBSCRIBED = "unsubscribed"
    BOUNCED = "bounced"
    COMPLAINED = "complained"


class Verdict(StrEnum):
    """The word of a subscriber on a paper."""

    MORE = "more"
    LESS = "less"


class Layout(StrEnum):
    """The length at which a digest shows its papers."""

    FULL = "full"  # a list of all titles, the best papers at length, two lines for each other
    COMPACT = "compact"  # two lines for each paper
    TITLES = "titles"  # the list of titles alone


EVERY_DAY = frozenset(range(1, 8))


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """The hours and days of a subscriber's digest, in their own wall-clock time."""

    hour: int = 7  # 0..23
    timezone: str = "UTC"  # an IANA name
    weekdays: frozenset[int] = EVERY_DAY  # ISO: Monday is 1, Sunday is 7
    wait_hours: int = 3  # 0..MAX_WAIT_HOURS after the hour, that late papers may take
    send_empty: bool = False  # whether a day without papers gets a short mail that says why
    layout: Layout = Layout.FULL

    @property
    def is_weekly(self) -> bool:
        """Return whether one mail holds a week's papers."""
        return len(self.weekdays) == 1


# Of Score.value, to choose from: from few papers to many. The middle one is for who chose none: of
# what curators picked later it lets through four fifths, with six papers a day.
USUAL_NAME = "My papers"  # of a profile that nobody named: it heads papers, but says little
THRESHOLDS = (0.3, 0.2, 0.1, 0.05, 0.02)
THRESHOLD = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile(Stored):
    """One named interest of a subscriber.

    Hard rules: ``excluded_keywords``, ``_categories`` and ``_authors`` never appear; of
    ``required_keywords``, when given, a paper must have one; ``categories``, when given, are the
    only ones wanted (a paper that names none passes); ``authors`` followed appear whatever else,
    unless excluded.
    """

    id: int | None = None
    subscriber_id: int | None = None
    name: str = USUAL_NAME
    keywords: tuple[str, ...] = ()  # a quoted one matches exactly, others also in the plural
    required_keywords: tuple[str, ...] = ()
    excluded_keywords: tuple[str, ...] = ()
    interests: str = ""
    categories: tuple[str, ...] = ()
    excluded_categories: tuple[str, ...] = ()
    authors: tuple[str, ...] = ()
    excluded_authors: tuple[str, ...] = ()
    seed_papers: tuple[str, ...] = ()  # canonical keys
    max_papers: int = 10
    threshold: float = THRESHOLD  # of Score.value
    trending: int = 0  # 0..20 papers of a digest that come because many readers value them

    @property
    def is_empty(self) -> bool:
        """Return whether the profile names nothing, so that no paper can come of it."""
        return not (self.names_interest or self.categories or self.trending)

    @property
    def is_trending_only(self) -> bool:
        """Return whether only trending papers come of it, perhaps limited to categories."""
        return self.trending > 0 and not self.names_interest

    @property
    def names_interest(self) -> bool:
        """Return whether there is anything but categories to judge papers by."""
        return bool(
            self.keywords
            or self.required_keywords
            or self.interests
            or self.authors
            or self.seed_papers
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscriber(Stored):
    """One address. ``next_due_at`` is None unless the subscriber is active."""

    id: int | None = None
    email: str
    status: SubscriberStatus = SubscriberStatus.PENDING
    language: str = "en"  # of the mails and pages, an RFC 5646 tag
    schedule: Schedule = field(default_factory=Schedule)
    profiles: tuple[Profile, ...] = ()
    created_at: datetime | None = None
    confirmed_at: datetime | None = None
    next_due_at: datetime | None = None
    papers_since: datetime | None = None  # when the papers of the last digest were read
    judged_arrival: int | None = None  # papers after this arrival have not been judged yet
    releases: int = 0  # how often papers of a digest became news again
    resume_on: date | None = None  # of a paused one: the local date from which mail comes again
    unsubscribe_serial: int = 0  # of the links to leave that are good: one for each subscription
    awaits_first_digest: bool = False  # which comes with the confirmation, whatever the hour

    @property
    def recipient(self) -> "Recipient":
        """Return the subscriber as a mail knows them."""
        room = min((profile.max_papers for profile in self.profiles), default=1)
        weekly = self.schedule.is_weekly
        return Recipient(
            self.stored_id,
            self.email,
            self.status,
            self.confirmed_at,
            weekly,
            room,
            self.unsubscribe_serial,
            self.language,
            self.schedule.layout,
        )


class Recipient(NamedTuple):
    """The addressee of a mail; a Subscriber takes five times as long to read."""

    id: int
    email: str
    status: SubscriberStatus
    confirmed_at: datetime | None
    is_weekly: bool
    most_papers: int  # that the profile wants which wants the fewest
    unsubscribe_serial: int = 0
    language: str = "en"  # an RFC 5646 tag
    layout: Layout = Layout.FULL


@dataclass(frozen=True, slots=True)
class Feedback:
    """A subscriber's word on a paper of one of their digests."""

    subscriber_id: int
    profile_id: int | None
    paper_id: int
    verdict: Verdict
    given_at: datetime


@dataclass(frozen=True, slots=True)
class DampedPaper:
    """A paper of which a subscriber had too many alike that day: mild feedback, soon forgotten."""

    subscriber_id: int
    profile_id: int | None
    paper_id: int
    damped_at: datetime


@dataclass(frozen=True, slots=True)
class SavedPaper:
    """A paper on a subscriber's reading list."""

    paper: Paper
    saved_at: datetime
