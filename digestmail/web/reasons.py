"""Why a paper was picked, in words and as bars."""

from collections.abc import Sequence
from dataclasses import dataclass

from digestmail.domain import DigestItem, Reason
from digestmail.render.papers import clean

_WHY = 300
_MUCH, _SOME = 0.5, 0.2  # of what all reasons weigh


@dataclass(frozen=True, slots=True)
class ReasonLine:
    """A reason; ``share`` is its part of what all of them weigh, in [0, 1]."""

    words: str
    share: float
    weighs: str  # "much", "some", "little", or empty where it was no matter of weight


def reason_lines(item: DigestItem) -> list[ReasonLine]:
    """The reasons of a pick, the weightiest first."""
    told = sorted((r for r in item.reasons if r.details), key=lambda r: -r.weight)
    return [_line(reason, told) for reason in told]


def _line(reason: Reason, all_: Sequence[Reason]) -> ReasonLine:
    whole = sum(max(one.weight, 0) for one in all_)
    share = max(reason.weight, 0) / whole if whole else 0.0
    weighs = "much" if share >= _MUCH else "some" if share >= _SOME else "little"
    words = clean(reason.words, _WHY)
    return ReasonLine(words[:1].upper() + words[1:], round(share, 3), weighs if share else "")
