"""The topics of a paper that a reader may mute: phrases of its title and what it abbreviates."""

from collections.abc import Iterator, Sequence
from itertools import pairwise

from digestmail.domain import Paper, Profile
from digestmail.text import definitions, phrase, readable, words
from digestmail.text.phrases import FUNCTION_WORDS

_MAX_TOPICS = 6  # that fit into two lines of buttons
# Words that make no topic, whatever stands beside them.
_EMPTY = frozenset(
    """
    approach based benchmark case evidence framework improved improving method model new novel
    problem result review study survey system toward towards using via
    """.split()  # noqa: SIM905
)


def topics(paper: Paper, profile: Profile) -> tuple[str, ...]:
    """Return phrases of a paper, the likeliest topics first, without a profile's own keywords."""
    known = {phrase(keyword).words for keyword in (*profile.keywords, *profile.excluded_keywords)}
    chosen: dict[tuple[str, ...], str] = {}
    for candidate in _candidates(paper):
        stems = phrase(candidate).words
        if stems and stems not in known:
            chosen.setdefault(stems, candidate)
    return tuple(chosen.values())[:_MAX_TOPICS]


def _candidates(paper: Paper) -> Iterator[str]:
    title, abstract = readable(paper.title), readable(paper.abstract)
    mentioned = {phrase(pair).words for pair in _pairs(abstract)}
    pairs = list(_pairs(title))
    repeated = [pair for pair in pairs if phrase(pair).words in mentioned]
    yield from repeated or pairs
    yield from (long_form for _, long_form in definitions(abstract))


def _pairs(text: str) -> Sequence[str]:
    """Return neighbouring words that can be a topic together, as they are written, lower case."""
    tokens = words(text)
    return [
        text[first.start : second.end].lower()
        for first, second in pairwise(tokens)
        if text[first.end : second.start] in (" ", "-")
        and not {first.plain, second.plain} & (FUNCTION_WORDS | _EMPTY)
        and not (first.plain.isdigit() or second.plain.isdigit())
    ]
