"""The README's tables of commands and settings say what the code says."""

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


@pytest.mark.parametrize("row", [*commands(), *settings()])
def test_readme_says_it(row: str) -> None:
    assert row in README.read_text(encoding="utf-8").splitlines()


def test_readme_names_no_command_that_is_not_there() -> None:
    rows = README.read_text(encoding="utf-8").splitlines()
    told = {row for row in rows if row.startswith("| `digestmail ")}
    assert told == set(commands())
