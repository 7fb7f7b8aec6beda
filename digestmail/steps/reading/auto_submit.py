"""What readers say by the links of a mail, kept apart from what link scanners do with them.

A page that a person looks at posts its one form without being asked: a tap. Some scanners look
like people, and some press the button of every page; but they go through the links of a mail, at
once or in turn, and nobody means more and less of the same paper. What such a visitor's pages did
by themselves is taken back, and buttons have to be pressed for a while. What a button said stays,
unless it was pressed in the same burst.
"""

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime, timedelta
from enum import StrEnum

from digestmail.domain import Feedback, SubscriberStatus, Verdict
from digestmail.steps.reading import feedback
from digestmail.steps.reading.feedback import RatedPaper
from digestmail.store import Store

_MOST = 4  # taps and presses of one mail in a RUSH; a quick reader needs two seconds for each
RUSH = timedelta(seconds=8)
HASTE = timedelta(seconds=5)  # nobody reads a page and presses the opposite button so fast
DOUBT = timedelta(minutes=10)
_READS = (SubscriberStatus.ACTIVE, SubscriberStatus.PAUSED)
_SAVED = "save"
_OPPOSITE = {Verdict.MORE: Verdict.LESS, Verdict.LESS: Verdict.MORE}


class Answer(StrEnum):
    """What became of what a page posted by itself; but for DONE its button has to be pressed."""

    DONE = "done"
    SAID_OTHERWISE = "said-otherwise"  # the other word on that paper stands
    SCANNED = "scanned"  # as it seems


def give(store: Store, paper: RatedPaper, verdict: Verdict, now: datetime) -> Answer:
    """Record a verdict that a page posted by itself; what was said before stands."""
    if not _may_tap(store, paper, now):
        return Answer.SCANNED
    said = feedback.said(store, paper)
    if said is None:
        return _say(store, paper, verdict, now)
    if said.verdict is verdict:
        return Answer.DONE
    if _is_tapped(store, said.subscriber_id, said.paper_id, said.verdict, said.given_at):
        return _doubt(store, paper, now - said.given_at, now)
    return Answer.SAID_OTHERWISE


def _say(store: Store, paper: RatedPaper, verdict: Verdict, now: datetime) -> Answer:
    _mark(store, paper, verdict, now)
    feedback.give(store, paper, verdict, now)
    mine = paper.digest.subscriber_id, paper.item.paper.id or 0
    if _is_tapped(store, *mine, _OPPOSITE[verdict], now):  # by another process at the same moment
        return _doubt(store, paper, timedelta(0), now)
    return _stays(store, paper, now)


def press(
    store: Store, paper: RatedPaper, verdict: Verdict, now: datetime, *, turns_round: bool = False
) -> Answer:
    """Record a verdict that a button said, in place of what was said before.

    ``turns_round``: it stands on the page that thanks for the other word.
    """
    if not _may_press(store, paper, now):
        return Answer.SCANNED
    said = feedback.said(store, paper)
    if said is not None and said.verdict is verdict:
        return Answer.DONE
    if said and not turns_round and timedelta(0) <= now - said.given_at <= HASTE:
        _refuse(store, paper, now, since=now - RUSH)
        return Answer.SCANNED
    _mark_press(store, paper, verdict, now, instead_of=said)
    feedback.give(store, paper, verdict, now)
    return Answer.DONE


def press_save(store: Store, paper: RatedPaper, now: datetime) -> Answer:
    """Save a paper because a button was pressed; one that is saved stays as it is."""
    if not _may_press(store, paper, now):
        return Answer.SCANNED
    if not feedback.is_saved(store, paper):
        _mark_press(store, paper, _SAVED, now)
        store.saved.add(paper.digest.subscriber_id, paper.item.paper.id or 0, now)
    return Answer.DONE


def save(store: Store, paper: RatedPaper, now: datetime) -> Answer:
    """Save a paper because a page posted itself; one that is saved stays as it is."""
    if not _may_tap(store, paper, now):
        return Answer.SCANNED
    if feedback.is_saved(store, paper):
        return Answer.DONE
    _mark(store, paper, _SAVED, now)
    store.saved.add(paper.digest.subscriber_id, paper.item.paper.id or 0, now)
    return _stays(store, paper, now)


def left(store: Store, subscriber_id: int, now: datetime) -> None:
    """Take back the taps of the moment before a subscriber left: one visitor did both."""
    _take_back(store, subscriber_id, now - RUSH)


def is_reader(store: Store, subscriber_id: int) -> bool:
    """Whether a subscriber is still one whose words count: who has left says nothing more."""
    reader = store.subscribers.get(subscriber_id)
    return reader is not None and reader.status in _READS


def _may_tap(store: Store, paper: RatedPaper, now: datetime) -> bool:
    if not is_reader(store, paper.digest.subscriber_id) or _is_scanned(store, paper, now):
        return False
    return _is_calm(store, paper, now)


def _may_press(store: Store, paper: RatedPaper, now: datetime) -> bool:
    """Whether a button counts: of a mail that is being scanned only one pressed for itself."""
    last = f"pressed:{paper.digest.subscriber_id}"
    before = store.guards.counted(last)
    store.guards.allow(last, 1, timedelta(0), now)
    hasty = before is not None and timedelta(0) <= now - before <= RUSH
    if hasty and _is_scanned(store, paper, now):
        return False
    return _is_calm(store, paper, now)


