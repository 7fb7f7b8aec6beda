"""bounce read, fetch, list; suppression list, add, remove."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from digestmail.bounces import parse
from digestmail.bounces.mime import LIMITS
from digestmail.bounces.report import FAILURES, Report
from digestmail.cli.output import ago, echo, print_json, print_table
from digestmail.cli.shell import Json, opened
from digestmail.domain import SubscriberStatus
from digestmail.errors import InputError
from digestmail.mail.address import checked_address
from digestmail.steps.daily.bounces import BounceTally
from digestmail.steps.subscribers.suppression import suppress, suppressions, unsuppress

bounce_commands = typer.Typer(help="Bounced emails and complaints.", no_args_is_help=True)
suppression_commands = typer.Typer(
    help="Addresses that must never be emailed again.", no_args_is_help=True
)

_REASONS = {"bounced": SubscriberStatus.BOUNCED, "complained": SubscriberStatus.COMPLAINED}
_UNVERIFIED = "unverified"  # nothing proved whom a report is about


@bounce_commands.command("read")
def bounce_read(
    files: Annotated[
        list[Path] | None,
        typer.Argument(help="Files with one message each; use - or nothing to read a pipe."),
    ] = None,
    dry_run: Annotated[
        bool,
        typer.Option(
            "--dry-run", help="Show how each message is understood, without changing anything."
        ),
    ] = False,
    as_json: Json = False,
) -> None:
    """Read bounces and complaints from files, or one from a pipe, and act on them."""
    reports = [(file, parse(_bytes(file))) for file in files or [Path("-")]]
    if dry_run:
        _print_reports(reports, as_json=as_json)
        return
    with opened() as app:
        tally = app.bounce_processor.process(report for _, report in reports)
    _print(tally, as_json=as_json)


def _print_reports(reports: Sequence[tuple[Path, Report]], *, as_json: bool) -> None:
    """Print how messages are understood: what each is and, of a failure, its class."""
    rows = [
        {
            "file": str(file),
            "kind": "failure" if report.kind in FAILURES else str(report.kind),
            "class": str(report.kind) if report.kind in FAILURES else "",
            "address": report.address,
            "code": report.enhanced,
            "words": report.text,
        }
        for file, report in reports
    ]
    if as_json:
        print_json(rows)
    else:
        header = ("file", "kind", "class", "address", "code", "words")
        print_table("", header, [tuple(row.values()) for row in rows])


@bounce_commands.command("fetch")
def bounce_fetch(as_json: Json = False) -> None:
    """Read the bounce mailbox now; processed messages are removed from it."""
    with opened() as app:
        tally = app.fetch_bounces()
    _print(tally, as_json=as_json)


@bounce_commands.command("list")
def bounce_list(
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="How many to list.")] = 50,
    as_json: Json = False,
) -> None:
    """List recent bounces and complaints with the receiving server's reply, newest first."""
    with opened() as app:
        now = app.clock()
        bounces = app.store.bounces.latest(limit)
        people = {b.subscriber_id for b in bounces if b.subscriber_id}
        subscribers = (app.store.subscribers.get(number) for number in people)
        names = {person.id: person.email for person in subscribers if person}
    rows: list[dict[str, Any]] = [
        {
            "at": bounce.at,
            "subscriber": names.get(bounce.subscriber_id, _UNVERIFIED),
            "kind": bounce.kind,
            "code": bounce.enhanced,
            "gave_up": bounce.gave_up,
            "text": bounce.text,
        }
        for bounce in bounces
    ]
    if as_json:
        print_json(rows)
        return
    cells = [
        (ago(r["at"], now), r["subscriber"], r["kind"], r["code"], _yes(r["gave_up"]), r["text"])
        for r in rows
    ]
    print_table("", ("when", "subscriber", "kind", "code", "given up", "text"), cells)


def _yes(value: object) -> str:
    return "yes" if value else ""


def _bytes(file: Path) -> bytes:
    try:
        if str(file) == "-":
            return sys.stdin.buffer.read(LIMITS.bytes)
        with file.open("rb") as opened_file:
            return opened_file.read(LIMITS.bytes)
    except OSError as error:
        raise InputError("files", f"cannot read {file}: {error.strerror}") from None


def _print(tally: BounceTally, *, as_json: bool) -> None:
    fates = {str(fate): number for fate, number in tally.fates.items()}
    kinds = {str(kind): number for kind, number in tally.kinds.items()}
    if as_json:
        print_json({"read": tally.read, **fates, "kinds": kinds, "given_up": tally.given_up})
        return
    cells = [f"{number} {name}" for name, number in fates.items()]
    echo(f"{tally.read} read" + (f": {', '.join(cells)}" if cells else ""))
    if kinds:
        echo("counted: " + ", ".join(f"{number} {name}" for name, number in kinds.items()))
    if tally.given_up:
        echo(f"{tally.given_up} addresses won't be emailed again")


@suppression_commands.command("list")
def suppression_list(as_json: Json = False) -> None:
    """List suppressed addresses; only a hash is stored for those who are no longer subscribers."""
    with opened() as app:
        rows, now = suppressions(app.store), app.clock()
    if as_json:
        print_json([{"address": a, "reason": r, "since": s} for a, r, s in rows])
    else:
        cells = [(address, reason, ago(since, now)) for address, reason, since in rows]
        print_table("", ("address or hash", "reason", "since"), cells)


@suppression_commands.command("add")
def suppression_add(
    email: Annotated[str, typer.Argument(help="The address.")],
    reason: Annotated[str, typer.Option(help="Why: complained or bounced.")] = "complained",
    as_json: Json = False,
) -> None:
    """Never email an address again, whether or not it belongs to a subscriber."""
    if reason not in _REASONS:
        raise InputError("--reason", f"must be {' or '.join(_REASONS)}, not {reason!r}")
    address = checked_address(email)
    with opened() as app:
        suppress(app.store, address, _REASONS[reason], app.clock())
    if as_json:
        print_json({"address": address, "reason": reason})
    else:
        echo(f"{address} won't be emailed again ({reason}).")


@suppression_commands.command("remove")
def suppression_remove(
    email: Annotated[str, typer.Argument(help="The address.")],
    yes: Annotated[bool, typer.Option("--yes", help="Don't ask for confirmation.")] = False,
    as_json: Json = False,
) -> None:
    """Allow a suppressed address to subscribe again, at its owner's request."""
    address = checked_address(email)
    warning = (
        f"warning: {address} bounced, or its owner complained or left; emailing it again without "
        "the owner's consent harms delivery for everyone."
    )
    print(warning, file=sys.stderr)  # noqa: T201
    if not yes and not typer.confirm(f"Allow {address} to subscribe again?", err=True):
        raise InputError("remove", "nothing changed")
    with opened() as app:
        unsuppress(app.store, address)
    if as_json:
        print_json({"address": address})
    else:
        echo(f"{address} can subscribe again. The form will send a confirmation email.")
