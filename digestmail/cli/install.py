"""init, migrate, config show, doctor: setting up an installation and looking after it."""

import os
import secrets
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from digestmail.app import open_database
from digestmail.calendar import utc_now
from digestmail.cli.output import echo, print_json, print_table
from digestmail.cli.shell import Json, config_file, open_job_queue, settings
from digestmail.config import FILE_NAME, Settings, load
from digestmail.errors import ConfigError, InputError
from digestmail.resources import MIGRATIONS
from digestmail.store import Database
from digestmail.store.migrate import copies, current_revision, migrate

if TYPE_CHECKING:
    from digestmail.doctor import Check

_MASK = "••••••••"
config_commands = typer.Typer(help="Inspect the settings.", no_args_is_help=True)


def init(
    public_url: Annotated[
        str, typer.Option(help="Public address of the web pages.")
    ] = "http://localhost:8000",
    from_address: Annotated[
        str, typer.Option("--from", help="Sender address of the emails.")
    ] = "digest@example.org",
    smtp_host: Annotated[str, typer.Option(help="Host name of your SMTP relay.")] = "localhost",
    database_url: Annotated[
        str, typer.Option(help="The database: sqlite:///FILE or postgresql://USER@HOST/NAME.")
    ] = "",
    as_json: Json = False,
) -> None:
    """Write a commented settings file with a new secret key, and create the database."""
    path = config_file() or Path(FILE_NAME)
    chosen = {
        "public_url": public_url,
        "secret_key": secrets.token_urlsafe(36),
        "mail.from_address": from_address,
        "smtp.host": smtp_host,
    }
    if database_url:
        chosen["database_url"] = database_url
    try:
        with open(path, "x", encoding="utf-8", opener=_private) as file:
            file.write(settings_file(chosen))
    except FileExistsError:
        raise ConfigError(f"{path} already exists; edit it, or remove it first") from None
    except OSError as error:
        raise ConfigError(f"cannot write {path}: {error.strerror}") from None
    try:
        with closing(open_database(load(path))) as database:
            migrate(database, MIGRATIONS, utc_now())
    except Exception:
        path.unlink()  # a half-made installation would stand in the way of the next try
        raise
    if as_json:
        print_json({"settings": str(path), "database": database.name})
        return
    echo(f"Wrote {path} and created {database.name}.")
    echo("Next, check the settings, then run:")
    echo("  digestmail source add arxiv categories=cs.CL,cs.LG")
    echo("  digestmail doctor")
    echo("  digestmail serve")


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)  # it holds the secret key


def settings_file(chosen: dict[str, str]) -> str:
    """Return a commented TOML file with every setting; those not chosen stand there as comments."""
    lines = ["# Settings for digestmail. Each can be overridden by an environment variable:"]
    lines.append(
        "# DIGESTMAIL_PUBLIC_URL, DIGESTMAIL_SMTP__HOST, … Secrets can be read from a file"
    )
    lines.append("# with DIGESTMAIL_SECRET_KEY_FILE or DIGESTMAIL_SMTP__PASSWORD_FILE.")
    fields = Settings.model_fields
    for name, field in fields.items():
        if not _is_section(field) and name != "folder":
            lines += ["", *_setting(name, name, field, chosen)]
    for name, field in fields.items():
        if _is_section(field):
            section: Any = field.annotation
            lines += ["", "", f"# {section.__doc__}", f"[{name}]"]
            for inner, about in section.model_fields.items():
                lines += ["", *_setting(f"{name}.{inner}", inner, about, chosen)]
    return "\n".join(lines) + "\n"


def _is_section(field: FieldInfo) -> bool:
    return isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel)


def _setting(full: str, name: str, field: FieldInfo, chosen: dict[str, str]) -> Iterator[str]:
    yield f"# {field.description}"
    if full in chosen:
        yield f"{name} = {_toml(chosen[full])}"
    else:
        yield f"# {name} = {_toml(field.get_default(call_default_factory=True))}"


