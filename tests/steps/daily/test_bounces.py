"""What follows from what came back, on both databases."""

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from bounce_samples import complaint, dsn, letter, to_token
from conftest import NOW, FakeClock
from steps_world import DAY, LINKS, again, at_once, join, owe, put, state_of

from digestmail.bounces import Kind, Report, parse
from digestmail.domain import Delivery, DeliveryKind, DeliveryState, Subscriber, SubscriberStatus
from digestmail.errors import InputError
from digestmail.steps.daily.bounces import BounceProcessor, BounceTally, Fate, score
from digestmail.steps.links import Links
from digestmail.steps.subscribers.subscription import SubscriptionService
from digestmail.steps.subscribers.suppression import suppress, suppressions, unsuppress
from digestmail.store import Bounce, Store
from digestmail.tokens import Signer

ADA = "ada@example.net"
STRANGER = Links("https://other.example", Signer(["somebody else's key of thirty-two letters"]))


@pytest.fixture
def office(store: Store, clock: FakeClock) -> BounceProcessor:
    return BounceProcessor(store, LINKS, clock)


@pytest.fixture
def sent(store: Store) -> Delivery:
    """Ada's digest, which the relay took."""
    return send(store, owe(store, ADA))


def send(store: Store, delivery: Delivery) -> Delivery:
    return put(store, delivery, state=DeliveryState.SENT.value, ended_at=NOW)


def token(delivery: Delivery) -> str:
    return LINKS.bounce_token(delivery.id)


def ada(store: Store) -> Subscriber:
    return store.subscribers.by_email(ADA)


def take(office: BounceProcessor, *raws: bytes) -> BounceTally:
    return office.process(map(parse, raws))


def test_a_hard_bounce_ends_the_mailing(
    office: BounceProcessor, store: Store, sent: Delivery
) -> None:
    taken = take(office, dsn(token(sent), "5.1.1", text="550 5.1.1 no such user"))
    assert (taken.kinds, taken.given_up) == ({Kind.HARD: 1}, 1)
    assert ada(store).status is SubscriberStatus.BOUNCED
    assert ada(store).next_due_at is None
    assert SubscriptionService(store, LINKS).suppressed(ADA) == "bounced"
    assert state_of(store, sent) is DeliveryState.FAILED
    assert again(store, sent).detail == "bounced later: 5.1.1 550 5.1.1 no such user"


def test_the_papers_of_a_bounced_digest_are_news_again(
    office: BounceProcessor, store: Store, sent: Delivery
) -> None:
    everyone = [sent.subscriber_id]
    assert store.digests.shown(everyone, NOW - DAY)[sent.subscriber_id]
    take(office, dsn(token(sent), "5.2.2"))
    assert not store.digests.shown(everyone, NOW - DAY).get(sent.subscriber_id)


def test_the_same_message_counts_once(
    office: BounceProcessor, store: Store, sent: Delivery
) -> None:
    raw = dsn(token(sent), "5.2.2")
    taken = take(office, raw, raw, raw.replace(b"\n", b"\r\n"))
    assert taken.fates == {Fate.COUNTED: 1, Fate.REPEATED: 2}
    assert len(store.bounces.soft(sent.subscriber_id)) == 1


def test_read_at_once_it_counts_once(office: BounceProcessor, store: Store, sent: Delivery) -> None:
    raw = dsn(token(sent))
    taken = at_once(*[lambda: take(office, raw)] * 4)
    assert sum(one.given_up for one in taken) == 1
    assert [b.kind for b in store.bounces.latest(10)] == ["hard"]


def test_a_repeated_report_does_not_undo_what_the_operator_lifted(
    office: BounceProcessor, store: Store, sent: Delivery
) -> None:
    take(office, dsn(token(sent)))
    SubscriptionService(store, LINKS).lift(ada(store), NOW)
    take(office, dsn(token(sent)))
    assert ada(store).status is SubscriberStatus.ACTIVE


@pytest.mark.parametrize("links", [None, STRANGER])
def test_a_forged_bounce_counts_for_nothing(
    office: BounceProcessor, store: Store, sent: Delivery, links: Links | None
) -> None:
    forged = dsn(links.bounce_token(sent.id) if links else "", "5.1.1", address=ADA)
    assert take(office, forged, forged).fates == {Fate.UNVERIFIED: 2}
    assert ada(store).status is SubscriberStatus.ACTIVE
    assert SubscriptionService(store, LINKS).suppressed(ADA) is None
    (kept,) = store.bounces.latest(10)
    assert (kept.subscriber_id, kept.text) == (None, "")


