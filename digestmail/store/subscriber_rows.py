"""The rows of subscribers and profiles, from and to the domain's values."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select
from sqlmodel import Session

from digestmail.domain import (
    PROFILE_FIELDS,
    SCHEDULE_FIELDS,
    Layout,
    Profile,
    Recipient,
    Schedule,
    Subscriber,
    SubscriberStatus,
)
from digestmail.store.sql import MOST_VALUES, all_rows, chunks
from digestmail.store.tables import PROFILE, ProfileRow, SubscriberRow


def subscriber_row(subscriber: Subscriber) -> dict[str, object]:
    """Return the columns that a subscriber's values fill."""
    return schedule_row(subscriber.schedule) | {
        "email": subscriber.email,
        "status": subscriber.status.value,
        "confirmed_at": subscriber.confirmed_at,
        "next_due_at": subscriber.next_due_at,
        "papers_since": subscriber.papers_since,
        "judged_arrival": subscriber.judged_arrival,
        "releases": subscriber.releases,
        "language": subscriber.language,
        "resume_on": subscriber.resume_on,
        "unsubscribe_serial": subscriber.unsubscribe_serial,
        "awaits_first_digest": subscriber.awaits_first_digest,
    }


def schedule_row(schedule: Schedule) -> dict[str, object]:
    """Return the columns that a schedule fills."""
    weekdays = "".join(map(str, sorted(schedule.weekdays)))
    columns = {name: getattr(schedule, name) for name in SCHEDULE_FIELDS}
    return columns | {"weekdays": weekdays, "layout": schedule.layout.value}


def subscriber_of(row: SubscriberRow, profiles: Sequence[Profile]) -> Subscriber:
    """Return the Subscriber of a row, with their profiles."""
    schedule: dict[str, Any] = {name: getattr(row, name) for name in SCHEDULE_FIELDS}
    schedule["weekdays"] = frozenset(map(int, row.weekdays))
    schedule["layout"] = Layout(row.layout)
    return Subscriber(
        id=row.id,
        email=row.email,
        status=SubscriberStatus(row.status),
        schedule=Schedule(**schedule),
        profiles=tuple(profiles),
        created_at=row.created_at,
        confirmed_at=row.confirmed_at,
        next_due_at=row.next_due_at,
        papers_since=row.papers_since,
        judged_arrival=row.judged_arrival,
        releases=row.releases,
        language=row.language,
        resume_on=row.resume_on,
        unsubscribe_serial=row.unsubscribe_serial,
        awaits_first_digest=row.awaits_first_digest,
    )


def profile_row(profile: Profile) -> dict[str, object]:
    """Return the columns that a profile's values fill, without its owner."""
    values = {name: getattr(profile, name) for name in PROFILE_FIELDS}
    return {k: list(v) if isinstance(v, tuple) else v for k, v in values.items()}


def profile_of(row: ProfileRow) -> Profile:
    """Return the Profile of a row."""
    values: dict[str, Any] = {
        name: tuple(getattr(row, name)) if field.is_list else getattr(row, name)
        for name, field in PROFILE_FIELDS.items()
    }
    return Profile(id=row.id, subscriber_id=row.subscriber_id, **values)


def profiles_of(session: Session, subscriber_ids: Sequence[int]) -> dict[int, list[Profile]]:
    """Return the profiles of subscribers by their ids, in the order of creation."""
    profiles: dict[int, list[Profile]] = {}
    for chunk in chunks(subscriber_ids, MOST_VALUES):
        query = select(PROFILE).where(PROFILE.c.subscriber_id.in_(chunk)).order_by(PROFILE.c.id)
        for row in all_rows(session, query, ProfileRow):
            profiles.setdefault(row.subscriber_id, []).append(profile_of(row))
    return profiles


def insert_profile(session: Session, subscriber_id: int, profile: Profile) -> int:
    """Store a new profile; return its id."""
    row = profile_row(profile) | {"subscriber_id": subscriber_id, "feed_serial": 0}
    added: int = session.execute(insert(PROFILE).values(row).returning(PROFILE.c.id)).scalar_one()
    return added


def recipient_of(
    number: int,
    email: str,
    status: str,
    confirmed: datetime | None,
    weekdays: str,
    most_papers: int,
    serial: int,
    language: str,
    layout: str,
) -> Recipient:
    """Return the addressee of a row with these columns."""
    weekly = len(weekdays) == 1
    return Recipient(
        number,
        email,
        SubscriberStatus(status),
        confirmed,
        weekly,
        most_papers,
        serial,
        language,
        Layout(layout),
    )
