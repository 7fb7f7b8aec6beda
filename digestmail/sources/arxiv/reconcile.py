"""Whether a day's announcement is complete: arXiv's feed and OAI-PMH compared, without a network.

The feed is built once and has missed papers of single categories, or stayed at the day before;
OAI-PMH fills up in the hours after an announcement. The announcement is complete when both agree,
or when OAI-PMH answers the same twice.
"""

import hashlib
from collections.abc import Collection, Mapping, Set
from dataclasses import dataclass, field
from datetime import date

from digestmail.domain import BatchState, Paper
from digestmail.sources.arxiv.feed import FeedSummary
from digestmail.sources.normalise.identifiers import arxiv_order

_CATEGORY_LIMIT = 3  # in a reason


@dataclass(slots=True)
class Harvest:
    """The papers in OAI-PMH: their primary category by key, and the keys of the new ones.

    ``new`` holds those selected that seem to be announced on the day in question.
    """

    primaries: dict[str, str] = field(default_factory=dict)
    new: set[str] = field(default_factory=set)

    @property
    def fingerprint(self) -> str:
        """A hash of the keys in ``new``."""
        return hashlib.sha256("\n".join(sorted(self.new)).encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Decision:
    """The state of a day's announcement, and the reason; see Batch."""

    state: BatchState
    reason: str = ""


def decide(
    day: date, feed: FeedSummary, oai: Harvest, *, earlier: str = "", feed_failed: bool = False
) -> Decision:
    """Judge the announcement of ``day``.

    ``earlier`` is the fingerprint of an earlier harvest for this day. ``feed_failed``: ``feed`` is
    an older one, since today's could not be read.
    """
    unconfirmed, missing = _differences(day, feed, oai)
    repeated = oai.fingerprint == earlier
    agreed = feed.day == day and not missing and bool(feed.new or oai.new or repeated)
    outweighed = bool(oai.new) and repeated
    if unconfirmed or not (agreed or outweighed):
        return Decision(BatchState.OPEN, _why_open(day, feed, oai, feed_failed=feed_failed))
    if agreed:
        return Decision(BatchState.COMPLETE)
    return Decision(BatchState.COMPLETE, _why_outweighed(day, feed, oai, feed_failed=feed_failed))


def _differences(day: date, feed: FeedSummary, oai: Harvest) -> tuple[Set[str], Set[str]]:
    """Return the feed's new papers that OAI-PMH lacks, and those that the feed lacks."""
    if feed.day != day:
        return frozenset(), oai.new
    return feed.new - oai.primaries.keys(), oai.new - feed.keys


# --- reasons ---------------------------------------------------------------------------------


def _why_open(day: date, feed: FeedSummary, oai: Harvest, *, feed_failed: bool) -> str:
    unconfirmed, missing = _differences(day, feed, oai)
    if unconfirmed:
        return f"OAI-PMH lacks {len(unconfirmed):,} of the feed's {_count(feed.new, 'new ')}"
    if feed.day == day and missing:
        return f"the feed lacks {_count_by_category(missing, oai)}, which OAI-PMH has"
    if feed.day == day:
        return f"neither the feed nor OAI-PMH has new papers of {day} so far"
    has = _count(oai.new, "new ") if oai.new else "nothing"
    return f"{_feed_now(feed, feed_failed=feed_failed)} and OAI-PMH has {has} of {day}"


def _feed_now(feed: FeedSummary, *, feed_failed: bool) -> str:
    if feed_failed:
        return "the feed could not be read"
    return f"the feed still has {feed.day}" if feed.day else "the feed is empty so far"


def _why_outweighed(day: date, feed: FeedSummary, oai: Harvest, *, feed_failed: bool) -> str:
    if feed.day == day:
        return f"the feed lacked {_count_by_category(oai.new - feed.keys, oai)}, which OAI-PMH had"
    if feed_failed:
        return "the feed could not be read"
    return f"the feed still had {feed.day}" if feed.day else "the feed was empty"


def _count_by_category(keys: Collection[str], oai: Harvest) -> str:
    """Return such as ``16 papers of cs.AI and cs.LG``."""
    codes = sorted({oai.primaries[key] or "no category" for key in keys})
    names = codes if len(codes) <= _CATEGORY_LIMIT else [*codes[: _CATEGORY_LIMIT - 1], "others"]
    listed = " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))
    return f"{_count(keys)} of {listed}"


def _count(keys: Collection[str], kind: str = "") -> str:
    return f"{len(keys):,} {kind}paper{'' if len(keys) == 1 else 's'}"


# --- watermarks ------------------------------------------------------------------------------


def is_newer(paper: Paper, newest: Mapping[str, str]) -> bool:
    """Return whether ``paper`` came after the newest one known of its primary category.

    arXiv gives identifiers out at announcement. One that is not newer was announced before,
    and has been edited since.
    """
    mark = newest.get(primary(paper))
    return mark is None or arxiv_order(paper.key) > arxiv_order(mark)


def is_news(paper: Paper, first_key: str, newest: Mapping[str, str]) -> bool:
    """Return whether a record of OAI-PMH is of a paper announced since ``first_key``.

    An older one was edited. A later version is news where all versions came since the newest key
    known of any category: between two fetches, or where the feed lacked the first.
    """
    order = arxiv_order(paper.key)
    if paper.announced_on:
        return order >= arxiv_order(first_key)
    return bool(newest) and order > max(map(arxiv_order, newest.values()))


def first_key(keys: Collection[str]) -> str:
    """Return the key with which a source begins: below three quarters of its first day's ``keys``.

    The lowest may be of papers that were held back, or edited on that day.
    """
    return sorted(keys, key=arxiv_order)[len(keys) // 4]


def updated_newest(
    newest: Mapping[str, str], day: date, feed: FeedSummary, oai: Harvest
) -> dict[str, str]:
    """Return the newest key of each primary category once ``day`` is settled."""
    of_feed = feed.new & oai.primaries.keys() if feed.day == day else frozenset()
    marks = dict(newest)
    for key in oai.new | of_feed:
        category = oai.primaries[key]
        marks[category] = max(marks.get(category, key), key, key=arxiv_order)
    return marks


def primary(paper: Paper) -> str:
    """Return the primary category; empty where the paper has none."""
    return paper.categories[0] if paper.categories else ""
