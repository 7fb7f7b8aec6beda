"""The papers of authors that profiles follow by name."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from digestmail.domain import Interest, Paper, Profile
from digestmail.text.person_names import (
    given_name,
    is_initials_only,
    same_person,
    surname_keys,
)


@dataclass(frozen=True, slots=True)
class Namesakes:
    """The people of late whom a name with initials fits: their given names by category."""

    people: frozenset[str]
    by_category: dict[str, frozenset[str]]

    def within(self, categories: Iterable[str]) -> frozenset[str]:
        """Return those who write papers of any of these categories."""
        return frozenset().union(*(self.by_category.get(c, frozenset()) for c in categories))


class FollowedAuthors:
    """Finds the papers of followed authors.

    A name that has initials only and fits more than ``most_namesakes`` people of late is followed
    where categories or co-authors tell who is meant: in the profile's categories if it fits so few
    there, and beside other followed authors or authors of liked papers.
    """

    def __init__(
        self, papers: Sequence[Paper], background: Sequence[Paper], most_namesakes: int
    ) -> None:
        self._papers = papers
        self._background = background
        self._most = most_namesakes
        self._by_surname: defaultdict[str, list[tuple[int, str]]] = defaultdict(list)
        for position, paper in enumerate(papers):
            for author in paper.authors:
                for key in surname_keys(author):
                    self._by_surname[key].append((position, author))
        self._by_name: dict[str, tuple[tuple[int, str], ...]] = {}
        self._namesakes: dict[str, Namesakes] = {}

    def of(self, interest: Interest) -> dict[int, list[str]]:
        """Return the papers of followed authors: positions, with the names as papers write them."""
        return self._written(interest.profile.authors, interest)

    def excluded(self, interest: Interest) -> dict[int, list[str]]:
        """Return the papers of excluded authors, likewise."""
        return self._written(interest.profile.excluded_authors, interest)

    def _written(self, people: Iterable[str], interest: Interest) -> dict[int, list[str]]:
        names: dict[int, list[str]] = {}
        for name in people:
            for position, written in self._chosen(name, interest):
                if written not in names.setdefault(position, []):
                    names[position].append(written)
        return names

    def namesakes(self, name: str) -> Namesakes:
        """Return the people of late whom a name fits."""
        if name not in self._namesakes:
            self._namesakes[name] = self._read_namesakes(name)
        return self._namesakes[name]

    def is_ambiguous(self, name: str, categories: Iterable[str] = ()) -> bool:
        """Return whether a name fits too many people to follow them all, also within categories."""
        if not is_initials_only(name) or len(self.namesakes(name).people) <= self._most:
            return False
        return not 0 < len(self.namesakes(name).within(categories)) <= self._most

    def _chosen(self, name: str, interest: Interest) -> Iterable[tuple[int, str]]:
        written = self._of_name(name)
        if not written or not self.is_ambiguous(name):
            return written
        categories = _categories(interest)
        if not self.is_ambiguous(name, categories):
            return [(p, w) for p, w in written if categories & set(self._papers[p].categories)]
        circle = _Circle(interest, name)
        return [(p, w) for p, w in written if circle.wrote(self._papers[p])]

    def _of_name(self, name: str) -> tuple[tuple[int, str], ...]:
        if name not in self._by_name:
            pairs = dict.fromkeys(
                pair for key in sorted(surname_keys(name)) for pair in self._by_surname.get(key, ())
            )
            self._by_name[name] = tuple(p for p in sorted(pairs) if same_person(name, p[1]))
        return self._by_name[name]

    def _read_namesakes(self, name: str) -> Namesakes:
        keys = surname_keys(name)
        people: set[str] = set()
        by_category: defaultdict[str, set[str]] = defaultdict(set)
        for paper in (*self._papers, *self._background):
            for author in paper.authors:
                lower = author.lower()
                if author.isascii() and not any(key in lower for key in keys):
                    continue
                if same_person(name, author) and (first_names := given_name(author)):
                    people.add(first_names)
                    for category in paper.categories:
                        by_category[category].add(first_names)
        return Namesakes(frozenset(people), {c: frozenset(p) for c, p in by_category.items()})


def _categories(interest: Interest) -> frozenset[str]:
    """Return the categories that a profile chose, and those of the papers it likes."""
    liked = {c for paper in (*interest.seeds, *interest.liked) for c in paper.categories[:1]}
    return frozenset(liked | set(interest.profile.categories))


@dataclass(slots=True)
class _Circle:
    """Who may be a co-author of somebody followed: others followed, authors of liked papers."""

    interest: Interest
    name: str
    _names: list[str] = field(init=False)

    def __post_init__(self) -> None:
        profile: Profile = self.interest.profile
        liked = (*self.interest.seeds, *self.interest.liked)
        names = (*profile.authors, *(author for paper in liked for author in paper.authors))
        self._names = [n for n in dict.fromkeys(names) if not is_initials_only(n)]

    def wrote(self, paper: Paper) -> bool:
        """Return whether anybody of the circle is an author beside the one who is followed."""
        co_authors = [author for author in paper.authors if not same_person(self.name, author)]
        keys = frozenset(key for co_author in co_authors for key in surname_keys(co_author))
        return any(
            same_person(known, co_author)
            for known in self._names
            if surname_keys(known) & keys
            for co_author in co_authors
        )
