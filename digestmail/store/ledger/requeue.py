"""Deliveries that the operator puts back in the queue: ended ones, and mails that went astray."""

from datetime import datetime
from typing import NoReturn

from sqlalchemy import func, insert, select, update
from sqlmodel import Session

from digestmail.domain import DeliveryKind, DeliveryState
from digestmail.errors import InputError, NotFoundError
from digestmail.store.digest_recording import IS_SHOWN
from digestmail.store.sql import first_row
from digestmail.store.tables import DELIVERY, ITEM, SUBSCRIBER, DeliveryRow, SubscriberRow

RETRIED = (DeliveryState.FAILED, DeliveryState.SKIPPED, DeliveryState.DEFERRED)
_AGAIN = (DeliveryState.SENT, DeliveryState.UNKNOWN)


def row_of(session: Session, delivery_id: int, *, lock: bool = False) -> DeliveryRow:
    """Return the ledger row of an id, or raise NotFoundError."""
    query = select(DELIVERY).where(DELIVERY.c.id == delivery_id)
    row = first_row(session, query.with_for_update() if lock else query, DeliveryRow)
    if row is None:
        raise NotFoundError(f"delivery {delivery_id} does not exist; see: digestmail delivery list")
    return row


def retry(session: Session, delivery_id: int, mailed: list[str], now: datetime) -> None:
    """Plan a delivery again that failed, was withdrawn or waits, as if it were due now.

    One that is due later, by a clock that was set back, stays so: else it might soon be too late.
    InputError when that would break a promise: the subscriber (whose status must be among
    ``mailed``) does not want it, or was shown its papers since.
    """
    row = _locked(session, delivery_id)
    if row.state not in RETRIED:
        _refuse(row, f"is {row.state}; only failed, skipped and deferred ones can be retried")
    if row.digest_id is not None and _goes_otherwise(session, row):
        _refuse(row, "was sent, or will be sent, by another delivery of the same digest")
    _recipient(session, row, mailed)
    if row.digest_id is not None and row.state != DeliveryState.DEFERRED:
        _take_back_papers(session, row)
    step = update(DELIVERY).where(DELIVERY.c.id == row.id)
    planned = {"state": DeliveryState.PLANNED.value, "attempts": 0, "ended_at": None}
    due = max(row.due_at, now)
    session.execute(step.values(**planned, due_at=due, next_attempt_at=now))


def _goes_otherwise(session: Session, row: DeliveryRow) -> bool:
    ended = (DeliveryState.FAILED.value, DeliveryState.SKIPPED.value)
    open_delivery = select(DELIVERY.c.id).where(
        DELIVERY.c.digest_id == row.digest_id,
        DELIVERY.c.id != row.id,
        DELIVERY.c.state.not_in(ended),
    )
    return session.execute(open_delivery).first() is not None


def redeliver(session: Session, delivery_id: int, mailed: list[str], now: datetime) -> int:
    """Plan a digest that went, or may have gone, once more; return the new id."""
    row = _locked(session, delivery_id)
    if row.kind != DeliveryKind.DIGEST:
        _refuse(row, "is not a digest; request confirmation and link emails again on the web pages")
    if row.state not in _AGAIN:
        _refuse(row, f"is {row.state}; only sent and unknown ones can be redelivered")
    subscriber = _recipient(session, row, mailed)
    same = DELIVERY.c.digest_id == row.digest_id
    deliveries = session.execute(select(DELIVERY.c.state, DELIVERY.c.id).where(same)).all()
    ended = {state.value for state in (*_AGAIN, DeliveryState.FAILED, DeliveryState.SKIPPED)}
    for delivery in deliveries:
        if delivery.state not in ended:
            _refuse(row, f"is being delivered again already, as {delivery.id}")
    values = {
        "kind": row.kind,
        "subscriber_id": row.subscriber_id,
        "digest_id": row.digest_id,
        "address": subscriber.email,
        "once": f"digest:{row.digest_id}:again:{len(deliveries)}",
        "state": DeliveryState.PLANNED.value,
        "due_at": now,
        "attempts": 0,
        "next_attempt_at": now,
        "detail": f"delivery {row.id} once more",
    }
    new_id: int = session.execute(
        insert(DELIVERY).values(values).returning(DELIVERY.c.id)
    ).scalar_one()
    return new_id


def _locked(session: Session, delivery_id: int) -> DeliveryRow:
    """Return the row, with its subscriber locked, so that no digest is stored meanwhile."""
    row = row_of(session, delivery_id)
    person = select(SUBSCRIBER.c.id).where(SUBSCRIBER.c.id == row.subscriber_id)
    session.execute(person.with_for_update())
    return row_of(session, delivery_id, lock=True)


def _recipient(session: Session, row: DeliveryRow, mailed: list[str]) -> SubscriberRow:
    query = select(SUBSCRIBER).where(SUBSCRIBER.c.id == row.subscriber_id)
    subscriber = first_row(session, query, SubscriberRow)
    if subscriber is None:  # erased meanwhile, with the delivery
        raise NotFoundError(f"delivery {row.id} does not exist; see: digestmail delivery list")
    if subscriber.status not in mailed:
        _refuse(row, f"is no longer wanted: {subscriber.email} is {subscriber.status}")
    return subscriber


def _take_back_papers(session: Session, row: DeliveryRow) -> None:
    papers = select(ITEM.c.paper_id).where(ITEM.c.digest_id == row.digest_id, IS_SHOWN)
    overtaken = select(func.count()).where(
        ITEM.c.subscriber_id == row.subscriber_id,
        ITEM.c.digest_id != row.digest_id,
        ITEM.c.paper_id.in_(papers),
        ~ITEM.c.released,
        IS_SHOWN,
    )
    if number := session.execute(overtaken).scalar_one():
        _refuse(row, f"is superseded: {number} of its papers were in a later digest")
    step = update(ITEM).where(ITEM.c.digest_id == row.digest_id)
    session.execute(step.values(released=False))


def _refuse(row: DeliveryRow, why: str) -> NoReturn:
    raise InputError("delivery", f"{row.id} {why}")
