"""New versions of saved papers: told once, in a mail that goes anyway, and again if it did not."""

from dataclasses import replace
from datetime import datetime

from steps_world import (
    DAY,
    HOUR,
    LINKS,
    NOW,
    arrive,
    composer,
    join,
    paper,
    prepare_at,
    release_digest,
)

from digestmail.domain import Digest, Paper, ReasonKind, Schedule, Subscriber
from digestmail.render.locale import ENGLISH
from digestmail.render.reasons import reason_words
from digestmail.steps.reading.feedback import paper_of_link
from digestmail.store import Store

ADA = "ada@example.net"


def _save(store: Store, number: int = 90, **values: object) -> Subscriber:
    """A reader who saved a paper that was shown long ago."""
    ada = join(store, schedule=Schedule(hour=6))
    (old,) = arrive(store, number, at=NOW - 30 * DAY, **values)
    store.saved.add(ada.stored_id, old.stored_id, NOW - 29 * DAY)
    return ada


def _revise(store: Store, number: int = 90, **changes: object) -> None:
    """The source brings the paper again."""
    store.papers.add([replace(paper(number), **changes)], NOW - HOUR)  # type: ignore[arg-type]


def _told(store: Store, now: datetime) -> list[tuple[str, str]]:
    """What the digest of a day tells of saved papers."""
    prepare_at(store, now)
    digest = _digest(store, now)
    return [
        (item.paper.key[-2:], reason_words(item.reasons[0], ENGLISH))
        for item in digest.new_versions
    ]


def _digest(store: Store, now: datetime) -> Digest:
    ada = store.subscribers.by_email(ADA)
    return next(d for d in store.digests.of_subscriber(ada.stored_id) if d.date == now.date())


def test_a_new_version_is_told_once_with_the_next_papers(store: Store) -> None:
    _save(store)
    _revise(store, version=3)
    arrive(store, 1)
    assert _told(store, NOW) == [("90", "you saved it; now there is version 3")]
    assert [item.position for item in _digest(store, NOW).mailed_items] == [1, 2]
    arrive(store, 2, at=NOW + DAY)
    assert _told(store, NOW + DAY) == []
    _revise(store, version=4)
    arrive(store, 3, at=NOW + 2 * DAY)
    assert _told(store, NOW + 2 * DAY) == [("90", "you saved it; now there is version 4")]


def test_the_published_version_is_told_too(store: Store) -> None:
    _save(store)
    _revise(store, doi="10.1103/physrev.1")
    arrive(store, 1)
    words = "you saved it; now it is published: doi.org/10.1103/physrev.1"
    assert _told(store, NOW) == [("90", words)]


def test_it_is_no_reason_for_a_mail(store: Store) -> None:
    _save(store)
    _revise(store, version=2)
    assert _told(store, NOW) == []
    assert store.ledger.of_subscriber(store.subscribers.by_email(ADA).stored_id) == []
    arrive(store, 1, at=NOW + DAY)
    assert len(_told(store, NOW + DAY)) == 1


def test_the_mail_of_a_quiet_day_has_it(store: Store) -> None:
    ada = _save(store)
    store.subscribers.set_schedule(ada.stored_id, Schedule(hour=6, send_empty=True), NOW)
    _revise(store, version=2)
    assert len(_told(store, NOW)) == 1
    digest = _digest(store, NOW)
    text = composer(store).digest(ada.recipient, digest, NOW).text
    assert "New versions of papers you saved" in text
    assert "now there is version 2" in text


def test_what_never_went_out_is_told_again(store: Store) -> None:
    _save(store)
    _revise(store, version=2)
    arrive(store, 1)
    _told(store, NOW)
    release_digest(store, _digest(store, NOW).stored_id)
    assert len(_told(store, NOW + DAY)) == 1


def test_who_saves_a_revised_paper_knows_it(store: Store) -> None:
    ada = join(store)
    (revised,) = arrive(store, 90, at=NOW - 30 * DAY, version=5)
    store.saved.add(ada.stored_id, revised.stored_id, NOW)
    arrive(store, 1)
    assert _told(store, NOW) == []


def test_at_most_a_few_are_told_at_once_and_the_others_later(store: Store) -> None:
    ada = join(store)
    for old in arrive(store, *range(90, 97), at=NOW - 30 * DAY):
        store.saved.add(ada.stored_id, old.stored_id, NOW - 29 * DAY)
    for number in range(90, 97):
        _revise(store, number, version=2)
    arrive(store, 1)
    assert len(_told(store, NOW)) == 5
    arrive(store, 2, at=NOW + DAY)
    assert len(_told(store, NOW + DAY)) == 2


def test_it_may_be_judged_by_the_links_of_the_mail(store: Store) -> None:
    _save(store)
    _revise(store, version=2)
    arrive(store, 1)
    _told(store, NOW)
    token = LINKS.feedback_token(_digest(store, NOW).stored_id)
    rated: Paper = paper_of_link(store, LINKS, token, 2).item.paper
    assert rated.key == paper(90).key
    assert ReasonKind.NEW_VERSION in {
        reason.kind for reason in paper_of_link(store, LINKS, token, 2).item.reasons
    }
