"""The context of a request: the App, the pages in its language, and the limits it is under."""

import logging
from collections.abc import AsyncIterator, Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Annotated

from fastapi import Depends, HTTPException, Request
from fastapi.responses import RedirectResponse, Response
from starlette.background import BackgroundTask

from digestmail.app import App
from digestmail.domain import Paper
from digestmail.web.shared.background_mailer import BackgroundMailer
from digestmail.web.shared.capacity import Capacity
from digestmail.web.shared.form_token import FormGuard, FormToken
from digestmail.web.shared.languages import Languages
from digestmail.web.shared.networks import Networks
from digestmail.web.shared.rate_limits import FORMS, HourlyLimit
from digestmail.web.views.pages import Pages

log = logging.getLogger(__name__)

READ_METHODS = ["GET", "HEAD"]  # these change nothing: scanners open every link of a mail
_AN_HOUR = timedelta(hours=1)
_RETRY = {"Retry-After": "3600"}


@dataclass(frozen=True, slots=True)
class RequestContext:
    """The things that an endpoint needs to answer a request."""

    app: App
    pages: Pages
    networks: Networks
    mailer: BackgroundMailer
    languages: Languages
    form_guard: FormGuard
    capacity: Capacity = field(default_factory=Capacity)

    def in_language(self, pages: Pages) -> "RequestContext":
        """Return the same context with its pages in another language."""
        return self if pages is self.pages else replace(self, pages=pages)

    def in_tag(self, tag: str) -> "RequestContext":
        """Return the same context with its pages in the language that serves a tag, if any does."""
        return self.in_language(self.languages.named(tag) or self.pages)

    def in_language_of(self, subscriber_id: int) -> "RequestContext":
        """Return the same context with its pages in the language that a subscriber chose."""
        return self.in_tag(self.app.store.subscribers.language(subscriber_id))

    @property
    def now(self) -> datetime:
        """The App's time."""
        return self.app.clock()

    @property
    def form_token(self) -> FormToken:
        """The hidden fields of a public form about to be shown."""
        return self.form_guard.issue(self.now)

    @property
    def sending(self) -> BackgroundTask:
        """The task that sends, after an answer, the mails that a request has planned."""
        return BackgroundTask(self.mailer.run)

    def with_lines(self, papers: Iterable[Paper]) -> list[Paper]:
        """Return papers with the lines that a language model wrote in the language of the page."""
        return self.app.lines.papers(papers, self.pages.words.language)

    def later(self, work: Callable[[], object]) -> BackgroundTask:
        """Return the task that does ``work`` after an answer and sends the mails it has planned.

        How long an answer takes must not tell whether an address is known here.
        """

        def run() -> None:
            try:
                work()
            except Exception:
                log.exception("the request of a form failed")
            self.mailer.run()

        return BackgroundTask(run)

    def redirect(self, path: str) -> Response:
        """Redirect a browser after a form was taken, so that going back never sends it again."""
        base = self.pages.base
        location = path if base and path.startswith(f"{base}/") else base + path
        return RedirectResponse(location, 303)

    def count(self, request: Request, limit: HourlyLimit = FORMS) -> None:
        """Count a request; HTTPException once its network or everyone sent too many.

        The operator is told once in an hour.
        """
        now, rate_limits = self.now, self.app.store.rate_limits
        network = self.app.store.salt.hash(f"{limit.name}:{self.networks.of(request)}")
        if not rate_limits.allow(network, limit.per_network, _AN_HOUR, now):
            raise HTTPException(429, headers=_RETRY)
        if not rate_limits.allow(f"{limit.name}:all", limit.total, _AN_HOUR, now):
            self._report_flood(limit)
            raise HTTPException(503, headers=_RETRY)

    def _report_flood(self, limit: HourlyLimit) -> None:
        flood = f"more than {limit.total} {limit.name}s in an hour: further ones are refused"
        log.error(flood)
        if self.app.store.rate_limits.allow(f"{limit.name}:told", 1, _AN_HOUR, self.now):
            self.app.store.relays.owe_alert(f"the public pages: {flood}", self.now)


def request_context(request: Request) -> RequestContext:
    """Return the context of a request, in the language that it asks for."""
    context: RequestContext = request.app.state.context
    accept_language = request.headers.get("accept-language", "")
    return context.in_language(context.languages.negotiate(accept_language))


async def _context(request: Request) -> RequestContext:
    return request_context(request)


Context = Annotated[RequestContext, Depends(_context)]


async def _turn(request: Request, context: Context) -> AsyncIterator[None]:
    async with context.capacity.turn(context.networks.of(request)):
        yield


Turn = Depends(_turn)  # of endpoints that score papers or read files; taken before the body is read
