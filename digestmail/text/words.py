"""Words and phrases of a text: cut, brought into the singular, matched."""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from digestmail.text.latex import readable

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
