"""The mails that a run of deliver has leased: a few at a time, shared by all its connections."""

import asyncio
from collections import deque
from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta

from digestmail.domain import Clock, Delivery, DeliveryKind, Paper, Recipient
from digestmail.errors import StoreError
from digestmail.steps.subscribers.suppression import suppression_reasons
from digestmail.store import Store
from digestmail.store.digest_rows import DigestRows


@dataclass(frozen=True, slots=True)
class LeasedMail:
    """A leased delivery with what its mail is made of, as far as that is still here."""

    delivery: Delivery
    recipient: Recipient | None
    suppression: str  # why their address must not be mailed; empty when it may
    digests: DigestRows
    lease_end: float


class LeaseQueue:
    """Leases deliveries for one owner, ``size`` at a time, for the tasks of one event loop.

    ``lease_end`` returns when a lease that begins now ends, by a clock that nobody sets.
    """

    def __init__(
        self,
        store: Store,
        owner: str,
        size: int,
        lease: timedelta,
        clock: Clock,
        lease_end: Callable[[], float],
    ) -> None:
        self._store = store
        self._owner = owner
        self._size = size
        self._lease = lease
        self._clock = clock
        self._lease_end = lease_end
        self._mails: deque[LeasedMail] = deque()
        self._claiming: asyncio.Task[None] | None = None
        self._is_drained = False
        self._papers: dict[int, Paper] = {}  # met in this run; its digests share most of them

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
        digest_ids = [d.digest_id for d in deliveries if d.digest_id is not None]
        digests = self._store.digests.load(digest_ids, self._papers)
        pairs = ((delivery, people.get(delivery.subscriber_id)) for delivery in deliveries)
        return [
            LeasedMail(d, person, reasons.get(person.email, "") if person else "", digests, until)
            for d, person in pairs
        ]
