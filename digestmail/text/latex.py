"""LaTeX as titles and abstracts hold it, as plain Unicode text."""

import logging
import re
from functools import lru_cache

from pylatexenc.latex2text import LatexNodes2Text

_SPACES = re.compile(r"\s+")

# Pandoc's rule: an opening $ has no space after it, the closing one no space before it and no
# digit after it; so "$5 to $10" stays money.
_MATH = re.compile(r"(?<!\\)\$\$?(?!\s)([^$]{1,400}?)(?<![\s\\])\$\$?(?!\d)")
_LATEX = re.compile(r"\\[A-Za-z\"'`^~=.({\[%&$#_]|\$")
_SUPER = str.maketrans("0123456789+-=()ni", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾ⁿⁱ")
_SUB = str.maketrans("0123456789+-=()", "₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎")
_SUPERSCRIPT = re.compile(r"\^\{([0-9+\-=()ni]+)\}|\^([0-9ni])")
_SUBSCRIPT = re.compile(r"_\{([0-9+\-=()]+)\}|_([0-9])")
_OTHER_SCRIPT = re.compile(r"([_^])\{((?:[^{}]|\{[^{}]*\}){2,})\}")
_HREF = re.compile(r"\\href\s*(\{[^{}]*\})")
_latex = LatexNodes2Text(math_mode="text", keep_comments=True, strict_latex_spaces=False)
logging.getLogger("pylatexenc").setLevel(logging.CRITICAL)  # it warns of each broken formula


@lru_cache(maxsize=8192)
def readable(text: str) -> str:
    """``text`` with its LaTeX as Unicode where that reads well; what cannot be read stays."""
    if not _LATEX.search(text):
        return text
    pieces, end = [], 0
    for match in _MATH.finditer(text):
        pieces.append(_prose(text[end : match.start()]))
        pieces.append(_math(match))
        end = match.end()
    pieces.append(_prose(text[end:]))
    result = _SPACES.sub(" ", "".join(pieces))
    return result if result.strip() else text


def _prose(text: str) -> str:
    if "\\" not in text:
        return text
    text = _HREF.sub(r"\\url\1 ", text)  # pylatexenc knows how to write \href, not how to read it
    # A bare % would start a comment and swallow the rest; a bare $ here is money.
    guarded = re.sub(r"(?<!\\)([%$&#_])", r"\\\1", text)
    return _converted(guarded, text)


def _math(match: re.Match[str]) -> str:
    source = match.group(1)
    source = _SUPERSCRIPT.sub(lambda m: (m[1] or m[2]).translate(_SUPER), source)
    source = _SUBSCRIPT.sub(lambda m: (m[1] or m[2]).translate(_SUB), source)
    # Without its braces one could not tell where it ends: x_{ij}y, 10^{-3/2}.
    source = _OTHER_SCRIPT.sub(r"\1\\{\2\\}", source)
    result = _converted(f"${source}$", match.group(0))
    return result if result.strip() else match.group(0)


def _converted(latex: str, otherwise: str) -> str:
    # Broken LaTeX is common in feeds, and its source still readable. The tolerant parser would
    # guess, but takes time exponential in open braces; and what hostile text raises from inside
    # the converter (KeyError, IndexError, RecursionError, ...) must not stop a whole day's run.
    try:
        result = str(_latex.latex_to_text(latex, tolerant_parsing=False))
    except Exception:
        return otherwise
    return otherwise if "%s" in result else result  # a macro that lacks its argument
