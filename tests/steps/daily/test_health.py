"""What monitors and the operator are told of a day that goes wrong, and of one that goes well."""

from datetime import datetime, timedelta

from steps_world import HOUR, NOW, join, owe, someone

from digestmail.domain import (
    Attempt,
    DeliveryState,
    Outcome,
    Phase,
    Schedule,
    SendResult,
    SourceReport,
    SourceSpec,
)
from digestmail.steps.daily.health import Health, health, note_relay_trouble, note_run
from digestmail.steps.daily.status import Status, status
from digestmail.store import Finish, LeaseName, Store
from digestmail.worker import is_gone, this_worker

RELAY = "smtp.example.org:587"
MINUTE = timedelta(minutes=1)


def seen(store: Store, at: datetime = NOW, *relays: str) -> Health:
    return health(store, at, relays or (RELAY,))


def tick(store: Store, at: datetime = NOW) -> None:
    """What a scheduler leaves behind, this process being it."""
    store.leases.take(LeaseName.DIGESTS, this_worker(), 3 * MINUTE, at, is_gone)


def end(
    store: Store, state: DeliveryState, outcome: Outcome, phase: Phase, text: str, email: str = ""
) -> None:
    """A delivery whose attempt ended so, to be tried again in ten minutes where it may be."""
    number = len(store.ledger.latest()) + 1
    delivery = owe(store, email or f"reader{number}@example.net", number)
    (leased,) = store.ledger.claim("w", NOW, HOUR, 1)
    result = SendResult(outcome=outcome, phase=phase, text=text)
    attempt = Attempt(delivery_id=delivery.id, at=NOW, seconds=0.1, result=result)
    assert store.ledger.take("w", [Finish(leased, attempt, state, NOW + 10 * MINUTE)]) == [True]


def kinds(found: Status) -> list[str]:
    return [trouble.kind for trouble in found.troubles]


# --- the scheduler -----------------------------------------------------------------------------


def test_a_scheduler_is_seen_while_its_lease_lasts(store: Store) -> None:
    assert not seen(store).scheduler_runs
    tick(store)
    assert seen(store).scheduler_runs
    assert seen(store).is_well
    assert not seen(store, NOW + 4 * MINUTE).scheduler_runs


def test_the_lease_of_a_process_that_is_gone_is_no_scheduler(store: Store) -> None:
    machine = this_worker().rsplit(":", 2)[0]
    store.leases.take(LeaseName.DIGESTS, f"{machine}:4194999:1", HOUR, NOW, is_gone)
    assert not seen(store).scheduler_runs


def test_run_from_cron_counts_as_a_scheduler_for_an_hour(store: Store) -> None:
    note_run(store, NOW)
    assert seen(store, NOW + 59 * MINUTE).is_well
    assert not seen(store, NOW + 61 * MINUTE).is_well


# --- overdue -----------------------------------------------------------------------------------


def test_digests_that_nobody_prepared_are_overdue_after_an_hour(store: Store) -> None:
    join(store)
    tick(store, NOW + HOUR)
    assert not seen(store, NOW + 59 * MINUTE).is_overdue
    late = seen(store, NOW + HOUR)
    assert (late.overdue_digests, late.overdue_mails, late.is_well) == (1, 0, False)


def test_mails_that_nobody_sent_are_overdue_after_an_hour(store: Store) -> None:
    owe(store)
    assert not seen(store, NOW + 59 * MINUTE).is_overdue
    assert seen(store, NOW + HOUR).overdue_mails == 1


def test_mails_that_wait_for_the_limit_of_a_relay_are_not_overdue(store: Store) -> None:
    owe(store)
    store.notes.write("relay-rest", (NOW + 3 * HOUR).isoformat(), NOW)
    assert not seen(store, NOW + 2 * HOUR).is_overdue
    assert seen(store, NOW + 3 * HOUR).is_overdue


def test_digests_that_wait_for_late_papers_are_not_overdue(store: Store) -> None:
    store.sources.add(SourceSpec(name="cs", kind="arxiv", options={"categories": "cs.AI"}), NOW)
    store.sources.report(SourceReport(source="cs"), NOW)
    join(store, schedule=Schedule(hour=6, wait_hours=3))
    join(store, "b@example.net", schedule=Schedule(hour=6, wait_hours=0))
    waiting = seen(store, NOW + 2 * HOUR)
    assert (waiting.due.number, waiting.patient.number) == (2, 1)
    assert waiting.patient.last == NOW + 3 * HOUR
    assert waiting.overdue_digests == 1
    assert seen(store, NOW + 3 * HOUR).overdue_digests == 2


