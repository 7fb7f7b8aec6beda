"""The settings: one TOML file, each overridable by an environment variable.

``DIGESTMAIL_SMTP__HOST`` overrides ``host`` of ``[smtp]``; for a secret, ``…_FILE`` names a file
that holds it. Read once by the shells and handed on as a value.
"""

import os
import tomllib
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    field_validator,
)
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
)

from digestmail.domain import PROFILE_FIELDS, THRESHOLD
from digestmail.errors import ConfigError

PREFIX = "DIGESTMAIL_"
FILE_NAME = "digestmail.toml"
_MAX_PAPERS = PROFILE_FIELDS["max_papers"]
_SHORTEST_KEY = 32
# What the addresses of the web pages begin with.
_PAGES = frozenset(
    """
    confirm digest done embed favicon.ico feed feedback healthz help hooks never papers papers.atom
    papers.json preferences return robots.txt save static subscribe
    unsubscribe why
    """.split()  # noqa: SIM905 - a list of them is as long as they are many
)


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class MailSettings(_Section):
    """Who the mail is from."""

    from_address: str = Field(description="the sender; its domain should be the one DKIM signs for")
    from_name: str = Field("Daily papers", description="the sender's name")
    reply_to: str = Field("", description="where answers go; empty: to the sender")
    bounce_address: str = Field(
        "", description="envelope sender; gets a signed +token of each reader. Empty: the sender"
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
    password_file: str = Field("", description="file that holds the password, in its place")
    verify_tls: bool = Field(True, description="check the relay's certificate")
    ca_file: str = Field("", description="certificates to trust besides the system's")
    connections: int = Field(4, ge=1, le=256, description="kept open at the same time")
    messages_per_connection: int = Field(100, ge=1, description="then a fresh one is opened")
    rcpt_timeout: int = Field(
        60, ge=5, le=600, description="seconds to wait for its word on a recipient"
    )
    per_second: int = Field(0, ge=0, description="mails it takes a second; 0: no limit")
    per_hour: int = Field(0, ge=0, description="mails it takes in an hour; 0: no limit")
    per_day: int = Field(0, ge=0, description="mails it takes in a day; 0: no limit")
    weight: int = Field(1, ge=1, description="its share of the mail when there are several")


class DkimSection(_Section):
    """Signing by digestmail itself; leave empty when the relay signs."""

    selector: str = Field("", description="the DNS selector")
    domain: str = Field("", description="the signing domain")
    key_file: str = Field("", description="private key, PEM")


class SemanticSection(_Section):
    """Likeness of meaning beside that of words; the extra ``semantic`` brings what it needs."""

    model: str = Field(
        "auto",
        description="sentence-embedding model: auto (the packaged one, if installed), none, "
        "or a folder with an ONNX model",
    )


class DigestSection(_Section):
    """What goes into a digest."""

    max_papers: int = Field(
        10,
        ge=_MAX_PAPERS.minimum,
        le=_MAX_PAPERS.maximum,
        description="for new profiles: papers in a digest",
    )
    threshold: float = Field(THRESHOLD, ge=0, le=1, description="for new profiles: the least score")
    exploration: int = Field(
        1,
        ge=0,
        le=1,
        description="papers in a mail that nearly fit, to learn from the verdict",
    )
    window_days: int = Field(
        8,
        ge=1,
        le=60,
        description="papers first seen earlier are no news any more; a weekly mail needs 8",
    )
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
    altcha: bool = Field(
        False,
        description="have the visitor's browser solve a small sum before a public form counts",
    )


class BouncesSection(_Section):
    """How bounces and complaints come back; empty: not this way."""

    mailbox: SecretStr = Field(
        SecretStr(""),
        description="read every 5 minutes: imaps://USER:PASSWORD@HOST/INBOX, pop3s://…, or the"
        " path of a Maildir; for bounces only",
    )
    ses_topic: str = Field(
        "", description="ARN of the SNS topic of Amazon SES that posts to /hooks/ses"
    )
    sendgrid_key: str = Field(
        "", description="public key of SendGrid's signed events, for /hooks/sendgrid"
    )
    mailgun_key: SecretStr = Field(
        SecretStr(""), description="webhook signing key of Mailgun, for /hooks/mailgun"
    )
    postmark_password: SecretStr = Field(
        SecretStr(""), description="basic-auth password that Postmark sends to /hooks/postmark"
    )


def _long_enough(key: SecretStr) -> SecretStr:
    if len(key.get_secret_value()) < _SHORTEST_KEY:
        raise ValueError(
            f"should have at least {_SHORTEST_KEY} characters; `digestmail init` makes one"
        )
    return key


_Key = Annotated[SecretStr, AfterValidator(_long_enough)]


class Settings(BaseSettings):
    """All settings. ``folder`` is where relative paths start: the file's own."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_nested_delimiter="__", extra="forbid", frozen=True
    )

    public_url: str = Field(description="where subscribers reach the web pages")
    secret_key: _Key = Field(description="signs all links; at least 32 characters")
    old_secret_keys: list[_Key] = Field([], description="former keys whose links still work")
    service_name: str = Field("digestmail", description="what the mail and pages call themselves")
    operator_email: str = Field("", description="for help, and told to the sources we ask")
    database_url: str = Field(
        "sqlite:///digestmail.db",
        repr=False,  # it may hold a password
        description="sqlite:///FILE or postgresql://…",
    )
    templates: str = Field("", description="folder of your own templates; empty: the built-in")
    mail: MailSettings
    smtp: SmtpSection = Field(default_factory=SmtpSection)
    relays: list[SmtpSection] = Field(
        [], description="further relays, each a [[relays]] table with the settings of [smtp]"
    )
    dkim: DkimSection = Field(default_factory=DkimSection)
    digest: DigestSection = Field(default_factory=DigestSection)
    semantic: SemanticSection = Field(default_factory=SemanticSection)
    web: WebSection = Field(default_factory=WebSection)
    bounces: BouncesSection = Field(default_factory=BouncesSection)
    folder: Path = Field(default=Path(), exclude=True)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Return only the values passed: ``load`` reads files and the environment."""
        return (init_settings,)

    @field_validator("public_url")
    @classmethod
    def _checked_url(cls, url: str) -> str:
        url = url.strip()
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
        if not usable or parts.query or parts.fragment or not url.isprintable() or " " in url:
            raise ValueError(
                "should be the web address of this service, https://digest.example.org"
            )
        first = parts.path.strip("/").partition("/")[0]
        if first in _PAGES:
            raise ValueError(
                f"should have another path: /{first} is a page of the service itself, and behind "
                "a proxy that cuts the path off nobody can tell the two apart"
            )
        return url.rstrip("/")

    @property
    def host(self) -> str:
        """Return the host name of the public pages."""
        return urlsplit(self.public_url).hostname or ""

    def path(self, text: str) -> Path:
        """Return a path of the settings, relative to the file they are in."""
        return self.folder / Path(text).expanduser()


def load(file: Path | None = None, environ: Mapping[str, str] = os.environ) -> Settings:
    """Read the settings from ``file`` (else $DIGESTMAIL_CONFIG, else ./digestmail.toml, if any).

    Raises ConfigError naming the setting, what is wrong with it and where to set it.
    """
    named = file or (Path(environ[f"{PREFIX}CONFIG"]) if environ.get(f"{PREFIX}CONFIG") else None)
    path = named or Path(FILE_NAME)
    there = named is not None or path.exists()
    values = _merged({"mail": {}}, _read(path) if there else {})
    values = _merged(values, _from_secret_files(environ))
    values = _merged(values, _from_environment(environ))
    try:
        return Settings(**values, folder=path.resolve().parent)
    except ValidationError as error:
        raise ConfigError(_told(error, path if there else None, environ)) from None


def _read(path: Path) -> dict[str, Any]:
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ConfigError(f"there is no settings file {path}; run: digestmail init") from None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"the settings file {path} cannot be read: {error}") from None
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"the settings file {path} is not valid TOML: {error}") from None
    for name in values:
        if name not in Settings.model_fields or name == "folder":
            raise ConfigError(f"{path}: {name}: is no setting of digestmail; remove it")
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
            f"the environment: {name}: cannot be read; write {PREFIX}{name.upper()} as JSON"
        ) from None


