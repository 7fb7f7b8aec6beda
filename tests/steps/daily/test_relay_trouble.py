"""Delivering through real connections to a relay that refuses for hours: nobody pays for it."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

import pytest
from conftest import FakeClock
from ruled_relay import ruled
from steps_world import (
    DAY,
    HOUR,
    IDENTITY,
    LINKS,
    NOW,
    arrive,
    composer,
    digest,
    join,
    owe,
    prepare_at,
)

from digestmail.domain import Delivery, DeliveryState, SubscriberStatus
from digestmail.mail.message import Identity
from digestmail.mail.transport.relay_pool import SharedRelayState
from digestmail.mail.transport.relay_settings import SmtpSettings
from digestmail.mail.transport.relays_mailer import RelaysMailer
from digestmail.steps.daily.deliver import DeliveryReport, Sender
from digestmail.steps.subscribers.subscription import SubscriptionService
from digestmail.store import Store

MINUTE = HOUR / 60
TICK = 5 * MINUTE  # as long as a relay in trouble rests
NO_RULE = ""


def mailer(store: Store, clock: FakeClock, *ports: int) -> RelaysMailer:
    known = store.relays
    shared = SharedRelayState(clock, known.take, known.trouble, known.mark_down, known.mark_up)
    relays = [
        SmtpSettings(host="127.0.0.1", port=port, tls="none", local_hostname="c.test")
        for port in ports
    ]
    return RelaysMailer(relays, shared, pause=0)


async def run(
    store: Store,
    clock: FakeClock,
    *ports: int,
    operator: str = "",
    identity: Identity = IDENTITY,
) -> DeliveryReport:
    """One run of the step by relays on these ports, with a mailer of its own as in each tick."""
    sender = Sender(
        store=store,
        subscriptions=SubscriptionService(store, LINKS),
        composer=replace(composer(store), identity=identity),
        mailer=mailer(store, clock, *ports),
        clock=clock,
        latest=12 * HOUR,
        operator=operator,
    )
    return await sender.deliver()


async def run_for(store: Store, clock: FakeClock, hours: int, *ports: int) -> None:
    """Run as the scheduler does, each time the rest of the relay is over."""
    until = clock.now + hours * HOUR
    while clock.now < until:
        await run(store, clock, *ports)
        clock.now += TICK


def people(store: Store, count: int, domains: Sequence[str] = ("example.net",)) -> list[Delivery]:
    return [owe(store, f"{n}@{domains[n % len(domains)]}") for n in range(count)]


def states(store: Store) -> dict[str, int]:
    counted = store.ledger.count(NOW - DAY, NOW + DAY)
    return {str(state): number for _, state, _, number in counted}


REFUSALS = [
    ("MAIL", "450 4.7.1 Error: too much mail from 127.0.0.1"),
    ("MAIL", "552 5.2.2 your monthly quota is used up"),
    ("RCPT", "452 4.5.3 Error: too many recipients"),
    ("RCPT", "550 5.7.1 Client host blocked using a block list"),
    ("RCPT", "550 5.1.1 sending rate too high"),
    ("RCPT", "554 5.7.0 reputation"),
    ("RCPT", "450 verschnupft"),  # words that nobody has listed
    ("RCPT", "553 verschnupft"),
    ("RCPT", "452 4.2.2 over quota"),  # not all mailboxes are full
    ("DATA", "451 4.7.0 hourly limit reached"),
    ("DATA", "554 verschnupft"),
    (".", "452 4.3.1 out of space"),
    (".", "550 5.4.5 Daily limit of your plan exceeded"),
    (".", "554 5.7.1 looks like spam"),
    (".", "451 verschnupft"),
    (".", "552 5.2.2 mailbox full"),
    (".", "552 verschnupft"),
    ("CONNECT", "421 4.7.0 too many connections"),
    ("CONNECT", "554 5.7.1 no service for you"),
]


@pytest.mark.parametrize(("verb", "reply"), REFUSALS)
async def test_a_relay_that_refuses_for_hours_costs_nobody_a_digest(
    store: Store, clock: FakeClock, verb: str, reply: str
) -> None:
    """One mail tries it from time to time; the really bad recipients are given up as ever."""
    everybody, bad = 40, 3
    people(store, everybody, ("example.net", "example.org"))
    gone = {f"{n}@example.net" for n in (4, 14, 24)}
    lifted = NOW + 3 * HOUR

    def rule(at: str, _: str, recipient: str) -> str:
        if at == "RCPT" and recipient in gone:
            return "550 5.1.1 no such user here"
        early = verb == "CONNECT" or relay.accepted.total() >= 10
        refuses = at == verb and clock.now < lifted and early
        return reply if refuses else NO_RULE

    async with ruled(rule) as relay:
        done = await run(store, clock, relay.port)
        assert done.trouble
        assert reply[4:].split(" ", 1)[-1] in store.relays.owed_alert()
        asked = relay.tried[verb]
        for _ in range(24):
            clock.now += TICK
            await run(store, clock, relay.port)
        assert relay.tried[verb] - asked <= 24 + bad
        assert DeliveryState.FAILED not in states(store) or states(store)["failed"] <= bad
        await run_for(store, clock, 5, relay.port)
    assert states(store) == {"failed": bad, "sent": everybody - bad}
    assert relay.accepted.total() == len(relay.accepted) == everybody - bad
    assert store.subscribers.count()[SubscriberStatus.BOUNCED] == bad
    assert store.relays.troubles(NOW) == {}


@pytest.mark.parametrize("reply", ["550 5.7.1 quota exceeded", "554 verschnupft"])
async def test_two_subscribers_are_enough_to_tell(
    store: Store, clock: FakeClock, reply: str
) -> None:
    people(store, 2)
    async with ruled(lambda at, *_: reply if at == "." and clock.now < NOW + HOUR else "") as relay:
        done = await run(store, clock, relay.port)
        if "quota" in reply:
            assert "quota exceeded" in done.trouble
            assert "quota exceeded" in store.relays.owed_alert()
        await run_for(store, clock, 3, relay.port)
    assert states(store) == {"sent": 2}


async def test_a_greylist_is_no_trouble(store: Store, clock: FakeClock) -> None:
    """Everybody is put off in the same words, and all are tried again in time."""
    people(store, 30, ("example.net", "example.org"))
    first: dict[str, datetime] = {}

    def rule(at: str, _: str, recipient: str) -> str:
        if at == "RCPT" and clock.now - first.setdefault(recipient, clock.now) < 4 * MINUTE:
            return "451 4.7.1 Please try again later"
        return NO_RULE

    async with ruled(rule) as relay:
        assert (await run(store, clock, relay.port)).trouble == ""
        clock.now += TICK
        assert (await run(store, clock, relay.port)).sent == 30


async def test_a_greylist_of_sender_and_recipient_is_waited_for_once(
    store: Store, clock: FakeClock
) -> None:
    """The letter that asks to confirm, and the digests of five days, have one sender."""
    first: dict[tuple[str, str], datetime] = {}

    def rule(at: str, sender: str, recipient: str) -> str:
        if at != "RCPT":
            return NO_RULE
        seen = first.setdefault((sender, recipient), clock.now)
        return "451 4.7.1 Greylisted" if clock.now - seen < 11 * HOUR else NO_RULE

    ada = join(store)
    identity = replace(IDENTITY, bounce_address="b@digest.example.org")
    async with ruled(rule) as relay:
        for day in range(5):
            arrive(store, day + 1, at=clock.now - HOUR)
            prepare_at(store, clock.now)
            for _ in range(12):
                await run(store, clock, relay.port, identity=identity)
                clock.move(hours=1)
            (last, *_) = store.ledger.of_subscriber(ada.stored_id)
            assert (last.state, last.attempts == 1) == (DeliveryState.SENT, day > 0)
            clock.now = NOW + (day + 1) * DAY
    assert len(set(relay.senders)) == 1
    assert relay.senders[0].startswith("b+k")


async def test_senders_differ_between_subscribers_and_addresses(
    store: Store, clock: FakeClock
) -> None:
    made, identity = composer(store), replace(IDENTITY, bounce_address="b@digest.example.org")
    people = [join(store, f"{n}@example.net") for n in range(3)]
    others = [replace(people[0], email="new@example.net"), *people]
    mails = [
        replace(made, identity=identity).digest_message(
            one.recipient, replace(digest(one), id=1), NOW, 1
        )
        for one in others
    ]
    assert len({mail.sender for mail in mails}) == 4


async def test_what_one_domain_refuses_stops_nobody_else(store: Store, clock: FakeClock) -> None:
    people(store, 40, ("example.net",) * 3 + ("strict.example",))

    def rule(at: str, _: str, recipient: str) -> str:
        return "550 mailbox unavailable" if at == "RCPT" and "strict" in recipient else NO_RULE

    async with ruled(rule) as relay:
        await run_for(store, clock, 2, relay.port)
    assert states(store) == {"failed": 10, "sent": 30}
    assert store.relays.owed_alert() == ""


async def test_a_doubtful_refusal_is_not_believed_before_the_relay_took_others(
    store: Store, clock: FakeClock
) -> None:
    """A relay that refuses all of few people in words of its own, day after day."""
    ada = join(store)

    def rule(at: str, *_: str) -> str:
        return "550 not today" if at == "RCPT" else NO_RULE

    async with ruled(rule) as relay:
        for day in range(4):
            arrive(store, day + 1, at=clock.now - HOUR)
            prepare_at(store, clock.now)
            for hours in (0, 1, 1, 10, 12):
                clock.move(hours=hours)
                await run(store, clock, relay.port)
    assert store.subscribers.by_email(ada.email).status is SubscriberStatus.ACTIVE


async def test_another_relay_takes_what_one_has_no_quota_for(
    store: Store, clock: FakeClock
) -> None:
    people(store, 20)
    refusal = "550 5.4.5 sending quota exceeded"
    async with (
        ruled(lambda at, *_: refusal if at == "." else "") as full,
        ruled(lambda *_: NO_RULE) as other,
    ):
        done = await run(store, clock, full.port, other.port)
    assert (done.sent, done.trouble) == (20, "")
    assert other.accepted.total() == 20
    assert full.tried["."] < 10
    assert f"127.0.0.1:{full.port}: end-of-data: 550" in store.relays.owed_alert()


async def test_the_operator_is_told_when_it_works_again(store: Store, clock: FakeClock) -> None:
    people(store, 9)
    operator = "operator@example.org"

    def rule(at: str, *_: str) -> str:
        return "550 5.7.1 quota" if at == "RCPT" and clock.now < NOW + HOUR else NO_RULE

    async with ruled(rule) as relay:
        for _ in range(16):
            await run(store, clock, relay.port, operator=operator)
            clock.now += TICK
    assert relay.accepted[operator] == 1
    assert relay.accepted.total() == 10
