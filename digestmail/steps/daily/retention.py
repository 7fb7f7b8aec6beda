"""Step 5: delete what is older than the installation keeps, while everything else goes on."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from digestmail.store import Store


@dataclass(frozen=True, slots=True)
class RetentionRules:
    """How long rows are kept.

    Digests take their papers, deliveries and attempts with them. Papers stay longer while a digest
    or a reading list holds them, somebody gave feedback on them, or a profile names them.
    ``batch``: rows deleted in one transaction, some 10 ms. ``busy``: the share of the time that
    batches may take, so that other writers always get through.
    """

    digests: timedelta = timedelta(days=365)
    attempts: timedelta = timedelta(days=60)
    papers: timedelta = timedelta(days=730)
    feedback: timedelta = timedelta(days=1095)
    batch: int = 500
    busy: float = 0.5


@dataclass(slots=True)
class RetentionReport:
    """The rows deleted by one run, by what they are; those of a digest are not counted."""

    deleted: dict[str, int] = field(default_factory=dict)
    is_complete: bool = True  # whether nothing old is left

    def add(self, name: str, rows: int) -> None:
        """Count deleted rows."""
        if rows:
            self.deleted[name] = self.deleted.get(name, 0) + rows


def delete_old(
    store: Store,
    rules: RetentionRules,
    now: datetime,
    *,
    sleep: Callable[[float], object],
    is_over: Callable[[], bool],
    progress: Callable[[int], None],
    monotonic: Callable[[], float] = time.monotonic,
) -> RetentionReport:
    """Delete old rows in small batches until none is left or ``is_over``.

    Safe to stop anywhere, to run twice, and to run beside everything else.
    """
    report = RetentionReport()
    begun = monotonic()
    for name, rows in _batches(store, rules, now):
        report.add(name, rows)
        progress(sum(report.deleted.values()))
        if is_over():
            report.is_complete = False
            break
        sleep((monotonic() - begun) * (1 - rules.busy) / rules.busy)
        begun = monotonic()
    return report


def _batches(store: Store, rules: RetentionRules, now: datetime) -> Iterator[tuple[str, int]]:
    """Delete batch after batch; yield what its rows are and how many."""
    retention, size = store.retention, rules.batch
    kinds = (
        ("attempts", retention.delete_attempts, rules.attempts),
        ("digests", retention.delete_digests, rules.digests),
        ("other mails", retention.delete_letters, rules.digests),
        ("bounces", retention.delete_bounces, rules.digests),
        ("announcements", retention.delete_batches, rules.digests),
        ("feedback", retention.delete_feedback, rules.feedback),
    )
    for name, delete, age in kinds:
        while rows := delete(now - age, size):
            yield name, rows
    yield from _papers(store, now - rules.papers, size)


def _papers(store: Store, before: datetime, size: int) -> Iterator[tuple[str, int]]:
    seed_keys, after = store.retention.seed_keys(), 0
    while True:
        rows, last = store.retention.delete_papers(before, size, seed_keys, after)
        if last is None:
            return
        after = last
        yield "papers", rows
