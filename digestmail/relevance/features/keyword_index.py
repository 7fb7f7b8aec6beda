"""Which phrases stand in which papers, for all keywords of all profiles at once."""

from collections import Counter
from collections.abc import Iterable, Sequence

import numpy as np
from scipy.sparse import csr_matrix

from digestmail.domain import Paper
from digestmail.relevance.parameters import PARAMETERS, ModelParameters
from digestmail.text import Phrase, phrase, readable, words


class KeywordIndex:
    """Finds every phrase in every paper. Immutable.

    Every n-gram of a paper is looked up in one dict, so the cost grows with the papers and
    hardly with the number of phrases.
    """

    def __init__(self, papers: Sequence[Paper]) -> None:
        self._forms = [(_Forms(paper.title), _Forms(paper.abstract)) for paper in papers]

    def matches(
        self, phrases: Sequence[Phrase], parameters: ModelParameters = PARAMETERS
    ) -> csr_matrix:
        """Return how strongly each phrase matches each paper, in (0, 1) (phrases x papers)."""
        lookups = _lookups(phrases)
        rows: list[int] = []
        columns: list[int] = []
        values: list[float] = []
        for column, (title, abstract) in enumerate(self._forms if phrases else ()):
            strengths = _strengths(title.count(lookups), abstract.count(lookups), parameters)
            rows += strengths
            columns += [column] * len(strengths)
            values += strengths.values()
        shape = (len(phrases), len(self._forms))
        return csr_matrix((values, (rows, columns)), shape=shape, dtype=np.float32)


_Lookups = dict[tuple[int, bool], dict[tuple[str, ...], int]]


def _lookups(phrases: Sequence[Phrase]) -> _Lookups:
    """The phrases' numbers by their words, apart for each length and way of matching."""
    lookups: _Lookups = {}
    for number, wanted in enumerate(phrases):
        lookups.setdefault((len(wanted.words), wanted.exact), {})[wanted.words] = number
    return lookups


class _Forms:
    """The words of one text, as they stand and in the singular."""

    __slots__ = ("_plain", "_stems")

    def __init__(self, text: str) -> None:
        found = words(readable(text))
        self._plain = [word.plain for word in found]
        self._stems = [word.stem for word in found]

    def count(self, lookups: _Lookups) -> Counter[int]:
        """How often each phrase stands here."""
        counts: Counter[int] = Counter()
        for (length, exact), numbers in lookups.items():
            forms = self._plain if exact else self._stems
            ngrams = zip(*(forms[start:] for start in range(length)), strict=False)
            counts.update(numbers[ngram] for ngram in ngrams if ngram in numbers)
        return counts


def _strengths(
    title: Counter[int], abstract: Counter[int], parameters: ModelParameters
) -> dict[int, float]:
    """Return the strength of each phrase in one paper, by its number."""
    strengths = {
        number: parameters.repeated_match if count >= 3 else parameters.abstract_match
        for number, count in abstract.items()
    }
    return strengths | dict.fromkeys(title, parameters.title_match)


def numbered(keywords: Iterable[Iterable[str]]) -> tuple[list[Phrase], csr_matrix]:
    """All distinct phrases of some keyword lists, and a 0/1 matrix (lists x phrases)."""
    numbers: dict[Phrase, int] = {}
    indices: list[int] = []
    starts = [0]
    for some in keywords:
        mine = (numbers.setdefault(p, len(numbers)) for p in map(phrase, some) if p.words)
        indices += dict.fromkeys(mine)  # in its own order: sums must not depend on other lists
        starts.append(len(indices))
    ones = np.ones(len(indices), dtype=np.float32)
    shape = (len(starts) - 1, len(numbers))
    return list(numbers), csr_matrix((ones, indices, starts), shape=shape)
