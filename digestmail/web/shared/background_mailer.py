"""Sends the mails that requests have planned, in the background of the pages."""

import logging
import threading
from collections.abc import Callable

log = logging.getLogger(__name__)


class BackgroundMailer:
    """A sender of planned mails: one round at a time, however many requests ask for it."""

    def __init__(self, deliver: Callable[[], object]) -> None:
        self._deliver = deliver
        self._requested = threading.Event()
        self._busy = threading.Lock()

    def run(self) -> None:
        """Send what is planned. Never raises: the scheduler tries again what fails here."""
        self._requested.set()
        while self._requested.is_set() and self._busy.acquire(blocking=False):
            try:
                self._requested.clear()
                self._deliver()
            except Exception:
                log.exception("emails could not be sent now; the scheduler will try again")
            finally:
                self._busy.release()

    def finish(self) -> None:
        """Return when no mail is on the wire any more."""
        with self._busy:
            pass
