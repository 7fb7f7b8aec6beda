"""The lexical model: keyword hits and TF-IDF likeness, added up as evidence.

Evidence adds up in the exponent, so that independent hints combine as in a noisy-or
(Pearl, *Probabilistic Reasoning in Intelligent Systems*, 1988):

    value = 1 - exp(-(keyword evidence + evidence of likeness - evidence of dislikes))

Everything is a sparse product over a block of profiles; no profile is scored by itself.
"""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from digestmail.domain import Interest, Paper, Reason, ReasonKind, Score
from digestmail.relevance.phrases import PhraseIndex, numbered
from digestmail.relevance.reasons import Explainer, Parts, similar
from digestmail.relevance.rules import Rules, in_category
from digestmail.relevance.terms import TermSpace
from digestmail.text import Phrase

BLOCK = 1024  # profiles whose dense scores are held at once: 6 MB for 1,500 papers
_COSINE = 0.15  # the cosine whose evidence is 1, a value of 0.63
_COMMON = 0.3  # a keyword that hits this share of the papers tells the least
_LEAST = 0.4  # how much of its evidence such a keyword keeps
_CATEGORY_ONLY = 0.8  # evidence for a paper when categories are all that was chosen
_LEAST_VALUE = 0.0001  # at any threshold something must speak for a paper; less rounds to nothing
_UNLIKE = 0.5  # what likeness to disliked papers takes, against what likeness to liked ones gives
_DOUBT = 0.65  # the part of its evidence that likeness by a single term loses
_NOTABLE = 0.05  # values below are not worth a second look

_Dense = NDArray[np.float32]


class LexicalScorer:
    """Scores the papers it was made for; the same papers and profiles give the same scores."""

    def __init__(self, papers: Sequence[Paper]) -> None:
        self._papers = papers
        self._index = PhraseIndex(papers)
        self._space = TermSpace(papers)
        self._rules = Rules(papers)

    def score(self, interests: Sequence[Interest]) -> list[tuple[Score, ...]]:
        """See the Scorer seam. Cheapest with thousands of interests at a time."""
        if not self._papers:
            return [()] * len(interests)
        phrases, wanted = numbered(i.profile.keywords for i in interests)
        excluded_phrases, excluded = numbered(i.profile.excluded_keywords for i in interests)
        told = _evidence_of(self._index.hits(phrases))
        forbidden = self._index.hits(excluded_phrases)
        scores: list[tuple[Score, ...]] = []
        for start in range(0, len(interests), BLOCK):
            rows = slice(start, start + BLOCK)
            block = _Block(self, interests[rows], phrases, wanted[rows], told)
            scores += block.scores((excluded[rows] @ forbidden).toarray() > 0)
        return scores


