"""Enter the people of a file: in blocks, each whole or not at all; safe to run again.

Nobody who left, bounced or complained - here, or in the file - becomes active, and a refusal in
the file stops who is a subscriber here.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from digestmail.calendar import next_slot
from digestmail.domain import Schedule, Subscriber, SubscriberStatus
from digestmail.steps.subscribers.confirmation import confirm_limits
from digestmail.steps.subscribers.import_export.entries import Entry
from digestmail.steps.subscribers.import_export.statuses import is_stricter
from digestmail.steps.subscribers.subscription import SubscriptionService
from digestmail.steps.subscribers.suppression import REFUSAL_REASONS
from digestmail.store import ImportBlock, KnownSubscriber

BLOCK = 1_000  # people in one transaction, which locks out other writers for some 0.1 s
_UNSUBSCRIBED = SubscriberStatus.UNSUBSCRIBED


@dataclass(frozen=True, slots=True)
class ImportTally:
    """What became of the people of a file, as numbers of them."""

    added: int = 0  # as subscribers who are mailed, or asked
    pending: int = 0  # of these: who have to confirm
    unchosen: int = 0  # of these: who have nothing to choose papers by yet
    known: int = 0  # were subscribers, and nothing changed
    refusals: int = 0  # kept as those who left, bounced or complained
    stopped: int = 0  # were subscribers, and are refusals from now on
    suppressed: int = 0  # left out: they refuse mail here

    def __add__(self, addend: "ImportTally") -> "ImportTally":
        return ImportTally(*(getattr(self, n) + getattr(addend, n) for n in self.__slots__))


def enter(
    subscriptions: SubscriptionService,
    people: Iterable[Entry],
    now: datetime,
    progress: Callable[[int], None],
    *,
    active: bool,
) -> ImportTally:
    """Enter people: ``active`` at once, or asked to confirm. ``progress`` is told the number done.

    Who has nothing to choose papers by is asked in any case: the confirm page leads to the choice.
    """
    entered, entries = ImportTally(), list(people)
    for start in range(0, len(entries), BLOCK):
        block = entries[start : start + BLOCK]
        entered += _Block(subscriptions, block, now, active).enter()
        progress(start + len(block))
    return entered


@lru_cache(maxsize=4096)
def _first_slot(schedule: Schedule, now: datetime) -> datetime:
    return next_slot(schedule, now).at


@dataclass(frozen=True, slots=True)
class _Block:
    """People who are entered in one transaction."""

    subscriptions: SubscriptionService
    entries: Sequence[Entry]
    now: datetime
    active: bool

    def enter(self) -> ImportTally:
        imports = self.subscriptions.store.imports
        known = imports.known([entry.email for entry in self.entries])
        refusals = [entry for entry in self.entries if entry.is_refusal]
        candidates = [entry for entry in self.entries if not entry.is_refusal]
        blocked = self.subscriptions.suppressed_among(
            [e.email for e in candidates if e.email not in known]
        )
        fresh = [e for e in candidates if e.email not in known and e.email not in blocked]
        stopped = {
            known[entry.email].id: entry.status
            for entry in refusals
            if entry.status and _is_stopped(known.get(entry.email), entry.status)
        }
        refused = [entry for entry in refusals if entry.email not in known]
        block = ImportBlock(
            added=[self._subscriber(entry) for entry in [*fresh, *refused]],
            refused=stopped,
            suppressed=self._suppressed(refusals, known),
        )
        added = imports.write(block, self.now)
        pending = self._ask_to_confirm(block, added, candidates, known)
        return ImportTally(
            added=sum(entry.email in added for entry in fresh),
            pending=pending,
            unchosen=sum(not entry.profiles for entry in fresh),
            known=len(self.entries) - len(fresh) - len(refused) - len(stopped) - len(blocked),
            refusals=len(refused),
            stopped=len(stopped),
            suppressed=len(blocked),
        )

    def _suppressed(
        self, refusals: Sequence[Entry], known: Mapping[str, KnownSubscriber]
    ) -> dict[str, str]:
        """Return why refusals are remembered beyond their rows, by hash of the address.

        Who left is remembered so only until they come back, and where they are here already
        their own row does.
        """
        address_hash = self.subscriptions.store.salt.address_hash
        return {
            address_hash(entry.email): REFUSAL_REASONS[entry.status]
            for entry in refusals
            if entry.status in REFUSAL_REASONS
            and (entry.status is not _UNSUBSCRIBED or entry.email not in known)
        }

    def _subscriber(self, entry: Entry) -> Subscriber:
        """Return the subscriber that an entry becomes."""
        status = self._status(entry)
        is_agreed = status in (SubscriberStatus.ACTIVE, SubscriberStatus.PAUSED)
        is_active = status is SubscriberStatus.ACTIVE
        return Subscriber(
            email=entry.email,
            status=status,
            language=entry.language,
            schedule=entry.schedule,
            profiles=entry.profiles,
            confirmed_at=self.now if is_agreed else None,
            next_due_at=_first_slot(entry.schedule, self.now) if is_active else None,
            resume_on=entry.paused_until if status is SubscriberStatus.PAUSED else None,
        )

    def _status(self, entry: Entry) -> SubscriberStatus:
        if entry.is_refusal and entry.status:
            return entry.status
        agreed = self.active and entry.profiles and entry.status is not SubscriberStatus.PENDING
        if not agreed:
            return SubscriberStatus.PENDING
        paused = entry.status is SubscriberStatus.PAUSED
        return SubscriberStatus.PAUSED if paused else SubscriberStatus.ACTIVE

    def _ask_to_confirm(
        self,
        block: ImportBlock,
        added: Mapping[str, int],
        candidates: Sequence[Entry],
        known: Mapping[str, KnownSubscriber],
    ) -> int:
        """Plan confirm mails, also to those whom an import that was killed had not come to ask."""
        pending = SubscriberStatus.PENDING
        fresh = [s.email for s in block.added if s.status is pending and s.email in added]
        left_over = [
            entry.email
            for entry in candidates
            if entry.email in known and known[entry.email][1:] == (pending, False)
        ]
        ids = {added[email]: email for email in fresh}
        ids |= {known[email].id: email for email in left_over}
        limits = {
            number: confirm_limits(self.subscriptions.store, email) for number, email in ids.items()
        }
        self.subscriptions.store.imports.plan_confirm_mails(ids, limits, self.now)
        return len(fresh)


def _is_stopped(known: KnownSubscriber | None, status: SubscriberStatus) -> bool:
    return known is not None and is_stricter(status, known.status)
