"""The scorers: linear functions of a paper's vector in one space, one for each profile."""

from collections.abc import Iterator, Sequence
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
    or dense alike. ``weight`` (profiles,) is the scorer's weight in the fusion. ``effect``
    (profiles,) is how much the spread of cosines in a dense space tells of likeness.
    """

    origin: Origin
    space: SpaceName
    profiles: csr_matrix | Dense
    rows: csr_matrix | Dense
    weight: Dense
    effect: Dense | None = None
    least_spread: float = 0.0  # by which scores are standardised
    paper_constants: Dense | None = None  # (papers and sample,)


ScorerWithScores = tuple[Scorer, Dense]  # the scores are profiles x papers and sample


def scorers(
    block: ProfileBlock, day: DayFeatures, parameters: ModelParameters, text_effect: float
) -> Iterator[ScorerWithScores]:
    """Yield every scorer that has something to work on, one after the other."""
    for method, spaces in _methods(block, day, parameters, text_effect):
        for scorer, scores in spaces:
            if (method, scorer.space) not in parameters.left_out:
                yield scorer, scores


def _methods(
    block: ProfileBlock, day: DayFeatures, parameters: ModelParameters, text_effect: float
) -> Iterator[tuple[str, Iterator[ScorerWithScores]]]:
    """Yield the scorers of each method, one for each space."""
    counts = block.positives.counts
    if counts.any():
        certainty = _saturation(counts, parameters.certainty_half_likes)
        yield "centroid", _centroids(block.positives, day, np.minimum(counts, 1), certainty)
        saturation = _saturation(counts, parameters.discriminant_half_likes)
        discriminants = _discriminants(block.positives, day, saturation, Origin.POSITIVES)
        yield "discriminant", discriminants
    if block.has_text.any():
        yield "text", _texts(block, day, parameters, text_effect)
    if block.negatives.counts.any():
        saturation = _saturation(block.negatives.counts, parameters.dislike_half)
        weight = -parameters.dislike_weight * saturation
        yield "dislikes", _discriminants(block.negatives, day, weight, Origin.NEGATIVES)


def specificity(matches: Dense, papers: int, parameters: ModelParameters) -> Dense:
    """Return how specific interests are to papers, in (0, 1], by the number each matches.

    It is 1 up to a usual share of the papers and falls with the share from there on: an interest
    that the papers were chosen by tells little of them. Of few papers the share is near the usual.
    """
    usual, prior = parameters.specific_share, parameters.prior_papers
    share = (matches + prior * usual) / (papers + prior)
    limited: Dense = np.minimum(usual / share, 1)
    return limited


def faded(likes: Dense, half_likes: Dense) -> Dense:
    """Return the weights of what was typed beside likes; it is 1 without any."""
    weights: Dense = half_likes / (half_likes + likes)
    return weights


def usual_spread(block: ProfileBlock, parameters: ModelParameters, text_effect: float) -> Dense:
    """Return the spread of similarity where no cosine tells it (profiles,).

    So it is for those who only dislike, and for papers of which no dense space knows a word.
    """
    likes = block.positives.counts
    of_likes = _saturation(likes, parameters.certainty_half_likes)
    of_dislikes = _saturation(block.negatives.counts, parameters.dislike_half)
    factor = np.where(block.has_text, np.maximum(text_effect / (1 + likes), of_likes), of_likes)
    factor = np.where(block.has_evidence, factor, parameters.dislike_weight * of_dislikes)
    spread: Dense = parameters.usual_spread * factor
    return spread


def _saturation(counts: Dense, half: float) -> Dense:
    """Return weights that rise from 0 to 1 with the number of papers."""
    weights: Dense = counts / (counts + half)
    return weights


def _centroids(
    examples: Examples, day: DayFeatures, weight: Dense, certainty: Dense
) -> Iterator[ScorerWithScores]:
    """Yield cosines with the centroid of a profile's papers, in every space."""
    centroids, origin = examples.centroids, Origin.POSITIVES
    terms = unit_sparse(centroids.terms)
    scorer = Scorer(origin, SpaceName.TERMS, terms, day.terms.papers, weight)
    yield scorer, day.terms.cosines(terms)
    for name, space, vectors in _dense(day, centroids.topics, centroids.meaning):
        directions = unit(_centred(space, vectors))
        scorer = Scorer(origin, name, directions, space.directions, weight, certainty)
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
    block: ProfileBlock, day: DayFeatures, parameters: ModelParameters, text_effect: float
) -> Iterator[ScorerWithScores]:
    """Yield cosines with what was typed.

    Where meaning is known, terms are left out: of a sentence they find single words. Words that
    the liked papers have too count for less, as these speak for them already.
    """
    vectors, effect = block.text_vectors, np.full(len(block.texts), text_effect)
    scorers: list[tuple[SpaceName, csr_matrix | Dense, csr_matrix | Dense, Dense]] = []
    if not day.has_meaning:
        scores = day.terms.cosines(vectors.terms)
        scorers.append((SpaceName.TERMS, vectors.terms, day.terms.papers, scores))
    for name, space, typed in _dense(day, vectors.topics, vectors.meaning):
        scorers.append((name, typed, space.units, space.text_cosines(typed)))
    factors = [parameters.text_meaning if s[0] is SpaceName.MEANING else 1.0 for s in scorers]
    specific = _text_specificity([s[3] for s in scorers], factors, day, parameters)
    likes = block.positives.counts
    weight = block.has_text * faded(likes, parameters.text_half_likes * specific)
    centroids = unit_sparse(block.positives.centroids.terms)
    shared = np.asarray(centroids.multiply(vectors.terms).sum(axis=1)).ravel()
    new_words = 1 - np.minimum(likes, 1) * np.clip(shared, 0, 1)
    for (name, typed, rows, scores), factor in zip(scorers, factors, strict=True):
        scorer_weight = weight * (factor if name is SpaceName.MEANING else new_words)
        is_dense = name is not SpaceName.TERMS
        scorer = Scorer(
            Origin.TEXT,
            name,
            typed,
            rows,
            scorer_weight,
            effect if is_dense else None,
            0.0 if is_dense else parameters.least_term_spread,
        )
        yield scorer, scores


def _text_specificity(
    scores: Sequence[Dense], factors: Sequence[float], day: DayFeatures, parameters: ModelParameters
) -> Dense:
    """Return how specific each text is to the day's papers (profiles,).

    A paper matches a text that is nearer to it than to all but the usual share of earlier papers.
    """
    size = len(day.papers)
    total = np.zeros_like(scores[0]) if scores else np.zeros((0, size))
    for each, factor in zip(scores, factors, strict=True):
        spread = each[:, size:].std(axis=1, keepdims=True)
        total += factor / np.maximum(spread, 1e-6) * each
    earlier = total[:, size:][:, day.earlier]
    if not earlier.size:
        return np.ones(len(total))
    cutoff = np.quantile(earlier, 1 - parameters.specific_share, axis=1, keepdims=True)
    return specificity((total[:, :size] > cutoff).sum(axis=1), size, parameters)


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
