"""arXiv's daily announcements: its Atom feed for speed, reconciled with OAI-PMH.

https://info.arxiv.org/help/rss.html: the feed is rebuilt once a day about midnight in New York,
and empty on days without announcement. It has missed papers and whole days; see ``reconcile``.
"""

from collections.abc import Callable, Iterator, Set
from datetime import date, datetime, timedelta

from digestmail.domain import BadRecord, Batch, BatchState, Clock, Paper, Source, SourceMemory
from digestmail.errors import SourceError
from digestmail.sources import options
from digestmail.sources.arxiv.feed import Wanted, read_feed
from digestmail.sources.arxiv.oai import BASE_URL as OAI_URL
from digestmail.sources.arxiv.oai import OaiHarvester
from digestmail.sources.arxiv.reconcile import (
    Harvest,
    beginning,
    decide,
    is_beyond,
    is_news,
    primary,
    raised,
)
from digestmail.sources.arxiv.taxonomy import checked_spelling, expand, feed_names, oai_sets
from digestmail.sources.http.client import WebClient, status_line
from digestmail.sources.kind import FetchDay, Kind, Setup
from digestmail.sources.options import Options
from digestmail.sources.state import ArxivMemory, Look

BASE_URL = "https://rss.arxiv.org/atom/"
LOOK_EVERY = timedelta(minutes=25)  # at OAI-PMH, for a day that is not settled
# Seconds to wait for a busy OAI-PMH server: another fetch comes soon, another backfill does not.
_PATIENCE = 60.0
_BACKFILL_PATIENCE = 900.0
_BACK_AT_MOST = timedelta(days=14)
_DAY = timedelta(days=1)


class ArxivSource:
    """What arXiv announced of late in some categories, told by the feed at ``url``.

    ``past`` harvests the same categories; ``primaries`` are all codes that a paper may bear first
    that is new in one of them. ``expected`` tells the day (as in ``Paper.announced_on``) of the
    latest announcement that should be out. New versions of older papers come only where they are
    ``wanted``, and only from the feed; cross-lists of older papers only from the feed, too.
    """

    def __init__(
        self,
        url: str,
        web: WebClient,
        past: OaiHarvester,
        name: str = "arxiv",
        *,
        primaries: Set[str],
        wanted: Wanted,
        memory: SourceMemory,
        clock: Clock,
        expected: Callable[[], date],
    ) -> None:
        self._url = url
        self._web = web
        self._past = past
        self._name = name
        self._primaries = primaries
        self._wanted = wanted
        self._batches = memory.batches
        self._memory = ArxivMemory(memory.values, f"{url} {wanted}")
        self._clock = clock
        self._expected = expected

    def fetch(self, since: datetime | None) -> Iterator[Paper | BadRecord]:  # noqa: ARG002
        """Yield what the feed has if it changed, then what OAI-PMH has while a day is not whole.

        What is remembered tells where to go on, so all that appeared since the last fetch comes;
        see Source. Each fetch adds a Batch as long as the latest day is open, and once when it is
        complete. Where one of the two fails, the other is read all the same before SourceError is
        raised; a feed that fails is but a BadRecord once OAI-PMH has settled the day.
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
            self._tell(day, BatchState.OPEN, str(error))
            raise _joined(feed_error, error) from error
        if feed_error:
            if not self._is_settled(day):
                raise feed_error
            yield BadRecord("the feed", str(feed_error))

    def _read_feed(self) -> Iterator[Paper | BadRecord]:
        # A query that arXiv refuses is answered with 400 and a feed that tells why.
        kept = self._memory.validators(self._url)
        response = self._web.get(self._url, expected=(200, 400), validators=kept)
        if response.status == 304:
            return
        feed = read_feed(response.content, url=self._url, source=self._name, wanted=self._wanted)
        if response.status != 200:
            raise SourceError(f"{self._url}: answered {status_line(response.status)}")
        yield from feed.results
        self._memory.read(self._url, response.validators, feed.announced)

    def _latest_day(self) -> date:
        """The latest announcement that is out, or should be."""
        day, expected = self._memory.announced.day, self._expected()
        is_out = day is not None and day <= self._clock().date()
        return max(day, expected) if day and is_out else expected

    def _is_settled(self, day: date) -> bool:
        return self._memory.settled is not None and self._memory.settled >= day

    def _tell(self, day: date, state: BatchState, reason: str) -> None:
        self._batches.append(Batch(source=self._name, day=day, state=state, reason=reason))

    # --- OAI-PMH -----------------------------------------------------------------------------

    def _reconcile(self, day: date, *, feed_failed: bool) -> Iterator[Paper | BadRecord]:
        """Yield what OAI-PMH has, unless ``day`` is settled or was looked at just now."""
        if self._is_settled(day):
            return
        now, last = self._clock(), self._memory.look(day)
        if last and last.was_within(LOOK_EVERY, now):
            self._tell(day, BatchState.OPEN, last.reason)
            return
        found = Harvest()
        yield from self._harvest(day, found)
        feed, earlier = self._memory.announced, last.fingerprint if last else ""
        decision = decide(day, feed, found, earlier=earlier, feed_failed=feed_failed)
        self._tell(day, decision.state, decision.reason)
        if decision.state is BatchState.COMPLETE:
            self._memory.settle(day, raised(self._memory.newest, day, feed, found))
        else:
            self._memory.looked(Look(day, now, found.fingerprint, decision.reason))

    def _harvest(self, day: date, found: Harvest) -> Iterator[Paper | BadRecord]:
        """Yield the new papers since before the last settled day, and enter into ``found``."""
        first: list[Paper] = []
        for record in self._past.fetch_between(self._first_day(day), None):
            if isinstance(record, BadRecord):
                yield record
            elif record.key not in found.primaries:
                found.primaries[record.key] = primary(record)
                if not self._is_wanted(record):
                    continue
                if not self._memory.begun:
                    first.append(record)
                elif is_news(record, self._memory.begun, self._memory.newest):
                    yield self._entered(record, day, found)
        if not self._memory.begun:
            yield from self._begin(first, day, found)

    def _begin(self, records: list[Paper], day: date, found: Harvest) -> Iterator[Paper]:
        """Yield what is new in a source's very first harvest, and keep where it began."""
        ours = [paper for paper in records if paper.announced_on == day]
        feed = self._memory.announced
        of_day = feed.new if feed.day == day and feed.new else {paper.key for paper in ours}
        if of_day:
            begun = beginning(of_day)
            for paper in ours:
                if paper.key in feed.keys or is_news(paper, begun, {}):
                    yield self._entered(paper, day, found)
            self._memory.begin(begun)

    def _entered(self, paper: Paper, day: date, found: Harvest) -> Paper:
        if paper.announced_on == day and is_beyond(paper, self._memory.newest):
            found.fresh.add(paper.key)
        return paper

    def _first_day(self, day: date) -> date:
        """A day earlier than needed: see ``OaiHarvester.fetch_between``."""
        return max((self._memory.settled or day) - _DAY, day - _BACK_AT_MOST)

    def _is_wanted(self, paper: Paper) -> bool:
        return self._wanted.cross or primary(paper) in self._primaries