class _Block:
    """The sums of one block of interests over all papers."""

    def __init__(
        self,
        scorer: LexicalScorer,
        interests: Sequence[Interest],
        phrases: Sequence[Phrase],
        wanted: csr_matrix,
        told: csr_matrix,
    ) -> None:
        self._papers, self._space, self._rules = scorer._papers, scorer._space, scorer._rules
        self._interests = interests
        self._phrases = phrases
        self._wanted = wanted
        self._told = told
        self._profiles = self._space.profiles(interests)
        self._of_terms = _evidence_of_cosine(self._profiles @ self._space.papers.T)
        self._of_keywords: _Dense = (wanted @ told).toarray()
        self._values = self._sum()
        self._doubt_single_terms()

    def _sum(self) -> _Dense:
        evidence = self._of_keywords + self._of_terms
        for row, interest in enumerate(self._interests):
            if _chose_categories_only(interest):
                evidence[row] += _CATEGORY_ONLY * self._rules.in_categories(
                    interest.profile.categories
                )
        values: _Dense = -np.expm1(-np.maximum(evidence - self._against(), 0))
        return values

    def _against(self) -> _Dense | float:
        """Evidence against papers like the disliked ones; near twins lose most, a field little."""
        if not any(interest.disliked for interest in self._interests):
            return 0.0
        disliked = self._space.disliked(self._interests)
        return _UNLIKE * _evidence_of_cosine(disliked @ self._space.papers.T)

    def _doubt_single_terms(self) -> None:
        """Weigh likeness less where one term makes most of it: it may mean something else there.

        Looked at only where it decides: no keyword vouches for the paper, and it would pass.
        """
        least = np.array([[interest.profile.threshold] for interest in self._interests])
        alone = self._of_keywords == 0
        rows, columns = np.nonzero(alone & (self._values >= np.maximum(least, _NOTABLE)))
        shares = self._profiles[rows].multiply(self._space.papers[columns]).tocsr()
        total = np.maximum(np.asarray(shares.sum(axis=1)).ravel(), 1e-9)
        largest = shares.max(axis=1).toarray().ravel() / total
        before = self._of_terms[rows, columns]
        after = before * (1 - _DOUBT * largest**3)
        self._of_terms[rows, columns] = after
        values = self._values[rows, columns]
        self._values[rows, columns] = 1 - (1 - values) * np.exp(before - after)

    def scores(self, forbidden: NDArray[np.bool_]) -> list[tuple[Score, ...]]:
        """The picks of each interest, ``forbidden`` (interests x papers) left out."""
        followed = [self._rules.followed(interest) for interest in self._interests]
        picked = [
            self._pick(row, forbidden[row], list(followed[row]))
            for row in range(len(self._interests))
        ]
        reasons = self._reasons(picked, followed)
        return [
            tuple(self._score(row, paper, followed[row], next(reasons)) for paper in papers)
            for row, papers in enumerate(picked)
        ]

    def _pick(
        self, row: int, forbidden: NDArray[np.bool_], followed: list[int]
    ) -> NDArray[np.int64]:
        """The best papers of one interest, best first, those of followed authors before all."""
        interest, rules = self._interests[row], self._rules
        allowed = rules.unseen(interest) & ~forbidden & ~rules.excluded(interest)
        good = allowed & rules.wanted(interest)
        good &= self._values[row] >= max(interest.profile.threshold, _LEAST_VALUE)
        pinned = np.zeros_like(good)
        pinned[followed] = True
        candidates = np.flatnonzero(good | (pinned & allowed))
        order = np.lexsort((-self._values[row, candidates], ~pinned[candidates]))
        return candidates[order[: interest.profile.max_papers]]

    def _score(
        self, row: int, paper: int, followed: dict[int, list[str]], reasons: list[Reason]
    ) -> Score:
        value = round(float(self._values[row, paper]), 4)
        return Score(int(paper), value, paper in followed, tuple(reasons))

    def _reasons(
        self, picked: list[NDArray[np.int64]], followed: list[dict[int, list[str]]]
    ) -> Iterator[list[Reason]]:
        """The reasons of all picks, in their order."""
        rows = np.repeat(np.arange(len(picked)), [len(papers) for papers in picked])
        columns = np.concatenate([*picked, np.zeros(0, dtype=np.int64)])
        parts = Parts(
            csr_matrix(self._wanted[rows].multiply(csr_matrix(self._told.T)[columns])),
            csr_matrix(self._profiles[rows].multiply(self._space.papers[columns])),
            self._of_terms[rows, columns],
        )
        explainer = Explainer(parts, self._phrases, self._space.names)
        for pair, (row, paper) in enumerate(zip(rows, columns, strict=True)):
            yield self._explain(
                explainer, pair, self._interests[int(row)], int(paper), followed[row]
            )

    def _explain(
        self,
        explainer: Explainer,
        pair: int,
        interest: Interest,
        paper: int,
        followed: dict[int, list[str]],
    ) -> list[Reason]:
        reasons = []
        if paper in followed:
            reasons.append(Reason(ReasonKind.AUTHOR, tuple(followed[paper]), 1.0))
        keywords = explainer.keywords(pair, interest)
        reasons += keywords
        if _chose_categories_only(interest):
            reasons += self._category(interest, paper)
        reasons += self._similar(interest, paper)
        reasons += explainer.terms(pair, [d for r in keywords for d in r.details])
        return reasons or explainer.heaviest_term(pair)

    def _similar(self, interest: Interest, paper: int) -> list[Reason]:
        liked = [*interest.seeds, *interest.liked]
        if not liked:
            return []
        vectors = [self._space.vector(one) for one in liked]
        return similar(vectors, liked, self._space.papers[paper])

    def _category(self, interest: Interest, paper: int) -> list[Reason]:
        patterns = [pattern.lower() for pattern in interest.profile.categories]
        mine = self._papers[paper].categories
        chosen = [c for c in mine if any(in_category(c.lower(), p) for p in patterns)]
        return [Reason(ReasonKind.CATEGORY, tuple(chosen), _CATEGORY_ONLY)] if chosen else []


def _evidence_of(hits: csr_matrix) -> csr_matrix:
    """Evidence of keyword hits (phrases x papers), less where a keyword hits everywhere."""
    share = np.minimum(hits.getnnz(axis=1) / (max(hits.shape[1], 1) * _COMMON), 1)
    weights = np.repeat(1 - (1 - _LEAST) * share, np.diff(hits.indptr))
    evidence = hits.copy()
    evidence.data = (-np.log1p(-hits.data) * weights).astype(np.float32)
    return evidence


def _evidence_of_cosine(cosine: csr_matrix) -> _Dense:
    """Evidence of likeness; faint likeness is mostly chance, so it counts for less than linear."""
    dense: _Dense = cosine.toarray()
    np.clip(dense, 0, None, out=dense)
    dense /= _COSINE
    return dense * np.sqrt(dense)


def _chose_categories_only(interest: Interest) -> bool:
    profile = interest.profile
    told = (profile.keywords, profile.interests, interest.seeds)
    return bool(profile.categories) and not any(told)
