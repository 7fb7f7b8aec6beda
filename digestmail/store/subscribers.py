"""Subscribers and their profiles."""

from collections.abc import Callable, Collection
from datetime import date, datetime

from sqlalchemy import (
    ColumnElement,
    Text,
    bindparam,
    case,
    cast,
    delete,
    func,
    insert,
    select,
    update,
)
from sqlalchemy.exc import IntegrityError

from digestmail.addresses import ascii_address
from digestmail.domain import (
    Profile,
    Recipient,
    Schedule,
    Subscriber,
    SubscriberStatus,
)
from digestmail.errors import InputError, NotFoundError
from digestmail.i18n import N_, Translatable
from digestmail.store.database import Database
from digestmail.store.sql import MOST_VALUES, all_rows, chunks, first_row
from digestmail.store.subscriber_rows import (
    insert_profile,
    profile_of,
    profile_row,
    profiles_of,
    recipient_of,
    schedule_row,
    subscriber_of,
    subscriber_row,
)
from digestmail.store.tables import PROFILE, SUBSCRIBER, ProfileRow, SubscriberRow

_RECIPIENTS = select(
    *(SUBSCRIBER.c[name] for name in ("id", "email", "status", "confirmed_at", "weekdays")),
    func.coalesce(
        select(func.min(PROFILE.c.max_papers))
        .where(PROFILE.c.subscriber_id == SUBSCRIBER.c.id)
        .scalar_subquery(),
        1,
    ),
    SUBSCRIBER.c.unsubscribe_serial,
    SUBSCRIBER.c.language,
    SUBSCRIBER.c.layout,
).where(SUBSCRIBER.c.id.in_(bindparam("ids", expanding=True)))


_MAILED = (SubscriberStatus.ACTIVE.value, SubscriberStatus.PAUSED.value)


