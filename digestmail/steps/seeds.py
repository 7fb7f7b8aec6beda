"""Seed papers that no source brought: asked of arXiv by their ids, so that profiles can learn."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from digestmail.domain import Paper
from digestmail.store import Store
from digestmail.store.papers import SEEDS

MOST = 100  # asked at a time
_ASK_AGAIN = timedelta(days=7)  # of an id that arXiv does not know
_UNKNOWN = "unknown-seeds"  # the note of ids that arXiv did not know, with when to ask again
_LONG_AGO = datetime(1991, 8, 14, tzinfo=UTC)  # when arXiv began
Lookup = Callable[[Sequence[str]], Mapping[str, Paper]]


def fetch_seeds(store: Store, lookup: Lookup, now: datetime) -> int:
    """Store the arXiv papers that profiles name and nobody has; returns how many came.

    They are stored as seen when they were published: a reader's example is no news to anybody.
    """
    named = {key for key in store.subscribers.seed_papers() if key.startswith("arxiv:")}
    missing = sorted(named - set(store.papers.by_keys(named)))
    noted = store.guards.noted(_UNKNOWN)
    unknown = json.loads(noted[0]) if noted else {}
    wanted = [key for key in missing if unknown.get(key, "") < now.isoformat()][:MOST]
    if not wanted:
        return 0
    found = lookup([key.removeprefix("arxiv:") for key in wanted])
    until = (now + _ASK_AGAIN).isoformat()
    strange = {key: until for key in wanted if key.removeprefix("arxiv:") not in found}
    still = {key: when for key, when in unknown.items() if key in missing}
    store.guards.note(_UNKNOWN, json.dumps(still | strange), now)
    for paper in found.values():
        published = paper.published_at or _LONG_AGO
        store.papers.add([replace(paper, source=SEEDS)], min(published, now))
    return len(found)
