"""Whether a day's announcement is whole: arXiv's feed and OAI-PMH compared, without a network.

The feed is built once and has missed papers of single categories, or stayed at the day before;
OAI-PMH fills up in the hours after an announcement. What both have is the announcement, and so is
what OAI-PMH answers twice.
"""

import hashlib
from collections.abc import Collection, Mapping, Set
from dataclasses import dataclass, field
from datetime import date

from digestmail.domain import BatchState, Paper
from digestmail.sources.arxiv.feed import Announced
from digestmail.sources.normalise.identifiers import arxiv_order

_NAMED = 3  # categories in a reason


@dataclass(slots=True)
class Harvest:
    """What OAI-PMH has: the primary category of each paper by key, and the keys of the new ones.

    ``fresh`` holds those wanted that seem to be announced on the day in question.
    """

    primaries: dict[str, str] = field(default_factory=dict)
    fresh: set[str] = field(default_factory=set)

    @property
    def fingerprint(self) -> str:
        """Equal for equal ``fresh`` keys."""
        return hashlib.sha256("\n".join(sorted(self.fresh)).encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Decision:
    """How far a day's announcement has come, and why it is as it is; see Batch."""

    state: BatchState
    reason: str = ""


def decide(
    day: date, feed: Announced, oai: Harvest, *, earlier: str = "", feed_failed: bool = False
) -> Decision:
    """Judge the announcement of ``day``.

    ``earlier`` is the fingerprint of an earlier harvest for this day, ``feed_failed`` tells that
    ``feed`` is an older one, since today's could not be read.
    """
    unconfirmed, missing = _differences(day, feed, oai)
    repeated = oai.fingerprint == earlier
    agreed = feed.day == day and not missing and bool(feed.new or oai.fresh or repeated)
    outweighed = bool(oai.fresh) and repeated
    if unconfirmed or not (agreed or outweighed):
        return Decision(BatchState.OPEN, _why_open(day, feed, oai, feed_failed=feed_failed))
    if agreed:
        return Decision(BatchState.COMPLETE)
    return Decision(BatchState.COMPLETE, _why_outweighed(day, feed, oai, feed_failed=feed_failed))


def _differences(day: date, feed: Announced, oai: Harvest) -> tuple[Set[str], Set[str]]:
    """The feed's new papers that OAI-PMH lacks, and those that the feed lacks."""
    if feed.day != day:
        return frozenset(), oai.fresh
    return feed.new - oai.primaries.keys(), oai.fresh - feed.keys


# --- reasons ---------------------------------------------------------------------------------


def _why_open(day: date, feed: Announced, oai: Harvest, *, feed_failed: bool) -> str:
    unconfirmed, missing = _differences(day, feed, oai)
    if unconfirmed:
        return f"OAI-PMH lacks {len(unconfirmed):,} of the feed's {_counted(feed.new, 'new ')}"
    if feed.day == day and missing:
        return f"the feed lacks {_told(missing, oai)}, which OAI-PMH has"
    if feed.day == day:
        return f"neither the feed nor OAI-PMH has new papers of {day} so far"
    has = _counted(oai.fresh, "new ") if oai.fresh else "nothing"
    return f"{_feed_now(feed, feed_failed=feed_failed)} and OAI-PMH has {has} of {day}"


def _feed_now(feed: Announced, *, feed_failed: bool) -> str:
    if feed_failed:
        return "the feed could not be read"
    return f"the feed still has {feed.day}" if feed.day else "the feed is empty so far"


def _why_outweighed(day: date, feed: Announced, oai: Harvest, *, feed_failed: bool) -> str:
    if feed.day == day:
        return f"the feed lacked {_told(oai.fresh - feed.keys, oai)}, which OAI-PMH had"
    if feed_failed:
        return "the feed could not be read"
    return f"the feed still had {feed.day}" if feed.day else "the feed was empty"


def _told(keys: Collection[str], oai: Harvest) -> str:
    """``16 papers of cs.AI and cs.LG``."""
    codes = sorted({oai.primaries[key] or "no category" for key in keys})
    shown = codes if len(codes) <= _NAMED else [*codes[: _NAMED - 1], "others"]
    listed = " and ".join(filter(None, (", ".join(shown[:-1]), shown[-1])))
    return f"{_counted(keys)} of {listed}"


def _counted(keys: Collection[str], kind: str = "") -> str:
    return f"{len(keys):,} {kind}paper{'' if len(keys) == 1 else 's'}"


# --- watermarks ------------------------------------------------------------------------------


def is_beyond(paper: Paper, newest: Mapping[str, str]) -> bool:
    """Whether ``paper`` came after the newest one known of its primary category.

    arXiv gives identifiers out at announcement. A paper that is not beyond was announced before,
    and has been edited since.
    """
    mark = newest.get(primary(paper))
    return mark is None or arxiv_order(paper.key) > arxiv_order(mark)


def is_news(paper: Paper, begun: str, newest: Mapping[str, str]) -> bool:
    """Whether a record of OAI-PMH tells of a paper that was announced since the source ``begun``.

    An older one was edited. A later version is news where all versions came since the newest key
    known of any category: while nobody looked, or where the feed lacked the first.
    """
    order = arxiv_order(paper.key)
    if paper.announced_on:
        return order >= arxiv_order(begun)
    return bool(newest) and order > max(map(arxiv_order, newest.values()))


def beginning(keys: Collection[str]) -> str:
    """Where a source begins whose first day announced ``keys``: below three quarters of them.

    The lowest may be of papers that were held back, or edited on that day.
    """
    return sorted(keys, key=arxiv_order)[len(keys) // 4]


def raised(newest: Mapping[str, str], day: date, feed: Announced, oai: Harvest) -> dict[str, str]:
    """The newest key of each primary category once ``day`` is settled."""
    of_feed = feed.new & oai.primaries.keys() if feed.day == day else frozenset()
    marks = dict(newest)
    for key in oai.fresh | of_feed:
        category = oai.primaries[key]
        marks[category] = max(marks.get(category, key), key, key=arxiv_order)
    return marks


def primary(paper: Paper) -> str:
    """The primary category; empty where the paper has none."""
    return paper.categories[0] if paper.categories else ""
