"""The relay as it is configured: where it is, how it is secured, how long it may take."""

import ipaddress
import ssl
from dataclasses import dataclass, field
from typing import Literal, get_args

from digestmail.errors import ConfigError

TlsMode = Literal["starttls", "tls", "none"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SmtpSettings:
    """The address and manners of a relay. ``tls`` is what happens, never what is tried.

    Timeouts are in seconds and for each step. The one after the final dot (``data_timeout``) is
    long on purpose, as RFC 5321 4.5.3.2.6 asks: giving up there leaves a message of which nobody
    knows whether it was sent. That for a recipient is shorter than the RFC has it: nothing is lost
    by trying again, and a relay that looks every recipient up elsewhere answers in half a minute.
    The rate limits are in mails; 0 is none. Raises ConfigError for what cannot work, and for a
    password that would leave this machine unencrypted.
    """

    host: str
    port: int = 587
    tls: TlsMode = "starttls"
    username: str = ""
    password: str = field(default="", repr=False)
    connections: int = 4
    messages_per_connection: int = 100
    per_second: int = 0
    per_hour: int = 0
    per_day: int = 0
    weight: int = 1  # its share of the mail, among several relays
    connect_timeout: float = 30
    command_timeout: float = 300
    rcpt_timeout: float = 60
    data_timeout: float = 600
    verify_tls: bool = True
    ca_file: str = ""  # trusted beside the system's authorities
    local_hostname: str = ""  # said in EHLO; empty: this machine's name

    def __post_init__(self) -> None:
        if self.tls not in get_args(TlsMode):
            raise ConfigError(f"tls: one of {', '.join(get_args(TlsMode))}, not {self.tls!r}")
        if not self.host or self.connections < 1 or self.messages_per_connection < 1:
            raise ConfigError(
                "host must be set; connections and messages_per_connection must be at least 1"
            )
        if any(not 32 < ord(c) < 127 for c in self.local_hostname):
            raise ConfigError("local_hostname: letters, digits, dots and hyphens only")
        if bool(self.username) != bool(self.password):
            raise ConfigError("username and password: set both or none")
        if self.password and self.tls == "none" and not _is_loopback(self.host):
            raise ConfigError(
                f"the password would be sent unencrypted to {self.host}: set tls to starttls or tls"
            )

    @property
    def address(self) -> str:
        """Return ``host:port``, by which the relay is known."""
        return f"{self.host}:{self.port}"


def tls_context(settings: SmtpSettings) -> ssl.SSLContext | None:
    """Return the TLS rules of ``settings``, if any; ConfigError for an unreadable ``ca_file``."""
    if settings.tls == "none":
        return None  # reading the system's authorities takes as long as sending 300 mails
    context = ssl.create_default_context()
    if settings.ca_file:
        try:
            context.load_verify_locations(settings.ca_file)
        except OSError as error:
            raise ConfigError(f"ca_file {settings.ca_file}: {error.strerror or error}") from None
    if not settings.verify_tls:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"
