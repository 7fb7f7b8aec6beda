"""Why a paper was picked, read off the sums that picked it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from digestmail.domain import Interest, Paper, Reason, ReasonKind
from digestmail.relevance.dense import Dense
from digestmail.text import Phrase, phrase, readable

_MOST_TERMS = 3
_MOST_LOOKED_AT = 12
_LEAST_SHARE = 0.08  # of what all terms brought: one that brought less explains nothing
_LEAST_SIMILAR = 0.12
_LEAST_FIELD = 0.3  # of a cosine: categories are named where they brought so much
# Terms too common in abstracts to be worth naming, however much they weighed.
_SAYS_NOTHING = frozenset(
    """
    achieve approach based benchmark better case compare complex consider data dataset
    demonstrate different effective efficient evaluate existing experiment faster find framework
    general given good help high higher important improve increase introduce known large larger
    learn learning low lower method model need new novel number obtain order paper
    performance possible present problem process propose provide reduce report require research
    result set show significant simple slow slower small smaller state strong stronger study
    suggest system task technique time train training upper use using value various way weak
    work
    """.split()  # noqa: SIM905 - words read better than a list of strings
)


@dataclass(frozen=True, slots=True)
class Parts:
    """The parts of the evidence for some (profile, paper) pairs, one row a pair."""

    keywords: csr_matrix  # pairs x phrases: evidence of each keyword hit
    terms: csr_matrix  # pairs x terms: each term's part of the likeness
    categories: csr_matrix  # pairs x categories: the same of each category


class Explainer:
    """Turns parts of sums into reasons.

    ``names`` and ``categories`` tell each pair's terms and categories by column.
    """

    def __init__(
        self,
        parts: Parts,
        phrases: Sequence[Phrase],
        names: Sequence[Mapping[int, str]],
        categories: Sequence[Mapping[int, str]],
    ) -> None:
        self._parts = parts
        self._phrases = phrases
        self._names = names
        self._categories = categories

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

    def likeness(self, pair: int, said: Sequence[str], evidence: float) -> list[Reason]:
        """The terms, those already said left out, and the categories that made the likeness.

        ``evidence``: what all of them brought.
        """
        terms, brought = _speaking(self._parts.terms, pair)
        codes, added = _speaking(self._parts.categories, pair)
        total = float(brought.sum() + added.sum())
        if not total:
            return []
        told = (*self._terms(pair, terms, brought, said), *self._field(pair, codes, added, total))
        return [one._replace(weight=one.weight / total * evidence) for one in told]

    def _terms(
        self, pair: int, terms: list[int], brought: NDArray[np.float32], said: Sequence[str]
    ) -> list[Reason]:
        known = " ".join(" ".join(phrase(word).words) for word in said)
        named: list[str] = []
        whole, least = 0.0, _LEAST_SHARE * float(brought.sum())
        for column, weight in zip(terms, brought[:_MOST_LOOKED_AT].tolist(), strict=False):
            if weight < least or len(named) == _MOST_TERMS:
                break
            name = self._names[pair].get(column, "")
            if _tells(name, [*named, known]):
                named = [*(n for n in named if n not in name.split()), name]
                whole += weight
        return [Reason(ReasonKind.TERMS, tuple(named), whole)] if named else []

    def _field(
        self, pair: int, codes: list[int], added: NDArray[np.float32], total: float
    ) -> list[Reason]:
        known = self._categories[pair]
        weights = {c: w for c, w in zip(codes, added.tolist(), strict=True) if c in known}
        whole = sum(weights.values())
        if not weights or whole < _LEAST_FIELD * total:
            return []
        least = max(weights.values()) / _MOST_TERMS
        named = [known[column] for column, weight in weights.items() if weight >= least]
        return [Reason(ReasonKind.FIELD, tuple(named[:_MOST_TERMS]), whole)]

    def heaviest_term(self, pair: int, evidence: float) -> list[Reason]:
        """The one term that weighed most, for papers of which nothing better can be said."""
        terms, brought = _speaking(self._parts.terms, pair)
        name = self._names[pair].get(terms[0]) if terms else None
        if name is None:
            return []
        share = float(brought[0] / brought[::-1].sum())
        return [Reason(ReasonKind.TERMS, (name,), share * evidence)]


def _speaking(parts: csr_matrix, pair: int) -> tuple[list[int], NDArray[np.float32]]:
    """The columns that speak for the paper, the strongest first, and what each brought."""
    columns, weights = _row(parts, pair)
    order = np.lexsort((columns, -weights))[: np.count_nonzero(weights > 0)]
    return columns[order].tolist(), weights[order]


def _tells(name: str, said: Sequence[str]) -> bool:
    if all(word in _SAYS_NOTHING for word in name.split()):
        return False
    return not any(f" {name} " in f" {other} " for other in said)


def similar(alike: Dense, liked: Sequence[Paper], share: Dense) -> list[list[Reason]]:
    """For each of some papers the liked or seed paper that it resembles most, if it does.

    ``alike`` has their cosines (papers x liked), ``share`` what each liked paper has in what speaks
    for a paper; that is the reason's weight.
    """
    return [
        [Reason(ReasonKind.SIMILAR, (readable(liked[one].title),), float(part[one]))]
        if near[one] >= _LEAST_SIMILAR and liked[one].title
        else []
        for near, part, one in zip(alike, share, alike.argmax(axis=1).tolist(), strict=True)
    ]


def _row(matrix: csr_matrix, row: int) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    start, end = matrix.indptr[row], matrix.indptr[row + 1]
    return matrix.indices[start:end], matrix.data[start:end]
