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
from digestmail.steps.reading import feedback, options
from digestmail.steps.reading.feedback import RatedPaper
from digestmail.steps.reading.options import Choice
from digestmail.store import Counted, LeaseName, Origin, Store, Tap

_MAX_SUBMISSIONS = 4  # of one mail in a RUSH; a quick reader needs two seconds for each
RUSH = timedelta(seconds=8)
HASTE = timedelta(seconds=5)  # nobody reads a page and presses the opposite button so fast
DOUBT = timedelta(minutes=10)
_READS = (SubscriberStatus.ACTIVE, SubscriberStatus.PAUSED)
_SAVED = "save"
_OPPOSITE = {Verdict.MORE: Verdict.LESS, Verdict.LESS: Verdict.MORE}


class Answer(StrEnum):
    """The outcome of a submission. Unless it is RECORDED the page's button has to be pressed."""

    RECORDED = "done"
    CONTRADICTED = "said-otherwise"  # the other word on that paper stands
    SCANNED = "scanned"  # as it seems


def submit_verdict(store: Store, paper: RatedPaper, verdict: Verdict, now: datetime) -> Answer:
    """Record a verdict that a page posted by itself; what was said before stands."""
    if not _may_tap(store, paper, now):
        return Answer.SCANNED
    previous = feedback.verdict_on(store, paper)
    if previous is None:
        return _record(store, paper, verdict, now)
    if previous.verdict is verdict:
        return Answer.RECORDED
    reader, paper_id = previous.subscriber_id, previous.paper_id
    if _is_tapped(store, reader, paper_id, previous.verdict, previous.given_at):
        return _doubt(store, paper, now - previous.given_at, now)
    return Answer.CONTRADICTED


def _record(store: Store, paper: RatedPaper, verdict: Verdict, now: datetime) -> Answer:
    _mark(store, paper, verdict, now)
    feedback.record_verdict(store, paper, verdict, now)
    ids = paper.digest.subscriber_id, paper.item.paper.stored_id
    if _is_tapped(store, *ids, _OPPOSITE[verdict], now):  # by another process at the same moment
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
    previous = feedback.verdict_on(store, paper)
    if previous is not None and previous.verdict is verdict:
        return Answer.RECORDED
    if previous and not turns_round and timedelta(0) <= now - previous.given_at <= HASTE:
        _refuse(store, paper, now, since=now - RUSH)
        return Answer.SCANNED
    _mark_press(store, paper, verdict, now, instead_of=previous)
    feedback.record_verdict(store, paper, verdict, now)
    return Answer.RECORDED


def press_save(store: Store, paper: RatedPaper, now: datetime) -> Answer:
    """Save a paper because a button was pressed; one that is saved stays as it is."""
    if not _may_press(store, paper, now):
        return Answer.SCANNED
    if not feedback.is_saved(store, paper):
        _mark_press(store, paper, _SAVED, now)
        store.saved.add(paper.digest.subscriber_id, paper.item.paper.stored_id, now)
    return Answer.RECORDED


def press_option(store: Store, paper: RatedPaper, choice: Choice, now: datetime) -> Answer:
    """Make a choice because a button was pressed; one that holds stays as it is."""
    if not _may_press(store, paper, now):
        return Answer.SCANNED
    if not options.is_chosen(store, paper, choice, now):
        options.apply(store, paper, choice, now)
        _mark_press(store, paper, choice.action, now)
    return Answer.RECORDED


def save(store: Store, paper: RatedPaper, now: datetime) -> Answer:
    """Save a paper because a page posted itself; one that is saved stays as it is."""
    if not _may_tap(store, paper, now):
        return Answer.SCANNED
    if feedback.is_saved(store, paper):
        return Answer.RECORDED
    _mark(store, paper, _SAVED, now)
    store.saved.add(paper.digest.subscriber_id, paper.item.paper.stored_id, now)
    return _stays(store, paper, now)


def withdraw_recent(store: Store, subscriber_id: int, now: datetime) -> None:
    """Take back the taps of the moment before a subscriber left: one visitor did both."""
    _take_back(store, subscriber_id, now - RUSH)


def is_reader(store: Store, subscriber_id: int) -> bool:
    """Return whether a subscriber's verdicts still count: not of one who has left."""
    reader = store.subscribers.get(subscriber_id)
    return reader is not None and reader.status in _READS


def _may_tap(store: Store, paper: RatedPaper, now: datetime) -> bool:
    if not is_reader(store, paper.digest.subscriber_id) or _is_scanned(store, paper, now):
        return False
    return _is_calm(store, paper, now)


def _may_press(store: Store, paper: RatedPaper, now: datetime) -> bool:
    """Return whether a button counts: in a scanned mail only one that was pressed alone."""
    last = Counted.PRESS.of(paper.digest.subscriber_id)
    before = store.rate_limits.window_start(last)
    store.rate_limits.allow(last, 1, timedelta(0), now)
    hasty = before is not None and timedelta(0) <= now - before <= RUSH
    if hasty and _is_scanned(store, paper, now):
        return False
    return _is_calm(store, paper, now)