def _is_calm(store: Store, paper: RatedPaper, now: datetime) -> bool:
    """Count a tap or press; False, and the last ones are taken back, once there is a rush."""
    if store.guards.allow(f"taps:{paper.digest.id}", _MOST, RUSH, now):
        return True
    _refuse(store, paper, now, since=now - RUSH)
    return False


def _stays(store: Store, paper: RatedPaper, now: datetime) -> Answer:
    """Whether a tap may stand; another process may have seen the rush while it was recorded."""
    if not _is_scanned(store, paper, now):
        return Answer.DONE
    _take_back(store, paper.digest.subscriber_id, now - RUSH, _papers(paper))
    return Answer.SCANNED


def _doubt(store: Store, paper: RatedPaper, after: timedelta, now: datetime) -> Answer:
    """More and less of one paper: a slip; at once, or on a second paper too, it is a scanner."""
    if after > DOUBT:
        return Answer.SAID_OTHERWISE
    if after > RUSH and store.guards.allow(f"doubts:{paper.digest.id}", 1, DOUBT, now):
        return Answer.SAID_OTHERWISE
    _refuse(store, paper, now, since=now - DOUBT)
    return Answer.SCANNED


def _refuse(store: Store, paper: RatedPaper, now: datetime, since: datetime) -> None:
    reader = paper.digest.subscriber_id
    _take_presses_back(store, paper, now - RUSH)
    store.leases.take(_lease(reader), "scanner", DOUBT, now, lambda _: False)
    _take_back(store, reader, since, _papers(paper))


def _is_scanned(store: Store, paper: RatedPaper, now: datetime) -> bool:
    lease = store.leases.holder(_lease(paper.digest.subscriber_id))
    return lease is not None and lease.until > now


def _lease(reader: int) -> str:
    return f"taps:{reader}"


def _papers(paper: RatedPaper) -> set[int]:
    return {item.paper.id or 0 for item in paper.digest.items}


def _take_back(
    store: Store, reader: int, since: datetime, papers: Collection[int] | None = None
) -> None:
    """Undo the taps since an instant, of some papers or all."""

    def is_meant(paper_id: int, what: str, at: datetime) -> bool:
        wanted = at >= since and (papers is None or paper_id in papers)
        return wanted and _is_tapped(store, reader, paper_id, what, at)

    for given in store.feedback.of([reader]):
        if is_meant(given.paper_id, given.verdict, given.given_at):
            feedback.undo(store, reader, given.paper_id)
    for kept in store.saved.of(reader):
        if is_meant(kept.paper.id or 0, _SAVED, kept.saved_at):
            store.saved.remove(reader, kept.paper.id or 0)


def _take_presses_back(store: Store, paper: RatedPaper, since: datetime) -> None:
    """Undo what buttons said in a burst, of the papers of its mail; what they replaced returns."""
    reader, papers = paper.digest.subscriber_id, _papers(paper)
    for given in store.feedback.of([reader]):
        key = _press(reader, given.paper_id, given.verdict)
        if given.paper_id not in papers or not _is_marked(store, key, given.given_at, since):
            continue
        feedback.undo(store, reader, given.paper_id)
        if _is_marked(store, f"{key}:instead", given.given_at, since):
            before = store.guards.counted(f"{key}:before")
            said = replace(given, verdict=_OPPOSITE[given.verdict])
            store.feedback.give(replace(said, given_at=before or given.given_at))
    for kept in store.saved.of(reader):
        paper_id = kept.paper.id or 0
        key = _press(reader, paper_id, _SAVED)
        if paper_id in papers and _is_marked(store, key, kept.saved_at, since):
            store.saved.remove(reader, paper_id)


def _mark_press(
    store: Store, paper: RatedPaper, what: str, now: datetime, instead_of: Feedback | None = None
) -> None:
    """Note that a button is about to act, and what it replaces."""
    key = _press(paper.digest.subscriber_id, paper.item.paper.id or 0, what)
    store.guards.allow(key, 1, timedelta(0), now)
    if instead_of is not None:
        store.guards.allow(f"{key}:instead", 1, timedelta(0), now)
        store.guards.allow(f"{key}:before", 1, timedelta(0), instead_of.given_at)


def _is_marked(store: Store, key: str, at: datetime, since: datetime) -> bool:
    marked = store.guards.counted(key)
    return marked is not None and at >= since and abs(marked - at) <= RUSH


def _press(reader: int, paper_id: int, what: str) -> str:
    return f"press:{reader}:{paper_id}:{what}"


def _mark(store: Store, paper: RatedPaper, what: str, now: datetime) -> None:
    """Note that a page is about to act by itself."""
    key = _tap(paper.digest.subscriber_id, paper.item.paper.id or 0, what)
    store.guards.allow(key, 1, timedelta(0), now)


def _is_tapped(store: Store, reader: int, paper_id: int, what: str, at: datetime) -> bool:
    """Whether a page did by itself what was done then."""
    # Not to the instant: the same link may have been opened twice at once.
    marked = store.guards.counted(_tap(reader, paper_id, what))
    return marked is not None and abs(marked - at) <= RUSH


def _tap(reader: int, paper_id: int, what: str) -> str:
    return f"tap:{reader}:{paper_id}:{what}"
