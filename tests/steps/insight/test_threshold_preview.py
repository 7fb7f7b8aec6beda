"""What other thresholds would have meant last previews."""

import threading
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta

from conftest import FakeClock
from patience import LONG
from steps_world import DAY, NOW, arrive, digest, join, planned

from digestmail.domain import Paper, Profile, Schedule, Subscriber
from digestmail.relevance import Model
from digestmail.services.preview import PreviewService
from digestmail.services.threshold_preview import ThresholdPreviewService
from digestmail.steps.insight.threshold_preview import ThresholdPreview, preview_thresholds
from digestmail.store import Store

MANY = Profile(keywords=("graph",), max_papers=2)
THRESHOLDS = (0.1, 0.3, 1.0)


def meant(store: Store, reader: Subscriber, clock: FakeClock) -> Mapping[float, ThresholdPreview]:
    recent = PreviewService(store, Model, clock).ready()
    return preview_thresholds(store, recent, reader, THRESHOLDS)[reader.profiles[0].stored_id]


def a_week(store: Store) -> None:
    """Three papers about graphs and three about ice on each of two days."""
    for day in (1, 2):
        numbers = range(day * 10, day * 10 + 3)
        arrive(store, *numbers, at=NOW - day * DAY)
        arrive(store, *(n + 50 for n in numbers), at=NOW - day * DAY, title="Ice in the sea")


def test_a_mail_holds_no_more_than_it_may(store: Store, clock: FakeClock) -> None:
    a_week(store)
    told = meant(store, join(store, profiles=(MANY,)), clock)
    assert told == {
        0.1: ThresholdPreview(4, 2),
        0.3: ThresholdPreview(4, 2),
        1.0: ThresholdPreview(0, 2),
    }
    assert [told[threshold].a_day for threshold in THRESHOLDS] == [2, 2, 0]


def test_a_weekly_mail_is_one(store: Store, clock: FakeClock) -> None:
    a_week(store)
    weekly = Schedule(weekdays=frozenset({5}))
    told = meant(store, join(store, profiles=(MANY,), schedule=weekly), clock)
    assert told[0.3].papers == 2


def test_what_was_shown_counts_too(store: Store, clock: FakeClock) -> None:
    a_week(store)
    reader = join(store, profiles=(replace(MANY, max_papers=9),))
    before = meant(store, reader, clock)
    shown = store.papers.seen_after(NOW - 3 * DAY)
    store.digests.record([planned(reader, digest(reader, shown))])
    assert meant(store, reader, clock) == before
    assert before[0.3].papers == 6


def test_followed_authors_come_whatever_the_threshold(store: Store, clock: FakeClock) -> None:
    a_week(store)
    arrive(store, 99, at=NOW - timedelta(hours=5), title="Sea", authors=("Lise Meitner",))
    told = meant(store, join(store, profiles=(replace(MANY, authors=("Lise Meitner",)),)), clock)
    assert told[1.0] == ThresholdPreview(1, 3)


def test_a_week_without_papers_means_nothing(store: Store, clock: FakeClock) -> None:
    told = meant(store, join(store, profiles=(MANY,)), clock)
    assert told[0.1] == ThresholdPreview(0, 0)
    assert told[0.1].a_day == 0


def test_what_was_found_is_remembered_until_something_changes(
    store: Store, clock: FakeClock
) -> None:
    a_week(store)
    read = threading.Event()

    def make(papers: Sequence[Paper], background: Sequence[Paper]) -> Model:
        assert read.wait(LONG)
        return Model(papers, background)

    reader, previews = join(store, profiles=(MANY,)), PreviewService(store, make, clock)
    told = ThresholdPreviewService(store, previews)
    assert told.of(reader, THRESHOLDS) == {}
    read.set()
    previews.close()
    first = told.of(reader, THRESHOLDS)
    other = replace(reader, profiles=(replace(reader.profiles[0], max_papers=1),))
    assert told.of(reader, THRESHOLDS) is first
    assert told.of(other, THRESHOLDS)[reader.profiles[0].stored_id][0.3] == ThresholdPreview(2, 2)


def test_who_is_erased_is_forgotten(store: Store, clock: FakeClock) -> None:
    a_week(store)
    reader, previews = join(store, profiles=(MANY,)), PreviewService(store, Model, clock)
    told = ThresholdPreviewService(store, previews)
    previews.ready()
    first = told.of(reader, THRESHOLDS)
    told.forget(reader)
    assert told.of(reader, THRESHOLDS) is not first


def test_nothing_is_remembered_of_an_earlier_day(store: Store, clock: FakeClock) -> None:
    a_week(store)
    gone = join(store, profiles=(MANY,))
    reader, previews = (
        join(store, "eve@example.net", profiles=(MANY,)),
        PreviewService(store, Model, clock),
    )
    told = ThresholdPreviewService(store, previews)
    previews.ready()
    first = told.of(gone, THRESHOLDS)
    clock.move(days=1)
    previews.ready()
    told.of(reader, THRESHOLDS)
    assert told.of(gone, THRESHOLDS) is not first
