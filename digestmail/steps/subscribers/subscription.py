"""Joining, changing and leaving: what the forms, the links and the admin CLI do.

Nobody learns from an answer whether an address is known here.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfoNotFoundError

from digestmail.calendar import local_date, next_slot, slot_on
from digestmail.domain import (
    DeliveryKind,
    Paper,
    Profile,
    Schedule,
    Subscriber,
    SubscriberStatus,
)
from digestmail.errors import InputError, TokenError
from digestmail.i18n import N_, Translatable
from digestmail.mail.address import rate_key
from digestmail.steps.links import Links
from digestmail.steps.subscribers import access, leaving
from digestmail.steps.subscribers.seed_papers import keep_uploads, packed, unpacked
from digestmail.store import Limit, Store

MOST_PROFILES = 20
_A_DAY = timedelta(hours=24)
_CONFIRM_MAILS_EVER = 3  # unanswered ones to a mailbox; then only the operator can add it
LEFT_REASON = "left"
_REFUSED = "refused"  # by who never asked for our mail
REFUSAL_REASONS = {
    SubscriberStatus.UNSUBSCRIBED: LEFT_REASON,  # only they can subscribe again
    SubscriberStatus.BOUNCED: "bounced",
    SubscriberStatus.COMPLAINED: "complained",
}
_USED = "this link was used before; subscribe again to get a new one"
_UNCONFIRMED = (SubscriberStatus.PENDING, SubscriberStatus.UNSUBSCRIBED)
_MAILED = leaving.STAYS


class Confirmation(NamedTuple):
    """What a confirm link leads to. ``is_new``: whether it has confirmed just now."""

    subscriber: Subscriber
    is_new: bool


@dataclass(frozen=True, slots=True)
class SubscriptionService:
    """Where subscribers come and go: the store, and the links whose tokens it honours."""

    store: Store
    links: Links

    def subscribe(
        self,
        email: str,
        profile: Profile,
        schedule: Schedule,
        now: datetime,
        uploads: Sequence[Paper] = (),
        *,
        language: str = "en",
    ) -> None:
        """Take a request from the public form; ``email`` has been checked.

        A new or former subscriber is asked to confirm by mail, at most once a day; one who is
        active already is mailed a link to the preferences instead, and nothing of theirs changes.
        Of several requests the last counts for which a mail could go.
        ``uploads``, papers that only the visitor's file tells of, wait for the confirmation.
        """
        if self.suppressed(email) not in (None, LEFT_REASON):
            return
        known = self.store.subscribers.find(email)
        if known is None:
            try:
                fresh = Subscriber(
                    email=email, language=language, schedule=schedule, profiles=(profile,)
                )
                added = self.store.subscribers.add(fresh, now)
                self.store.uploads.keep(added.stored_id, packed(uploads), now)
                self._ask_to_confirm(added, now)
            except InputError:  # the same request came twice at once; the other is served
                return
        elif known.status in _MAILED:
            self.mail_link(email, now)
        elif known.status in _UNCONFIRMED:
            # A mail that went out confirms what was asked before it; so nobody changes that
            # unseen, and who was a subscriber once keeps all of it until a mail can ask them.
            turn = self._turn(known, now)
            if turn and self._take_over(known, profile, schedule, now):
                self.store.uploads.keep(known.stored_id, packed(uploads), now)
                self._plan_confirm(known, turn, now)

    def _take_over(
        self, known: Subscriber, profile: Profile, schedule: Schedule, now: datetime
    ) -> bool:
        """Make a request that was not confirmed, or comes after leaving, the one that counts.

        False for all other subscribers, of whom nothing is changed.
        """
        subscriber_id = known.stored_id
        if not self.store.subscribers.set_status(
            subscriber_id, SubscriberStatus.PENDING, None, among=_UNCONFIRMED
        ):
            return False
        self.store.subscribers.set_schedule(subscriber_id, schedule, now)
        same = next((p for p in known.profiles if p.name == profile.name), None)
        if same is not None or len(known.profiles) < MOST_PROFILES:
            self.store.subscribers.save_profile(
                replace(profile, id=same.id if same else None, subscriber_id=subscriber_id)
            )
        return True

    def _ask_to_confirm(self, subscriber: Subscriber, now: datetime) -> None:
        """Plan a confirm mail, unless the address has had its share."""
        if turn := self._turn(subscriber, now):
            self._plan_confirm(subscriber, turn, now)

    def _turn(self, subscriber: Subscriber, now: datetime) -> str:
        """Return what names the next confirm mail to an address; empty where none may go."""
        if not self._may_ask(subscriber, now):
            return ""
        subscriber_id = subscriber.stored_id
        serial, mails = self.store.subscribers.next_serial(subscriber_id)
        return f"confirm:{subscriber_id}:{serial}:{mails}" if mails <= _CONFIRM_MAILS_EVER else ""

    def _may_ask(self, subscriber: Subscriber, now: datetime) -> bool:
        """Return whether a mailbox may be asked, in any spelling: once a day, a few times ever."""
        limits = self.confirm_limits(subscriber.email)
        return all(self.store.rate_limits.allow(*limit, now) for limit in limits)

    def confirm_limits(self, email: str) -> tuple[Limit, Limit]:
        """Return how often a mailbox may be asked to confirm: once a day, a few times ever.

        Who confirms starts anew; the count outlives whatever else is forgotten.
        """
        hashed, mailbox = self.store.salt.hash, rate_key(email)
        return (
            Limit(hashed(f"confirm:{mailbox}"), 1, _A_DAY),
            Limit(hashed(f"asked:{mailbox}"), _CONFIRM_MAILS_EVER, None),
        )

    def _plan_confirm(self, subscriber: Subscriber, once: str, now: datetime) -> None:
        subscriber_id = subscriber.stored_id
        self.store.ledger.plan(DeliveryKind.CONFIRM, subscriber_id, subscriber.email, once, now)

    def add(
        self,
        email: str,
        profiles: Sequence[Profile],
        schedule: Schedule,
        now: datetime,
        uploads: Sequence[Paper] = (),
        *,
        active: bool,
    ) -> Subscriber:
        """Add a subscriber for the operator: ``active`` at once, or asked to confirm."""
        self._refuse_suppressed(email)
        fresh = Subscriber(email=email, schedule=schedule, profiles=tuple(profiles))
        if active:
            due = next_slot(schedule, now).at
            fresh = replace(
                fresh, status=SubscriberStatus.ACTIVE, confirmed_at=now, next_due_at=due
            )
        added = self.store.subscribers.add(fresh, now)
        keep_uploads(self.store, added.stored_id, uploads, now)
        if not active:
            self._ask_to_confirm(added, now)
        return added

    def pending(self, token: str, now: datetime) -> Subscriber:
        """Return the subscriber a confirm link is for; TokenError when it is used up or aged."""
        subscriber_id, serial = self.links.read_confirm(token, now)
        subscriber = self._existing(subscriber_id)
        used = self.store.subscribers.serial(subscriber_id) != serial
        if used and subscriber.status not in _MAILED:
            raise TokenError(_USED)
        return subscriber

    def confirm(self, token: str, now: datetime) -> Confirmation:
        """Make the subscriber of a confirm link active, once; pressing twice does no harm."""
        subscriber_id, serial = self.links.read_confirm(token, now)
        subscriber = self._existing(subscriber_id)
        due = next_slot(subscriber.schedule, now).at
        confirmed = self.store.subscribers.confirm(subscriber_id, serial, now, due)
        subscriber = self._existing(subscriber_id)
        if not confirmed and subscriber.status not in _MAILED:
            raise TokenError(_USED)
        if confirmed:
            self.store.suppressions.lift(self.store.salt.address_hash(subscriber.email))
            self.store.rate_limits.reset(self.confirm_limits(subscriber.email)[1].key)
            waiting = unpacked(self.store.uploads.take(subscriber_id))
            keep_uploads(self.store, subscriber_id, waiting, now)
        return Confirmation(subscriber, confirmed)

    def _existing(self, subscriber_id: int) -> Subscriber:
        subscriber = self.store.subscribers.get(subscriber_id)
        if subscriber is None:
            raise TokenError("this link belongs to no subscriber any more")
        return subscriber

    def mail_link(self, email: str, now: datetime) -> None:
        """Mail a fresh link to whoever has an address; see ``steps.access.mail_link``."""
        access.mail_link(self.store, email, now)

    def owner(self, token: str, now: datetime) -> Subscriber:
        """Return the subscriber of a preferences link; TokenError when it has aged or they left."""
        subscriber = self._existing(self.links.read_preferences(token, now))
        came_back = subscriber.status is SubscriberStatus.PENDING and subscriber.confirmed_at
        if subscriber.status not in (*_MAILED, SubscriberStatus.UNSUBSCRIBED) and not came_back:
            raise TokenError("this link belongs to no subscriber any more")
        return subscriber

    def leaver(self, token: str) -> Subscriber | None:
        """Return the subscriber of an unsubscribe link; see ``steps.leaving.leaver``."""
        return leaving.leaver(self.store, self.links, token)

    def refuse(self, token: str, now: datetime) -> None:
        """Never mail an address again, in any spelling: its owner asked for none of this.

        What was asked in their name is erased. TokenError when the link is none of ours.
        """
        subscriber = self.refuser(token)
        if subscriber is None:
            return
        for address in {subscriber.email, rate_key(subscriber.email)}:
            self.store.suppressions.add(self.store.salt.address_hash(address), _REFUSED, now)
        if subscriber.confirmed_at is None:
            self._remove(subscriber)
        else:
            self.leave(subscriber)

    def refuser(self, token: str) -> Subscriber | None:
        """Return the subscriber of a link to refuse all mail; None when they were erased."""
        return self.store.subscribers.get(self.links.read_never(token))

    def reschedule(self, subscriber: Subscriber, schedule: Schedule, now: datetime) -> None:
        """Change when the digest comes."""
        due = self._next_due(subscriber, schedule, now)
        self.store.subscribers.set_schedule(subscriber.stored_id, schedule, due)

    def pause(self, subscriber: Subscriber, until: date | None = None) -> None:
        """Send nothing until resumed, or until a date of theirs; see ``steps.pauses``."""
        self._become(subscriber, SubscriberStatus.PAUSED, None, _MAILED, resume_on=until)

    def resume(self, subscriber: Subscriber, now: datetime) -> None:
        """Go on after a pause. InputError for somebody who left: only they can come back."""
        due = self._next_due(subscriber, subscriber.schedule, now)
        self._become(subscriber, SubscriberStatus.ACTIVE, due, _MAILED)

    def come_back(self, subscriber: Subscriber, now: datetime) -> None:
        """Go on after a pause or after leaving, from one's own preferences page.

        InputError for an address that must not be mailed any more.
        """
        self._refuse_suppressed(subscriber.email)
        due = self._next_due(subscriber, subscriber.schedule, now)
        among = [*_MAILED, SubscriberStatus.UNSUBSCRIBED]
        if subscriber.confirmed_at:  # left, asked to join again, and came here instead
            among.append(SubscriberStatus.PENDING)
        if not self.store.subscribers.come_back(subscriber.stored_id, due, among=among):
            raise _cannot(subscriber, SubscriberStatus.ACTIVE)

    def take_way_back(self, token: str, now: datetime) -> Subscriber:
        """Undo what a link to leave has done; pressing twice does no harm.

        TokenError, or InputError for an address that must not be mailed any more.
        """
        back = leaving.read_way_back(self.store, self.links, token, now)
        subscriber = back.subscriber
        if back.is_open:
            self._refuse_suppressed(subscriber.email)
            self.store.subscribers.come_back(
                subscriber.stored_id,
                self._next_due(subscriber, subscriber.schedule, now),
                among=(SubscriberStatus.UNSUBSCRIBED,),
                serial=subscriber.unsubscribe_serial,
            )
        return self._existing(subscriber.stored_id)

    def lift(self, subscriber: Subscriber, now: datetime) -> None:
        """Mail a bounced address again, because the operator knows better."""
        self.store.suppressions.lift(self.store.salt.address_hash(subscriber.email))
        due = self._next_due(subscriber, subscriber.schedule, now)
        self._become(subscriber, SubscriberStatus.ACTIVE, due, (SubscriberStatus.BOUNCED,))

    def change_email(self, subscriber: Subscriber, email: str) -> None:
        """Change an address. InputError when it is taken or must not be mailed."""
        self._refuse_suppressed(email)
        self.store.subscribers.set_email(subscriber.stored_id, email)

    def erase(self, subscriber: Subscriber, now: datetime) -> None:
        """Forget a subscriber; of one who refused our mail the address's hash is kept."""
        reason = REFUSAL_REASONS.get(subscriber.status)
        if reason:
            self.store.suppressions.add(self.store.salt.address_hash(subscriber.email), reason, now)
        self._remove(subscriber)

    def _remove(self, subscriber: Subscriber) -> None:
        subscriber_id = subscriber.stored_id
        self.store.subscribers.remove(subscriber_id)
        self.store.uploads.take(subscriber_id)
        self.store.uploads.drop(subscriber_id)

    def leave(self, subscriber: Subscriber) -> None:
        """Send nothing any more, from this moment on. Leaving twice does no harm.

        Who left by a link is told so by mail: see ``steps.leaving.leave``.
        """
        self.store.subscribers.set_status(
            subscriber.stored_id, SubscriberStatus.UNSUBSCRIBED, None, among=leaving.MAY_LEAVE
        )

    def _become(
        self,
        subscriber: Subscriber,
        status: SubscriberStatus,
        due: datetime | None,
        among: Collection[SubscriberStatus],
        resume_on: date | None = None,
    ) -> None:
        if not self.store.subscribers.set_status(
            subscriber.stored_id, status, due, among=among, resume_on=resume_on
        ):
            raise _cannot(subscriber, status)

    def save_profile(self, subscriber: Subscriber, profile: Profile) -> int:
        """Store a new or changed profile of a subscriber; returns its id."""
        if profile.id is None and len(subscriber.profiles) >= MOST_PROFILES:
            most = N_("there are %(most)s profiles already, the most")
            raise InputError("name", Translatable(most, most=MOST_PROFILES))
        return self.store.subscribers.save_profile(replace(profile, subscriber_id=subscriber.id))

    def suppressed(self, email: str) -> str | None:
        """Return why an address must not be mailed; None when it may."""
        return self.suppressed_among([email]).get(email)

    def suppressed_among(self, emails: Collection[str]) -> dict[str, str]:
        """Return why those of some addresses that must not be mailed must not be."""
        address_hash = self.store.salt.address_hash
        addresses = {email: address_hash(email) for email in emails}
        mailboxes = {email: address_hash(rate_key(email)) for email in emails}
        reasons = self.store.imports.suppressed({*addresses.values(), *mailboxes.values()})
        refused = {
            e: _REFUSED for e, hashed in mailboxes.items() if reasons.get(hashed) == _REFUSED
        }
        return refused | {
            e: reasons[hashed] for e, hashed in addresses.items() if hashed in reasons
        }

    def _refuse_suppressed(self, email: str) -> None:
        if reason := self.suppressed(email):
            raise InputError("email", f"{email} must not be mailed again ({reason})")

    def _next_due(self, subscriber: Subscriber, schedule: Schedule, now: datetime) -> datetime:
        """Return the next slot of a date without a digest; one that is due stays due."""
        due = subscriber.next_due_at
        if due is not None and due <= now:
            return _still_due(subscriber.schedule, schedule, due)
        slot = next_slot(schedule, now)
        prepared = self.store.digests.dates([subscriber.stored_id], slot.date)
        while (subscriber.id, slot.date) in prepared:
            slot = next_slot(schedule, slot.at)
        return slot.at

    def bounce(self, subscriber: Subscriber, now: datetime) -> None:
        """Stop mailing an address that does not exist, and remember it."""
        self.store.suppressions.add(self.store.salt.address_hash(subscriber.email), "bounced", now)
        # Who complained or left meanwhile stays so.
        among = (SubscriberStatus.PENDING, *_MAILED)
        bounced = SubscriberStatus.BOUNCED
        self.store.subscribers.set_status(subscriber.stored_id, bounced, None, among=among)


def _still_due(before: Schedule, after: Schedule, due: datetime) -> datetime:
    """Return when a digest that waits is due once its schedule has changed; it keeps its date."""
    try:
        day = local_date(before, due)
    except (ZoneInfoNotFoundError, ValueError):  # what could not be read has no date
        return due
    slot = slot_on(after, day)
    return slot.at if slot.at > due or local_date(after, due) != day else due


def _cannot(subscriber: Subscriber, status: SubscriberStatus) -> InputError:
    text = f"{subscriber.email} is {subscriber.status} and cannot be made {status}"
    return InputError("status", text)
