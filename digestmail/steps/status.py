"""What an operator asks first: what happened today, what is next, and what is wrong."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from digestmail.domain import DeliveryState, SkipReason, SourceState, SubscriberStatus
from digestmail.store import Store

_PENDING = (
    DeliveryState.PLANNED,
    DeliveryState.LEASED,
    DeliveryState.ON_WIRE,
    DeliveryState.DEFERRED,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """A snapshot. "Today" is the UTC day of ``at``."""

    at: datetime
    sources: list[SourceState]
    subscribers: Mapping[SubscriberStatus, int]
    deliveries: Mapping[DeliveryState, int]  # of today's digests
    skipped: Mapping[SkipReason, int]  # today's digests that were not mailed
    next_due_at: datetime | None
    next_fetch_at: datetime | None
    relay_trouble: str
    scheduler: tuple[str, datetime] | None  # who runs it, and until when that is sure

    @property
    def due(self) -> int:
        """Digests that were due today, whatever became of them."""
        return sum(self.deliveries.values()) + sum(self.skipped.values())

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
    digests = store.digests.count(start, end)
    sources = store.sources.all()
    fetches = [s.next_fetch_at for s in sources if s.spec.enabled and s.next_fetch_at]
    trouble = store.guards.noted("relay-trouble")
    return Status(
        at=now,
        sources=sources,
        subscribers=store.subscribers.count(),
        deliveries=store.ledger.count(start, end),
        skipped={SkipReason(why): count for why, count in digests.items() if why},
        next_due_at=store.subscribers.next_due(),
        next_fetch_at=min(fetches, default=None),
        relay_trouble=trouble[0] if trouble else "",
        scheduler=store.guards.leased("scheduler"),
    )
