"""Papers and texts in every vector space at once."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_matrix

from digestmail.domain import Paper
from digestmail.relevance.features.arrays import Dense, imputed, scale_rows
from digestmail.relevance.features.categories import Categories
from digestmail.relevance.features.dense_space import TopicAxes
from digestmail.relevance.features.embeddings import Embedder
from digestmail.relevance.features.term_space import TermWeights
from digestmail.relevance.features.terms import Features, analyse, counted, parts_of


@dataclass(frozen=True, slots=True)
class Vectors:
    """Rows of some papers or texts: unit vectors, 0 where a space knows nothing of one.

    ``meaning`` has no columns where there is no embedding model.
    """

    terms: csr_matrix
    topics: Dense
    meaning: Dense
    categories: csr_matrix

    def __getitem__(self, rows: slice) -> "Vectors":
        return Vectors(
            self.terms[rows], self.topics[rows], self.meaning[rows], self.categories[rows]
        )

    def combined(self, weights: csr_matrix) -> "Vectors":
        """Return weighted sums of the rows (sums x rows)."""
        return Vectors(
            csr_matrix(weights @ self.terms),
            weights @ self.topics,
            weights @ self.meaning,
            csr_matrix(weights @ self.categories),
        )


@dataclass(frozen=True, slots=True)
class Vectorizer:
    """Turns papers and texts into vectors of spaces that were fitted on a background.

    ``usual_meaning`` (dimensions,) stands for the meaning of papers that are not embedded yet.
    """

    features: Features
    embedder: Embedder | None
    usual_meaning: Dense
    weights: TermWeights
    axes: TopicAxes
    categories: Categories

    def papers(self, papers: Sequence[Paper]) -> Vectors:
        """Return the vectors of papers."""
        terms = self.weights.vectors(self.features.terms(papers))
        embedder = self.embedder
        meaning = (
            imputed(embedder.papers(papers, self.features), self.usual_meaning)
            if embedder and papers
            else self._no_meaning(len(papers))
        )
        return Vectors(terms, self.axes.of(terms), meaning, self.categories.of(papers))

    def texts(self, texts: Sequence[str]) -> Vectors:
        """Return the vectors of what people typed; the parts of a text may be ``joined``.

        Those of terms and topics are the shorter, the more of the words no paper has: one word
        of a sentence is no match for it.
        """
        analysed = [analyse(text) for text in texts]
        shares = np.array([self.weights.known_share(terms) for terms in analysed], dtype=np.float32)
        terms = self.weights.vectors([counted(terms) for terms in analysed])
        embedder = self.embedder
        plain = [" ".join(parts_of(text)) for text in texts]
        meaning = (
            embedder.texts(plain, self.features)
            if embedder and texts
            else self._no_meaning(len(texts))
        )
        nothing = csr_matrix((len(texts), self.categories.size), dtype=np.float32)
        topics = self.axes.of(terms) * shares[:, None]
        return Vectors(scale_rows(terms, shares), topics, meaning, nothing)

    def _no_meaning(self, rows: int) -> Dense:
        return np.zeros((rows, len(self.usual_meaning)), dtype=np.float32)
