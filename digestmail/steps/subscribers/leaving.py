"""Leaving, whoever presses the button, and the way back.

A link to leave travels with every mail that is forwarded, and scanners of mail press it too. So
all it can do is to end the subscription it was made for; the reader is told by one mail, which
holds a way back.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from digestmail.domain import DeliveryKind, Subscriber, SubscriberStatus
from digestmail.errors import EarlierSubscriptionError, TokenError
from digestmail.mail.address import rate_key
from digestmail.steps.links import Links
from digestmail.store import Counted, Store

UNDO_LIFETIME = timedelta(hours=1)  # of the way back that a page hands to whoever pressed
RETURN_LIFETIME = timedelta(days=30)  # of that in the mail, which only its reader has
STAYS = (SubscriberStatus.ACTIVE, SubscriberStatus.PAUSED)
MAY_LEAVE = (*STAYS, SubscriberStatus.PENDING, SubscriberStatus.UNSUBSCRIBED)
_MAILS_A_WEEK = 2  # more would make a link to leave one to pester by


@dataclass(frozen=True, slots=True)
class Return:
    """What a way back leads to. ``is_open``: whether it can still be taken."""

    subscriber: Subscriber
    is_open: bool


def leaver(store: Store, links: Links, token: str) -> Subscriber | None:
    """Return the subscriber of a link to leave; None when they were erased.

    EarlierSubscriptionError when they have subscribed again since the link was made.
    """
    subscriber_id, serial = links.read_unsubscribe(token)
    subscriber = store.subscribers.get(subscriber_id)
    if subscriber and is_earlier(subscriber, serial):
        raise EarlierSubscriptionError("this link is from an earlier subscription")
    return subscriber


def is_earlier(subscriber: Subscriber, serial: int) -> bool:
    """Return whether a link to leave with ``serial`` is of a subscription before that of now."""
    return subscriber.unsubscribe_serial != serial and subscriber.status in STAYS


def leave(store: Store, subscriber: Subscriber, now: datetime) -> bool:
    """Send no digest any more, from this moment on, and say so in one last mail.

    False for who had left before: leaving twice does no harm.
    """
    subscriber_id, unsubscribed = subscriber.stored_id, SubscriberStatus.UNSUBSCRIBED
    if not store.subscribers.set_status(subscriber_id, unsubscribed, None, among=STAYS):
        store.subscribers.set_status(subscriber_id, unsubscribed, None, among=MAY_LEAVE)
        return False
    confirm_leaving(store, subscriber, now)
    return True


def confirm_leaving(store: Store, subscriber: Subscriber, now: datetime) -> None:
    """Plan the mail that says that its reader has left, unless they had it lately."""
    key = store.salt.hash(Counted.LEFT_MAIL.of(rate_key(subscriber.email)))
    if store.rate_limits.allow(key, _MAILS_A_WEEK, timedelta(days=7), now):
        once = f"left:{subscriber.id}:{subscriber.unsubscribe_serial}"
        store.ledger.plan(DeliveryKind.LEFT, subscriber.stored_id, subscriber.email, once, now)


def way_back(links: Links, subscriber: Subscriber, until: datetime) -> str:
    """Return the link that undoes the leaving of a subscriber, once."""
    return links.way_back(subscriber.stored_id, subscriber.unsubscribe_serial, until)


def read_way_back(store: Store, links: Links, token: str, now: datetime) -> Return:
    """Return where a way back leads; TokenError when it has aged or there is nobody any more."""
    subscriber_id, serial = links.read_way_back(token, now)
    subscriber = store.subscribers.get(subscriber_id)
    if subscriber is None:
        raise TokenError("this link's subscriber no longer exists")
    gone = subscriber.status is SubscriberStatus.UNSUBSCRIBED
    return Return(subscriber, gone and subscriber.unsubscribe_serial == serial)
