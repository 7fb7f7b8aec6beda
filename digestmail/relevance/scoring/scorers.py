"""The scorers: linear functions of a paper's vector in one space, one for each profile."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from scipy.sparse import csr_matrix

from digestmail.relevance.features.arrays import Dense, unit, unit_sparse
from digestmail.relevance.features.day import DayFeatures
from digestmail.relevance.features.dense_space import DenseSpace
from digestmail.relevance.parameters import ModelParameters
from digestmail.relevance.profiles.block import Examples, ProfileBlock


class Origin(StrEnum):
    """What of a profile a scorer speaks for."""

    POSITIVES = "positives"
    NEGATIVES = "negatives"
    TEXT = "text"


class SpaceName(StrEnum):
    """The vector spaces."""

    TERMS = "terms"
    TOPICS = "topics"
    MEANING = "meaning"
    CATEGORIES = "categories"


@dataclass(frozen=True, slots=True)
class Scorer:
    """A linear function of papers for each profile: ``profiles @ rows.T``, less a constant a paper.

    ``rows`` (papers and sample x dimensions) and ``profiles`` (profiles x dimensions) are sparse
    or dense alike. ``weight`` (profiles,) is the scorer's weight in the fusion.
    """

    origin: Origin
    space: SpaceName
    profiles: csr_matrix | Dense
    rows: csr_matrix | Dense
    weight: Dense
    is_cosine: bool = False  # in a dense space: its spread tells how much similarity there is
    paper_constants: Dense | None = None  # (papers and sample,)


ScorerWithScores = tuple[Scorer, Dense]  # the scores are profiles x papers and sample


def scorers(
    block: ProfileBlock, day: DayFeatures, parameters: ModelParameters
) -> Iterator[ScorerWithScores]:
    """Yield every scorer that has something to work on, one after the other."""
    counts = block.positives.counts
    if counts.any():
        yield from _centroids(block.positives, day, np.minimum(counts, 1))
        saturation = _saturation(counts, parameters.discriminant_half_likes)
        yield from _discriminants(block.positives, day, saturation, Origin.POSITIVES)
    if block.has_text.any():
        yield from _texts(block, day, parameters)
    if block.negatives.counts.any():
        saturation = _saturation(block.negatives.counts, parameters.dislike_half)
        weight = -parameters.dislike_weight * saturation
        yield from _discriminants(block.negatives, day, weight, Origin.NEGATIVES)


def text_weight(block: ProfileBlock, parameters: ModelParameters) -> Dense:
    """Return the weight of typed text beside each profile's likes (profiles,)."""
    likes = block.positives.counts
    return block.has_text / (1 + likes / parameters.text_half_likes)


def certainty(block: ProfileBlock, parameters: ModelParameters) -> Dense:
    """Return the factor of each profile's similarity (profiles,).

    Cosines with a single paper promise less than those with the mean of several; those of short
    texts are smaller than those of papers.
    """
    likes, text = block.positives.counts, text_weight(block, parameters)
    weight = np.minimum(likes, 1)
    sure = weight * _saturation(likes, parameters.certainty_half_likes)
    total = np.maximum(weight + text, 1e-9)
    factor: Dense = (sure + parameters.text_similarity * text) / total
    return factor


def usual_spread(block: ProfileBlock, parameters: ModelParameters) -> Dense:
    """Return the spread of similarity where no cosine tells it (profiles,).

    So it is for those who only dislike, and for papers of which no dense space knows a word.
    """
    of_dislikes = _saturation(block.negatives.counts, parameters.dislike_half)
    factor = np.where(
        block.has_evidence, certainty(block, parameters), parameters.dislike_weight * of_dislikes
    )
    spread: Dense = parameters.usual_spread * factor
    return spread


def _saturation(counts: Dense, half: float) -> Dense:
    """Return weights that rise from 0 to 1 with the number of papers."""
    weights: Dense = counts / (counts + half)
    return weights


def _centroids(examples: Examples, day: DayFeatures, weight: Dense) -> Iterator[ScorerWithScores]:
    """Yield cosines with the centroid of a profile's papers, in every space."""
    centroids, origin = examples.centroids, Origin.POSITIVES
    terms = unit_sparse(centroids.terms)
    scorer = Scorer(origin, SpaceName.TERMS, terms, day.terms.papers, weight)
    yield scorer, day.terms.cosines(terms)
    for name, space, vectors in _dense(day, centroids.topics, centroids.meaning):
        directions = unit(_centred(space, vectors))
        scorer = Scorer(origin, name, directions, space.directions, weight, is_cosine=True)
        yield scorer, space.cosines(directions)
    if centroids.categories.nnz:
        scores = (centroids.categories @ day.categories.T).toarray()
        scorer = Scorer(origin, SpaceName.CATEGORIES, centroids.categories, day.categories, weight)
        yield scorer, scores.astype(np.float32)


def _discriminants(
    examples: Examples, day: DayFeatures, weight: Dense, origin: Origin
) -> Iterator[ScorerWithScores]:
    """Yield linear discriminants of a profile's papers against the background."""
    centroids = examples.centroids
    of_terms = day.terms.discriminant_weights(centroids.terms)
    constants = day.terms.background_scores
    scorer = Scorer(
        origin, SpaceName.TERMS, of_terms, day.terms.papers, weight, paper_constants=constants
    )
    yield scorer, day.terms.cosines(of_terms) - constants
    for name, space, vectors in _dense(day, centroids.topics, centroids.meaning):
        weights = space.discriminant_weights(_centred(space, vectors))
        yield Scorer(origin, name, weights, space.units, weight), weights @ space.units.T


def _texts(
    block: ProfileBlock, day: DayFeatures, parameters: ModelParameters
) -> Iterator[ScorerWithScores]:
    """Yield cosines with what was typed.

    Where meaning is known, terms are left out: of a sentence they find single words.
    """
    vectors, weight, origin = block.text_vectors, text_weight(block, parameters), Origin.TEXT
    if not day.has_meaning:
        scorer = Scorer(
            origin, SpaceName.TERMS, vectors.terms, day.terms.papers, weight, is_cosine=True
        )
        yield scorer, day.terms.cosines(vectors.terms)
    for name, space, typed in _dense(day, vectors.topics, vectors.meaning):
        factor = parameters.text_meaning if name is SpaceName.MEANING else 1.0
        scorer = Scorer(origin, name, typed, space.units, factor * weight, is_cosine=True)
        yield scorer, space.text_cosines(typed)


def _dense(
    day: DayFeatures, topics: Dense, meaning: Dense
) -> Iterator[tuple[SpaceName, DenseSpace, Dense]]:
    if day.topics.size:
        yield SpaceName.TOPICS, day.topics, topics
    if day.meaning.size:
        yield SpaceName.MEANING, day.meaning, meaning


def _centred(space: DenseSpace, centroids: Dense) -> Dense:
    """Return centroids seen from the centre; of papers that the space does not know it stays 0."""
    centred: Dense = (centroids - space.centre) * np.any(centroids, axis=1, keepdims=True)
    return centred.astype(np.float32)
