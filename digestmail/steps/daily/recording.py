"""Recording what happens to mails while they are sent, through troubles of the database."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from digestmail.errors import StoreError
from digestmail.steps.daily.group_commit import GroupCommit
from digestmail.store import Step

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class RecordingParameters:
    """How long a mail is ours, and how often its steps are tried."""

    lease: timedelta = timedelta(minutes=20)  # longer than the longest wait for a relay's answer
    first_pause: float = 1.0  # seconds, beyond the wait for a lock that the database makes itself
    longest_pause: float = 15.0


RECORDING = RecordingParameters()


class Recorder:
    """Commits the steps of a run's mails, and tries again for as long as the lease lasts.

    Nobody else knows what the relay said; and a mail whose step to the wire was committed, though
    the database could not say so any more, would be one that nobody can decide.
    """

    def __init__(
        self,
        write: Callable[[Sequence[Step]], Sequence[bool]],
        parameters: RecordingParameters,
        *,
        monotonic: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._group_commit = GroupCommit(write)
        self._parameters = parameters
        self._monotonic = monotonic
        self._sleep = sleep
        self._in_trouble = False

    @property
    def lease_end(self) -> float:
        """Return when a lease that begins now ends, by the clock that nobody sets."""
        return self._monotonic() + self._parameters.lease.total_seconds()

    async def commit(self, step: Step, until: float) -> bool:
        """Commit a step; return whether it was ours to take.

        Raises StoreError when that could not be done before ``until``, the end of the lease.
        """
        pause = self._parameters.first_pause
        while True:
            try:
                is_ours = await self._group_commit(step)
            except StoreError as error:
                if self._monotonic() + pause > until:
                    raise
                self._warn_once(error)
            else:
                self._in_trouble = False
                return is_ours
            await self._sleep(pause)
            pause = min(2 * pause, self._parameters.longest_pause)

    def _warn_once(self, error: StoreError) -> None:
        if not self._in_trouble:  # once for all mails under way
            minutes = self._parameters.lease / timedelta(minutes=1)
            log.warning(
                "delivery results cannot be recorded: %s; trying for %.0f minutes",
                error,
                minutes,
            )
        self._in_trouble = True
