"""Which phrases stand in which papers, for all keywords of all profiles at once."""

from collections import Counter
from collections.abc import Iterable, Sequence
from functools import cached_property

import numpy as np
from scipy.sparse import csr_matrix

from digestmail.domain import Paper
from digestmail.text import Phrase, phrase, readable, words

# What a hit tells, by where it is; a keyword in the title says what a paper is about.
TITLE = 0.65
ABSTRACT_OFTEN = 0.5  # three times and more
ABSTRACT = 0.38


class PhraseIndex:
    """A sparse matrix (phrases x papers) of what each hit of a phrase tells.

    Every n-gram of a paper is looked up in one dict, so the cost grows with the papers and
    hardly with the number of phrases.
    """

    def __init__(self, papers: Sequence[Paper]) -> None:
        self._papers = papers

    @cached_property
    def _forms(self) -> list[tuple["_Forms", "_Forms"]]:
        """The words of titles and abstracts."""
        return [(_Forms(paper.title), _Forms(paper.abstract)) for paper in self._papers]

    def hits(self, phrases: Sequence[Phrase]) -> csr_matrix:
        """What each phrase in each paper tells, in (0, 1), shape (phrases, papers)."""
        if not phrases:
            return csr_matrix((0, len(self._papers)), dtype=np.float32)
        lookups = _lookups(phrases)
        rows: list[int] = []
        columns: list[int] = []
        values: list[float] = []
        for column, (title, abstract) in enumerate(self._forms):
            for row, value in _tell(title.count(lookups), abstract.count(lookups)).items():
                rows.append(row)
                columns.append(column)
                values.append(value)
        shape = (len(phrases), len(self._papers))
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


def _tell(title: Counter[int], abstract: Counter[int]) -> dict[int, float]:
    told = {row: ABSTRACT_OFTEN if n >= 3 else ABSTRACT for row, n in abstract.items()}
    return told | dict.fromkeys(title, TITLE)


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
