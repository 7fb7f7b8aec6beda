"""Group commit: what waits to be written at the same moment goes into one transaction."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from digestmail.errors import StoreError

_Item = TypeVar("_Item")
_Answer = TypeVar("_Answer")


class GroupCommit(Generic[_Item, _Answer]):
    """Writes items for many tasks of one event loop, each group in the order it came.

    ``write`` commits a group and gives an answer to each item. It must be able to write an item
    again: each of a group that fails is tried alone, though its commit may have been one. While
    one group is being written, in a thread, the next one gathers.
    """

    def __init__(self, write: Callable[[Sequence[_Item]], Sequence[_Answer]]) -> None:
        self._write = write
        self._waiting: list[tuple[_Item, asyncio.Future[_Answer]]] = []
        self._writer: asyncio.Task[None] | None = None

    async def __call__(self, item: _Item) -> _Answer:
        """Write an item; returns when it is committed, or raises why it could not be.

        Of one that is cancelled meanwhile nobody knows whether it was written.
        """
        answer: asyncio.Future[_Answer] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, answer))
        if self._writer is None:
            self._writer = asyncio.create_task(self._write_all())
        return await answer

    async def _write_all(self) -> None:
        try:
            while self._waiting:
                group, self._waiting = self._waiting, []
                if pending := [entry for entry in group if not entry[1].done()]:
                    await self._write_group(pending)
        finally:
            self._writer = None

    async def _write_group(self, group: list[tuple[_Item, asyncio.Future[_Answer]]]) -> None:
        answers: Sequence[_Answer | Exception]
        try:
            answers = await asyncio.to_thread(self._answers, [item for item, _ in group])
        except RuntimeError as error:  # the program has ended and takes up no work any more
            answers = [error] * len(group)
        if len(answers) != len(group):  # whose is whose, nobody knows; and nobody waits for ever
            answers = [ValueError(f"{len(answers)} answers to {len(group)} items")] * len(group)
        for (_, waiting), answer in zip(group, answers, strict=True):
            if waiting.done():
                continue
            if isinstance(answer, Exception):
                waiting.set_exception(answer)
            else:
                waiting.set_result(answer)

    def _answers(self, items: Sequence[_Item]) -> Sequence[_Answer | Exception]:
        """Return each item's answer or error: nobody's write fails for another's sake."""
        try:
            return self._write(items)
        except Exception as error:
            if len(items) == 1:
                return [error]
        answers: list[_Answer | Exception] = []
        for item in items:
            last = answers[-1] if answers else None
            # The database's own trouble (full, locked) is everybody's: each wait for it is long.
            answers += [last] if isinstance(last, StoreError) else self._answers([item])
        return answers
