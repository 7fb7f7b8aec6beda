"""The session of a preferences link: whose it is, and the frame of their pages."""

from dataclasses import dataclass
from typing import Annotated
from urllib.parse import quote, urlencode

from fastapi import Depends
from fastapi.responses import RedirectResponse, Response

from digestmail.domain import Subscriber
from digestmail.web.shared.request_context import Context, RequestContext


@dataclass(frozen=True, slots=True)
class AccountSession:
    """A subscriber on their pages. ``path`` is that of the first of them."""

    context: RequestContext
    token: str
    subscriber: Subscriber
    path: str

    @property
    def subscriber_id(self) -> int:
        """The subscriber's id."""
        return self.subscriber.stored_id

    @property
    def is_fresh(self) -> bool:
        """Return whether the link is young enough to hand out or erase everything by it."""
        return self.context.app.links.is_fresh(self.token, self.context.now)

    def render(self, name: str, status: int = 200, **names: object) -> Response:
        """Return one of their pages."""
        return self.context.pages.render(
            name,
            status,
            here=self.path,
            subscriber=self.subscriber,
            saved_count=self.context.app.store.saved.count(self.subscriber_id),
            **names,
        )

    def redirect(self, page: str = "", **parameters: object) -> Response:
        """Redirect to a page after a change; the query's ``parameters`` say which change."""
        query = f"?{urlencode(parameters)}" if parameters else ""
        return RedirectResponse(f"{self.path}{page}{query}", 303)


def _session(context: Context, token: str) -> AccountSession:
    """Return the session of a link; TokenError unless it is a good one."""
    subscriber = context.app.subscriptions.owner(token, context.now)
    context = context.in_tag(subscriber.language)
    path = f"{context.pages.base}/preferences/{quote(token, safe='')}"
    return AccountSession(context, token, subscriber, path)


Session = Annotated[AccountSession, Depends(_session)]
