"""Keywords as people type them into a search box: AND, OR, NOT, -word, word*, "exact", ( )."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache

from digestmail.text.acronyms import is_acronym_of
from digestmail.text.phrases import Phrase, phrase
from digestmail.text.plain import one_line

_TOKEN = re.compile(
    r"""
    (?P<quoted> -?(?:"[^"]*"|“[^“”]*”) )
  | (?P<opened> (?<!\S) -?\(+ | (?<=\() \( )
  | (?P<closed> \) )
  | (?P<word> [^\s"“”()]+ (?: \( [^\s()]* \) [^\s"“”()]* )* | [(“”"] )
    """,
    re.VERBOSE,
)
_DEEPEST = 20  # parentheses in parentheses
_SHORTEST_BEGINNING = 3


class Operator(StrEnum):
    """What joins the parts of an expression."""

    PHRASE = "phrase"
    AND = "and"
    OR = "or"
    NOT = "not"


@dataclass(frozen=True, slots=True)
class Expression:
    """A keyword: a phrase, or others joined by an operator. ``NOT`` has one part."""

    operator: Operator
    parts: tuple["Expression", ...] = ()
    phrase: Phrase | None = None
    text: str = field(default="", compare=False)  # of a phrase, as it was typed

    @property
    def texts(self) -> tuple[str, ...]:
        """What is looked for, as it was typed, without quotes and asterisks."""
        if self.operator is Operator.NOT:
            return ()
        own = (self.text.strip('"“”').replace("*", ""),) if self.text else ()
        return own + tuple(text for part in self.parts for text in part.texts)

    @property
    def phrases(self) -> tuple[Phrase, ...]:
        """The phrases that are looked for, without those behind a NOT."""
        if self.operator is Operator.NOT:
            return ()
        own = (self.phrase,) if self.phrase else ()
        return own + tuple(wanted for part in self.parts for wanted in part.phrases)

    @property
    def is_negative(self) -> bool:
        """Whether it says nothing but what is not wanted."""
        return not self.phrases


class Mistake(StrEnum):
    """What is wrong with a keyword."""

    PARENTHESES = "parentheses"  # one is not closed, or none was opened
    NOTHING_JOINED = "nothing-joined"  # an operator without a word beside it
    ONLY_NOT = "only-not"  # nothing is looked for
    SHORT_BEGINNING = "short-beginning"  # too few letters before an asterisk
    NO_WORD = "no-word"  # no letter or digit


class KeywordError(ValueError):
    """A keyword that cannot be understood."""

    def __init__(self, mistake: Mistake) -> None:
        super().__init__(mistake)
        self.mistake = mistake


@lru_cache(maxsize=65536)
def expression(keyword: str) -> Expression:
    """Return a keyword as it is matched; one that cannot be understood is taken word for word."""
    try:
        return parsed_keyword(keyword)
    except KeywordError:
        return _of_phrase(keyword.replace("*", " "))


def parsed_keyword(keyword: str) -> Expression:
    """Return a keyword as it is matched, or raise KeywordError."""
    tokens = list(_tokens(one_line(keyword)))
    reader = _Reader(tokens)
    result = reader.alternatives()
    if reader.at < len(tokens):
        raise KeywordError(Mistake.PARENTHESES)
    if result.is_negative:
        raise KeywordError(Mistake.ONLY_NOT)
    return result


def _of_phrase(text: str) -> Expression:
    return Expression(Operator.PHRASE, phrase=phrase(text), text=text)


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str  # "quoted", "(", ")", "word", "and", "or", "not"
    text: str


def _tokens(keyword: str) -> Iterator[_Token]:
    for match in _TOKEN.finditer(keyword):
        text = match.group()
        if match.lastgroup == "word" and text in ("AND", "OR", "NOT"):
            yield _Token(text.lower(), text)
            continue
        if text.startswith("-") and len(text) > 1:
            yield _Token("not", "-")
            text = text[1:]
        if match.lastgroup == "opened":
            yield from (_Token("(", "(") for _ in text.lstrip("-"))
        elif match.lastgroup == "closed":
            yield _Token(")", ")")
        else:
            yield _Token(match.lastgroup or "word", text)


@dataclass(slots=True)
class _Reader:
    """Reads an expression from tokens: NOT binds more than AND, AND more than OR."""

    tokens: Sequence[_Token]
    at: int = 0
    depth: int = 0

    @property
    def kind(self) -> str:
        return self.tokens[self.at].kind if self.at < len(self.tokens) else ""

    def alternatives(self) -> Expression:
        parts = [self.conjunction()]
        while self.kind == "or":
            self.at += 1
            parts.append(self.conjunction())
        return parts[0] if len(parts) == 1 else Expression(Operator.OR, tuple(parts))

    def conjunction(self) -> Expression:
        parts = [self.operand()]
        while self.kind not in ("", ")", "or"):
            if self.kind == "and":
                self.at += 1
            start = self.at
            part = self.operand()
            if self._is_acronym(parts[-1], start, part):  # graph neural network (GNN)
                parts[-1] = Expression(Operator.OR, (parts[-1], part))
            else:
                parts.append(part)
        return parts[0] if len(parts) == 1 else Expression(Operator.AND, tuple(parts))

    def operand(self) -> Expression:
        if self.kind == "not":
            self.at += 1
            return Expression(Operator.NOT, (self.operand(),))
        if self.kind == "(":
            return self._parenthesis()
        if self.kind == "quoted":
            self.at += 1
            text = self.tokens[self.at - 1].text
            return _checked(text)
        first = self.at
        while self.kind == "word":
            self.at += 1
        if self.at == first:
            raise KeywordError(Mistake.PARENTHESES if self.kind == ")" else Mistake.NOTHING_JOINED)
        return _checked(" ".join(token.text for token in self.tokens[first : self.at]))

    def _parenthesis(self) -> Expression:
        self.at += 1
        self.depth += 1
        if self.depth > _DEEPEST:
            raise KeywordError(Mistake.PARENTHESES)
        result = self.alternatives()
        if self.kind != ")":
            raise KeywordError(Mistake.PARENTHESES)
        self.at += 1
        self.depth -= 1
        return result

    def _is_acronym(self, before: Expression, start: int, part: Expression) -> bool:
        """Whether a part in parentheses is the acronym of the phrase before it."""
        if self.tokens[start].kind != "(" or not before.phrase or not part.phrase:
            return False
        return is_acronym_of(self.tokens[start + 1].text, before.phrase.words)


def _checked(text: str) -> Expression:
    """Return the expression of a phrase that has something to look for."""
    if text.endswith("*") and len(text.split()) == 1 and len(text) <= _SHORTEST_BEGINNING:
        raise KeywordError(Mistake.SHORT_BEGINNING)  # beside another word it may be A* search
    result = _of_phrase(text)
    if not result.phrase or not result.phrase.words:
        raise KeywordError(Mistake.NO_WORD)
    return result
