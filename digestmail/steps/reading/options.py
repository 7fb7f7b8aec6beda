"""What a reader may say of a paper beside more, less and save, and how it is taken back."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from digestmail.domain import PROFILE_FIELDS, DampedPaper, DigestItem, Paper, Profile, Subscriber
from digestmail.errors import InputError, NotFoundError
from digestmail.i18n import N_, Translatable
from digestmail.steps.daily.plan import FEEDBACK_WEIGHTS
from digestmail.steps.reading.feedback import RatedPaper
from digestmail.steps.reading.similar_items import similar_items
from digestmail.steps.subscribers.field_parsers import parse_field
from digestmail.store import Store


class Option(StrEnum):
    """What may be said."""

    FOLLOW = "follow"  # an author
    MUTE_AUTHOR = "mute-author"
    MUTE_TOPIC = "mute-topic"
    MUTE_CATEGORY = "mute-category"
    FEWER = "fewer"  # papers like these, for some days


# The list of the profile that an option adds to, and the one that cannot hold the same.
_LISTS = {
    Option.FOLLOW: ("authors", "excluded_authors"),
    Option.MUTE_AUTHOR: ("excluded_authors", "authors"),
    Option.MUTE_TOPIC: ("excluded_keywords", ""),
    Option.MUTE_CATEGORY: ("excluded_categories", ""),
}


@dataclass(frozen=True, slots=True)
class Choice:
    """An option with the author, topic or category that it is about; empty for FEWER."""

    option: Option
    value: str = ""

    @property
    def action(self) -> str:
        """Return the choice as the log of taps has it."""
        return f"{self.option}:{self.value}"

    @classmethod
    def of_action(cls, action: str) -> "Choice | None":
        """Return the choice of a logged action; None for a verdict or a save."""
        name, colon, value = action.partition(":")
        return cls(Option(name), value) if colon and name in set(Option) else None


def checked_choice(paper: RatedPaper, option: Option, value: str) -> Choice:
    """Return a choice that fits its paper; InputError otherwise."""
    if option is Option.FEWER:
        return Choice(option)
    if option is Option.MUTE_TOPIC:
        topics = _parsed("excluded_keywords", value)
        if len(topics) != 1:
            raise InputError("value", N_("Name one word or phrase to mute, without commas."))
        return Choice(option, topics[0])
    known = categories_of if option is Option.MUTE_CATEGORY else authors_of
    if value not in known(paper.item.paper):
        raise InputError("value", N_("This paper does not have that author or category."))
    return Choice(option, value)


def authors_of(paper: Paper) -> tuple[str, ...]:
    """Return the authors of a paper that a profile can name."""
    return tuple(name for name in paper.authors if _is_valid("authors", name))


def categories_of(paper: Paper) -> tuple[str, ...]:
    """Return the categories of a paper that a profile can name."""
    return tuple(code for code in paper.categories if _is_valid("excluded_categories", code))


def _is_valid(field: str, value: str) -> bool:
    try:
        return _parsed(field, value) == (value,)
    except InputError:
        return False


def _parsed(field: str, text: str) -> tuple[str, ...]:
    values = parse_field(PROFILE_FIELDS[field], text)
    return values if isinstance(values, tuple) else ()


def profile_of(subscriber: Subscriber, item: DigestItem) -> Profile:
    """Return the profile that a paper came for, else the first; NotFoundError without any."""
    profiles = {profile.id: profile for profile in subscriber.profiles}
    profile = profiles.get(item.profile_id) or next(iter(profiles.values()), None)
    if profile is None:
        raise NotFoundError("no profile is left that this could apply to")
    return profile


def is_chosen(store: Store, paper: RatedPaper, choice: Choice, now: datetime) -> bool:
    """Return whether a choice holds now."""
    reader = paper.digest.subscriber_id
    if choice.option is Option.FEWER:
        damped = store.damped.of([reader], now - FEEDBACK_WEIGHTS.damped_lifetime)
        return paper.item.paper.id in {each.paper_id for each in damped}
    subscriber = store.subscribers.get(reader)
    if subscriber is None or not subscriber.profiles:
        return False
    values = getattr(profile_of(subscriber, paper.item), _LISTS[choice.option][0])
    return choice.value in values


def apply(store: Store, paper: RatedPaper, choice: Choice, now: datetime) -> None:
    """Make a choice hold from the next digest on. InputError where a list is full."""
    reader = paper.digest.subscriber_id
    subscriber = store.subscribers.get(reader)
    if subscriber is None:
        raise NotFoundError("that subscriber no longer exists")
    profile = profile_of(subscriber, paper.item)
    if choice.option is Option.FEWER:
        store.damped.add(
            [
                DampedPaper(reader, profile.id, item.paper.stored_id, now)
                for item in similar_items(paper.item, paper.digest.mailed_items)
            ]
        )
        return
    store.subscribers.change_profile(reader, profile.stored_id, lambda p: _with(p, choice))


def undo(store: Store, paper: RatedPaper, choice: Choice) -> None:
    """Take a choice back; one that does not hold stays as it is."""
    reader = paper.digest.subscriber_id
    if choice.option is Option.FEWER:
        alike = similar_items(paper.item, paper.digest.mailed_items)
        store.damped.remove(reader, [item.paper.stored_id for item in alike])
        return
    subscriber = store.subscribers.get(reader)
    if subscriber is not None and subscriber.profiles:
        profile = profile_of(subscriber, paper.item)
        store.subscribers.change_profile(reader, profile.stored_id, lambda p: _without(p, choice))


def _with(profile: Profile, choice: Choice) -> Profile:
    name, opposite = _LISTS[choice.option]
    values: tuple[str, ...] = getattr(profile, name)
    if choice.value in values:
        return profile
    limit = PROFILE_FIELDS[name].maximum
    if len(values) >= limit:
        full = N_(
            "You already have %(most)s entries, which is the limit. Remove one in your preferences."
        )
        raise InputError("value", Translatable(full, most=limit))
    changes = {name: (*values, choice.value)}
    if opposite:
        changes[opposite] = _without_value(getattr(profile, opposite), choice.value)
    return replace(profile, **changes)  # type: ignore[arg-type]  # names of lists alone


def _without(profile: Profile, choice: Choice) -> Profile:
    name, _ = _LISTS[choice.option]
    changes = {name: _without_value(getattr(profile, name), choice.value)}
    return replace(profile, **changes)  # type: ignore[arg-type]  # names of lists alone


def _without_value(values: tuple[str, ...], value: str) -> tuple[str, ...]:
    return tuple(each for each in values if each != value)
