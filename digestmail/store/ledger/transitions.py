"""The two steps that every mail takes, for many deliveries in one transaction.

``ToWire`` is committed before a mail is handed over, ``Finish`` when its try has ended. Both are
compare-and-swap: the row must still be in the state, and in the hands of the owner, it was left in.
Of a commit that fails, as by a connection that drops, nobody knows whether it was one. So both may
be taken again by their owner: what is written already is not written twice, and counts as taken.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from operator import attrgetter

from sqlalchemy import (
    ColumnElement,
    Executable,
    Exists,
    Insert,
    and_,
    bindparam,
    exists,
    func,
    insert,
    literal,
    or_,
    select,
    update,
)
from sqlmodel import Session

from digestmail.domain import (
    MAILS,
    Attempt,
    Delivery,
    DeliveryState,
    Outcome,
    Phase,
    SendResult,
)
from digestmail.store.digests import release
from digestmail.store.ledger.attempts import HANDED_OVER, STOPPED, attempt_row, detail_of
from digestmail.store.tables import ATTEMPT, DELIVERY, SUBSCRIBER

ENDED = (
    DeliveryState.SENT,
    DeliveryState.FAILED,
    DeliveryState.UNKNOWN,
    DeliveryState.SKIPPED,
)
_NEVER_WENT = (DeliveryState.FAILED, DeliveryState.SKIPPED)
_HELD = (DeliveryState.LEASED.value, DeliveryState.ON_WIRE.value)
_UNANSWERED = SendResult(outcome=Outcome.UNKNOWN, phase=Phase.END_OF_DATA, text=HANDED_OVER)


@dataclass(frozen=True, slots=True)
class ToWire:
    """A leased delivery is about to be handed over, under a lease until ``until``.

    Refused when the lease was lost or the subscriber may not be mailed any more. Taken again, as
    for another relay, it only extends the lease.
    """

    delivery: Delivery
    now: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class Finish:
    """A try of a delivery has ended, and leaves it in ``state``. Refused when its lease was lost.

    Trouble of the relay (Outcome.SERVER), a mail not tried and a withdrawal count no attempt. The
    papers of a digest that will never go are released with it. A mail that others have given up
    as ``unknown`` meanwhile is settled by the late answer.
    """

    delivery: Delivery
    attempt: Attempt
    state: DeliveryState
    next_attempt_at: datetime


Step = ToWire | Finish


def take(session: Session, owner: str, steps: Sequence[Step]) -> list[bool]:
    """Take steps of different deliveries that ``owner`` holds; return for each whether it was."""
    handed = _to_wire(session, owner, [step for step in steps if isinstance(step, ToWire)])
    ended = _finish(session, owner, [step for step in steps if isinstance(step, Finish)])
    return [step.delivery.id in (handed if isinstance(step, ToWire) else ended) for step in steps]


# --- onto the wire ---------------------------------------------------------------------------


def _is_recipient() -> Exists:
    """Return the condition that a delivery's subscriber is still mailed at its address."""
    recipients = (
        and_(
            DELIVERY.c.kind == kind.value,
            SUBSCRIBER.c.status.in_([s.value for s in spec.recipients]),
        )
        for kind, spec in MAILS.items()
        if spec.recipients
    )
    return exists().where(
        SUBSCRIBER.c.id == DELIVERY.c.subscriber_id,
        SUBSCRIBER.c.email == DELIVERY.c.address,
        or_(*recipients),
    )


def _onto_wire(state: DeliveryState) -> Executable:
    step = update(DELIVERY).where(
        DELIVERY.c.id.in_(bindparam("ids", expanding=True)),
        DELIVERY.c.lease_owner == bindparam("owner"),
        DELIVERY.c.state == state.value,
        _is_recipient(),
    )
    values = {"state": DeliveryState.ON_WIRE.value, "lease_until": bindparam("until")}
    return step.values(values).returning(DELIVERY.c.id)


_TO_WIRE = _onto_wire(DeliveryState.LEASED)
_STAY = _onto_wire(DeliveryState.ON_WIRE)


def _begin() -> Insert:
    """Return the insertion of unanswered attempts, without a row of values for each."""
    any_time = datetime.min.replace(tzinfo=UTC)
    row = attempt_row(Attempt(delivery_id=0, at=any_time, seconds=0, result=_UNANSWERED))
    values: dict[str, ColumnElement[object]] = {name: literal(value) for name, value in row.items()}
    values |= {"delivery_id": DELIVERY.c.id, "at": bindparam("now", type_=ATTEMPT.c.at.type)}
    attempts = select(*values.values()).where(DELIVERY.c.id.in_(bindparam("ids", expanding=True)))
    return insert(ATTEMPT).from_select(list(values), attempts)


_BEGIN = _begin()


def _to_wire(session: Session, owner: str, steps: Sequence[ToWire]) -> set[int]:
    if not steps:
        return set()
    until = max(step.until for step in steps)
    values = {"ids": [step.delivery.id for step in steps], "owner": owner, "until": until}
    went = set(session.connection().execute(_TO_WIRE, values).scalars())
    now = max(step.now for step in steps)
    session.connection().execute(_BEGIN, {"ids": list(went), "now": now})
    if len(went) < len(steps):  # some were put there by the same step before, or are refused
        went |= set(session.connection().execute(_STAY, values).scalars())
    return went


