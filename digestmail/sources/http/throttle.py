"""The throttle of requests to a domain: pauses between them, and refusals that are obeyed."""

import fcntl
import json
import math
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import IO, Self
from urllib.parse import quote

from digestmail.errors import SourceError

AGAIN = "will try again at the next poll"
BUSY = frozenset({429, 503})  # statuses of a server that refuses requests for now


@dataclass(frozen=True, slots=True)
class ThrottleLimits:
    """The waits of a throttle, in seconds."""

    min_interval: float = 3.0  # arXiv asks for it, over all its services
    max_retry_after: float = 60.0  # is waited for within one request; longer ones end it
    first_pause: float = 600.0  # shorter ones have led arXiv to block addresses
    max_pause: float = 6 * 3600.0  # where a pause doubles with each refusal
    max_obeyed: float = 24 * 3600.0  # of the wait that a server demands
    lock_poll: float = 0.1


LIMITS = ThrottleLimits()


@dataclass(slots=True)
class DomainState:
    """The pauses owed to a domain: since the last request, and until requests are allowed again.

    Times are seconds of the throttle's clock. With ``file`` the state is shared by processes.
    """

    last_end: float = -math.inf
    not_before: float = -math.inf
    refusals: int = 0  # in succession
    file: IO[str] | None = None

    @classmethod
    def load(cls, file: IO[str]) -> Self:
        """Read the state in ``file``; a new one where it is empty, or was cut short by a crash."""
        file.seek(0)
        try:
            values = json.loads(file.read(1_000))
            times = float(values["last_end"]), float(values["not_before"])
            return cls(*times, int(values["refusals"]), file)
        except (ValueError, TypeError, KeyError, OverflowError):
            return cls(file=file)

    def end_request(self, now: float) -> None:
        """Store that the last request ended at ``now``."""
        self.last_end = now
        if self.file:
            names = ("last_end", "not_before", "refusals")
            self.file.seek(0)
            self.file.truncate()
            self.file.write(json.dumps({name: getattr(self, name) for name in names}))
            self.file.flush()

    def closed_for(self, now: float, limits: ThrottleLimits) -> float:
        """Return the seconds in which no request may be made."""
        remaining = self.not_before - now
        # It is longer than any pause only after the clock was set back.
        return max(0.0, remaining) if remaining <= limits.max_obeyed else 0.0


class DomainThrottle:
    """A throttle that lets one request at a time go to a domain, after the pauses it is owed.

    The pause of ``min_interval`` runs from the end of one request to the start of the next; the
    hosts of one domain share it. With ``folder`` all processes that name the same one keep the
    pauses together, by a locked file for each domain and in the time of ``wall``, in seconds since
    1970. Without it they stay in memory, in the time of ``monotonic``. ``lock_timeout`` is how
    many seconds another process may hold a domain. Several threads must not use it at once.
    """

    def __init__(
        self,
        folder: Path | None,
        *,
        sleep: Callable[[float], None],
        monotonic: Callable[[], float],
        wall: Callable[[], float],
        lock_timeout: float,
        limits: ThrottleLimits,
    ) -> None:
        self._folder = folder
        self._sleep = sleep
        self._wall = wall
        # A monotonic clock cannot be set back, but means nothing to other processes after a boot.
        self._now = wall if folder else monotonic
        self._lock_timeout = lock_timeout
        self._limits = limits
        self._states: dict[str, DomainState] = {}

    @contextmanager
    def turn(self, host: str, label: str) -> Iterator[DomainState]:
        """Wait for the turn to request from ``host`` and hold it; ``label`` names it in errors.

        Raises SourceError where the domain is left alone for longer than a request may wait.
        """
        with self._locked(domain_of(host)) as state:
            self._wait(state, label)
            state.end_request(self._now())  # in case that this process is killed meanwhile
            try:
                yield state
            finally:
                state.end_request(self._now())

    def record(self, state: DomainState, status: int, headers: Mapping[str, str]) -> None:
        """Note how a request was answered, and so for how long the domain is left alone."""
        state.refusals = state.refusals + 1 if status in BUSY else 0
        pause = pause_after(status, retry_after(headers), state.refusals, self._limits)
        state.not_before = self._now() + pause

    def _wait(self, state: DomainState, label: str) -> None:
        now = self._now()
        closed = state.closed_for(now, self._limits)
        if closed > self._limits.max_retry_after:
            until = datetime.fromtimestamp(self._wall(), UTC) + timedelta(seconds=closed)
            raise SourceError(f"{label} was too busy; no requests until {until:%F %H:%M} UTC")
        # A clock that was set back must not make the pause longer.
        interval = self._limits.min_interval
        pause = min(state.last_end + interval - now, interval)
        if max(pause, closed) > 0:
            self._sleep(max(pause, closed))

    @contextmanager
    def _locked(self, domain: str) -> Iterator[DomainState]:
        if self._folder is None:
            yield self._states.setdefault(domain, DomainState())
            return
        path = self._folder / f"{quote(domain, safe='')[:200]}.json"
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            # Closing the file releases the lock, as the end of the process does.
            with path.open("a+", encoding="utf-8") as file:
                self._lock(file, domain)
                yield DomainState.load(file)
        except OSError as error:
            raise SourceError(f"{path}: {error.strerror or error}") from error

    def _lock(self, file: IO[str], domain: str) -> None:
        for _ in range(math.ceil(self._lock_timeout / self._limits.lock_poll)):
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return
            except BlockingIOError:
                self._sleep(self._limits.lock_poll)
        raise SourceError(f"another process is still using {domain}; {AGAIN}")


def pause_after(
    status: int,
    requested: float | None,
    refusals: int,
    limits: ThrottleLimits = LIMITS,
) -> float:
    """Return the seconds to leave a server alone that answered ``status``, the last of refusals.

    10 minutes after a 429 without Retry-After (``requested`` is None), doubled at each further
    refusal up to 6 hours. A 429 with one, and a 503, which often passes by itself, get one refusal
    for free. Retry-After is the least, up to a day.
    """
    if status not in BUSY:
        return 0.0
    counted = refusals if status == 429 and requested is None else refusals - 1
    doublings = min(counted - 1, 20)
    backoff = min(limits.first_pause * 2**doublings, limits.max_pause) if counted > 0 else 0.0
    return max(backoff, min(requested or 0.0, limits.max_obeyed))


def domain_of(host: str) -> str:
    """Return the last two labels of a host name, which share the pause between requests."""
    return ".".join(host.split(".")[-2:])


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Return the seconds of Retry-After (RFC 9110, 10.2.3), by the server's clock; None without."""
    value = headers.get("retry-after", "").strip()
    if value.isascii() and value.isdigit():
        return float(value)
    until, now = _http_date(value), _http_date(headers.get("date", ""))
    return max(0.0, (until - now).total_seconds()) if until and now else None


def _http_date(value: str) -> datetime | None:
    try:
        date = parsedate_to_datetime(value)
    except (ValueError, OverflowError):
        return None
    return date if date.tzinfo else None
