"""A small world for the tests of store and steps: papers, subscribers, a Mailer that is told."""

from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from threading import Barrier
from typing import Any, TypeVar

from digestmail.domain import (
    Clock,
    Delivery,
    DeliveryState,
    Digest,
    DigestItem,
    Feedback,
    Message,
    Outcome,
    Paper,
    Phase,
    Profile,
    Reason,
    ReasonKind,
    Schedule,
    SendResult,
    Subscriber,
    SubscriberStatus,
    Verdict,
)
from digestmail.mail.message import Identity
from digestmail.relevance import Model
from digestmail.render import Renderer
from digestmail.resources import TEMPLATES
from digestmail.steps.daily.compose import Composer
from digestmail.steps.daily.deliver import DeliveryReport, Sender
from digestmail.steps.daily.prepare import Planner, PrepareReport, PrepareRules, prepare
from digestmail.steps.links import Links
from digestmail.steps.subscribers.subscription import SubscriptionService
from digestmail.store import DigestPlan, Store
from digestmail.store.digests import release
from digestmail.store.tables import DELIVERY
from digestmail.tokens import Signer

NOW = datetime(2026, 11, 20, 6, 0, tzinfo=UTC)  # a Friday, as the clock fixture has it
DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
LINKS = Links("https://digest.example.org", Signer(["a key of more than thirty-two letters"]))
IDENTITY = Identity(
    from_address="daily@digest.example.org",
    from_name="Daily papers",
    list_id="daily.digest.example.org",
    list_name="Daily papers",
    sender_id="digestmail",
    help_url="https://digest.example.org/help",
)
GRAPHS = Profile(keywords=("graph",), threshold=0.1)
_T = TypeVar("_T")


def paper(number: int, **values: Any) -> Paper:
    """An invented paper about graphs."""
    given: dict[str, Any] = {"title": f"Graph networks, part {number}", "source": "test"}
    return Paper(key=f"arxiv:2611.{number:05d}", **(given | values))


def someone(email: str = "ada@example.net", **values: Any) -> Subscriber:
    """An active subscriber who likes graphs and is due at 06:00 UTC."""
    given: dict[str, Any] = {
        "status": SubscriberStatus.ACTIVE,
        "schedule": Schedule(hour=6),
        "profiles": (GRAPHS,),
        "next_due_at": NOW,
        "papers_since": NOW - DAY,
    }
    return Subscriber(email=email, **(given | values))


def join(store: Store, email: str = "ada@example.net", **values: Any) -> Subscriber:
    """Store ``someone``."""
    return store.subscribers.add(someone(email, **values), NOW - DAY)


def rate(
    store: Store, who: Subscriber, what: int, verdict: Verdict, profile: int | None = None
) -> None:
    """A verdict on a paper, a "more" given now and a "less" an hour later."""
    at = NOW if verdict is Verdict.MORE else NOW + HOUR
    store.feedback.give(Feedback(who.stored_id, profile, what, verdict, at))


def arrive(store: Store, *numbers: int, at: datetime = NOW - HOUR, **values: Any) -> list[Paper]:
    """Store papers, first seen at an instant."""
    store.papers.add([paper(number, **values) for number in numbers], at)
    found = store.papers.by_keys([paper(number).key for number in numbers])
    return [found[paper(number).key] for number in numbers]


def digest(subscriber: Subscriber, papers: Sequence[Paper] = (), **values: Any) -> Digest:
    """A digest of these papers, due now."""
    why = (Reason(ReasonKind.KEYWORD, ("graph",), 1.0),)
    items = tuple(
        DigestItem(
            position=place, paper=p, profile_id=None, profile_name="mine", score=0.5, reasons=why
        )
        for place, p in enumerate(papers, 1)
    )
    given: dict[str, Any] = {
        "subscriber_id": subscriber.id,
        "date": NOW.date(),
        "due_at": NOW,
        "prepared_at": NOW,
        "papers_from": NOW - DAY,
        "papers_until": NOW,
        "judged": len(papers),
        "items": items,
    }
    return Digest(**(given | values))


def planned(subscriber: Subscriber, *digests: Digest, **values: Any) -> DigestPlan:
    """The plan that holds these digests."""
    given: dict[str, Any] = {
        "subscriber_id": subscriber.id,
        "address": subscriber.email,
        "digests": digests,
        "was_due_at": subscriber.next_due_at,
        "releases": subscriber.releases,
        "next_due_at": NOW + DAY,
    }
    return DigestPlan(**(given | values))


