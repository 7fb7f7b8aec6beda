"""Papers as vectors: what their terms weigh, and the themes that terms stand together in.

Weights are TF-IDF. Themes are the axes of latent semantic analysis (Deerwester and others, 1990), a
truncated singular value decomposition of the background.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from sklearn.preprocessing import normalize
from sklearn.utils.extmath import randomized_svd

from digestmail.domain import Paper
from digestmail.relevance.terms import (
    Features,
    Terms,
    analyse,
    hash_of,
    matrix_of,
    paper_text,
)

Dense = NDArray[np.floating[Any]]

THEMES = 256
_MOST_SHARE = 0.5  # a term in more of the papers tells nothing
_MOST_FITTED = 8_000  # papers that the themes are found in
_LEAST_IN_THEME = 3  # papers that a term of a theme must stand in
_RIDGE = 2.0  # added to the covariance of the themes, in units of its mean variance
_ENOUGH = 500  # papers; among fewer a term of one single paper may be all there is


class Space:
    """The vectors of ``papers``, of other papers for a ``background``, and of any text.

    The background that all is measured against has the papers themselves in it.
    """

    def __init__(
        self, papers: Sequence[Paper], background: Sequence[Paper], features: Features
    ) -> None:
        self._papers = papers
        self._features = features
        terms = features.terms([*papers, *background])
        self._columns = np.unique(np.concatenate([some.hashes for some in terms] or [_NONE]))
        counts = matrix_of(terms, self._columns)
        self._idf = _idf(counts)
        every = self._weighted(counts)
        self.papers = every[: len(papers)]
        self.background = every  # the judged are part of it: else all of a field looks special
        self.centre = _mean(self.background)
        self.themes = Themes(self.background)
        self.paper_themes = self.themes.of(self.papers)
        self.background_themes = self.themes.of(self.background)

    @property
    def size(self) -> int:
        """How many terms there are."""
        return len(self._columns)

    def of_papers(self, papers: Sequence[Paper]) -> csr_matrix:
        """The vectors of any papers (papers x terms), of unit length."""
        return self.of_terms(self._features.terms(papers))

    def of_terms(self, some: Sequence[Terms]) -> csr_matrix:
        """The vectors of texts (texts x terms), of unit length; words no paper has are left out."""
        return self._weighted(matrix_of(some, self._columns))

    def _weighted(self, counts: csr_matrix) -> csr_matrix:
        """Rows of unit length: (1 + log count) x IDF."""
        weighted = counts.copy()
        weighted.data = (1 + np.log(weighted.data)) * self._idf[weighted.indices]
        weighted.eliminate_zeros()
        return csr_matrix(normalize(weighted)) if all(weighted.shape) else weighted

    def column_of(self, term_hash: int) -> int | None:
        """The column of a term; None for one that no paper has."""
        at = int(np.searchsorted(self._columns, term_hash))
        there = at < len(self._columns) and int(self._columns[at]) == term_hash
        return at if there else None

    def near(self, paper: int, wish: Dense) -> list[str]:
        """The terms of one of ``papers`` that bring it near a wish over themes, strongest first."""
        row, named = self.papers[paper], self.names([self._papers[paper]])
        brought = row.data * (self.themes.axis(row.indices) @ wish)
        order = np.argsort(-brought, kind="stable")
        return [named[int(row.indices[at])] for at in order if brought[at] > 0]

    def names(self, papers: Sequence[Paper]) -> dict[int, str]:
        """What the terms of these papers are called, by column."""
        named = {term: self.column_of(hash_of(term)) for p in papers for term in _distinct(p)}
        return {column: term for term, column in named.items() if column is not None}


def _distinct(paper: Paper) -> set[str]:
    return set(analyse(paper_text(paper)))


_NONE = np.zeros(0, dtype=np.uint32)


def _idf(counts: csr_matrix) -> Dense:
    """The inverse document frequency of each column; 0 where it tells nothing."""
    papers = counts.shape[0]
    having = np.bincount(counts.indices, minlength=counts.shape[1])
    idf: Dense = (np.log((1 + papers) / (1 + having)) + 1).astype(np.float32)
    if papers >= _ENOUGH:
        idf[(having < 2) | (having > _MOST_SHARE * papers)] = 0
    return idf


def _mean(rows: csr_matrix) -> Dense:
    if not rows.shape[0]:
        return np.zeros(rows.shape[1], dtype=np.float32)
    return np.asarray(rows.mean(axis=0), dtype=np.float32).ravel()


class Themes:
    """At most THEMES axes along which ``rows`` differ, found once; coordinates are about 0.

    ``whitened`` undoes what coordinates have in common by chance of the collection: likeness to a
    theme that every third paper has tells less than likeness to a rare one. It is the direction of
    linear discriminant analysis (Fisher, 1936) with the background as the class of all others.
    """

    def __init__(self, rows: csr_matrix) -> None:
        often = np.bincount(rows.indices, minlength=rows.shape[1]) >= _LEAST_IN_THEME
        self._terms = np.flatnonzero(often)
        fitted = rows[_spread(rows.shape[0], _MOST_FITTED)][:, self._terms]
        size = min(THEMES, *(side // 3 for side in fitted.shape))
        self._axes = np.zeros((len(self._terms), 0), dtype=np.float32)
        if size:
            _, _, axes = randomized_svd(fitted, size, n_oversamples=20, n_iter=2, random_state=0)
            self._axes = np.ascontiguousarray(axes.T, dtype=np.float32)
        self._centre = np.zeros(size, dtype=np.float32)
        coordinates = self.of(rows)
        self._centre = coordinates.mean(axis=0) if size else self._centre
        self._inverse = _inverse(coordinates - self._centre)

    def of(self, rows: csr_matrix) -> Dense:
        """The coordinates of vectors (rows x themes), from the background's centre."""
        found = np.asarray(rows[:, self._terms] @ self._axes, dtype=np.float32)
        lengths = np.linalg.norm(found, axis=1, keepdims=True)
        centred: Dense = found / np.maximum(lengths, 1e-9) - self._centre
        return centred

    def axis(self, columns: NDArray[np.int32]) -> Dense:
        """The coordinates of single terms (terms x themes); 0 for those of no theme."""
        found = np.zeros((len(columns), self._axes.shape[1]), dtype=np.float32)
        at = np.searchsorted(self._terms, columns)
        at[at == len(self._terms)] = 0
        known = self._terms[at] == columns if len(self._terms) else np.zeros(len(columns), bool)
        found[known] = self._axes[at[known]]
        return found

    def whitened(self, wishes: Dense) -> Dense:
        """The weights of coordinates that find what is like ``wishes`` (rows x themes)."""
        found: Dense = wishes @ self._inverse
        return found


def _spread(size: int, most: int) -> NDArray[np.int64]:
    """At most ``most`` indices below ``size``, evenly spread: the same each time."""
    return np.unique(np.linspace(0, size - 1, min(size, most)).astype(np.int64))


def _inverse(centred: Dense) -> Dense:
    size = centred.shape[1]
    if not size:
        return np.zeros((0, 0), dtype=np.float32)
    covariance = centred.T @ centred / len(centred)
    usual = max(float(np.trace(covariance)) / size, 1e-9)
    inverse = np.linalg.inv(covariance + _RIDGE * usual * np.eye(size, dtype=np.float32))
    scaled: Dense = inverse.astype(np.float32) * (usual * (1 + _RIDGE))
    return scaled  # near 1 where axes vary as usual
