"""The batches that arXiv should have announced by now, their state, and the notes to readers."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from digestmail.domain import Batch, BatchState
from digestmail.sources.arxiv.announcement_calendar import (
    Announcement,
    announcement_for,
    expected_batch,
    local_day,
    quiet_day_reason,
    quiet_holiday,
)
from digestmail.store import Store

ARXIV = "arxiv"  # the kind of source that announces by a calendar
CUT_OFF = timedelta(hours=20)  # after its feed was due: arXiv's next announcement is made then
_BACK = timedelta(days=14)  # how far an arXiv source itself reads back
_UNHEARD = "no data arrived before the next announcement"
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Outlook:
    """How the day's papers stand, for those who are due.

    ``missing``: the date of arXiv's papers that had not all come, and ``reason`` why, for the
    operator. ``quiet`` tells why arXiv announces nothing today, empty when it does, and
    ``holiday`` its evening and name if it is one.
    """

    missing: date | None = None
    reason: str = ""
    quiet: str = ""
    holiday: tuple[date, str] | None = None
    holds: bool = False  # whether digests should wait for what is missing
    unsettled: bool = False  # whether "no new papers" may yet turn out wrong


def outlook(store: Store, now: datetime) -> Outlook:
    """Return how the papers stand now."""
    sources = _arxiv_sources(store)
    expected = expected_batch(now)
    noted = [_noted(store, name, expected.announced_on) for name in sources]
    late = [b for b in noted if b.state in (BatchState.OPEN, BatchState.INCOMPLETE)]
    return Outlook(
        missing=expected.announced_on if late else None,
        reason=late[0].reason if late else "",
        quiet=(quiet_day_reason(local_day(now)) or "") if sources else "",
        holiday=quiet_holiday(local_day(now)),
        holds=any(batch.state is BatchState.OPEN for batch in late),
        unsettled=store.sources.may_bring_more(now),
    )


def _arxiv_sources(store: Store) -> list[str]:
    states = store.sources.all()
    return [s.spec.name for s in states if s.spec.kind == ARXIV and s.spec.enabled]


def _noted(store: Store, source: str, day: date) -> Batch:
    """Return what is noted of a day, open where nothing is."""
    batches = [batch for batch in store.batches.all(source, day) if batch.day == day]
    return batches[0] if batches else Batch(source=source, day=day, state=BatchState.OPEN)


# --- settling past days -----------------------------------------------------------------------


def settle(store: Store, now: datetime) -> list[Batch]:
    """Note the quiet days with their reasons, and end the wait for batches past their cut-off.

    Returns what is newly noted. Of the days since the last one noted, two weeks at most.
    """
    today = local_day(now)
    changed: list[Batch] = []
    for source in _arxiv_sources(store):
        known = {batch.day: batch for batch in store.batches.all(source, today - _BACK)}
        changed += _judged(source, known, today, now)
    if changed:
        store.batches.note(changed, now)
    return changed


def _judged(source: str, known: dict[date, Batch], today: date, now: datetime) -> Iterator[Batch]:
    day = min(known, default=today)
    while day <= today:
        old = known.get(day)
        if old is None or old.state is BatchState.OPEN or old.reason == _UNHEARD:
            new = _judge(source, day, old, known, now)
            if new is not None and new != old:
                yield new
        day += _DAY


def _judge(
    source: str, day: date, old: Batch | None, known: dict[date, Batch], now: datetime
) -> Batch | None:
    """Return the batch of a day, as far as the calendar and the days around it determine it."""
    reason = quiet_day_reason(day)
    if reason and old is None:
        return Batch(source=source, day=day, state=BatchState.QUIET, reason=reason)
    expected = announcement_for(day - _DAY) or Announcement(day - _DAY)
    later = [b.day for b in known.values() if b.day > day and b.state is BatchState.COMPLETE]
    if later:
        reason = f"read back from OAI-PMH with the batch of {min(later)}"
        return Batch(source=source, day=day, state=BatchState.COMPLETE, reason=reason)
    batch = old or Batch(source=source, day=day, state=BatchState.OPEN, reason=expected.doubt)
    if now >= expected.feed_at + CUT_OFF:
        return replace(batch, state=BatchState.INCOMPLETE, reason=_why_not(batch, expected))
    return batch if now >= expected.feed_at else None


def _why_not(batch: Batch, expected: Announcement) -> str:
    return batch.reason or expected.doubt or _UNHEARD
