"""Joining, changing and leaving: what the forms, the links and the admin CLI do.

Nobody learns from an answer whether an address is known here.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import NamedTuple

from digestmail.calendar import next_slot
from digestmail.domain import (
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
from digestmail.steps.subscribers import access, leaving, submitted_profile
from digestmail.steps.subscribers.confirmation import (
    ask_to_confirm,
    confirm_limits,
    next_turn,
    plan_confirm_mail,
)
from digestmail.steps.subscribers.schedule import due_after_confirming, next_due
from digestmail.steps.subscribers.seed_papers import keep_uploads, packed, unpacked
from digestmail.steps.subscribers.suppression import (
    LEFT_REASON,
    REFUSAL_REASONS,
    REFUSED_REASON,
    refuse_suppressed,
    suppression_reasons,
)
from digestmail.store import Store

MOST_PROFILES = 20
_USED = "this link was already used; subscribe again to get a new one"
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

        A new or former subscriber is asked to confirm by email, at most once a day; one who is
        active already is mailed a link to the preferences instead, or to a page that offers the
        profile as another one, and nothing of theirs changes.
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
                self.store.pending_uploads.keep(added.stored_id, packed(uploads), now)
                ask_to_confirm(self.store, added, now)
            except InputError:  # the same request came twice at once; the other is served
                return
        elif known.status in _MAILED:
            submitted_profile.offer(self.store, known, profile, uploads, now)
        elif known.status in _UNCONFIRMED:
            # A mail that went out confirms what was asked before it; so nobody changes that
            # unseen, and who was a subscriber once keeps all of it until a mail can ask them.
            turn = next_turn(self.store, known, now)
            if turn and self._take_over(known, profile, schedule, now):
                self.store.subscribers.set_language(known.stored_id, language)
                self.store.pending_uploads.keep(known.stored_id, packed(uploads), now)
                plan_confirm_mail(self.store, known, turn, now)

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
        same = _replaced(known, profile)
        if same is not None or len(known.profiles) < MOST_PROFILES:
            self.store.subscribers.save_profile(
                replace(profile, id=same.id if same else None, subscriber_id=subscriber_id)
            )
        return True

    def add(
        self,
        email: str,
        profiles: Sequence[Profile],
        schedule: Schedule,
        now: datetime,
        uploads: Sequence[Paper] = (),
        *,
        active: bool,
        language: str = "en",
    ) -> Subscriber:
        """Add a subscriber for the operator: ``active`` at once, or asked to confirm."""
        refuse_suppressed(self.store, email)
        fresh = Subscriber(
            email=email, language=language, schedule=schedule, profiles=tuple(profiles)
        )
        if active:
            due = next_slot(schedule, now).at
            fresh = replace(
                fresh, status=SubscriberStatus.ACTIVE, confirmed_at=now, next_due_at=due
            )
        added = self.store.subscribers.add(fresh, now)
        keep_uploads(self.store, added.stored_id, uploads, now)
        if not active:
            ask_to_confirm(self.store, added, now)
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
        """Make the subscriber of a confirm link active, once; pressing twice does no harm.

        Their first digest is due at once.
        """
        subscriber_id, serial = self.links.read_confirm(token, now)
        subscriber = self._existing(subscriber_id)
        due, is_first = due_after_confirming(self.store, subscriber, now)
        confirmed = self.store.subscribers.confirm(
            subscriber_id, serial, now, due, awaits_first_digest=is_first
        )
        subscriber = self._existing(subscriber_id)
        if not confirmed and subscriber.status not in _MAILED:
            raise TokenError(_USED)
        if confirmed:
            self.store.suppressions.lift(self.store.salt.address_hash(subscriber.email))
            self.store.rate_limits.reset(confirm_limits(self.store, subscriber.email)[1].key)
            waiting = unpacked(self.store.pending_uploads.take(subscriber_id))
            keep_uploads(self.store, subscriber_id, waiting, now)
        return Confirmation(subscriber, confirmed)

    def _existing(self, subscriber_id: int) -> Subscriber:
        subscriber = self.store.subscribers.get(subscriber_id)
        if subscriber is None:
            raise TokenError("this link's subscriber no longer exists")
        return subscriber

    def mail_link(self, email: str, now: datetime) -> None:
        """Mail a fresh link to whoever has an address; see ``access.mail_link``."""
        access.mail_link(self.store, email, now)

    def owner(self, token: str, now: datetime) -> Subscriber:
        """Return the subscriber of a preferences link; TokenError when it has aged or they left."""
        subscriber = self._existing(self.links.read_preferences(token, now))
        came_back = subscriber.status is SubscriberStatus.PENDING and subscriber.confirmed_at
        if subscriber.status not in (*_MAILED, SubscriberStatus.UNSUBSCRIBED) and not came_back:
            raise TokenError("this link's subscriber no longer exists")
        return subscriber

    def leaver(self, token: str) -> Subscriber | None:
        """Return the subscriber of an unsubscribe link; see ``leaving.leaver``."""
        return leaving.leaver(self.store, self.links, token)

    def refuse(self, token: str, now: datetime) -> None:
        """Never mail an address again, in any spelling: its owner asked for none of this.

        What was asked in their name is erased. TokenError when the link is none of ours.
        """
        subscriber = self.refuser(token)
        if subscriber is None:
            return
        for address in {subscriber.email, rate_key(subscriber.email)}:
            self.store.suppressions.add(self.store.salt.address_hash(address), REFUSED_REASON, now)
        if subscriber.confirmed_at is None:
            self._remove(subscriber)
        else:
            self.leave(subscriber)

    def refuser(self, token: str) -> Subscriber | None:
        """Return the subscriber of a link to refuse all mail; None when they were erased."""
        return self.store.subscribers.get(self.links.read_never(token))

    def reschedule(self, subscriber: Subscriber, schedule: Schedule, now: datetime) -> None:
        """Change when the digest comes."""
        due = next_due(self.store, subscriber, schedule, now)
        self.store.subscribers.set_schedule(subscriber.stored_id, schedule, due)

    def pause(self, subscriber: Subscriber, until: date | None = None) -> None:
        """Send nothing until resumed, or until a date of theirs; see ``pauses``."""
        self._become(subscriber, SubscriberStatus.PAUSED, None, _MAILED, resume_on=until)

    def resume(self, subscriber: Subscriber, now: datetime) -> None:
        """Go on after a pause. InputError for somebody who left: only they can come back."""
        due = next_due(self.store, subscriber, subscriber.schedule, now)
        self._become(subscriber, SubscriberStatus.ACTIVE, due, _MAILED)

    def come_back(self, subscriber: Subscriber, now: datetime) -> None:
        """Go on after a pause or after leaving, from one's own preferences page.

        InputError for an address that must not be mailed any more.
        """
        refuse_suppressed(self.store, subscriber.email)
        due = next_due(self.store, subscriber, subscriber.schedule, now)
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
            refuse_suppressed(self.store, subscriber.email)
            self.store.subscribers.come_back(
                subscriber.stored_id,
                next_due(self.store, subscriber, subscriber.schedule, now),
                among=(SubscriberStatus.UNSUBSCRIBED,),
                serial=subscriber.unsubscribe_serial,
            )
        return self._existing(subscriber.stored_id)

    def lift(self, subscriber: Subscriber, now: datetime) -> None:
        """Mail a bounced address again, because the operator knows better."""
        self.store.suppressions.lift(self.store.salt.address_hash(subscriber.email))
        due = next_due(self.store, subscriber, subscriber.schedule, now)
        self._become(subscriber, SubscriberStatus.ACTIVE, due, (SubscriberStatus.BOUNCED,))

    def change_email(self, subscriber: Subscriber, email: str) -> None:
        """Change an address. InputError when it is taken or must not be mailed."""
        refuse_suppressed(self.store, email)
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
        self.store.pending_uploads.take(subscriber_id)
        self.store.pending_profiles.take(subscriber_id)
        self.store.uploads.drop(subscriber_id)

    def leave(self, subscriber: Subscriber) -> None:
        """Send nothing any more, from this moment on. Leaving twice does no harm.

        Who left by a link is told so by mail: see ``leaving.leave``.
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
        if profile.id is None:
            self._check_room(subscriber)
        return self.store.subscribers.save_profile(replace(profile, subscriber_id=subscriber.id))

    def _check_room(self, subscriber: Subscriber) -> None:
        if len(subscriber.profiles) >= MOST_PROFILES:
            most = N_("you already have %(most)s profiles, which is the limit")
            raise InputError("name", Translatable(most, most=MOST_PROFILES))

    def add_submitted(self, subscriber: Subscriber, now: datetime) -> bool:
        """Add the profile that waits for a subscriber; return whether there was one.

        InputError where they have as many profiles as they may.
        """
        self._check_room(subscriber)
        submitted = submitted_profile.take(self.store, subscriber)
        if submitted is None:
            return False
        self.save_profile(subscriber, submitted.profile)
        keep_uploads(self.store, subscriber.stored_id, submitted.uploads, now)
        return True

    def suppressed(self, email: str) -> str | None:
        """Return why an address must not be mailed; None when it may."""
        return self.suppressed_among([email]).get(email)

    def suppressed_among(self, emails: Collection[str]) -> dict[str, str]:
        """Return by address why some of the addresses must not be mailed."""
        return suppression_reasons(self.store, emails)

    def bounce(self, subscriber: Subscriber, now: datetime) -> None:
        """Stop mailing an address that does not exist, and remember it."""
        self.store.suppressions.add(self.store.salt.address_hash(subscriber.email), "bounced", now)
        # Who complained or left meanwhile stays so.
        among = (SubscriberStatus.PENDING, *_MAILED)
        bounced = SubscriberStatus.BOUNCED
        self.store.subscribers.set_status(subscriber.stored_id, bounced, None, among=among)


def _replaced(known: Subscriber, profile: Profile) -> Profile | None:
    """Return the profile in whose place a new request puts its own; None if it adds one.

    It is the one of the same name. The trending digest and a personal one have different names: of
    who never confirmed the later one counts.
    """
    for before in known.profiles:
        if before.name == profile.name:
            return before
    if known.confirmed_at is None and len(known.profiles) == 1:
        (before,) = known.profiles
        if before.is_trending_only or profile.is_trending_only:
            return before
    return None


def _cannot(subscriber: Subscriber, status: SubscriberStatus) -> InputError:
    text = f"{subscriber.email} is {subscriber.status} and cannot be made {status}"
    return InputError("status", text)