def owe(store: Store, email: str = "ada@example.net", *numbers: int) -> Delivery:
    """A subscriber with a planned digest delivery."""
    subscriber = store.subscribers.find(email) or join(store, email)
    papers = arrive(store, *(numbers or (1,)))
    (stored,) = store.digests.record([planned(subscriber, digest(subscriber, papers))])
    return store.ledger.of_digests([stored.stored_id])[stored.stored_id]


def state_of(store: Store, delivery: Delivery) -> DeliveryState:
    """What the ledger says of a delivery now."""
    return again(store, delivery).state


def again(store: Store, delivery: Delivery) -> Delivery:
    """The delivery as it is now."""
    mine = store.ledger.of_subscriber(delivery.subscriber_id)
    return next(one for one in mine if one.id == delivery.id)


def put(store: Store, delivery: Delivery, **values: Any) -> Delivery:
    """Force columns of a ledger row."""
    with store.database.writing() as session:
        session.execute(DELIVERY.update().where(DELIVERY.c.id == delivery.id).values(**values))
    return again(store, delivery)


def at_once(*calls: Callable[[], _T]) -> list[_T]:
    """Run the calls in threads that start at the same moment."""
    barrier = Barrier(len(calls))

    def run(call: Callable[[], _T]) -> _T:
        barrier.wait()
        return call()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))


# --- the steps -------------------------------------------------------------------------------


@lru_cache
def renderer() -> Renderer:
    """The built-in templates."""
    return Renderer(TEMPLATES, service="digestmail")


def composer(store: Store) -> Composer:
    """Builds the mails."""
    return Composer(store=store, renderer=renderer(), links=LINKS, identity=IDENTITY)


def prepare_at(store: Store, now: datetime, day: date | None = None, **rules: Any) -> PrepareReport:
    """Run the step with the real scorer."""
    planner = Planner(store, Model, PrepareRules(**rules), now)
    return prepare(store, planner, now, day=day)


@dataclass
class ScriptedMailer:
    """A Mailer that answers as told, by address; otherwise it takes every mail.

    A list gives one answer after another and stays at its last. Answers at the final dot and
    after claim the wire first, as the real one does.
    """

    answers: dict[str, list[SendResult]] = field(default_factory=dict)
    concurrency: int = 2
    handed_over: list[str] = field(default_factory=list)
    tried: list[str] = field(default_factory=list)
    messages: list[Message] = field(default_factory=list)
    closed: int = 0
    before_claim: Callable[[str], None] = lambda _: None

    async def send(self, message: Message, claim: Callable[[], Awaitable[bool]]) -> SendResult:
        self.tried.append(message.recipient)
        self.messages.append(message)
        given = self.answers.get(message.recipient, [accepted()])
        answer = given.pop(0) if len(given) > 1 else given[0]
        if answer.phase not in (Phase.DATA, Phase.END_OF_DATA):
            return answer
        self.before_claim(message.recipient)
        if not await claim():
            return SendResult(outcome=Outcome.WITHDRAWN, phase=Phase.RCPT)
        if answer.outcome is Outcome.SENT:
            self.handed_over.append(message.recipient)
        return answer

    async def close(self) -> None:
        self.closed += 1


def accepted() -> SendResult:
    """The relay took the mail."""
    return SendResult(outcome=Outcome.SENT, phase=Phase.END_OF_DATA, code=250, text="queued")


def refused(outcome: Outcome, phase: Phase = Phase.RCPT, text: str = "no") -> SendResult:
    """The relay did not take the mail."""
    return SendResult(outcome=outcome, phase=phase, code=550, enhanced="5.1.1", text=text)


def sender(store: Store, mailer: ScriptedMailer, clock: Clock, **values: Any) -> Sender:
    """What delivers, with latest = 12 hours."""
    made = Sender(
        store=store,
        subscriptions=SubscriptionService(store, LINKS),
        composer=composer(store),
        mailer=mailer,
        clock=clock,
        latest=12 * HOUR,
    )
    return replace(made, **values)


async def deliver(store: Store, mailer: ScriptedMailer, clock: Clock) -> DeliveryReport:
    """Run the step."""
    return await sender(store, mailer, clock).deliver()


def release_digest(store: Store, digest_id: int) -> None:
    """Give a digest's papers back, as the ledger does for one that will never go."""
    with store.database.writing() as session:
        release(session, digest_id)
