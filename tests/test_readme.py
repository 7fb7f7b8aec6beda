"""The README's tables of commands and settings say what the code says."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
from pydantic import BaseModel, SecretStr
from pydantic_core import PydanticUndefined
from typer.core import TyperGroup

from digestmail.cli import cli
from digestmail.config import Settings
from digestmail.errors import EXIT_CODES, DigestmailError

README = Path(__file__).parents[1] / "README.md"


def commands() -> Iterator[str]:
    """A table row for each command."""
    yield from _commands(typer.main.get_command(cli), "digestmail")


def _commands(command: Any, path: str) -> Iterator[str]:
    if isinstance(command, TyperGroup):
        for name, inner in command.commands.items():
            yield from _commands(inner, f"{path} {name}")
        return
    summary = " ".join((command.help or "").split()).split(".")[0]
    arguments = [
        (parameter.name or "").upper()
        for parameter in command.params
        if parameter.param_type_name == "argument"
    ]
    yield f"| `{' '.join([path, *arguments])}` | {summary} |"


def settings(model: type[BaseModel] = Settings, prefix: str = "") -> Iterator[str]:
    """A table row for each setting."""
    for name, field in model.model_fields.items():
        inner = field.annotation
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            yield from settings(inner, f"{name}.")
        elif name != "folder":
            default = field.get_default(call_default_factory=True)
            yield f"| `{prefix}{name}` | {_shown(default)} | {field.description} |"


def _shown(default: object) -> str:
    if default is PydanticUndefined:
        return "*required*"
    if isinstance(default, SecretStr):
        default = default.get_secret_value()
    return f"`{default}`" if default not in ("", []) else ""


def exit_codes() -> Iterator[str]:
    """A table row for each exit code."""
    return (f"| {code} | {meaning} |" for code, meaning in EXIT_CODES.items())


def errors(base: type[DigestmailError] = DigestmailError) -> Iterator[type[DigestmailError]]:
    """All kinds of errors that a command may end with."""
    yield base
    for kind in base.__subclasses__():
        yield from errors(kind)


def test_every_error_ends_with_a_code_of_the_table() -> None:
    assert {kind.exit_code for kind in errors()} == {1, 78}
    assert {1, 78} < EXIT_CODES.keys()


def test_readme_has_no_other_exit_code() -> None:
    lines = README.read_text(encoding="utf-8").splitlines()
    assert {row for row in lines if re.match(r"\| \d+ \| ", row)} == set(exit_codes())


def test_every_command_that_answers_has_json() -> None:
    """But for the one that runs on."""
    lacking = {path for path, one in _leaves(typer.main.get_command(cli)) if not _has_json(one)}
    assert lacking == {"serve", "worker"}


def _leaves(command: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(command, TyperGroup):
        for name, inner in command.commands.items():
            yield from _leaves(inner, f"{path} {name}".strip())
    else:
        yield path, command


def _has_json(command: Any) -> bool:
    return any("--json" in parameter.opts for parameter in command.params)


@pytest.mark.parametrize("row", [*commands(), *settings(), *exit_codes()])
def test_readme_says_it(row: str) -> None:
    assert row in README.read_text(encoding="utf-8").splitlines()


def test_readme_names_no_command_that_is_not_there() -> None:
    rows = README.read_text(encoding="utf-8").splitlines()
    told = {row for row in rows if row.startswith("| `digestmail ")}
    assert told == set(commands())
