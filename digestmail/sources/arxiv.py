"""arXiv's daily announcements, from its Atom feed.

https://info.arxiv.org/help/rss.html: rebuilt once a day about midnight in New York, empty on days
without announcement.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime

from digestmail.domain import BadRecord, Paper
from digestmail.errors import SourceError
from digestmail.sources.atom import Wanted, read_feed
from digestmail.sources.http import WebClient, status_line

BASE_URL = "https://rss.arxiv.org/atom/"


class ArxivFeedSource:
    """What arXiv announced today in some categories; cross-lists count unless told otherwise.

    New versions of older papers are left out unless ``include_replacements``.
    """

    def __init__(
        self,
        categories: Sequence[str],
        web: WebClient,
        name: str = "arxiv",
        base_url: str = BASE_URL,
        *,
        include_cross: bool = True,
        include_replacements: bool = False,
    ) -> None:
        self._url = f"{base_url.rstrip('/')}/{'+'.join(categories)}"
        self._web = web
        self._name = name
        self._wanted = Wanted(include_cross, include_replacements)

    def fetch(self, since: datetime | None) -> Iterator[Paper | BadRecord]:  # noqa: ARG002
        """Yield today's announcement, whole: the feed holds nothing older. See Source."""
        # A query that arXiv refuses is answered with 400 and a feed that tells why.
        response = self._web.get(self._url, expected=(200, 400))
        papers = read_feed(response.content, url=self._url, source=self._name, wanted=self._wanted)
        if response.status != 200:
            raise SourceError(f"{self._url}: answered {status_line(response.status)}")
        yield from papers
