"""Scores with their reasons, and the digests made of them."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import NamedTuple

from digestmail.domain.papers import Paper
from digestmail.domain.stored import Stored
from digestmail.domain.trending import TrendingBasis
from digestmail.i18n import N_


class ReasonKind(StrEnum):
    """The subject of a reason."""

    KEYWORD = "keyword"
    AUTHOR = "author"
    CATEGORY = "category"
    TERMS = "terms"
    FIELD = "field"
    THEME = "theme"  # of digests that an earlier model made
    MEANING = "meaning"
    SIMILAR = "similar"
    TRENDING = "trending"  # by upvotes
    READERS = "readers"  # trending by likes and saves of readers here
    CENTRAL = "central"  # trending where nothing is voted on
    EXPLORATION = "exploration"
    NEW_VERSION = "new-version"  # of a paper on the reading list
    PUBLISHED = "published"  # such a paper, elsewhere: the detail is its DOI there


REASON_MESSAGES = {
    ReasonKind.KEYWORD: N_("matches %(what)s"),
    ReasonKind.AUTHOR: N_("by %(what)s, who you follow"),
    ReasonKind.CATEGORY: N_("in %(what)s, which you chose"),
    ReasonKind.TERMS: N_("shares %(what)s with your profile"),
    ReasonKind.FIELD: N_("in %(what)s, like papers you liked"),
    ReasonKind.THEME: N_("close to what you read: %(what)s"),
    ReasonKind.MEANING: N_("close in meaning to “%(what)s”"),
    ReasonKind.SIMILAR: N_("like “%(what)s”, which you liked"),
    ReasonKind.TRENDING: N_("trending: %(what)s upvotes"),
    ReasonKind.READERS: N_("liked or saved by %(what)s readers here"),
    ReasonKind.CENTRAL: N_("central among %(what)s new papers"),
    ReasonKind.EXPLORATION: N_("something different: %(what)s"),
    ReasonKind.NEW_VERSION: N_("you saved it; now there is version %(what)s"),
    ReasonKind.PUBLISHED: N_("you saved it; now it is published: doi.org/%(what)s"),
}


class Reason(NamedTuple):  # not a dataclass, as a mail has 60 and those take 4 times as long
    """One thing that made a paper score, as the model's own arithmetic has it.

    ``details`` are the keywords, names, terms or titles; ``weight`` is this reason's part of the
    evidence, 0 of what counts by rule.
    """

    kind: ReasonKind
    details: tuple[str, ...]
    weight: float = 0.0

    @property
    def words(self) -> str:
        """Return the reason in words, for a reader."""
        return REASON_MESSAGES[self.kind] % {"what": _listed(self.details)}


def _listed(words: tuple[str, ...]) -> str:
    if len(words) < 2:
        return "".join(words)
    return ", ".join(words[:-1]) + " and " + words[-1]


class Strength(StrEnum):
    """The certainty of a score, in words."""

    STRONG = N_("strong match")
    GOOD = N_("good match")
    MAYBE = N_("maybe")


# The least scores of each. As scores are calibrated, of strong matches most are wanted, and of good
# ones every third.
STRONG_FROM = 0.5
GOOD_FROM = 0.2
TRENDING_REASONS = {
    ReasonKind.TRENDING: TrendingBasis.VOTES,
    ReasonKind.READERS: TrendingBasis.READERS,
    ReasonKind.CENTRAL: TrendingBasis.CENTRAL,
}
_BY_RULE = frozenset({ReasonKind.AUTHOR, ReasonKind.CATEGORY, *TRENDING_REASONS})


@dataclass(frozen=True, slots=True)
class Score:
    """A profile's relevance for one paper: ``paper`` is its position among the papers scored."""

    paper: int
    value: float  # in [0, 1]
    pinned: bool  # a followed author's: shown whatever its value
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class Part:
    """One summand of the evidence for or against a paper: what it is, and what it adds."""

    # "keyword", "term", "field", "like", "dislike", "text", "category", "trending", "age", "start"
    kind: str
    what: str
    weight: float


@dataclass(frozen=True, slots=True)
class Explanation:
    """A profile's whole sum for one paper.

    ``value`` is the score that the sum of all ``parts`` stands for; ``rules`` tells which hard
    rules speak, in words, such as "excluded: it has the keyword video".
    """

    value: float
    parts: tuple[Part, ...]
    rules: tuple[str, ...] = ()


