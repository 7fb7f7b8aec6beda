"""What of a model's answer may stand before readers.

An abstract may hold instructions for a model, and a model may make things up. So an answer counts
only if it is one plain sentence about the paper: of a believable length, without links or markup,
with the paper's own words and with no number that the paper does not have.
"""

import re
from dataclasses import dataclass

from digestmail.domain import Paper, WrittenLine
from digestmail.text import one_line, readable, words

_REASONING = re.compile(r"<think(?:ing)?>.*?</think(?:ing)?>", re.DOTALL | re.IGNORECASE)
_LINK = re.compile(r"://|\bwww\.|\S@\S|\b[\w-]+\.(?:com|org|net|io|ai|dev|info|biz|ru|cn)\b", re.I)
_MARKUP = re.compile(r"</?[a-z!]|\*\*|__|`|^#|^[-*•|]\s|\]\(|^\{|^\d+[.)]\s", re.I)
_CHATTER = re.compile(
    r"(?:sure|certainly|of course|okay|here(?:'s| is| are)|i(?:'m| am) sorry|i can(?:no|')t"
    r"|as an ai|as a language model|sentence:|summary:|title:|translation:|assistant\b|system\b)",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"\d+(?:[.,\u00a0\u202f ]\d+)*")
_QUOTES = "\"'“”„‚‘’«»「」"


class UnusableReplyError(ValueError):
    """An answer that no reader gets; its text says why."""


@dataclass(frozen=True, slots=True)
class ReplyRules:
    """What an answer has to be like.

    Lengths are characters. ``own_words``: the share of a line's longer words that must be the
    paper's; of 847 abstracts the sentences of another paper share 0.21 in the median and 0.43 at
    most in 95 of 100. ``growth``: how many times as long as its original a translation may be,
    ``shrinkage`` how many times as short; Chinese takes a third of English.
    """

    shortest: int = 20
    longest: int = 320
    shortest_translation: int = 6
    own_words: float = 0.45
    word_length: int = 4
    growth: float = 2.5
    shrinkage: float = 6.0


RULES = ReplyRules()


def read_line(reply: str, paper: Paper, rules: ReplyRules = RULES) -> WrittenLine:
    """Return the line of an answer to ``line_prompt``; UnusableReplyError if it is none."""
    lines = _lines(reply)
    if len(lines) != 1:
        raise UnusableReplyError(f"it has {len(lines)} lines, not one")
    line = lines[0]
    _require_sentence(line, rules.shortest, rules.longest)
    source = readable(f"{paper.title} {paper.abstract}")
    _require_numbers(line, source)
    known = {word.stem for word in words(source)}
    longer = [word.stem for word in words(line) if len(word.plain) >= rules.word_length]
    shared = sum(stem in known for stem in longer)
    if shared < max(2, rules.own_words * len(longer)):
        raise UnusableReplyError("it has few words of the paper")
    return WrittenLine(line)


def read_translation(
    reply: str, title: str, line: str, language: str, rules: ReplyRules = RULES
) -> WrittenLine:
    """Return the answer to ``translation_prompt``; UnusableReplyError if it is no translation."""
    lines = _lines(reply)
    if len(lines) != 2:
        raise UnusableReplyError(f"it has {len(lines)} lines, not two")
    for translated, original in zip(lines, (title, line), strict=True):
        longest = min(rules.longest * 2, max(rules.growth * len(original), 60))
        shortest = max(rules.shortest_translation, len(original) / rules.shrinkage)
        _require_sentence(translated, min(shortest, len(original)), longest)
        _require_numbers(translated, original)
        if language.partition("-")[0] in _SCRIPTS:
            _require_script(translated, language)
    if lines[1].casefold() == line.casefold():
        raise UnusableReplyError("it is not translated")
    return WrittenLine(text=lines[1], title=lines[0])


def _lines(reply: str) -> list[str]:
    """Return the lines of an answer that are not empty, without a model's reasoning."""
    lines = (one_line(line) for line in _REASONING.sub("", reply).strip().splitlines())
    return [_unquoted(line) for line in lines if line]


def _unquoted(line: str) -> str:
    if len(line) > 2 and line[0] in _QUOTES and line[-1] in _QUOTES:
        return line[1:-1].strip()
    return line


def _require_sentence(line: str, shortest: float, longest: float) -> None:
    if not shortest <= len(line) <= longest:
        raise UnusableReplyError(f"it is {len(line)} characters long")
    for fault, pattern in (("a link", _LINK), ("markup", _MARKUP)):
        if pattern.search(line):
            raise UnusableReplyError(f"it has {fault}")
    if _CHATTER.match(line):
        raise UnusableReplyError("it speaks to us")


def _require_numbers(line: str, source: str) -> None:
    """Raise UnusableReplyError for a number that the source does not have."""
    known = set(map(_digits, _NUMBER.findall(source)))
    if new := [n for n in _NUMBER.findall(line) if _digits(n) not in known]:
        raise UnusableReplyError(f"the paper has no number {new[0]}")


def _digits(number: str) -> str:
    return re.sub(r"\D", "", number).lstrip("0") or "0"


# --- scripts -----------------------------------------------------------------------------------

_SCRIPTS = {
    "zh": re.compile("[\u4e00-\u9fff]"),
    "ja": re.compile("[\u3040-\u30ff\u4e00-\u9fff]"),
    "ko": re.compile("[\uac00-\ud7af]"),
    "ru": re.compile("[\u0400-\u04ff]"),
    "uk": re.compile("[\u0400-\u04ff]"),
    "ar": re.compile("[\u0600-\u06ff]"),
    "fa": re.compile("[\u0600-\u06ff]"),
    "he": re.compile("[\u0590-\u05ff]"),
    "el": re.compile("[\u0370-\u03ff]"),
}


def _require_script(line: str, language: str) -> None:
    if not _SCRIPTS[language.partition("-")[0]].search(line):
        raise UnusableReplyError(f"it is not written in the script of {language}")
