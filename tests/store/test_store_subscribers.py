"""Subscribers and profiles; what a stale writer may not do."""

from dataclasses import replace

import pytest
from sqlalchemy import func, select
from steps_world import (
    DAY,
    GRAPHS,
    HOUR,
    NOW,
    arrive,
    at_once,
    digest,
    join,
    planned,
    rate,
    someone,
)

from digestmail.domain import (
    Profile,
    Schedule,
    SubscriberStatus,
    Verdict,
)
from digestmail.errors import InputError, NotFoundError
from digestmail.store import Store
from digestmail.store.tables import DELIVERY, DIGEST, FEEDBACK, ITEM, PROFILE

GONE = [s for s in SubscriberStatus if s is not SubscriberStatus.ACTIVE]


def test_a_subscriber_comes_back_as_they_were(store: Store) -> None:
    full = Profile(
        name="Größe",
        keywords=("a", '"b c"'),
        excluded_keywords=("d",),
        interests="long " * 100,
        categories=("cs.*",),
        excluded_categories=("math",),
        authors=("Jane Doe",),
        seed_papers=("arxiv:1",),
        max_papers=3,
        threshold=0.25,
    )
    schedule = Schedule(hour=23, timezone="Asia/Kathmandu", weekdays=frozenset({1, 7}))
    given = someone(profiles=(full, GRAPHS), schedule=schedule, confirmed_at=NOW)
    added = store.subscribers.add(given, NOW)
    assert store.subscribers.get(added.stored_id) == added
    assert added.created_at == NOW
    assert (added.schedule, added.next_due_at, added.confirmed_at) == (schedule, NOW, NOW)
    assert [replace(p, id=None, subscriber_id=None) for p in added.profiles] == [full, GRAPHS]


def test_an_address_is_taken_once(store: Store) -> None:
    join(store)
    with pytest.raises(InputError, match="already a subscriber"):
        join(store)
    assert len(store.subscribers.all()) == 1


@pytest.mark.parametrize("email", ["malformed@x.net", "readonly.database@x.net"])
def test_an_address_is_never_taken_for_trouble_of_the_database(store: Store, email: str) -> None:
    join(store, email)
    with pytest.raises(InputError, match="already a subscriber"):
        join(store, email)


def test_profiles_of_one_name_undo_the_whole_addition(store: Store) -> None:
    with pytest.raises(InputError):
        join(store, profiles=(GRAPHS, GRAPHS))
    assert store.subscribers.all() == []


def test_looking_for_somebody(store: Store) -> None:
    ada = join(store)
    assert store.subscribers.find("  ADA@Example.net ") == ada
    assert store.subscribers.find("a_a@example.net") is None
    assert store.subscribers.get(999) is None
    bob = join(store, "bob@example.org", profiles=())
    found = store.subscribers.recipients([ada.stored_id, bob.stored_id, 999])
    assert found == {1: ada.recipient, 2: bob.recipient}
    with pytest.raises(NotFoundError, match="bob@"):
        store.subscribers.by_email("bob@example.net")


def test_lists_and_counts(store: Store) -> None:
    join(store, "b@example.net")
    join(store, "a@example.net", status=SubscriberStatus.PAUSED, next_due_at=None)
    assert [s.email for s in store.subscribers.all()] == ["a@example.net", "b@example.net"]
    assert [s.email for s in store.subscribers.all(SubscriberStatus.PAUSED)] == ["a@example.net"]
    assert store.subscribers.count() == {
        SubscriberStatus.ACTIVE: 1,
        SubscriberStatus.PAUSED: 1,
    }


def test_active_ones_come_in_pages(store: Store) -> None:
    ids = [join(store, f"{n}@example.net").stored_id for n in range(5)]
    join(store, "p@example.net", status=SubscriberStatus.PENDING)
    first = store.subscribers.active(after=0, limit=3)
    second = store.subscribers.active(after=first[-1].stored_id, limit=3)
    assert [s.id for s in (*first, *second)] == ids


def test_only_those_due_are_asked_for(store: Store) -> None:
    join(store, "now@example.net", next_due_at=NOW)
    join(store, "later@example.net", next_due_at=NOW + HOUR)
    join(store, "never@example.net", next_due_at=None)
    due = store.subscribers.active(after=0, limit=9, due=NOW)
    assert [s.email for s in due] == ["now@example.net"]
    assert store.subscribers.next_due() == NOW


