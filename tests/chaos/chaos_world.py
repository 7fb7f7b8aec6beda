"""A relay that fails in every way, senders that are killed, and the comparison of both ledgers."""

import asyncio
import os
import random
import signal
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from senders import Forker, forking, write_settings

from digestmail.calendar import utc_now
from digestmail.domain import (
    Delivery,
    DeliveryState,
    Digest,
    DigestItem,
    Paper,
    Schedule,
    Subscriber,
    SubscriberStatus,
)
from digestmail.store import DigestPlan, Store

CONNECTIONS = 4
_A_ROUND = 6  # minutes the senders' clock is ahead more in each round, for what was deferred
OPEN = ("planned", "leased", "on_wire", "deferred")
_ENDED_BY_A_KILL = "the sender stopped while sending the email"

DROP = ""  # an answer that is none: the connection ends
# How often (in a thousand) a step fails, and how. The rest goes well.
FAULTS: dict[str, Sequence[tuple[int, str]]] = {
    "CONNECT": ((20, DROP), (20, "421 4.3.2 too many connections")),
    "EHLO": ((10, DROP), (5, "421 4.3.2 later")),
    "MAIL": ((8, DROP), (8, "421 4.3.2 closing"), (5, "451 4.3.0 a moment")),
    "RCPT": ((8, DROP), (8, "421 4.3.2 closing"), (8, "451 4.3.0 try again later")),
    "DATA": ((8, DROP), (8, "421 4.3.2 closing"), (8, "451 4.3.0 try again later")),
    "body": ((10, DROP),),
    ".": ((8, "421 4.3.2 closing"), (10, "452 4.3.1 disk full"), (5, "554 5.6.0 not that")),
}
_HELLOS = ("250 relay.test", "250-relay.test\r\n250 PIPELINING")
# After the final dot, whether or not the mail was taken: no answer, at once or after a while.
_SILENT, _STALL_SECONDS = 12, 0.3


