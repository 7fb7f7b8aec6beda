"""Fresh links to the preferences by mail, and how often they may be asked for."""

from datetime import datetime, timedelta

from digestmail.domain import DeliveryKind, Subscriber
from digestmail.mail.address import rate_key
from digestmail.steps.subscribers.leaving import STAYS
from digestmail.store import Counted, Store

_MAILS_A_WEEK = 3  # that anybody who knows an address can ask for
_OWN_MAILS_A_DAY = 3  # that only who has a link already can ask for


def mail_link(
    store: Store, email: str, now: datetime, kind: DeliveryKind = DeliveryKind.LINK
) -> bool:
    """Mail a fresh link to an active or paused subscriber, at most a few times a week.

    Anybody may ask for it: one who pesters a reader so keeps them from no link of their own.
    Returns whether the mail is planned; ``kind`` decides where its link leads.
    """
    known = store.subscribers.find(email)
    if known is None or known.status not in STAYS:
        return False
    key = store.salt.hash(Counted.LINK_MAIL.of(rate_key(known.email)))
    is_allowed = store.rate_limits.allow(key, _MAILS_A_WEEK, timedelta(days=7), now)
    if is_allowed:
        _plan(store, known, now, kind)
    return is_allowed


def mail_own_link(store: Store, subscriber: Subscriber, now: datetime) -> None:
    """Mail a fresh link to a subscriber who came by an older one, a few times a day."""
    key = store.salt.hash(Counted.OWN_LINK_MAIL.of(subscriber.stored_id))
    allowed = store.rate_limits.allow(key, _OWN_MAILS_A_DAY, timedelta(days=1), now)
    if allowed and subscriber.status in STAYS:
        _plan(store, subscriber, now)


def _plan(
    store: Store, subscriber: Subscriber, now: datetime, kind: DeliveryKind = DeliveryKind.LINK
) -> None:
    once = f"{kind}:{subscriber.id}:{now.timestamp():.6f}"
    store.ledger.plan(kind, subscriber.stored_id, subscriber.email, once, now)
