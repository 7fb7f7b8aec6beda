"""Everything that is kept about one person, for that person: GDPR's articles 15 and 20."""

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from digestmail.domain import Attempt, DampedPaper, Delivery, Digest, DigestItem, Paper, Subscriber
from digestmail.render.day_notes import day_note
from digestmail.render.locale import ENGLISH
from digestmail.steps.subscribers import submitted_profile
from digestmail.steps.subscribers.import_export.export import plain, plain_profile
from digestmail.steps.subscribers.seed_papers import unpacked
from digestmail.store import Bounce, Store

_ABOUT = {
    "subscriber": "your address, your schedule, and your profiles with everything you entered",
    "digests": "each digest that was due, its papers in order, and the reason if it was not sent",
    "deliveries": "each email to you, with the mail server's reply to each attempt",
    "feedback": "your feedback on papers: more or less",
    "fewer_like": "papers of a day that brought you too many alike, for three weeks",
    "saved": "your reading list",
    "taps": "actions from the links in your emails, for up to eight days, and whether a script or "
    "a person pressed the button; we use this to recognise link scanners",
    "uploads": "details of your example papers from files you uploaded; used only for you",
    "submitted": "a profile submitted with your address that you have not added yet",
    "bounces": "reports that an email did not reach you, or that you marked it as unwanted",
    "blocked": "why we must not email your address; null if we may",
    "times": "times are in UTC; dates are in your time zone",
    "not_here": "we count requests per network for up to eight days, under a hash that cannot be "
    "traced to you, and confirmation emails until you confirm; we don't record which pages or "
    "emails you open",
}


_EVER = datetime(1970, 1, 1, tzinfo=UTC)


def personal_json(store: Store, subscriber: Subscriber, now: datetime) -> str:
    """Return ``everything`` as a JSON document, indented."""
    export = everything(store, subscriber, now)
    return json.dumps(export, indent=2, ensure_ascii=False) + "\n"


def everything(store: Store, subscriber: Subscriber, now: datetime) -> dict[str, Any]:
    """Return all that is stored about a subscriber, as JSON has it; ``about`` explains the keys."""
    subscriber_id = subscriber.stored_id
    feedback = store.feedback.of([subscriber_id])
    damped = store.damped.of([subscriber_id], _EVER)
    taps = store.taps.of(subscriber_id)
    paper_ids = {verdict.paper_id for verdict in feedback} | {tap.paper_id for tap in taps}
    paper_ids |= {paper.paper_id for paper in damped}
    papers = store.papers.by_ids(paper_ids)
    names = {profile.id: profile.name for profile in subscriber.profiles}
    return {
        "about": _ABOUT,
        "exported": _instant(now),
        "subscriber": _subscriber(subscriber),
        "digests": _each(_digest, store.digests.of_subscriber(subscriber_id, limit=None)),
        "deliveries": [
            _delivery(delivery, store.ledger.attempts(delivery.id))
            for delivery in store.ledger.of_subscriber(subscriber_id, limit=None)
        ],
        "feedback": [
            {
                "paper": _paper(papers[verdict.paper_id]),
                "verdict": str(verdict.verdict),
                "profile": names.get(verdict.profile_id),
                "given": _instant(verdict.given_at),
            }
            for verdict in feedback
        ],
        "fewer_like": [_fewer_like(paper, papers, names) for paper in damped],
        "saved": [
            {"paper": _paper(saved.paper), "saved": _instant(saved.saved_at)}
            for saved in store.saved.of(subscriber_id)
        ],
        "taps": [
            {
                "paper": _paper(papers[tap.paper_id]),
                "action": tap.action,
                "by": str(tap.origin),
                "at": _instant(tap.at),
            }
            for tap in taps
        ],
        "uploads": _each(_upload, _uploads(store, subscriber_id)),
        "submitted": _submitted(store, subscriber),
        "bounces": _each(_bounce, store.bounces.of_subscriber(subscriber_id)),
        "blocked": store.suppressions.reason(store.salt.address_hash(subscriber.email)),
    }


def _fewer_like(
    damped: DampedPaper, papers: Mapping[int, Paper], names: Mapping[int | None, str]
) -> dict[str, Any]:
    return {
        "paper": _paper(papers[damped.paper_id]),
        "profile": names.get(damped.profile_id),
        "given": _instant(damped.damped_at),
    }


def _submitted(store: Store, subscriber: Subscriber) -> dict[str, Any] | None:
    submitted = submitted_profile.waiting(store, subscriber)
    if submitted is None:
        return None
    return plain_profile(submitted.profile) | {"uploads": _each(_upload, submitted.uploads)}


def _each(plain_of: Any, values: Iterable[Any]) -> list[dict[str, Any]]:
    return [plain_of(value) for value in values]


def _subscriber(subscriber: Subscriber) -> dict[str, Any]:
    return plain(subscriber) | {
        "asked": _instant(subscriber.created_at),
        "confirmed": _instant(subscriber.confirmed_at),
        "next_digest": _instant(subscriber.next_due_at),
        "papers_judged_until": _instant(subscriber.papers_since),
    }


def _digest(digest: Digest) -> dict[str, Any]:
    return {
        "date": digest.date.isoformat(),
        "due": _instant(digest.due_at),
        "prepared": _instant(digest.prepared_at),
        "papers_from": _instant(digest.papers_from),
        "papers_until": _instant(digest.papers_until),
        "judged": digest.judged,
        "skipped": str(digest.skip) if digest.skip else None,
        "note": day_note(digest, ENGLISH),
        "papers": _each(_item, digest.mailed_items),
    }


def _item(item: DigestItem) -> dict[str, Any]:
    return item.plain() | {"url": item.paper.url, "of_followed_author": item.pinned}


def _delivery(delivery: Delivery, attempts: Iterable[Attempt]) -> dict[str, Any]:
    return {
        "kind": str(delivery.kind),
        "address": delivery.address,
        "state": str(delivery.state),
        "due": _instant(delivery.due_at),
        "detail": delivery.detail,
        "attempts": _each(_attempt, attempts),
    }


def _attempt(attempt: Attempt) -> dict[str, Any]:
    result = attempt.result
    return {
        "at": _instant(attempt.at),
        "seconds": round(attempt.seconds, 3),
        "outcome": str(result.outcome),
        "phase": str(result.phase),
        "code": result.code,
        "enhanced": result.enhanced,
        "text": result.text,
    }


def _bounce(bounce: Bounce) -> dict[str, Any]:
    return {
        "at": _instant(bounce.at),
        "kind": bounce.kind,
        "enhanced": bounce.enhanced,
        "text": bounce.text,
        "ended_mailing": bounce.gave_up,
    }


def _uploads(store: Store, subscriber_id: int) -> list[Paper]:
    """Return those that wait for a confirmation as well."""
    waiting = unpacked(store.pending_uploads.waiting(subscriber_id))
    return [*store.uploads.of(subscriber_id), *waiting]


def _upload(paper: Paper) -> dict[str, Any]:
    return _paper(paper) | {
        "abstract": paper.abstract,
        "authors": list(paper.authors),
        "doi": paper.doi,
        "published": _instant(paper.published_at),
    }


def _paper(paper: Paper) -> dict[str, Any]:
    return {"key": paper.key, "title": paper.title, "url": paper.url}


def _instant(at: datetime | None) -> str | None:
    return at.isoformat(timespec="seconds") if at else None
