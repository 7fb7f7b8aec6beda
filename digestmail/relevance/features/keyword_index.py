"""Which keywords stand in which papers, for all keywords of all profiles at once."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.sparse import csr_matrix, vstack

from digestmail.domain import Paper
from digestmail.relevance.features.vocabulary import Vocabulary
from digestmail.relevance.parameters import PARAMETERS, ModelParameters
from digestmail.text import (
    Acronyms,
    Expression,
    Form,
    Operator,
    Phrase,
    PhraseMatcher,
    acronyms,
    definitions,
    expression,
    forms,
    phrase,
    readable,
)

_ByPhrase = dict[Phrase, dict[int, float]]  # the strength of each in papers, by position
_MOST_REMEMBERED = 65_536  # phrases: of a day's profiles, and of those that visitors try; 20 MB
_REPEATED = 3  # times in an abstract, from which on it is what a paper is about


@dataclass(frozen=True, slots=True)
class KeywordHits:
    """In how many papers a keyword stands; ``correction`` is the spelling that was meant."""

    keyword: str
    papers: int
    correction: str = ""


class KeywordIndex:
    """Finds every keyword in every paper. Threads may share it.

    An acronym is also found by what the papers define it as, and the reverse.
    """

    def __init__(self, papers: Sequence[Paper], parameters: ModelParameters = PARAMETERS) -> None:
        self._parameters = parameters
        self._remembered: dict[tuple[Phrase, bool], dict[int, float]] = {}
        texts = [(readable(paper.title), readable(paper.abstract)) for paper in papers]
        self._forms = [(forms(title), forms(abstract)) for title, abstract in texts]
        self._definitions = [
            [(short, long_form.lower()) for short, long_form in definitions(abstract)]
            for _, abstract in texts
        ]

    def __getstate__(self) -> dict[str, object]:
        """Return the index without what it remembers of phrases asked for."""
        state = ("_parameters", "_forms", "_definitions")
        return {name: self.__dict__[name] for name in state} | {"_remembered": {}}

    def with_parameters(self, parameters: ModelParameters) -> "KeywordIndex":
        """Return the index of the same papers with other strengths of matches."""
        index = copy(self)
        index._parameters = parameters
        index._remembered = {}  # the strengths are others
        return index

    @cached_property
    def _acronyms(self) -> tuple[Mapping[str, Phrase], Mapping[tuple[str, ...], list[Phrase]]]:
        """Return what each acronym means, by its lower case, and the acronyms of each long form."""
        defined: Acronyms = acronyms(
            [(short, " ".join(phrase(long_form).words)) for short, long_form in pairs]
            for pairs in self._definitions
        )
        meanings: dict[str, Phrase] = {}
        shorts: dict[tuple[str, ...], list[Phrase]] = {}
        for short, long_form in defined.long_forms.items():
            meanings[" ".join(phrase(short).words)] = phrase(long_form)
            shorts.setdefault(phrase(long_form).words, []).append(phrase(short))
        return meanings, shorts

    def matches(self, keywords: Sequence[Expression], *, families: bool = True) -> csr_matrix:
        """Return how strongly each keyword matches each paper, in (0, 1) (keywords x papers).

        ``families``: whether words of the same family match too, more weakly.
        """
        phrases = list(dict.fromkeys(p for keyword in keywords for p in _leaves(keyword)))
        strengths = self._strengths_of(phrases, families=families)
        shape = (1, len(self._forms))
        rows = [_row(keyword, strengths, shape) for keyword in keywords]
        empty = csr_matrix((0, len(self._forms)), dtype=np.float32)
        return csr_matrix(vstack([empty, *rows], format="csr", dtype=np.float32))

    def remember(self, keywords: Iterable[str], *, families: bool = True) -> None:
        """Find keywords that are soon asked for, at once: papers are read once for all of them."""
        read = {expression(keyword) for keyword in keywords}
        phrases = dict.fromkeys(p for keyword in read for p in _leaves(keyword))
        self._strengths_of(list(phrases), families=families)

    def hits(self, keywords: Sequence[str]) -> "tuple[KeywordHits, ...]":
        """Return in how many papers keywords stand, and what was meant by those in none."""
        counts = self.matches([expression(keyword) for keyword in keywords]).getnnz(axis=1)
        return tuple(
            KeywordHits(keyword, int(count), "" if count else self._correction(keyword))
            for keyword, count in zip(keywords, counts, strict=True)
        )

    def _correction(self, keyword: str) -> str:
        corrected = self._vocabulary.corrected(keyword)
        return corrected if corrected != keyword and self._papers_with(corrected) else ""

    def _papers_with(self, keyword: str) -> int:
        return int(self.matches([expression(keyword)]).getnnz())

    @cached_property
    def _vocabulary(self) -> Vocabulary:
        return Vocabulary(
            frozenset(form.plain for form in (*title, *abstract)) for title, abstract in self._forms
        )

    def _strengths_of(self, phrases: Sequence[Phrase], *, families: bool) -> _ByPhrase:
        """Return the strengths of phrases; those asked for of late are remembered."""
        rows = {query: self._remembered.get((query, families)) for query in phrases}
        known: _ByPhrase = {query: row for query, row in rows.items() if row is not None}
        missing = [query for query in phrases if query not in known]
        fresh: _ByPhrase = {query: {} for query in missing}
        numbers, matcher = self._matcher(missing)
        for column, (title, abstract) in enumerate(self._forms if missing else ()):
            strengths = _strengths(
                _counts(matcher, title, numbers, families=families),
                _counts(matcher, abstract, numbers, families=families),
                self._parameters,
            )
            for number, strength in strengths.items():
                fresh[missing[number]][column] = strength
        if len(self._remembered) + len(fresh) > _MOST_REMEMBERED:
            self._remembered.clear()
        self._remembered.update({(query, families): row for query, row in fresh.items()})
        return known | fresh

    def _matcher(self, phrases: Sequence[Phrase]) -> tuple[list[int], PhraseMatcher]:
        """Return what finds phrases and what means the same, and whose number each has."""
        meanings, shorts = self._acronyms
        numbers = list(range(len(phrases)))
        alternatives: list[Phrase] = []
        for number, query in enumerate(phrases):
            if query.exact or query.beginnings:
                continue
            same = list(shorts.get(query.words, ()))
            if meaning := meanings.get(" ".join(query.words)):
                same.append(meaning)
            numbers += [number] * len(same)
            alternatives += same
        return numbers, PhraseMatcher([*phrases, *alternatives])


_Counts = tuple[Counter[int], set[int]]  # how often each phrase stands, and which only by family


def _counts(
    matcher: PhraseMatcher, text: Sequence[Form], numbers: Sequence[int], *, families: bool
) -> _Counts:
    counts: Counter[int] = Counter()
    related: set[int] = set()
    for match in matcher.matches(text, families=families):
        if match.is_family:
            related.add(numbers[match.number])
        else:
            counts[numbers[match.number]] += 1
    return counts, related - counts.keys()


def _strengths(title: _Counts, abstract: _Counts, parameters: ModelParameters) -> dict[int, float]:
    """Return the strength of each phrase in one paper, by its number."""
    weak = parameters.family_match
    strengths = dict.fromkeys(abstract[1], weak * parameters.abstract_match)
    strengths |= dict.fromkeys(title[1], weak * parameters.title_match)
    for number, count in abstract[0].items():
        is_repeated = count >= _REPEATED
        strengths[number] = max(
            parameters.repeated_match if is_repeated else parameters.abstract_match,
            strengths.get(number, 0.0),
        )
    return strengths | dict.fromkeys(title[0], parameters.title_match)


def _leaves(keyword: Expression) -> Iterable[Phrase]:
    """Return all phrases of a keyword, also those that are not wanted."""
    if keyword.phrase:
        return (keyword.phrase,)
    return [phrase for operand in keyword.operands for phrase in _leaves(operand)]


def _row(keyword: Expression, strengths: _ByPhrase, shape: tuple[int, int]) -> csr_matrix:
    """Return the matches of a keyword with all papers (1 x papers)."""
    row = _strength(keyword, strengths)
    columns = list(row)
    values = np.fromiter(row.values(), dtype=np.float32, count=len(row))
    return csr_matrix((values, ([0] * len(row), columns)), shape=shape, dtype=np.float32)


def _strength(keyword: Expression, strengths: _ByPhrase) -> Mapping[int, float]:
    """Return how strongly an expression matches papers: AND as its weakest operand does."""
    if keyword.phrase:
        return strengths[keyword.phrase]
    positive = [op for op in keyword.operands if op.operator is not Operator.NOT]
    rows = [_strength(operand, strengths) for operand in positive]
    if keyword.operator is Operator.OR:
        papers = sorted({paper for row in rows for paper in row})
        return {paper: max(row.get(paper, 0.0) for row in rows) for paper in papers}
    barred = {
        paper
        for operand in keyword.operands
        if operand.operator is Operator.NOT
        for paper in _strength(operand.operands[0], strengths)
    }
    both = set(rows[0]).intersection(*rows[1:]) - barred if rows else set()
    return {paper: min(row[paper] for row in rows) for paper in sorted(both)}


def numbered(keywords: Iterable[Iterable[str]]) -> tuple[list[Expression], csr_matrix]:
    """Return all distinct keywords of some lists, and a 0/1 matrix (lists x keywords)."""
    numbers: dict[Expression, int] = {}
    by_text: dict[str, int] = {}
    indices: list[int] = []
    starts = [0]
    for texts in keywords:
        row: dict[int, None] = {}  # in its own order: sums must not depend on other lists
        for text in texts:
            if text not in by_text and (read := expression(text)).phrases:
                by_text[text] = numbers.setdefault(read, len(numbers))
            if text in by_text:
                row[by_text[text]] = None
        indices += row
        starts.append(len(indices))
    values = np.ones(len(indices), dtype=np.float32)
    shape = (len(starts) - 1, len(numbers))
    return list(numbers), csr_matrix((values, indices, starts), shape=shape)
