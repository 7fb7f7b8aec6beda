"""What pages do by themselves when a link of a mail is opened, kept apart from link scanners.

A page that a person looks at posts its one form without being asked. Some scanners look like
people; but they open every link of a mail, at once or in turn, and nobody means more and less of
the same paper. What such a visitor did is taken back, and buttons have to be pressed for a while.
"""

from collections.abc import Collection
from datetime import datetime, timedelta

from digestmail.domain import SubscriberStatus, Verdict
from digestmail.steps import feedback
from digestmail.steps.feedback import Rated
from digestmail.store import Store

_MOST = 4  # taps of one mail in a RUSH; a quick reader needs two seconds for each
RUSH = timedelta(seconds=8)
DOUBT = timedelta(minutes=10)
_READS = (SubscriberStatus.ACTIVE, SubscriberStatus.PAUSED)


def give(store: Store, paper: Rated, verdict: Verdict, now: datetime) -> bool:
    """Record a verdict that a page posted by itself; False when its button has to be pressed.

    What was said before stands: another word on the same paper needs the button.
    """
    if not _may_tap(store, paper, now):
        return False
    reader = paper.digest.subscriber_id
    said = [f for f in store.subscribers.feedback([reader]) if f.paper_id == paper.item.paper.id]
    if not said:
        feedback.give(store, paper, verdict, now)
        return _stays(store, paper, now)
    if said[0].verdict is verdict:
        return True
    if now - said[0].given_at <= DOUBT:
        _doubt(store, paper, now)
    return False


def save(store: Store, paper: Rated, now: datetime) -> bool:
    """Save a paper because a page posted itself; False when its button has to be pressed."""
    if not _may_tap(store, paper, now):
        return False
    store.saved.add(paper.digest.subscriber_id, paper.item.paper.id or 0, now)
    return _stays(store, paper, now)


def left(store: Store, subscriber_id: int, now: datetime) -> None:
    """Take back what was said in the moment before a subscriber left: one visitor did both."""
    _take_back(store, subscriber_id, now - RUSH)


def _may_tap(store: Store, paper: Rated, now: datetime) -> bool:
    reader = store.subscribers.get(paper.digest.subscriber_id)
    if reader is None or reader.status not in _READS or _is_scanned(store, paper, now):
        return False
    if store.guards.allow(f"taps:{paper.digest.id}", _MOST, RUSH, now):
        return True
    _refuse(store, paper, now, since=now - RUSH)
    return False


def _stays(store: Store, paper: Rated, now: datetime) -> bool:
    """Whether a tap may stand; another process may have seen the rush while it was recorded."""
    if not _is_scanned(store, paper, now):
        return True
    _take_back(store, paper.digest.subscriber_id, now - RUSH, _papers(paper))
    return False


def _doubt(store: Store, paper: Rated, now: datetime) -> None:
    """More and less of the same paper: a slip, or with a second one the work of a scanner."""
    mine = {paper.item.paper.id or 0}
    _take_back(store, paper.digest.subscriber_id, now - DOUBT, mine)
    if not store.guards.allow(f"doubts:{paper.digest.id}", 1, DOUBT, now):
        _refuse(store, paper, now, since=now - DOUBT)


def _refuse(store: Store, paper: Rated, now: datetime, since: datetime) -> None:
    reader = paper.digest.subscriber_id
    store.guards.lease(_lease(reader), "scanner", now + DOUBT, now)
    _take_back(store, reader, since, _papers(paper))


def _is_scanned(store: Store, paper: Rated, now: datetime) -> bool:
    lease = store.guards.leased(_lease(paper.digest.subscriber_id))
    return lease is not None and lease[1] > now


def _lease(reader: int) -> str:
    return f"taps:{reader}"


def _papers(paper: Rated) -> set[int]:
    return {item.paper.id or 0 for item in paper.digest.items}


def _take_back(
    store: Store, reader: int, since: datetime, papers: Collection[int] | None = None
) -> None:
    """Undo verdicts and savings since an instant, of some papers or all."""
    for given in store.subscribers.feedback([reader]):
        if given.given_at >= since and (papers is None or given.paper_id in papers):
            feedback.undo(store, reader, given.paper_id)
    for kept in store.saved.of(reader):
        if kept.saved_at >= since and (papers is None or kept.paper.id in papers):
            store.saved.remove(reader, kept.paper.id or 0)