def test_nobody_is_due_when_nobody_is_active(store: Store) -> None:
    join(store, status=SubscriberStatus.PAUSED)
    assert store.subscribers.next_due() is None


def test_a_status_changes_only_among_the_given_ones(store: Store) -> None:
    ada = join(store)
    change = store.subscribers.set_status
    assert not change(ada.stored_id, SubscriberStatus.ACTIVE, NOW, among=(SubscriberStatus.PAUSED,))
    assert change(ada.stored_id, SubscriberStatus.PAUSED, None, among=(SubscriberStatus.ACTIVE,))
    found = store.subscribers.by_email(ada.email)
    assert (found.status, found.next_due_at) == (SubscriberStatus.PAUSED, None)
    assert not change(99, SubscriberStatus.ACTIVE, NOW)


def test_a_schedule_counts_only_for_the_active(store: Store) -> None:
    ada, new = join(store), Schedule(hour=9, timezone="Europe/Rome", weekdays=frozenset({3}))
    store.subscribers.set_schedule(ada.stored_id, new, NOW + HOUR)
    assert store.subscribers.by_email(ada.email).next_due_at == NOW + HOUR
    assert store.subscribers.by_email(ada.email).schedule == new


@pytest.mark.parametrize("status", GONE)
def test_a_new_schedule_wakes_nobody_who_left(store: Store, status: SubscriberStatus) -> None:
    ada = join(store, status=status, next_due_at=None)
    store.subscribers.set_schedule(ada.stored_id, Schedule(hour=9), NOW)
    found = store.subscribers.by_email(ada.email)
    assert (found.status, found.next_due_at) == (status, None)


@pytest.mark.parametrize("status", GONE)
def test_a_plan_made_before_they_left_is_passed_over(
    store: Store, status: SubscriberStatus
) -> None:
    ada = join(store)
    plan = planned(ada, digest(ada, arrive(store, 1)))
    store.subscribers.set_status(ada.stored_id, status, None)
    assert store.digests.record([plan]) == []
    found = store.subscribers.by_email(ada.email)
    assert (found.status, found.next_due_at) == (status, None)
    assert store.ledger.of_subscriber(ada.stored_id) == []


def test_a_plan_of_an_erased_subscriber_is_passed_over(store: Store) -> None:
    ada = join(store)
    plan = planned(ada, digest(ada, arrive(store, 1)))
    store.subscribers.remove(ada.stored_id)
    assert store.digests.record([plan]) == []


def test_an_address_can_change_but_not_to_anothers(store: Store) -> None:
    ada, _ = join(store), join(store, "bob@example.net")
    store.subscribers.set_email(ada.stored_id, "ada@new.example")
    assert store.subscribers.find("ada@example.net") is None
    with pytest.raises(InputError, match=r"bob@example\.net is already a subscriber"):
        store.subscribers.set_email(ada.stored_id, "bob@example.net")


def test_erasing_takes_everything_along(store: Store) -> None:
    ada = join(store)
    papers = arrive(store, 1)
    store.digests.record([planned(ada, digest(ada, papers))])
    rate(store, ada, papers[0].stored_id, Verdict.MORE)
    store.subscribers.remove(ada.stored_id)
    with store.database.reading() as session:
        for table in (PROFILE, DIGEST, ITEM, DELIVERY, FEEDBACK):
            assert session.execute(select(func.count()).select_from(table)).scalar_one() == 0
    assert len(store.papers.seen_after(NOW - DAY)) == 1


# --- profiles --------------------------------------------------------------------------------


def test_a_profile_is_added_changed_and_removed(store: Store) -> None:
    ada = join(store, profiles=())
    new = store.subscribers.save_profile(replace(GRAPHS, subscriber_id=ada.id))
    changed = replace(GRAPHS, id=new, subscriber_id=ada.id, name="Maths", keywords=("set",))
    assert store.subscribers.save_profile(changed) == new
    assert store.subscribers.by_email(ada.email).profiles == (changed,)
    store.subscribers.remove_profile(ada.stored_id, new)
    assert store.subscribers.by_email(ada.email).profiles == ()


