"""Seed papers that no source brought: asked of arXiv by their ids, so that profiles can learn."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import islice

from digestmail.domain import Paper
from digestmail.store import Store

MOST = 100  # asked at a time
_ASK_AGAIN = timedelta(days=7)  # of an id that arXiv does not know
_LONG_AGO = datetime(1991, 8, 14, tzinfo=UTC)  # when arXiv began
Lookup = Callable[[Sequence[str]], Mapping[str, Paper]]


def fetch_seeds(store: Store, lookup: Lookup, now: datetime) -> int:
    """Store the arXiv papers that profiles name and nobody has; returns how many came.

    They are stored as seen when they were published: a reader's example is no news to anybody.
    """
    named = {key for key in store.subscribers.seed_papers() if key.startswith("arxiv:")}
    missing = sorted(named - set(store.papers.by_keys(named)))
    allow = store.guards.allow
    unasked = (key for key in missing if allow(f"seed:{key}", 1, _ASK_AGAIN, now))
    wanted = list(islice(unasked, MOST))
    if not wanted:
        return 0
    found = lookup([key.removeprefix("arxiv:") for key in wanted])
    for paper in found.values():
        published = paper.published_at or _LONG_AGO
        store.papers.add([replace(paper, source="seeds")], min(published, now))
    return len(found)
