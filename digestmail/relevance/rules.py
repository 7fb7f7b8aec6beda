"""The hard rules of profiles, as masks over the papers."""

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from digestmail.domain import Interest, Paper
from digestmail.relevance.authors import name_parts, same_person

Mask = NDArray[np.bool_]


class Rules:
    """What of some papers each profile may, may not and must be shown."""

    def __init__(self, papers: Sequence[Paper]) -> None:
        self._categories = [[c.lower() for c in paper.categories] for paper in papers]
        self._unnamed = np.array([not c for c in self._categories], dtype=bool)
        self._in_category: dict[str, Mask] = {}
        self._by_surname: dict[str, list[tuple[int, str]]] = {}
        for position, paper in enumerate(papers):
            for author in paper.authors:
                surname = name_parts(author)[0]
                self._by_surname.setdefault(surname, []).append((position, author))

    def unseen(self, interest: Interest) -> Mask:
        """The papers a subscriber has not been judged for or shown."""
        mask = np.zeros(len(self._categories), dtype=bool)
        mask[interest.first :] = True
        mask[list(interest.blocked)] = False
        return mask

    def excluded(self, interest: Interest) -> Mask:
        """The papers in an excluded category."""
        return self.in_categories(interest.profile.excluded_categories)

    def wanted(self, interest: Interest) -> Mask:
        """The papers in a chosen category, and those that name none."""
        chosen = interest.profile.categories
        return self.in_categories(chosen) | self._unnamed if chosen else ~self.in_categories(())

    def in_categories(self, patterns: Iterable[str]) -> Mask:
        """The papers in any of these categories; ``cs`` or ``cs.*`` stands for all of its own."""
        mask = np.zeros(len(self._categories), dtype=bool)
        for pattern in patterns:
            mask |= self._matching(pattern.lower())
        return mask

    def _matching(self, pattern: str) -> Mask:
        if pattern not in self._in_category:
            found = [any(in_category(c, pattern) for c in mine) for mine in self._categories]
            self._in_category[pattern] = np.array(found, dtype=bool)
        return self._in_category[pattern]

    def followed(self, interest: Interest) -> dict[int, list[str]]:
        """The papers of followed authors: position to the names as the papers write them."""
        found: dict[int, list[str]] = {}
        for name in interest.profile.authors:
            for position, written in self._by_surname.get(name_parts(name)[0], ()):
                if same_person(name, written) and written not in found.get(position, ()):
                    found.setdefault(position, []).append(written)
        return found


def in_category(category: str, pattern: str) -> bool:
    """Whether a category is the one, or of the group, that a pattern names (lower case)."""
    group = pattern.removesuffix("*").removesuffix(".")
    return category in (pattern, group) or category.startswith(f"{group}.")
