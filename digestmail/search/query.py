"""What somebody typed into a search box, as the index reads it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from digestmail.relevance.features.terms import analyse, joined
from digestmail.text import Phrase, Word, one_line, phrase, readable, stems_phrase, words

LONGEST = 300  # characters of a query that are read
_NAMES = 12  # words at the beginning among which names are looked for
_BREAK = " \x00 "  # between words that were no neighbours
_PART = re.compile(
    r"""
    (?P<minus> (?<!\S) (?: -(?=[^\s-]) | NOT\s+ ) )?
    (?: ["“”] (?P<phrase> [^"“”]* ) ["“”] | (?P<word> [^\s"“”]+ ) )
    """,
    re.VERBOSE,
)


@dataclass(frozen=True, slots=True)
class Query:
    """A search: ``words`` in any order and form, ``phrases`` exactly as they stand.

    ``people`` are pairs of words that may be a name: (family name, given name or initial).
    ``loose`` is the text without quotes, operators and what is excluded.
    """

    loose: str = ""
    words: tuple[Word, ...] = ()
    phrases: tuple[str, ...] = ()
    terms: tuple[str, ...] = ()  # of words and phrases, as papers have them
    people: tuple[tuple[str, str], ...] = ()
    excluded_words: tuple[Word, ...] = ()
    excluded_phrases: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """What is looked for in one piece, for its meaning."""
        return " ".join(filter(None, (self.loose, *self.phrases)))

    @property
    def is_empty(self) -> bool:
        """Whether nothing is looked for: no word, or only such as every text has."""
        return not self.words and not self.phrases

    @property
    def excludes(self) -> bool:
        """Whether anything is excluded."""
        return bool(self.excluded_words or self.excluded_phrases)

    @property
    def is_exact(self) -> bool:
        """Whether only the letters of a text tell if it suits the query."""
        return bool(self.phrases or self.excluded_phrases)

    @property
    def marks(self) -> list[Phrase]:
        """What to mark in a text; words that stand together as one."""
        stems = [word.stem for word in self.words]
        loose = [(stem,) for stem in stems] + list(pairwise(stems))
        exact = [phrase(f'"{text}"') for text in self.phrases]
        return [*map(stems_phrase, loose), *exact]


def parsed(text: str) -> Query:
    """Return the query in a typed text: words, "exact phrases", and -what is not wanted."""
    text = one_line(text)[:LONGEST]
    phrases: dict[str, None] = {}
    loose: list[str] = []
    excluded: list[Word] = []
    excluded_phrases: list[str] = []
    for part in _PART.finditer(text):
        quoted, word = (part["phrase"] or "").strip(), part["word"] or ""
        if part["minus"]:
            excluded_phrases += [quoted] if _tells(quoted) else []
            excluded += [each for each in words(word) if _tells(each.plain)]
            loose.append(_BREAK)
        elif part["phrase"] is not None:
            phrases |= {quoted: None} if _tells(quoted) else {}
            loose.append(_BREAK)
        elif word not in ("AND", "OR", "NOT"):
            loose.append(word)
    return _query(" ".join(loose), tuple(phrases), tuple(excluded), tuple(excluded_phrases))


def _query(
    loose: str,
    phrases: tuple[str, ...],
    excluded: tuple[Word, ...],
    excluded_phrases: tuple[str, ...],
) -> Query:
    typed = words(readable(loose))
    telling = {word.stem: word for word in typed if _tells(word.plain)}
    return Query(
        loose=" ".join(loose.replace("\x00", " ").split()),
        words=tuple(telling.values()),
        phrases=phrases,
        terms=tuple(analyse(joined([*loose.split("\x00"), *phrases]))),
        people=tuple(_people([word.plain for word in typed[:_NAMES]])),
        excluded_words=excluded,
        excluded_phrases=excluded_phrases,
    )


def _tells(text: str) -> bool:
    return bool(analyse(text))


def _people(plain: list[str]) -> Iterator[tuple[str, str]]:
    for given, family in pairwise(plain):
        for one, other in ((family, given), (given, family)):
            if len(one) > 1 and not one.isdigit() and not other.isdigit():
                yield one, other
