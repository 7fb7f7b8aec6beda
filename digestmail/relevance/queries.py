"""What somebody typed into a search box, and whether a paper holds it to the letter."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from digestmail.domain import Paper
from digestmail.relevance.features.terms import analyse, hash_of, joined
from digestmail.text import Phrase, Word, one_line, phrase, readable, spans, stems_phrase, words
from digestmail.text.person_names import name_parts, same_person

LONGEST = 300  # characters of a query that are read
_MOST_AUTHORS = 500  # of one paper; some collaborations have thousands
_NAMES = 12  # words at the beginning among which names are looked for
_LATEX = re.compile(r"[\\$]")
_QUOTED = re.compile(r'["“”]([^"“”]*)["“”]')


@dataclass(frozen=True, slots=True)
class Query:
    """A search: ``words`` in any order and form, ``phrases`` exactly as they stand.

    ``people`` are pairs of words that may be a name: (family name, given name or initial).
    """

    words: tuple[Word, ...] = ()
    phrases: tuple[str, ...] = ()
    terms: tuple[str, ...] = ()  # of words and phrases, as papers have them
    people: tuple[tuple[str, str], ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether nothing is asked for: no word, or only such as every text has."""
        return not self.words and not self.phrases

    @property
    def marks(self) -> list[Phrase]:
        """What to mark in a text that was found; words that stand together as one."""
        stems = [word.stem for word in self.words]
        loose = [(stem,) for stem in stems] + list(pairwise(stems))
        exact = [phrase(f'"{text}"') for text in self.phrases]
        return [*map(stems_phrase, loose), *exact]


def parsed(text: str) -> Query:
    """The query in what was typed; what is in double quotes is a phrase."""
    text = one_line(text)[:LONGEST]
    phrases = tuple(dict.fromkeys(t.strip() for t in _QUOTED.findall(text) if _tells(t)))
    loose = _QUOTED.sub(" \x00 ", text).replace('"', " ")
    found = words(readable(loose))
    telling = {word.stem: word for word in found if _tells(word.plain)}
    return Query(
        words=tuple(telling.values()),
        phrases=phrases,
        terms=tuple(analyse(joined([*loose.split("\x00"), *phrases]))),
        people=tuple(_people([word.plain for word in found[:_NAMES]])),
    )


def _tells(text: str) -> bool:
    return bool(analyse(text))


def _people(plain: list[str]) -> Iterator[tuple[str, str]]:
    for given, family in pairwise(plain):
        for one, other in ((family, given), (given, family)):
            if len(one) > 1 and not one.isdigit() and not other.isdigit():
                yield one, other


# --- the letter ------------------------------------------------------------------------------


def holds(paper: Paper, text: str) -> bool:
    """Whether a paper has exactly these words in its title or abstract, or such an author."""
    wanted = phrase(f'"{text}"')
    if any(_stands(wanted, part) for part in (paper.title, paper.abstract)):
        return True
    return any(_is_named(author, text) for author in paper.authors)


def _stands(wanted: Phrase, text: str) -> bool:
    if text.isascii() and not _LATEX.search(text):  # the common case, 50 times as fast
        return _pattern(wanted.words).search(text) is not None
    return bool(spans(readable(text), [wanted]))


@lru_cache(maxsize=256)
def _pattern(plain: tuple[str, ...]) -> re.Pattern[str]:
    """What finds words in ASCII where ``spans`` does; ``c++`` and ``c#`` are no ``c``."""
    others = r"(?!(?:\+\+|(?<=\b[A-Za-z])#)(?!\w))"
    between = rf"{others}[\W_]+".join(map(re.escape, plain))
    return re.compile(rf"(?<![^\W_]){between}(?![^\W_]){others}", re.IGNORECASE)


def _is_named(author: str, text: str) -> bool:
    family, given = name_parts(text)
    return same_person(text, author) if given else family == name_parts(author)[0]


def written_by(paper: Paper, text: str) -> bool:
    """Whether somebody of this full name, or with these initials, is an author of a paper."""
    return any(same_person(text, author) for author in paper.authors)


# --- what else a paper is found by -----------------------------------------------------------


def facets(paper: Paper) -> list[str]:
    """The terms of a paper's authors and categories; none of them can be a term of a text."""
    return [*_names(paper), *categories(paper)]


def categories(paper: Paper) -> set[str]:
    """The terms of the categories and of the groups they are in: ``#cs.cl`` and ``#cs``."""
    parts = [code.lower().split(".") for code in paper.categories]
    return {"#" + ".".join(part[:n]) for part in parts for n in range(1, len(part) + 1)}


def _names(paper: Paper) -> set[str]:
    found: set[str] = set()
    for author in paper.authors[:_MOST_AUTHORS]:
        family, given = name_parts(author)
        found |= {f"@{name}" for name in (family, *given) if len(name) > 1}
        if given:
            first = given[0]
            found |= {f"@{family}|{first[0]}*", f"@{family}|{first}{_dot(first)}"}
    return found


def of_person(family: str, given: str) -> list[int]:
    """The terms of which a paper has one where somebody of this name may be its author.

    An initial agrees with every name that begins with it, as ``same_person`` has it.
    """
    if len(given) == 1:
        return [hash_of(f"@{family}|{given}*")]
    return [hash_of(f"@{family}|{given}"), hash_of(f"@{family}|{given[0]}.")]


def _dot(given: str) -> str:
    return "." if len(given) == 1 else ""