def test_a_token_of_another_purpose_proves_nothing(
    office: BounceProcessor, store: Store, sent: Delivery
) -> None:
    leave = LINKS.unsubscribe_token(sent.subscriber_id)
    assert take(office, dsn(leave)).fates == {Fate.UNVERIFIED: 1}
    assert ada(store).status is SubscriberStatus.ACTIVE


def test_an_aged_token_proves_no_bounce(
    office: BounceProcessor, store: Store, sent: Delivery, clock: FakeClock
) -> None:
    clock.move(days=15)
    assert take(office, dsn(token(sent))).fates == {Fate.UNVERIFIED: 1}
    assert state_of(store, sent) is DeliveryState.SENT


# --- by the envelope sender, which is the same each day -----------------------------------------


def envelope(store: Store, at: datetime = NOW, address: str = ADA) -> str:
    address_hash = store.salt.address_hash(address)
    return LINKS.sender_token(ada(store).stored_id, address_hash, at)


def returned(token: str) -> str:
    """The end of a notification with the header of our mail."""
    return f"\n--=b\nContent-Type: text/rfc822-headers\n\nX-Delivery: {token}\n\n--=b--\n"


def test_a_bounce_without_a_copy_is_of_nobody_elses_mail(
    office: BounceProcessor, store: Store, sent: Delivery
) -> None:
    """Which of the mails it is nobody knows, so that the papers of none come again."""
    assert take(office, dsn(envelope(store))).given_up == 1
    assert ada(store).status is SubscriberStatus.BOUNCED
    assert state_of(store, sent) is DeliveryState.SENT


def test_the_copy_tells_which_mail_it_is(
    office: BounceProcessor, store: Store, sent: Delivery, clock: FakeClock
) -> None:
    clock.move(days=1)
    later = send(store, _owe_on(store, 7, clock))
    raw = dsn(envelope(store), "5.2.2").replace(b"\n--=b--\n", returned(token(sent)).encode())
    take(office, raw)
    assert state_of(store, sent) is DeliveryState.FAILED
    assert state_of(store, later) is DeliveryState.SENT


@pytest.mark.parametrize(
    ("days", "counted"), [(-3, True), (-13, True), (-90, False), (-400, False)]
)
def test_an_envelope_sender_ages(
    office: BounceProcessor, store: Store, sent: Delivery, days: int, counted: bool
) -> None:
    taken = take(office, dsn(envelope(store, NOW + timedelta(days=days))))
    assert (taken.given_up == 1) is counted


def test_who_was_not_mailed_lately_does_not_bounce(
    office: BounceProcessor, store: Store, sent: Delivery, clock: FakeClock
) -> None:
    clock.move(days=15)
    assert take(office, dsn(envelope(store, clock.now))).fates == {Fate.UNVERIFIED: 1}


@pytest.mark.parametrize("mailed_since", [False, True])
def test_the_envelope_sender_of_an_old_address_spares_the_new_one(
    office: BounceProcessor, store: Store, sent: Delivery, clock: FakeClock, mailed_since: bool
) -> None:
    old = envelope(store)
    store.subscribers.set_email(sent.subscriber_id, "new@example.net")
    if mailed_since:
        clock.move(days=1)
        mine, new = sent.subscriber_id, "new@example.net"
        store.ledger.plan(DeliveryKind.LINK, mine, new, "link:1", clock.now)
        send(store, store.ledger.of_subscriber(mine)[0])
    take(office, dsn(old))
    assert store.subscribers.by_email("new@example.net").status is SubscriberStatus.ACTIVE


def test_a_complaint_with_the_envelope_sender_alone_only_unsubscribes(
    office: BounceProcessor, store: Store, sent: Delivery
) -> None:
    take(office, complaint(to_token(envelope(store)), "none"))
    assert ada(store).status is SubscriberStatus.UNSUBSCRIBED
    assert SubscriptionService(store, LINKS).suppressed(ADA) is None


