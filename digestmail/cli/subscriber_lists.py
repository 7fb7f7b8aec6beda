"""subscriber export, import and data: what is kept about subscribers, as files."""

import sys
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from digestmail.cli.output import echo, print_json, progressing
from digestmail.cli.profile_options import Choices, with_profile_options
from digestmail.cli.shell import Json, opened
from digestmail.domain import Schedule, SubscriberStatus
from digestmail.errors import InputError
from digestmail.steps.subscribers.data_export import personal_json
from digestmail.steps.subscribers.import_export.columns import checked_choices
from digestmail.steps.subscribers.import_export.enter import ImportTally, enter
from digestmail.steps.subscribers.import_export.entries import Entries
from digestmail.steps.subscribers.import_export.export import exported_csv, exported_json
from digestmail.steps.subscribers.import_export.formats import LARGEST, read_list
from digestmail.steps.subscribers.import_export.statuses import status_in_file_name
from digestmail.steps.subscribers.validation import Form, profile_of, schedule_of

_TrendingOnly = Annotated[
    bool,
    typer.Option(
        "--trending",
        help="People with nothing but an address in the file get the trending digest; without"
        " this they are asked by email what they want to read.",
    ),
]


def subscriber_export(
    file: Annotated[
        Path, typer.Argument(help="A .csv or .json file; - prints JSON to standard output.")
    ],
    as_json: Json = False,
) -> None:
    """Write all subscribers with their profiles to a file."""
    if str(file) != "-" and file.suffix.lower() not in (".csv", ".json"):
        raise InputError("file", f"{file} must end in .csv or .json")
    with opened() as app:
        subscribers = app.store.subscribers.all()
    if str(file) == "-":
        sys.stdout.write(exported_json(subscribers))
        return
    export = exported_csv if file.suffix.lower() == ".csv" else exported_json
    try:
        file.touch(mode=0o600)  # it holds addresses
        file.write_text(export(subscribers), encoding="utf-8")
    except OSError as error:
        raise InputError("file", f"cannot write {file}: {error.strerror}") from None
    if as_json:
        print_json({"file": str(file), "subscribers": len(subscribers)})
    else:
        echo(f"Wrote {len(subscribers)} subscribers to {file}.")


def subscriber_data(
    email: Annotated[str, typer.Argument(help="The subscriber's address.")],
    as_json: Annotated[  # noqa: ARG001 - so that scripts may give it to every command
        bool, typer.Option("--json", help="Print JSON, which is also the default.")
    ] = False,
) -> None:
    """Print everything stored about a subscriber, as JSON."""
    with opened() as app:
        subscriber = app.store.subscribers.by_email(email)
        sys.stdout.write(personal_json(app.store, subscriber, app.clock()))


@with_profile_options(
    *("name", "keywords", "interests", "categories", "max_papers", "threshold"),
    *("hour", "timezone", "weekdays", "weekly"),
)
def subscriber_import(
    file: Annotated[
        Path,
        typer.Argument(
            help="A .csv or .json file from export, a list from listmonk, Mailchimp, Mailman or "
            "another program, or one address per line."
        ),
    ],
    choices: Choices,
    active: Annotated[
        bool,
        typer.Option(
            "--active", help="All of them have already agreed: don't ask for confirmation."
        ),
    ] = False,
    status: Annotated[
        SubscriberStatus | None,
        typer.Option(
            help="Status for everyone whose status is not in the file, such as unsubscribed."
        ),
    ] = None,
    trending_only: _TrendingOnly = False,
    column: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=FIELD",
            help="Which field a column holds, or none to ignore it; repeatable.",
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """Add subscribers from a file; bad entries are listed and left out, known ones skipped.

    People who unsubscribed, bounced or complained according to the file keep that status and are
    never emailed. The options for keywords and other fields apply to people without them in the
    file. Exit code 1 if an entry was bad.
    """
    columns, data, form = checked_choices(column or []), _read(file), Form()
    with opened() as app:
        profile = profile_of(choices.texts, form, app.new_profile)
        schedule = schedule_of(choices.texts, form, Schedule())
        form.finish()
        trending = app.new_trending_profile.trending if trending_only else 0
        entries = Entries(profile, schedule, status, trending)
        warnings = _entries(file, data, columns, entries)
        with progressing("Adding subscribers", len(entries.people)) as progress:
            people = entries.people.values()
            entered = enter(app.subscriptions, people, app.clock(), progress, active=active)
    _report(file, entered, entries, warnings, as_json=as_json)


def _read(file: Path) -> bytes:
    """Return a file's bytes; InputError for one that cannot be read or is too large."""
    try:
        with file.open("rb") as source:
            data = source.read(LARGEST + 1)
    except OSError as error:
        raise InputError("file", f"cannot read {file}: {error.strerror}") from None
    if len(data) > LARGEST:
        limit = f"{LARGEST // 1_000_000} MB"
        raise InputError("file", f"{file} is larger than the limit of {limit}; split it")
    return data


def _entries(file: Path, data: bytes, columns: dict[str, str], entries: Entries) -> list[str]:
    """Take the people of a file into ``entries``; return the warnings about it."""
    named = status_in_file_name(file.name) if entries.status is None else None
    entries.status = entries.status or named
    try:
        people = read_list(data, columns)
        with progressing("reading") as progress:
            entries.read(people.records, progress)
    except InputError as error:
        raise InputError(error.field, f"{file} {error.message}") from None
    notes = [*people.warnings, *entries.warnings]
    if named and entries.defaulted:
        notes.append(
            f"the file name suggests that {entries.defaulted:,} people without a status are "
            f"{named}; if not, use --status active"
        )
    return notes


def _report(
    file: Path, entered: ImportTally, entries: Entries, warnings: list[str], *, as_json: bool
) -> None:
    """Print what became of a file; exit code 1 if an entry was bad."""
    for warning in warnings:
        print(f"warning: {file}: {warning}", file=sys.stderr)  # noqa: T201
    if as_json:
        print_json(asdict(entered) | {"bad": entries.problems, "warnings": warnings})
    else:
        echo(_summary(entered, len(entries.problems)))
        for problem in entries.problems:
            print(f"error: {file}: {problem}", file=sys.stderr)  # noqa: T201
    if entries.problems:
        sys.exit(1)


def _summary(entered: ImportTally, bad_count: int) -> str:
    """Return the numbers as a line; those that are rarely told only where there are any."""
    counts = [f"{entered.added:,} added", f"{entered.known:,} already known"]
    rare = {
        "to confirm by email": entered.pending,
        "with nothing to choose papers by (set it with --trending or --keywords)": entered.unchosen,
        "stored as refusals": entered.refusals,
        "already known, now stored as refusals": entered.stopped,
        "left out because they must not be emailed": entered.suppressed,
    }
    counts += [f"{number:,} {name}" for name, number in rare.items() if number]
    return ", ".join([*counts, f"{bad_count:,} bad"])
