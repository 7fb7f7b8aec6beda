"""What an operator asks first: what happened today, what is next, and what is wrong."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from digestmail.announcements import next_announcement
from digestmail.domain import DeliveryState, SourceState, SubscriberStatus
from digestmail.steps.batches import ARXIV, outlook
from digestmail.store import Store
from digestmail.store.leases import DIGESTS
from digestmail.worker import is_gone

_LATELY = timedelta(days=2)
_PENDING = (
    DeliveryState.PLANNED,
    DeliveryState.LEASED,
    DeliveryState.ON_WIRE,
    DeliveryState.DEFERRED,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """A snapshot. "Today" is the UTC day of ``at``, and all that is still open from before."""

    at: datetime
    sources: list[SourceState]
    subscribers: Mapping[SubscriberStatus, int]
    deliveries: Mapping[DeliveryState, int]  # of today's digests
    letters: Mapping[DeliveryState, int]  # today's confirm mails and links
    skipped: Mapping[str, int]  # today's digests that were not mailed, by the reason
    next_due_at: datetime | None
    next_fetch_at: datetime | None
    arxiv: str  # why there is nothing today, or when the next batch comes; "" without arXiv
    relay_trouble: str
    refused_mail: str  # what a receiver lately held against our mail, not against a subscriber
    scheduler: tuple[str, datetime] | None  # who runs it, and until when that is sure

    @property
    def due(self) -> int:
        """Digests that were due today, whatever became of them."""
        mailed = sum(n for s, n in self.deliveries.items() if s is not DeliveryState.SKIPPED)
        return mailed + sum(self.skipped.values())

    @property
    def waiting(self) -> int:
        """Of those, the ones still to be sent."""
        return sum(self.deliveries.get(state, 0) for state in _PENDING)

    @property
    def scheduler_runs(self) -> bool:
        """Whether a scheduler has been seen lately."""
        return self.scheduler is not None and self.scheduler[1] >= self.at


def status(store: Store, now: datetime) -> Status:
    """Ask the store; changes nothing."""
    start = now.replace(hour=0, minute=0, second=0, microsecond=0)
    end = start + timedelta(days=1)
    not_mailed = store.digests.count(start, end)
    counted = store.ledger.count(start, end)
    skipped = Counter({why: number for why, number in not_mailed.items() if why})
    skipped.update({why: n for digest, _, why, n in counted if digest and why})
    sources = store.sources.all()
    fetches = [s.next_fetch_at for s in sources if s.spec.enabled and s.next_fetch_at]
    trouble = store.guards.noted("relay-trouble")
    refused = store.guards.noted("policy-bounce")
    return Status(
        at=now,
        sources=sources,
        subscribers=store.subscribers.count(),
        deliveries=_by_state(counted, digest=True),
        letters=_by_state(counted, digest=False),
        skipped=dict(skipped.most_common()),
        next_due_at=store.subscribers.next_due(),
        next_fetch_at=min(fetches, default=None),
        arxiv=_arxiv(store, now) if any(s.spec.kind == ARXIV for s in sources) else "",
        relay_trouble=trouble[0] if trouble else "",
        refused_mail=refused[0] if refused and now - refused[1] < _LATELY else "",
        scheduler=_scheduler(store),
    )


def _scheduler(store: Store) -> tuple[str, datetime] | None:
    lease = store.leases.holder(DIGESTS)
    return None if lease is None or is_gone(lease.owner) else (lease.owner, lease.until)


def _by_state(
    counted: Sequence[tuple[bool, DeliveryState, str, int]], *, digest: bool
) -> dict[DeliveryState, int]:
    numbers: Counter[DeliveryState] = Counter()
    for is_digest, state, _, number in counted:
        if is_digest is digest:
            numbers[state] += number
    return dict(numbers)


def _arxiv(store: Store, now: datetime) -> str:
    following = next_announcement(now).at
    coming = f"next announcement {following:%A, %d %b, %H:%M} UTC"
    papers = outlook(store, now)
    if papers.quiet:
        return f"nothing today ({papers.quiet}); {coming}"
    why = f" ({papers.reason})" if papers.reason else ""
    return f"late: {papers.missing}{why}; {coming}" if papers.missing else f"complete; {coming}"
