"""What follows from a report: who is mailed no more, and what only the operator should know.

Only a report with a token that we signed, or one that the mail provider vouches for, counts for
anything; anybody can write a bounce that names somebody's address.
"""

import logging
import math
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import TypeVar

from digestmail.bounces import Kind, Report, parse
from digestmail.bounces.mailbox import read_mailbox
from digestmail.bounces.report import FAILURES
from digestmail.domain import Clock, SubscriberStatus
from digestmail.errors import ConfigError, TokenError
from digestmail.steps.links import Links
from digestmail.steps.subscribers import leaving
from digestmail.store import Bounce, Counted, MailedDelivery, NoteName, Store

log = logging.getLogger(__name__)

# A mail does not bounce later, and who complains later is unsubscribed by the link in the copy.
TOKEN_LIFETIME = timedelta(days=14)
SINGLE_USE_KEPT = timedelta(hours=10)  # an hour more than a signature of Mailgun is good for
HALF_LIFE = timedelta(days=14)
SCORE_LIMIT = 5.0
RETENTION = timedelta(days=90)  # by then a bounce has faded to a hundredth
_MAILED = (SubscriberStatus.PENDING, SubscriberStatus.ACTIVE, SubscriberStatus.PAUSED)
_T = TypeVar("_T")
_REFUSALS = (SubscriberStatus.BOUNCED, SubscriberStatus.COMPLAINED)
_UNINFORMATIVE = (Kind.AUTO_REPLY, Kind.DELAYED, Kind.UNKNOWN)  # of an address


class Fate(StrEnum):
    """What became of a report."""

    COUNTED = "counted"
    REPEATED = "repeated"  # counted before
    IGNORED = "ignored"  # says nothing about an address: an automatic answer, a delay
    UNVERIFIED = "unverified"  # nothing proves that it answers a mail of ours
    UNKNOWN = "unknown"  # no report at all


_SETTLED = (Fate.COUNTED, Fate.REPEATED, Fate.IGNORED)


@dataclass(slots=True)
class BounceTally:
    """What a run took in: by fate, the counted ones by kind, and how many were given up."""

    fates: Counter[Fate] = field(default_factory=Counter)
    kinds: Counter[Kind] = field(default_factory=Counter)
    given_up: int = 0

    @property
    def read(self) -> int:
        """Return how many messages or events there were, whatever became of them."""
        return sum(self.fates.values())


@dataclass(frozen=True, slots=True)
class _Subject:
    """Whom a verified report is about; ``mailed`` is None when only the address is known.

    ``earlier``: it asks to end a subscription before the one there is now.
    """

    subscriber_id: int
    mailed: MailedDelivery | None
    earlier: bool = False


def score(bounces: Sequence[Bounce], now: datetime) -> float:
    """Return the sum of soft bounces, each halved every 14 days; a delivery counts once. Pure."""
    first: dict[object, datetime] = {}
    for bounce in bounces:
        first.setdefault(bounce.delivery_id or bounce.id, bounce.at)
    ages = (max(now - at, timedelta()) / HALF_LIFE for at in first.values())
    return sum(math.exp2(-age) for age in ages)


