"""Past and coming digests in words, as the pages list them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from digestmail.domain import (
    Delivery,
    DeliveryState,
    Digest,
    DigestItem,
    SkipReason,
    Subscriber,
    Verdict,
)
from digestmail.i18n import N_
from digestmail.render.cleaning import clean, web_url
from digestmail.render.day_notes import day_note
from digestmail.render.locale import Words
from digestmail.render.reasons import reason_words
from digestmail.steps.links import Links
from digestmail.web.shared.request_context import RequestContext
from digestmail.web.views.pages import Pages

_TITLE = 300
_WHY = 300
NOTE = 500

_SKIPPED = {
    SkipReason.NO_PAPERS: N_("no new papers"),
    SkipReason.QUIET_DAY: N_("a day without announcements"),
    SkipReason.SOURCE_LATE: N_("the day’s papers were late"),
    SkipReason.BELOW_THRESHOLD: N_("nothing close enough"),
    SkipReason.NOTHING_TRENDING: N_("nothing trending"),
    SkipReason.NO_PROFILE: N_("no interests yet"),
    SkipReason.MISSED: N_("missed: the service was down"),
    SkipReason.TOO_LATE: N_("dropped: too late to be useful"),
    SkipReason.BAD_SCHEDULE: N_("missed: your hour or time zone could not be read"),
}
_OUTCOMES = {
    DeliveryState.PLANNED: N_("on its way"),
    DeliveryState.LEASED: N_("on its way"),
    DeliveryState.ON_WIRE: N_("on its way"),
    DeliveryState.DEFERRED: N_("delayed, we’ll try again"),
    DeliveryState.SENT: N_("sent"),
    DeliveryState.FAILED: N_("could not be delivered"),
    DeliveryState.UNKNOWN: N_("sent, delivery not confirmed"),
    DeliveryState.SKIPPED: N_("not sent"),
}


def next_digest(subscriber: Subscriber, now: datetime, words: Words) -> str:
    """Return when the next digest comes; empty when none does."""
    due = subscriber.next_due_at
    if due is None:
        return ""
    if due <= now:
        return words.gettext(N_("any minute now"))
    return words.moment(due, subscriber.schedule.timezone)


def item_title(item: DigestItem) -> str:
    """Return the title of a digest's paper, safe to show."""
    return clean(item.paper.title, _TITLE) or "Untitled"


@dataclass(frozen=True, slots=True)
class PastPaper:
    """A paper in the list of a past digest."""

    title: str
    url: str  # http(s) or empty
    why: str
    more_url: str
    less_url: str
    save_url: str


@dataclass(frozen=True, slots=True)
class DigestLine:
    """A past digest and its outcome."""

    day: date
    url: str  # of the digest as a page
    outcome: str
    note: str  # what was missing or why nothing came, in a sentence; may be empty
    papers: list[PastPaper]


def digest_line(
    digest: Digest, delivery: Delivery | None, links: Links, pages: Pages
) -> DigestLine:
    """Return a past digest in words; ``delivery`` is None when nothing was to be mailed."""
    return DigestLine(
        day=digest.date,
        url=pages.local(links.digest(digest.stored_id)),
        outcome=_outcome(digest, delivery, pages.words),
        note=clean(day_note(digest, pages.words), NOTE),
        papers=[_past_paper(digest, item, links, pages) for item in digest.mailed_items],
    )


def _outcome(digest: Digest, delivery: Delivery | None, words: Words) -> str:
    gettext = words.gettext
    delivered = gettext(_OUTCOMES[delivery.state]) if delivery else ""
    if digest.skip is None:
        return delivered or gettext(N_("not sent"))
    why = gettext(skipped(digest))
    if not delivered:
        return why
    return gettext(N_("%(why)s; short email %(delivered)s"), why=why, delivered=delivered)


def skipped(digest: Digest) -> str:
    """Return the message that tells why a digest has no papers; empty when it has some."""
    return _SKIPPED[digest.skip] if digest.skip else ""


def _past_paper(digest: Digest, item: DigestItem, links: Links, pages: Pages) -> PastPaper:
    def feedback_url(verdict: Verdict) -> str:
        return pages.local(links.feedback(digest.stored_id, item.position, verdict))

    return PastPaper(
        title=item_title(item),
        url=web_url(item.paper.url),
        why=clean("; ".join(reason_words(r, pages.words) for r in item.reasons if r.details), _WHY),
        more_url=feedback_url(Verdict.MORE),
        less_url=feedback_url(Verdict.LESS),
        save_url=pages.local(links.save(digest.stored_id, item.position)),
    )


def digest_lines(context: RequestContext, digests: Sequence[Digest]) -> list[DigestLine]:
    """Return past digests with the outcomes of their mails."""
    deliveries = context.app.store.ledger.of_digests([digest.stored_id for digest in digests])
    links, pages = context.app.links, context.pages
    return [
        digest_line(digest, deliveries.get(digest.stored_id), links, pages) for digest in digests
    ]
