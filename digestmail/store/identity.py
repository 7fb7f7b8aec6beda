"""What makes two records one work: any name they share."""

import hashlib
from collections.abc import Iterator

from digestmail.domain import Paper
from digestmail.text import readable, words

_FEWEST_WORDS = 4  # shorter titles ("Editorial", "Reply to comments") are shared by many works


def names_of(paper: Paper) -> tuple[str, ...]:
    """Everything a record's work may be known by, its key first.

    The print of a title joins near-identical titles with the same first author: letter case,
    punctuation, accents, plurals and LaTeX make no difference.
    """
    return tuple(dict.fromkeys(_names(paper)))


def _names(paper: Paper) -> Iterator[str]:
    yield paper.key
    yield from paper.aliases
    if paper.doi:
        yield f"doi:{paper.doi.lower()}"
    title = [word.stem for word in words(readable(paper.title))]
    if paper.authors and len(title) >= _FEWEST_WORDS:
        surname = _surname(paper.authors[0])
        print_of = hashlib.sha256(" ".join([surname, *title]).encode()).hexdigest()[:24]
        yield f"title:{print_of}"


def _surname(author: str) -> str:
    """The last word of a name, which sources agree on more than on the others."""
    found = words(author)
    return found[-1].plain if found else ""
