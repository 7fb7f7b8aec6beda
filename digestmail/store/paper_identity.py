"""What makes two records one work: any name they share."""

import hashlib
import re
from collections.abc import Iterator, Sequence
from itertools import dropwhile, islice

from digestmail.domain import Paper
from digestmail.text import readable, singular, words

_FEWEST_WORDS = 4  # shorter titles ("Editorial", "Reply to comments") are shared by many works
# Words of an abstract that tell works of one title apart. Short titles need more of them: an
# erratum begins as another does.
_ABSTRACT_WORDS = 12
_ABSTRACT_WORDS_OF_SHORT = 60
_FEWEST_OF_SHORT = 30
_CHARACTERS_PER_WORD = 50  # read at most, so that a long abstract costs no more
_HEADINGS = frozenset(
    (
        "abstract",
        "aim",
        "background",
        "context",
        "introduction",
        "motivation",
        "objective",
        "purpose",
        "significance",
        "summary",
    )
)
_SUFFIXES = frozenset(("jr", "sr", "ii", "iii", "iv", "md", "phd"))
_INITIALS = re.compile(r"(?:[^\W\d_a-z]\.?-?){1,3}")


def names_of(paper: Paper) -> tuple[str, ...]:
    """Return everything a record's work may be known by, its key first.

    The print of a title joins near-identical titles with the same first author: letter case,
    punctuation, accents, plurals and LaTeX make no difference. The print of title and abstract
    joins records whatever they say of the authors.
    """
    return tuple(dict.fromkeys(_names(paper)))


def _names(paper: Paper) -> Iterator[str]:
    yield paper.key
    yield from paper.aliases
    if paper.doi:
        yield f"doi:{paper.doi.lower()}"
    title = [singular(word.plain) for word in words(readable(paper.title))]
    if paper.authors and len(title) >= _FEWEST_WORDS:
        yield f"title:{_print(_surname(paper.authors[0]), *title)}"
    if beginning := _beginning(paper.abstract, is_short=len(title) < _FEWEST_WORDS):
        yield f"text:{_print(*title, '', *beginning)}"


def _print(*words_of: str) -> str:
    return hashlib.sha256(" ".join(words_of).encode()).hexdigest()[:24]


def _beginning(abstract: str, *, is_short: bool) -> Sequence[str]:
    """Return the words that an abstract begins with; none where it is too short to tell."""
    limit = _ABSTRACT_WORDS_OF_SHORT if is_short else _ABSTRACT_WORDS
    fewest = _FEWEST_OF_SHORT if is_short else _ABSTRACT_WORDS
    stems = (
        singular(word.plain) for word in words(readable(abstract[: limit * _CHARACTERS_PER_WORD]))
    )
    beginning = list(islice(dropwhile(_HEADINGS.__contains__, stems), limit))
    return beginning if len(beginning) >= fewest else []


def _surname(author: str) -> str:
    """Return the surname, which sources agree on more than on given names.

    It is the last word of "Nina J. Falk", and what stands first in "Falk, Nina" and "Falk NJ".
    """
    before = author.partition(",")[0]
    names = before.split()
    while len(names) > 1 and (_INITIALS.fullmatch(names[-1]) or names[-1].lower() in _SUFFIXES):
        names = names[:-1]
    plain = [word.plain for word in words(" ".join(names))]
    while len(plain) > 1 and plain[-1] in _SUFFIXES:
        plain = plain[:-1]
    return plain[-1] if plain else ""
