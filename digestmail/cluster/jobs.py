"""The jobs of the queue: which are deferred at a tick, and what a worker does for each."""

import logging
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from digestmail.app import App
from digestmail.domain import DeliveryKind
from digestmail.scheduler import (
    bounce_tick,
    lines_tick,
    meaning_tick,
    report_ingest,
    retention_tick,
)
from digestmail.steps.daily.prepare import Share
from digestmail.store import LeaseName

log = logging.getLogger(__name__)


class Queue(StrEnum):
    """The queues, so that a worker may take some of them only."""

    INGEST = "ingest"
    PREPARE = "prepare"
    DELIVER = "deliver"
    UPKEEP = "upkeep"  # bounces, embeddings, retention


@dataclass(frozen=True, slots=True)
class ClusterParameters:
    """How the work of a morning is cut into jobs.

    ``share``: active subscribers to a job of prepare, some 5 s of a core, so that a worker that is
    killed costs little. ``mails``: waiting mails to a job of deliver, at most ``senders`` of them
    at a time, as relays take only so many connections.
    """

    share: int = 4_000
    mails: int = 2_000
    senders: int = 16


PARAMETERS = ClusterParameters()


class Job(NamedTuple):
    """A job: its queue, the task and its arguments. Of equal ``key`` one waits and one runs."""

    queue: Queue
    task: str
    arguments: dict[str, int | str]
    key: str


def due_jobs(
    app: App, name: LeaseName, parameters: ClusterParameters = PARAMETERS
) -> Iterator[Job]:
    """Yield the jobs that one tick of the scheduler's job ``name`` defers."""
    if name is LeaseName.INGEST:
        yield Job(Queue.INGEST, "tidy", {}, "tidy")
        for state in app.store.sources.due(app.clock()):
            source = state.spec.name
            yield Job(Queue.INGEST, "fetch", {"source": source}, f"fetch:{source}")
    elif name is LeaseName.DIGESTS:
        yield from _prepare_jobs(app, parameters)
        yield from deliver_jobs(app, parameters)
    else:
        yield Job(Queue.UPKEEP, "upkeep", {"name": str(name)}, str(name))


def _prepare_jobs(app: App, parameters: ClusterParameters) -> Iterator[Job]:
    """Yield a job for each share of the subscribers, if any is due.

    Shares depend on how many are active, not on how many are due: so they stay the same all
    morning, and no two jobs judge one subscriber.
    """
    subscribers = app.store.subscribers
    if not subscribers.count_due(app.clock()):
        return
    shares = max(math.ceil(subscribers.count_due(None) / parameters.share), 1)
    for number in range(shares):
        arguments: dict[str, int | str] = {"number": number, "of": shares}
        yield Job(Queue.PREPARE, "prepare", arguments, f"prepare:{number}/{shares}")


def deliver_jobs(app: App, parameters: ClusterParameters = PARAMETERS) -> Iterator[Job]:
    """Yield as many jobs of deliver as the waiting mails are worth."""
    if app.delivery.is_relay_resting():
        return
    waiting = app.store.ledger.count_waiting(app.clock(), tuple(DeliveryKind))
    for number in range(min(math.ceil(waiting / parameters.mails), parameters.senders)):
        yield Job(Queue.DELIVER, "deliver", {}, f"deliver:{number}")


# --- what a worker does ----------------------------------------------------------------------


def tidy(app: App) -> None:
    """Forget unconfirmed requests and old counters, and settle the days of arXiv."""
    app.prune()
    app.ingestor.settle()


def fetch(app: App, source: str) -> None:
    """Fetch a source, unless another worker does or it is not due any more."""
    if source in {state.spec.name for state in app.store.sources.due(app.clock())}:
        report_ingest(app.ingest([source]))


def prepare(app: App, number: int, of: int) -> None:
    """Prepare the digests of one share of the subscribers who are due."""
    report = app.prepare(share=Share(number, of))
    if report.digests or report.skipped:
        skipped = sum(report.skipped.values())
        log.info(
            "share %d of %d: prepared %d digests, skipped %d",
            number + 1,
            of,
            report.digests,
            skipped,
        )


def deliver(app: App) -> None:
    """Send what waits, beside the other workers that do."""
    report = app.deliver()
    if report.total:
        states = ", ".join(f"{count} {state}" for state, count in report.states.items())
        log.info("delivered: %s", states)


def upkeep(app: App, name: str) -> None:
    """Do one of the jobs beside the digests."""
    _UPKEEP[LeaseName(name)](app)


_UPKEEP: dict[LeaseName, Callable[[App], None]] = {
    LeaseName.MEANING: meaning_tick,
    LeaseName.RETENTION: retention_tick,
    LeaseName.LINES: lines_tick,
    LeaseName.BOUNCES: bounce_tick,
}
