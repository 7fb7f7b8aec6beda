"""The reasons for a pick, in words and as bars."""

from collections.abc import Sequence
from dataclasses import dataclass

from digestmail.domain import DigestItem, Reason, ReasonKind, Strength
from digestmail.i18n import N_
from digestmail.render.locale import Words
from digestmail.render.paper_view import clean

_WHY = 300
_REASONS = {
    ReasonKind.KEYWORD: N_("matches %(what)s"),
    ReasonKind.AUTHOR: N_("by %(what)s, whom you follow"),
    ReasonKind.CATEGORY: N_("in %(what)s, which you chose"),
    ReasonKind.TERMS: N_("shares %(what)s with your profile"),
    ReasonKind.FIELD: N_("in %(what)s, as papers you liked"),
    ReasonKind.THEME: N_("near what you read, with %(what)s"),
    ReasonKind.MEANING: N_("close in meaning to “%(what)s”"),
    ReasonKind.SIMILAR: N_("like “%(what)s”, which you liked"),
    ReasonKind.TRENDING: N_("trending: %(what)s upvotes"),
    ReasonKind.READERS: N_("liked or saved by %(what)s readers here"),
    ReasonKind.CENTRAL: N_("central among %(what)s new papers"),
    ReasonKind.EXPLORATION: N_("something different: %(what)s"),
}
_STRENGTHS = {
    Strength.STRONG: N_("strong match"),
    Strength.GOOD: N_("good match"),
    Strength.MAYBE: N_("maybe"),
}
_LARGE_SHARE, _FAIR_SHARE = 0.5, 0.2


@dataclass(frozen=True, slots=True)
class ReasonLine:
    """A reason; ``share`` is its part of what all of them weigh, in [0, 1]."""

    words: str
    share: float
    weighs: str  # "much", "some", "little", or empty where it was no matter of weight


def reason_words(reason: Reason, words: Words) -> str:
    """Return a reason as ``Reason.words`` has it, in any language."""
    return words.gettext(_REASONS[reason.kind], what=words.listed(reason.details))


def why_line(item: DigestItem, words: Words) -> str:
    """Return the reasons in one line, as the mail has them."""
    reasons = [r for r in item.reasons if r.details and r.kind is not ReasonKind.TRENDING]
    phrases = [_briefly(reason, words) for reason in reasons]
    if item.strength and phrases:
        phrases.insert(0, words.gettext(_STRENGTHS[item.strength]))
    return clean("; ".join(phrases), _WHY)


def _briefly(reason: Reason, words: Words) -> str:
    if reason.kind is not ReasonKind.EXPLORATION:
        return reason_words(reason, words)
    message = N_("at the edge of your profile, with %(what)s")
    return words.gettext(message, what=words.listed(reason.details))


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
