"""arXiv's daily announcements: its Atom feed for speed, reconciled with OAI-PMH.

https://info.arxiv.org/help/rss.html: the feed is rebuilt once a day about midnight in New York,
and empty on days without announcement. It has missed papers and whole days; see ``reconcile``.
"""

from collections.abc import Callable, Iterator, Set
from datetime import date, datetime, timedelta

from digestmail.domain import BadRecord, Batch, BatchState, Clock, Paper, Source, SourceMemory
from digestmail.errors import SourceError
from digestmail.sources import options
from digestmail.sources.arxiv.feed import AnnouncementFilter, read_feed
from digestmail.sources.arxiv.oai import BASE_URL as OAI_URL
from digestmail.sources.arxiv.oai import OaiHarvester
from digestmail.sources.arxiv.reconcile import (
    Harvest,
    decide,
    first_key,
    is_newer,
    is_news,
    primary,
    updated_newest,
)
from digestmail.sources.arxiv.state import ArxivState, OaiCheck, settled_day
from digestmail.sources.arxiv.taxonomy import check_exact_category, expand, feed_names, oai_sets
from digestmail.sources.http.client import WebClient, status_line
from digestmail.sources.kind import Kind, PastDays, Setup
from digestmail.sources.options import Options

BASE_URL = "https://rss.arxiv.org/atom/"
CHECK_INTERVAL = timedelta(minutes=25)  # of OAI-PMH, for a day that is not settled
# Seconds to wait for a busy OAI-PMH server: another fetch comes soon, another backfill does not.
_PATIENCE = 60.0
_BACKFILL_PATIENCE = 900.0
_LOOKBACK = timedelta(days=14)
_DAY = timedelta(days=1)


class ArxivSource:
    """arXiv's latest announcements in the categories of the feed at ``url``.

    ``harvester`` reads the same categories; ``primaries`` are all primary categories of a paper
    that is new in one of them. ``expected_day`` returns the day (as in ``Paper.announced_on``) of
    the latest announcement that should be out. New versions and cross-lists of older papers come
    only from the feed, as far as ``announcements`` lets them through.
    """

    def __init__(
        self,
        url: str,
        web: WebClient,
        harvester: OaiHarvester,
        name: str = "arxiv",
        *,
        primaries: Set[str],
        announcements: AnnouncementFilter,
        memory: SourceMemory,
        clock: Clock,
        expected_day: Callable[[], date],
    ) -> None:
        self._url = url
        self._web = web
        self._harvester = harvester
        self._name = name
        self._primaries = primaries
        self._announcements = announcements
        self._batches = memory.batches
        self._state = ArxivState(memory.values, _selection(url, announcements))
        self._clock = clock
        self._expected_day = expected_day

    def fetch(self, since: datetime | None) -> Iterator[Paper | BadRecord]:  # noqa: ARG002
        """Yield the feed's papers if it changed, then OAI-PMH's until the day is complete.

        The state says where to go on, so all that appeared since the last fetch comes; see Source.
        Each fetch adds a Batch as long as the latest day is open, and once when it is complete.
        Where one of the two fails, the other is read all the same before SourceError is raised; a
        feed that fails is but a BadRecord once OAI-PMH has settled the day.
        """
        feed_error = None
        try:
            yield from self._read_feed()
        except SourceError as error:
            feed_error = error
        day = self._latest_day()
        try:
            yield from self._reconcile(day, feed_failed=feed_error is not None)
        except SourceError as error:
            self._report(day, BatchState.OPEN, str(error))
            if feed_error is None:
                raise
            message = f"the feed and OAI-PMH both failed: {feed_error}; {error}"
            raise SourceError(message) from error
        if feed_error:
            if not self._is_settled(day):
                raise feed_error
            yield BadRecord("the feed", str(feed_error))

    def _read_feed(self) -> Iterator[Paper | BadRecord]:
        # A query that arXiv refuses is answered with 400 and a feed with the reason.
        validators = self._state.validators(self._url)
        response = self._web.get(self._url, expected=(200, 400), validators=validators)
        if response.status == 304:
            return
        feed = read_feed(
            response.content,
            url=self._url,
            source=self._name,
            announcements=self._announcements,
        )
        if response.status != 200:
            raise SourceError(f"{self._url}: answered {status_line(response.status)}")
        yield from feed.results
        self._state.store_feed(self._url, response.validators, feed.summary)

    def _latest_day(self) -> date:
        """Return the day of the latest announcement that is out, or should be."""
        day, expected = self._state.feed.day, self._expected_day()
        is_out = day is not None and day <= self._clock().date()
        return max(day, expected) if day and is_out else expected

    def _is_settled(self, day: date) -> bool:
        settled = self._state.settled_day
        return settled is not None and settled >= day

    def _report(self, day: date, state: BatchState, reason: str) -> None:
        self._batches.append(Batch(source=self._name, day=day, state=state, reason=reason))

    # --- OAI-PMH -----------------------------------------------------------------------------

    def _reconcile(self, day: date, *, feed_failed: bool) -> Iterator[Paper | BadRecord]:
        """Yield OAI-PMH's papers, unless ``day`` is settled or was checked just now."""
        if self._is_settled(day):
            return
        now, last = self._clock(), self._state.last_check(day)
        if last and last.was_within(CHECK_INTERVAL, now):
            self._report(day, BatchState.OPEN, last.reason)
            return
        harvest = Harvest()
        yield from self._harvest(day, harvest)
        feed, earlier = self._state.feed, last.fingerprint if last else ""
        decision = decide(day, feed, harvest, earlier=earlier, feed_failed=feed_failed)
        self._report(day, decision.state, decision.reason)
        if decision.state is BatchState.COMPLETE:
            newest = updated_newest(self._state.newest_keys, day, feed, harvest)
            self._state.settle(day, newest)
        else:
            check = OaiCheck(day, now, harvest.fingerprint, decision.reason)
            self._state.store_check(check)

    def _harvest(self, day: date, harvest: Harvest) -> Iterator[Paper | BadRecord]:
        """Yield the new papers since before the last settled day, and enter them in ``harvest``."""
        # A day earlier than needed: see OaiHarvester.fetch_between.
        start = max((self._state.settled_day or day) - _DAY, day - _LOOKBACK)
        first: list[Paper] = []
        for record in self._harvester.fetch_between(start, None):
            if isinstance(record, BadRecord):
                yield record
            elif record.key not in harvest.primaries:
                harvest.primaries[record.key] = primary(record)
                if not (self._announcements.cross or primary(record) in self._primaries):
                    continue
                if not self._state.first_key:
                    first.append(record)
                elif is_news(record, self._state.first_key, self._state.newest_keys):
                    yield self._entered(record, day, harvest)
        if not self._state.first_key:
            yield from self._begin(first, day, harvest)

    def _begin(self, records: list[Paper], day: date, harvest: Harvest) -> Iterator[Paper]:
        """Yield the new papers of a source's very first harvest, and store where it began."""
        announced = [paper for paper in records if paper.announced_on == day]
        feed = self._state.feed
        keys = feed.new if feed.day == day and feed.new else {paper.key for paper in announced}
        if keys:
            key = first_key(keys)
            for paper in announced:
                if paper.key in feed.keys or is_news(paper, key, {}):
                    yield self._entered(paper, day, harvest)
            self._state.store_first_key(key)

    def _entered(self, paper: Paper, day: date, harvest: Harvest) -> Paper:
        if paper.announced_on == day and is_newer(paper, self._state.newest_keys):
            harvest.new.add(paper.key)
        return paper


