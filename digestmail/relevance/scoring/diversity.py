"""Choosing among good papers: not ten of a kind, and now and then something at the edge."""

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

_Indices = NDArray[np.int64]
_Values = NDArray[np.float32]

POOL = 3  # times as many candidates as picks: what is farther down is not worth its difference
TRADE = 4.5  # times the best value, for the mean cosine to the other picks
_FIRST = 3  # the best, which give way to nothing: by them a mail is trusted
_CERTAIN = 1e3  # more than any difference is worth
_SMALL = 10  # picks: of fewer each pair counts as in so many
_LEAST_BEST = 1e-6
_EXPLORED_FROM = 0.4  # of the threshold: below, a paper is just off the subject
_LEAST_PICKS = 4  # a mail of few papers has no room for trials


def likeness(papers: csr_matrix) -> _Values:
    """Return the cosines of all papers with each other, dense; ``papers`` has rows of
    unit length.
    """
    dense: _Values = (papers @ papers.T).toarray()
    return dense


def diverse(values: _Values, candidates: _Indices, limits: _Indices, alike: _Values) -> _Indices:
    """Return for each row the places of at most ``limits`` candidates, good and unlike each other.

    Greedy as maximal marginal relevance (Carbonell and Goldstein, SIGIR 1998), for all rows at
    once: the sum of the picks' values, as parts of the best, less TRADE times their mean cosines.
    So it trades where values are nearly equal. The best three of nine and more, of fewer a third,
    are among them in any case. ``values`` and ``candidates`` (both rows x places) hold the best
    papers of each row in falling order, with -1 for no paper; ``alike`` is their ``likeness``, by
    index. The places come in the order of picking; -1 fills up.
    """
    rows = np.arange(len(values))
    width = int(limits.max(initial=0))
    picked = np.full((len(values), width), -1, dtype=np.int64)
    rate = (TRADE / (np.maximum(limits, _SMALL) - 1)).astype(np.float32)[:, None]
    best = np.maximum(values.max(axis=1, initial=_LEAST_BEST, keepdims=True), _LEAST_BEST)
    first = np.arange(values.shape[1]) < np.minimum(limits // 3, _FIRST)[:, None]
    gains = np.where(candidates >= 0, values / best + _CERTAIN * first, -np.inf)
    for turn in range(width):
        place = np.argmax(gains, axis=1)
        is_pick = np.isfinite(gains[rows, place]) & (turn < limits)
        picked[is_pick, turn] = place[is_pick]
        gains[rows, place] = -np.inf
        gains -= rate * alike[candidates, candidates[rows, place][:, None]]
    return picked


def exploration(
    values: _Values,
    allowed: NDArray[np.bool_],
    picked: _Indices,
    threshold: float,
    papers: csr_matrix,
) -> int | None:
    """Return a paper of one row whose judgement would teach most; None where there is
    room for none.

    It is nearly good enough, so that a reader may like it, and unlike all that was picked, so that
    the verdict tells something new. ``values`` are those of all
    papers, ``papers`` their vectors of unit length.
    """
    if len(picked) < _LEAST_PICKS:
        return None
    edge = allowed & (values < threshold) & (values >= _EXPLORED_FROM * threshold)
    edge[picked] = False
    at = np.flatnonzero(edge)
    if not len(at):
        return None
    novelty = 1 - (papers[at] @ papers[picked].T).toarray().max(axis=1)
    return int(at[np.argmax(values[at] * novelty)])