_NO_SETTINGS = (f"{PREFIX}CONFIG", f"{PREFIX}TEST_")


def _refuse_unknown(environ: Mapping[str, str]) -> None:
    """Return a misspelt variable would leave a setting as it is without a word."""
    known = [PREFIX + name.replace(".", "__").upper() for name in setting_names()]
    known += [PREFIX + name.upper() for name in Settings.model_fields if name != "folder"]
    for name in environ:
        setting = name.removesuffix("_FILE") if _names_secret_file(name) else name
        ours = name.startswith(PREFIX) and not name.startswith(_NO_SETTINGS)
        if ours and setting.upper() not in known:
            near = get_close_matches(setting.upper(), known, 1)
            hint = f"; did you mean {near[0]}?" if near else ""
            raise ConfigError(f"the environment: {name} is no setting of digestmail{hint}")


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
                raise ConfigError(f"{name}: {file} holds no text; write the secret in it") from None
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


def _told(error: ValidationError, path: Path | None, environ: Mapping[str, str]) -> str:
    missing = [_variable(item["loc"]) for item in error.errors() if item["type"] == "missing"]
    if path is None and missing:
        return (
            f"there is no {FILE_NAME} here; run: digestmail init (or name one with --config, or"
            f" set {missing[0]})"
        )
    first, *others = error.errors()
    name, variable = ".".join(map(str, first["loc"])), _variable(first["loc"])
    where = path if path and variable not in environ else "the environment"
    more = f" (and {len(others)} more)" if others else ""
    if first["type"] == "extra_forbidden":
        return f"{where}: {name}: is no setting of digestmail; remove it{more}"
    problem = "is missing" if first["type"] == "missing" else first["msg"]
    problem = problem.removeprefix("Value error, ")
    return f"{where}: {name}: {problem}; set it there or by {variable}{more}"


def _variable(location: tuple[int | str, ...]) -> str:
    """Return the environment variable of a setting; an entry of a list has none of its own."""
    return PREFIX + "__".join(part for part in location if isinstance(part, str)).upper()
