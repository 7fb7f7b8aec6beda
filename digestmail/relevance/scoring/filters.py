"""The hard rules of profiles, as masks over the papers."""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from digestmail.domain import Interest, Paper
from digestmail.relevance.features.arrays import Mask
from digestmail.relevance.parameters import PARAMETERS, ModelParameters
from digestmail.relevance.scoring.followed import FollowedAuthors


class Filters:
    """Tells which papers a profile may, may not and must be shown. Immutable."""

    def __init__(
        self,
        papers: Sequence[Paper],
        background: Sequence[Paper] = (),
        parameters: ModelParameters = PARAMETERS,
    ) -> None:
        self._size = len(papers)
        self._uncategorised = np.array([not paper.categories for paper in papers], dtype=bool)
        self._by_category = _by_category(papers)
        self.authors = FollowedAuthors(papers, background, parameters.most_namesakes)

    def unseen(self, interest: Interest) -> Mask:
        """Return the papers that the subscriber has not judged or been sent."""
        mask = np.zeros(self._size, dtype=bool)
        mask[interest.first :] = True
        mask[list(interest.blocked)] = False
        return mask

    def excluded(self, interest: Interest) -> Mask:
        """Return the papers in an excluded category or by an excluded author."""
        mask = self.in_categories(interest.profile.excluded_categories)
        mask[list(self.authors.excluded(interest))] = True
        return mask

    def chosen(self, interest: Interest) -> Mask:
        """Return the papers in a chosen category, and those without any; all, if none is chosen."""
        categories = interest.profile.categories
        if not categories:
            return np.ones(self._size, dtype=bool)
        mask: Mask = self.in_categories(categories) | self._uncategorised
        return mask

    def in_categories(self, patterns: Iterable[str]) -> Mask:
        """Return the papers in any of these categories; ``cs`` or ``cs.*`` stands for its group."""
        mask = np.zeros(self._size, dtype=bool)
        for pattern in patterns:
            mask[self._by_category.get(_group(pattern.lower()), [])] = True
        return mask


def _by_category(papers: Sequence[Paper]) -> Mapping[str, list[int]]:
    """Return the positions of papers by each category and by each group that has it."""
    positions: dict[str, list[int]] = {}
    for position, paper in enumerate(papers):
        groups = {group for code in paper.categories for group in _groups(code.lower())}
        for group in groups:
            positions.setdefault(group, []).append(position)
    return positions


def _groups(category: str) -> list[str]:
    levels = category.split(".")
    return [".".join(levels[:size]) for size in range(1, len(levels) + 1)]


def _group(pattern: str) -> str:
    return pattern.removesuffix("*").removesuffix(".")


def in_category(category: str, pattern: str) -> bool:
    """Return whether a category is the one, or in the group, that a pattern names (lower case)."""
    return _group(pattern) in _groups(category)
