"""Papers are embedded once in their life, beside what readers wait for; so are profiles' texts."""

import threading
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from conftest import FakeClock
from sentence_models import write_model
from steps_world import DAY, HOUR, NOW, paper

from digestmail.domain import Interest, Paper, Profile
from digestmail.relevance import Embedder, Model
from digestmail.relevance.features.sentence_model import model_in
from digestmail.services.preview import PreviewService
from digestmail.steps.daily.embed import EmbedRules, PaperEmbeddings
from digestmail.steps.daily.prune import TEXTS, prune
from digestmail.store import Store
from digestmail.store.papers import UPLOADS

WORDS = {"ocean": (1.0, 0.0), "tide": (0.9, 0.1), "galaxy": (0.0, 1.0), "nova": (0.1, 0.9)}
TIDES = Profile(interests="tide", threshold=0.0)


class Counting(Embedder):
    """Counts the texts that it has computed."""

    def __init__(self, folder: Path) -> None:
        super().__init__(model_in(folder))
        self.computed = 0

    def _computed(self, texts: Mapping[str, str]) -> dict[str, bytes]:
        self.computed += len(texts)
        return super()._computed(texts)


def subject(number: int) -> Paper:
    word = list(WORDS)[number % len(WORDS)]
    return paper(number, title=f"{word} {number}", abstract=f"On the {word}.")


def meaning_of(
    store: Store, folder: Path, clock: FakeClock, rules: EmbedRules | None = None
) -> PaperEmbeddings:
    """Return the embeddings by a model of four words, that counts its work."""
    meaning = PaperEmbeddings(
        store, str(write_model(folder, WORDS)), clock, threading.Event(), rules
    )
    meaning.__dict__["embedder"] = Counting(folder)
    return meaning


def computed(meaning: PaperEmbeddings) -> int:
    assert isinstance(meaning.embedder, Counting)
    return meaning.embedder.computed


def scored(meaning: PaperEmbeddings, papers: list[Paper], *, keeps_texts: bool = True) -> Model:
    features = meaning.features(keeps_texts=keeps_texts)
    model = Model(papers, features=features, embedder=meaning.embedder)
    model.score([Interest(profile=TIDES)])
    return model


def test_every_paper_is_embedded_once(store: Store, tmp_path: Path, clock: FakeClock) -> None:
    store.papers.add([subject(n) for n in range(80)], NOW)
    meaning, told = meaning_of(store, tmp_path, clock), list[int]()
    assert meaning.embed(meaning.lacking(), told.append) == 80
    assert (computed(meaning), told) == (80, [32, 64, 80])
    assert meaning.lacking() == []
    later = meaning_of(store, tmp_path, clock)
    store.papers.add([subject(80)], NOW)
    assert later.embed(later.lacking()) == 1


def test_a_changed_text_is_embedded_again(store: Store, tmp_path: Path, clock: FakeClock) -> None:
    store.papers.add([subject(n) for n in range(3)], NOW)
    meaning = meaning_of(store, tmp_path, clock)
    meaning.embed(meaning.lacking())
    store.papers.add([replace(subject(1), abstract="Of a galaxy.", version=2)], NOW)
    store.papers.add([replace(subject(2), upvotes=5)], NOW)
    (changed,) = meaning.lacking()
    assert store.papers.by_ids([changed])[changed].abstract == "Of a galaxy."
    assert meaning.embed([changed]) == 1
    assert (computed(meaning), meaning.lacking()) == (4, [])


def test_a_text_that_changes_while_it_is_embedded_is_embedded_again(
    store: Store, tmp_path: Path, clock: FakeClock
) -> None:
    store.papers.add([subject(1)], NOW)
    revised = replace(subject(1), abstract="Of a galaxy.", version=2)

    class Interrupted(Counting):
        def _computed(self, texts: Mapping[str, str]) -> dict[str, bytes]:
            store.papers.add([revised], NOW)
            return super()._computed(texts)

    meaning = meaning_of(store, tmp_path, clock)
    embedder = meaning.__dict__["embedder"] = Interrupted(tmp_path)
    meaning.embed(meaning.lacking())
    (stored,) = store.papers.seen_after(NOW - DAY)
    features = meaning.features(keeps_texts=False)
    assert embedder.stored([stored], features).keys() == {stored.id}


def test_the_newest_come_first_and_old_ones_not_at_all(
    store: Store, tmp_path: Path, clock: FakeClock
) -> None:
    store.papers.add([subject(n) for n in range(10)], NOW - DAY)
    store.papers.add([subject(n) for n in range(10, 12)], NOW)
    meaning = meaning_of(store, tmp_path, clock, EmbedRules(newest=4))
    titles = [store.papers.by_ids([key])[key].title for key in meaning.lacking()]
    assert titles == [subject(n).title for n in (11, 10, 9, 8)]


def test_what_a_visitor_uploads_is_not_embedded(
    store: Store, tmp_path: Path, clock: FakeClock
) -> None:
    store.papers.add([paper(1, source=UPLOADS)], NOW)
    assert meaning_of(store, tmp_path, clock).lacking() == []


def test_a_stop_loses_nothing(store: Store, tmp_path: Path, clock: FakeClock) -> None:
    store.papers.add([subject(n) for n in range(80)], NOW)
    stop = threading.Event()
    meaning = PaperEmbeddings(store, str(write_model(tmp_path, WORDS)), clock, stop)
    assert meaning.embed(meaning.lacking(), lambda done: stop.set() if done > 40 else None) == 64
    assert len(meaning.lacking()) == 16
    assert meaning.embed(meaning.lacking()) == 0


