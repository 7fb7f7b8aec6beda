"""Keywords to suggest: the words and phrases that example papers have in common."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from digestmail.domain import Interest, Paper, Profile
from digestmail.steps.insight.recent_model import RecentModel
from digestmail.text import phrase, readable, words

# Words of abstracts that make no phrase worth looking for.
_EMPTY = frozenset(
    ["approach", "baseline", "benchmark", "challenge", "method", "performance", "result", "task"]
)


@dataclass(frozen=True, slots=True)
class SuggestionParameters:
    """How many keywords are suggested.

    ``keywords`` are as many as fit into two lines of buttons. ``terms`` are the strongest of the
    examples, among which keywords are chosen; ``examples`` are as many as are read, to be quick.
    """

    keywords: int = 8
    terms: int = 40
    examples: int = 100


def suggested_keywords(
    recent: RecentModel,
    seeds: Sequence[Paper],
    keywords: Sequence[str] = (),
    parameters: SuggestionParameters | None = None,
) -> tuple[str, ...]:
    """Return the words and phrases that the examples have and other papers lack, best first.

    They are spelled as in most of the examples. None of them is in ``keywords`` already.
    """
    parameters = parameters or SuggestionParameters()
    examples = [seed for seed in seeds if seed.title][: parameters.examples]
    if not examples or not recent.papers:
        return ()
    interest = Interest(profile=Profile(), seeds=tuple(examples))
    spellings = _spellings(examples)
    known = {phrase(keyword).words for keyword in keywords}
    known |= {(word,) for stems in known for word in stems}
    least = min(len(examples), 2)
    weights: dict[str, float] = {}
    for term in recent.strongest(interest, parameters.terms):
        papers = spellings.get(term.what, Counter()).total()
        is_new = tuple(term.what.split()) not in known
        if term.kind == "term" and term.weight > 0 and papers >= least and is_new:
            weights[term.what] = term.weight * papers
    pairs = {term for term in weights if " " in term and not _EMPTY & set(term.split())}
    best = sorted(pairs or weights, key=lambda term: (-weights[term], term))
    return tuple(spellings[term].most_common(1)[0][0] for term in best[: parameters.keywords])


def _spellings(papers: Sequence[Paper]) -> dict[str, Counter[str]]:
    """Return how words and pairs of neighbours are spelled, by their stems; once for each paper."""
    spellings: dict[str, Counter[str]] = {}
    for paper in papers:
        first_spellings: dict[str, str] = {}
        for text in map(readable, (paper.title, paper.abstract)):
            tokens = words(text)
            for word in tokens:
                first_spellings.setdefault(word.stem, text[word.start : word.end].lower())
            for first, second in pairwise(tokens):
                if text[first.end : second.start] in (" ", "-"):
                    spelling = text[first.start : second.end].lower()
                    first_spellings.setdefault(f"{first.stem} {second.stem}", spelling)
        for stem, spelling in first_spellings.items():
            spellings.setdefault(stem, Counter())[spelling] += 1
    return spellings