def _is_calm(store: Store, paper: RatedPaper, now: datetime) -> bool:
    """Count a tap or press; False, and the last ones are taken back, once there is a rush."""
    if store.rate_limits.allow(
        Counted.SUBMISSION.of(paper.digest.stored_id), _MAX_SUBMISSIONS, RUSH, now
    ):
        return True
    _refuse(store, paper, now, since=now - RUSH)
    return False


def _stays(store: Store, paper: RatedPaper, now: datetime) -> Answer:
    """Return whether a tap stands: another process may have seen a rush meanwhile."""
    if not _is_scanned(store, paper, now):
        return Answer.RECORDED
    _take_back(store, paper.digest.subscriber_id, now - RUSH, _papers(paper))
    return Answer.SCANNED


def _doubt(store: Store, paper: RatedPaper, after: timedelta, now: datetime) -> Answer:
    """Judge more and less of one paper: a slip, or a scanner if at once or on a second paper."""
    if after > DOUBT:
        return Answer.CONTRADICTED
    if after > RUSH and store.rate_limits.allow(
        Counted.CONTRADICTION.of(paper.digest.stored_id), 1, DOUBT, now
    ):
        return Answer.CONTRADICTED
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
    return LeaseName.SCANNED.of(reader)


def _papers(paper: RatedPaper) -> set[int]:
    return {item.paper.stored_id for item in paper.digest.mailed_items}


def _take_back(
    store: Store, reader: int, since: datetime, papers: Collection[int] | None = None
) -> None:
    """Undo the taps since an instant, of some papers or all."""

    def is_undone(paper_id: int, action: str, at: datetime) -> bool:
        is_in_scope = at >= since and (papers is None or paper_id in papers)
        return is_in_scope and _is_tapped(store, reader, paper_id, action, at)

    for verdict in store.feedback.of([reader]):
        if is_undone(verdict.paper_id, verdict.verdict, verdict.given_at):
            feedback.undo(store, reader, verdict.paper_id)
    for saved in store.saved.of(reader):
        if is_undone(saved.paper.stored_id, _SAVED, saved.saved_at):
            store.saved.remove(reader, saved.paper.stored_id)


def _take_presses_back(store: Store, paper: RatedPaper, since: datetime) -> None:
    """Undo what buttons said in a burst, of the papers of its mail; what they replaced returns."""
    reader, papers = paper.digest.subscriber_id, _papers(paper)
    for verdict in store.feedback.of([reader]):
        press = store.taps.last(reader, verdict.paper_id, verdict.verdict, Origin.BUTTON)
        if verdict.paper_id not in papers or not _is_of(press, verdict.given_at, since):
            continue
        feedback.undo(store, reader, verdict.paper_id)
        if press is not None and press.replaced_at is not None:
            replaced = replace(verdict, verdict=_OPPOSITE[verdict.verdict])
            store.feedback.give(replace(replaced, given_at=press.replaced_at))
    for saved in store.saved.of(reader):
        paper_id = saved.paper.stored_id
        press = store.taps.last(reader, paper_id, _SAVED, Origin.BUTTON)
        if paper_id in papers and _is_of(press, saved.saved_at, since):
            store.saved.remove(reader, paper_id)
    _take_choices_back(store, paper, since)


def _take_choices_back(store: Store, paper: RatedPaper, since: datetime) -> None:
    """Undo the options that buttons chose in a burst, of the papers of its mail."""
    items = {item.paper.stored_id: item for item in paper.digest.mailed_items}
    for tap in store.taps.of(paper.digest.subscriber_id):
        choice = Choice.of_action(tap.action)
        if choice and tap.at >= since and tap.paper_id in items:
            options.undo(store, RatedPaper(paper.digest, items[tap.paper_id]), choice)


def _mark_press(
    store: Store, paper: RatedPaper, action: str, now: datetime, instead_of: Feedback | None = None
) -> None:
    """Record that a button is about to act, and what it replaces."""
    ids = paper.digest.subscriber_id, paper.item.paper.stored_id
    replaced_at = instead_of.given_at if instead_of else None
    store.taps.record(*ids, action, Origin.BUTTON, now, replaced_at)


def _mark(store: Store, paper: RatedPaper, action: str, now: datetime) -> None:
    """Record that a page is about to act by itself."""
    ids = paper.digest.subscriber_id, paper.item.paper.stored_id
    store.taps.record(*ids, action, Origin.PAGE, now)


def _is_tapped(store: Store, reader: int, paper_id: int, action: str, at: datetime) -> bool:
    """Return whether a page did by itself what was done then."""
    return _is_of(store.taps.last(reader, paper_id, action, Origin.PAGE), at)


def _is_of(tap: Tap | None, at: datetime, since: datetime | None = None) -> bool:
    """Return whether a tap did what was done then, at or after an instant."""
    # Not to the instant: the same link may have been opened twice at once.
    is_in_time = since is None or at >= since
    return tap is not None and is_in_time and abs(tap.at - at) <= RUSH