def test_without_a_model_nothing_is_embedded(store: Store, clock: FakeClock) -> None:
    store.papers.add([subject(1)], NOW)
    meaning = PaperEmbeddings(store, "none", clock, threading.Event())
    assert (meaning.lacking(), meaning.embed([1]), meaning.extent([], [])) == ([], 0, (0, 0))
    meaning.embed_news([subject(1)])


def test_digests_wait_for_so_many_of_the_news(
    store: Store, tmp_path: Path, clock: FakeClock
) -> None:
    store.papers.add([subject(n) for n in range(60)], NOW)
    news = store.papers.seen_after(NOW - DAY)
    meaning = meaning_of(store, tmp_path, clock, EmbedRules(before_digests=40))
    before = meaning.extent(news, [])
    meaning.embed_news(news)
    assert computed(meaning) == 40
    assert (before, meaning.extent(news, [])) == ((0, 0), (40, 0))
    meaning.embed_news(news)
    assert computed(meaning) == 60


def test_making_a_model_embeds_only_a_few(store: Store, tmp_path: Path, clock: FakeClock) -> None:
    store.papers.add([subject(n) for n in range(60)], NOW)
    meaning = meaning_of(store, tmp_path, clock, EmbedRules(for_profiles=5))
    scored(meaning, store.papers.seen_after(NOW - DAY))
    assert computed(meaning) == 5


def test_a_visitors_many_examples_are_embedded_bit_by_bit(
    store: Store, tmp_path: Path, clock: FakeClock
) -> None:
    meaning = meaning_of(store, tmp_path, clock, EmbedRules(for_profiles=5))
    assert meaning.embedder is not None
    examples = [subject(n) for n in range(12)]  # not stored
    known = [
        int(np.any(meaning.embedder.papers(examples, meaning.features(keeps_texts=False)), 1).sum())
        for _ in range(4)
    ]
    assert (known, computed(meaning)) == ([5, 10, 12, 12], 12)


def test_a_paper_met_before_it_was_stored_is_kept_with_it(
    store: Store, tmp_path: Path, clock: FakeClock
) -> None:
    meaning = meaning_of(store, tmp_path, clock)
    assert meaning.embedder is not None
    meaning.embedder.papers([subject(1)], meaning.features(keeps_texts=False))
    store.papers.add([subject(1)], NOW)
    meaning.embed(meaning.lacking())
    assert (computed(meaning), meaning.lacking()) == (1, [])


def test_a_profiles_text_is_embedded_once_in_all_processes(
    store: Store, tmp_path: Path, clock: FakeClock
) -> None:
    store.papers.add([subject(n) for n in range(8)], NOW)
    first = meaning_of(store, tmp_path, clock)
    first.embed(first.lacking())
    news = store.papers.seen_after(NOW - DAY)
    before = scored(first, news).log_odds([Interest(profile=TIDES)])
    second = meaning_of(store, tmp_path, clock)
    after = scored(second, news).log_odds([Interest(profile=TIDES)])
    assert (computed(first), computed(second)) == (9, 0)
    assert np.array_equal(before, after)


@pytest.mark.parametrize(("keeps_texts", "again"), [(True, 0), (False, 1)])
def test_what_a_visitor_types_is_not_kept(
    store: Store, tmp_path: Path, clock: FakeClock, keeps_texts: bool, again: int
) -> None:
    store.papers.add([subject(n) for n in range(8)], NOW)
    news = store.papers.seen_after(NOW - DAY)
    scored(meaning_of(store, tmp_path, clock), news, keeps_texts=keeps_texts)
    later = meaning_of(store, tmp_path, clock)
    scored(later, news)
    assert computed(later) == again


def test_a_text_is_kept_while_it_is_used(store: Store) -> None:
    store.texts.keep("meaning:1", {"used": b"1", "unused": b"2"}, NOW)
    for days in range(1, 20):
        assert store.texts.load("meaning:1", ["used"], NOW + days * DAY) == {"used": b"1"}
        prune(store, NOW + days * DAY)
    assert store.texts.load("meaning:1", ["used", "unused"], NOW + 20 * DAY) == {"used": b"1"}
    assert store.texts.load("meaning:2", ["used"], NOW) == {}
    prune(store, NOW + 20 * DAY + TEXTS + HOUR)
    assert store.texts.load("meaning:1", ["used"], NOW) == {}


def test_a_text_used_by_a_clock_far_ahead_is_no_older_than_now(store: Store) -> None:
    store.texts.keep("meaning:1", {"text": b"1"}, NOW + 900 * DAY)
    store.texts.load("meaning:1", ["text"], NOW)
    store.texts.forget(NOW + HOUR)
    assert store.texts.load("meaning:1", ["text"], NOW) == {}


def test_texts_kept_twice_at_once_are_no_trouble(store: Store) -> None:
    store.texts.keep("meaning:1", {"text": b"1"}, NOW)
    store.texts.keep("meaning:1", {"text": b"2"}, NOW)
    assert store.texts.load("meaning:1", ["text"], NOW) == {"text": b"1"}


def test_the_week_is_made_anew_when_its_papers_were_embedded(
    store: Store, tmp_path: Path, clock: FakeClock
) -> None:
    store.papers.add([subject(n) for n in range(40)], NOW - HOUR)
    meaning = meaning_of(store, tmp_path, clock, EmbedRules(for_profiles=0))

    def make(papers: Sequence[Paper], background: Sequence[Paper]) -> Model:
        features = meaning.features(keeps_texts=False)
        return Model(papers, background, features=features, embedder=meaning.embedder)

    week = PreviewService(store, make, clock, meaning.extent)
    first = week.ready()
    clock.move(minutes=6)
    assert week.ready() is first
    meaning.embed(meaning.lacking())
    clock.move(minutes=6)
    second = week.ready()
    assert second is not first
    clock.move(minutes=6)
    assert week.ready() is second
