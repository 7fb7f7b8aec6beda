"""What the endpoints share: the App, the pages, who may ask how often, and the letters."""

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated

from fastapi import Depends, HTTPException, Request
from starlette.background import BackgroundTask

from digestmail.app import App
from digestmail.web.forms import Texts
from digestmail.web.pages import Pages
from digestmail.web.security import Networks

log = logging.getLogger(__name__)

FORM_LIFETIME = timedelta(hours=2)
_AN_HOUR = timedelta(hours=1)
_MOST_OF_A_NETWORK = 20
_MOST_OF_ALL = 500
_RETRY = {"Retry-After": "3600"}


class Courier:
    """Sends letters in the background, one round at a time, however many ask for it."""

    def __init__(self, deliver: Callable[[], object]) -> None:
        self._deliver = deliver
        self._wanted = threading.Event()
        self._busy = threading.Lock()

    def run(self) -> None:
        """Send what is planned. Never raises: the scheduler tries again what fails here."""
        self._wanted.set()
        while self._wanted.is_set() and self._busy.acquire(blocking=False):
            try:
                self._wanted.clear()
                self._deliver()
            except Exception:
                log.exception("letters could not be sent now; the scheduler will try again")
            finally:
                self._busy.release()


@dataclass(frozen=True, slots=True)
class Site:
    """All that an endpoint needs."""

    app: App
    pages: Pages
    networks: Networks
    courier: Courier

    @property
    def now(self) -> datetime:
        """The App's time."""
        return self.app.clock()

    @property
    def form_token(self) -> str:
        """For a public form about to be shown."""
        return self.app.links.form_token(self.now)

    @property
    def letters(self) -> BackgroundTask:
        """To send, after an answer, the letters that a request has planned."""
        return BackgroundTask(self.courier.run)

    def is_fresh(self, values: Texts) -> bool:
        """Whether a public form was made here, and lately."""
        return self.app.links.form_is_fresh(values.get("form_token", ""), self.now, FORM_LIFETIME)

    def count(self, request: Request) -> None:
        """Count a public form; HTTPException once its network or everyone sent too many."""
        now, allow = self.now, self.app.store.guards.allow
        network = self.app.store.guards.hash(f"form:{self.networks.of(request)}")
        if not allow(network, _MOST_OF_A_NETWORK, _AN_HOUR, now):
            raise HTTPException(429, headers=_RETRY)
        if not allow("form:all", _MOST_OF_ALL, _AN_HOUR, now):
            log.error("more than %d forms in an hour: the rest is refused", _MOST_OF_ALL)
            raise HTTPException(503, headers=_RETRY)


def is_robot(values: Texts) -> bool:
    """Whether the field was filled in that nobody can see."""
    return bool(values.get("website"))


async def _site(request: Request) -> Site:
    site: Site = request.app.state.site
    return site


Ours = Annotated[Site, Depends(_site)]
SHOW = ["GET", "HEAD"]  # these change nothing: scanners open every link of a mail
