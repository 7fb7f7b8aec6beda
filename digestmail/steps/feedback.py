"""What a subscriber says about a paper: from a digest's links, and later from their own pages."""

from dataclasses import dataclass, replace
from datetime import datetime

from digestmail.domain import Digest, DigestItem, Feedback, Subscriber, Verdict
from digestmail.errors import NotFoundError, TokenError
from digestmail.steps.links import Links
from digestmail.store import Store


@dataclass(frozen=True, slots=True)
class Rated:
    """The paper of a feedback link."""

    digest: Digest
    item: DigestItem


def rated(store: Store, links: Links, token: str, position: int) -> Rated:
    """The paper that a feedback link is about; TokenError when it leads nowhere."""
    try:
        digest = store.digests.get(links.read_feedback(token))
    except NotFoundError:
        raise TokenError("this link belongs to a digest that is not kept any more") from None
    for item in digest.items:
        if item.position == position:
            return Rated(digest, item)
    raise TokenError("this link is damaged: that digest has no such paper")


def give(store: Store, paper: Rated, verdict: Verdict, now: datetime) -> None:
    """Record a verdict; it counts from the next digest on, and a later one replaces it."""
    store.subscribers.give_feedback(
        Feedback(
            subscriber_id=paper.digest.subscriber_id,
            profile_id=paper.item.profile_id,
            paper_id=paper.item.paper.id or 0,
            verdict=verdict,
            given_at=now,
        )
    )


def undo(store: Store, subscriber_id: int, paper_id: int) -> Feedback | None:
    """Take a verdict back, as if it had never been given; the one there was, if any."""
    return store.subscribers.take_back(subscriber_id, paper_id)


def change(
    store: Store, subscriber: Subscriber, paper_id: int, verdict: Verdict, now: datetime
) -> None:
    """Say something else of a paper that was spoken of; NotFoundError when none was."""
    every = store.subscribers.feedback([subscriber.id or 0])
    given = next((one for one in every if one.paper_id == paper_id), None)
    if given is None:
        raise NotFoundError("nothing was said of that paper, or it was taken back")
    store.subscribers.give_feedback(replace(given, verdict=verdict, given_at=now))


def want_more(store: Store, subscriber: Subscriber, paper_id: int, now: datetime) -> None:
    """Say "more like this" of a paper of the reading list; NotFoundError when it is not there.

    It counts for the profile that brought the paper, else for the subscriber's first.
    """
    mine = subscriber.id or 0
    if paper_id not in {kept.paper.id for kept in store.saved.of(mine)}:
        raise NotFoundError("that paper is not on the reading list any more")
    own = [profile.id for profile in subscriber.profiles]
    brought = store.digests.profile_of(mine, paper_id)
    profile_id = brought if brought in own else next(iter(own), None)
    store.subscribers.give_feedback(Feedback(mine, profile_id, paper_id, Verdict.MORE, now))
