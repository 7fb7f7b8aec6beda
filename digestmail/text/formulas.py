r"""Which dollars of a text open and close formulas, and which are money.

Formulas come out between ``OPEN`` and ``CLOSE``, also those of ``\(`` and ``\[``; what is money
stays a dollar.
"""

import re
from dataclasses import dataclass

OPEN, CLOSE = "\ue000", "\ue001"
_LONGEST = 2_000  # characters of a formula: further apart, two dollars are two amounts
_SIGN = re.compile(r"\\\\|\\\$|\$\$?|\\[()\[\]]")
_ESCAPES = ("\\\\", "\\$")
_TEX = re.compile(r"\\[A-Za-z,;!|{}]|[\^_{]")
_WORD = re.compile(r"(?<![\\A-Za-z])[A-Za-z]{3,}")
_OPERATOR = re.compile(r"\s*[<>=≤≥±×+*/|~-]+\s*")
_RELATION = re.compile(r"[^\d\s.,][^\s]{0,20}[=<>≤≥]")
_AMOUNT = re.compile(r"\d[\d.,]*\s")
# A dollar that has no other: of a formula that was cut off, if TeX stands beside it.
_STRAY = re.compile(
    r"(?<!\\)\$(?=\s*\\[A-Za-z])|(?<!\\)\$(?=[A-Za-z][_^])|(?<=\})\$(?!\d)"
    r"|(?P<macro>\\[A-Za-z]{1,30})\$(?!\d)"
)


@dataclass(frozen=True, slots=True)
class _Mark:
    """A sign that may open or close a formula, and where it stands."""

    sign: str
    start: int
    end: int


def mark_formulas(text: str) -> str:
    """Return ``text`` with its formulas between ``OPEN`` and ``CLOSE``, and no other dollar of
    TeX's.
    """
    marks = _marks(text)
    pieces: list[str] = []
    end = at = 0
    while at < len(marks):
        opening = marks[at]
        at += 1
        if opening.sign == "$" and at < len(marks) and marks[at].sign == "$$":
            middle = marks[at].start + 1  # one formula ends there, the next begins
            marks[at : at + 1] = [_Mark("$", middle - 1, middle), _Mark("$", middle, middle + 1)]
        closing = marks[at] if at < len(marks) else None
        if closing and _is_pair(text, opening, closing):
            pieces += [_unpaired(text[end : opening.start]), OPEN]
            pieces += [text[opening.end : closing.start], CLOSE]
            end = closing.end
            at += 1
    pieces.append(_unpaired(text[end:]))
    return "".join(pieces)


def _marks(text: str) -> list[_Mark]:
    signs = _SIGN.finditer(text)
    return [_Mark(m[0], m.start(), m.end()) for m in signs if m[0] not in _ESCAPES]


def _unpaired(text: str) -> str:
    return _STRAY.sub(lambda stray: stray["macro"] or "", text) if "$" in text else text


def _is_pair(text: str, opening: _Mark, closing: _Mark) -> bool:
    if closing.start - opening.end > _LONGEST:
        return False
    if (opening.sign, closing.sign) in ((r"\(", r"\)"), (r"\[", r"\]")):
        return True
    is_dollars = opening.sign == closing.sign and opening.sign[0] == "$"
    return is_dollars and _is_formula(text, opening.end, closing)


def _is_formula(text: str, start: int, closing: _Mark) -> bool:
    content, after = text[start : closing.start], text[closing.end : closing.end + 1]
    if not content.strip():
        return False
    begins, ends = content[0].isspace(), content[-1].isspace()
    if _TEX.search(content):
        return not (ends and _AMOUNT.match(content) and _WORD.search(content))
    if _OPERATOR.fullmatch(content) or _RELATION.fullmatch(content):
        return True  # "$<$5%", "$n=$5"
    if begins and ends:
        is_short = len(content) <= 20 and not _WORD.search(content)
        return is_short and not content.strip()[0].isdigit() and not after.isdigit()
    # Pandoc's rule: an opening $ has no space after it, the closing one no space before it and no
    # digit after it; so "$5 to $10" stays money.
    return not (begins or ends or after.isdigit())
