"""The settings: one TOML file, each overridable by an environment variable.

``DIGESTMAIL_SMTP__HOST`` overrides ``host`` of ``[smtp]``; for a secret, ``…_FILE`` names a file
that holds it. Read once by the shells and handed on as a value.
"""

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from digestmail.errors import ConfigError

PREFIX = "DIGESTMAIL_"
FILE_NAME = "digestmail.toml"
_SHORTEST_KEY = 32


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class MailSettings(_Section):
    """Who the mail is from."""

    from_address: str = Field(description="the sender; its domain should be the one DKIM signs for")
    from_name: str = Field("Daily papers", description="the sender's name")
    reply_to: str = Field("", description="where answers go; empty: to the sender")
    bounce_address: str = Field(
        "", description="envelope sender; each mail adds a signed +token to it. Empty: the sender"
    )
    unsubscribe_address: str = Field(
        "", description="mailbox that also takes unsubscribe requests by mail, if you read one"
    )
    list_id: str = Field("", description="List-ID; empty: daily.<domain of public_url>")
    outbox: str = Field("", description="folder for .eml files instead of sending, for trials")


class SmtpSection(_Section):
    """The relay that takes the mail."""

    host: str = Field("localhost", description="the relay")
    port: int = Field(587, ge=1, le=65535, description="its port")
    tls: Literal["starttls", "tls", "none"] = Field(
        "starttls", description="starttls, tls (from the first byte, port 465) or none"
    )
    username: str = Field("", description="for authentication; empty: none")
    password: SecretStr = Field(SecretStr(""), description="for authentication")
    verify_tls: bool = Field(True, description="check the relay's certificate")
    ca_file: str = Field("", description="certificates to trust besides the system's")
    connections: int = Field(4, ge=1, le=256, description="kept open at the same time")
    messages_per_connection: int = Field(100, ge=1, description="then a fresh one is opened")


class DkimSection(_Section):
    """Signing by digestmail itself; leave empty when the relay signs."""

    selector: str = Field("", description="the DNS selector")
    domain: str = Field("", description="the signing domain")
    key_file: str = Field("", description="private key, PEM")


class DigestSection(_Section):
    """What goes into a digest."""

    max_papers: int = Field(10, ge=1, le=50, description="for new profiles: papers in a digest")
    threshold: float = Field(0.3, ge=0, le=1, description="for new profiles: the least score")
    window_days: int = Field(8, ge=1, le=60, description="older papers are not news any more")
    latest_hours: int = Field(
        12, ge=1, le=24, description="a digest not gone so long after its hour is dropped"
    )


class WebSection(_Section):
    """The web server."""

    host: str = Field("127.0.0.1", description="address to listen on")
    port: int = Field(8000, ge=0, le=65535, description="port to listen on")
    trusted_proxies: list[str] = Field(
        [], description="addresses whose X-Forwarded-For is believed"
    )


class Settings(BaseSettings):
    """All settings. ``folder`` is where relative paths start: the file's own."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_nested_delimiter="__", extra="forbid", frozen=True
    )

    public_url: str = Field(description="where subscribers reach the web pages")
    secret_key: SecretStr = Field(description="signs all links; at least 32 characters")
    old_secret_keys: list[SecretStr] = Field([], description="former keys whose links still work")
    service_name: str = Field("digestmail", description="what the mail and pages call themselves")
    operator_email: str = Field("", description="for help, and told to the sources we ask")
    database_url: str = Field(
        "sqlite:///digestmail.db", description="sqlite:///FILE or postgresql://…"
    )
    templates: str = Field("", description="folder of your own templates; empty: the built-in")
    mail: MailSettings
    smtp: SmtpSection = Field(default_factory=SmtpSection)
    dkim: DkimSection = Field(default_factory=DkimSection)
    digest: DigestSection = Field(default_factory=DigestSection)
    web: WebSection = Field(default_factory=WebSection)
    folder: Path = Field(default=Path(), exclude=True)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The environment before what the file says; no other place."""
        return env_settings, init_settings

    @field_validator("public_url")
    @classmethod
    def _checked_url(cls, url: str) -> str:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.query:
            raise ValueError(
                "should be the web address of this service, https://digest.example.org"
            )
        return url.rstrip("/")

    @field_validator("secret_key")
    @classmethod
    def _long_enough(cls, key: SecretStr) -> SecretStr:
        if len(key.get_secret_value()) < _SHORTEST_KEY:
            raise ValueError(
                f"should have at least {_SHORTEST_KEY} characters; `digestmail init` makes one"
            )
        return key

    @property
    def host(self) -> str:
        """The host name of the public pages."""
        return urlsplit(self.public_url).hostname or ""

    def path(self, text: str) -> Path:
        """A path of the settings, relative to the file they are in."""
        return self.folder / Path(text).expanduser()


def load(file: Path | None = None, environ: Mapping[str, str] = os.environ) -> Settings:
    """Read the settings from ``file`` (else $DIGESTMAIL_CONFIG, else ./digestmail.toml, if any).

    Raises ConfigError naming the setting, what is wrong with it and where to set it.
    """
    named = file or (Path(environ[f"{PREFIX}CONFIG"]) if environ.get(f"{PREFIX}CONFIG") else None)
    path = named or Path(FILE_NAME)
    values = _read(path) if named or path.exists() else {}
    values = _merged(values, _from_secret_files(environ))
    try:
        return Settings(**values, folder=path.resolve().parent)
    except ValidationError as error:
        raise ConfigError(_told(error, path if values or named else None)) from None


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ConfigError(f"there is no settings file {path}; run: digestmail init") from None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"the settings file {path} cannot be read: {error}") from None
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"the settings file {path} is not valid TOML: {error}") from None


def _from_secret_files(environ: Mapping[str, str]) -> dict[str, Any]:
    """What variables like DIGESTMAIL_SECRET_KEY_FILE point to, as nested settings."""
    values: dict[str, Any] = {}
    for name, file in environ.items():
        if name.startswith(PREFIX) and name.endswith("_FILE") and name not in _REAL_SETTINGS:
            keys = name.removeprefix(PREFIX).removesuffix("_FILE").lower().split("__")
            try:
                secret = Path(file).read_text(encoding="utf-8").strip()
            except OSError as error:
                raise ConfigError(f"{name}: cannot read {file}: {error.strerror}") from None
            for key in reversed(keys[1:]):
                secret = {key: secret}  # type: ignore[assignment]
            values = _merged(values, {keys[0]: secret})
    return values


_REAL_SETTINGS = {f"{PREFIX}DKIM__KEY_FILE", f"{PREFIX}SMTP__CA_FILE"}


def _merged(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    result = dict(below)
    for key, value in above.items():
        old = result.get(key)
        both = isinstance(old, Mapping) and isinstance(value, Mapping)
        result[key] = _merged(old, value) if both else value  # type: ignore[arg-type]
    return result


def _told(error: ValidationError, path: Path | None) -> str:
    if path is None and any(item["type"] == "missing" for item in error.errors()):
        return f"there is no {FILE_NAME} here; run: digestmail init (or name one with --config)"
    first, *others = error.errors()
    name = ".".join(map(str, first["loc"]))
    variable = PREFIX + "__".join(map(str, first["loc"])).upper()
    problem = {"missing": "is missing", "extra_forbidden": "is no setting of digestmail"}.get(
        first["type"], first["msg"].removeprefix("Value error, ")
    )
    more = f" (and {len(others)} more)" if others else ""
    return f"{path or 'the environment'}: {name}: {problem}; set it there or by {variable}{more}"
