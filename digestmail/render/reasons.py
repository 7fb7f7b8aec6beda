"""The reasons for a paper, in the words of a language."""

from digestmail.domain import REASON_MESSAGES, Reason, ReasonKind
from digestmail.i18n import N_
from digestmail.render.locale import Words
from digestmail.text import excerpt

_SHORT_MESSAGES = {  # for a list of titles
    ReasonKind.KEYWORD: N_("keyword: %(what)s"),
    ReasonKind.AUTHOR: N_("by %(what)s"),
    ReasonKind.CATEGORY: N_("in %(what)s"),
    ReasonKind.TERMS: N_("about %(what)s"),
    ReasonKind.FIELD: N_("in %(what)s, like papers you liked"),
    ReasonKind.THEME: N_("about %(what)s"),
    ReasonKind.MEANING: N_("close to your interests"),
    ReasonKind.SIMILAR: N_("like “%(what)s”"),
    ReasonKind.TRENDING: N_("%(what)s upvotes"),
    ReasonKind.READERS: N_("liked by %(what)s readers here"),
    ReasonKind.CENTRAL: N_("central among %(what)s new papers"),
    ReasonKind.EXPLORATION: N_("at the edge of your interests"),
    ReasonKind.NEW_VERSION: REASON_MESSAGES[ReasonKind.NEW_VERSION],
    ReasonKind.PUBLISHED: REASON_MESSAGES[ReasonKind.PUBLISHED],
}
_COUNTED = {ReasonKind.TRENDING, ReasonKind.READERS, ReasonKind.CENTRAL}  # details are numbers
_SHORT_DETAILS = 2  # named in a short phrase
_SHORT_DETAIL = 45  # characters of each: a liked paper's title takes two lines of a phone

# Where a label above the paper says already that it is something different.
_EDGE = N_("at the edge of your profile: %(what)s")


def reason_words(reason: Reason, words: Words) -> str:
    """Return a reason as ``Reason.words`` has it, in any language."""
    return _filled(REASON_MESSAGES[reason.kind], reason, words)


def brief_reason(reason: Reason, words: Words) -> str:
    """Return a reason as it stands beside its paper."""
    is_labelled = reason.kind is ReasonKind.EXPLORATION
    return _filled(_EDGE, reason, words) if is_labelled else reason_words(reason, words)


def short_reason(reason: Reason, words: Words) -> str:
    """Return a reason in a few words, for a list of titles."""
    details = tuple(excerpt(text, _SHORT_DETAIL) for text in reason.details[:_SHORT_DETAILS])
    return _filled(_SHORT_MESSAGES[reason.kind], Reason(reason.kind, details), words)


def _filled(message: str, reason: Reason, words: Words) -> str:
    details = reason.details
    if reason.kind in _COUNTED:
        details = tuple(words.grouped(int(n)) if n.isdecimal() else n for n in details)
    return words.gettext(message, what=words.listed(details))
