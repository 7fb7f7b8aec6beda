"""Whether the text and authors of a paper match an expression, to the letter."""

import re
from functools import lru_cache

from digestmail.domain import Paper
from digestmail.search.query import QueryWord, query_words
from digestmail.text import Expression, Operator, Phrase, forms, phrase, readable, spans
from digestmail.text.person_names import name_parts, same_person

_LATEX = re.compile(r"[\\$]")


def matches(paper: Paper, expression: Expression) -> bool:
    """Return whether a paper matches an expression; words beside each other may stand anywhere."""
    if expression.operator is Operator.NOT:
        return not matches(paper, expression.operands[0])
    if expression.operator is Operator.OR:
        return any(matches(paper, operand) for operand in expression.operands)
    if expression.operator is Operator.AND:
        return all(matches(paper, operand) for operand in expression.operands)
    if expression.phrase and expression.phrase.exact:
        return holds(paper, expression.text.strip('"“”'))
    return all(_has_word(paper, word) for word in query_words(expression.text))


def _has_word(paper: Paper, word: QueryWord) -> bool:
    if any(spans(readable(text), word.phrases) for text in (paper.title, paper.abstract)):
        return True
    return any(form.plain == word.plain for author in paper.authors for form in forms(author))


def holds(paper: Paper, text: str) -> bool:
    """Return whether a paper has exactly these words in its title or abstract, or
    such an author.
    """
    exact = phrase(f'"{text}"')
    if any(_stands(exact, field) for field in (paper.title, paper.abstract)):
        return True
    return any(_is_named(author, text) for author in paper.authors)


def _stands(exact: Phrase, text: str) -> bool:
    if text.isascii() and not _LATEX.search(text):  # the common case, 50 times as fast
        return _pattern(exact.words).search(text) is not None
    return bool(spans(readable(text), [exact]))


@lru_cache(maxsize=256)
def _pattern(plain: tuple[str, ...]) -> re.Pattern[str]:
    """Return what finds words in ASCII where ``spans`` does; ``c++`` and ``c#`` are no ``c``."""
    not_before_sign = r"(?!(?:\+\+|(?<=\b[A-Za-z])#)(?!\w))"
    between = rf"{not_before_sign}[\W_]+".join(map(re.escape, plain))
    pattern = rf"(?<![^\W_]){between}(?![^\W_]){not_before_sign}"
    return re.compile(pattern, re.IGNORECASE)


def _is_named(author: str, text: str) -> bool:
    family, given_names = name_parts(text)
    return same_person(text, author) if given_names else family == name_parts(author)[0]


def written_by(paper: Paper, text: str) -> bool:
    """Return whether somebody of this full name, or with these initials, is an author
    of a paper.
    """
    return any(same_person(text, author) for author in paper.authors)
