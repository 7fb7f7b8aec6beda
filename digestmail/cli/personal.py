"""subscriber data: what a person may ask of the operator."""

import sys
from typing import Annotated

import typer

from digestmail.cli.shell import opened
from digestmail.steps.subscribers.data_export import personal_json


def subscriber_data(
    email: Annotated[str, typer.Argument(help="The subscriber's address.")],
    as_json: Annotated[  # noqa: ARG001 - so that scripts may give it to every command
        bool, typer.Option("--json", help="Print JSON for scripts, as without it.")
    ] = False,
) -> None:
    """Print everything that is kept about a subscriber, as JSON."""
    with opened() as app:
        subscriber = app.store.subscribers.by_email(email)
        sys.stdout.write(personal_json(app.store, subscriber, app.clock()))
