"""Addresses that must not be mailed, and why."""

from collections.abc import Collection
from datetime import datetime

from digestmail.domain import SubscriberStatus
from digestmail.errors import InputError
from digestmail.mail.address import rate_key
from digestmail.store import Store

LEFT_REASON = "left"
REFUSED_REASON = "refused"  # by who never asked for our mail; counts in every spelling
REFUSAL_REASONS = {
    SubscriberStatus.UNSUBSCRIBED: LEFT_REASON,  # only they can subscribe again
    SubscriberStatus.BOUNCED: "bounced",
    SubscriberStatus.COMPLAINED: "complained",
}
_BY_OPERATOR = (SubscriberStatus.BOUNCED, SubscriberStatus.COMPLAINED)
_MAILED = (SubscriberStatus.PENDING, SubscriberStatus.ACTIVE, SubscriberStatus.PAUSED)


def suppression_reasons(store: Store, emails: Collection[str]) -> dict[str, str]:
    """Return by address why some of the addresses must not be mailed."""
    address_hash = store.salt.address_hash
    addresses = {email: address_hash(email) for email in emails}
    mailboxes = {email: address_hash(rate_key(email)) for email in emails}
    reasons = store.imports.suppressed({*addresses.values(), *mailboxes.values()})
    refused = {
        email: REFUSED_REASON
        for email, hashed in mailboxes.items()
        if reasons.get(hashed) == REFUSED_REASON
    }
    hashes = {email: hashed for email, hashed in addresses.items() if hashed in reasons}
    return refused | {email: reasons[hashed] for email, hashed in hashes.items()}


def refuse_suppressed(store: Store, email: str) -> None:
    """Raise InputError for an address that must not be mailed."""
    if reason := suppression_reasons(store, [email]).get(email):
        raise InputError("email", f"{email} must not be mailed again ({reason})")


def suppress(store: Store, email: str, reason: SubscriberStatus, now: datetime) -> None:
    """Never mail a checked address again, by the operator's word: ``bounced`` or ``complained``.

    A subscriber of that address becomes so.
    """
    address_hash = store.salt.address_hash(email)
    store.suppressions.lift(address_hash)  # who left may have come back, and shall not
    store.suppressions.add(address_hash, reason.value, now)
    known = store.subscribers.find(email)
    if known is not None:
        store.subscribers.set_status(known.stored_id, reason, None)


def unsuppress(store: Store, email: str) -> None:
    """Let an address be subscribed again; InputError when it was not suppressed.

    A subscriber of that address counts as one who left: it is theirs to come back.
    """
    address_hash = store.salt.address_hash(email)
    if store.suppressions.reason(address_hash) is None:
        raise InputError("email", f"{email} is not suppressed")
    store.suppressions.lift(address_hash)
    known = store.subscribers.find(email)
    if known is not None:
        unsubscribed = SubscriberStatus.UNSUBSCRIBED
        store.subscribers.set_status(known.stored_id, unsubscribed, None, among=_BY_OPERATOR)


def suppressions(store: Store) -> list[tuple[str, str, datetime]]:
    """Return all suppressions as (address or start of its hash, reason, since), the newest first.

    The address is known only of those who are subscribers still.
    """
    names = {
        store.salt.address_hash(subscriber.email): subscriber.email
        for status in SubscriberStatus
        if status not in _MAILED
        for subscriber in store.subscribers.all(status)
    }
    return [
        (names.get(hashed, f"#{hashed[:12]}"), reason, since)
        for hashed, reason, since in store.suppressions.all()
    ]
