"""Acronyms and what texts define them as: "graph neural network (GNN)"."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

_SHORT = re.compile(r"\(\s*([^\W_][\w.&/-]{1,11})\s*(?:[,;][^()]{0,40})?\)")
_BEFORE = 160  # characters in which the long form is looked for
_AGREEING = 2 / 3  # of the texts that define an acronym, for it to mean one thing
_SENTENCE_END = re.compile(r"[.;:?!]\s")


def definitions(text: str) -> Iterator[tuple[str, str]]:
    """Yield (acronym, long form) as a text defines them.

    The algorithm of Schwartz and Hearst, "A simple algorithm for identifying abbreviation
    definitions in biomedical text" (PSB 2003).
    """
    for match in _SHORT.finditer(text):
        short = match.group(1).rstrip(".-/")
        if sum(map(str.isupper, short)) < 2:
            continue
        before = text[max(match.start() - _BEFORE, 0) : match.start()].rstrip()
        before = _SENTENCE_END.split(before)[-1]
        singular = short[:-1] if short.endswith("s") else short
        if long_form := _long_form(singular, before):
            yield singular, long_form


def _long_form(short: str, before: str) -> str:
    """Return the shortest end of a text that has the acronym's letters in order."""
    limit = min(len(short) + 5, len(short) * 2)
    words = before.split()[-limit:]
    text = " ".join(words)
    at = len(text) - 1
    for place in range(len(short) - 1, -1, -1):
        letter = short[place].lower()
        if not letter.isalnum():
            continue
        while at >= 0 and (
            text[at].lower() != letter or (place == 0 and at > 0 and text[at - 1].isalnum())
        ):
            at -= 1
        if at < 0:
            return ""
        at -= 1
    start = text.rfind(" ", 0, at + 1) + 1
    long_form = text[start:].strip("\"'“”‘’([ ")
    is_itself = short.lower() in long_form.lower().split()
    return "" if is_itself or len(long_form) <= len(short) else long_form


def is_acronym_of(short: str, words: Sequence[str]) -> bool:
    """Return whether a word is made of the first letters of others, or of letters of
    them in order.
    """
    text = " ".join(words)
    return sum(map(str.isupper, short)) > 1 and bool(_long_form(short.removesuffix("s"), text))


@dataclass(frozen=True, slots=True)
class Acronyms:
    """What the acronyms of some texts mean, where the texts agree."""

    long_forms: Mapping[str, str]  # by acronym


def acronyms(texts: Iterable[Iterable[tuple[str, str]]]) -> Acronyms:
    """Return the acronyms of texts from each one's definitions, those that mean one thing."""
    counts: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for defined in texts:
        for short, long_form in set(defined):
            counts[short][long_form] += 1
    agreed: dict[str, str] = {}
    for short, forms in counts.items():
        long_form, count = forms.most_common(1)[0]
        if count >= _AGREEING * forms.total():
            agreed[short] = long_form
    return Acronyms(agreed)
