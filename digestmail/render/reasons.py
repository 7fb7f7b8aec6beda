"""The reasons for a paper, in the words of a language."""

from digestmail.domain import REASON_MESSAGES, Reason, ReasonKind
from digestmail.i18n import N_
from digestmail.render.locale import Words

# Where a label above the paper says already that it is something different.
_EDGE = N_("at the edge of your profile: %(what)s")


def reason_words(reason: Reason, words: Words) -> str:
    """Return a reason as ``Reason.words`` has it, in any language."""
    return _filled(REASON_MESSAGES[reason.kind], reason, words)


def brief_reason(reason: Reason, words: Words) -> str:
    """Return a reason as it stands beside its paper."""
    is_labelled = reason.kind is ReasonKind.EXPLORATION
    return _filled(_EDGE, reason, words) if is_labelled else reason_words(reason, words)


def _filled(message: str, reason: Reason, words: Words) -> str:
    return words.gettext(message, what=words.listed(reason.details))
