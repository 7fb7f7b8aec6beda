"""Keywords and searches as people type them: AND, OR, NOT, -word, word*, "exact", ( )."""

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
    (?P<quoted> -?["“”][^"“”]*["“”] )
  | (?P<opened> (?<!\S) -?\(+ | (?<=\() \( )
  | (?P<closed> \) )
  | (?P<word> [^\s"“”()]+ (?: \( [^\s()]* \) [^\s"“”()]* )* | [(“”"] )
    """,
    re.VERBOSE,
)
_OPERATORS = ("AND", "OR", "NOT")
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
    """A keyword: a phrase, or operands joined by an operator. ``NOT`` has one operand."""

    operator: Operator
    operands: tuple["Expression", ...] = ()
    phrase: Phrase | None = None
    text: str = field(default="", compare=False)  # of a phrase, as it was typed

    @property
    def texts(self) -> tuple[str, ...]:
        """Return what is looked for, as it was typed, without quotes and asterisks."""
        return tuple(leaf.text.strip('"“”').replace("*", "") for leaf in self.leaves)

    @property
    def phrases(self) -> tuple[Phrase, ...]:
        """The phrases that are looked for, without those behind a NOT."""
        return tuple(leaf.phrase for leaf in self.leaves if leaf.phrase)

    @property
    def leaves(self) -> tuple["Expression", ...]:
        """The phrases that are looked for, as expressions."""
        if self.operator is Operator.NOT:
            return ()
        if self.phrase:
            return (self,)
        return tuple(leaf for operand in self.operands for leaf in operand.leaves)

    @property
    def conjuncts(self) -> tuple["Expression", ...]:
        """The expressions that must all match."""
        return self.operands if self.operator is Operator.AND else (self,)

    @property
    def is_negative(self) -> bool:
        """Return whether it says nothing but what is not wanted."""
        return not self.leaves

    def __str__(self) -> str:
        """Return the expression as one would type it."""
        if self.phrase:
            return '"{}"'.format(self.text.strip('"“”')) if self.phrase.exact else self.text
        texts = [str(op) if op.phrase else f"({op})" for op in self.operands]
        if self.operator is Operator.NOT:
            return f"NOT {texts[0]}"
        if self.operator is Operator.OR:
            return " OR ".join(texts)
        positive = [t for t, op in zip(texts, self.operands, strict=True) if not op.is_negative]
        negative = [str(op) for op in self.operands if op.is_negative]
        return " ".join(filter(None, [" AND ".join(positive), *negative]))


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
    result = parsed_expression(keyword)
    if result.is_negative:
        raise KeywordError(Mistake.ONLY_NOT)
    return result


def parsed_expression(text: str) -> Expression:
    """Return what was typed as an expression, which may only exclude, or raise KeywordError."""
    tokens = list(_tokens(one_line(text)))
    reader = _Reader(tokens)
    result = reader.alternatives()
    if reader.at < len(tokens):
        raise KeywordError(Mistake.PARENTHESES)
    return result


def without_operators(text: str) -> str:
    """Return a typed text without its quotes, parentheses, asterisks, AND, OR and NOT."""
    tokens = (_TOKEN.sub(_bare, one_line(text))).split()
    return " ".join(token for token in tokens if token not in _OPERATORS)


def _bare(match: re.Match[str]) -> str:
    is_word = match.lastgroup == "word"
    return match.group().replace("*", "") if is_word else match.group().strip('-()"“”')


def _of_phrase(text: str) -> Expression:
    return Expression(Operator.PHRASE, phrase=phrase(text), text=text)


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str  # "quoted", "(", ")", "word", "and", "or", "not", "minus"
    text: str


def _tokens(keyword: str) -> Iterator[_Token]:
    for match in _TOKEN.finditer(keyword):
        text = match.group()
        if match.lastgroup == "word" and text in _OPERATORS:
            yield _Token(text.lower(), text)
            continue
        if text.startswith("-") and len(text) > 1:
            yield _Token("minus", "-")
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
        operands = [self.conjunction()]
        while self.kind == "or":
            self.at += 1
            operands.append(self.conjunction())
        return operands[0] if len(operands) == 1 else Expression(Operator.OR, tuple(operands))

    def conjunction(self) -> Expression:
        operands = [self.operand()]
        while self.kind not in ("", ")", "or"):
            if self.kind == "and":
                self.at += 1
            start = self.at
            operand = self.operand()
            if self._is_acronym(operands[-1], start, operand):  # graph neural network (GNN)
                operands[-1] = Expression(Operator.OR, (operands[-1], operand))
            else:
                operands.append(operand)
        return operands[0] if len(operands) == 1 else Expression(Operator.AND, tuple(operands))

    def operand(self) -> Expression:
        if self.kind == "not":
            self.at += 1
            return Expression(Operator.NOT, (self.operand(),))
        if self.kind == "minus":
            self.at += 1
            return Expression(Operator.NOT, (self._excluded(),))
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

    def _excluded(self) -> Expression:
        """Read the single word after a minus sign, or what is in quotes or parentheses."""
        if self.kind != "word":
            return self.operand()
        self.at += 1
        return _checked(self.tokens[self.at - 1].text)

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

    def _is_acronym(self, before: Expression, start: int, operand: Expression) -> bool:
        """Return whether an operand in parentheses is the acronym of the phrase before it."""
        if self.tokens[start].kind != "(" or not before.phrase or not operand.phrase:
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
