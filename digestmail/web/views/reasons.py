"""Why a paper was picked, in words and as bars."""

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
    ReasonKind.EXPLORATION: N_("something different: %(what)s"),
}
_STRENGTHS = {
    Strength.STRONG: N_("strong match"),
    Strength.GOOD: N_("good match"),
    Strength.MAYBE: N_("maybe"),
}
_MUCH, _SOME = 0.5, 0.2  # of what all reasons weigh


@dataclass(frozen=True, slots=True)
class ReasonLine:
    """A reason; ``share`` is its part of what all of them weigh, in [0, 1]."""

    words: str
    share: float
    weighs: str  # "much", "some", "little", or empty where it was no matter of weight


def reason_words(reason: Reason, words: Words) -> str:
    """A reason as ``Reason.words`` has it, in any language."""
    return words.gettext(_REASONS[reason.kind], what=words.listed(reason.details))


def why_line(item: DigestItem, words: Words) -> str:
    """The reasons in one line, as ``render.papers.why`` has them in the mail."""
    reasons = [r for r in item.reasons if r.details and r.kind is not ReasonKind.TRENDING]
    parts = [_briefly(reason, words) for reason in reasons]
    if item.strength and parts:
        parts.insert(0, words.gettext(_STRENGTHS[item.strength]))
    return clean("; ".join(parts), _WHY)


def _briefly(reason: Reason, words: Words) -> str:
    if reason.kind is not ReasonKind.EXPLORATION:
        return reason_words(reason, words)
    message = N_("at the edge of your profile, with %(what)s")
    return words.gettext(message, what=words.listed(reason.details))


def reason_lines(item: DigestItem, words: Words) -> list[ReasonLine]:
    """The reasons of a pick, the weightiest first; before them a followed author, who is a rule."""
    some = [reason for reason in item.reasons if reason.details]
    some.sort(key=lambda reason: (reason.kind is not ReasonKind.AUTHOR, -reason.weight))
    return [_line(reason, some, words) for reason in some]


def _line(reason: Reason, all_: Sequence[Reason], words: Words) -> ReasonLine:
    whole = sum(max(one.weight, 0) for one in all_)
    share = max(reason.weight, 0) / whole if whole else 0.0
    weighs = "much" if share >= _MUCH else "some" if share >= _SOME else "little"
    said = clean(reason_words(reason, words), _WHY)
    return ReasonLine(said[:1].upper() + said[1:], round(share, 3), weighs if share else "")
