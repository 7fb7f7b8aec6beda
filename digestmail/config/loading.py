"""Reading the settings: the file below, files of secrets above it, the environment on top."""

import os
import tomllib
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_settings import EnvSettingsSource, SettingsError

from digestmail.config.settings import PREFIX, Settings
from digestmail.errors import ConfigError

FILE_NAME = "digestmail.toml"


def load(file: Path | None = None, environ: Mapping[str, str] = os.environ) -> Settings:
    """Read the settings from ``file`` (else $DIGESTMAIL_CONFIG, else ./digestmail.toml, if any).

    Raises ConfigError naming the setting, what is wrong with it and where to set it.
    """
    named = file or (Path(environ[f"{PREFIX}CONFIG"]) if environ.get(f"{PREFIX}CONFIG") else None)
    path = named or Path(FILE_NAME)
    is_there = named is not None or path.exists()
    values = _merged({"mail": {}}, _read(path) if is_there else {})
    values = _merged(values, _from_secret_files(environ))
    values = _merged(values, _from_environment(environ))
    try:
        return Settings(**values, folder=path.resolve().parent)
    except ValidationError as error:
        raise ConfigError(_sentence(error, path if is_there else None, environ)) from None


def _read(path: Path) -> dict[str, Any]:
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ConfigError(f"settings file {path} does not exist; run: digestmail init") from None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"cannot read settings file {path}: {error}") from None
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"settings file {path} is not valid TOML: {error}") from None
    for name in values:
        if name not in Settings.model_fields or name == "folder":
            raise ConfigError(f"{path}: {name}: not a digestmail setting; remove it")
    return values


def _from_environment(environ: Mapping[str, str]) -> dict[str, Any]:
    _refuse_unknown(environ)
    source = EnvSettingsSource(Settings)
    source.env_vars = {
        name.lower(): value
        for name, value in environ.items()
        if not _names_secret_file(name) and name != f"{PREFIX}FOLDER"
    }
    try:
        return source()
    except SettingsError as error:
        _, name, *_ = str(error).split('"')
        raise ConfigError(
            f"environment: {name}: cannot be read; write {PREFIX}{name.upper()} as JSON"
        ) from None


_NO_SETTINGS = (f"{PREFIX}CONFIG", f"{PREFIX}TEST_")


def _refuse_unknown(environ: Mapping[str, str]) -> None:
    """Refuse a misspelt variable: it would leave a setting as it is without a word."""
    known = [PREFIX + name.replace(".", "__").upper() for name in setting_names()]
    known += [PREFIX + name.upper() for name in Settings.model_fields if name != "folder"]
    for name in environ:
        setting = name.removesuffix("_FILE") if _names_secret_file(name) else name
        ours = name.startswith(PREFIX) and not name.startswith(_NO_SETTINGS)
        if ours and setting.upper() not in known:
            close = get_close_matches(setting.upper(), known, 1)
            hint = f"; did you mean {close[0]}?" if close else ""
            raise ConfigError(f"environment: {name} is not a digestmail setting{hint}")


def setting_names(model: type[BaseModel] = Settings, prefix: str = "") -> Iterator[str]:
    """Yield all settings, those of sections as ``smtp.host``."""
    for name, field in model.model_fields.items():
        inner = field.annotation
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            yield from setting_names(inner, f"{name}.")
        elif name != "folder":
            yield prefix + name


def _from_secret_files(environ: Mapping[str, str]) -> dict[str, Any]:
    """Return what variables like DIGESTMAIL_SECRET_KEY_FILE point to, as nested settings."""
    values: dict[str, Any] = {}
    for name, file in environ.items():
        if _names_secret_file(name):
            keys = name.removeprefix(PREFIX).removesuffix("_FILE").lower().split("__")
            try:
                secret = Path(file).read_text(encoding="utf-8").strip()
            except OSError as error:
                raise ConfigError(f"{name}: cannot read {file}: {error.strerror}") from None
            except UnicodeDecodeError:
                raise ConfigError(f"{name}: {file} is not text; write the secret in it") from None
            for key in reversed(keys[1:]):
                secret = {key: secret}  # type: ignore[assignment]
            values = _merged(values, {keys[0]: secret})
    return values


_REAL_SETTINGS = {f"{PREFIX}DKIM__KEY_FILE", f"{PREFIX}SMTP__CA_FILE"}


def _names_secret_file(name: str) -> bool:
    return name.startswith(PREFIX) and name.endswith("_FILE") and name not in _REAL_SETTINGS


def _merged(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    result = dict(below)
    for key, value in above.items():
        old = result.get(key)
        both = isinstance(old, Mapping) and isinstance(value, Mapping)
        result[key] = _merged(old, value) if both else value  # type: ignore[arg-type]
    return result


def _sentence(error: ValidationError, path: Path | None, environ: Mapping[str, str]) -> str:
    missing = [_variable(item["loc"]) for item in error.errors() if item["type"] == "missing"]
    if path is None and missing:
        return (
            f"no {FILE_NAME} in this folder; run: digestmail init (or choose a file with "
            f"--config, or set {missing[0]})"
        )
    first, *further = error.errors()
    name, variable = ".".join(map(str, first["loc"])), _variable(first["loc"])
    where = path if path and variable not in environ else "the environment"
    count = f" (and {len(further)} more)" if further else ""
    if first["type"] == "extra_forbidden":
        return f"{where}: {name}: not a digestmail setting; remove it{count}"
    problem = "is missing" if first["type"] == "missing" else first["msg"]
    problem = problem.removeprefix("Value error, ")
    return f"{where}: {name}: {problem}; set it there or with {variable}{count}"


def _variable(location: tuple[int | str, ...]) -> str:
    """Return the environment variable of a setting; an entry of a list has none of its own."""
    return PREFIX + "__".join(name for name in location if isinstance(name, str)).upper()
