"""A profile that was submitted on the public form for an active subscriber, until they add it.

Anybody can type somebody else's address into the form. So the profile waits, and an email leads its
owner to a page that shows it: one press adds it, another one discards it.
"""

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import count

from digestmail.domain import PROFILE_FIELDS, DeliveryKind, Paper, Profile, Subscriber
from digestmail.steps.subscribers import access
from digestmail.steps.subscribers.seed_papers import packed, unpacked
from digestmail.steps.subscribers.validation import Form, profile_of
from digestmail.store import Store
from digestmail.text import excerpt

_NAME_LIMIT = 40  # characters of a name that is made of a keyword


@dataclass(frozen=True, slots=True)
class SubmittedAgain:
    """The profile that waits, with the papers that only the visitor's file describes."""

    profile: Profile
    uploads: tuple[Paper, ...] = ()


def offer(
    store: Store,
    subscriber: Subscriber,
    profile: Profile,
    uploads: Sequence[Paper],
    now: datetime,
) -> None:
    """Let a submitted profile wait, and email its owner a link to it, a few times a week.

    A profile that they have, or that brings trending papers alone, is not offered: then the email
    has a new link to the preferences. The last one counts for which an email could go.
    """
    known = [_texts(profile) for profile in subscriber.profiles]
    if profile.is_empty or profile.is_trending_only or _texts(profile) in known:
        access.mail_link(store, subscriber.email, now)
    elif access.mail_link(store, subscriber.email, now, DeliveryKind.PROFILE):
        text = json.dumps({"profile": _texts(profile), "uploads": packed(uploads)})
        store.pending_profiles.keep(subscriber.stored_id, text, now)


def waiting(store: Store, subscriber: Subscriber) -> SubmittedAgain | None:
    """Return the profile that waits for a subscriber, under a name that none of theirs has."""
    text = store.pending_profiles.waiting(subscriber.stored_id)
    return _parsed(text, subscriber) if text else None


def take(store: Store, subscriber: Subscriber) -> SubmittedAgain | None:
    """Return ``waiting``, which then waits no longer: of two presses only one gets it."""
    text = store.pending_profiles.take(subscriber.stored_id)
    return _parsed(text, subscriber) if text else None


def _parsed(text: str, subscriber: Subscriber) -> SubmittedAgain:
    submitted = json.loads(text)
    profile = profile_of(submitted["profile"], Form(), Profile())
    named = replace(profile, name=_free_name(profile, {p.name for p in subscriber.profiles}))
    return SubmittedAgain(named, unpacked(submitted["uploads"]))


def _texts(profile: Profile) -> dict[str, str]:
    """Return a profile's texts but for its name, which the public form does not ask for."""
    return {
        name: field.text(getattr(profile, name))
        for name, field in PROFILE_FIELDS.items()
        if name != "name"
    }


def _free_name(profile: Profile, names: Collection[str]) -> str:
    """Return a name of a profile's first words, with a number if another one has it."""
    words = (*profile.keywords, *profile.required_keywords, *profile.authors, profile.interests)
    first = next(filter(None, words), profile.name)
    name = excerpt(first.strip('"“”'), _NAME_LIMIT) or profile.name
    numbered = (f"{name} {number}" for number in count(2))
    return name if name not in names else next(n for n in numbered if n not in names)
