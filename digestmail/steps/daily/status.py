"""What an operator asks first: what happened today, what is next, and what is wrong."""

import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from digestmail.domain import DeliveryState, Phase, SkipReason, SourceState, SubscriberStatus
from digestmail.render.environment import counted
from digestmail.sources.arxiv.announcement_calendar import next_announcement
from digestmail.steps.daily.batches import ARXIV, outlook
from digestmail.steps.daily.endpoint_state import EndpointStatus, endpoint_status
from digestmail.steps.daily.health import Health, Trouble, health
from digestmail.store import NoteName, Store, Unsent

_LATELY = timedelta(days=2)
_MOST_REASONS = 1000  # read of the database; those that differ in an address only are joined
_SHOWN_REASONS = 10
_PENDING = (
    DeliveryState.PLANNED,
    DeliveryState.LEASED,
    DeliveryState.ON_WIRE,
    DeliveryState.DEFERRED,
)
_UNSENT = (DeliveryState.DEFERRED, DeliveryState.FAILED, DeliveryState.UNKNOWN)
_ADDRESS = re.compile(r"\S*@\S*")
_DROPPED = (SkipReason.MISSED.value, SkipReason.TOO_LATE.value)
_DROPPED_MAIL = re.compile(r"hours late$")
_BROKEN_TEMPLATE = f"{Phase.RENDER}: "


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """A snapshot. "Today" is the UTC day of ``at``, and all that is still open from before."""

    at: datetime
    health: Health
    sources: list[SourceState]
    subscribers: Mapping[SubscriberStatus, int]
    deliveries: Mapping[DeliveryState, int]  # of today's digests
    letters: Mapping[DeliveryState, int]  # today's confirm mails and links
    unsent: list[Unsent]  # why mails were put off, failed or are unknown
    skipped: Mapping[str, int]  # today's digests that were not mailed, by the reason
    next_due_at: datetime | None  # of the digests whose hour is still to come
    next_fetch_at: datetime | None
    arxiv: str  # why there is nothing today, or when the next batch comes; "" without arXiv
    refused_mail: str  # what a receiver lately held against our mail, not against a subscriber
    unreadable_zones: Mapping[str, int]  # time zones that this machine does not know
    template_trouble: str  # why no mail can be composed; empty when the templates are sound
    summaries: EndpointStatus | None  # None where no language model writes lines

    @property
    def due(self) -> int:
        """Return how many digests were due today, whatever became of them."""
        mailed = sum(n for s, n in self.deliveries.items() if s is not DeliveryState.SKIPPED)
        return mailed + sum(self.skipped.values()) + self.health.due.number

    @property
    def waiting(self) -> int:
        """Return how many of those are still to be prepared or sent."""
        planned = sum(self.deliveries.get(state, 0) for state in _PENDING)
        return planned + self.health.due.number

    @property
    def scheduler_runs(self) -> bool:
        """Return whether a scheduler has been seen lately."""
        return self.health.scheduler_runs

    @property
    def relay_trouble(self) -> str:
        """Return what the relays in use last refused or failed with; empty when they work."""
        return self.health.relay_trouble

    @property
    def troubles(self) -> list[Trouble]:
        """Return everything that keeps, or kept, today's digests from their readers."""
        return [*self.health.troubles, *_mail_troubles(self), *_schedule_troubles(self)]


def _mail_troubles(status: Status) -> list[Trouble]:
    troubles = [Trouble("template", status.template_trouble)] if status.template_trouble else []
    troubles += [
        Trouble(
            "template", f"{counted(unsent.number, 'mail')} cannot be composed: {_cause(unsent)}"
        )
        for unsent in status.unsent
        if unsent.why.startswith(_BROKEN_TEMPLATE)
    ]
    if unknown := status.deliveries.get(DeliveryState.UNKNOWN, 0):
        text = f"{counted(unknown, 'digest')} may or may not have arrived"
        troubles.append(Trouble("unknown", f"{text}: see digestmail delivery list --state unknown"))
    dropped = sum(
        number
        for why, number in status.skipped.items()
        if why in _DROPPED or _DROPPED_MAIL.search(why)
    )
    if dropped:
        text = (
            f"{counted(dropped, 'digest')} dropped: the service was down, or the email was too late"
        )
        troubles.append(Trouble("dropped", text))
    return troubles


def _cause(unsent: Unsent) -> str:
    return unsent.why.removeprefix(_BROKEN_TEMPLATE).removeprefix("ConfigError: ")


def _schedule_troubles(status: Status) -> list[Trouble]:
    return [
        Trouble(
            "schedule",
            f"no digest for {counted(number, 'subscriber')} with the time zone “{zone}”, which is "
            "unknown on this machine; change it with digestmail subscriber edit",
        )
        for zone, number in status.unreadable_zones.items()
    ]


def status(
    store: Store,
    now: datetime,
    relays: Collection[str] = (),
    template_trouble: str = "",
    requests_per_day: int = 0,
) -> Status:
    """Ask the store; changes nothing.

    ``relays`` are the names of the configured relays, ``requests_per_day`` the budget of the
    language model, 0 without one.
    """
    start = now.replace(hour=0, minute=0, second=0, microsecond=0)
    end = start + timedelta(days=1)
    not_mailed = store.digests.count(start, end)
    counted = store.ledger.count(start, end)
    skipped = Counter({why: number for why, number in not_mailed.items() if why})
    skipped.update({why: n for digest, _, why, n in counted if digest and why})
    sources = store.sources.all()
    fetches = [s.next_fetch_at for s in sources if s.spec.enabled and s.next_fetch_at]
    refused = store.notes.read(NoteName.POLICY_BOUNCE)
    return Status(
        at=now,
        health=health(store, now, relays),
        sources=sources,
        subscribers=store.subscribers.count(),
        deliveries=_by_state(counted, digest=True),
        letters=_by_state(counted, digest=False),
        unsent=_unsent(store.overview.unsent(_UNSENT, start, end, _MOST_REASONS)),
        skipped=dict(skipped.most_common()),
        next_due_at=store.overview.next_due(now),
        next_fetch_at=min(fetches, default=None),
        arxiv=_arxiv(store, now) if any(s.spec.kind == ARXIV for s in sources) else "",
        refused_mail=refused[0] if refused and now - refused[1] < _LATELY else "",
        template_trouble=template_trouble,
        summaries=endpoint_status(store, now, requests_per_day) if requests_per_day else None,
        unreadable_zones={z: n for z, n in store.overview.timezones().items() if not _is_zone(z)},
    )


def _unsent(rows: Sequence[Unsent]) -> list[Unsent]:
    """Return the most frequent reasons, those joined that differ only in the address."""
    numbers: Counter[tuple[DeliveryState, str]] = Counter()
    for row in rows:
        numbers[row.state, _ADDRESS.sub("…", row.why)] += row.number
    return [
        Unsent(state, why, number) for (state, why), number in numbers.most_common(_SHOWN_REASONS)
    ]


def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


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
    if papers.missing is None:
        return f"complete; {coming}"
    day = f"{papers.missing:%A}, {papers.missing.day} {papers.missing:%B}"
    return f"late: arXiv's papers of {day} were incomplete{why}; {coming}"
