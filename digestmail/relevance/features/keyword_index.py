"""Which keywords stand in which papers, for all keywords of all profiles at once."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.sparse import csr_matrix, vstack

from digestmail.domain import Paper
from digestmail.relevance.features.arrays import Dense
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

_REPEATED = 3  # times in an abstract, from which on it is what a paper is about


@dataclass(frozen=True, slots=True)
class KeywordHits:
    """In how many papers a keyword stands; ``correction`` is the spelling that was meant."""

    keyword: str
    papers: int
    correction: str = ""


class KeywordIndex:
    """Finds every keyword in every paper. Immutable.

    An acronym is also found by what the papers define it as, and the reverse.
    """

    def __init__(self, papers: Sequence[Paper]) -> None:
        texts = [(readable(paper.title), readable(paper.abstract)) for paper in papers]
        self._forms = [(forms(title), forms(abstract)) for title, abstract in texts]
        self._definitions = [
            [(short, long_form.lower()) for short, long_form in definitions(abstract)]
            for _, abstract in texts
        ]

    @cached_property
    def _acronyms(self) -> tuple[Mapping[str, Phrase], Mapping[tuple[str, ...], list[Phrase]]]:
        """What each acronym means, by its lower case, and the acronyms of each long form."""
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

    def matches(
        self,
        keywords: Sequence[Expression],
        parameters: ModelParameters = PARAMETERS,
        *,
        families: bool = True,
    ) -> csr_matrix:
        """Return how strongly each keyword matches each paper, in (0, 1) (keywords x papers).

        ``families``: whether words of the same family match too, more weakly.
        """
        phrases = list(dict.fromkeys(p for keyword in keywords for p in _leaves(keyword)))
        found = self._phrase_matches(phrases, parameters, families=families)
        row_of = {wanted: row for row, wanted in enumerate(phrases)}
        rows = [_row(keyword, found, row_of) for keyword in keywords]
        empty = csr_matrix((0, len(self._forms)), dtype=np.float32)
        return csr_matrix(vstack([empty, *rows], format="csr", dtype=np.float32))

    def hits(self, keyword: str) -> "KeywordHits":
        """Return in how many papers a keyword stands, and what it was meant to be where in none."""
        papers = self._papers_with(keyword)
        corrected = "" if papers else self._vocabulary.corrected(keyword)
        is_better = corrected not in ("", keyword) and self._papers_with(corrected) > 0
        return KeywordHits(keyword, papers, corrected if is_better else "")

    def _papers_with(self, keyword: str) -> int:
        return int(self.matches([expression(keyword)]).getnnz())

    @cached_property
    def _vocabulary(self) -> Vocabulary:
        return Vocabulary(
            frozenset(form.plain for form in (*title, *abstract)) for title, abstract in self._forms
        )

    def _phrase_matches(
        self, phrases: Sequence[Phrase], parameters: ModelParameters, *, families: bool
    ) -> csr_matrix:
        numbers, matcher = self._matcher(phrases)
        rows: list[int] = []
        columns: list[int] = []
        values: list[float] = []
        for column, (title, abstract) in enumerate(self._forms if phrases else ()):
            strengths = _strengths(
                _counts(matcher, title, numbers, families=families),
                _counts(matcher, abstract, numbers, families=families),
                parameters,
            )
            rows += strengths
            columns += [column] * len(strengths)
            values += strengths.values()
        shape = (len(phrases), len(self._forms))
        return csr_matrix((values, (rows, columns)), shape=shape, dtype=np.float32)

    def _matcher(self, phrases: Sequence[Phrase]) -> tuple[list[int], PhraseMatcher]:
        """Return what finds phrases and what means the same, and whose number each has."""
        meanings, shorts = self._acronyms
        numbers = list(range(len(phrases)))
        alternatives: list[Phrase] = []
        for number, wanted in enumerate(phrases):
            if wanted.exact or wanted.beginnings:
                continue
            same = list(shorts.get(wanted.words, ()))
            if meaning := meanings.get(" ".join(wanted.words)):
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
    return [wanted for part in keyword.parts for wanted in _leaves(part)]


def _row(keyword: Expression, found: csr_matrix, row_of: Mapping[Phrase, int]) -> csr_matrix:
    """Return the matches of a keyword with all papers (1 x papers)."""
    if keyword.phrase:
        return found[row_of[keyword.phrase]]
    return csr_matrix(_strength(keyword, found, row_of)[None, :])


def _strength(keyword: Expression, found: csr_matrix, row_of: Mapping[Phrase, int]) -> Dense:
    """Return how strongly an expression matches each paper: AND as its weakest part does."""
    if keyword.phrase:
        return np.asarray(found[row_of[keyword.phrase]].toarray(), dtype=np.float32).ravel()
    positive = [part for part in keyword.parts if part.operator is not Operator.NOT]
    strengths = [_strength(part, found, row_of) for part in positive]
    if not strengths:
        return np.zeros(found.shape[1], dtype=np.float32)
    if keyword.operator is Operator.OR:
        result: Dense = np.max(strengths, axis=0)
        return result
    result = np.min(strengths, axis=0)
    for part in keyword.parts:
        if part.operator is Operator.NOT:
            result = np.where(_strength(part.parts[0], found, row_of) > 0, 0, result)
    return result


def numbered(keywords: Iterable[Iterable[str]]) -> tuple[list[Expression], csr_matrix]:
    """All distinct keywords of some lists, and a 0/1 matrix (lists x keywords)."""
    numbers: dict[Expression, int] = {}
    by_text: dict[str, int] = {}
    indices: list[int] = []
    starts = [0]
    for texts in keywords:
        own: dict[int, None] = {}  # in its own order: sums must not depend on other lists
        for text in texts:
            if text not in by_text and (read := expression(text)).phrases:
                by_text[text] = numbers.setdefault(read, len(numbers))
            if text in by_text:
                own[by_text[text]] = None
        indices += own
        starts.append(len(indices))
    ones = np.ones(len(indices), dtype=np.float32)
    shape = (len(starts) - 1, len(numbers))
    return list(numbers), csr_matrix((ones, indices, starts), shape=shape)