def _selection(url: str, announcements: AnnouncementFilter) -> str:
    """Return the name of the papers selected, as earlier versions stored it in the state."""
    cross, replacements = announcements.cross, announcements.replacements
    return f"{url} Wanted(cross={cross}, replacements={replacements})"


# --- the kind --------------------------------------------------------------------------------


def _check(values: Options) -> None:
    _categories(values)
    options.is_yes(values, "cross", default=True)
    options.is_yes(values, "replacements", default=False)
    options.web_address(values, "url", BASE_URL)
    options.web_address(values, "oai_url", OAI_URL)


def _categories(values: Options) -> tuple[str, ...]:
    codes = options.required(values, "categories").replace(",", " ").split()
    return tuple(dict.fromkeys(map(check_exact_category, codes)))


def _build(setup: Setup) -> Source:
    categories = _categories(setup.options)
    feed_url = options.web_address(setup.options, "url", BASE_URL).rstrip("/")
    return ArxivSource(
        f"{feed_url}/{'+'.join(feed_names(categories))}",
        setup.web,
        _harvester(setup, _PATIENCE),
        setup.name,
        primaries=frozenset(expand(categories)),
        announcements=AnnouncementFilter(
            options.is_yes(setup.options, "cross", default=True),
            options.is_yes(setup.options, "replacements", default=False),
        ),
        memory=setup.memory,
        clock=setup.context.clock,
        expected_day=setup.context.expected_day,
    )


def _harvester(setup: Setup, patience: float) -> OaiHarvester:
    return OaiHarvester(
        setup.web,
        options.web_address(setup.options, "oai_url", OAI_URL),
        oai_sets(_categories(setup.options)),
        source=setup.name,
        patience=patience,
        sleep=setup.web.sleep,
    )


def _past_days(setup: Setup) -> PastDays:
    harvester = _harvester(setup, _BACKFILL_PATIENCE)
    has_cross_lists = options.is_yes(setup.options, "cross", default=True)
    primaries = frozenset(expand(_categories(setup.options)))

    def fetch(day: date) -> Iterator[Paper | BadRecord]:
        for record in harvester.fetch_between(day, day):
            if has_cross_lists or isinstance(record, BadRecord) or primary(record) in primaries:
                yield record

    # A fetch yields the days not settled yet as news, which read back they would not be.
    return PastDays(fetch, last=settled_day(setup.memory.values))


KIND = Kind(
    name="arxiv",
    summary="arXiv's daily announcements, from its feed and OAI-PMH",
    options={
        "categories": "arXiv categories or whole archives, separated by commas: cs.AI, stat",
        "cross": "include papers cross-listed to these categories: yes (default) or no",
        "replacements": "include new versions of older papers: yes or no (default)",
        "url": f"base address of the Atom feeds (default {BASE_URL})",
        "oai_url": f"OAI-PMH address, for papers missing from the feed (default {OAI_URL})",
    },
    check=_check,
    build=_build,
    key_prefix="arxiv",
    past_days=_past_days,
)
