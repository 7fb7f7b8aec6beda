"""Array types, and arithmetic on rows that numpy and scipy have no one call for."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

Dense = NDArray[np.floating[Any]]
Indices = NDArray[np.int64]
Mask = NDArray[np.bool_]

_TINY = 1e-9  # shorter vectors have no direction


def unit(rows: Dense) -> Dense:
    """Return the rows scaled to length 1; rows without length stay 0."""
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    scaled: Dense = rows / np.where(lengths > _TINY, lengths, np.inf)
    return scaled


def known_rows(rows: Dense) -> Mask:
    """Return which rows are not all 0."""
    mask: Mask = np.any(rows, axis=1)
    return mask


def mean_row(rows: Dense) -> Dense:
    """Return the mean of the rows that are not all 0."""
    known = rows[known_rows(rows)]
    mean = known.mean(axis=0) if len(known) else np.zeros(rows.shape[1])
    return np.asarray(mean, dtype=np.float32)


def imputed(rows: Dense, row: Dense) -> Dense:
    """Return the rows with ``row`` in place of those that are all 0."""
    filled: Dense = np.where(known_rows(rows)[:, None], rows, row)
    return filled


def unit_sparse(rows: csr_matrix) -> csr_matrix:
    """Return sparse rows scaled to length 1; empty rows stay empty."""
    squares = np.append(0.0, np.cumsum(np.square(rows.data, dtype=np.float64)))
    lengths = np.sqrt(np.diff(squares[rows.indptr]))
    factors = 1 / np.where(lengths > _TINY, lengths, np.inf)
    return scale_rows(rows, factors)


def scale_rows(rows: csr_matrix, factors: Dense) -> csr_matrix:
    """Return sparse rows, each times its factor."""
    data = rows.data * np.repeat(factors, np.diff(rows.indptr))
    return csr_matrix((data.astype(np.float32), rows.indices, rows.indptr), shape=rows.shape)


def scale_columns(rows: csr_matrix, factors: Dense) -> csr_matrix:
    """Return sparse rows whose columns are each times a factor."""
    data = rows.data * factors[rows.indices]
    return csr_matrix((data.astype(np.float32), rows.indices, rows.indptr), shape=rows.shape)


def weight_rows(
    columns: Sequence[Sequence[int]], weights: Sequence[Dense], width: int
) -> csr_matrix:
    """Return sparse rows with these weights in these columns; equal columns are added up."""
    starts = np.cumsum([0, *map(len, columns)])
    indices = np.array([column for row in columns for column in row], dtype=np.int32)
    values = np.concatenate([np.zeros(0), *weights]).astype(np.float32)
    rows = csr_matrix((values, indices, starts), shape=(len(columns), width))
    rows.sum_duplicates()
    return rows


def evenly_spread(size: int, limit: int) -> Indices:
    """Return at most ``limit`` indices below ``size``, evenly spread; the same each time."""
    return np.unique(np.linspace(0, size - 1, min(size, limit)).astype(np.int64))
