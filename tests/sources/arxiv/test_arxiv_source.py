"""An arXiv source over several fetches: its feed and OAI-PMH together."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from itertools import islice

import pytest
from conftest import FakeClock
from oai_answers import failure, page, record
from sources_server import Answer, Site, browsing, entry, feed, serving, source_context

from digestmail.domain import BadRecord, Batch, BatchState, Paper, SourceMemory, SourceSpec
from digestmail.errors import SourceError
from digestmail.sources.http.client import WebClient
from digestmail.sources.registry import build

FIRST, SECOND = date(2026, 11, 19), date(2026, 11, 20)
NOTHING = Answer(failure("noRecordsMatch"))
BROKEN = Answer("<feed><entry>")


@dataclass
class Source:
    """A source and what it remembers, whose memory goes through JSON between two fetches."""

    site: Site
    web: WebClient
    clock: FakeClock = field(
        default_factory=lambda: FakeClock(datetime(2026, 11, 20, 6, tzinfo=UTC))
    )
    expected: date = SECOND
    options: dict[str, str] = field(default_factory=lambda: {"categories": "cs.AI"})
    memory: SourceMemory = field(default_factory=SourceMemory)

    def stream(self) -> Iterator[Paper | BadRecord]:
        self.memory = SourceMemory(json.loads(json.dumps(self.memory.values)))
        self.site.asked.clear()
        urls = {"url": f"{self.site.url}/atom", "oai_url": f"{self.site.url}/oai"}
        surroundings = source_context(self.web, clock=self.clock, expected=lambda: self.expected)
        spec = SourceSpec(name="arxiv", kind="arxiv", options={**self.options, **urls})
        return build(spec, surroundings, self.memory).fetch(None)

    def fetch(self) -> list[str]:
        """The ids of the papers that one fetch brings, and where bad records stand."""
        return [
            result.key.removeprefix("arxiv:") if isinstance(result, Paper) else result.where
            for result in self.stream()
        ]

    def later(self) -> list[str]:
        self.clock.move(minutes=30)
        return self.fetch()

    @property
    def batch(self) -> Batch:
        (batch,) = self.memory.batches
        return batch

    @property
    def told(self) -> tuple[BatchState, str]:
        return self.batch.state, self.batch.reason

    @property
    def looks(self) -> list[str]:
        """The OAI-PMH requests of the last fetch."""
        return [path for path in self.site.asked if path.startswith("/oai")]

    def failing(self) -> str:
        self.clock.move(minutes=30)
        with pytest.raises(SourceError) as caught:
            self.fetch()
        return str(caught.value)


@pytest.fixture
def source() -> Iterator[Source]:
    with serving() as site, browsing() as web:
        yield Source(site, web)


def item(number: int, kind: str = "new", day: date = SECOND, **parts: str) -> str:
    published = f"<published>{day}T00:00:00-05:00</published>"
    return entry(f"2611.{number:05}v1", kind, published=published, **parts)


def row(number: int, day: date = SECOND, categories: str = "cs.AI", **parts: str) -> str:
    parts = {"created": "<created>2026-11-18</created>", **parts}
    told = f"<categories>{categories}</categories>"
    return record(f"2611.{number:05}", day.isoformat(), categories=told, **parts)


def serve(source: Source, atom: str | Answer, *oai: Answer) -> None:
    answer = Answer(atom, headers={"ETag": f'"{hash(atom)}"'}) if isinstance(atom, str) else atom
    source.site.at("/atom/cs.AI", answer)
    source.site.at("/oai", *oai)


def ids(*numbers: int) -> list[str]:
    return [f"2611.{number:05}" for number in numbers]


# --- complete --------------------------------------------------------------------------------


def test_feed_and_oai_agree(source: Source) -> None:
    serve(source, feed(item(1), item(2)), Answer(page(row(1), row(2))))
    assert source.fetch() == ids(1, 2, 1, 2)
    assert source.batch == Batch(source="arxiv", day=SECOND, state=BatchState.COMPLETE)
    assert ["from=2026-11-19" in path for path in source.looks] == [True]
    assert "until" not in source.looks[0]


def test_a_settled_day_is_not_looked_at_again(source: Source) -> None:
    serve(source, feed(item(1)), Answer(page(row(1))))
    source.fetch()
    assert source.later() == []
    assert (source.looks, source.memory.batches) == ([], [])
    assert source.site.asked == ["/atom/cs.AI"]  # and answered with 304


def test_a_feed_that_lacks_papers(source: Source) -> None:
    serve(source, feed(item(1)), Answer(page(row(1), row(2), row(3))))
    assert source.fetch() == ids(1, 1, 2, 3)
    assert source.told == (
        BatchState.OPEN,
        "the feed lacks 2 papers of cs.AI, which OAI-PMH has",
    )
    assert source.later() == ids(1, 2, 3)
    reason = "the feed lacked 2 papers of cs.AI, which OAI-PMH had"
    assert source.told == (BatchState.COMPLETE, reason)
    assert "look" not in source.memory.values


def test_a_feed_of_yesterday(source: Source) -> None:
    serve(source, feed(item(1, day=FIRST)), Answer(page(row(1, FIRST), row(2))))
    assert source.fetch() == ids(1, 2)
    reason = "the feed still has 2026-11-19 and OAI-PMH has 1 new paper of 2026-11-20"
    assert source.told == (BatchState.OPEN, reason)
    source.later()
    assert source.told == (BatchState.COMPLETE, "the feed still had 2026-11-19")
    assert source.memory.values["newest"] == {"cs.AI": "arxiv:2611.00002"}


def test_what_was_edited_before_the_source_began_is_no_news(source: Source) -> None:
    """In the very first harvest, older identifiers of the day are edits; the feed knows others."""
    of_day = Answer(page(row(1), *map(row, range(5, 9))))
    serve(source, feed(*map(item, range(4, 8))), of_day)
    assert sorted(set(source.fetch())) == ids(4, 5, 6, 7, 8)


def test_oai_that_fills_up(source: Source) -> None:
    serve(source, feed(item(1), item(2)), Answer(page(row(1))), Answer(page(row(1), row(2))))
    source.fetch()
    assert source.told == (BatchState.OPEN, "OAI-PMH lacks 1 of the feed's 2 new papers")
    source.later()
    assert source.told == (BatchState.COMPLETE, "")


def test_a_feed_ahead_of_the_calendar(source: Source) -> None:
    source.expected = FIRST
    serve(source, feed(item(1)), Answer(page(row(1))))
    source.fetch()
    assert source.batch.day == SECOND


def test_a_feed_of_a_day_to_come_is_not_believed(source: Source) -> None:
    serve(source, feed(item(1, day=date(2062, 1, 1))), Answer(page(row(1))))
    source.fetch()
    assert source.batch.day == SECOND
    assert "from=2026-11-19" in source.looks[0]


def test_after_days_without_a_fetch(source: Source) -> None:
    settled(source, FIRST)
    for day, first in ((date(2026, 11, 24), "2026-11-18"), (date(2026, 12, 18), "2026-12-04")):
        source.expected = day
        source.later()
        assert f"from={first}" in source.looks[0]


def settled(source: Source, day: date) -> None:
    """Settle ``day``, of which there is one paper."""
    source.expected = day
    serve(source, feed(item(1, day=day)), Answer(page(row(1, day))))
    source.fetch()
    assert source.memory.values["settled"] == day.isoformat()


# --- waiting ---------------------------------------------------------------------------------


def test_nothing_came_out(source: Source) -> None:
    serve(source, feed(), NOTHING)
    assert source.fetch() == []
    reason = "the feed is empty so far and OAI-PMH has nothing of 2026-11-20"
    assert source.told == (BatchState.OPEN, reason)
    source.later()
    assert source.told == (BatchState.OPEN, reason)


def test_oai_is_not_asked_all_the_time(source: Source) -> None:
    serve(source, feed(), NOTHING)
    source.fetch()
    open_ = source.told
    source.clock.move(minutes=10)
    assert source.fetch() == []
    assert (source.looks, source.told) == ([], open_)
    source.clock.move(minutes=15)
    source.fetch()
    assert len(source.looks) == 1


def test_another_day_is_looked_at_at_once(source: Source) -> None:
    source.expected = FIRST
    serve(source, feed(), NOTHING)
    source.fetch()
    source.expected = SECOND
    source.fetch()
    assert len(source.looks) == 1


# --- which papers ----------------------------------------------------------------------------


def test_papers_of_other_primary_categories(source: Source) -> None:
    other = row(2, categories="cs.CV cs.AI")
    serve(source, feed(item(1)), Answer(page(row(1), other)))
    source.options["cross"] = "no"
    assert source.fetch() == ids(1, 1)
    assert source.told == (BatchState.COMPLETE, "")
    source.options["cross"] = "yes"
    assert source.fetch() == ids(1, 1, 2)
    assert "1 paper of cs.CV" in source.batch.reason


def test_old_papers_do_not_become_news(source: Source) -> None:
    edited = row(2, created="<created>2026-10-01</created>")
    replaced = row(3, updated="<updated>2026-11-19</updated>")
    serve(source, feed(item(1), item(4, "replace")), Answer(page(row(1), edited, replaced)))
    assert source.fetch() == ids(1, 1)
    assert source.told == (BatchState.COMPLETE, "")


def test_a_paper_of_the_day_before_that_was_edited_is_not_missing(source: Source) -> None:
    settled(source, FIRST)
    source.expected = SECOND
    serve(source, feed(item(2)), Answer(page(row(1), row(2))))
    assert source.later() == ids(2, 1, 2)
    assert source.told == (BatchState.COMPLETE, "")
    assert source.memory.values["newest"] == {"cs.AI": "arxiv:2611.00002"}


def test_an_edited_paper_alone_is_no_announcement(source: Source) -> None:
    settled(source, FIRST)
    source.expected = SECOND
    source.site.at("/oai", Answer(page(row(1))))
    for _ in range(3):
        source.later()
        assert source.batch.state is BatchState.OPEN


def test_records_that_cannot_be_read_are_told(source: Source) -> None:
    serve(source, feed(item(1)), Answer(page(row(1), row(2, title=""))))
    assert sorted(source.fetch()) == [*ids(1, 1), "record oai:arXiv.org:2611.00002"]


# --- failures --------------------------------------------------------------------------------


def test_a_broken_feed_is_made_up_for(source: Source) -> None:
    serve(source, BROKEN, Answer(page(row(1))))
    assert "XML is broken" in source.failing()
    reason = "the feed could not be read and OAI-PMH has 1 new paper of 2026-11-20"
    assert source.told == (BatchState.OPEN, reason)
    assert source.later() == [*ids(1), "the feed"]
    assert source.told == (BatchState.COMPLETE, "the feed could not be read")
    assert source.later() == ["the feed"]  # and it is still told


def test_a_broken_feed_brings_what_oai_has(source: Source) -> None:
    serve(source, BROKEN, Answer(page(row(1), row(2))))
    stream = source.stream()
    assert len(list(islice(stream, 2))) == 2
    with pytest.raises(SourceError, match="XML is broken"):
        next(stream)


def test_a_feed_that_breaks_later_was_read_before(source: Source) -> None:
    serve(source, feed(item(1), item(2)), Answer(page(row(1))), Answer(page(row(1), row(2))))
    source.fetch()
    source.site.at("/atom/cs.AI", BROKEN)
    assert source.later() == [*ids(1, 2), "the feed"]
    assert source.told == (BatchState.COMPLETE, "")


def test_oai_that_is_too_busy(source: Source) -> None:
    serve(source, feed(item(1)), Answer(status=503, headers={"Retry-After": "1"}))
    stream = source.stream()
    assert isinstance(next(stream), Paper)
    with pytest.raises(SourceError, match=r"still busy \(503\)") as caught:
        next(stream)
    assert source.told == (BatchState.OPEN, str(caught.value))
    assert source.memory.values["feed"]["new"] == ["arxiv:2611.00001"]
    assert "look" not in source.memory.values


def test_both_fail(source: Source) -> None:
    serve(source, BROKEN, Answer("<html>"))
    message = source.failing()
    assert message.startswith("the feed and OAI-PMH both failed: ")
    assert "/atom/cs.AI: its XML is broken" in message
    assert "/oai is not a <OAI-PMH> document" in message
    assert source.batch.state is BatchState.OPEN


# --- what is remembered ----------------------------------------------------------------------


def test_nothing_is_remembered_of_what_was_not_yielded(source: Source) -> None:
    serve(source, feed(item(1), item(2)), Answer(page(row(1), row(2))))
    assert len(list(islice(source.stream(), 2))) == 2
    assert (source.memory.values, source.memory.batches) == ({}, [])
    assert len(list(islice(source.stream(), 4))) == 4
    assert source.memory.values.keys() == {"for", "feed", "validators"}
    assert source.fetch() == ids(1, 2)  # of OAI-PMH; the feed did not change
    assert source.told == (BatchState.COMPLETE, "")


def test_a_source_that_was_changed_starts_anew(source: Source) -> None:
    serve(source, feed(item(1), item(2, "cross")), Answer(page(row(1), row(2))))
    source.options["cross"] = "no"
    source.fetch()
    source.options["cross"] = "yes"
    assert source.fetch() == ids(1, 2, 1, 2)


def test_the_stored_selection_is_that_of_earlier_versions(source: Source) -> None:
    """Another spelling would make every installed source start anew after an update."""
    serve(source, feed(item(1)), Answer(page(row(1))))
    source.fetch()
    selection = f"{source.site.url}/atom/cs.AI Wanted(cross=True, replacements=False)"
    assert source.memory.values["for"] == selection
