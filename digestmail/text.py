"""Text of papers and profiles: cleaned, made readable, cut into words, matched.

Pure functions on strings, shared by every level above. Beside the standard library it knows only
pylatexenc, because both the model and the mail need the same reading of LaTeX.
"""

import logging
import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from pylatexenc.latex2text import LatexNodes2Text

_CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\u2028\u2029\ufeff]")
_BIDI_OVERRIDES = re.compile("[\u202a-\u202e\u2066-\u2069]")
_SPACES = re.compile(r"\s+")


def one_line(text: str) -> str:
    """``text`` without control characters or bidi overrides, each run of white space one blank."""
    text = " ".join(text.split())
    if text.isprintable():  # nearly always: 4 times as fast as looking for each evil
        return text
    text = _BIDI_OVERRIDES.sub("", _CONTROLS.sub(" ", text))
    return _SPACES.sub(" ", text).strip()


# --- LaTeX -----------------------------------------------------------------------------------

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


# --- words -----------------------------------------------------------------------------------

# Chinese and Japanese put no blanks between words, so there each character counts as a word.
_IDEOGRAPH = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
# Combining accents belong to their letter: feeds and keyboards of some systems decompose them.
# C++ and C# are other languages than C.
_WORD = re.compile(
    rf"[{_IDEOGRAPH}]|(?<!\w)[A-Za-z]#(?!\w)"
    rf"|[^\W_{_IDEOGRAPH}]+(?:[\u0300-\u036f][^\W_{_IDEOGRAPH}]*)*(?:[+]{{2}}(?!\w))?"
)
_IRREGULAR = {
    "matrices": "matrix",
    "vertices": "vertex",
    "indices": "index",
    "phenomena": "phenomenon",
    "criteria": "criterion",
    "bacteria": "bacterium",
    "biases": "bias",
    "gases": "gas",
    "lenses": "lens",
    "viruses": "virus",
    "mice": "mouse",
    "aids": "aids",
    "atlas": "atlas",
    "atlases": "atlas",
    "automata": "automaton",
    "bayes": "bayes",
    "buses": "bus",
    "formulae": "formula",
    "fungi": "fungus",
    "https": "https",
    "larvae": "larva",
    "loci": "locus",
    "mars": "mars",
    "news": "news",
    "sars": "sars",
    "bias": "bias",
    "gas": "gas",
    "lens": "lens",
    "series": "series",
    "species": "species",
    "axes": "axis",
    "caches": "cache",
    "calories": "calorie",
    "corpora": "corpus",
    "cpus": "cpu",
    "crises": "crisis",
    "diagnoses": "diagnosis",
    "gpus": "gpu",
    "heroes": "hero",
    "metastases": "metastasis",
    "movies": "movie",
    "niches": "niche",
    "nuclei": "nucleus",
    "prognoses": "prognosis",
    "spectra": "spectrum",
    "stimuli": "stimulus",
    "tpus": "tpu",
}


@dataclass(frozen=True, slots=True)
class Word:
    """A word of a text: ``plain`` is lower case without accents, ``stem`` also singular."""

    plain: str
    stem: str
    start: int
    end: int


def words(text: str) -> list[Word]:
    """The words of ``text`` in order, with where they stand."""
    found = []
    for match in _WORD.finditer(text):
        plain = _plain(match.group())
        found.append(Word(plain, singular(plain), match.start(), match.end()))
    return found


@lru_cache(maxsize=65536)
def _plain(word: str) -> str:
    word = word.lower()
    if word.isascii():
        return word
    word = word.translate(_LETTERS)
    decomposed = unicodedata.normalize("NFKD", word)
    plain = "".join(c for c in decomposed if not unicodedata.combining(c)).lower()
    return plain or word  # lower once more: a styled capital becomes a plain one


_LETTERS = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "ß": "ss", "æ": "ae", "œ": "oe", "ı": "i"})


@lru_cache(maxsize=65536)
def singular(word: str) -> str:
    """The singular of a lower-case English word, lightly.

    The S-stemmer of Harman, "How effective is suffixing?" (JASIS 42, 1991), with the endings of
    -sis, -x, -ch, -sh and -ss words added. Both sides of a match are treated alike, so a wrong
    singular is harmless unless two words meet in it.
    """
    if word in _IRREGULAR:
        return _IRREGULAR[word]
    if len(word) < 4 or not word.endswith("s"):
        return word
    if word.endswith(("yses", "theses")):
        return word[:-2] + "is"
    if word.endswith(("sses", "xes", "ches", "shes", "zzes")):
        return word[:-2]
    if word.endswith("ies") and not word.endswith(("eies", "aies")):
        return word[:-3] + "y"
    if word.endswith("es") and not word.endswith(("aes", "ees", "oes")):
        return word[:-1]
    return word if word.endswith(("us", "ss", "is")) else word[:-1]


@dataclass(frozen=True, slots=True)
class Phrase:
    """A keyword as it is matched: word by word, in the singular unless ``exact``."""

    words: tuple[str, ...]
    exact: bool


@lru_cache(maxsize=65536)
def phrase(keyword: str) -> Phrase:
    """The Phrase of a keyword; in double quotes it matches exactly these words."""
    keyword = keyword.strip()
    exact = len(keyword) > 2 and keyword[0] in '"“”' and keyword[-1] in '"“”'
    found = words(readable(keyword))
    return Phrase(tuple(w.plain if exact else w.stem for w in found), exact)


def spans(text: str, phrases: Iterable[Phrase]) -> list[tuple[int, int]]:
    """Where the phrases stand in ``text``: (start, end) pairs in order, overlapping ones joined."""
    by_first: dict[tuple[str, bool], list[Phrase]] = {}
    for wanted in phrases:
        if wanted.words:
            by_first.setdefault((wanted.words[0], wanted.exact), []).append(wanted)
    found = words(text) if by_first else []
    result: list[tuple[int, int]] = []
    for at, word in enumerate(found):
        longest = max(_ends(found, at, by_first), default=0)
        if longest and result and word.start < result[-1][1]:
            start, end = result.pop()
            result.append((start, max(end, longest)))
        elif longest:
            result.append((word.start, longest))
    return result


def _ends(
    found: Sequence[Word], at: int, by_first: dict[tuple[str, bool], list[Phrase]]
) -> Iterator[int]:
    for exact, first in ((True, found[at].plain), (False, found[at].stem)):
        for wanted in by_first.get((first, exact), ()):
            here = found[at : at + len(wanted.words)]
            if tuple(w.plain if exact else w.stem for w in here) == wanted.words:
                yield here[-1].end


# --- excerpts --------------------------------------------------------------------------------

_SENTENCE_END = re.compile(r"[.!?]['\")\]”’]*\s+(?=[\"'“(\[]?[^\W_a-z])")
_ABBREVIATION = re.compile(
    r"(?:\b(?:e\.g|i\.e|et al|cf|vs|Fig|Eq|Sec|Ref|resp|approx|Dr)|\b[A-Z])\.\s+$"
)


def excerpt(text: str, limit: int) -> str:
    """At most ``limit`` characters of ``text``, cut at the end of a sentence where one is near.

    A cut inside a sentence (none ends in the second half of the limit) ends in an ellipsis.
    """
    if len(text) <= limit:
        return text
    best = 0
    for match in _SENTENCE_END.finditer(text[: limit + 2]):
        if match.end() - 1 <= limit and not _ABBREVIATION.search(text[: match.end()]):
            best = match.end()
    if best * 2 >= limit:
        return text[:best].rstrip()
    return text[: max(text.rfind(" ", 0, limit), limit // 2)].rstrip(" ,;:-–—") + "…"
