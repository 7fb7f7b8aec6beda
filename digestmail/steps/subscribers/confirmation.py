"""Confirm mails: who is asked, and how often."""

from datetime import datetime, timedelta

from digestmail.domain import DeliveryKind, Subscriber
from digestmail.mail.address import rate_key
from digestmail.store import Counted, Limit, Store

_DAY = timedelta(hours=24)
_MAX_MAILS = 3  # unanswered ones to a mailbox; then only the operator can add it


def confirm_limits(store: Store, email: str) -> tuple[Limit, Limit]:
    """Return how often a mailbox may be asked to confirm: once a day, a few times ever.

    Who confirms starts anew; the count outlives whatever else is forgotten.
    """
    mailbox = rate_key(email)
    return (
        Limit(store.salt.hash(Counted.CONFIRM_MAIL.of(mailbox)), 1, _DAY),
        Limit(store.salt.hash(Counted.CONFIRM_MAIL_EVER.of(mailbox)), _MAX_MAILS, None),
    )


def next_turn(store: Store, subscriber: Subscriber, now: datetime) -> str:
    """Return the ledger's name of the next confirm mail; empty if the mailbox had its share.

    The limits hold for a mailbox however it is spelled.
    """
    limits = confirm_limits(store, subscriber.email)
    if not all(store.rate_limits.allow(*limit, now) for limit in limits):
        return ""
    serial, mails = store.subscribers.next_serial(subscriber.stored_id)
    return f"confirm:{subscriber.stored_id}:{serial}:{mails}" if mails <= _MAX_MAILS else ""


def plan_confirm_mail(store: Store, subscriber: Subscriber, turn: str, now: datetime) -> None:
    """Plan the confirm mail of a turn, once."""
    store.ledger.plan(DeliveryKind.CONFIRM, subscriber.stored_id, subscriber.email, turn, now)


def ask_to_confirm(store: Store, subscriber: Subscriber, now: datetime) -> None:
    """Plan a confirm mail, unless the mailbox had its share."""
    if turn := next_turn(store, subscriber, now):
        plan_confirm_mail(store, subscriber, turn, now)
