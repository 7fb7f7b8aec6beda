"""Linear models of profiles, as they are learned and as papers are judged by them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from digestmail.domain import Paper
from digestmail.relevance.dense import Dense
from digestmail.relevance.library import Library
from digestmail.relevance.space import Space

_TINY = 1e-30


@dataclass(frozen=True, slots=True)
class Near:
    """What papers have of lying near those that profiles like."""

    library: Library
    liked: csr_matrix  # profiles x papers of the library: the part of each; a row adds up to 1
    weight: Dense  # (profiles,)

    @property
    def evidence(self) -> Dense:
        """(profiles x papers)."""
        nearness = self.library.nearness(self.liked)
        nearness *= self.weight[:, None]
        return nearness

    def parts(self, profile: int, liked: Sequence[Paper]) -> Dense:
        """The part of each liked paper in the mean; one named twice has it once."""
        row = self.liked[profile]
        parts = dict(zip(row.indices.tolist(), row.data.tolist(), strict=True))
        places = self.library.rows([liked])[0]
        return np.array([parts.pop(place, 0.0) for place in places], dtype=np.float32)

    def brought(self, profile: int, parts: Dense, cosines: Dense) -> Dense:
        """What liked papers with these parts bring, by cosine, each of some (papers x liked)."""
        powers = parts * cosines**4
        whole = np.maximum(powers.sum(axis=1, keepdims=True), _TINY)
        brought: Dense = self.weight[profile] * powers / whole**0.75
        return brought


@dataclass(frozen=True, slots=True)
class Typed:
    """What of linear models the words typed bring: ``x . terms + t . themes - offset``."""

    terms: csr_matrix
    themes: Dense
    offset: Dense


@dataclass(frozen=True, slots=True)
class Wishes:
    """Linear models, one row each: the evidence that paper x with themes t is for a profile is

    ``x . terms + t . themes - centre * (x . middle) + near - offset``

    with ``middle`` the centre of the background. It is 0 on average there.
    """

    terms: csr_matrix  # profiles x terms and categories
    themes: Dense  # profiles x themes
    centre: Dense  # (profiles,)
    offset: Dense  # (profiles,)
    near: Near
    said: Dense  # (profiles,): how far what was typed is to be believed, in [0, 1]
    tells: NDArray[np.bool_]  # (profiles,): whether there is anything to judge by
    hopes: NDArray[np.bool_]  # (profiles,): whether that is more than what was disliked
    only_typed: Dense  # (profiles,): how far no liked paper vouches for the words, in [0, 1]
    typed: Typed  # what is in them of the words typed

    def evidence(self, space: Space) -> Dense:
        """What speaks for the papers of the space (profiles x papers)."""
        found = space.products.of(self.terms)
        found += self.themes @ space.paper_themes.T
        found -= np.outer(self.centre, space.papers @ space.centre)
        if self.near.liked.nnz:
            found += self.near.evidence
        found -= self.offset[:, None]
        return found
