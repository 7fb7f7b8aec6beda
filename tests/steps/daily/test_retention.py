"""Old data is deleted in small batches, and what anybody still uses stays."""

from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

from conftest import NOW
from steps_world import (
    DAY,
    GRAPHS,
    ScriptedMailer,
    arrive,
    deliver,
    join,
    owe,
    paper,
    prepare_at,
    put,
    rate,
)

from digestmail.domain import DeliveryState, Profile, Verdict
from digestmail.steps.daily.retention import RetentionReport, RetentionRules, delete_old
from digestmail.store import Store

RULES = RetentionRules(batch=2)
LATER = NOW + 800 * DAY


def run(store: Store, now: datetime = LATER, batches: int = 1_000) -> RetentionReport:
    """Delete what is old, at most so many batches of two rows."""
    pauses: list[float] = []
    return delete_old(
        store,
        RULES,
        now,
        sleep=pauses.append,
        is_over=lambda: len(pauses) + 1 >= batches,
        progress=lambda _: None,
    )


async def test_a_digest_goes_with_its_delivery_and_attempts(store: Store) -> None:
    delivery = owe(store)
    await deliver(store, ScriptedMailer(), lambda: NOW)
    assert run(store, NOW + 61 * DAY).deleted == {"attempts": 1}
    assert run(store, NOW + 360 * DAY).deleted == {}
    report = run(store, NOW + 366 * DAY)
    assert report.deleted == {"digests": 1}
    assert report.is_complete
    assert store.digests.of_subscriber(delivery.subscriber_id) == []
    assert store.ledger.of_subscriber(delivery.subscriber_id) == []


def test_a_delivery_that_is_not_over_keeps_its_digest(store: Store) -> None:
    delivery = owe(store)
    assert run(store).deleted == {}
    put(store, delivery, state=DeliveryState.FAILED.value, ended_at=NOW)
    assert run(store).deleted == {"digests": 1, "papers": 1}


def test_a_paper_stays_as_long_as_anybody_uses_it(store: Store) -> None:
    rated, saved, seed, _ = arrive(store, 1, 2, 3, 4)
    ada = join(store, profiles=(Profile(seed_papers=(seed.key,)),))
    rate(store, ada, rated.stored_id, Verdict.MORE)
    store.saved.add(ada.stored_id, saved.stored_id, NOW)
    assert run(store).deleted == {"papers": 1}
    keys = [p.key for p in (rated, saved, seed)]
    assert set(store.papers.by_keys([*keys, paper(4).key])) == set(keys)


def test_old_feedback_goes_and_then_its_paper(store: Store) -> None:
    (rated,) = arrive(store, 1)
    ada = join(store)
    rate(store, ada, rated.stored_id, Verdict.MORE)
    assert run(store, NOW + 1096 * DAY).deleted == {"feedback": 1, "papers": 1}
    assert store.feedback.of([ada.stored_id]) == []


def test_a_deleted_paper_is_never_news_again(store: Store) -> None:
    join(store, next_due_at=LATER, papers_since=None)
    arrive(store, 1, doi="10.1000/graphs")
    run(store)
    # A source brings it again, with a new version, beside one that is new.
    again = replace(paper(1), key="doi:10.1000/graphs", doi="10.1000/graphs", version=2)
    store.papers.add([again, paper(2)], LATER - timedelta(hours=1))
    assert prepare_at(store, LATER).papers == 1
    (digest,) = store.digests.of_subscriber(1)
    assert [item.paper.key for item in digest.items] == [paper(2).key]


def test_it_stops_between_two_batches_and_goes_on_later(store: Store) -> None:
    arrive(store, 1, 2, 3, 4, 5)
    first = run(store, batches=1)
    assert (first.deleted, first.is_complete) == ({"papers": 2}, False)
    assert run(store).deleted == {"papers": 3}


def test_young_data_stays(store: Store) -> None:
    owe(store)
    arrive(store, 2)
    rows = store.papers.by_keys([paper(1).key, paper(2).key])
    assert run(store, NOW + 59 * DAY).deleted == {}
    assert store.papers.by_keys([paper(1).key, paper(2).key]) == rows


def test_a_year_of_days_leaves_the_tables_as_large_as_a_month_did(store: Store) -> None:
    rules = RetentionRules(
        digests=30 * DAY, attempts=30 * DAY, papers=30 * DAY, feedback=30 * DAY, batch=50
    )
    join(store, profiles=(replace(GRAPHS, max_papers=3),))
    sizes = []
    for day in range(90):
        now = NOW + day * DAY
        arrive(store, *range(10 * day, 10 * day + 10), at=now - timedelta(hours=1))
        prepare_at(store, now)
        with store.database.writing() as session:
            session.connection().exec_driver_sql("UPDATE delivery SET state = 'sent'")
        tidy = partial(delete_old, sleep=lambda _: None, is_over=lambda: False)
        tidy(store, rules, now, progress=lambda _: None)
        sizes.append(rows(store))
    assert max(sizes[60:]) <= max(sizes[30:60])


def rows(store: Store) -> int:
    """The rows of the tables that grow by the day."""
    tables = "paper", "paper_name", "digest", "digest_item", "delivery", "attempt"
    with store.database.reading() as session:
        connection = session.connection()
        return sum(
            connection.exec_driver_sql(f"SELECT count(*) FROM {table}").scalar_one()  # noqa: S608
            for table in tables
        )
