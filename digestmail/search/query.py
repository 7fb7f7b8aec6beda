"""What somebody typed into a search box, as the index reads it.

A search is an expression as keywords are, see ``text.expressions``; but words that stand beside
each other may stand anywhere in a paper, and few words between commas are alternatives.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import chain, pairwise

from digestmail.relevance.features.terms import analyse, hash_of, joined
from digestmail.search.facets import compound_term, is_compound, is_telling
from digestmail.text import (
    Expression,
    KeywordError,
    Operator,
    Phrase,
    one_line,
    parsed_expression,
    phrase,
    readable,
    stem_of,
    stems_phrase,
    without_operators,
    words,
)
from digestmail.text.phrases import is_open, word_stems

LONGEST = 300  # characters of a query that are read
_NAMES = 12  # words at the beginning among which names are looked for
_KEYWORD = 3  # words of a keyword; more are a sentence
_SHORTEST_HALF = 2  # letters of a word that is written apart
_QUOTED = re.compile(r"""["“”][^"“”]*["“”]""")
_EXPLICIT = re.compile(r"(?<!\S)(?:AND|OR)(?!\S)|(?<!\S)-?\(|\w{3}\*")


@dataclass(frozen=True, slots=True)
class QueryWord:
    """A word that is looked for. ``prefix`` is the beginning of it, where only that was typed.

    A paper has it if its text has one of ``terms``, or it has one of the ``compounds`` (hashed).
    ``phrases`` are its spellings as they are looked for in a text itself.
    """

    plain: str
    terms: tuple[int, ...] = ()
    compounds: tuple[int, ...] = ()
    prefix: str = ""
    phrases: tuple[Phrase, ...] = field(default=(), compare=False)


@dataclass(frozen=True, slots=True)
class Query:
    """A search.

    ``alternatives`` are what is looked for, and ``excluded`` what no paper may have.
    ``people`` are pairs of words that may be a name: (family name, given name or initial).
    ``is_strict``: operators tell which papers suit, and others are shown only if there are none.
    """

    alternatives: tuple[Expression, ...] = ()
    excluded: tuple[Expression, ...] = ()
    words: tuple[QueryWord, ...] = ()
    terms: tuple[str, ...] = ()  # of words and phrases, as papers have them
    people: tuple[tuple[str, str], ...] = ()
    is_strict: bool = False

    @property
    def texts(self) -> tuple[str, ...]:
        """Return what is looked for, without quotes and operators."""
        return tuple(" ".join(expression.texts) for expression in self.alternatives)

    @property
    def text(self) -> str:
        """Return what is looked for in one piece, for its meaning."""
        return ", ".join(self.texts)

    @property
    def is_empty(self) -> bool:
        """Return whether nothing is looked for: no word, or only such as every text has."""
        return not self.alternatives

    @property
    def required(self) -> tuple[Expression, ...]:
        """The phrases in quotes that every paper must have, also one that is only near."""
        if len(self.alternatives) != 1:
            return ()
        conjuncts = self.alternatives[0].conjuncts
        return tuple(e for e in conjuncts if e.phrase and e.phrase.exact)

    @property
    def is_exact(self) -> bool:
        """Return whether only the letters of a text tell if it suits the query."""
        leaves = [leaf for e in self.alternatives for leaf in _all_leaves(e)]
        leaves += [leaf for e in self.excluded for leaf in _all_leaves(e)]
        return any(leaf.phrase and leaf.phrase.exact for leaf in leaves)

    @property
    def marks(self) -> list[Phrase]:
        """Return what to mark in a text; words that stand together as one."""
        marks: dict[Phrase, None] = {}
        for leaf in chain.from_iterable(e.leaves for e in self.alternatives):
            if leaf.phrase and (leaf.phrase.exact or leaf.phrase.beginnings):
                marks[leaf.phrase] = None
            else:
                typed = [word for word in words(readable(leaf.text)) if is_telling(word.stem)]
                marks |= dict.fromkeys(phrase(word.plain) for word in typed)
                marks |= dict.fromkeys(stems_phrase([a.stem, b.stem]) for a, b in pairwise(typed))
        return list(marks)

    # --- as a profile ---

    @property
    def keywords(self) -> tuple[str, ...]:
        """Return what is looked for as keywords of a profile; empty for a sentence."""
        if self.interests:
            return tuple(str(expression) for expression in self.required)
        return tuple(str(expression).replace(",", " ") for expression in self.alternatives)

    @property
    def interests(self) -> str:
        """Return what is looked for as a sentence; empty for keywords."""
        leaves = [leaf for expression in self.alternatives for leaf in expression.leaves]
        loose = [leaf.text for leaf in leaves if not (leaf.phrase and leaf.phrase.exact)]
        is_sentence = any(len(text.split()) > _KEYWORD for text in loose)
        return " ".join(loose) if is_sentence and not self.is_strict else ""

    @property
    def excluded_keywords(self) -> tuple[str, ...]:
        """Return what no paper may have, as excluded keywords of a profile."""
        return tuple(str(expression).replace(",", " ") for expression in self.excluded)