def test_soft_bounces_add_up(office: BounceProcessor, store: Store, clock: FakeClock) -> None:
    for day in range(1, 7):
        delivery = send(store, _owe_on(store, day, clock))
        taken = take(office, dsn(token(delivery), "5.2.2", number=day))
        assert taken.given_up == (day == 6)
        clock.move(days=1)
    assert ada(store).status is SubscriberStatus.BOUNCED


def _owe_on(store: Store, number: int, clock: FakeClock) -> Delivery:
    """A letter to Ada: as good a delivery as any."""
    known = store.subscribers.find(ADA) or join(store, ADA)
    store.ledger.plan(DeliveryKind.LINK, known.stored_id, ADA, f"link:{number}", clock())
    return store.ledger.of_subscriber(known.stored_id)[0]


def test_soft_bounces_fade(office: BounceProcessor, store: Store, clock: FakeClock) -> None:
    for week in range(10):
        delivery = send(store, _owe_on(store, week, clock))
        take(office, dsn(token(delivery), "4.4.7", number=week))
        clock.move(days=7)
    assert ada(store).status is SubscriberStatus.ACTIVE


def test_score_halves_and_counts_a_delivery_once() -> None:
    one = Bounce(id="a", at=NOW, kind="soft", delivery_id=1)
    assert score([one], NOW) == 1
    assert score([one], NOW + timedelta(days=14)) == 0.5
    assert score([one, replace(one, id="b")], NOW) == 1
    assert score([one, replace(one, id="b", delivery_id=2)], NOW + timedelta(days=28)) == 0.5
    assert score([one], NOW - timedelta(days=1)) == 1  # the clock was set back


def _give_up(office: BounceProcessor, store: Store, clock: FakeClock) -> None:
    for number in range(5):
        delivery = send(store, _owe_on(store, number, clock))
        take(office, dsn(token(delivery), "5.2.2", number=number))
    assert ada(store).status is SubscriberStatus.BOUNCED
    SubscriptionService(store, LINKS).lift(ada(store), NOW)
    clock.move(hours=1)


def test_after_a_lift_the_next_soft_bounce_ends_it_again(
    office: BounceProcessor, store: Store, clock: FakeClock
) -> None:
    _give_up(office, store, clock)
    delivery = send(store, _owe_on(store, 9, clock))
    assert take(office, dsn(token(delivery), "5.2.2", number=9)).given_up == 1


def test_a_mail_taken_after_a_lift_settles_the_score(
    office: BounceProcessor, store: Store, clock: FakeClock
) -> None:
    _give_up(office, store, clock)
    arrived = _owe_on(store, 8, clock)
    put(store, arrived, state=DeliveryState.SENT.value, ended_at=clock())
    delivery = send(store, _owe_on(store, 9, clock))
    assert take(office, dsn(token(delivery), "5.2.2", number=9)).given_up == 0
    assert ada(store).status is SubscriberStatus.ACTIVE


def test_policy_is_told_to_the_operator_only(
    office: BounceProcessor, store: Store, sent: Delivery
) -> None:
    for number in range(20):
        raw = dsn(token(sent), "5.7.1", text="550 5.7.1 your IP is blocked", number=number)
        take(office, raw)
    assert ada(store).status is SubscriberStatus.ACTIVE
    assert store.notes.read("policy-bounce") == ("5.7.1 550 5.7.1 your IP is blocked", NOW)
    assert state_of(store, sent) is DeliveryState.FAILED


def test_a_complaint_ends_it_for_good(
    office: BounceProcessor, store: Store, sent: Delivery
) -> None:
    taken = take(office, complaint(to_token(token(sent))))
    assert (taken.kinds, taken.given_up) == ({Kind.COMPLAINT: 1}, 1)
    assert ada(store).status is SubscriberStatus.COMPLAINED
    assert SubscriptionService(store, LINKS).suppressed(ADA) == "complained"
    assert state_of(store, sent) is DeliveryState.SENT
    with pytest.raises(InputError):
        SubscriptionService(store, LINKS).lift(ada(store), NOW)


