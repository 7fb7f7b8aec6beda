"""The links between the pages of a long list, as ``web/_papers.html`` shows them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

_PAGE_SIZE = 50  # entries of a subscriber's list
_Item = TypeVar("_Item")


@dataclass(frozen=True, slots=True)
class Pager:
    """The place of a page in its list; ``before`` and ``after`` are addresses, or empty."""

    number: int
    last: int
    before: str
    after: str


def paginate(items: Sequence[_Item], number: int, path: str) -> tuple[Sequence[_Item], Pager]:
    """Return the items of a page, or of the last one where there are fewer, and its pager."""
    last = max(-(-len(items) // _PAGE_SIZE), 1)
    number = min(number, last)
    before = f"{path}?page={number - 1}" if number > 1 else ""
    after = f"{path}?page={number + 1}" if number < last else ""
    page = items[(number - 1) * _PAGE_SIZE : number * _PAGE_SIZE]
    return page, Pager(number, last, before, after)
