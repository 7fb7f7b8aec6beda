"""The sentence in which an abstract says what its paper contributes, found by its verbs.

Abstracts open with what is known and what is missing. A reader who decides in seconds wants the
sentence after that: "we introduce ...", "this paper shows ...". It is extracted, never generated.
"""

import re
from dataclasses import dataclass

from digestmail.text.plain import excerpt, sentence_starts

_SHORT = 3  # a sentence under a third of the limit is too short to stand alone
_EARLY = 0.7  # of the limit: what a paper does must begin before
_AUTHORS = r"(?:we|i|the authors?)"
_WORK = (
    r"(?:(?:this|the present|the current|our|my) (?:\w+ ){0,2}?(?:paper|work|article|study|letter"
    r"|note|survey|review|report|thesis|dissertation|manuscript|chapter|tutorial|research|approach"
    r"|method|framework|model|system|analysis|project|technique|algorithm)"
    r"|the (?:paper|article|study))"
)
_BETWEEN = (
    r"(?:,? (?:\w+ly|also|then|here|first|thus|hence|therefore|will|can|now|instead|further)){0,2}"
    r",? "
)
_INTRODUCE = (
    r"(?:propos|introduc|present|develop|design|build|built|releas|creat|devis|construct|launch)\w*"
)
_STATE = (
    rf"(?:{_INTRODUCE}|(?:show|demonstrat|find|found|prov|report|reveal|investigat|stud(?:y|ies)"
    r"|analy[sz]|explor|examin|address|aim|evaluat|compar|conduct|revisit|argu|extend|deriv|review"
    r"|survey|consider|ask|measur|appl(?:y|ies)|seek|tackl|focus|characteri[sz]|discuss|assess"
    r"|quantif|identif|estimat|perform|obtain|give|observ|discover|determin|compute|test|train|solv"
    r"|generali[sz]|bring|adapt|employ|leverag|utili[sz]|us(?:e|es|ing)|treat|answer|benchmark|audit"
    r"|unif(?:y|ies)|defin|summari[sz]|target|set out"
    r"|improv|achiev|add|challeng|state|attempt|claim|confirm|describ|formulat"
    r"|contribut|offer|provid|suggest|outlin|put forward|initiat|implement|establish|collect"
    r"|curat)\w*)"
)
_PASSIVE = (
    r"\b(?:is|are|was|were|has been|have been) (?:\w+ly |then |also )?"
    r"(?:proposed|introduced|presented|developed|designed|described|investigated|studied"
    r"|demonstrated)\b"
)


# "In this paper we" is about the paper whatever the verb; "our model" needs one that tells.
_HERE = (
    rf"(?:\b(?:in|with|through) {_WORK},?|\bhere,?) (?:\w+ ){{0,4}}?{_AUTHORS}{_BETWEEN}\w+"
    rf"|^(?:\w+, )?{_WORK}{_BETWEEN}{_STATE}"
    r"|^(?:this|the present) (?:paper|work|article|study|survey|letter|report|thesis) \w+s"
)
# From the surest sign of a contribution to the weakest.
_SIGNS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"\b(?:{_AUTHORS}|{_WORK}){_BETWEEN}{_INTRODUCE}\b|{_HERE}\b",
        rf"\b(?:{_AUTHORS}|{_WORK}){_BETWEEN}{_STATE}\b",
        _PASSIVE,
    )
)


@dataclass(frozen=True, slots=True)
class Contribution:
    """The sentence of a contribution in an abstract: where it stands, and its telling words."""

    start: int
    end: int
    sign: tuple[int, int]  # where "we introduce" begins and ends, both in the abstract


def contribution(abstract: str) -> Contribution | None:
    """Return where the sentence of the contribution stands in a plain abstract.

    What a paper introduces, or says to be its subject "in this paper", goes before what it shows;
    of equals the first counts. None if there is no such sentence.
    """
    starts = sentence_starts(abstract)
    spans = list(zip(starts, [*starts[1:], len(abstract)], strict=True))
    for sign in _SIGNS:
        for start, end in spans:
            if match := sign.search(abstract[start:end]):
                return Contribution(start, end, (start + match.start(), start + match.end()))
    return None


def summary(abstract: str, limit: int) -> str:
    """Return at most ``limit`` characters of an abstract, from the sentence of its contribution on.

    An abstract that fits is returned whole.
    """
    if len(abstract) <= limit:
        return abstract
    return excerpt(_from_contribution(abstract, limit), limit)


def contribution_line(abstract: str, limit: int) -> str:
    """Return the sentence of an abstract's contribution, else its first, in ``limit`` characters.

    The next sentence comes along where the first is short and both fit.
    """
    text = _from_contribution(abstract, limit)
    starts = [*sentence_starts(text)[1:], len(text)]
    enough = next(end for end in starts if end * _SHORT >= limit or end == len(text))
    return excerpt(text[:enough].rstrip(), limit)


def _from_contribution(abstract: str, limit: int) -> str:
    """Return an abstract from its contribution on.

    A sentence that comes to the point only after ``limit`` characters is cut before that clause.
    """
    sentence = contribution(abstract)
    if sentence is None:
        return abstract
    begin, end = sentence.sign
    if end - sentence.start <= limit * _EARLY:
        return abstract[sentence.start :]
    return f"…\u00a0{abstract[begin:]}"