# --- to the end ------------------------------------------------------------------------------

_SIBLING = DELIVERY.alias()
HAS_ANOTHER = exists().where(
    _SIBLING.c.digest_id == DELIVERY.c.digest_id, _SIBLING.c.id != DELIVERY.c.id
)
"""Whether a digest has been planned once more, beside this delivery."""

# A leased one has none: those it may have are of earlier tries.
_BEGUN = (
    select(func.max(ATTEMPT.c.id))
    .where(
        ATTEMPT.c.delivery_id == DELIVERY.c.id,
        ATTEMPT.c.text.in_((HANDED_OVER, STOPPED)),
        DELIVERY.c.state != DeliveryState.LEASED.value,
    )
    .scalar_subquery()
)
"""The attempt that was written before the handing over and has no reply yet."""

_HELD_BY_OWNER = (
    select(DELIVERY.c.id, DELIVERY.c.state, _BEGUN)
    .where(
        DELIVERY.c.id.in_(bindparam("ids", expanding=True)),
        DELIVERY.c.lease_owner == bindparam("owner"),
        or_(
            DELIVERY.c.state.in_(_HELD),
            and_(DELIVERY.c.state == DeliveryState.UNKNOWN.value, ~HAS_ANOTHER),
        ),
    )
    .with_for_update(of=DELIVERY)  # SQLite holds its one lock
)
_FINISH = (
    update(DELIVERY)
    .where(DELIVERY.c.id == bindparam("of"))
    .values(
        state=bindparam("to"),
        next_attempt_at=bindparam("next"),
        ended_at=bindparam("ended"),
        detail=bindparam("detail"),
        attempts=DELIVERY.c.attempts + bindparam("tries"),
        lease_owner=None,
        lease_until=None,
    )
)
_ANSWERED = [c.name for c in ATTEMPT.c if c.name not in ("id", "delivery_id")]
_ANSWER = (
    update(ATTEMPT)
    .where(ATTEMPT.c.id == bindparam("of"))
    .values({name: bindparam(f"new_{name}") for name in _ANSWERED})
)


def _finish(session: Session, owner: str, steps: Sequence[Finish]) -> set[int]:
    if not steps:
        return set()
    values = {"ids": [step.delivery.id for step in steps], "owner": owner}
    rows = session.connection().execute(_HELD_BY_OWNER, values).all()
    held = {number: (state, begun) for number, state, begun in rows}
    unheld = [step for step in steps if step.delivery.id not in held]
    steps = [step for step in steps if step.delivery.id in held]
    if steps:
        changes = [_finished(step, held[step.delivery.id][0]) for step in steps]
        session.connection().execute(_FINISH, changes)
        _answer(session, [(step.attempt, held[step.delivery.id][1]) for step in steps])
        _release(session, steps)
    return {*held, *(step.delivery.id for step in unheld if _is_written(session, step.attempt))}


def _is_written(session: Session, attempt: Attempt) -> bool:
    """Return whether the same step was committed before; no two tries take the same time
    to the digit.
    """
    row = attempt_row(attempt)
    same = select(ATTEMPT.c.id).where(*(ATTEMPT.c[name] == row[name] for name in row))
    return session.execute(same).first() is not None


def _finished(step: Finish, state: str) -> dict[str, object]:
    result = step.attempt.result
    tried = result.outcome not in (Outcome.SERVER, Outcome.WITHDRAWN)
    counted = state not in _HELD  # by giving it up as unknown
    return {
        "of": step.delivery.id,
        "to": step.state.value,
        "next": step.next_attempt_at,
        "ended": step.attempt.at if step.state in ENDED else None,
        "detail": detail_of(result),
        "tries": int(tried and result.phase is not Phase.CONNECT and not counted),
    }


def _answer(session: Session, attempts: Sequence[tuple[Attempt, int | None]]) -> None:
    """Complete the attempts that were begun; add those that were not."""
    answers = [
        {"of": begun} | {f"new_{name}": row[name] for name in _ANSWERED}
        for row, begun in ((attempt_row(attempt), begun) for attempt, begun in attempts)
        if begun is not None
    ]
    if answers:
        session.connection().execute(_ANSWER, answers)
    _add_attempts(session, (attempt for attempt, begun in attempts if begun is None))


def _add_attempts(session: Session, attempts: Iterable[Attempt]) -> None:
    if rows := [attempt_row(attempt) for attempt in attempts]:
        session.connection().execute(insert(ATTEMPT), rows)


def _release(session: Session, steps: Sequence[Finish]) -> None:
    """Release the papers of digests that never went, unless another delivery has shown them."""
    gone = [step.delivery for step in steps if step.state in _NEVER_WENT]
    # In the order in which preparing locks subscribers, so that the two never block each other.
    for delivery in sorted(gone, key=attrgetter("subscriber_id")):
        if delivery.digest_id is None:
            continue
        another = select(DELIVERY.c.id).where(DELIVERY.c.id == delivery.id, HAS_ANOTHER)
        if session.execute(another).first() is None:
            release(session, delivery.digest_id)
