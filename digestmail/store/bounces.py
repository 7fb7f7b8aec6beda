"""Reports of bounces and complaints: each counts once, with its consequences, in one commit."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, delete, or_, select, update
from sqlmodel import Session

from digestmail.domain import DeliveryState, SubscriberStatus
from digestmail.store.database import Database
from digestmail.store.digests import release
from digestmail.store.sql import all_rows, first_row, upsert
from digestmail.store.tables import (
    BOUNCE,
    DELIVERY,
    SUBSCRIBER,
    SUPPRESSION,
    BounceRow,
    DeliveryRow,
)

_HANDED_OVER = (DeliveryState.SENT.value, DeliveryState.UNKNOWN.value)
_GONE = (SubscriberStatus.COMPLAINED.value,)  # nothing ends it but the operator


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounce:
    """A stored report. ``id`` is the message's own."""

    id: str
    at: datetime
    kind: str
    subscriber_id: int | None = None  # None: nothing proved whom it is about
    delivery_id: int | None = None
    enhanced: str = ""
    text: str = ""
    gave_up: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class MailedDelivery:
    """A delivery that a report is about; None: one of those to this address."""

    delivery_id: int | None
    subscriber_id: int
    address: str
    due_at: datetime


class Bounces:
    """The reports of the last months."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def mailed(self, delivery_id: int) -> MailedDelivery | None:
        """Return the delivery of an id, unless it was erased."""
        return self._mailed(select(DELIVERY).where(DELIVERY.c.id == delivery_id))

    def last_mailed(self, subscriber_id: int) -> MailedDelivery | None:
        """Return the delivery that was last handed over to a subscriber's server."""
        query = select(DELIVERY).where(
            DELIVERY.c.subscriber_id == subscriber_id, DELIVERY.c.state.in_(_HANDED_OVER)
        )
        return self._mailed(query.order_by(DELIVERY.c.id.desc()).limit(1))

    def _mailed(self, query: Select[Any]) -> MailedDelivery | None:
        with self._database.reading() as session:
            row = first_row(session, query, DeliveryRow)
        if row is None:
            return None
        return MailedDelivery(
            delivery_id=row.id,
            subscriber_id=row.subscriber_id,
            address=row.address,
            due_at=row.due_at,
        )

    def record(
        self,
        bounce: Bounce,
        *,
        failed: str = "",
        becomes: SubscriberStatus | None = None,
        suppress: str = "",
    ) -> bool:
        """Store a report and what follows from it; return False when it was stored before.

        ``failed``: why its delivery, if handed over, failed after all; a digest's papers are
        released. ``becomes``: the subscriber's status from now on. ``suppress``: the hash of
        their address, never to be mailed again.
        """
        row = {name: getattr(bounce, name) for name in BOUNCE.c.keys()}  # noqa: SIM118 - columns
        with self._database.writing() as session:
            insertion = upsert(session, BOUNCE).values(row).on_conflict_do_nothing()
            if session.execute(insertion.returning(BOUNCE.c.id)).first() is None:
                return False
            if failed:
                _fail(session, bounce, failed)
            if suppress and becomes:
                _suppress(session, suppress, becomes.value, bounce.at)
            if becomes:
                change = update(SUBSCRIBER).where(
                    SUBSCRIBER.c.id == bounce.subscriber_id, SUBSCRIBER.c.status.not_in(_GONE)
                )
                session.execute(change.values(status=becomes.value, next_due_at=None))
        return True

    def soft(self, subscriber_id: int) -> list[Bounce]:
        """Return the soft bounces of a subscriber's present address that still count, oldest first.

        Those up to the one that made us give the address up do not, once it has taken a mail
        since then.
        """
        join = BOUNCE.join(SUBSCRIBER, SUBSCRIBER.c.id == BOUNCE.c.subscriber_id).outerjoin(
            DELIVERY, DELIVERY.c.id == BOUNCE.c.delivery_id
        )
        present = or_(DELIVERY.c.id.is_(None), DELIVERY.c.address == SUBSCRIBER.c.email)
        conditions = (BOUNCE.c.subscriber_id == subscriber_id, BOUNCE.c.kind == "soft", present)
        query = select(BOUNCE).select_from(join).where(*conditions).order_by(BOUNCE.c.at)
        with self._database.reading() as session:
            bounces = [_bounce(row) for row in all_rows(session, query, BounceRow)]
            given_up = max((bounce.at for bounce in bounces if bounce.gave_up), default=None)
            if given_up is not None and _took_mail(session, subscriber_id, given_up):
                bounces = [bounce for bounce in bounces if bounce.at > given_up]
        return bounces

    def of_subscriber(self, subscriber_id: int) -> list[Bounce]:
        """Return all reports about a subscriber, oldest first."""
        query = select(BOUNCE).where(BOUNCE.c.subscriber_id == subscriber_id)
        query = query.order_by(BOUNCE.c.at, BOUNCE.c.id)
        with self._database.reading() as session:
            return [_bounce(row) for row in all_rows(session, query, BounceRow)]

    def latest(self, limit: int) -> list[Bounce]:
        """Return the last reports, newest first."""
        query = select(BOUNCE).order_by(BOUNCE.c.at.desc(), BOUNCE.c.id).limit(limit)
        with self._database.reading() as session:
            return [_bounce(row) for row in all_rows(session, query, BounceRow)]

    def forget(self, before: datetime) -> None:
        """Erase old reports."""
        with self._database.writing() as session:
            session.execute(delete(BOUNCE).where(BOUNCE.c.at < before))


def _suppress(session: Session, address_hash: str, reason: str, at: datetime) -> None:
    values = {"address_hash": address_hash, "reason": reason, "created_at": at}
    added = upsert(session, SUPPRESSION).values(values)
    weighs_more = {"reason": reason, "created_at": at}  # than that somebody once left
    session.execute(added.on_conflict_do_update(index_elements=["address_hash"], set_=weighs_more))


def _fail(session: Session, bounce: Bounce, why: str) -> None:
    step = update(DELIVERY).where(
        DELIVERY.c.id == bounce.delivery_id, DELIVERY.c.state.in_(_HANDED_OVER)
    )
    failed = step.values(state=DeliveryState.FAILED.value, detail=why[:500])
    row = session.execute(failed.returning(DELIVERY.c.digest_id)).first()
    if row is None or row.digest_id is None:
        return
    another = select(DELIVERY.c.id).where(
        DELIVERY.c.digest_id == row.digest_id, DELIVERY.c.id != bounce.delivery_id
    )
    if session.execute(another).first() is None:  # else that one has shown the papers
        release(session, row.digest_id)


def _took_mail(session: Session, subscriber_id: int, since: datetime) -> bool:
    query = select(DELIVERY.c.id).where(
        DELIVERY.c.subscriber_id == subscriber_id,
        DELIVERY.c.state == DeliveryState.SENT.value,
        DELIVERY.c.ended_at > since,
    )
    return session.execute(query.limit(1)).first() is not None


def _bounce(row: BounceRow) -> Bounce:
    return Bounce(**{name: getattr(row, name) for name in BOUNCE.c.keys()})  # noqa: SIM118
