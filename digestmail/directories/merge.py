"""One person and one work, listed by several directories: recognised by ids, never by names."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from digestmail.directories.records import newest_first
from digestmail.domain import Paper, Person, PersonId, Work
from digestmail.text.person_names import same_person


def merged_people(lists: Iterable[Sequence[Person]]) -> list[Person]:
    """Return the people of several directories, those who share an id as one person.

    Of the texts of one person the first directory that has them wins, so ``lists`` begin with the
    most reliable. Order is that of first mention.
    """
    groups: list[list[Person]] = []
    for person in (person for people in lists for person in people):
        known = [group for group in groups if _share_id(group, person)]
        if not known:
            groups.append([person])
            continue
        known[0].append(person)
        for group in known[1:]:  # this person's ids join what were two
            known[0].extend(group)
            groups.remove(group)
    return [_one_person(group) for group in groups]


def ranked(people: Iterable[Person], name: str) -> list[Person]:
    """Return people in the order in which they are likely to be meant by ``name``.

    First those who can have written their name so, then those whom most directories know, then
    those with most works.
    """
    return sorted(
        people,
        key=lambda p: (
            not same_person(name, p.name),
            -len({i.directory for i in p.ids}),
            -p.works_count,
        ),
    )


def merged_works(lists: Iterable[Sequence[Work]]) -> list[Work]:
    """Return the works of several directories, each once, newest first.

    Works are one where they share a key or an alias. The one with an abstract wins, with the ids of
    all authors that any of them has.
    """
    works: list[Work] = []
    by_name: dict[str, int] = {}
    for item in (work for list_ in lists for work in list_):
        names = (item.paper.key, *item.paper.aliases)
        at = next((by_name[name] for name in names if name in by_name), len(works))
        if at == len(works):
            works.append(item)
        else:
            works[at] = _one_work(works[at], item)
        by_name |= dict.fromkeys(names, at)
    return newest_first(works)


@dataclass(frozen=True, slots=True)
class Coauthor:
    """A person who wrote ``works`` works together with another."""

    person: Person
    works: int


def coauthors(works: Iterable[Work], person: Person) -> list[Coauthor]:
    """Return those who wrote ``works`` together with ``person``, the most frequent first.

    One person is recognised by ids, and by the same name where one of both has none.
    """
    people: list[Person] = []
    counts: list[int] = []
    positions: dict[PersonId | str, int] = {}
    for author in (author for work in works for author in work.authors):
        if _is(author, person):
            continue
        names: list[PersonId | str] = [*author.ids, author.name]
        at = next((positions[n] for n in names if n in positions), len(people))
        if at < len(people) and author.ids and people[at].ids and not _overlap(author, people[at]):
            at, names = len(people), list(author.ids)  # a namesake
        if at == len(people):
            people.append(author)
            counts.append(0)
        people[at] = replace(people[at], ids=_union(people[at].ids, author.ids))
        counts[at] += 1
        positions |= dict.fromkeys(names, at)
    ranking = [Coauthor(*pair) for pair in zip(people, counts, strict=True)]
    return sorted(ranking, key=lambda coauthor: -coauthor.works)


def _is(author: Person, person: Person) -> bool:
    directories = {i.directory for i in person.ids}
    comparable = any(i.directory in directories for i in author.ids)
    return _overlap(author, person) or (not comparable and same_person(person.name, author.name))


def _overlap(first: Person, second: Person) -> bool:
    return not set(first.ids).isdisjoint(second.ids)


def _share_id(group: Sequence[Person], person: Person) -> bool:
    return any(_overlap(member, person) for member in group)


def _union(*lists: Iterable[PersonId]) -> tuple[PersonId, ...]:
    return tuple(dict.fromkeys(i for ids in lists for i in ids))


def _one_person(group: Sequence[Person]) -> Person:
    return Person(
        name=group[0].name,
        ids=_union(*(person.ids for person in group)),
        institution=next((p.institution for p in group if p.institution), ""),
        fields=next((p.fields for p in group if p.fields), ()),
        titles=max((p.titles for p in group), key=len),
        works_count=max(p.works_count for p in group),
    )


def _one_work(first: Work, second: Work) -> Work:
    better, poorer = (first, second) if first.paper.abstract else (second, first)
    more_authors = max((better, poorer), key=lambda work: len(work.authors))
    fewer = poorer if more_authors is better else better
    ids = {author.name: author.ids for author in fewer.authors}
    authors = tuple(
        replace(author, ids=_union(author.ids, ids.get(author.name, ())))
        for author in more_authors.authors
    )
    paper = _one_paper(better.paper, poorer.paper)
    return Work(paper=paper, authors=authors, year=better.year or poorer.year)


def _one_paper(better: Paper, poorer: Paper) -> Paper:
    names = dict.fromkeys([*better.aliases, poorer.key, *poorer.aliases])
    return replace(
        better,
        authors=better.authors or poorer.authors,
        categories=better.categories or poorer.categories,
        published_at=better.published_at or poorer.published_at,
        aliases=tuple(name for name in names if name != better.key),
    )
