"""Whether a paper holds a phrase to the letter, or was written by somebody of a name."""

import re
from functools import lru_cache

from digestmail.domain import Paper
from digestmail.text import Phrase, phrase, readable, spans
from digestmail.text.person_names import name_parts, same_person

_LATEX = re.compile(r"[\\$]")


def holds(paper: Paper, text: str) -> bool:
    """Whether a paper has exactly these words in its title or abstract, or such an author."""
    exact = phrase(f'"{text}"')
    if any(_stands(exact, part) for part in (paper.title, paper.abstract)):
        return True
    return any(_is_named(author, text) for author in paper.authors)


def _stands(exact: Phrase, text: str) -> bool:
    if text.isascii() and not _LATEX.search(text):  # the common case, 50 times as fast
        return _pattern(exact.words).search(text) is not None
    return bool(spans(readable(text), [exact]))


@lru_cache(maxsize=256)
def _pattern(plain: tuple[str, ...]) -> re.Pattern[str]:
    """Return what finds words in ASCII where ``spans`` does; ``c++`` and ``c#`` are no ``c``."""
    others = r"(?!(?:\+\+|(?<=\b[A-Za-z])#)(?!\w))"
    between = rf"{others}[\W_]+".join(map(re.escape, plain))
    return re.compile(rf"(?<![^\W_]){between}(?![^\W_]){others}", re.IGNORECASE)


def _is_named(author: str, text: str) -> bool:
    family, given = name_parts(text)
    return same_person(text, author) if given else family == name_parts(author)[0]


def written_by(paper: Paper, text: str) -> bool:
    """Whether somebody of this full name, or with these initials, is an author of a paper."""
    return any(same_person(text, author) for author in paper.authors)
