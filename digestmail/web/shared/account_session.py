"""What all pages behind a preferences link share: whose they are, and their frame."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, TypeVar
from urllib.parse import quote, urlencode

from fastapi import Depends
from fastapi.responses import RedirectResponse, Response

from digestmail.domain import Subscriber
from digestmail.web.shared.site import Ours, Site

_A_PAGE = 50
_Item = TypeVar("_Item")


@dataclass(frozen=True, slots=True)
class Visit:
    """Somebody on their own pages. ``here`` is the path of the first of them."""

    site: Site
    token: str
    subscriber: Subscriber
    here: str

    @property
    def who(self) -> int:
        """The subscriber's id."""
        return self.subscriber.stored_id

    @property
    def is_fresh(self) -> bool:
        """Whether the link is young enough to have everything handed out or erased by it."""
        return self.site.app.links.is_fresh(self.token, self.site.now)

    def show(self, name: str, status: int = 200, **names: object) -> Response:
        """One of their pages."""
        about = {"here": self.here, "subscriber": self.subscriber}
        saved = self.site.app.store.saved.count(self.who)
        return self.site.pages.show(name, status, **about, saved_count=saved, **names)

    def back(self, page: str = "", **told: object) -> Response:
        """Lead back to a page after something was done; ``told`` says what."""
        query = f"?{urlencode(told)}" if told else ""
        return RedirectResponse(f"{self.here}{page}{query}", 303)


@dataclass(frozen=True, slots=True)
class Pager:
    """One page of a long list, as ``web/_papers.html`` shows it; an empty address: no such page."""

    number: int
    last: int
    before: str
    after: str

    @classmethod
    def of(cls, path: str, total: int, wanted: int) -> "Pager":
        """The page wanted, or the last where there are not so many."""
        last = max(-(-total // _A_PAGE), 1)
        number = min(wanted, last)
        before = f"{path}?page={number - 1}" if number > 1 else ""
        return cls(number, last, before, f"{path}?page={number + 1}" if number < last else "")

    def part(self, every: Sequence[_Item]) -> Sequence[_Item]:
        """What stands on this page."""
        return every[(self.number - 1) * _A_PAGE : self.number * _A_PAGE]


def _visit(site: Ours, token: str) -> Visit:
    """TokenError unless the link is one's own and good."""
    subscriber = site.app.subscriptions.owner(token, site.now)
    site = site.speaking(site.languages.named(subscriber.language) or site.pages)
    return Visit(site, token, subscriber, f"{site.pages.base}/preferences/{quote(token, safe='')}")


Own = Annotated[Visit, Depends(_visit)]
