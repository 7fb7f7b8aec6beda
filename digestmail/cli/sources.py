"""The commands of sources: list, add, test and remove."""

import re
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Annotated, Any

import typer

from digestmail.app import App
from digestmail.cli.output import ago, echo, print_json, print_table
from digestmail.cli.shell import Json, opened
from digestmail.domain import BadRecord, Paper, SourceSpec, SourceState
from digestmail.errors import InputError
from digestmail.sources.registry import KINDS, SECRETS, check
from digestmail.steps.daily.backfill import backfill_progress

_HIDDEN = "••••••••"
_LOGIN = re.compile(r"//[^/@\s]*@")  # of an address
source_commands = typer.Typer(help="Manage the sources of papers.", no_args_is_help=True)


@source_commands.command("list")
def source_list(as_json: Json = False) -> None:
    """List the sources with their age, counts and last error."""
    with opened() as app:
        states, now = app.store.sources.all(), app.clock()
        extras = {state.spec.name: _extras(app, state, now) for state in states}
    if as_json:
        print_json([_plain(state) | extras[state.spec.name] for state in states])
        return
    columns = ("name", "kind", "options", "papers", "last new", "last fetch", "next", "last result")
    rows = [
        (
            state.spec.name,
            state.spec.kind,
            " ".join(f"{k}={v}" for k, v in _public_options(state).items()),
            state.papers,
            ago(state.last_new_at, now),
            ago(state.last_fetch_at, now),
            ago(state.next_fetch_at, now),
            result_of(state, now),
        )
        for state in states
    ]
    print_table("", columns, rows)
    for name, notes in extras.items():
        for note in filter(None, notes.values()):
            echo(f"{name}: {note}")


def _extras(app: App, state: SourceState, now: datetime) -> dict[str, str]:
    """Return the state of the latest announcement, and how far reading back has come."""
    name = state.spec.name
    batches = app.store.batches.all(name, now.date() - timedelta(days=3))
    batch = batches[-1] if batches else None
    why = f" ({batch.reason})" if batch and batch.reason else ""
    return {
        "batch": f"{batch.day:%A %d %B} is {batch.state}{why}" if batch else "",
        "backfill": backfill_progress(app.store, name),
    }


def _public_options(state: SourceState) -> dict[str, str]:
    """Return the options of a source, its secrets hidden."""
    options = state.spec.options.items()
    return {k: _HIDDEN if k in SECRETS else _LOGIN.sub(f"//{_HIDDEN}@", v) for k, v in options}


def _plain(state: SourceState) -> dict[str, Any]:
    plain = asdict(state)
    del plain["memory"]
    plain["spec"]["options"] = _public_options(state)
    return plain


def result_of(state: SourceState, now: datetime) -> str:
    """Return the result of a source's last fetch, in a few words."""
    report = state.last_report
    if report is None:
        return "not fetched yet"
    if report.error:
        often = f"failing since {ago(state.failing_since, now)}" if state.failures > 1 else "failed"
        return f"{often}: {report.error}"
    errors = f", {len(report.bad)} bad" if report.bad else ""
    return f"{report.new} new of {report.fetched}{errors}"


def _kinds() -> str:
    described = (f"{kind.name} ({', '.join(kind.options)})" for kind in KINDS.values())
    return "Kinds and their options: " + "; ".join(described) + "."


@source_commands.command("add", epilog=_kinds())
def source_add(
    kind: Annotated[str, typer.Argument(help="Kind of source: " + ", ".join(KINDS))],
    options: Annotated[
        list[str] | None, typer.Argument(help="Options, such as categories=cs.CL,cs.LG")
    ] = None,
    name: Annotated[str, typer.Option(help="Name of the source; the default is its kind.")] = "",
    interval: Annotated[int, typer.Option("--every", min=5, help="Minutes between fetches.")] = 60,
    as_json: Json = False,
) -> None:
    """Add a source; the next ingest fetches it."""
    spec = SourceSpec(
        name=name or kind, kind=kind, options=_options(options or []), every_minutes=interval
    )
    check(spec)
    with opened() as app:
        app.store.sources.add(spec, app.clock())
    if as_json:
        print_json({"added": spec.name, "kind": spec.kind})
        return
    echo(f"Added {spec.name}. To fetch it now: digestmail ingest {spec.name}")


def _options(words: list[str]) -> dict[str, str]:
    pairs = {}
    for word in words:
        name, sign, value = word.partition("=")
        if not sign:
            raise InputError(
                "options", f"“{word}” is not an option. Write NAME=VALUE, such as categories=cs.CL"
            )
        pairs[name] = value
    return pairs


@source_commands.command("test")
def source_test(
    name: Annotated[str, typer.Argument(help="Name of the source.")],
    limit: Annotated[int, typer.Option("--most", min=1, help="How many records to show.")] = 5,
    as_json: Json = False,
) -> None:
    """Fetch a few papers from a source and show them, without storing anything."""
    with opened() as app:
        records = app.ingestor.try_source(name, limit)
    papers = [record for record in records if isinstance(record, Paper)]
    errors = [record for record in records if isinstance(record, BadRecord)]
    if as_json:
        fields = [{"key": p.key, "title": p.title, "categories": p.categories} for p in papers]
        print_json({"papers": fields, "bad": [asdict(record) for record in errors]})
        return
    if not records:
        echo(f"{name} works and has nothing new right now.")
        return
    rows = [(p.key, p.title, ", ".join(p.authors[:2]), " ".join(p.categories)) for p in papers]
    print_table("", ("key", "title", "authors", "categories"), rows)
    for record in errors:
        echo(f"bad record at {record.where}: {record.problem}")


@source_commands.command("remove")
def source_remove(
    name: Annotated[str, typer.Argument(help="Name of the source.")], as_json: Json = False
) -> None:
    """Remove a source; its papers stay."""
    with opened() as app:
        app.store.sources.remove(name)
    if as_json:
        print_json({"removed": name})
        return
    echo(f"Removed {name}.")
