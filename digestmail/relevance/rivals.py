"""Papers of the background that resemble what a profile likes, and were not liked.

What sets likes apart from these tells more than what sets them apart from everything: a support
vector machine (Cortes and Vapnik, "Support-vector networks", 1995) leans on them alone. So long as
the likes are few, though, it is not known of these whether they are wanted, and they are of use as
more of the same (Buckley and others, "Automatic query expansion using SMART: TREC 3", 1994).
"""

from collections.abc import Collection, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from digestmail.relevance.dense import Dense
from digestmail.relevance.space import Space, spread

_MOST = 4_000  # papers that they are looked for among
_RIVALS = 50  # of a profile; they count the less the farther down they are


class Rivals:
    """Finds the rivals of what profiles like among papers that are not to be judged."""

    def __init__(self, space: Space) -> None:
        judged = space.papers.shape[0]
        others = judged + spread(space.background.shape[0] - judged, _MOST)
        self.vectors = space.background[others]
        self._themes = space.background_themes[others]
        self._places = {space.keys[row]: place for place, row in enumerate(others.tolist())}

    def of(self, wishes: Dense, own: Sequence[Collection[str]]) -> csr_matrix:
        """What counts how much in the mean of what lies nearest to some wishes over themes.

        The weights (profiles x ``vectors``) of a row add up to 1. ``own``: the keys of the papers
        that each profile judged. Where there are fewer than two others the row is empty.
        """
        asked = np.asarray(wishes.any(axis=1))  # who has shown no paper has no rivals
        likeness = wishes[asked] @ self._themes.T
        for row, profile in enumerate(np.flatnonzero(asked).tolist()):
            mine = [self._places[key] for key in own[profile] if key in self._places]
            likeness[row, mine] = likeness[row].min(initial=0)
        best, weights = _fading(likeness)
        starts = np.append(0, np.cumsum(asked * best.shape[1]))
        shape = (len(asked), likeness.shape[1])
        found = csr_matrix((weights.ravel(), best.ravel(), starts), shape=shape)
        found.eliminate_zeros()
        return found


def _fading(likeness: Dense) -> tuple[NDArray[np.int64], Dense]:
    """The highest of each row, and weights that add up to 1 and fall to 0 at the last of them.

    So a paper that comes or goes at the edge changes nothing.
    """
    columns = likeness.shape[1]
    most = min(_RIVALS, columns)
    best = np.argpartition(likeness, columns - most, axis=1)[:, columns - most :]
    height = np.take_along_axis(likeness, best, axis=1)
    height -= height.min(axis=1, keepdims=True, initial=np.inf)
    total = height.sum(axis=1, keepdims=True)
    return best, np.divide(height, total, out=np.zeros_like(height), where=total > 0)