@dataclass
class ChaosRelay:
    """An SMTP server that fails as FAULTS say and knows what it has taken.

    A mail is taken before its answer is given. Addresses beginning with "grey" are put off once,
    those beginning with "gone" do not exist.
    """

    rng: random.Random
    calm: bool = False  # nothing fails any more
    accepted: Counter[str] = field(default_factory=Counter)
    ambiguous: int = 0  # mails whose final dot got no answer
    faults: Counter[str] = field(default_factory=Counter)
    grown: asyncio.Event = field(default_factory=asyncio.Event)
    connections: set[asyncio.Task[None]] = field(default_factory=set)
    _met: set[str] = field(default_factory=set)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection."""
        mine = asyncio.current_task()
        assert mine is not None
        self.connections.add(mine)
        mine.add_done_callback(self.connections.discard)
        with suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            await self._talk(reader, writer)
        writer.close()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        going, recipient, has_sender = self._answer("CONNECT", "220 relay.test", writer), "", False
        while going and (line := (await reader.readline()).decode().strip()):
            verb = line.split(" ")[0].upper()
            if verb == "EHLO":
                going = self._answer("EHLO", self.rng.choice(_HELLOS), writer)
            elif verb == "MAIL":
                going = self._answer("MAIL", "250 ok", writer)
                has_sender = not self._refused
            elif verb == "RCPT" and not has_sender:  # sent together with a MAIL that was refused
                going = self._say("503 5.5.1 MAIL first", writer)
            elif verb == "RCPT":
                recipient = line[line.index("<") + 1 : line.index(">")]
                going = self._recipient(recipient, writer)
            elif verb == "DATA":
                going = self._answer("DATA", "354 go", writer)
                going = going and await self._body(recipient, reader, writer)
            elif verb == "QUIT":
                writer.write(b"221 bye\r\n")
                return
            else:
                going = self._answer(verb, "250 ok", writer)

    def _recipient(self, address: str, writer: asyncio.StreamWriter) -> bool:
        if address.startswith("gone"):
            return self._say("550 5.1.1 no such user", writer)
        if address.startswith("grey") and address not in self._met:
            self._met.add(address)
            return self._say("451 4.7.1 greylisted, try again in 300 seconds", writer)
        return self._answer("RCPT", "250 ok", writer)

    async def _body(
        self, recipient: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> bool:
        if self._refused:  # DATA was answered otherwise; there is no body
            return True
        if self._fault("body") is not None:
            await reader.readline()
            self.ambiguous += 1  # the sender may have written all of it by now
            return False
        await reader.readuntil(b"\r\n.\r\n")
        fault = self._fault(".")
        if fault is None:
            self.accepted[recipient] += 1
            self.grown.set()
        if not self.calm and self.rng.randrange(1000) < _SILENT:
            self.ambiguous += 1
            self.faults["silent"] += 1
            await asyncio.sleep(self.rng.choice((0, _STALL_SECONDS)))
            return False
        await asyncio.sleep(self.rng.uniform(0, 0.02))
        return self._say("250 2.0.0 queued" if fault is None else fault, writer)

    _refused = False

    def _answer(self, step: str, otherwise: str, writer: asyncio.StreamWriter) -> bool:
        fault = self._fault(step)
        self._refused = fault is not None
        return self._say(otherwise if fault is None else fault, writer)

    def _say(self, answer: str, writer: asyncio.StreamWriter) -> bool:
        if answer != DROP:
            writer.write(answer.encode() + b"\r\n")
        return answer != DROP and not answer.startswith("421")

    def _fault(self, step: str) -> str | None:
        if self.calm:
            return None
        draw = self.rng.randrange(1000)
        for often, answer in FAULTS.get(step, ()):
            draw -= often
            if draw < 0:
                self.faults[f"{step} {answer[:3] or 'drop'}"] += 1
                return answer
        return None

    async def wait_for(self, total: int) -> None:
        """Until so many mails were taken."""
        while self.accepted.total() < total:
            self.grown.clear()
            await self.grown.wait()


@asynccontextmanager
async def serving(relay: ChaosRelay) -> AsyncIterator[int]:
    """The relay on a port of loopback."""
    server = await asyncio.start_server(relay.serve, "127.0.0.1", 0, limit=1 << 20)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        await asyncio.gather(*relay.connections)  # those of the dead


def populate(store: Store, count: int, *, odd: bool = True) -> None:
    """So many subscribers, a digest of one paper planned for each.

    ``odd``: some addresses are put off once, or do not exist.
    """
    now = utc_now()
    paper = Paper(key="arxiv:2611.00001", title="Graph networks", source="test")
    store.papers.add([paper], now)
    (paper,) = store.papers.by_keys([paper.key]).values()
    kinds = ["user"] * count
    if odd:
        kinds = ["grey" if n % 7 == 0 else "gone" if n % 50 == 3 else "user" for n in range(count)]
    plans = []
    for n, kind in enumerate(kinds):
        person = Subscriber(
            email=f"{kind}{n}@example.net",
            status=SubscriberStatus.ACTIVE,
            schedule=Schedule(hour=now.hour),
            next_due_at=now,
        )
        plans.append(_plan(store.subscribers.add(person, now), paper, now))
    assert len(store.digests.record(plans)) == count


def _plan(person: Subscriber, paper: Paper, now: datetime) -> DigestPlan:
    item = DigestItem(
        position=1, paper=paper, profile_id=None, profile_name="mine", score=0.5, reasons=()
    )
    digest = Digest(
        subscriber_id=person.stored_id,
        date=now.date(),
        due_at=now,
        prepared_at=now,
        papers_from=now - timedelta(days=1),
        papers_until=now,
        judged=1,
        items=(item,),
    )
    return DigestPlan(
        subscriber_id=person.stored_id,
        address=person.email,
        digests=(digest,),
        was_due_at=now,
        releases=0,
        next_due_at=now + timedelta(days=1),
    )


@dataclass
class Report:
    """What came of it: figures, and every disagreement in words."""

    deliveries: int
    kills: int
    states: Counter[str]
    accepted: int
    duplicates: int
    unknown_by_kill: int
    unknown_by_relay: int
    ambiguous: int
    faults: Counter[str]
    wrong: list[str]
    stops: int = 0  # gentle ones


def compare(store: Store, relay: ChaosRelay, kills: int) -> Report:
    """Hold the ledger against what the relay has taken, address by address."""
    deliveries = store.ledger.latest()
    unknown = [d for d in deliveries if d.state is DeliveryState.UNKNOWN]
    by_kill = sum(d.detail == _ENDED_BY_A_KILL for d in unknown)
    wrong = [f"{d.address}: {why}" for d in deliveries if (why := _disagreement(d, relay))]
    if len(unknown) - by_kill > relay.ambiguous:
        wrong.append(f"{len(unknown) - by_kill} unknown, {relay.ambiguous} left without answer")
    if strangers := set(relay.accepted) - {d.address for d in deliveries}:
        wrong.append(f"mails to strangers: {strangers}")
    return Report(
        deliveries=len(deliveries),
        kills=kills,
        states=Counter(str(d.state) for d in deliveries),
        accepted=len(relay.accepted),
        duplicates=sum(n - 1 for n in relay.accepted.values()),
        unknown_by_kill=by_kill,
        unknown_by_relay=len(unknown) - by_kill,
        ambiguous=relay.ambiguous,
        faults=relay.faults,
        wrong=wrong,
    )


def _disagreement(delivery: Delivery, relay: ChaosRelay) -> str:
    taken = relay.accepted[delivery.address]
    expected = {DeliveryState.SENT: (1,), DeliveryState.UNKNOWN: (0, 1)}
    if taken not in expected.get(delivery.state, (0,)):
        return f"taken {taken} times, the ledger says {delivery.state}: {delivery.detail}"
    if delivery.state in OPEN or not delivery.detail:
        return f"never ended: {delivery.state} {delivery.detail}"
    return ""


async def run(
    store: Store,
    folder: Path,
    *,
    kills: int,
    seed: int,
    most_mails: int = 30,
    number: int = signal.SIGKILL,
) -> Report:
    """Start senders and kill each at some moment, ``kills`` times; then let them finish."""
    relay, rng = ChaosRelay(random.Random(seed)), random.Random(seed + 1)
    done, ahead = 0, 0
    excess: list[str] = []
    async with AsyncExitStack() as stack:
        port = await stack.enter_async_context(serving(relay))
        settings = write_settings(folder, store, port=port, connections=CONNECTIONS)
        forkers = [await stack.enter_async_context(forking(settings)) for _ in range(2)]
        for _ in range(kills * 3):
            if done >= kills:
                break
            ahead += _A_ROUND // 2
            chosen = forkers if rng.random() < 0.25 else forkers[:1]
            before = cut_off(store)
            stopped = await _round(chosen, relay, rng, ahead, most_mails, number)
            killed = stopped if number == signal.SIGKILL else 0
            if (more := cut_off(store) - before) > killed * CONNECTIONS:
                excess.append(f"{more} more cut off on the wire by {killed} kills")
            done += stopped
        await _finish(store, forkers[0], relay, ahead)
    report = compare(store, relay, done if number == signal.SIGKILL else 0)
    report.wrong.extend(excess)
    return report


def cut_off(store: Store) -> int:
    """Deliveries that a sender's end left on the wire, recovered since or not."""
    return sum(
        d.state is DeliveryState.ON_WIRE or d.detail == _ENDED_BY_A_KILL
        for d in store.ledger.latest()
    )


