"""A list of papers as its address asks for it: the search, and what is trending."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from urllib.parse import urlencode

from fastapi import Request

from digestmail.services.search import MOST_RESULTS
from digestmail.services.trending import Span
from digestmail.text import one_line
from digestmail.web.views.pagination import Pager

PAGE_SIZE = 20  # papers
MAX_QUERY = 300  # characters of a search
PERIODS = {"week": timedelta(days=7), "month": timedelta(days=30)}
_LAST_PAGE = MOST_RESULTS // PAGE_SIZE
_MAX_CATEGORY = 40


@dataclass(frozen=True, slots=True)
class PaperListView:
    """A list as its address asks for it; a value that is no choice counts as absent."""

    path: str  # of the page
    q: str = ""
    span: str = ""
    category: str = ""
    since: str = ""
    order: str = ""
    page: int = 1

    def link(self, **changes: object) -> str:
        """Return the address of the same list with something changed, from its first page on."""
        changed = replace(self, **({"page": 1} | changes))  # type: ignore[arg-type]
        names = ("q", "span", "category", "since", "order")
        values = {name: getattr(changed, name) for name in names}
        query = urlencode({name: value for name, value in values.items() if value})
        query += f"{'&' if query else ''}page={changed.page}" if changed.page > 1 else ""
        return f"{changed.path}?{query}" if query else changed.path

    def pager(self, total: int) -> Pager:
        """Return the links from this page to its neighbours, in a list of so many papers."""
        last = min(-(-total // PAGE_SIZE), _LAST_PAGE)
        before = self.link(page=self.page - 1) if self.page > 1 else ""
        after = self.link(page=self.page + 1) if self.page < last else ""
        return Pager(self.page, last, before, after)

    @property
    def first(self) -> int:
        """The number of papers before this page."""
        return (self.page - 1) * PAGE_SIZE


def paper_list_view(request: Request, path: str, orders: tuple[str, ...]) -> PaperListView:
    """Return the view that a request asks for; of the orders the first is the usual one."""
    query = request.query_params

    def choice(name: str, choices: Mapping[str, object] | tuple[str, ...]) -> str:
        return query.get(name, "") if query.get(name) in choices else ""

    return PaperListView(
        path=path,
        q=one_line(query.get("q", ""))[:MAX_QUERY],
        span=choice("span", tuple(Span)),
        category=one_line(query.get("category", ""))[:_MAX_CATEGORY],
        since=choice("since", PERIODS),
        order=choice("order", orders[1:]),
        page=_number(query.get("page", "")),
    )


def _number(text: str) -> int:
    """Return a page number: the first page for no number, the last possible for one beyond."""
    digits = text if text.isascii() and text.isdecimal() else "1"
    return min(max(int(digits[:6]), 1), _LAST_PAGE)


def feed_query(view: PaperListView) -> str:
    """Return the query of the feeds of a list."""
    values = {"q": view.q, "category": view.category}
    return urlencode({name: value for name, value in values.items() if value})