def _toml(value: object) -> str:
    if isinstance(value, SecretStr):
        value = value.get_secret_value()
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (int, float)):
        return str(value)
    if isinstance(value, list):
        return "[]"
    text = "" if value is PydanticUndefined else str(value)
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def migrate_command(
    to: Annotated[str, typer.Option(help="Target revision, head or base.")] = "head",
    yes: Annotated[bool, typer.Option("--yes", help="Erase everything without asking.")] = False,
    as_json: Json = False,
) -> None:
    """Update the database to this version's schema (SQLite files are backed up first)."""
    with closing(open_database(settings())) as database:
        is_new = database.path is not None and not database.path.exists()
        if to == "base" and not is_new and not yes:
            _ask_to_erase(database)
        backup = migrate(database, MIGRATIONS, utc_now(), revision=to)
        if to == "head":
            _migrate_queue()
        revision = current_revision(database) or "base (empty)"
        earlier = [copy for copy in copies(database) if copy != backup]
    if as_json:
        copy = str(backup) if backup else ""
        older = [str(copy) for copy in earlier]
        result = {"database": database.name, "revision": revision, "new": is_new}
        print_json(result | {"copy": copy, "older_copies": older})
        return
    if is_new:
        echo(f"{database.name} did not exist; a new database was created.")
    echo(f"{database.name} is at revision {revision}.")
    if backup:
        echo(f"A backup of the previous database is at {backup}.")
    if earlier:
        size = sum(copy.stat().st_size for copy in earlier) / 1e6
        echo(
            f"Older backups beside it: {len(earlier)} ({size:.0f} MB), the oldest is {earlier[0]}."
        )
        echo("They contain email addresses; remove the ones you no longer need.")


def _migrate_queue() -> None:
    """Create the job queue's tables where there is a cluster."""
    chosen = settings()
    if chosen.cluster.enabled:
        from digestmail.app import App

        app = App(chosen)
        try:
            open_job_queue(app).migrate(utc_now())
        finally:
            app.close()


def _ask_to_erase(database: Database) -> None:
    erases = f"all subscribers, papers and digests in {database.name} will be erased"
    if not sys.stdin.isatty():
        raise InputError("--to base", f"{erases}; to go ahead, add --yes")
    typer.confirm(f"{erases[:1].upper()}{erases[1:]}. Continue?", abort=True)


@config_commands.command("show")
def config_show(as_json: Json = False) -> None:
    """Show every setting in effect; secrets are masked."""
    values = dict(_flat(settings()))
    if as_json:
        print_json(values)
    else:
        print_table("Settings", ("setting", "value"), values.items())


def _flat(model: BaseModel, prefix: str = "") -> Iterator[tuple[str, object]]:
    for name in type(model).model_fields:
        value = getattr(model, name)
        if isinstance(value, BaseModel):
            yield from _flat(value, f"{prefix}{name}.")
        elif name != "folder":
            yield f"{prefix}{name}", _masked(value)


def _masked(value: object) -> object:
    if isinstance(value, SecretStr):
        return _MASK if value.get_secret_value() else ""
    if isinstance(value, list):
        return [_masked(item) for item in value]
    if isinstance(value, str) and "://" in value and ("@" in value or "?" in value):
        return _without_password(value)
    return value


def _without_password(url: str) -> str:
    scheme, _, authority = url.partition("?")[0].partition("://")  # a query may hold a password too
    login, _, place = authority.rpartition("@")
    user = login.partition(":")[0]
    return f"{scheme}://{user}:{_MASK}@{place}" if login else f"{scheme}://{place}"


def doctor(
    nameserver: Annotated[
        str, typer.Option(help="Nameserver to ask, such as 9.9.9.9 or 127.0.0.1:5353.")
    ] = "",
    as_json: Json = False,
) -> None:
    """Check database, relay, templates, keys, links and DNS; exit code 1 if something is wrong."""
    # The doctor tries every page: the web framework is slow to import.
    from digestmail.doctor import examine
    from digestmail.doctor.dns.lookups import Dns

    checks = list(examine(settings(), Dns(nameserver)))
    if as_json:
        print_json([{"check": c.name, "ok": c.ok, "text": c.text} for c in checks])
    else:
        print_table("", ("", "check", "finding"), [(_sign(c), c.name, c.text) for c in checks])
    if any(check.ok is False for check in checks):
        sys.exit(1)


def _sign(check: "Check") -> str:
    return {True: "ok", False: "WRONG", None: "note"}[check.ok]
