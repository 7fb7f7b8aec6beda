"""What a profile would have brought in the last days: for visitors who are still choosing."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from digestmail.domain import DigestItem, Interest, Paper, Profile, ReasonKind
from digestmail.steps.daily.plan import merged
from digestmail.steps.insight.recent_model import RecentModel, day_of
from digestmail.steps.insight.suggestions import suggested_keywords
from digestmail.text import readable

if TYPE_CHECKING:
    from digestmail.relevance.features.keyword_index import KeywordHits

LISTED = 10  # papers of a preview


@dataclass(frozen=True, slots=True)
class PreviewLimits:
    """How far a preview counts, and which profile is broad.

    ``counted``: the matches that are counted, in a tenth of a second; of more nobody reads the
    emails. ``broad``: so many times as many matches as the emails hold; below that few papers are
    left out, and they are the weakest.
    """

    counted: int = 400
    broad: float = 2.0


LIMITS = PreviewLimits()


@dataclass(frozen=True, slots=True)
class Preview:
    """What a profile would have got: the best papers, and how many there would have been.

    ``matches`` counts the papers of the week that reach the profile's threshold, up to
    ``PreviewLimits.counted``; ``mailed`` those that the emails would have held, one email on
    each of ``days`` days or a single weekly one; ``judged`` are all papers of the week.
    ``suggestions`` are keywords that the examples have in common.
    """

    items: tuple[DigestItem, ...] = ()
    matches: int = 0
    mailed: int = 0
    days: int = 0
    judged: int = 0
    suggestions: tuple[str, ...] = ()
    keywords: tuple["KeywordHits", ...] = ()  # in how many papers of the week each stands
    ambiguous: tuple[tuple[str, int], ...] = ()  # followed names that fit too many people

    @property
    def a_day(self) -> int:
        """Return how many papers an email would have held, about; at least 1 if there were any."""
        return max(round(self.mailed / max(self.days, 1)), 1 if self.mailed else 0)

    @property
    def is_broad(self) -> bool:
        """Return whether the emails would have left out most of the papers that match."""
        return self.mailed > 0 and self.matches >= self.mailed * LIMITS.broad

    @property
    def is_counted(self) -> bool:
        """Return whether ``matches`` is the number of all papers that match."""
        return self.matches < LIMITS.counted


def preview(
    recent: RecentModel,
    profile: Profile,
    seeds: Sequence[Paper] = (),
    interest: Interest | None = None,
    *,
    weekly: bool = False,
) -> Preview:
    """Return what the profile would have got of the week's papers, its examples left out.

    ``interest`` has the papers that its owner liked and disliked, if there is an owner yet.
    """
    blocked = frozenset(recent.places[seed.key] for seed in seeds if seed.key in recent.places)
    seeds = [recent.with_private_key(seed) for seed in seeds]
    empty = Preview(
        days=min(recent.days, 1) if weekly else recent.days,
        judged=len(recent.papers),
        suggestions=suggested_keywords(recent, seeds, profile.keywords),
        keywords=recent.keyword_hits(profile),
        ambiguous=recent.ambiguous_authors(profile),
    )
    if not (profile.names_interest or profile.categories) or profile.is_trending_only:
        return empty
    wide = replace(profile, max_papers=LIMITS.counted)
    base = interest or Interest(profile=profile)
    wide_interest = replace(base, profile=wide, seeds=tuple(seeds), blocked=base.blocked | blocked)
    (scores,) = recent.score([wide_interest])
    items = merged([(profile, scores)], recent.papers)
    matching = [item for item in items if not _explores(item)]
    days = Counter(None if weekly else day_of(item.paper) for item in matching)
    pinned = Counter(None if weekly else day_of(item.paper) for item in matching if item.pinned)
    room = profile.max_papers  # followed authors may go beyond it
    mailed = sum(max(min(count, room), pinned[day]) for day, count in days.items())
    listed = tuple(map(_without_likeness_to_itself, items[:LISTED]))
    return replace(empty, items=listed, matches=len(matching), mailed=mailed)


def _explores(item: DigestItem) -> bool:
    return any(reason.kind is ReasonKind.EXPLORATION for reason in item.reasons)


def _without_likeness_to_itself(item: DigestItem) -> DigestItem:
    """Drop the reason that a paper resembles itself: its owner has liked it before."""
    itself = (readable(item.paper.title),)
    return item._replace(reasons=tuple(r for r in item.reasons if r.details != itself))
