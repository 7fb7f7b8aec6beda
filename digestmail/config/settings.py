"""All settings as one frozen value. ``load`` reads them; the shells hand them on."""

from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from digestmail.config.sections import (
    BouncesSection,
    ClusterSection,
    DigestSection,
    DirectoriesSection,
    DkimSection,
    MailSettings,
    RetentionSection,
    SemanticSection,
    SmtpSection,
    SummariesSection,
    WebSection,
)

PREFIX = "DIGESTMAIL_"  # of the environment variables
_MIN_KEY_LENGTH = 32  # characters: 192 bits as `digestmail init` writes them
# What the addresses of the web pages begin with.
_PAGES = frozenset(
    """
    confirm digest done embed favicon.ico feed feedback healthz help hooks never papers papers.atom
    papers.json options preferences return robots.txt save static subscribe
    unsubscribe why
    """.split()  # noqa: SIM905 - a list of them is as long as they are many
)


def _long_enough(key: SecretStr) -> SecretStr:
    if len(key.get_secret_value()) < _MIN_KEY_LENGTH:
        raise ValueError(
            f"must have at least {_MIN_KEY_LENGTH} characters; `digestmail init` creates one"
        )
    return key


_Key = Annotated[SecretStr, AfterValidator(_long_enough)]


class Settings(BaseSettings):
    """All settings. ``folder`` is where relative paths start: the file's own."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_nested_delimiter="__", extra="forbid", frozen=True
    )

    public_url: str = Field(description="public address of the web pages")
    secret_key: _Key = Field(description="key that signs all links; at least 32 characters")
    old_secret_keys: list[_Key] = Field(
        [], description="previous keys; links signed with them still work"
    )
    service_name: str = Field("digestmail", description="name of the service in emails and pages")
    operator_email: str = Field(
        "",
        description="your address, for alerts, for subscribers' questions and for the sources",
    )
    database_url: str = Field(
        "sqlite:///digestmail.db",
        repr=False,  # it may hold a password
        description="sqlite:///FILE or postgresql://…",
    )
    templates: str = Field(
        "", description="folder with your own templates; empty: the built-in ones"
    )
    mail: MailSettings
    smtp: SmtpSection = Field(default_factory=SmtpSection)
    relays: list[SmtpSection] = Field(
        [], description="more relays, each a [[relays]] table with the settings of [smtp]"
    )
    dkim: DkimSection = Field(default_factory=DkimSection)
    digest: DigestSection = Field(default_factory=DigestSection)
    semantic: SemanticSection = Field(default_factory=SemanticSection)
    summaries: SummariesSection = Field(default_factory=SummariesSection)
    directories: DirectoriesSection = Field(default_factory=DirectoriesSection)
    retention: RetentionSection = Field(default_factory=RetentionSection)
    cluster: ClusterSection = Field(default_factory=ClusterSection)
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
        address = urlsplit(url)
        usable = address.scheme in ("http", "https") and address.hostname and address.port != 0
        if not usable or address.query or address.fragment or not url.isprintable() or " " in url:
            raise ValueError(
                "must be the web address of this service, such as https://digest.example.org"
            )
        first = address.path.strip("/").partition("/")[0]
        if first in _PAGES:
            raise ValueError(
                f"needs a different path: /{first} is a page of the service itself, and a proxy "
                "that strips the path makes them indistinguishable"
            )
        return url.rstrip("/")

    @property
    def host(self) -> str:
        """Return the host name of the public pages."""
        return urlsplit(self.public_url).hostname or ""

    def path(self, text: str) -> Path:
        """Return a path of the settings, relative to the file they are in."""
        return self.folder / Path(text).expanduser()
