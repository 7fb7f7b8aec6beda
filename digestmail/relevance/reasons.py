"""Why a paper was picked, read off the sums that picked it."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix, vstack

from digestmail.domain import Interest, Paper, Reason, ReasonKind
from digestmail.text import Phrase, phrase, readable

_MOST_TERMS = 3
_LEAST_SHARE = 0.08  # of a cosine: a term that brought less explains nothing
_LEAST_SIMILAR = 0.12
# Terms too common in abstracts to be worth naming, however much they weighed.
_SAYS_NOTHING = frozenset(
    """
    approach achieve based benchmark complex data dataset demonstrate different effective
    efficient evaluate existing experiment framework high improve introduce large learn learning
    low method model new novel paper performance present problem process propose provide research
    result set show simple state study system task technique time train training use using
    various work
    """.split()  # noqa: SIM905 - words read better than a list of strings
)


@dataclass(frozen=True, slots=True)
class Parts:
    """The parts of the evidence for some (profile, paper) pairs, one row a pair."""

    keywords: csr_matrix  # pairs x phrases: evidence of each keyword hit
    terms: csr_matrix  # pairs x terms: each term's part of the cosine
    evidence_of_terms: NDArray[np.float32]  # what the whole cosine brought


class Explainer:
    """Turns the parts of one block's sums into reasons."""

    def __init__(self, parts: Parts, phrases: Sequence[Phrase], names: NDArray[np.object_]) -> None:
        self._parts = parts
        self._phrases = phrases
        self._names = names

    def keywords(self, pair: int, interest: Interest) -> list[Reason]:
        """The keywords that hit, in the reader's own spelling, strongest first."""
        columns, weights = _row(self._parts.keywords, pair)
        if not len(columns):
            return []
        spelled = {phrase(k): k.strip('"“” ') for k in reversed(interest.profile.keywords)}
        named = (spelled[self._phrases[column]] for column in columns)
        strongest = sorted(zip(weights.tolist(), named, strict=True), key=lambda k: (-k[0], k[1]))
        weight = sum(weight for weight, _ in strongest)
        return [Reason(ReasonKind.KEYWORD, tuple(name for _, name in strongest), weight)]

    def terms(self, pair: int, said: Sequence[str]) -> list[Reason]:
        """The terms that made most of the likeness, those already said left out."""
        columns, weights = _row(self._parts.terms, pair)
        order = np.lexsort((columns, -weights))
        total = float(weights[order].sum())
        known = " ".join(" ".join(phrase(word).words) for word in said)
        named: list[str] = []
        share = 0.0
        for at in order[:12]:
            name = str(self._names[columns[at]])
            if weights[at] < _LEAST_SHARE * total or len(named) == _MOST_TERMS:
                break
            if _tells(name, [*named, known]):
                named = [*(n for n in named if n not in name.split()), name]
                share += float(weights[at]) / total
        if not named:
            return []
        weight = share * float(self._parts.evidence_of_terms[pair])
        return [Reason(ReasonKind.TERMS, tuple(named), weight)]

    def heaviest_term(self, pair: int) -> list[Reason]:
        """The one term that weighed most, for papers of which nothing better can be said."""
        columns, weights = _row(self._parts.terms, pair)
        heaviest = np.lexsort((columns, -weights))[0]
        share = float(weights[heaviest] / np.sort(weights).sum())
        weight = share * float(self._parts.evidence_of_terms[pair])
        return [Reason(ReasonKind.TERMS, (str(self._names[columns[heaviest]]),), weight)]


def _tells(name: str, said: Sequence[str]) -> bool:
    if all(word in _SAYS_NOTHING for word in name.split()):
        return False
    return not any(f" {name} " in f" {other} " for other in said)


def similar(
    vectors: Sequence[csr_matrix], liked: Sequence[Paper], paper: csr_matrix
) -> list[Reason]:
    """The liked or seed paper that a paper resembles most, if it does."""
    likeness = (vstack(vectors) @ paper.T).toarray().ravel()
    best = int(likeness.argmax())
    if likeness[best] < _LEAST_SIMILAR:
        return []
    return [Reason(ReasonKind.SIMILAR, (readable(liked[best].title),), float(likeness[best]))]


def _row(matrix: csr_matrix, row: int) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    start, end = matrix.indptr[row], matrix.indptr[row + 1]
    return matrix.indices[start:end], matrix.data[start:end]
