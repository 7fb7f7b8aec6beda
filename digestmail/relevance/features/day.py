"""All that the model computes of a day's papers before it sees a profile."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_matrix, vstack

from digestmail.domain import Paper
from digestmail.relevance.features.arrays import (
    Dense,
    Indices,
    Mask,
    evenly_spread,
    known_rows,
    mean_row,
)
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
    units: csr_matrix  # the papers' own unit rows over terms (papers x terms)
    terms: TermSpace
    topics: DenseSpace
    meaning: DenseSpace
    categories: csr_matrix  # papers and sample x categories, unit rows
    keywords: KeywordIndex
    earlier: Mask  # (sample,): the papers of the background; all, where there are too few

    @property
    def has_meaning(self) -> bool:
        """Return whether an embedding model read the papers."""
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
    meaning = _meaning(corpus, features, embedder, parameters)
    vectorizer = Vectorizer(
        features,
        embedder if meaning.shape[1] else None,
        mean_row(meaning),
        weights,
        axes,
        categories,
    )
    vectors = Vectors(rows, axes.of(rows), meaning, categories.of(corpus))
    sample = _sample(meaning, parameters)
    scored = np.concatenate([np.arange(len(papers)), sample])

    def dense(space: Dense) -> DenseSpace:
        return dense_space(space, space[scored], parameters.covariance_shrinkage)

    day = DayFeatures(
        tuple(papers),
        csr_matrix(rows[: len(papers)]),
        term_space(
            weights,
            rows,
            csr_matrix(vstack([rows[: len(papers)], rows[sample]])),
            parameters.variance_smoothing,
        ),
        dense(vectors.topics),
        dense(vectors.meaning),
        csr_matrix(vectors.categories[scored]),
        KeywordIndex(papers, parameters),
        _earlier(sample, len(papers)),
    )
    return day, vectorizer


def _earlier(sample: Indices, papers: int) -> Mask:
    """Return which rows of the sample are none of the day's ``papers``."""
    earlier: Mask = sample >= papers
    return earlier if np.count_nonzero(earlier) >= _ENOUGH else np.ones(len(sample), dtype=bool)


_ENOUGH = 100  # papers, to tell what is usual: five of them are one in twenty


def _meaning(
    corpus: Sequence[Paper],
    features: Features,
    embedder: Embedder | None,
    parameters: ModelParameters,
) -> Dense:
    """Return the embeddings of a corpus, 0 for what has none yet; no columns without enough."""
    nothing = np.zeros((len(corpus), 0), dtype=np.float32)
    if not embedder or not corpus:
        return nothing
    meaning = embedder.papers(corpus, features)
    enough = min(parameters.least_embedded, len(corpus) / 2)
    return meaning if np.count_nonzero(known_rows(meaning)) >= enough else nothing


def _sample(meaning: Dense, parameters: ModelParameters) -> Indices:
    """Return the rows that means and spreads are taken from, of embedded papers if there are any.

    Papers that are not embedded yet would make the scores of meaning look less spread.
    """
    rows = np.flatnonzero(known_rows(meaning)) if meaning.shape[1] else np.arange(len(meaning))
    return rows[evenly_spread(len(rows), parameters.sample_papers)]
