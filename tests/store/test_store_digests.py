"""Digests: one for each date, no paper twice, and what was not sent is offered again."""

from dataclasses import replace
from datetime import date

import pytest
from steps_world import DAY, HOUR, NOW, arrive, at_once, digest, join, planned, release_digest

from digestmail.domain import Digest, Paper, Schedule, SkipReason, Subscriber
from digestmail.errors import NotFoundError
from digestmail.store import Store
from digestmail.store.tables import PAPER

TOMORROW = NOW.date() + DAY


def _record(store: Store, who: Subscriber, *digests: Digest) -> list[Digest]:
    fresh = store.subscribers.by_email(who.email)
    return store.digests.record([planned(fresh, *digests)])


def _papers(found: Digest) -> list[str]:
    return [item.paper.key for item in found.items]


def test_a_digest_comes_back_as_it_was(store: Store) -> None:
    ada = join(store)
    papers = arrive(store, 2, 1)
    (stored,) = _record(store, ada, digest(ada, papers))
    assert store.digests.get(stored.stored_id) == stored
    assert store.digests.of_subscriber(ada.stored_id) == [stored]
    assert store.digests.dates([ada.stored_id], NOW.date()) == {(ada.id, NOW.date())}


def test_many_read_at_once_are_those_read_one_by_one(store: Store) -> None:
    papers = arrive(store, 3, 1, 2)
    for n, mine in enumerate((papers, papers[1:], [])):
        ada = join(store, f"{n}@example.net")
        _record(store, ada, digest(ada, mine, skip=None if mine else SkipReason.NO_PAPERS))
    known = {papers[1].stored_id: replace(papers[1], title="as it was")}
    loaded = store.digests.load([1, 2, 3, 77], known)
    first, second, third = (loaded.get(number) for number in (1, 2, 3))
    assert first is not None
    assert [item.paper.title for item in first.items][1] == "as it was"
    assert (second, third) == (_titled(store, 2, known), store.digests.get(3))
    assert loaded.get(77) is None
    assert {paper.id for paper in papers} == known.keys()


def _titled(store: Store, number: int, papers: dict[int, Paper]) -> Digest:
    found = store.digests.get(number)
    items = (item._replace(paper=papers[item.paper.stored_id]) for item in found.items)
    return replace(found, items=tuple(items))


def test_nothing_planned_is_nothing_stored(store: Store) -> None:
    assert store.digests.record([]) == []


def test_a_digest_that_is_gone_is_named(store: Store) -> None:
    with pytest.raises(NotFoundError, match="no longer exists"):
        store.digests.get(77)


def test_a_recorded_plan_moves_the_subscriber_on(store: Store) -> None:
    ada = join(store)
    _record(store, ada, digest(ada, arrive(store, 1), papers_until=NOW))
    found = store.subscribers.by_email(ada.email)
    assert (found.next_due_at, found.papers_since) == (NOW + DAY, NOW)


def test_only_a_digest_to_mail_gets_a_delivery(store: Store) -> None:
    ada = join(store)
    skipped = digest(ada, skip=SkipReason.MISSED, date=NOW.date() - DAY, papers_until=None)
    stored = _record(store, ada, skipped, digest(ada, arrive(store, 1)))
    deliveries = store.ledger.of_digests([d.stored_id for d in stored])
    assert set(deliveries) == {stored[1].id}
    assert deliveries[stored[1].stored_id].address == ada.email


def test_one_date_has_one_digest(store: Store) -> None:
    ada = join(store)
    assert _record(store, ada, digest(ada, arrive(store, 1)))
    assert _record(store, ada, digest(ada, arrive(store, 2))) == []
    assert len(store.digests.of_subscriber(ada.stored_id)) == 1


def test_a_digest_passed_over_leaves_its_papers_to_the_next(store: Store) -> None:
    ada = join(store)
    _record(store, ada, digest(ada, arrive(store, 1), papers_until=NOW))
    _record(store, ada, digest(ada, arrive(store, 2), papers_until=NOW + 12 * HOUR))
    assert store.subscribers.by_email(ada.email).papers_since == NOW


def test_a_schedule_changed_meanwhile_stands(store: Store) -> None:
    ada = join(store)
    plan = planned(ada, digest(ada, arrive(store, 1)))
    store.subscribers.set_schedule(ada.stored_id, Schedule(hour=20), NOW + 14 * HOUR)
    assert len(store.digests.record([plan])) == 1
    assert store.subscribers.by_email(ada.email).next_due_at == NOW + 14 * HOUR


def test_no_paper_is_shown_twice(store: Store) -> None:
    ada = join(store)
    one, two = arrive(store, 1, 2)
    _record(store, ada, digest(ada, [one]))
    (second,) = _record(store, ada, digest(ada, [one, two], date=TOMORROW))
    assert _papers(second) == [two.key]
    assert [item.position for item in second.items] == [1]
    assert store.digests.shown([ada.stored_id], NOW - DAY) == {ada.id: {one.id, two.id}}


def test_a_digest_of_shown_papers_only_is_skipped(store: Store) -> None:
    ada = join(store)
    papers = arrive(store, 1)
    _record(store, ada, digest(ada, papers))
    (second,) = _record(store, ada, digest(ada, papers, date=TOMORROW))
    assert (second.skip, second.items) == (SkipReason.NO_PAPERS, ())
    assert store.ledger.of_digests([second.stored_id]) == {}