class SkipReason(StrEnum):
    """Why a due digest is not mailed."""

    NO_PAPERS = "no-papers"  # nothing new was seen since the last digest
    QUIET_DAY = "quiet-day"  # the same, on a day without announcements
    SOURCE_LATE = "source-late"  # the same, and a source had not brought what was expected
    BELOW_THRESHOLD = "below-threshold"  # new papers, none good enough
    NOTHING_TRENDING = "nothing-trending"  # the same, for who asked for trending papers alone
    NO_PROFILE = "no-profile"  # the subscriber named no interest
    MISSED = "missed"  # the service was down at that day's hour
    TOO_LATE = "too-late"  # found due after the window of useful hours
    BAD_SCHEDULE = "bad-schedule"  # the subscriber's hour or time zone cannot be read


# Of these a subscriber may want a mail that says so.
EMPTY_DAYS = frozenset(
    {
        SkipReason.NO_PAPERS,
        SkipReason.QUIET_DAY,
        SkipReason.SOURCE_LATE,
        SkipReason.BELOW_THRESHOLD,
        SkipReason.NOTHING_TRENDING,
    }
)


class NoteKind(StrEnum):
    """What a reader should know of a day beside its papers."""

    QUIET_DAY = "quiet-day"  # details: none on a weekend; the evening's date, and the holiday
    PAPERS_MISSING = "papers-missing"  # details: the date of arXiv's papers that were not there
    SOURCE_LATE = "source-late"
    NOTHING_NEW = "nothing-new"
    NOTHING_TRENDING = "nothing-trending"


class DayNote(NamedTuple):
    """A note to the reader of a digest; it is put into words where it is shown."""

    kind: NoteKind
    details: tuple[str, ...] = ()


class ItemRole(StrEnum):
    """Why a paper is in a digest."""

    PICK = "pick"
    NEAREST = "nearest"  # on a day without picks: not good enough, but the best there was
    NEW_VERSION = "new-version"  # of a paper on the reading list, told once


class DigestItem(NamedTuple):
    """One paper of a digest, at its place."""

    position: int  # from 1
    paper: Paper
    profile_id: int | None
    profile_name: str
    score: float
    pinned: bool = False
    reasons: tuple[Reason, ...] = ()
    role: ItemRole = ItemRole.PICK

    @property
    def strength(self) -> Strength | None:
        """Return how sure the match is; None for a paper that is there by rule or to learn from."""
        kinds = {reason.kind for reason in self.reasons}
        if self.pinned or self.role is not ItemRole.PICK or ReasonKind.EXPLORATION in kinds:
            return None
        if kinds and kinds <= _BY_RULE:
            return None
        if self.score >= STRONG_FROM:
            return Strength.STRONG
        return Strength.GOOD if self.score >= GOOD_FROM else Strength.MAYBE

    @property
    def is_trending(self) -> bool:
        """Return whether the paper is there because it is trending, not because of a profile."""
        kinds = {reason.kind for reason in self.reasons}
        return bool(kinds) and kinds <= TRENDING_REASONS.keys()

    @property
    def makes_a_digest(self) -> bool:
        """Return whether the paper is reason enough to send a mail."""
        kinds = {reason.kind for reason in self.reasons}
        return self.strength is not Strength.MAYBE and ReasonKind.EXPLORATION not in kinds

    def plain(self) -> dict[str, object]:
        """Return the item as scripts are told it."""
        return {
            "key": self.paper.key,
            "title": self.paper.title,
            "profile": self.profile_name,
            "score": self.score,
            "reasons": [reason.words for reason in self.reasons],
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Digest(Stored):
    """One subscriber's papers for one local date. Unique (subscriber, date)."""

    id: int | None = None
    subscriber_id: int
    date: date
    due_at: datetime
    prepared_at: datetime
    papers_from: datetime | None = None  # the window of first_seen_at that was judged
    papers_until: datetime | None = None
    arrival_from: int | None = None  # the same in the order in which papers came
    arrival_until: int | None = None
    judged: int = 0  # new papers that were scored
    skip: SkipReason | None = None
    note: str = ""  # in words, of digests made before there were ``notes``
    notes: tuple[DayNote, ...] = ()
    items: tuple[DigestItem, ...] = ()  # the picks
    nearest: tuple[DigestItem, ...] = ()  # of a day without any
    new_versions: tuple[DigestItem, ...] = ()

    @property
    def mailed_items(self) -> tuple[DigestItem, ...]:
        """Return all papers that its mail shows, by position."""
        return (*self.items, *self.nearest, *self.new_versions)

    @property
    def trending_bases(self) -> tuple[TrendingBasis, ...]:
        """Return what its trending papers rest on; empty where it has none."""
        trending = [item for item in self.items if item.is_trending]
        kinds = {reason.kind for item in trending for reason in item.reasons}
        return tuple(basis for kind, basis in TRENDING_REASONS.items() if kind in kinds)
