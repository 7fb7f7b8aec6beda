"""The admin CLI. Every command is a few lines over a method of App."""

import logging
import sys
from pathlib import Path
from typing import Annotated

import typer
from typer.exceptions import TyperException

from digestmail import __version__
from digestmail.cli import (
    backtest,
    bounces,
    daily,
    deliveries,
    evaluate,
    install,
    personal,
    profiles,
    serving,
    sources,
    status,
    subscriber_lists,
    subscribers,
)
from digestmail.cli.shell import remember_config
from digestmail.errors import DigestmailError

cli = typer.Typer(
    help="A personalised daily email digest of scientific papers.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
cli.command()(install.init)
cli.command("migrate")(install.migrate_command)
cli.command()(install.doctor)
cli.command()(daily.ingest)
cli.command()(daily.prepare)
cli.command()(daily.deliver)
cli.command()(daily.run)
cli.command()(daily.preview)
cli.command("send-test")(daily.send_test)
cli.command()(profiles.explain)
cli.command()(evaluate.evaluate)
cli.command()(backtest.backtest)
cli.command()(status.status)
cli.command()(serving.serve)
cli.command()(serving.demo)
cli.add_typer(install.config_commands, name="config")
cli.add_typer(sources.source_commands, name="source")
subscribers.subscriber_commands.command("data")(personal.subscriber_data)
subscribers.subscriber_commands.command("export")(subscriber_lists.subscriber_export)
subscribers.subscriber_commands.command("import")(subscriber_lists.subscriber_import)
cli.add_typer(subscribers.subscriber_commands, name="subscriber")
cli.add_typer(profiles.profile_commands, name="profile")
cli.add_typer(bounces.bounce_commands, name="bounce")
cli.add_typer(bounces.suppression_commands, name="suppression")
cli.add_typer(deliveries.delivery_commands, name="delivery")


def _version(wanted: bool) -> None:
    if wanted:
        print(f"digestmail {__version__}")  # noqa: T201
        raise typer.Exit


@cli.callback()
def _everywhere(
    config: Annotated[
        Path | None, typer.Option(help="The settings file; else ./digestmail.toml.")
    ] = None,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Log more.")] = False,
    _: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    logging.basicConfig(
        level=logging.WARNING,
        format="%(asctime)s %(levelname)s %(message)s",
        stream=sys.stderr,
        force=True,  # of an earlier call in the same process nothing must stay
    )
    logging.getLogger("digestmail").setLevel(logging.DEBUG if verbose else logging.INFO)
    remember_config(config)


def main() -> None:
    """Run a command; whatever is a person's to mend ends in one line and an exit code not 0."""
    try:
        sys.exit(cli(standalone_mode=False))
    except DigestmailError as error:
        _fail(str(error), error.exit_code)
    except TyperException as error:
        _refuse(error)
    except (typer.Abort, KeyboardInterrupt):
        _fail("stopped", 130)
    except BrokenPipeError:
        sys.stderr.close()  # whoever read our output has gone; say nothing more
        sys.exit(1)


def _refuse(error: TyperException) -> None:
    """Say what is wrong with the command line; where nothing was asked, show the help."""
    context = getattr(error, "ctx", None)
    if "\n" in error.format_message():
        print(error.format_message(), file=sys.stderr)  # noqa: T201
        sys.exit(error.exit_code)
    hint = f" (see: {context.command_path} --help)" if context else ""
    _fail(error.format_message() + hint, error.exit_code)


def _fail(message: str, code: int) -> None:
    print("error: " + " ".join(message.split()), file=sys.stderr)  # noqa: T201
    sys.exit(code)