def parsed(text: str) -> Query:
    """Return the query in a typed text; what is no expression is taken word for word."""
    text = one_line(text)[:LONGEST]
    is_strict = bool(_EXPLICIT.search(_QUOTED.sub("", text)))
    try:
        typed = [parsed_expression(item) for item in ([text] if is_strict else _listed(text))]
    except KeywordError:
        is_strict = False
        typed = _word_for_word(text)
    read = [expression for expression in map(_telling, typed) if expression]
    alternatives = tuple(filter(None, map(_positive, read)))
    return Query(
        alternatives,
        tuple(op.operands[0] for e in read for op in e.conjuncts if op.operator is Operator.NOT),
        tuple(dict.fromkeys(word for e in alternatives for word in _words_of(e))),
        tuple(analyse(joined([text for e in alternatives for text in e.texts]))),
        tuple(dict.fromkeys(pair for e in alternatives for pair in _people(e))),
        is_strict,
    )


def _listed(text: str) -> list[str]:
    """Return what stands between the commas of a list of keywords; a sentence is one item.

    So is a name with a comma, such as Doe, Jane.
    """
    items = [item.strip() for item in text.split(",") if item.strip()]
    is_name = len(items) == 2 and all(item.istitle() and " " not in item for item in items)
    is_list = all(len(item.split()) <= _KEYWORD and item.count('"') % 2 == 0 for item in items)
    return items if is_list and not is_name else [text]


def _word_for_word(text: str) -> list[Expression]:
    try:
        return [parsed_expression(without_operators(text))]
    except KeywordError:
        return []


def _telling(expression: Expression) -> Expression | None:
    """Return an expression without the phrases that have only words of every text."""
    if expression.phrase:
        return expression if analyse(expression.text) or query_words(expression.text) else None
    operands = tuple(op for op in map(_telling, expression.operands) if op)
    if expression.operator is Operator.NOT or len(operands) > 1:
        return Expression(expression.operator, operands) if operands else None
    return operands[0] if operands else None


def _positive(expression: Expression) -> Expression | None:
    """Return an expression without what it excludes at its top."""
    operands = tuple(op for op in expression.conjuncts if op.operator is not Operator.NOT)
    if len(operands) > 1:
        return Expression(Operator.AND, operands)
    return operands[0] if operands else None


def _words_of(expression: Expression) -> Iterator[QueryWord]:
    for leaf in expression.leaves:
        if leaf.phrase and not leaf.phrase.exact:
            yield from query_words(leaf.text)


@lru_cache(maxsize=1024)
def query_words(text: str) -> tuple[QueryWord, ...]:
    """Return the words to look for of a text without quotes, but those that every text has.

    Each comes with its other spellings: joined with its neighbour, apart, with umlauts or not.
    """
    text = readable(text)
    typed = words(text)
    beginnings = phrase(text).beginnings or (False,) * len(typed)
    stems = [list(word_stems(word, text[word.start : word.end])) for word in typed]
    compounds = [list(spellings) for spellings in stems]
    plain = [word.plain for word in typed]
    phrases = [
        [phrase(text[word.start : word.end] + "*" * is_prefix)]
        for word, is_prefix in zip(typed, beginnings, strict=True)
    ]
    is_sought = [any(map(is_telling, spellings)) for spellings in stems]
    for at, (first, second) in enumerate(pairwise(typed)):
        both = stem_of(first.normal + second.plain)
        as_one = phrase(text[first.start : second.end])
        if is_compound(first, second):
            plain[at : at + 2] = first.plain + second.plain, ""
            stems[at], compounds[at], phrases[at] = [both], [both], [as_one]
            is_sought[at : at + 2] = True, False
        elif is_open(first, second):
            for place in (at, at + 1):
                stems[place].append(both)
                phrases[place].append(as_one)
    return tuple(
        QueryWord(
            plain[at],
            ()
            if beginnings[at]
            else tuple(map(hash_of, [*stems[at], *_open_spellings(plain[at])])),
            tuple(map(compound_term, compounds[at])),
            plain[at] if beginnings[at] else "",
            tuple(phrases[at]),
        )
        for at in range(len(typed))
        if beginnings[at] or is_sought[at]
    )


def _open_spellings(plain: str) -> list[str]:
    """Return a word as two: it may be written so."""
    if not plain.isascii() or not plain.isalpha():
        return []
    cuts = range(_SHORTEST_HALF, len(plain) - _SHORTEST_HALF + 1)
    return [f"{stem_of(plain[:cut])} {stem_of(plain[cut:])}" for cut in cuts]


def _people(expression: Expression) -> Iterator[tuple[str, str]]:
    loose = [leaf.text for leaf in expression.leaves if leaf.phrase and not leaf.phrase.exact]
    plain = [word.plain for word in words(" ".join(loose))[:_NAMES]]
    for first, second in pairwise(plain):
        for family, given_name in ((second, first), (first, second)):
            if len(family) > 1 and not family.isdigit() and not given_name.isdigit():
                yield family, given_name


def _all_leaves(expression: Expression) -> Iterator[Expression]:
    """Yield all phrases of an expression, also those that are not wanted."""
    if expression.phrase:
        yield expression
    for operand in expression.operands:
        yield from _all_leaves(operand)