def test_a_complaint_ages_as_a_failure_does(
    office: BounceProcessor, store: Store, sent: Delivery, clock: FakeClock
) -> None:
    """Whoever finds an old mail cannot end its reader's subscription for good."""
    clock.move(days=15)
    leave = LINKS.unsubscribe_token(sent.subscriber_id)
    assert take(office, complaint(to_token(token(sent)), "none")).fates == {Fate.UNVERIFIED: 1}
    assert ada(store).status is SubscriberStatus.ACTIVE
    take(office, complaint(to_token(token(sent)), leave).replace(b"arf-1", b"arf-2"))
    assert ada(store).status is SubscriberStatus.UNSUBSCRIBED
    assert SubscriptionService(store, LINKS).suppressed(ADA) is None


def test_one_listing_of_ours_gives_nobody_up(
    office: BounceProcessor, store: Store, clock: FakeClock
) -> None:
    """Whatever number stands beside the words, and however often it comes."""
    for number, status in enumerate(["5.1.1", "5.2.1", "4.0.0", "4.7.1", "5.0.0", ""] * 2):
        delivery = send(store, _owe_on(store, number, clock))
        raw = dsn(token(delivery), status, text="550 blocked using a blocklist", number=number)
        assert take(office, raw).kinds == {Kind.POLICY: 1}
    assert ada(store).status is SubscriberStatus.ACTIVE


def test_a_poisoned_message_is_put_aside_and_those_behind_it_are_read(
    office: BounceProcessor, store: Store, sent: Delivery, tmp_path: Path
) -> None:
    for folder in ("new", "cur", "tmp"):
        (tmp_path / "box" / folder).mkdir(parents=True)
    poison = letter(extra="Content-Type: text/plain; charset=idna\n").replace(b"Hi", b"caf\xe9")
    (tmp_path / "box" / "new" / "1").write_bytes(poison)
    (tmp_path / "box" / "new" / "2").write_bytes(b"Content-Type: message/rfc822\n\n" * 3_000)
    (tmp_path / "box" / "new" / "3").write_bytes(dsn(token(sent)))
    assert office.fetch("box", tmp_path).fates == {Fate.COUNTED: 1, Fate.UNKNOWN: 2}
    assert office.fetch("box", tmp_path).read == 0


def test_a_complaint_of_somebody_who_left_counts_too(
    office: BounceProcessor, store: Store, sent: Delivery
) -> None:
    SubscriptionService(store, LINKS).leave(ada(store))
    take(office, complaint(to_token(token(sent))))
    assert ada(store).status is SubscriberStatus.COMPLAINED


def test_a_complaint_with_a_link_to_leave_by_only_unsubscribes(
    office: BounceProcessor, store: Store, sent: Delivery
) -> None:
    leave = LINKS.unsubscribe_token(sent.subscriber_id)
    take(office, complaint("redacted@example.org", leave))
    assert ada(store).status is SubscriberStatus.UNSUBSCRIBED
    assert SubscriptionService(store, LINKS).suppressed(ADA) is None


def test_unsubscribe_by_mail(office: BounceProcessor, store: Store, sent: Delivery) -> None:
    leave = LINKS.unsubscribe_token(sent.subscriber_id)
    raw = letter("unsubscribe", to=f"leave+{leave}@digest.example.org")
    assert take(office, raw).kinds == {Kind.UNSUBSCRIBE: 1}
    assert ada(store).status is SubscriberStatus.UNSUBSCRIBED
    SubscriptionService(store, LINKS).come_back(ada(store), NOW)
    assert take(office, raw).fates == {Fate.REPEATED: 1}
    assert ada(store).status is SubscriberStatus.ACTIVE


def test_unsubscribe_of_a_program_that_calls_itself_automatic(
    office: BounceProcessor, store: Store, sent: Delivery
) -> None:
    leave = LINKS.unsubscribe_token(sent.subscriber_id)
    apple = "Return-Path: <>\nAuto-Submitted: auto-replied\nX-Apple-Unsubscribe: true\n"
    raw = letter("unsubscribe", to=f"leave+{leave}@digest.example.org", extra=apple)
    assert take(office, raw).kinds == {Kind.UNSUBSCRIBE: 1}
    assert ada(store).status is SubscriberStatus.UNSUBSCRIBED


