"""ingest, prepare, deliver, run: the day's work by hand or from cron."""

import sys
from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from digestmail.app import App
from digestmail.cli.output import echo, print_json, progressing
from digestmail.cli.shell import Json, Processes, day_processes, opened
from digestmail.cli.status import end_in_trouble, plain_reasons, plain_troubles, show_reasons
from digestmail.cli.trial import run_dry
from digestmail.domain import SourceReport
from digestmail.errors import InputError
from digestmail.steps.daily.deliver import DeliveryReport
from digestmail.steps.daily.health import Trouble, note_run
from digestmail.steps.daily.prepare import PrepareReport
from digestmail.steps.daily.status import Status
from digestmail.stopping import stopped_by_signals

_LINES_SECONDS = 300.0  # of one run for lines by a language model; cron's next one goes on
_Day = Annotated[
    str,
    typer.Option(
        "--date", metavar="YYYY-MM-DD", help="Make everyone's digest for this local date."
    ),
]

_NoWait = Annotated[
    bool, typer.Option("--no-wait", help="Don't wait for papers that are late today.")
]


def ingest(
    names: Annotated[list[str] | None, typer.Argument(help="Sources to fetch now.")] = None,
    source: Annotated[
        list[str] | None, typer.Option(help="A source to fetch now; same as NAMES.")
    ] = None,
    since: Annotated[
        str,
        typer.Option(
            metavar="YYYY-MM-DD", help="Read past papers of an arXiv source, back to this date."
        ),
    ] = "",
    as_json: Json = False,
) -> None:
    """Fetch the sources that are due, or the named ones; exit code 1 if one failed."""
    chosen = [*(names or []), *(source or [])]
    with opened() as app:
        reports = _backfill(app, chosen, since) if since else _ingest(app, chosen)
        if as_json:
            print_json([_ingested(report) for report in reports])
        else:
            _print_ingested(reports)
        _embed(app)  # last: a model that cannot be used must not hide what was stored
    if any(report.error for report in reports):
        sys.exit(1)


def _ingest(app: App, names: list[str]) -> list[SourceReport]:
    with progressing("Reading papers") as progress:
        return app.ingest(names, progress)


def _embed(app: App) -> None:
    """Embed what came; an interruption loses nothing, as prepare or the next time goes on."""
    if ids := app.embeddings.lacking():
        with (
            progressing("Embedding papers", len(ids)) as progress,
            stopped_by_signals(app.stopping),
        ):
            app.embeddings.embed(ids, progress)


def _write_lines(app: App) -> None:
    """Have lines written for the next digests; whatever fails is shown by ``status``."""
    if app.settings.summaries.is_on:
        with progressing("Writing lines") as progress:
            app.summaries.write(progress, seconds=_LINES_SECONDS)


def _backfill(app: App, names: list[str], since: str) -> list[SourceReport]:
    if not names:
        raise InputError("--since", "name one source to read back, such as --source arxiv")
    first = parse_day(since)
    assert first is not None  # noqa: S101 - only an empty text is no date
    with progressing("Reading past days") as progress:
        return [app.ingestor.backfill(name, first, progress) for name in names]


def _ingested(report: SourceReport) -> dict[str, Any]:
    return {
        "source": report.source,
        "new": report.new,
        "updated": report.updated,
        "known": report.known,
        "bad": [{"where": record.where, "problem": record.problem} for record in report.bad],
        "error": report.error,
    }


def _print_ingested(reports: list[SourceReport]) -> None:
    if not reports:
        echo("No source is due. To fetch one now: digestmail ingest NAME")
    for report in reports:
        if not report.error or report.fetched:
            counts = f"{report.new} new, {report.updated} updated, {report.known} known"
            echo(f"{report.source}: {counts}, {len(report.bad)} bad")
        for record in report.bad[:10]:
            echo(f"  bad record at {record.where}: {record.problem}")
        if len(report.bad) > 10:
            echo(f"  … and {len(report.bad) - 10} more")
        if report.error:
            print(f"error: source {report.source}: {report.error}", file=sys.stderr)  # noqa: T201


def prune(as_json: Json = False) -> None:
    """Delete data that the settings no longer keep. The service does this every hour."""
    with (
        opened() as app,
        stopped_by_signals(app.stopping),
        progressing("Deleting old data") as progress,
    ):
        report = app.delete_old(progress)
    if as_json:
        print_json({"deleted": report.deleted, "complete": report.is_complete})
    else:
        counts = ", ".join(f"{count:,} {name}" for name, count in report.deleted.items())
        echo(f"Deleted {counts}." if counts else "Nothing is old enough to delete.")


def prepare(
    day: _Day = "",
    no_wait: _NoWait = False,
    processes: Processes = None,
    as_json: Json = False,
) -> None:
    """Score new papers and store the digests that are due."""
    with opened() as app, stopped_by_signals(app.stopping):
        prepared = _prepare(app, parse_day(day), processes, patient=not no_wait)
    if as_json:
        print_json(_prepared(prepared))
    else:
        _print_prepared(prepared)


