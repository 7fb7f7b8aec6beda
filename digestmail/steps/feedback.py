"""What a subscriber says about a paper of one of their digests."""

from dataclasses import dataclass
from datetime import datetime

from digestmail.domain import Digest, DigestItem, Feedback, Verdict
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
