"""Papers as dense vectors: topics, by latent semantic analysis, and meaning, by embeddings."""

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_matrix
from sklearn.covariance import shrunk_covariance
from sklearn.utils.extmath import randomized_svd

from digestmail.relevance.features.arrays import (
    Dense,
    Indices,
    evenly_spread,
    imputed,
    known_rows,
    mean_row,
    unit,
)
from digestmail.relevance.parameters import ModelParameters

_LEAST_PAPERS = 3  # papers that a term of a topic must stand in
_ROOM = 3  # papers and terms for each topic: fewer would fit noise


@dataclass(frozen=True, slots=True)
class TopicAxes:
    """The axes of latent semantic analysis (Deerwester and others, 1990) over some terms."""

    columns: Indices
    axes: Dense  # terms x topics

    def of(self, vectors: csr_matrix) -> Dense:
        """Return unit coordinates of TF-IDF vectors (rows x topics); 0 without a known term."""
        return unit(np.asarray(vectors[:, self.columns] @ self.axes, dtype=np.float32))


def topic_axes(background: csr_matrix, parameters: ModelParameters) -> TopicAxes:
    """Fit the topics of a background (papers x terms)."""
    documents = np.bincount(background.indices, minlength=background.shape[1])
    columns = np.flatnonzero(documents >= _LEAST_PAPERS)
    fitted = background[evenly_spread(background.shape[0], parameters.fitted_papers)][:, columns]
    size = min(parameters.topics, *(side // _ROOM for side in fitted.shape))
    if not size:
        return TopicAxes(columns, np.zeros((len(columns), 0), dtype=np.float32))
    _, _, axes = randomized_svd(fitted, size, n_oversamples=20, n_iter=2, random_state=0)
    return TopicAxes(columns, np.ascontiguousarray(axes.T, dtype=np.float32))


@dataclass(frozen=True, slots=True)
class DenseSpace:
    """Dense vectors, and linear scorers of papers by any vector.

    ``units`` (papers and sample x dimensions) are the rows that are scored; ``directions`` are the
    same seen from ``centre``, the mean of the background, at unit length.
    """

    units: Dense
    directions: Dense
    centre: Dense
    _precision: Dense  # the inverse of the background's shrunk covariance

    @property
    def size(self) -> int:
        """The number of dimensions."""
        return len(self.centre)

    def cosines(self, directions: Dense) -> Dense:
        """Return the cosines of unit vectors, seen from the centre, with all papers."""
        return directions @ self.directions.T

    def text_cosines(self, vectors: Dense) -> Dense:
        """Return the cosines of short texts with all papers, not seen from the centre.

        A few words lie far from every paper; there the centre would be most of the difference.
        """
        return vectors @ self.units.T

    def discriminant_weights(self, centroids: Dense) -> Dense:
        """Return the weights of Fisher's linear discriminant (1936) against the background.

        Its covariance stands for both classes; ``centroids`` are those of the other, seen from the
        centre (rows x dimensions).
        """
        return centroids @ self._precision


def dense_space(background: Dense, scored: Dense, shrinkage: float) -> DenseSpace:
    """Return the space of ``scored`` unit rows against the ``background`` rows.

    A row of zeros, of which nothing is known, is scored as the centre is: no scorer then says
    anything for or against it (imputation by the mean).
    """
    size = background.shape[1]
    known = background[known_rows(background)]
    centre = mean_row(background)
    precision = np.zeros((size, size), dtype=np.float32)
    if len(known) and size:
        centred = known - centre
        covariance = centred.T @ centred / len(centred)
        shrunk = shrunk_covariance(covariance, shrinkage=shrinkage)
        usual = max(float(np.trace(covariance)) / size, 1e-12)
        precision = np.linalg.inv(shrunk + 1e-6 * usual * np.eye(size)).astype(np.float32)
    rows = imputed(scored, centre)
    directions = unit((rows - centre) * known_rows(scored)[:, None])
    return DenseSpace(
        rows.astype(np.float32),
        directions.astype(np.float32),
        centre,
        precision,
    )
