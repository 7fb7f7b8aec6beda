"""All that the model computes of a day's papers before it sees a profile."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_matrix, vstack

from digestmail.domain import Paper
from digestmail.relevance.features.arrays import Dense, Mask, evenly_spread
from digestmail.relevance.features.categories import Categories
from digestmail.relevance.features.dense_space import DenseSpace, dense_space, topic_axes
from digestmail.relevance.features.embeddings import Embedder
from digestmail.relevance.features.keyword_index import KeywordIndex
from digestmail.relevance.features.term_space import TermSpace, term_space, term_weights
from digestmail.relevance.features.terms import Features
from digestmail.relevance.features.vectors import Vectorizer, Vectors
from digestmail.relevance.parameters import ModelParameters


@dataclass(frozen=True, slots=True)
class DayFeatures:
    """The features of the papers to be scored, measured against a background. Immutable.

    The rows of the spaces are the papers, then a sample of the background: means and spreads of
    scores are taken from the sample.
    """

    papers: Sequence[Paper]
    terms: TermSpace
    topics: DenseSpace
    meaning: DenseSpace
    categories: csr_matrix  # papers and sample x categories, unit rows
    keywords: KeywordIndex

    @property
    def has_meaning(self) -> bool:
        """Whether an embedding model read the papers."""
        return self.meaning.size > 0

    @property
    def dense_spaces(self) -> tuple[DenseSpace, ...]:
        """The spaces of dense vectors that know anything."""
        return tuple(space for space in (self.topics, self.meaning) if space.size)

    @property
    def without_terms(self) -> Mask:
        """The papers of which no term is known (papers,)."""
        mask: Mask = np.diff(self.terms.papers.indptr)[: len(self.papers)] == 0
        return mask

    @property
    def units(self) -> csr_matrix:
        """The papers' own unit rows over terms (papers x terms)."""
        return self.terms.papers[: len(self.papers)]


def day_features(
    papers: Sequence[Paper],
    background: Sequence[Paper],
    features: Features,
    embedder: Embedder | None,
    parameters: ModelParameters,
) -> tuple[DayFeatures, Vectorizer]:
    """Compute the features of ``papers``, and what turns other papers and texts into vectors.

    The papers belong to the background that they are measured against: else all of a field would
    look special on a day that has much of it.
    """
    corpus = [*papers, *background]
    texts = features.terms(corpus)
    weights = term_weights(texts, parameters.common_term)
    rows = weights.vectors(texts)
    axes = topic_axes(rows, parameters)
    categories = Categories(corpus)
    vectorizer = Vectorizer(features, embedder, weights, axes, categories)
    meaning = (
        embedder.papers(corpus, features)
        if embedder and corpus
        else np.zeros((len(corpus), 0), dtype=np.float32)
    )
    vectors = Vectors(rows, axes.of(rows), meaning, categories.of(corpus))
    sample = evenly_spread(len(corpus), parameters.sample_papers)
    scored = np.concatenate([np.arange(len(papers)), sample])

    def dense(space: Dense) -> DenseSpace:
        return dense_space(space, space[scored], parameters.covariance_shrinkage)

    day = DayFeatures(
        tuple(papers),
        term_space(
            weights,
            rows,
            csr_matrix(vstack([rows[: len(papers)], rows[sample]])),
            parameters.variance_smoothing,
        ),
        dense(vectors.topics),
        dense(vectors.meaning),
        csr_matrix(vectors.categories[scored]),
        KeywordIndex(papers),
    )
    return day, vectorizer
