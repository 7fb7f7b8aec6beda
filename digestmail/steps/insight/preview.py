"""What a profile would have brought in the last days: for visitors who are still choosing."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from digestmail.domain import DigestItem, Interest, Paper, Profile
from digestmail.steps.daily.plan import merged
from digestmail.steps.insight.recent_model import RecentModel, day_of
from digestmail.steps.insight.suggestions import suggested_keywords
from digestmail.text import readable

if TYPE_CHECKING:
    from digestmail.relevance.features.keyword_index import KeywordHits

LISTED = 10  # papers of a preview
_MAX_PICKED = 100  # of a week: a profile that brings more is too broad anyway
_FULL = 0.8  # of all room in the mails: then a profile asks for too much


@dataclass(frozen=True, slots=True)
class Preview:
    """What a profile would have got: the best papers, and how many there would have been.

    ``fitting`` counts what the mails would have held, one on each of ``days`` days or a single
    weekly one; ``judged`` are all papers of the week. ``suggestions`` are keywords that the
    examples have in common.
    """

    items: tuple[DigestItem, ...] = ()
    fitting: int = 0
    days: int = 0
    judged: int = 0
    suggestions: tuple[str, ...] = ()
    keywords: tuple["KeywordHits", ...] = ()  # in how many papers of the week each stands
    ambiguous: tuple[tuple[str, int], ...] = ()  # followed names that fit too many people

    @property
    def a_day(self) -> int:
        """Return how many papers a mail would have held, about; at least 1 if there were any."""
        return max(round(self.fitting / max(self.days, 1)), 1 if self.fitting else 0)

    def is_broad(self, profile: Profile) -> bool:
        """Return whether most mails would have been as full as they may be."""
        room = min(profile.max_papers * self.days, _MAX_PICKED)
        return self.days > 0 and self.fitting >= room * _FULL and profile.max_papers > 1


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
    if profile.is_empty:
        return empty
    picked = min(profile.max_papers * max(recent.days, 1), _MAX_PICKED)
    wide = replace(profile, max_papers=max(picked, LISTED))
    base = interest or Interest(profile=profile)
    wide_interest = replace(base, profile=wide, seeds=tuple(seeds), blocked=base.blocked | blocked)
    (scores,) = recent.score([wide_interest])
    items = merged([(profile, scores)], recent.papers)
    days = Counter(None if weekly else day_of(item.paper) for item in items)
    pinned = Counter(None if weekly else day_of(item.paper) for item in items if item.pinned)
    room = profile.max_papers  # followed authors may go beyond it
    fitting = sum(max(min(count, room), pinned[day]) for day, count in days.items())
    listed = tuple(map(_without_likeness_to_itself, items[:LISTED]))
    return replace(empty, items=listed, fitting=fitting)


def _without_likeness_to_itself(item: DigestItem) -> DigestItem:
    """Drop the reason that a paper resembles itself: its owner has liked it before."""
    itself = (readable(item.paper.title),)
    return item._replace(reasons=tuple(r for r in item.reasons if r.details != itself))
