"""What the endpoints share: the App, the pages, who may ask how often, and the letters."""

import logging
import threading
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Annotated

from fastapi import Depends, HTTPException, Request
from fastapi.responses import RedirectResponse, Response
from starlette.background import BackgroundTask

from digestmail.app import App
from digestmail.web.shared.altcha import Sums
from digestmail.web.shared.capacity import Capacity
from digestmail.web.shared.forms import Texts
from digestmail.web.shared.languages import Languages
from digestmail.web.shared.networks import Networks
from digestmail.web.views.pages import Pages

log = logging.getLogger(__name__)

FORM_LIFETIME = timedelta(hours=2)
HASTE = timedelta(seconds=3)  # no person fills in a form so fast
_AN_HOUR = timedelta(hours=1)
_RETRY = {"Retry-After": "3600"}


@dataclass(frozen=True, slots=True)
class Limit:
    """How often something may be asked in an hour, by one network and by everyone together."""

    name: str
    of_a_network: int
    of_all: int


FORMS = Limit("form", 20, 500)  # each may have a mail sent
READS = Limit("read", 120, 5_000)  # each may bring a file, and have titles looked up
PREVIEWS = Limit("preview", 600, 20_000)  # typing asks for one every other second


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

    def finish(self) -> None:
        """Return when no letter is on the wire any more."""
        with self._busy:
            pass


@dataclass(frozen=True, slots=True)
class FormToken:
    """What a public form carries to be taken; ``sum`` is for the browser, empty where not asked."""

    token: str
    sum: str = ""


@dataclass(frozen=True, slots=True)
class Site:
    """All that an endpoint needs."""

    app: App
    pages: Pages
    networks: Networks
    courier: Courier
    languages: Languages
    sums: Sums | None = None
    capacity: Capacity = field(default_factory=Capacity)

    def speaking(self, pages: Pages) -> "Site":
        """The same with its pages in another language."""
        return self if pages is self.pages else replace(self, pages=pages)

    @property
    def now(self) -> datetime:
        """The App's time."""
        return self.app.clock()

    @property
    def form_token(self) -> FormToken:
        """For a public form about to be shown."""
        return self.with_sum(self.app.links.form_token(self.now))

    @property
    def letters(self) -> BackgroundTask:
        """To send, after an answer, the letters that a request has planned."""
        return BackgroundTask(self.courier.run)

    def later(self, work: Callable[[], object]) -> BackgroundTask:
        """To do ``work`` after an answer, and then to send the letters it has planned.

        How long an answer takes must not tell whether an address is known here.
        """

        def run() -> None:
            try:
                work()
            except Exception:
                log.exception("what a form asked for could not be done")
            self.courier.run()

        return BackgroundTask(run)

    def with_sum(self, token: str) -> FormToken:
        """A form's token, with a new sum where sums are asked."""
        return FormToken(token, self.sums.ask(token) if self.sums else "")

    def is_ours(self, values: Texts) -> bool:
        """Whether a public form was made here, however long ago."""
        return self.app.links.form_age(values.get("form_token", ""), self.now) is not None

    def is_fresh(self, values: Texts) -> bool:
        """Whether a public form was made here, lately, not filled in in haste, its sum solved.

        Ask once, as a sum is good once.
        """
        token = values.get("form_token", "")
        age = self.app.links.form_age(token, self.now)
        if age is None or not HASTE <= age <= FORM_LIFETIME:
            return False
        answer = values.get("altcha", "")
        return not self.sums or self.sums.accept(answer, token, FORM_LIFETIME, self.now)

    def token_again(self, values: Texts) -> FormToken:
        """For a form that is shown again: its own token while it is good, else a new one."""
        token = values.get("form_token", "")
        age = self.app.links.form_age(token, self.now)
        is_young = age is not None and timedelta(0) <= age <= FORM_LIFETIME / 2
        return self.with_sum(token) if is_young else self.form_token

    def lead_to(self, path: str) -> Response:
        """Lead a browser on after a form was taken, so that going back never sends it again."""
        base = self.pages.base
        there = path if base and path.startswith(f"{base}/") else base + path
        return RedirectResponse(there, 303)

    def count(self, request: Request, limit: Limit = FORMS) -> None:
        """Count a request; HTTPException once its network or everyone sent too many.

        The operator is told once in an hour.
        """
        now, rate_limits = self.now, self.app.store.rate_limits
        network = self.app.store.salt.hash(f"{limit.name}:{self.networks.of(request)}")
        if not rate_limits.allow(network, limit.of_a_network, _AN_HOUR, now):
            raise HTTPException(429, headers=_RETRY)
        if not rate_limits.allow(f"{limit.name}:all", limit.of_all, _AN_HOUR, now):
            self._tell_flood(limit)
            raise HTTPException(503, headers=_RETRY)

    def _tell_flood(self, limit: Limit) -> None:
        flood = f"more than {limit.of_all} {limit.name}s in an hour: the rest is refused"
        log.error(flood)
        if self.app.store.rate_limits.allow(f"{limit.name}:told", 1, _AN_HOUR, self.now):
            self.app.store.relays.owe_alert(f"the public pages: {flood}", self.now)


def is_robot(values: Texts) -> bool:
    """Whether the field was filled in that nobody can see."""
    return bool(values.get("website"))


async def _site(request: Request) -> Site:
    return site_of(request)


def site_of(request: Request) -> Site:
    """The site in the language that a request asks for."""
    site: Site = request.app.state.site
    return site.speaking(site.languages.asked(request.headers.get("accept-language", "")))


Ours = Annotated[Site, Depends(_site)]


async def _turn(request: Request, site: Ours) -> AsyncIterator[None]:
    async with site.capacity.turn(site.networks.of(request)):
        yield


Turn = Depends(_turn)  # of endpoints that score papers or read files; taken before the body is read
SHOW = ["GET", "HEAD"]  # these change nothing: scanners open every link of a mail