# --- relay and sources -------------------------------------------------------------------------


def test_the_trouble_of_the_relay_is_told_for_a_day(store: Store) -> None:
    store.notes.write("relay-trouble", "auth: 535 no", NOW)
    assert seen(store, NOW + HOUR).relay_trouble == "auth: 535 no"
    assert seen(store, NOW + 25 * HOUR).relay_trouble == ""


def test_the_trouble_of_a_relay_that_is_not_used_any_more_is_not_told(store: Store) -> None:
    store.notes.write("relay-trouble", "auth: 535 no", NOW)
    note_relay_trouble(store, ["old.example.org:25"], NOW)
    assert seen(store).relay_trouble == ""
    note_relay_trouble(store, [RELAY, "old.example.org:25"], NOW)
    assert seen(store).relay_trouble == "auth: 535 no"


def test_a_relay_that_another_process_found_in_trouble_is_told(store: Store) -> None:
    store.relays.mark_down(RELAY, "connect: refused", NOW)
    store.relays.mark_down("old.example.org:25", "connect: refused", NOW)
    assert seen(store).relay_trouble == f"{RELAY}: connect: refused"


def test_a_source_that_fails_again_and_again_is_told(store: Store) -> None:
    tick(store)
    store.sources.add(SourceSpec(name="feed", kind="feed", options={}), NOW)
    store.sources.report(SourceReport(source="feed", error="404"), NOW)
    assert [(s.name, s.error) for s in seen(store).failing_sources] == [("feed", "404")]
    assert seen(store).is_well  # once is a hiccup for a monitor
    store.sources.report(SourceReport(source="feed", error="404"), NOW)
    assert not seen(store).is_well


# --- status ------------------------------------------------------------------------------------


def test_status_tells_why_mails_did_not_go(store: Store) -> None:
    for email in ("a@example.net", "b@example.net"):
        text = f"<{email}> try later"
        end(store, DeliveryState.DEFERRED, Outcome.DEFERRED, Phase.RCPT, text, email)
    end(store, DeliveryState.FAILED, Outcome.BOUNCED, Phase.RCPT, "no such user")
    found = status(store, NOW)
    reasons = {(u.state, u.why): u.number for u in found.unsent}
    assert reasons == {
        (DeliveryState.DEFERRED, "rcpt: … try later"): 2,
        (DeliveryState.FAILED, "rcpt: no such user"): 1,
    }
    assert kinds(found) == []  # of single recipients the day is not in trouble


def test_a_mail_that_cannot_be_composed_is_trouble(store: Store) -> None:
    text = "ConfigError: template body.html, line 3: 'x' is undefined"
    end(store, DeliveryState.DEFERRED, Outcome.DEFERRED, Phase.RENDER, text)
    (trouble,) = status(store, NOW).troubles
    assert trouble.kind == "template"
    assert "template body.html, line 3" in trouble.text


def test_unknown_and_dropped_digests_are_trouble(store: Store) -> None:
    end(store, DeliveryState.UNKNOWN, Outcome.UNKNOWN, Phase.END_OF_DATA, "no reply")
    late = "more than 12 hours late"
    end(store, DeliveryState.SKIPPED, Outcome.WITHDRAWN, Phase.RENDER, late)
    end(store, DeliveryState.SKIPPED, Outcome.WITHDRAWN, Phase.RENDER, "the subscriber left")
    found = status(store, NOW)
    assert kinds(found) == ["unknown", "dropped"]
    assert found.troubles[1].text.startswith("1 digest dropped")


def test_a_digest_that_is_due_is_counted_and_not_taken_for_the_next(store: Store) -> None:
    join(store)
    join(store, "b@example.net", next_due_at=NOW + 5 * HOUR)
    found = status(store, NOW + MINUTE)
    assert (found.due, found.waiting) == (1, 1)
    assert found.next_due_at == NOW + 5 * HOUR


def test_a_time_zone_that_cannot_be_read_is_named(store: Store) -> None:
    for number in (1, 2):
        zone = Schedule(hour=6, timezone="Mars/Olympus")
        store.subscribers.add(someone(f"{number}@example.net", schedule=zone), NOW)
    join(store, "c@example.net", next_due_at=NOW + HOUR)
    (trouble,) = [t for t in status(store, NOW).troubles if t.kind == "schedule"]
    assert "2 subscribers with the time zone “Mars/Olympus”" in trouble.text


def test_a_good_day_is_not_in_trouble(store: Store) -> None:
    join(store, next_due_at=NOW + HOUR)
    assert status(store, NOW).troubles == []
