"""A block of profiles as matrices: their positive and negative papers, texts and keywords."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_matrix

from digestmail.domain import Interest, Paper, Profile
from digestmail.relevance.features.arrays import Dense, Mask, weight_rows
from digestmail.relevance.features.day import DayFeatures
from digestmail.relevance.features.keyword_index import numbered
from digestmail.relevance.features.terms import joined
from digestmail.relevance.features.vectors import Vectorizer, Vectors
from digestmail.relevance.parameters import ModelParameters
from digestmail.text import Expression, expression


@dataclass(frozen=True, slots=True)
class Examples:
    """The papers that some profiles name: liked ones and seeds, or disliked ones.

    ``shares`` (profiles x papers) has the part of each paper; the row of a profile with any adds up
    to 1. ``counts`` (profiles,) are the sums of their weights: faded verdicts count for less.
    """

    papers: Sequence[Paper]
    vectors: Vectors
    shares: csr_matrix
    counts: Dense

    @property
    def centroids(self) -> Vectors:
        """The weighted mean of each profile's papers (Rocchio, 1971)."""
        return self.vectors.combined(self.shares)


@dataclass(frozen=True, slots=True)
class Keywords:
    """The distinct keywords of some profiles, and how strongly they match the day's papers."""

    expressions: Sequence[Expression]
    membership: csr_matrix  # profiles x keywords: 1 where it is the profile's
    matches: csr_matrix  # keywords x papers: log compressed strength, see ``_keywords``
    excluded: csr_matrix  # profiles x papers: above 0 where an excluded keyword stands
    required: csr_matrix  # the same of required keywords


@dataclass(frozen=True, slots=True)
class ProfileBlock:
    """Some profiles, ready to be scored together."""

    interests: Sequence[Interest]
    positives: Examples
    negatives: Examples
    texts: Sequence[str]
    text_vectors: Vectors  # profiles x dimensions; 0 without a text
    keywords: Keywords

    @property
    def has_text(self) -> Mask:
        """Return which profiles have typed text (profiles,)."""
        return np.array([bool(text) for text in self.texts], dtype=bool)

    @property
    def has_evidence(self) -> Mask:
        """Return which profiles have anything that speaks for papers (profiles,)."""
        return self.has_text | (self.positives.counts > 0)


def profile_block(
    interests: Sequence[Interest],
    day: DayFeatures,
    vectorizer: Vectorizer,
    parameters: ModelParameters,
) -> ProfileBlock:
    """Gather what some profiles say."""
    texts = [typed_text(interest.profile) for interest in interests]
    return ProfileBlock(
        interests,
        _examples(list(map(_positives, interests)), vectorizer),
        _examples(list(map(_negatives, interests)), vectorizer),
        texts,
        vectorizer.texts(texts),
        _keywords(interests, day, parameters),
    )


def typed_text(profile: Profile) -> str:
    """Return what somebody typed into a profile, as one text whose parts are no neighbours."""
    keywords = [t for keyword in typed_keywords(profile) for t in expression(keyword).texts]
    return joined(list(filter(None, [profile.interests.strip(), *keywords])))


def typed_keywords(profile: Profile) -> tuple[str, ...]:
    """Return a profile's keywords; required ones say what is wanted too."""
    return tuple(dict.fromkeys((*profile.keywords, *profile.required_keywords)))


def typed_by_expression(profile: Profile) -> dict[Expression, str]:
    """Return a profile's keywords as they were typed, by what they mean."""
    typed = {expression(keyword): keyword.strip() for keyword in typed_keywords(profile)}
    return {read: text.strip('"“” ') if read.phrase else text for read, text in typed.items()}


_Weighted = dict[str, tuple[Paper, float]]  # by key


def _positives(interest: Interest) -> _Weighted:
    """Return a profile's seeds and liked papers; one that is both counts once, fully."""
    weights = interest.weights[: len(interest.liked)] or (1.0,) * len(interest.liked)
    liked = {p.key: (p, weight) for p, weight in zip(interest.liked, weights, strict=True)}
    return liked | {paper.key: (paper, 1.0) for paper in interest.seeds}


def _negatives(interest: Interest) -> _Weighted:
    weights = interest.weights[len(interest.liked) :] or (1.0,) * len(interest.disliked)
    return {p.key: (p, w) for p, w in zip(interest.disliked, weights, strict=True)}


def _examples(weighted: Sequence[_Weighted], vectorizer: Vectorizer) -> Examples:
    papers = {key: paper for row in weighted for key, (paper, _) in row.items()}
    column = {key: at for at, key in enumerate(papers)}
    counts = np.array([sum(w for _, w in row.values()) for row in weighted], dtype=np.float32)
    shares = [
        np.array([weight for _, weight in row.values()]) / max(float(total), 1e-9)
        for row, total in zip(weighted, counts, strict=True)
    ]
    columns = [[column[key] for key in row] for row in weighted]
    vectors = vectorizer.papers(list(papers.values()))
    return Examples(
        list(papers.values()), vectors, weight_rows(columns, shares, len(papers)), counts
    )


def _keywords(
    interests: Sequence[Interest], day: DayFeatures, parameters: ModelParameters
) -> Keywords:
    expressions, membership = numbered(typed_keywords(interest.profile) for interest in interests)
    matches = day.keywords.matches(expressions)
    excluded = [interest.profile.excluded_keywords for interest in interests]
    required = [interest.profile.required_keywords for interest in interests]
    return Keywords(
        expressions,
        membership,
        _compressed(matches, parameters),
        _standing(day, excluded, families=False),  # what leaves papers out is meant to the letter
        _standing(day, required, families=True),
    )


def remember_keywords(interests: Sequence[Interest], day: DayFeatures) -> None:
    """Have all keywords of some profiles found in the day's papers, in one reading of them."""
    profiles = [interest.profile for interest in interests]
    keywords = [k for p in profiles for k in (*p.keywords, *p.required_keywords)]
    day.keywords.remember(keywords, families=True)
    excluded = [k for p in profiles for k in p.excluded_keywords]
    day.keywords.remember(excluded, families=False)


def _compressed(matches: csr_matrix, parameters: ModelParameters) -> csr_matrix:
    """Return -log(1 - strength) of matches, less of keywords that many papers have.

    So the sum over a profile's keywords is that of a noisy-or (Pearl, 1988): independent hints.
    """
    share = matches.getnnz(axis=1) / (
        (matches.shape[1] + parameters.prior_papers) * parameters.common_keyword
    )
    weights = 1 - (1 - parameters.least_common_keyword) * np.minimum(share, 1)
    data = -np.log1p(-matches.data) * np.repeat(weights, np.diff(matches.indptr))
    return csr_matrix(
        (data.astype(np.float32), matches.indices, matches.indptr), shape=matches.shape
    )


def _standing(day: DayFeatures, keywords: Sequence[Sequence[str]], *, families: bool) -> csr_matrix:
    """Return where any of each list of keywords stands: above 0 there (lists x papers)."""
    expressions, membership = numbered(keywords)
    return csr_matrix(membership @ day.keywords.matches(expressions, families=families))


def stands(day: DayFeatures, keywords: Sequence[str], *, families: bool) -> Mask:
    """Return the papers in which any of these keywords stands (papers,)."""
    mask: Mask = _standing(day, [keywords], families=families).toarray().ravel() > 0
    return mask