def test_a_profile_name_is_taken_once_for_each_subscriber(store: Store) -> None:
    ada, bob = join(store), join(store, "bob@example.net")
    other = store.subscribers.save_profile(Profile(subscriber_id=ada.id, name="Other"))
    with pytest.raises(InputError, match="already have a profile “My papers”"):
        store.subscribers.save_profile(replace(GRAPHS, subscriber_id=ada.id))
    with pytest.raises(InputError, match="already have a profile “My papers”"):
        store.subscribers.save_profile(replace(GRAPHS, id=other, subscriber_id=ada.id))
    assert store.subscribers.save_profile(Profile(subscriber_id=bob.id, name="Other"))


def test_nobody_changes_or_removes_a_profile_of_another(store: Store) -> None:
    ada, eve = join(store), join(store, "eve@example.net")
    mine = ada.profiles[0]
    with pytest.raises(NotFoundError, match="profile “Taken” no longer exists"):
        store.subscribers.save_profile(
            Profile(id=mine.id, subscriber_id=eve.id, name="Taken", keywords=("eve",))
        )
    store.subscribers.remove_profile(eve.stored_id, mine.stored_id)
    assert store.subscribers.by_email(ada.email).profiles == (mine,)


def test_a_profile_removed_meanwhile_is_not_saved_silently(store: Store) -> None:
    ada = join(store)
    store.subscribers.remove_profile(ada.stored_id, ada.profiles[0].stored_id)
    with pytest.raises(NotFoundError):
        store.subscribers.save_profile(replace(ada.profiles[0], name="Late"))


def test_a_removed_profile_leaves_its_digests_and_feedback(store: Store) -> None:
    ada = join(store)
    (one,) = arrive(store, 1)
    made = digest(ada, [one])
    item = made.items[0]._replace(profile_id=ada.profiles[0].id)
    store.digests.record([planned(ada, replace(made, items=(item,)))])
    rate(store, ada, one.stored_id, Verdict.MORE, ada.profiles[0].id)
    store.subscribers.remove_profile(ada.stored_id, ada.profiles[0].stored_id)
    (kept,) = store.digests.of_subscriber(ada.stored_id)
    assert (kept.items[0].profile_id, kept.items[0].profile_name) == (None, "mine")
    assert store.feedback.of([ada.stored_id])[0].profile_id is None


# --- confirming ------------------------------------------------------------------------------


def _pending(store: Store) -> int:
    return join(store, status=SubscriberStatus.PENDING, next_due_at=None).stored_id


def test_each_confirmation_works_once(store: Store) -> None:
    ada = _pending(store)
    assert store.subscribers.confirm(ada, 0, NOW, NOW + HOUR)
    assert not store.subscribers.confirm(ada, 0, NOW, NOW + DAY)
    found = store.subscribers.get(ada)
    assert found is not None
    assert (found.status, found.confirmed_at) == (SubscriberStatus.ACTIVE, NOW)
    assert found.next_due_at == NOW + HOUR
    assert store.subscribers.serial(ada) == 1


def test_of_many_presses_at_once_one_confirms(store: Store) -> None:
    ada = _pending(store)
    pressed = at_once(*[lambda: store.subscribers.confirm(ada, 0, NOW, NOW)] * 4)
    assert sum(pressed) == 1


@pytest.mark.parametrize(
    "status", [s for s in SubscriberStatus if s is not SubscriberStatus.PENDING]
)
def test_only_the_pending_can_confirm(store: Store, status: SubscriberStatus) -> None:
    ada = join(store, status=status)
    assert not store.subscribers.confirm(ada.stored_id, 0, NOW, NOW)
    assert store.subscribers.by_email(ada.email).status is status


def test_an_old_serial_does_not_confirm(store: Store) -> None:
    ada = _pending(store)
    store.subscribers.confirm(ada, 0, NOW, NOW)
    store.subscribers.set_status(ada, SubscriberStatus.PENDING, None)
    assert not store.subscribers.confirm(ada, 0, NOW, NOW)
    assert store.subscribers.confirm(ada, 1, NOW, NOW)


def test_confirm_mails_are_counted_until_one_is_answered(store: Store) -> None:
    ada = _pending(store)
    assert [store.subscribers.next_serial(ada) for _ in range(3)] == [(0, 1), (0, 2), (0, 3)]
    store.subscribers.confirm(ada, 0, NOW, NOW)
    assert store.subscribers.next_serial(ada) == (1, 1)