class Subscribers:
    """Everyone who ever asked for the digest and was not erased."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, subscriber: Subscriber, now: datetime) -> Subscriber:
        """Store a new subscriber with their profiles. InputError when the address is known."""
        try:
            with self._database.writing() as session:
                row = subscriber_row(subscriber) | {
                    "created_at": now,
                    "confirm_serial": 0,
                    "unconfirmed": 0,
                }
                added = insert(SUBSCRIBER).values(row).returning(SUBSCRIBER.c.id)
                new_id: int = session.execute(added).scalar_one()
                for profile in subscriber.profiles:
                    insert_profile(session, new_id, profile)
        except IntegrityError:
            raise InputError("email", f"{subscriber.email} is already a subscriber") from None
        return self._select(SUBSCRIBER.c.id == new_id)[0]

    def get(self, subscriber_id: int) -> Subscriber | None:
        """Return the subscriber of an id, if there is any."""
        return next(iter(self._select(SUBSCRIBER.c.id == subscriber_id)), None)

    def recipients(self, subscriber_ids: Collection[int]) -> dict[int, Recipient]:
        """Return the subscribers of these ids as mails know them, by id, without those erased."""
        recipients: dict[int, Recipient] = {}
        with self._database.reading() as session:
            for chunk in chunks(sorted(subscriber_ids), MOST_VALUES):
                for row in session.execute(_RECIPIENTS, {"ids": chunk}):
                    recipients[row.id] = recipient_of(*row)
        return recipients

    def find(self, email: str) -> Subscriber | None:
        """Return the subscriber of an address, however its domain is written, if any."""
        return next(iter(self._select(SUBSCRIBER.c.email == ascii_address(email))), None)

    def by_email(self, email: str) -> Subscriber:
        """Return the subscriber of an address, or raise NotFoundError."""
        subscriber = self.find(email)
        if subscriber is None:
            raise NotFoundError(f"{email!r} is not a subscriber")
        return subscriber

    def all(self, status: SubscriberStatus | None = None) -> list[Subscriber]:
        """Return all subscribers, or those of one status, by address."""
        subscribers = self._select(*([SUBSCRIBER.c.status == status.value] if status else []))
        return sorted(subscribers, key=lambda subscriber: subscriber.email)

    def count(self) -> dict[SubscriberStatus, int]:
        """Return how many subscribers have each status, in the order of statuses, without zeros."""
        query = select(SUBSCRIBER.c.status, func.count()).group_by(SUBSCRIBER.c.status)
        with self._database.reading() as session:
            counted = dict(session.execute(query).all())
        return {status: counted[status] for status in SubscriberStatus if status in counted}

    def active(
        self,
        *,
        after: int,
        limit: int,
        due: datetime | None = None,
        share: tuple[int, int] = (0, 1),
    ) -> list[Subscriber]:
        """Return active subscribers with ids above ``after``; with ``due``, those due by then.

        ``share``: only ids that leave the first number when divided by the second.
        """
        conditions = [SUBSCRIBER.c.status == SubscriberStatus.ACTIVE.value, SUBSCRIBER.c.id > after]
        if share[1] > 1:
            conditions.append(SUBSCRIBER.c.id % share[1] == share[0])
        if due is not None:
            conditions.append(SUBSCRIBER.c.next_due_at <= due)
        return self._select(*conditions, limit=limit)

    def count_due(self, due: datetime | None) -> int:
        """Return how many active subscribers are due by an instant; without one, how many are."""
        conditions = [SUBSCRIBER.c.status == SubscriberStatus.ACTIVE.value]
        if due is not None:
            conditions.append(SUBSCRIBER.c.next_due_at <= due)
        with self._database.reading() as session:
            query = select(func.count()).select_from(SUBSCRIBER).where(*conditions)
            count: int = session.execute(query).scalar_one()
            return count

    def next_due(self) -> datetime | None:
        """Return when the first digest of any active subscriber is due."""
        active = SUBSCRIBER.c.status == SubscriberStatus.ACTIVE.value
        with self._database.reading() as session:
            query = select(func.min(SUBSCRIBER.c.next_due_at)).where(active)
            soonest: datetime | None = session.execute(query).scalar()
            return soonest

    def set_status(
        self,
        subscriber_id: int,
        status: SubscriberStatus,
        due: datetime | None,
        *,
        among: Collection[SubscriberStatus] = tuple(SubscriberStatus),
        resume_on: date | None = None,
    ) -> bool:
        """Change a status, if it is ``among`` these, and when the next digest is due.

        ``resume_on``: until when a pause lasts; an earlier one's end is forgotten.
        """
        change = update(SUBSCRIBER).where(
            SUBSCRIBER.c.id == subscriber_id, SUBSCRIBER.c.status.in_(_values(among))
        )
        values = {"status": status.value, "next_due_at": due, "resume_on": resume_on}
        changed = change.values(values).returning(SUBSCRIBER.c.id)
        with self._database.writing() as session:
            return session.execute(changed).first() is not None

    def come_back(
        self,
        subscriber_id: int,
        due: datetime,
        *,
        among: Collection[SubscriberStatus],
        serial: int | None = None,
    ) -> bool:
        """Make a subscriber active who is ``among`` these; False when they are not.

        For who had left it is a new subscription, which the links to leave of the one before do
        not end. ``serial``: whose links these have to be still.
        """
        had_left = SUBSCRIBER.c.status.not_in(_MAILED)
        conditions = [SUBSCRIBER.c.id == subscriber_id, SUBSCRIBER.c.status.in_(_values(among))]
        if serial is not None:
            conditions.append(SUBSCRIBER.c.unsubscribe_serial == serial)
        changed = update(SUBSCRIBER).where(*conditions)
        changed = changed.values(
            status=SubscriberStatus.ACTIVE.value,
            next_due_at=due,
            resume_on=None,
            unsubscribe_serial=SUBSCRIBER.c.unsubscribe_serial + case((had_left, 1), else_=0),
        )
        with self._database.writing() as session:
            return session.execute(changed.returning(SUBSCRIBER.c.id)).first() is not None

    def paused_until(self, last: date) -> list[Subscriber]:
        """Return those whose pause ends on ``last`` or before."""
        paused = SUBSCRIBER.c.status == SubscriberStatus.PAUSED.value
        return self._select(paused, SUBSCRIBER.c.resume_on <= last)

    def end_pause(self, subscriber: Subscriber, due: datetime) -> bool:
        """Make a paused subscriber active, unless they changed the pause since they were read."""
        change = update(SUBSCRIBER).where(
            SUBSCRIBER.c.id == subscriber.id,
            SUBSCRIBER.c.status == SubscriberStatus.PAUSED.value,
            SUBSCRIBER.c.resume_on == subscriber.resume_on,
        )
        values = {"status": SubscriberStatus.ACTIVE.value, "next_due_at": due, "resume_on": None}
        with self._database.writing() as session:
            changed = session.execute(change.values(values).returning(SUBSCRIBER.c.id))
            return changed.first() is not None

    def set_schedule(self, subscriber_id: int, schedule: Schedule, due: datetime) -> None:
        """Change when the digest comes; ``due`` counts for an active subscriber only."""
        active = SUBSCRIBER.c.status == SubscriberStatus.ACTIVE.value
        change = update(SUBSCRIBER).where(SUBSCRIBER.c.id == subscriber_id)
        values = schedule_row(schedule) | {"next_due_at": case((active, due), else_=None)}
        with self._database.writing() as session:
            session.execute(change.values(values))

    def set_email(self, subscriber_id: int, email: str) -> None:
        """Change an address. InputError when another subscriber has it."""
        change = update(SUBSCRIBER).where(SUBSCRIBER.c.id == subscriber_id)
        try:
            with self._database.writing() as session:
                session.execute(change.values(email=email))
        except IntegrityError:
            raise InputError("email", f"{email} is already a subscriber") from None

    def set_language(self, subscriber_id: int, language: str) -> None:
        """Change the language of a subscriber's pages."""
        change = update(SUBSCRIBER).where(SUBSCRIBER.c.id == subscriber_id)
        with self._database.writing() as session:
            session.execute(change.values(language=language))

    def remove(self, subscriber_id: int) -> None:
        """Erase a subscriber with everything known of them."""
        with self._database.writing() as session:
            session.execute(delete(SUBSCRIBER).where(SUBSCRIBER.c.id == subscriber_id))

    def seed_papers(self) -> set[str]:
        """Return the keys of all seed papers, without those of the unconfirmed."""
        has_seeds = cast(PROFILE.c.seed_papers, Text) != "[]"
        query = select(PROFILE.c.seed_papers).join(SUBSCRIBER).where(has_seeds)
        confirmed = SUBSCRIBER.c.status != SubscriberStatus.PENDING.value
        with self._database.reading() as session:
            lists = session.execute(query.where(confirmed)).scalars()
            return {key for keys in lists for key in keys}

    def forget_unconfirmed(self, before: datetime) -> int:
        """Erase those who asked before an instant and never confirmed; return how many."""
        old = delete(SUBSCRIBER).where(
            SUBSCRIBER.c.status == SubscriberStatus.PENDING.value,
            SUBSCRIBER.c.confirmed_at.is_(None),
            SUBSCRIBER.c.created_at < before,
        )
        with self._database.writing() as session:
            return len(session.execute(old.returning(SUBSCRIBER.c.id)).all())

    def save_profile(self, profile: Profile) -> int:
        """Store a profile, new (no id) or changed; return its id.

        InputError when the subscriber has another of that name, NotFoundError when the profile
        to be changed is gone or another subscriber's.
        """
        assert profile.subscriber_id is not None  # noqa: S101 - a caller's mistake, not an input
        try:
            with self._database.writing() as session:
                if profile.id is None:
                    return insert_profile(session, profile.subscriber_id, profile)
                owned = PROFILE.c.subscriber_id == profile.subscriber_id
                change = update(PROFILE).where(PROFILE.c.id == profile.id, owned)
                changed = change.values(profile_row(profile)).returning(PROFILE.c.id)
                if session.execute(changed).first() is None:
                    raise NotFoundError(f"profile “{profile.name}” no longer exists")
                return profile.id
        except IntegrityError:
            text = N_("you already have a profile “%(name)s”")
            raise InputError("name", Translatable(text, name=profile.name)) from None

    def change_profile(
        self, subscriber_id: int, profile_id: int, change: Callable[[Profile], Profile]
    ) -> None:
        """Store what ``change`` makes of a profile; NotFoundError when it is gone.

        No other change of it comes between.
        """
        owned = (PROFILE.c.id == profile_id, PROFILE.c.subscriber_id == subscriber_id)
        with self._database.writing() as session:
            row = first_row(session, select(PROFILE).where(*owned).with_for_update(), ProfileRow)
            if row is None:
                raise NotFoundError("that profile no longer exists")
            changed = profile_row(change(profile_of(row)))
            session.execute(update(PROFILE).where(*owned).values(changed))

    def remove_profile(self, subscriber_id: int, profile_id: int) -> None:
        """Erase one profile of a subscriber."""
        owned = PROFILE.c.subscriber_id == subscriber_id
        with self._database.writing() as session:
            session.execute(delete(PROFILE).where(PROFILE.c.id == profile_id, owned))

    def language(self, subscriber_id: int) -> str:
        """Return the language of a subscriber, an RFC 5646 tag; nothing when there is none."""
        return self._language(SUBSCRIBER.c.id == subscriber_id)

    def language_of_owner(self, profile_id: int) -> str:
        """Return the language of the subscriber who has a profile."""
        owner = select(PROFILE.c.subscriber_id).where(PROFILE.c.id == profile_id)
        return self._language(SUBSCRIBER.c.id == owner.scalar_subquery())

    def _language(self, condition: ColumnElement[bool]) -> str:
        with self._database.reading() as session:
            return session.execute(select(SUBSCRIBER.c.language).where(condition)).scalar() or ""

    def feed_serial(self, profile_id: int) -> int | None:
        """Return the serial that a profile's feed address must carry; None for a profile erased."""
        query = select(PROFILE.c.feed_serial).where(PROFILE.c.id == profile_id)
        with self._database.reading() as session:
            serial: int | None = session.execute(query).scalar()
            return serial

    def renew_feed(self, subscriber_id: int, profile_id: int) -> None:
        """Make the address of a profile's feed a new one: the old one is good no more."""
        owned = (PROFILE.c.id == profile_id, PROFILE.c.subscriber_id == subscriber_id)
        renewed = update(PROFILE).where(*owned).values(feed_serial=PROFILE.c.feed_serial + 1)
        with self._database.writing() as session:
            session.execute(renewed)

    def serial(self, subscriber_id: int) -> int:
        """Return the serial that confirm links must carry to be good."""
        query = select(SUBSCRIBER.c.confirm_serial).where(SUBSCRIBER.c.id == subscriber_id)
        with self._database.reading() as session:
            serial: int = session.execute(query).scalar_one()
            return serial

    def next_serial(self, subscriber_id: int) -> tuple[int, int]:
        """Count one more confirm mail; return (serial, such mails since the last confirmation)."""
        change = update(SUBSCRIBER).where(SUBSCRIBER.c.id == subscriber_id)
        counted = change.values(unconfirmed=SUBSCRIBER.c.unconfirmed + 1)
        columns = (SUBSCRIBER.c.confirm_serial, SUBSCRIBER.c.unconfirmed)
        with self._database.writing() as session:
            serial, unconfirmed = session.execute(counted.returning(*columns)).one()
            return serial, unconfirmed

    def confirm(
        self,
        subscriber_id: int,
        serial: int,
        now: datetime,
        due: datetime,
        *,
        awaits_first_digest: bool = False,
    ) -> bool:
        """Make a pending subscriber active, once for each serial (compare-and-swap).

        ``awaits_first_digest``: whether what is due then is the first digest; see ``due_first``.
        """
        change = update(SUBSCRIBER).where(
            SUBSCRIBER.c.id == subscriber_id,
            SUBSCRIBER.c.confirm_serial == serial,
            SUBSCRIBER.c.status == SubscriberStatus.PENDING.value,
        )
        active = change.values(
            status=SubscriberStatus.ACTIVE.value,
            confirmed_at=now,
            next_due_at=due,
            confirm_serial=serial + 1,
            unconfirmed=0,
            unsubscribe_serial=SUBSCRIBER.c.unsubscribe_serial + 1,
            awaits_first_digest=awaits_first_digest,
        )
        with self._database.writing() as session:
            return session.execute(active.returning(SUBSCRIBER.c.id)).first() is not None

    def _select(
        self, *conditions: ColumnElement[bool], limit: int | None = None
    ) -> list[Subscriber]:
        query = select(SUBSCRIBER).where(*conditions).order_by(SUBSCRIBER.c.id).limit(limit)
        with self._database.reading() as session:
            rows = all_rows(session, query, SubscriberRow)
            profiles = profiles_of(session, [row.id for row in rows])
        return [subscriber_of(row, profiles.get(row.id, ())) for row in rows]


def _values(statuses: Collection[SubscriberStatus]) -> list[str]:
    return [status.value for status in statuses]
