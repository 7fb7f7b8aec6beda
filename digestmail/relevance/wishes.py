"""Linear models of profiles, as they are learned and as papers are judged by them."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from digestmail.relevance.dense import Dense
from digestmail.relevance.space import Space


@dataclass(frozen=True, slots=True)
class Typed:
    """What of linear models the words typed bring: ``x . terms + t . themes - offset``."""

    terms: csr_matrix
    themes: Dense
    offset: Dense


@dataclass(frozen=True, slots=True)
class Wishes:
    """Linear models, one row each: the evidence that paper x with themes t is for a profile is

    ``x . terms + t . themes - centre * (x . middle) - offset``

    with ``middle`` the centre of the background. It is 0 on average there.
    """

    terms: csr_matrix  # profiles x terms and categories
    themes: Dense  # profiles x themes
    centre: Dense  # (profiles,)
    offset: Dense  # (profiles,)
    said: Dense  # (profiles,): how far what was typed is to be believed, in [0, 1]
    apart: Dense  # (profiles,): how far at least, of keywords that few papers have
    tells: NDArray[np.bool_]  # (profiles,): whether there is anything to judge by
    hopes: NDArray[np.bool_]  # (profiles,): whether that is more than what was disliked
    only_typed: NDArray[np.bool_]  # (profiles,): whether no liked paper vouches for the words
    typed: Typed  # what is in them of the words typed

    def evidence(self, space: Space) -> Dense:
        """What speaks for the papers of the space (profiles x papers)."""
        found = space.products.of(self.terms)
        found += self.themes @ space.paper_themes.T
        found -= np.outer(self.centre, space.papers @ space.centre)
        found -= self.offset[:, None]
        return found
