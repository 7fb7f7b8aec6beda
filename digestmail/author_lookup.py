"""The lookup in author directories, composed from the settings."""

import os
from collections.abc import Callable
from contextlib import ExitStack

from digestmail import __version__
from digestmail.config import Settings
from digestmail.directories.kind import DirectoryKind, DirectorySetup
from digestmail.directories.lookup import DirectoryLookup
from digestmail.directories.registry import KINDS
from digestmail.domain import Clock, DirectoryName
from digestmail.errors import ConfigError
from digestmail.sources.http.client import WebClient
from digestmail.sources.http.throttle import ThrottleLimits

_TIMEOUT = 5.0  # seconds: a page waits for six
_MAX_BYTES = 10_000_000  # of one answer: the record of somebody with thousands of works
_MAX_RETRY_AFTER = 2.0  # seconds: who asks for more time is busy for this visitor


def open_lookup(
    settings: Settings,
    clock: Clock,
    monotonic: Callable[[], float],
    sleep: Callable[[float], object],
    urls: dict[DirectoryName, str] | None = None,
) -> DirectoryLookup:
    """Return the lookup in all directories; ConfigError where the settings turn it off.

    ``urls`` replace the addresses of directories. Requests of all processes of an installation,
    sources included, keep the pauses that a directory asks for together.
    """
    chosen = settings.directories
    if not chosen.enabled:
        raise ConfigError("author directories are off: set directories.enabled to true")
    keys = {
        DirectoryName.OPENALEX: chosen.openalex_key,
        DirectoryName.SEMANTIC_SCHOLAR: chosen.semantic_scholar_key,
    }
    directories = []
    clients = ExitStack()
    for kind in KINDS:
        secret = keys.get(kind.name)
        client = _client(settings, clock, monotonic, sleep, kind)
        setup = DirectorySetup(
            web=clients.enter_context(client),
            url=(urls or {}).get(kind.name, kind.url),
            today=lambda: clock().date(),
            contact=settings.operator_email,
            key=secret.get_secret_value() if secret else "",
        )
        directories.append(kind.build(setup))
    return DirectoryLookup(directories, monotonic=monotonic, on_close=clients.close)


def _client(
    settings: Settings,
    clock: Clock,
    monotonic: Callable[[], float],
    sleep: Callable[[float], object],
    kind: DirectoryKind,
) -> WebClient:
    def pause(seconds: float) -> None:
        sleep(seconds)

    folder = settings.folder
    limits = ThrottleLimits(
        min_interval=kind.min_interval,
        max_retry_after=_MAX_RETRY_AFTER,
        first_pause=kind.first_pause,
    )
    return WebClient(
        user_agent=f"digestmail/{__version__} ({settings.operator_email or settings.public_url})",
        monotonic=monotonic,
        sleep=pause,
        wall=lambda: clock().timestamp(),
        limits=limits,
        timeout=_TIMEOUT,
        max_bytes=_MAX_BYTES,
        shared_folder=folder / ".digestmail" if os.access(folder, os.W_OK) else None,
    )