@dataclass(frozen=True, slots=True)
class BounceProcessor:
    """Takes in reports. Safe to run twice, and at the same time in two processes."""

    store: Store
    links: Links
    clock: Clock

    def fetch(self, mailbox: str, folder: Path) -> BounceTally:
        """Read a mailbox, named by its URL or a path in ``folder``; remove what is settled from it.

        Raises ConfigError or MailboxError; what was read before counts. ConfigError if it is empty.
        """
        if not mailbox:
            raise ConfigError(
                "bounces.mailbox is not set; set it to the mailbox that receives bounces"
            )
        tally = self._begin()
        read_mailbox(mailbox, folder, lambda raw: self._process(parse(raw), tally) in _SETTLED)
        return tally

    def process(self, reports: Iterable[Report]) -> BounceTally:
        """Act on reports, each once however often it comes."""
        tally = self._begin()
        for report in reports:
            self._process(report, tally)
        return tally

    def _begin(self) -> BounceTally:
        self.store.bounces.forget(self.clock() - RETENTION)
        return BounceTally()

    def _process(self, report: Report, tally: BounceTally) -> Fate:
        fate = self._fate(report, tally)
        tally.fates[fate] += 1
        if fate is Fate.COUNTED:
            tally.kinds[report.kind] += 1
        return fate

    def _fate(self, report: Report, tally: BounceTally) -> Fate:
        if report.single_use and self._is_used(report):
            return Fate.REPEATED
        if report.kind in _UNINFORMATIVE:
            return Fate.UNKNOWN if report.kind is Kind.UNKNOWN else Fate.IGNORED
        subject = self._subject(report)
        if subject is None and report.kind is Kind.UNSUBSCRIBE:
            return Fate.UNKNOWN
        if subject is None:
            self.store.bounces.record(Bounce(id=report.id, at=self.clock(), kind=report.kind))
            return Fate.UNVERIFIED
        # The token of a link to leave by is in every forwarded copy: all it can do is that.
        proven = report.authentic or subject.mailed is not None
        if report.kind is Kind.UNSUBSCRIBE or not proven:
            return self._leave(report, subject)
        return self._count(report, subject, tally)

    def _is_used(self, report: Report) -> bool:
        """Tell whether the id of a single-use report came before, with a post that had no effect.

        Those that say something are recorded under their id, with what follows from them.
        """
        rate_limits, now = self.store.rate_limits, self.clock()
        key = self.store.salt.hash(Counted.REPORT.of(report.id))
        if report.kind in _UNINFORMATIVE:
            return not rate_limits.allow(key, 1, SINGLE_USE_KEPT, now)
        since = rate_limits.window_start(key)
        return since is not None and now - since < SINGLE_USE_KEPT

    # --- whom it is about ---

    def _subject(self, report: Report) -> _Subject | None:
        """Return whom a report is about, by proof; None without one."""
        if report.kind is not Kind.UNSUBSCRIBE and (mailed := self._mailed(report)):
            return _Subject(mailed.subscriber_id, mailed)
        if report.kind in (Kind.UNSUBSCRIBE, Kind.COMPLAINT):
            for token in report.tokens:
                if leaver := self._leaver(token):
                    return leaver
                if lately := self._mailed_lately(token):
                    return _Subject(lately.subscriber_id, None)
        if report.authentic and (known := self.store.subscribers.find(report.address)):
            return _Subject(known.stored_id, None)
        return None

    def _leaver(self, token: str) -> _Subject | None:
        """Return whom a token of a link to leave is about."""
        subscriber_id, serial = _read(self.links.read_unsubscribe, token) or (0, 0)
        subscriber = self.store.subscribers.get(subscriber_id) if subscriber_id else None
        if subscriber is None:
            return None
        return _Subject(subscriber_id, None, leaving.is_earlier(subscriber, serial))

    def _mailed(self, report: Report) -> MailedDelivery | None:
        """Return the delivery whose token the report carries, else that of its envelope sender."""
        for token in report.tokens:
            mailed = self.store.bounces.mailed(_read(self.links.read_bounce, token) or 0)
            if mailed and self.clock() - mailed.due_at <= TOKEN_LIFETIME:
                return mailed
        if report.kind not in FAILURES:
            return None  # nobody can take a complaint back, and this token ages slowly
        return next(filter(None, map(self._mailed_lately, report.tokens)), None)

    def _mailed_lately(self, token: str) -> MailedDelivery | None:
        """Return whom we mail from an envelope sender, and at which of their addresses.

        Of which mail it is remains open: to give up the wrong one would bring its papers again.
        """
        now = self.clock()
        sender = _read(lambda text: self.links.read_sender(text, now, TOKEN_LIFETIME), token)
        last = self.store.bounces.last_mailed(sender.subscriber_id) if sender else None
        if sender is None or last is None or now - last.due_at > TOKEN_LIFETIME:
            return None
        same = sender.is_of(self.store.salt.address_hash(last.address))
        return replace(last, delivery_id=None, address=last.address if same else "")

    # --- what follows ---

    def _leave(self, report: Report, subject: _Subject) -> Fate:
        subscriber = self.store.subscribers.get(subject.subscriber_id)
        stays = subscriber is None or subject.earlier or subscriber.status in _REFUSALS
        becomes = None if stays else SubscriberStatus.UNSUBSCRIBED
        new = self.store.bounces.record(self._bounce(report, subject), becomes=becomes)
        if new and becomes and subscriber and subscriber.status in leaving.STAYS:
            leaving.confirm_leaving(self.store, subscriber, self.clock())
        return Fate.COUNTED if new else Fate.REPEATED

    def _count(self, report: Report, subject: _Subject, tally: BounceTally) -> Fate:
        bounce = self._bounce(report, subject)
        becomes, suppress = self._verdict(bounce, subject)
        given_up = becomes is not None
        why = f"bounced later: {report.enhanced} {report.text}" if report.kind in FAILURES else ""
        bounce = replace(bounce, gave_up=given_up)
        if not self.store.bounces.record(bounce, failed=why, becomes=becomes, suppress=suppress):
            return Fate.REPEATED
        tally.given_up += given_up
        if report.kind is Kind.POLICY:
            refusal = f"{report.enhanced} {report.text}".strip()
            log.warning("a receiving server refuses our email, not the subscriber: %s", refusal)
            self.store.notes.write(NoteName.POLICY_BOUNCE, refusal, bounce.at)
        return Fate.COUNTED

    def _bounce(self, report: Report, subject: _Subject) -> Bounce:
        return Bounce(
            id=report.id,
            at=self.clock(),
            kind=report.kind,
            subscriber_id=subject.subscriber_id,
            delivery_id=subject.mailed.delivery_id if subject.mailed else None,
            enhanced=report.enhanced,
            text=report.text,
        )

    def _verdict(self, bounce: Bounce, subject: _Subject) -> tuple[SubscriberStatus | None, str]:
        """Return the subscriber's new status, if any, and the hash of an address to suppress."""
        subscriber = self.store.subscribers.get(subject.subscriber_id)
        if subscriber is None or bounce.kind == Kind.POLICY:
            return None, ""
        if subject.mailed and subject.mailed.address != subscriber.email:
            return None, ""  # they have another address now
        suppress = self.store.salt.address_hash(subscriber.email)
        if bounce.kind == Kind.COMPLAINT:
            return SubscriberStatus.COMPLAINED, suppress
        if subscriber.status not in _MAILED:
            return None, ""
        before = self.store.bounces.soft(subject.subscriber_id)
        if bounce.kind == Kind.HARD or score([*before, bounce], bounce.at) >= SCORE_LIMIT:
            return SubscriberStatus.BOUNCED, suppress
        return None, ""


def _read(reader: Callable[[str], _T], token: str) -> _T | None:
    """Return what a token holds; None when it was not signed here for this."""
    try:
        return reader(token)
    except TokenError:
        return None