def test_a_paper_is_news_to_everyone_else(store: Store) -> None:
    ada, bob = join(store), join(store, "bob@example.net")
    papers = arrive(store, 1)
    both = store.digests.record(
        [planned(ada, digest(ada, papers)), planned(bob, digest(bob, papers))]
    )
    assert [len(d.items) for d in both] == [1, 1]


def test_threads_that_record_the_same_plans_store_each_once(store: Store) -> None:
    people = [join(store, f"{n}@example.net") for n in range(20)]
    papers = arrive(store, *range(5))
    plans = [planned(p, digest(p, papers)) for p in people]
    stored = at_once(
        lambda: store.digests.record(plans),
        lambda: store.digests.record(plans[::-1]),
        lambda: store.digests.record([replace(p, digests=_tomorrow(p.digests)) for p in plans]),
    )
    mailed = [d for some in stored for d in some if d.skip is None]
    assert len({d.subscriber_id for d in mailed}) == len(mailed) == 20
    assert sum(len(d.items) for d in mailed) == 100


def _tomorrow(digests: tuple[Digest, ...]) -> tuple[Digest, ...]:
    return tuple(replace(d, date=TOMORROW) for d in digests)


def test_released_papers_are_news_again(store: Store) -> None:
    ada = join(store)
    papers = arrive(store, 1)
    (first,) = _record(store, ada, digest(ada, papers, papers_from=NOW - DAY))
    release_digest(store, first.stored_id)
    assert store.digests.shown([ada.stored_id], NOW - DAY) == {}
    assert store.subscribers.by_email(ada.email).papers_since == NOW - DAY
    (second,) = _record(store, ada, digest(ada, papers, date=TOMORROW))
    assert _papers(second) == [papers[0].key]


def test_released_papers_are_news_again_whatever_was_planned_before(store: Store) -> None:
    ada = join(store)
    papers = arrive(store, 1)
    (first,) = _record(store, ada, digest(ada, papers, arrival_from=0, arrival_until=1))
    planned_before = store.subscribers.by_email(ada.email)
    arrive(store, 2)
    later = digest(ada, date=TOMORROW, arrival_from=1, arrival_until=2, skip=SkipReason.NO_PAPERS)
    release_digest(store, first.stored_id)
    assert len(store.digests.record([planned(planned_before, later)])) == 1
    now = store.subscribers.by_email(ada.email)
    assert (now.judged_arrival, now.papers_since, now.releases) == (0, NOW - DAY, 1)


def test_what_is_recorded_late_judges_nothing_anew(store: Store) -> None:
    ada = join(store)
    _record(store, ada, digest(ada, arrive(store, 1), arrival_from=0, arrival_until=9))
    _record(store, ada, digest(ada, date=TOMORROW, arrival_from=0, arrival_until=4))
    assert store.subscribers.by_email(ada.email).judged_arrival == 9


@pytest.mark.parametrize("erased", ["profile", "paper"])
def test_a_plan_on_what_was_erased_is_left_out_and_no_other(store: Store, erased: str) -> None:
    ada, bob = join(store), join(store, "bob@example.net")
    papers = arrive(store, 1, 2)
    plans = [
        planned(person, _by_profile(digest(person, [each]), person.profiles[0].id))
        for person, each in zip((ada, bob), papers, strict=True)
    ]
    if erased == "profile":
        store.subscribers.remove_profile(ada.stored_id, ada.profiles[0].stored_id)
    else:
        with store.database.writing() as session:
            session.execute(PAPER.delete().where(PAPER.c.id == papers[0].id))
    assert [d.subscriber_id for d in store.digests.record(plans)] == [bob.id]
    assert store.subscribers.by_email(ada.email).next_due_at == ada.next_due_at
    assert store.subscribers.by_email(bob.email).next_due_at == NOW + DAY


def _by_profile(stored: Digest, profile_id: int | None) -> Digest:
    items = (item._replace(profile_id=profile_id) for item in stored.items)
    return replace(stored, items=tuple(items))


def test_releasing_twice_or_late_never_moves_forward(store: Store) -> None:
    ada = join(store)
    (first,) = _record(store, ada, digest(ada, arrive(store, 1), papers_from=NOW - DAY))
    (second,) = _record(
        store, ada, digest(ada, arrive(store, 2), date=TOMORROW, papers_from=NOW, skip=None)
    )
    for stored in (first, second, first):
        release_digest(store, stored.stored_id)
    assert store.subscribers.by_email(ada.email).papers_since == NOW - DAY


def test_releasing_what_was_erased_is_no_trouble(store: Store) -> None:
    ada = join(store)
    (stored,) = _record(store, ada, digest(ada, arrive(store, 1)))
    store.subscribers.remove(ada.stored_id)
    release_digest(store, stored.stored_id)
    assert store.digests.dates([ada.stored_id], date(2000, 1, 1)) == set()


def test_digests_are_counted_by_reason(store: Store) -> None:
    ada = join(store)
    skipped = digest(ada, skip=SkipReason.MISSED, date=NOW.date() - DAY, papers_until=None)
    _record(store, ada, skipped, digest(ada, arrive(store, 1)))
    assert store.digests.count(NOW, NOW + HOUR) == {"missed": 1}
    assert store.digests.count(NOW - HOUR, NOW) == {}


def test_the_last_digests_come_first(store: Store) -> None:
    ada = join(store)
    for n in range(4):
        _record(store, ada, digest(ada, arrive(store, n), date=NOW.date() + n * DAY))
    dates = [d.date for d in store.digests.of_subscriber(ada.stored_id, limit=2)]
    assert dates == [NOW.date() + 3 * DAY, NOW.date() + 2 * DAY]
