"""delivery list, show, retry, redeliver: the ledger, and what may be undone in it."""

# ruff: noqa: A002 - an argument is shown by its name

import sys
from datetime import UTC, datetime, time
from typing import Annotated, Any

import typer

from digestmail.app import App
from digestmail.cli.daily import parse_day
from digestmail.cli.output import echo, print_json, print_table
from digestmail.cli.shell import Json, opened
from digestmail.domain import Attempt, Delivery, DeliveryState
from digestmail.errors import InputError

delivery_commands = typer.Typer(help="Emails and their delivery status.", no_args_is_help=True)

_Id = Annotated[
    int,
    typer.Argument(
        metavar="ID", min=1, max=2**31 - 1, help="Delivery number, from `delivery list`."
    ),
]
_State = Annotated[DeliveryState | None, typer.Option(help="Only deliveries in this state.")]
_Day = Annotated[
    str, typer.Option("--date", metavar="YYYY-MM-DD", help="Only deliveries due on this day (UTC).")
]


@delivery_commands.command("list")
def delivery_list(
    state: _State = None,
    day: _Day = "",
    limit: Annotated[int, typer.Option("--most", min=1, help="How many to list at most.")] = 100,
    as_json: Json = False,
) -> None:
    """List deliveries, newest first."""
    with opened() as app:
        deliveries = app.store.ledger.latest(state, _bounds(day), limit=limit)
    if as_json:
        print_json([_plain(delivery) for delivery in deliveries])
        return
    rows = [
        (d.id, f"{d.due_at:%Y-%m-%d %H:%M}", d.kind, d.address, d.state, d.detail)
        for d in deliveries
    ]
    print_table("", ("id", "due (UTC)", "kind", "address", "state", "detail"), rows)


def _bounds(day: str) -> tuple[datetime, datetime] | None:
    date = parse_day(day)
    if date is None:
        return None
    start = datetime.combine(date, time(), UTC)
    return start, datetime.combine(date, time.max, UTC)


def _plain(delivery: Delivery) -> dict[str, Any]:
    return {
        "id": delivery.id,
        "kind": delivery.kind,
        "address": delivery.address,
        "state": delivery.state,
        "due_at": delivery.due_at,
        "attempts": delivery.attempts,
        "next_attempt_at": delivery.next_attempt_at,
        "detail": delivery.detail,
    }


@delivery_commands.command("show")
def delivery_show(id: _Id, as_json: Json = False) -> None:
    """Show one delivery and every attempt."""
    with opened() as app:
        delivery = app.store.ledger.get(id)
        attempts = [_tried(attempt) for attempt in app.store.ledger.attempts(id)]
    if as_json:
        print_json(_plain(delivery) | {"attempts": attempts})
        return
    print_table("", ("delivery", ""), _plain(delivery).items())
    if attempts:
        rows = [[_cell(value) for value in attempt.values()] for attempt in attempts]
        print_table("", list(attempts[0]), rows)


def _tried(attempt: Attempt) -> dict[str, Any]:
    result = attempt.result
    return {
        "at": attempt.at,
        "outcome": result.outcome,
        "phase": result.phase,
        "code": result.code,
        "enhanced": result.enhanced,
        "text": result.text,
        "seconds": round(attempt.seconds, 2),
    }


def _cell(value: object) -> object:
    return f"{value:%Y-%m-%d %H:%M:%S}" if isinstance(value, datetime) else value


@delivery_commands.command("retry")
def delivery_retry(
    id: Annotated[int | None, typer.Argument(metavar="ID", help="Delivery number.")] = None,
    state: Annotated[
        DeliveryState | None,
        typer.Option(help="All deliveries in this state that were due today, or on --date."),
    ] = None,
    day: _Day = "",
    as_json: Json = False,
) -> None:
    """Plan failed, skipped or deferred deliveries again; exit code 1 if one could not be."""
    if (id is None) == (state is None):
        raise InputError("delivery", "give a delivery number, or --state failed for all of today's")
    with opened() as app:
        chosen = [id] if id is not None else _of_day(app, state, day)
        refused = [why for delivery_id in chosen if (why := _retry(app, delivery_id))]
    if as_json:
        print_json({"planned": len(chosen) - len(refused), "refused": refused})
    else:
        echo(f"{len(chosen) - len(refused)} planned again; to send them: digestmail deliver")
    for why in refused:
        print(f"error: {why}", file=sys.stderr)  # noqa: T201
    if refused:
        sys.exit(1)


def _of_day(app: App, state: DeliveryState | None, day: str) -> list[int]:
    """Refuse more than one day: readers would get all its old digests at once."""
    bounds = _bounds(day or f"{app.clock():%Y-%m-%d}")
    return [delivery.id for delivery in app.store.ledger.latest(state, bounds)]


def _retry(app: App, delivery_id: int) -> str:
    try:
        app.store.ledger.retry(delivery_id, app.clock())
    except InputError as error:
        return str(error)
    return ""


@delivery_commands.command("redeliver")
def delivery_redeliver(
    id: _Id,
    yes: Annotated[
        bool, typer.Option("--yes", help="Send it even if the subscriber gets this email twice.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Send a digest again that was sent or is unknown, with the same Message-ID."""
    if not yes:
        raise InputError("delivery", f"{id} may have arrived already; to send it anyway, add --yes")
    with opened() as app:
        new_id = app.store.ledger.redeliver(id, app.clock())
    if as_json:
        print_json({"delivery": id, "planned_as": new_id})
    else:
        echo(f"Planned as delivery {new_id}; to send it: digestmail deliver")
