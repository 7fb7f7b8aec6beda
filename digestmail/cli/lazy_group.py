"""A group of commands whose modules are imported when a command is looked up."""

from collections.abc import Iterator, MutableMapping
from importlib import import_module
from typing import Any

import typer
from typer.core import TyperGroup
from typer.main import get_command, get_group

# By the name of the command: its module in this folder, and the function or Typer in it.
COMMANDS = {
    "init": ("install", "init"),
    "migrate": ("install", "migrate_command"),
    "doctor": ("install", "doctor"),
    "ingest": ("daily", "ingest"),
    "prepare": ("daily", "prepare"),
    "deliver": ("daily", "deliver"),
    "run": ("daily", "run"),
    "preview": ("trial", "preview"),
    "send-test": ("trial", "send_test"),
    "explain": ("profiles", "explain"),
    "summaries": ("summaries", "summaries"),
    "prune": ("daily", "prune"),
    "evaluate": ("evaluate", "evaluate"),
    "backtest": ("backtest", "backtest"),
    "status": ("status", "status"),
    "serve": ("serving", "serve"),
    "worker": ("serving", "worker"),
    "demo": ("serving", "demo"),
    "config": ("install", "config_commands"),
    "source": ("sources", "source_commands"),
    "subscriber": ("subscribers", "subscriber_commands"),
    "profile": ("profiles", "profile_commands"),
    "bounce": ("bounces", "bounce_commands"),
    "suppression": ("bounces", "suppression_commands"),
    "delivery": ("deliveries", "delivery_commands"),
}


class LazyCommands(MutableMapping[str, Any]):
    """The commands of COMMANDS by name, in its order. A command is made when it is looked up."""

    def __init__(self) -> None:
        self._commands: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Any:
        if name not in self._commands:
            module, attribute = COMMANDS[name]
            target = getattr(import_module(f"digestmail.cli.{module}"), attribute)
            self._commands[name] = self._command(name, target)
        return self._commands[name]

    def _command(self, name: str, target: Any) -> Any:
        app = typer.Typer(add_completion=False, rich_markup_mode=None)
        if isinstance(target, typer.Typer):
            app.add_typer(target, name=name)
            return get_group(app).commands[name]
        app.command(name)(target)
        return get_command(app)

    def __iter__(self) -> Iterator[str]:
        return iter(COMMANDS)

    def __len__(self) -> int:
        return len(COMMANDS)

    def __setitem__(self, name: str, command: Any) -> None:
        self._commands[name] = command

    def __delitem__(self, name: str) -> None:
        del self._commands[name]


class LazyGroup(TyperGroup):
    """The group at the top. It knows the names of its commands without importing them."""

    def __init__(self, **attributes: Any) -> None:
        super().__init__(**attributes)
        self.commands = LazyCommands()

    def list_commands(self, _: Any) -> list[str]:
        """Return the names of the commands, in the order of the help."""
        return list(COMMANDS)
