"""Turns for costly work: so many at once, the others in order, and none lost."""

import asyncio

import pytest

from digestmail.web.shared.capacity import Capacity, CapacityError, CapacityLimits


class Work:
    """Requests that hold their turn until they are let go."""

    def __init__(self, capacity: Capacity) -> None:
        self.capacity = capacity
        self.running: list[str] = []
        self.ends: dict[str, asyncio.Event] = {}
        self.tasks: dict[str, asyncio.Task[None]] = {}

    async def begin(self, name: str, network: str = "") -> None:
        """Begin a request, and let it come as far as it can."""
        self.ends[name] = asyncio.Event()
        self.tasks[name] = asyncio.create_task(self._run(name, network or name))
        await settle()

    async def _run(self, name: str, network: str) -> None:
        async with self.capacity.turn(network):
            self.running.append(name)
            await self.ends[name].wait()
            self.running.remove(name)

    async def end(self, name: str) -> None:
        self.ends[name].set()
        await self.tasks[name]
        await settle()


async def settle() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


async def test_the_longest_waiting_is_next() -> None:
    work = Work(Capacity(CapacityLimits(running=2, waiting=9)))
    for name in "abcde":
        await work.begin(name)
    assert work.running == ["a", "b"]
    await work.end("b")
    assert work.running == ["a", "c"]
    await work.end("a")
    await work.end("c")
    assert work.running == ["d", "e"]
    await work.end("d")
    await work.end("e")
    await work.begin("f")
    assert work.running == ["f"]
    await work.end("f")


async def test_a_full_queue_refuses() -> None:
    work = Work(Capacity(CapacityLimits(running=1, waiting=1)))
    for name in "abc":
        await work.begin(name)
    with pytest.raises(CapacityError) as refused:
        await work.tasks["c"]
    assert not refused.value.network
    await work.end("a")
    await work.end("b")


async def test_a_network_has_a_share_and_leaves_the_rest_to_others() -> None:
    work = Work(Capacity(CapacityLimits(running=1, waiting=9, per_network=2)))
    for name in "abc":
        await work.begin(name, "crowd")
    with pytest.raises(CapacityError) as refused:
        await work.tasks["c"]
    assert refused.value.network
    await work.begin("x", "alone")
    for name in "ab":
        await work.end(name)
    assert work.running == ["x"]
    await work.begin("d", "crowd")
    for name in "xd":
        await work.end(name)


async def test_who_gives_up_leaves_the_queue() -> None:
    work = Work(Capacity(CapacityLimits(running=1, waiting=2)))
    for name in "abc":
        await work.begin(name)
    work.tasks["b"].cancel()
    await settle()
    await work.end("a")
    assert work.running == ["c"]
    await work.end("c")
    await work.begin("d")
    assert work.running == ["d"]
    await work.end("d")


async def test_a_turn_that_comes_as_its_request_gives_up_goes_on() -> None:
    work = Work(Capacity(CapacityLimits(running=1, waiting=2)))
    for name in "abc":
        await work.begin(name)
    work.ends["a"].set()
    await asyncio.sleep(0)  # the turn of b is given in this moment
    work.tasks["b"].cancel()
    await settle()
    assert work.running == ["c"]
    await work.end("c")


async def test_patience_has_an_end() -> None:
    capacity = Capacity(CapacityLimits(running=1, patience=0))
    async with capacity.turn("a"):
        with pytest.raises(CapacityError):
            async with capacity.turn("b"):
                raise AssertionError("no turn was free")
    async with capacity.turn("b"):
        pass


async def test_a_failure_gives_its_turn_back() -> None:
    capacity = Capacity(CapacityLimits(running=1, waiting=0))
    for _ in range(2):
        with pytest.raises(ValueError, match="broken"):
            async with capacity.turn("a"):
                raise ValueError("broken")


def test_event_loops_share_it() -> None:
    capacity = Capacity(CapacityLimits(running=1))

    async def use() -> None:
        async with capacity.turn("a"):
            await asyncio.sleep(0)

    for _ in range(3):
        asyncio.run(use())
