"""Whether the service does its work: what monitors ask, and what counts as trouble."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from digestmail.render.environment import counted
from digestmail.steps.daily.batches import outlook
from digestmail.store import Backlog, FailingSource, LeaseName, NoteName, Store
from digestmail.worker import is_gone


@dataclass(frozen=True, slots=True)
class HealthLimits:
    """From when on something counts as trouble.

    ``overdue_after``: 100,000 digests take some 20 minutes to prepare, and their mails are put off
    for at most that long by other work. ``failures``: fetches of a source that fail in succession;
    a single failure often mends itself. ``run_lasts``: how long ``digestmail run`` from cron
    counts as a scheduler. ``relay_lasts``: a relay that nobody has tried since is not judged.
    """

    overdue_after: timedelta = timedelta(hours=1)
    failures: int = 2
    run_lasts: timedelta = timedelta(hours=1)
    relay_lasts: timedelta = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something that keeps digests from their readers; ``text`` says what and what to do."""

    kind: str  # "relay", "overdue", "source", "template", "unknown", "dropped", "schedule"
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """How the service stands at one moment."""

    at: datetime
    scheduler_runs: bool  # one has ticked lately, or ``digestmail run`` was called
    relay_trouble: str
    due: Backlog  # digests whose hour has come and that are not planned
    patient: Backlog  # those of them that wait for late papers; ``last``: until when
    overdue_digests: int
    overdue_mails: int
    failing_sources: tuple[FailingSource, ...]
    sources_fail: bool  # one of them so often in succession that it will not mend itself

    @property
    def is_overdue(self) -> bool:
        """Return whether digests or mails should have gone long ago."""
        return bool(self.overdue_digests or self.overdue_mails)

    @property
    def is_well(self) -> bool:
        """Return whether a monitor may rest."""
        troubled = self.relay_trouble or self.is_overdue or self.sources_fail
        return self.scheduler_runs and not troubled

    @property
    def troubles(self) -> list[Trouble]:
        """Return what is wrong, but for a scheduler that does not run while nothing is overdue."""
        troubles = []
        if self.relay_trouble:
            troubles.append(Trouble("relay", f"problem with the relay: {self.relay_trouble}"))
        if self.is_overdue:
            digests = counted(self.overdue_digests, "digest")
            text = f"overdue: {digests} and {counted(self.overdue_mails, 'mail')}"
            advice = (
                "" if self.scheduler_runs else "; no scheduler is running: start digestmail serve"
            )
            troubles.append(Trouble("overdue", text + advice))
        troubles += [
            Trouble("source", f"source {source.name} fails: {source.error}")
            for source in self.failing_sources
        ]
        return troubles


def health(
    store: Store,
    now: datetime,
    relays: Collection[str],
    limits: HealthLimits | None = None,
) -> Health:
    """Ask the store; changes nothing. ``relays`` are the names of the configured relays."""
    limits = limits or HealthLimits()
    late = now - limits.overdue_after
    papers = outlook(store, now)
    waits = papers.holds or papers.unsettled
    patient = store.overview.patient(now) if waits else Backlog()
    patient_and_late = store.overview.patient(now, due_by=late).number if waits else 0
    failing = store.overview.failing_sources()
    return Health(
        at=now,
        scheduler_runs=_scheduler_runs(store, now, limits),
        relay_trouble=_relay_trouble(store, now, relays, limits),
        due=store.overview.due(now),
        patient=patient,
        overdue_digests=store.overview.due(late).number - patient_and_late,
        overdue_mails=0
        if is_relay_resting(store, now)
        else store.overview.unsent_since(late).number,
        failing_sources=tuple(failing),
        sources_fail=any(source.failures >= limits.failures for source in failing),
    )


def note_run(store: Store, now: datetime) -> None:
    """Note that ``digestmail run`` did what a scheduler does."""
    store.notes.write(NoteName.RUN, now.isoformat(), now)


def note_relay_trouble(store: Store, relays: Collection[str], now: datetime) -> None:
    """Note of which relays the noted trouble is."""
    store.notes.write(NoteName.RELAYS, " ".join(relays), now)


def _scheduler_runs(
    store: Store,
    now: datetime,
    limits: HealthLimits,
    is_gone: Callable[[str], bool] = is_gone,
) -> bool:
    lease = store.leases.holder(LeaseName.DIGESTS)
    if lease is not None and lease.until >= now and not is_gone(lease.owner):
        return True
    run = store.notes.read(NoteName.RUN)
    return run is not None and abs(now - run[1]) <= limits.run_lasts


def _relay_trouble(
    store: Store, now: datetime, relays: Collection[str], limits: HealthLimits
) -> str:
    """Return the trouble of the relays in use; that of others does not matter any more."""
    noted = store.notes.read(NoteName.RELAY_TROUBLE)
    of = store.notes.read(NoteName.RELAYS)
    in_use = of is None or not set(of[0].split()).isdisjoint(relays)
    if noted is not None and in_use and abs(now - noted[1]) <= limits.relay_lasts:
        return noted[0]
    known = store.relays.troubles(now - limits.relay_lasts)
    return "; ".join(f"{name}: {text}" for name, text in known.items() if name in relays)


def is_relay_resting(store: Store, now: datetime) -> bool:
    """Return whether mails wait for a relay's own time, such as the next hour of its limit."""
    note = store.notes.read(NoteName.RELAY_REST)
    # A note of the future is of a clock that was set back.
    return note is not None and note[1] <= now < datetime.fromisoformat(note[0])