def _prepare(app: App, day: date | None, processes: int | None, *, patient: bool) -> PrepareReport:
    with progressing("Preparing digests") as progress:
        return day_processes(app, processes).prepare(day, progress, patient=patient)


def _prepared(prepared: PrepareReport) -> dict[str, Any]:
    return {
        "digests": prepared.digests,
        "papers": prepared.papers,
        "waiting": prepared.waiting,
        "skipped": {str(why): count for why, count in prepared.skipped.items()},
    }


def _print_prepared(prepared: PrepareReport) -> None:
    digests = "digest" if prepared.digests == 1 else "digests"
    papers = "paper" if prepared.papers == 1 else "papers"
    echo(f"Prepared {prepared.digests} {digests} with {prepared.papers} {papers}")
    for why, count in prepared.skipped.items():
        echo(f"  {count} skipped: {why}")
    if prepared.waiting:
        echo(f"  {prepared.waiting} are waiting for late papers; to send without them: --no-wait")


def deliver(processes: Processes = None, as_json: Json = False) -> None:
    """Send the planned emails; exit code 1 on a relay or template problem."""
    with opened() as app:
        delivered = _deliver(app, processes)
        now = app.status()
    if as_json:
        print_json(_delivered(delivered) | {"unsent_why": plain_reasons(now.unsent)})
    else:
        _print_delivered(delivered, now)
    _end(delivered, [t for t in now.troubles if t.kind in _OF_MAILS])


def _deliver(app: App, processes: int | None) -> DeliveryReport:
    with progressing("Sending emails") as progress, stopped_by_signals(app.stopping):
        return day_processes(app, processes).deliver(progress=progress)


def _delivered(delivered: DeliveryReport) -> dict[str, Any]:
    return {
        "deliveries": {str(state): count for state, count in delivered.states.items()},
        "recovered": {
            "freed": delivered.recovered.freed,
            "unknown": delivered.recovered.unknown,
        },
        "trouble": delivered.trouble,
    }


_OF_MAILS = ("relay", "template")


def _end(delivered: DeliveryReport, troubles: Sequence[Trouble]) -> None:
    """End with exit code 1 and a line for each trouble, if there is one."""
    if delivered.trouble:
        text = f"there is a problem with the relay; no email is lost: {delivered.trouble}"
        further = (trouble for trouble in troubles if trouble.kind != "relay")
        troubles = [Trouble("relay", text), *further]
    end_in_trouble(troubles)


def _print_delivered(delivered: DeliveryReport, now: Status) -> None:
    if delivered.recovered.freed or delivered.recovered.unknown:
        echo(
            f"An earlier run was interrupted: {delivered.recovered.freed} resumed, "
            f"{delivered.recovered.unknown} unknown (being sent at that moment; not sent again)"
        )
    counts = ", ".join(f"{count} {state}" for state, count in delivered.states.items())
    echo(counts or "Nothing to send")
    show_reasons(now.unsent)


def run(
    day: _Day = "",
    no_wait: _NoWait = False,
    dry_run: Annotated[
        bool,
        typer.Option("--dry-run", help="Write .eml files, without storing or sending anything."),
    ] = False,
    outbox: Annotated[Path, typer.Option(help="Folder for the .eml files of a dry run.")] = Path(
        "dry-run"
    ),
    processes: Processes = None,
    as_json: Json = False,
) -> None:
    """Do everything that is due: ingest, prepare, deliver; exit code 1 if something went wrong."""
    with opened() as app:
        if dry_run:
            run_dry(app, parse_day(day), outbox, as_json=as_json)
            return
        with stopped_by_signals(app.stopping):
            reports = _ingest(app, [])
            prepared = _prepare(app, parse_day(day), processes, patient=not no_wait)
            delivered = _deliver(app, processes)
            _embed(app)  # what nobody had to wait for
            _write_lines(app)
        note_run(app.store, app.clock())
        now = app.status()
    if as_json:
        ingested = [_ingested(report) for report in reports]
        steps = {"ingest": ingested, "prepare": _prepared(prepared)}
        delivery = _delivered(delivered) | {"unsent_why": plain_reasons(now.unsent)}
        print_json(steps | {"deliver": delivery, "troubles": plain_troubles(now.troubles)})
    else:
        _print_ingested(reports)
        _print_prepared(prepared)
        _print_delivered(delivered, now)
    failed = {report.source for report in reports if report.error}  # told above
    _end(delivered, [t for t in now.troubles if t.kind != "source" or not failed])
    if failed:
        sys.exit(1)


def parse_day(text: str) -> date | None:
    """Return a date on the command line; None when it was left out."""
    if not text:
        return None
    try:
        return datetime.strptime(text, "%Y-%m-%d").date()  # noqa: DTZ007 - a date has no zone
    except ValueError:
        raise InputError("--date", f"“{text[:20]}” is not a date. Write it as 2026-11-21") from None
