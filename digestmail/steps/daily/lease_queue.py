"""The mails that a run of deliver has leased: a few at a time, shared by all its connections."""

import asyncio
from collections import defaultdict, deque
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta

from digestmail.domain import Clock, Delivery, DeliveryKind, Paper, Recipient
from digestmail.errors import StoreError
from digestmail.steps.reading.lines import LineReader
from digestmail.steps.subscribers.suppression import suppression_reasons
from digestmail.store import Store
from digestmail.store.digest_rows import DigestRows


@dataclass(frozen=True, slots=True)
class LeasedMail:
    """A leased delivery with what its mail is made of, as far as that is still here."""

    delivery: Delivery
    recipient: Recipient | None
    suppression: str  # why their address must not be mailed; empty when it may
    digests: DigestRows | None
    lease_end: float


class LeaseQueue:
    """Leases deliveries for one owner, ``size`` at a time, for the tasks of one event loop.

    ``lines`` puts the lines of a language model on papers. ``lease_end`` returns when a lease that
    begins now ends, by a clock that nobody sets.
    """

    def __init__(
        self,
        store: Store,
        lines: LineReader,
        owner: str,
        size: int,
        lease: timedelta,
        clock: Clock,
        lease_end: Callable[[], float],
    ) -> None:
        self._store = store
        self._lines = lines
        self._owner = owner
        self._size = size
        self._lease = lease
        self._clock = clock
        self._lease_end = lease_end
        self._mails: deque[LeasedMail] = deque()
        self._claiming: asyncio.Task[None] | None = None
        self._is_drained = False
        # Met in this run, by the language of their lines; its digests share most of them.
        self._papers: defaultdict[str, dict[int, Paper]] = defaultdict(dict)

    async def next(
        self, kinds: Collection[DeliveryKind], is_halted: Callable[[], bool]
    ) -> LeasedMail | None:
        """Return the next leased mail; lease a few more, once for all tasks, when there is none."""
        while not (self._mails or self._is_drained or is_halted()):
            if self._claiming is None:
                self._claiming = asyncio.create_task(self._fill(kinds))
            await self._claiming
        return self._mails.popleft() if self._mails and not is_halted() else None

    async def put_back(self) -> None:
        """Give up the leases of the mails that nobody has taken from the queue."""
        if deliveries := [mail.delivery for mail in self._mails]:
            await asyncio.to_thread(self._store.ledger.put_back, self._owner, deliveries)

    async def readdressed(self, mail: LeasedMail) -> LeasedMail | None:
        """Return a mail under its subscriber's new address, if it has one and is still ours."""
        ledger = self._store.ledger
        delivery = await asyncio.to_thread(ledger.readdress, self._owner, mail.delivery)
        if delivery is None:
            return None
        (readdressed,) = await asyncio.to_thread(self._load, [delivery], mail.lease_end)
        return readdressed

    async def _fill(self, kinds: Collection[DeliveryKind]) -> None:
        self._mails.extend(await asyncio.to_thread(self._claim, kinds))
        self._is_drained = not self._mails
        self._claiming = None

    def _claim(self, kinds: Collection[DeliveryKind]) -> list[LeasedMail]:
        ledger = self._store.ledger
        deliveries = ledger.claim(self._owner, self._clock(), self._lease, self._size, kinds)
        try:
            return self._load(deliveries, self._lease_end())
        except Exception:
            with suppress(StoreError):
                ledger.put_back(self._owner, deliveries)
            raise

    def _load(self, deliveries: Sequence[Delivery], until: float) -> list[LeasedMail]:
        people = self._store.subscribers.recipients({d.subscriber_id for d in deliveries})
        reasons = suppression_reasons(self._store, {person.email for person in people.values()})
        tags = {key: self._lines.language_of(person.language) for key, person in people.items()}
        digests = self._digests(deliveries, tags)
        pairs = ((delivery, people.get(delivery.subscriber_id)) for delivery in deliveries)
        return [
            LeasedMail(
                delivery=d,
                recipient=person,
                suppression=reasons.get(person.email, "") if person else "",
                digests=digests.get(tags.get(d.subscriber_id, "")),
                lease_end=until,
            )
            for d, person in pairs
        ]

    def _digests(
        self, deliveries: Sequence[Delivery], tags: Mapping[int, str]
    ) -> dict[str, DigestRows]:
        """Read digests by the language of their lines; ``tags`` are those of subscribers."""
        ids: defaultdict[str, list[int]] = defaultdict(list)
        for delivery in deliveries:
            if delivery.digest_id is not None:
                ids[tags.get(delivery.subscriber_id, "")].append(delivery.digest_id)
        digests = {}
        for tag, digest_ids in ids.items():
            papers = self._papers[tag]
            known = set(papers)
            digests[tag] = self._store.digests.load(digest_ids, papers)
            new = [paper for key, paper in papers.items() if key not in known]
            if tag:
                papers |= {paper.stored_id: paper for paper in self._lines.papers(new, tag)}
        return digests