@pytest.mark.parametrize("subject", ["unsubscribe", "unsubscribe me please", "Hello"])
def test_without_a_good_token_nobody_leaves(
    office: BounceProcessor, store: Store, sent: Delivery, subject: str
) -> None:
    forged = STRANGER.unsubscribe_token(sent.subscriber_id)
    raw = letter(subject, to=f"leave+{forged}@digest.example.org")
    assert take(office, raw).fates == {Fate.UNKNOWN: 1}
    assert ada(store).status is SubscriberStatus.ACTIVE


def test_answers_and_delays_are_ignored(
    office: BounceProcessor, store: Store, sent: Delivery
) -> None:
    away = letter("Out of office", to=to_token(token(sent)))
    late = dsn(token(sent), "4.4.1", "delayed")
    assert take(office, away, late).fates == {Fate.IGNORED: 2}
    assert (state_of(store, sent), store.bounces.latest(9)) == (DeliveryState.SENT, [])


def test_an_address_that_was_changed_is_not_blamed(
    office: BounceProcessor, store: Store, sent: Delivery
) -> None:
    store.subscribers.set_email(sent.subscriber_id, "new@example.net")
    take(office, dsn(token(sent)))
    assert store.subscribers.by_email("new@example.net").status is SubscriberStatus.ACTIVE
    assert state_of(store, sent) is DeliveryState.FAILED


def test_who_left_stays_unsubscribed(office: BounceProcessor, store: Store, sent: Delivery) -> None:
    SubscriptionService(store, LINKS).leave(ada(store))
    assert take(office, dsn(token(sent))).given_up == 0
    assert ada(store).status is SubscriberStatus.UNSUBSCRIBED


def test_a_provider_that_is_authentic_may_name_an_address(
    office: BounceProcessor, store: Store, sent: Delivery
) -> None:
    report = Report(id="sendgrid:1", kind=Kind.HARD, address=ADA)
    assert office.process([report]).fates == {Fate.UNVERIFIED: 1}
    office.process([replace(report, id="sendgrid:2", authentic=True)])
    assert ada(store).status is SubscriberStatus.BOUNCED


def test_erasing_a_subscriber_erases_their_bounces(
    office: BounceProcessor, store: Store, sent: Delivery
) -> None:
    take(office, dsn(token(sent)))
    SubscriptionService(store, LINKS).erase(ada(store), NOW)
    assert store.bounces.latest(10) == []
    assert take(office, dsn(token(sent), number=2)).fates == {Fate.UNVERIFIED: 1}


def test_old_reports_are_forgotten(
    office: BounceProcessor, store: Store, sent: Delivery, clock: FakeClock
) -> None:
    take(office, dsn(token(sent), "5.2.2"))
    clock.move(days=91)
    take(office)
    assert store.bounces.latest(10) == []


def test_a_maildir_keeps_what_is_not_settled(
    office: BounceProcessor, store: Store, sent: Delivery, tmp_path: Path
) -> None:
    for folder in ("new", "cur", "tmp"):
        (tmp_path / "box" / folder).mkdir(parents=True)
    (tmp_path / "box" / "new" / "1").write_bytes(dsn(token(sent)))
    (tmp_path / "box" / "new" / "2").write_bytes(letter("A question"))
    taken = office.fetch("box", tmp_path)
    assert taken.fates == {Fate.COUNTED: 1, Fate.UNKNOWN: 1}
    assert [p.name for p in (tmp_path / "box").rglob("*") if p.is_file()] == ["2:2,S"]
    assert office.fetch("box", tmp_path).read == 0


@pytest.mark.parametrize("reason", [SubscriberStatus.BOUNCED, SubscriberStatus.COMPLAINED])
def test_suppression_by_hand(store: Store, reason: SubscriberStatus) -> None:
    join(store, ADA)
    suppress(store, ADA, reason, NOW)
    suppress(store, "unknown@example.net", reason, NOW)
    assert ada(store).status is reason
    listed = suppressions(store)
    assert {why for _, why, _ in listed} == {str(reason)}
    assert [name for name, _, _ in listed if name.startswith("#")] != []
    assert ADA in {name for name, _, _ in listed}
    unsuppress(store, ADA)
    assert SubscriptionService(store, LINKS).suppressed(ADA) is None
    assert ada(store).status is SubscriberStatus.UNSUBSCRIBED
    with pytest.raises(InputError, match="is not suppressed"):
        unsuppress(store, ADA)