def _joined(feed_error: SourceError | None, oai_error: SourceError) -> SourceError:
    if feed_error is None:
        return oai_error
    return SourceError(f"the feed and OAI-PMH both failed: {feed_error}; {oai_error}")


# --- the kind --------------------------------------------------------------------------------


def _check(values: Options) -> None:
    _categories(values)
    options.is_yes(values, "cross", default=True)
    options.is_yes(values, "replacements", default=False)
    options.web_address(values, "url", BASE_URL)
    options.web_address(values, "oai_url", OAI_URL)


def _categories(values: Options) -> tuple[str, ...]:
    codes = options.required(values, "categories").replace(",", " ").split()
    return tuple(dict.fromkeys(map(checked_spelling, codes)))


def _build(setup: Setup) -> Source:
    categories = _categories(setup.options)
    feed_url = options.web_address(setup.options, "url", BASE_URL).rstrip("/")
    return ArxivSource(
        f"{feed_url}/{'+'.join(feed_names(categories))}",
        setup.web,
        _harvester(setup, _PATIENCE),
        setup.name,
        primaries=frozenset(expand(categories)),
        wanted=Wanted(
            options.is_yes(setup.options, "cross", default=True),
            options.is_yes(setup.options, "replacements", default=False),
        ),
        memory=setup.memory,
        clock=setup.context.clock,
        expected=setup.context.expected_day,
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


def _past_days(setup: Setup) -> FetchDay:
    harvester = _harvester(setup, _BACKFILL_PATIENCE)
    has_cross_lists = options.is_yes(setup.options, "cross", default=True)
    primaries = frozenset(expand(_categories(setup.options)))

    def fetch(day: date) -> Iterator[Paper | BadRecord]:
        for record in harvester.fetch_between(day, day):
            if has_cross_lists or isinstance(record, BadRecord) or primary(record) in primaries:
                yield record

    return fetch


KIND = Kind(
    name="arxiv",
    summary="arXiv's daily announcements, from its feed and OAI-PMH",
    options={
        "categories": "arXiv categories or whole archives, separated by commas: cs.AI, stat",
        "cross": "whether papers cross-listed to these categories count: yes (default) or no",
        "replacements": "whether new versions of older papers count: yes or no (default)",
        "url": f"where the Atom feeds are (default {BASE_URL})",
        "oai_url": f"where OAI-PMH answers, which has what the feed lacks (default {OAI_URL})",
    },
    check=_check,
    build=_build,
    key_prefix="arxiv",
    past_days=_past_days,
)
