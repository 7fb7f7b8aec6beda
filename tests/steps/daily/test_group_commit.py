"""Group commit: one write for all who wait, and nobody pays for another."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from threading import Event

import pytest
from patience import LONG, turns

from digestmail.errors import StoreError
from digestmail.steps.daily.group_commit import GroupCommit


@dataclass
class Book:
    """Writes numbers; negative ones cannot be written, and a full book takes none."""

    groups: list[list[int]] = field(default_factory=list)
    opened: Event = field(default_factory=Event)
    free: Event = field(default_factory=Event)
    full: bool = False
    short: bool = False

    def write(self, items: Sequence[int]) -> list[str]:
        self.opened.set()
        self.free.wait(LONG)
        self.groups.append(list(items))
        if self.full:
            raise StoreError("the book is full")
        if min(items) < 0:
            raise ValueError(f"{min(items)} is negative")
        return [f"wrote {item}" for item in items[self.short :]]


@pytest.fixture
def book() -> Book:
    """A book nobody else is writing in."""
    book = Book()
    book.free.set()
    return book


async def _all(book: Book, *items: int) -> list[str | BaseException]:
    write = GroupCommit(book.write)
    return await asyncio.gather(*map(write, items), return_exceptions=True)


async def test_who_comes_at_once_is_written_at_once(book: Book) -> None:
    assert await _all(book, 3, 1, 2) == ["wrote 3", "wrote 1", "wrote 2"]
    assert book.groups == [[3, 1, 2]]


async def test_who_comes_during_a_write_makes_the_next_group(book: Book) -> None:
    book.free.clear()
    write = GroupCommit(book.write)
    first = asyncio.create_task(write(1))
    await asyncio.to_thread(book.opened.wait, LONG)
    others = [asyncio.create_task(write(item)) for item in (5, 4, 6)]
    await turns()
    assert not first.done()
    book.free.set()
    assert await asyncio.gather(first, *others) == ["wrote 1", "wrote 5", "wrote 4", "wrote 6"]
    assert book.groups == [[1], [5, 4, 6]]


async def test_it_can_be_used_again_after_a_pause(book: Book) -> None:
    write = GroupCommit(book.write)
    assert await write(1) == "wrote 1"
    await asyncio.sleep(0)
    assert await write(2) == "wrote 2"


async def test_one_that_cannot_be_written_fails_alone(book: Book) -> None:
    first, second, third = await _all(book, 1, -2, 3)
    assert (first, third) == ("wrote 1", "wrote 3")
    assert isinstance(second, ValueError)
    assert book.groups == [[1, -2, 3], [1], [-2], [3]]


async def test_trouble_of_the_database_is_not_waited_for_once_more_by_each(book: Book) -> None:
    book.full = True
    errors = await _all(book, 1, 2, 3)
    assert all(isinstance(error, StoreError) for error in errors)
    assert book.groups == [[1, 2, 3], [1]]


async def test_too_few_answers_leave_nobody_waiting(book: Book) -> None:
    book.short = True
    async with asyncio.timeout(LONG):
        errors = await _all(book, 1, 2, 3)
    assert [str(error) for error in errors] == ["2 answers to 3 items"] * 3
    assert book.groups == [[1, 2, 3]]


async def test_one_who_goes_before_the_write_is_not_written(book: Book) -> None:
    book.free.clear()
    write = GroupCommit(book.write)
    first = asyncio.create_task(write(1))
    await asyncio.to_thread(book.opened.wait, LONG)
    second, third = asyncio.create_task(write(2)), asyncio.create_task(write(3))
    await asyncio.sleep(0)
    second.cancel()
    book.free.set()
    assert [await first, await third] == ["wrote 1", "wrote 3"]
    assert book.groups == [[1], [3]]


async def test_one_who_goes_during_the_write_takes_nobody_along(book: Book) -> None:
    book.free.clear()
    write = GroupCommit(book.write)
    first, second = (asyncio.create_task(write(item)) for item in (1, 2))
    await asyncio.to_thread(book.opened.wait, LONG)
    first.cancel()
    book.free.set()
    assert await second == "wrote 2"
    assert first.cancelled()
    assert book.groups == [[1, 2]]
