"""The evidence for each paper and each of some profiles, part by part.

Independent hints combine as in a noisy-or (Pearl, *Probabilistic Reasoning in Intelligent Systems*,
1988): a paper's value is ``1 - (1 - p) (1 - q) ...`` for the probability that each hint gives by
itself, so their evidence ``-log(1 - p)`` adds up. A linear model's probability is logistic in its
evidence; the constants are from readers' libraries, of which each paper's fate is known.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from digestmail.domain import Interest, Paper, Profile
from digestmail.relevance.dense import Dense
from digestmail.relevance.phrases import PhraseIndex
from digestmail.relevance.prior import Prior
from digestmail.relevance.rules import Rules
from digestmail.relevance.space import Space
from digestmail.relevance.terms import analyse, single
from digestmail.relevance.wishes import Wishes
from digestmail.text import Phrase

_SLOPE, _START = 0.6, -3.4  # of the log-odds that a paper is liked, by the linear model's evidence
_MOST_ODDS = 80.0  # their logarithm: more is no float
_COMMON = 0.3  # a keyword that hits this share of the papers tells the least
_FEW = 30  # papers: of so few each may well have the same keyword
_LEAST = 0.3  # how much of its evidence such a keyword keeps: in a title it still makes a mail
CATEGORY_ONLY = 0.8  # evidence for a paper when categories are all that was chosen
_PART = 4.0  # the power of the part of a keyword that a paper has
_SCATTERED = 0.7  # what all its words are worth where they do not stand together
_APART = 0.3  # how far a keyword is believed at least, where no liked paper has it
_SEEN = 0.1  # the part of the likes that has it, from where on it is not
_PLENTY = 4.0  # of what a linear model finds: where words alone tell, more is worth little more
_NOTABLE = 0.02  # values below are not worth a second look: the least threshold of the form
_DIGITS = 4  # of evidence: those behind depend on which profiles are multiplied together

_Indices = NDArray[np.int64]


@dataclass(slots=True)
class Ground:
    """What is known of some papers, whoever reads them."""

    papers: Sequence[Paper]
    index: PhraseIndex
    space: Space
    rules: Rules
    prior: Prior


@dataclass(frozen=True, slots=True)
class Keywords:
    """The keywords of some interests, and where they hit."""

    phrases: Sequence[Phrase]
    wanted: csr_matrix  # interests x phrases: which are theirs
    told: csr_matrix  # phrases x papers: the evidence of each hit
    common: Dense  # (phrases,): see ``commonness``
    barred: csr_matrix  # interests x papers: above 0 where an excluded keyword stands
    required: csr_matrix  # the same of required ones


class Sums:
    """The sums of some interests (rows) over all papers (columns)."""

    def __init__(
        self, ground: Ground, interests: Sequence[Interest], wishes: Wishes, keywords: Keywords
    ) -> None:
        self.ground = ground
        self.interests = interests
        self.wishes = wishes
        self.phrases, self.told = keywords.phrases, keywords.told
        self.wanted = _believed(keywords, wishes, ground.space)
        self.barred: NDArray[np.bool_] = keywords.barred.toarray() > 0
        self._required = keywords.required
        self.by_keywords: Dense = (self.wanted @ self.told).toarray()
        self.by_categories = self._categories()
        self._found = wishes.evidence(ground.space)
        self.linear = self._linear()
        self.evidence: Dense = self.linear + self.by_keywords + self.by_categories

    def _categories(self) -> Dense:
        evidence = np.zeros_like(self.by_keywords)
        for row, interest in enumerate(self.interests):
            if chose_categories_only(interest):
                chosen = self.ground.rules.in_categories(interest.profile.categories)
                evidence[row] = CATEGORY_ONLY * chosen
        return evidence

    def _linear(self) -> Dense:
        """The evidence of the linear models; none for a paper without a word they know."""
        space, wishes = self.ground.space, self.wishes
        linear = of_linear(eased(self._found, wishes.only_typed[:, None]))
        linear[~wishes.tells] = 0
        linear[:, np.diff(space.papers.indptr) == 0] = 0
        # Dislikes put in order what something else speaks for, and speak for nothing themselves.
        named = self.by_keywords + self.by_categories > 0
        return np.where(wishes.hopes[:, None] | named, linear, 0)

    @cached_property
    def added(self) -> Dense:
        """What upvotes and age add."""
        return self.ground.prior.evidence(self.evidence)

    @cached_property
    def doubt(self) -> Dense:
        """What is taken where keywords are all that was typed, and a paper has but a part of one.

        Looked at only where the paper would be worth a look, whatever the threshold.
        """
        doubt = np.zeros_like(self.linear)
        values = value_of(self.evidence + self.added)
        doubtful = (self.by_keywords == 0) & (self.linear > 0) & self._keywords_only[:, None]
        rows, columns = np.nonzero(doubtful & (values >= _NOTABLE))
        if len(rows):
            doubt[rows, columns] = self._doubted(rows, columns)
        return doubt

    def _doubted(self, rows: _Indices, columns: _Indices) -> Dense:
        """The doubt of some pairs of interest and paper."""
        typed, space = self.wishes.typed, self.ground.space
        of_terms = np.asarray(typed.terms[rows].multiply(space.papers[columns]).sum(axis=1)).ravel()
        of_themes = np.einsum("ij,ij->i", typed.themes[rows], space.paper_themes[columns])
        by_words = np.maximum(of_terms + of_themes - typed.offset[rows], 0)
        found = self._found[rows, columns] - (1 - self._covered(rows, columns)) * by_words
        left = of_linear(eased(found, self.wishes.only_typed[rows]))
        doubted: Dense = np.round(self.linear[rows, columns] - left, _DIGITS)
        return doubted

    def _covered(self, rows: _Indices, columns: _Indices) -> Dense:
        """What part papers without a keyword have of one, by the rarity of its words."""
        space, asked = self.ground.space, np.unique(self.wanted.indices)
        words = [analyse(" ".join(self.phrases[at].words)) for at in asked]
        has = space.texts.astype(bool).T
        parts = csr_matrix(space.shares_of_words(words) @ has).power(_PART)
        summed = csr_matrix(self.wanted[:, asked].astype(bool) @ parts)
        found = np.asarray(summed[rows, columns], dtype=np.float32).ravel()
        covered: Dense = _SCATTERED * np.minimum(found, 1)
        return covered

    @cached_property
    def _keywords_only(self) -> NDArray[np.bool_]:
        """(profiles,): whether keywords are all that was typed."""
        return np.array([typed_keywords_only(interest.profile) for interest in self.interests])

    @cached_property
    def considered(self) -> Dense:
        """The evidence with all that is added and taken."""
        return self.evidence + self.added - self.doubt

    @cached_property
    def values(self) -> Dense:
        """The scores."""
        return value_of(np.round(self.considered, _DIGITS))

    def wanted_by_rules(self, row: int) -> NDArray[np.bool_]:
        """The papers of the chosen categories that have a required keyword."""
        wanted = self.ground.rules.wanted(self.interests[row])
        if self.interests[row].profile.required_keywords:
            wanted = wanted & (self._required[row].toarray().ravel() > 0)
        return wanted


def value_of(evidence: Dense) -> Dense:
    """The scores that evidence stands for."""
    values: Dense = -np.expm1(-np.maximum(evidence, 0))
    return values


def of_linear(found: Dense) -> Dense:
    """The evidence ``-log(1 - p)`` of what a linear model finds, over that of an average paper."""
    odds = np.exp(np.minimum(_SLOPE * found + _START, _MOST_ODDS))
    evidence = np.log1p(odds)  # 8 times as fast as logaddexp
    above: Dense = np.maximum(evidence - np.logaddexp(0, _START), 0).astype(np.float32)
    return above


def eased(found: Dense, typed_only: Dense) -> Dense:
    """What a linear model finds, less of what is beyond plenty the more it is by words alone.

    A rare word in passing is as far above the average as a paper can be, and yet no more than that.
    """
    beyond = np.maximum(found - _PLENTY, 0)
    left: Dense = found - typed_only * (beyond - np.log1p(beyond))
    return left


def commonness(hits: csr_matrix) -> Dense:
    """How near each phrase comes to hitting everywhere (phrases x papers), in [0, 1]."""
    share = hits.getnnz(axis=1) / ((hits.shape[1] + _FEW) * _COMMON)
    common: Dense = np.minimum(share, 1).astype(np.float32)
    return common


def evidence_of_hits(hits: csr_matrix, common: Dense) -> csr_matrix:
    """Evidence of keyword hits (phrases x papers), less where a keyword hits everywhere."""
    weights = np.repeat(1 - (1 - _LEAST) * common, np.diff(hits.indptr))
    evidence = hits.copy()
    evidence.data = (-np.log1p(-hits.data) * weights).astype(np.float32)
    return evidence


def _believed(keywords: Keywords, wishes: Wishes, space: Space) -> csr_matrix:
    """The phrases of each interest, and how far they are believed.

    The more papers are liked, the more these show what was meant. But of what none of them has
    they tell nothing: it keeps a part of its say, the less, the more papers have it.
    """
    wanted = keywords.wanted.tocoo()
    unseen = np.clip(1 - _shown(keywords, wishes, space) / _SEEN, 0, 1)
    apart = _APART * unseen * (1 - keywords.common[wanted.col])
    apart *= 1 - wishes.only_typed[wanted.row]
    believed = np.maximum(wishes.said[wanted.row], apart)
    return csr_matrix((wanted.data * believed, (wanted.row, wanted.col)), shape=wanted.shape)


def _shown(keywords: Keywords, wishes: Wishes, space: Space) -> Dense:
    """The part of an interest's likes that has the rarest word of a phrase among them, for each
    phrase wanted; none where any word of it is in no paper."""
    wanted, near = keywords.wanted.tocoo(), wishes.near
    shown = np.zeros(wanted.nnz, dtype=np.float32)
    asked, places = np.unique(wanted.col, return_inverse=True)
    words = _whole(space, [keywords.phrases[at] for at in asked])[places]
    pairs = np.flatnonzero(np.diff(words.indptr))
    if len(pairs) and near.liked.nnz:
        columns = np.unique(words.indices)
        having = near.library.having(near.liked, columns)
        rows = np.repeat(wanted.row, np.diff(words.indptr))
        parts = np.asarray(having[rows, np.searchsorted(columns, words.indices)]).ravel()
        shown[pairs] = np.minimum.reduceat(parts, words.indptr[pairs])
    return shown


def _whole(space: Space, phrases: Sequence[Phrase]) -> csr_matrix:
    """The words of phrases (phrases x terms); none of one that has a word no paper has."""
    terms = [analyse(" ".join(one.words)) for one in phrases]
    words = space.words_of(terms)
    number = np.array([len(single(some)) for some in terms])
    known = np.diff(words.indptr)
    words.data *= np.repeat(known == number, known)
    words.eliminate_zeros()
    return words


def chose_categories_only(interest: Interest) -> bool:
    """Whether all that was told of a profile at its start are categories."""
    profile = interest.profile
    told = (profile.keywords, profile.interests, interest.seeds)
    return bool(profile.categories) and not any(told)


def typed_keywords_only(profile: Profile) -> bool:
    """Whether keywords are all that was typed of what papers are to be like."""
    return bool(profile.keywords) and not (profile.interests or profile.required_keywords)
