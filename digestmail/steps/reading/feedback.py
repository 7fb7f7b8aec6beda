"""Subscribers' verdicts on papers, from the links of a digest and from their own pages."""

from dataclasses import dataclass, replace
from datetime import datetime

from digestmail.domain import Digest, DigestItem, Feedback, Subscriber, Verdict
from digestmail.errors import NotFoundError, TokenError
from digestmail.steps.links import Links
from digestmail.store import Store


@dataclass(frozen=True, slots=True)
class RatedPaper:
    """The paper of a feedback link."""

    digest: Digest
    item: DigestItem


def paper_of_link(store: Store, links: Links, token: str, position: int) -> RatedPaper:
    """Return the paper that a feedback link is about; TokenError when it leads nowhere."""
    return paper_at(store, links.read_feedback(token), position)


def paper_at(store: Store, digest_id: int, position: int) -> RatedPaper:
    """Return the paper at a position of a digest; TokenError when there is none."""
    try:
        digest = store.digests.get(digest_id)
    except NotFoundError:
        raise TokenError("this link belongs to a digest that we no longer keep") from None
    for item in digest.mailed_items:
        if item.position == position:
            return RatedPaper(digest, item)
    raise TokenError("this link is damaged: the digest does not contain that paper")


def record_verdict(store: Store, paper: RatedPaper, verdict: Verdict, now: datetime) -> None:
    """Record a verdict; it counts from the next digest on, and a later one replaces it."""
    store.feedback.give(
        Feedback(
            subscriber_id=paper.digest.subscriber_id,
            profile_id=paper.item.profile_id,
            paper_id=paper.item.paper.stored_id,
            verdict=verdict,
            given_at=now,
        )
    )


def verdict_on(store: Store, paper: RatedPaper) -> Feedback | None:
    """Return the verdict on the paper of a link, if there is one."""
    return _verdict(store, paper.digest.subscriber_id, paper.item.paper.stored_id)


def is_saved(store: Store, paper: RatedPaper) -> bool:
    """Return whether the paper of a link is on the reading list."""
    return _is_saved(store, paper.digest.subscriber_id, paper.item.paper.stored_id)


def undo(store: Store, subscriber_id: int, paper_id: int) -> Feedback | None:
    """Delete a verdict; return it, None if there was none."""
    return store.feedback.take_back(subscriber_id, paper_id)


def change(
    store: Store, subscriber: Subscriber, paper_id: int, verdict: Verdict, now: datetime
) -> None:
    """Change a verdict; NotFoundError when there is none on that paper."""
    previous = _verdict(store, subscriber.stored_id, paper_id)
    if previous is None:
        raise NotFoundError("there is no feedback on that paper")
    store.feedback.give(replace(previous, verdict=verdict, given_at=now))


def like_saved_paper(
    store: Store, subscriber: Subscriber, paper_id: int, now: datetime
) -> Verdict | None:
    """Like a paper of the reading list; return the former verdict, None if there was none.

    It counts for the profile of the former verdict, or the one that brought the paper, else for
    the subscriber's first. NotFoundError when the paper is not on the list.
    """
    subscriber_id = subscriber.stored_id
    if not _is_saved(store, subscriber_id, paper_id):
        raise NotFoundError("that paper is no longer on the reading list")
    before = _verdict(store, subscriber_id, paper_id)
    profile_ids = [profile.id for profile in subscriber.profiles]
    of_digest = store.digests.profile_of(subscriber_id, paper_id)
    likely = (before and before.profile_id, of_digest, *profile_ids)
    profile_id = next((p for p in likely if p in profile_ids), None)
    store.feedback.give(Feedback(subscriber_id, profile_id, paper_id, Verdict.MORE, now))
    return before.verdict if before else None


def _verdict(store: Store, subscriber_id: int, paper_id: int) -> Feedback | None:
    verdicts = store.feedback.of([subscriber_id])
    return next((v for v in verdicts if v.paper_id == paper_id), None)


def _is_saved(store: Store, subscriber_id: int, paper_id: int) -> bool:
    return paper_id in {saved.paper.id for saved in store.saved.of(subscriber_id)}