async def _round(
    forkers: Sequence[Forker],
    relay: ChaosRelay,
    rng: random.Random,
    ahead: int,
    most_mails: int,
    number: int,
) -> int:
    """Start senders at once and stop them all at some moment; how many did not end before."""
    pids = [await forker.start(ahead) for forker in forkers]
    more = relay.accepted.total() + rng.randint(0, most_mails)
    ends = [asyncio.ensure_future(forker.ended()) for forker in forkers]
    waiting = asyncio.ensure_future(relay.wait_for(more))
    await asyncio.wait({waiting, *ends}, timeout=5, return_when=asyncio.FIRST_COMPLETED)
    waiting.cancel()
    await asyncio.sleep(rng.uniform(0, 0.05))
    for pid, end in zip(pids, ends, strict=True):
        if not end.done():
            with suppress(ProcessLookupError):
                os.kill(pid, number)
    codes = await asyncio.gather(*ends)
    assert {*codes} <= {0, -number}, codes
    return len(codes) if number == signal.SIGTERM else codes.count(-number)


async def _finish(store: Store, forker: Forker, relay: ChaosRelay, ahead: int) -> None:
    """Let senders run in peace until nothing is open."""
    relay.calm = True
    for turn in range(1, 40):
        await forker.start(ahead + turn * _A_ROUND)
        assert await forker.ended() == 0
        if not any(d.state in OPEN for d in store.ledger.latest()):
            return
