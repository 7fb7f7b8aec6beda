"""The reasons for a pick, in words and as bars."""

from collections.abc import Sequence
from dataclasses import dataclass

from digestmail.domain import DigestItem, Reason, ReasonKind
from digestmail.render.cleaning import clean
from digestmail.render.locale import Words
from digestmail.render.reasons import reason_words

_WHY = 300
_LARGE_SHARE, _FAIR_SHARE = 0.5, 0.2


@dataclass(frozen=True, slots=True)
class ReasonLine:
    """A reason; ``share`` is its part of what all of them weigh, in [0, 1]."""

    words: str
    share: float
    weighs: str  # "much", "some", "little", or empty where it was no matter of weight


def reason_lines(item: DigestItem, words: Words) -> list[ReasonLine]:
    """Return the reasons of a pick, the weightiest first.

    A followed author comes before them, as that is a rule.
    """
    reasons = [reason for reason in item.reasons if reason.details]
    reasons.sort(key=lambda reason: (reason.kind is not ReasonKind.AUTHOR, -reason.weight))
    return [_line(reason, reasons, words) for reason in reasons]


def _line(reason: Reason, reasons: Sequence[Reason], words: Words) -> ReasonLine:
    total = sum(max(candidate.weight, 0) for candidate in reasons)
    share = max(reason.weight, 0) / total if total else 0.0
    weighs = "much" if share >= _LARGE_SHARE else "some" if share >= _FAIR_SHARE else "little"
    text = clean(reason_words(reason, words), _WHY)
    return ReasonLine(text[:1].upper() + text[1:], round(share, 3), weighs if share else "")
