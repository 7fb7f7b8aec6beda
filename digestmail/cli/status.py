"""status: what happened today, what is next, and what is wrong."""

import sys
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING, Any

from digestmail.cli.output import ago, echo, print_json, print_table
from digestmail.cli.shell import Json, open_job_queue, opened
from digestmail.cli.sources import result_of
from digestmail.domain import DeliveryState
from digestmail.steps.daily.endpoint_state import EndpointStatus
from digestmail.steps.daily.health import Trouble
from digestmail.steps.daily.status import Status
from digestmail.store import Unsent

if TYPE_CHECKING:
    from digestmail.cluster.queue import QueueState

_LISTED_STATES = (
    DeliveryState.SENT,
    DeliveryState.DEFERRED,
    DeliveryState.FAILED,
    DeliveryState.UNKNOWN,
)


def status(as_json: Json = False) -> None:
    """Show sources, today's digests by outcome and the next run; exit code 1 on a problem."""
    with opened() as app:
        now = app.status()
        queue = open_job_queue(app) if app.settings.cluster.enabled else None
        queues, workers = (queue.states(), queue.workers()) if queue else ([], 0)
    if as_json:
        cluster = {"workers": workers, "queues": [asdict(state) for state in queues]}
        print_json(plain(now) | ({"cluster": cluster} if queue else {}))
    else:
        _print(now)
        if queue:
            _print_cluster(queues, workers)
    end_in_trouble(now.troubles)


def _print_cluster(queues: "Sequence[QueueState]", workers: int) -> None:
    echo(f"Workers: {workers}")
    for state in queues:
        lag = f", the oldest for {state.lag.total_seconds():.0f} s" if state.waiting else ""
        counts = f"{state.waiting} waiting{lag}, {state.running} running, {state.failed} failed"
        echo(f"  queue {state.name}: {counts}")


def end_in_trouble(troubles: Sequence[Trouble]) -> None:
    """Print each trouble on standard error, and end with exit code 1 if there is one."""
    for trouble in troubles:
        line = " ".join(trouble.text.split())
        print(f"error: {line}", file=sys.stderr)  # noqa: T201
    if troubles:
        sys.exit(1)


def plain_troubles(troubles: Sequence[Trouble]) -> list[dict[str, str]]:
    """Return troubles for scripts."""
    return [{"kind": trouble.kind, "text": trouble.text} for trouble in troubles]


def plain_reasons(unsent: Sequence[Unsent]) -> list[dict[str, Any]]:
    """Return why mails did not go, for scripts."""
    return [{"state": str(u.state), "why": u.why, "number": u.number} for u in unsent]


def show_reasons(unsent: Sequence[Unsent]) -> None:
    """Print why mails were put off, failed or are unknown."""
    for reason in unsent:
        echo(f"  {reason.number} {reason.state}: {reason.why}")


def plain(status: Status) -> dict[str, Any]:
    """Return a status for scripts."""
    return {
        "at": status.at.isoformat(),
        "sources": [
            {
                "name": source.spec.name,
                "enabled": source.spec.enabled,
                "papers": source.papers,
                "last_new_at": source.last_new_at,
                "last_fetch_at": source.last_fetch_at,
                "next_fetch_at": source.next_fetch_at,
                "last_batch": source.last_report.new if source.last_report else 0,
                "error": source.last_report.error if source.last_report else "",
            }
            for source in status.sources
        ],
        "subscribers": {str(k): v for k, v in status.subscribers.items()},
        "today": {
            "due": status.due,
            "waiting": status.waiting,
            "waiting_for_papers": status.health.patient.number,
            "waiting_until": status.health.patient.last,
            "overdue": status.health.overdue_digests + status.health.overdue_mails,
            "unsent_why": plain_reasons(status.unsent),
            **{str(state): status.deliveries.get(state, 0) for state in DeliveryState},
            "skipped": sum(status.skipped.values()),
            "skipped_why": dict(status.skipped),
        },
        "letters": {str(state): count for state, count in status.letters.items()},
        "next_due_at": status.next_due_at,
        "next_fetch_at": status.next_fetch_at,
        "arxiv": status.arxiv,
        "summaries": plain_summaries(status.summaries) if status.summaries else None,
        "relay_trouble": status.relay_trouble,
        "refused_mail": status.refused_mail,
        "scheduler_runs": status.scheduler_runs,
        "troubles": plain_troubles(status.troubles),
    }


def plain_summaries(summaries: EndpointStatus) -> dict[str, Any]:
    """Return the state of the language model for scripts."""
    return {
        **asdict(summaries.use),
        "requests_per_day": summaries.requests_per_day,
        "trouble": summaries.trouble,
        "next_try_at": summaries.next_try_at,
    }


def summaries_line(summaries: EndpointStatus, now: datetime) -> str:
    """Return the state of the language model in one line."""
    use = summaries.use
    line = (
        f"Summaries today (UTC): {use.lines} written, {use.requests} of"
        f" {summaries.requests_per_day} requests, {use.tokens:,} tokens"
    )
    if summaries.trouble:
        again = ago(summaries.next_try_at, now) if summaries.next_try_at else "next time"
        line += f"; {summaries.trouble} (tries again {again})"
    return line


def _print(status: Status) -> None:
    _print_sources(status)
    counts = ", ".join(f"{number} {name}" for name, number in status.subscribers.items())
    echo(f"Subscribers: {counts or 'none yet'}")
    outcomes = ", ".join(f"{status.deliveries.get(state, 0)} {state}" for state in _LISTED_STATES)
    skipped = sum(status.skipped.values())
    echo(
        f"Today (UTC): {status.due} digests due: {outcomes}, {skipped} skipped, "
        f"{status.waiting - status.deliveries.get(DeliveryState.DEFERRED, 0)} waiting"
    )
    patient = status.health.patient
    if patient.number and patient.last:
        until = f"{patient.last:%H:%M} UTC"
        echo(f"  {patient.number} are waiting for late papers, until {until} at the latest")
    show_reasons(status.unsent)
    for why, count in status.skipped.items():
        echo(f"  {count} skipped: {why}")
    if status.letters:
        counts = ", ".join(f"{number} {state}" for state, number in status.letters.items())
        echo(f"Confirmation and link emails today: {counts}")
    if status.deliveries.get(DeliveryState.UNKNOWN):
        echo("  unknown: a sender stopped while sending these; they are not sent again")
    echo(f"Next digest: {ago(status.next_due_at, status.at) if status.next_due_at else 'none'}")
    echo(f"Next fetch: {ago(status.next_fetch_at, status.at) if status.next_fetch_at else 'none'}")
    if status.arxiv:
        echo(f"arXiv: {status.arxiv}")
    if status.summaries:
        echo(summaries_line(status.summaries, status.at))
    if status.refused_mail:
        echo(f"A receiving server refuses our email (see: bounce list): {status.refused_mail}")
    if not status.scheduler_runs:
        echo("No scheduler is running: start digestmail serve, or call digestmail run from cron")


def _print_sources(status: Status) -> None:
    rows = [
        (
            source.spec.name,
            source.papers,
            source.last_report.new if source.last_report else 0,
            ago(source.last_new_at, status.at),
            ago(source.last_fetch_at, status.at),
            result_of(source, status.at),
        )
        for source in status.sources
    ]
    columns = ("source", "papers", "last batch", "its age", "last fetch", "result")
    print_table("", columns, rows)
