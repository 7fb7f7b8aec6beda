"""The admin CLI. Every command is a few lines over a method of App."""

import logging
import sys
from pathlib import Path
from typing import Annotated

import typer
from typer.exceptions import TyperException

from digestmail import __version__
from digestmail.cli.lazy_group import LazyGroup
from digestmail.errors import DigestmailError

cli = typer.Typer(
    cls=LazyGroup,
    help="A personalised daily email digest of scientific papers.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


def _print_version(is_requested: bool) -> None:
    if is_requested:
        print(f"digestmail {__version__}")  # noqa: T201
        raise typer.Exit


@cli.callback()
def _everywhere(
    config: Annotated[
        Path | None, typer.Option(help="Settings file; the default is ./digestmail.toml.")
    ] = None,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Log in more detail.")] = False,
    _: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Show the version and exit."
        ),
    ] = False,
) -> None:
    logging.basicConfig(
        level=logging.WARNING,
        format="%(asctime)s %(levelname)s %(message)s",
        stream=sys.stderr,
        force=True,  # of an earlier call in the same process nothing must stay
    )
    logging.getLogger("digestmail").setLevel(logging.DEBUG if verbose else logging.INFO)
    from digestmail.cli.shell import remember_config  # and the App: half a second of imports

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
